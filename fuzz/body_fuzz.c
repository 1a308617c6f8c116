
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "endpoints/fields.h"
#include "fuzz.h"


/* Bodies of clients: the first byte says whether as JSON or as a form. */


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_int_t                       rc;
    ngx_str_t                       body;
    ngx_uint_t                      i;
    ngx_pool_t                     *pool;
    ngx_http_phone_verify_fields_t  fields;

    if (size == 0) {
        return 0;
    }

    pool = ngx_http_phone_verify_fuzz_pool();
    body = ngx_http_phone_verify_fuzz_copy(pool, data + 1, size - 1);

    ngx_memzero(&fields, sizeof(fields));

    rc = (data[0] & 1)
         ? ngx_http_phone_verify_fields_form(&body, &fields)
         : ngx_http_phone_verify_fields_json(pool, &body, &fields);

    must(rc == NGX_OK || rc == NGX_DECLINED);

    if (rc == NGX_OK) {

        /* a structure of strings, whichever they are */

        for (i = 0; i < sizeof(fields) / sizeof(ngx_str_t); i++) {
            must(ngx_http_phone_verify_fuzz_text((ngx_str_t *) &fields + i));
        }
    }

    ngx_destroy_pool(pool);

    return 0;
}
