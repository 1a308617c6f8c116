
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "endpoints/proof.h"
#include "fuzz.h"
#include "sinch/words.h"
#include "verification/number/national.h"
#include "verification/number/number.h"
#include "verification/number/numbering.h"


/*
 * What people type: the first two bytes are a country, the third a method, the
 * rest a number and also a code.
 */


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char                             buf[NGX_HTTP_PHONE_VERIFY_PROOF_LEN];
    ngx_str_t                          text, country, written, proof;
    ngx_uint_t                         i;
    ngx_pool_t                        *pool;
    ngx_http_phone_verify_number_t     number[2];
    ngx_http_phone_verify_numbering_t  numbering;

    if (size < 3) {
        return 0;
    }

    pool = ngx_http_phone_verify_fuzz_pool();
    country = ngx_http_phone_verify_fuzz_copy(pool, data, 2);
    text = ngx_http_phone_verify_fuzz_copy(pool, data + 3, size - 3);

    number[0] = ngx_http_phone_verify_number_parse(&text);
    number[1] = ngx_http_phone_verify_number_parse_in(&text, &country);

    /* what is international is the same in any country that there is */

    must(number[0] == 0 || number[1] == 0 || number[0] == number[1]);

    for (i = 0; i < 2; i++) {

        if (number[i] == 0) {
            continue;
        }

        must(number[i] >= 1000000 && number[i] <= 999999999999999);

        written.data = buf;
        written.len = ngx_http_phone_verify_number_write(buf, number[i]) - buf;
        must(written.len <= NGX_HTTP_PHONE_VERIFY_NUMBER_LEN);
        must(ngx_http_phone_verify_number_parse(&written) == number[i]);

        must(ngx_http_phone_verify_number_mask(buf, number[i])
             <= buf + NGX_HTTP_PHONE_VERIFY_NUMBER_LEN);
        must(memchr(buf, '*', written.len) != NULL);

        ngx_http_phone_verify_numbering(number[i], &numbering);
        must(numbering.class < NGX_HTTP_PHONE_VERIFY_CLASSES);
        must(numbering.country[0] >= 'A' && numbering.country[0] <= 'Z');
        must(numbering.country[1] >= 'A' && numbering.country[1] <= 'Z');
    }

    /* the fields of a body are UTF-8 */

    if (ngx_http_phone_verify_fuzz_text(&text)) {
        proof.data = buf;
        proof.len = 0;

        if (ngx_http_phone_verify_proof_read(data[2]
                                             % NGX_HTTP_PHONE_VERIFY_METHODS,
                                             &text, &proof)
            == NGX_OK)
        {
            must(proof.len > 0 && proof.len <= sizeof(buf));

            for (i = 0; i < proof.len; i++) {
                must(proof.data[i] > ' ' && proof.data[i] < 0x7f);
            }
        }
    }

    ngx_destroy_pool(pool);

    return 0;
}
