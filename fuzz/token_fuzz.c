
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "fuzz.h"
#include "sinch/words.h"
#include "verification/token/keys.h"


/*
 * Tokens and references.  The first byte says of which purpose; the rest is
 * the text itself, or (second bit) what a genuine text is changed by: pairs of
 * a place and what is put there.  Only the genuine one may open.
 */


#define NOW  1768469400


static ngx_pool_t                    *kept;
static ngx_http_phone_verify_keys_t  *keys;
static ngx_str_t                      genuine[3];
static u_char                         room[3][NGX_HTTP_PHONE_VERIFY_TOKEN_MAX];


static void
make(void)
{
    ngx_str_t                       app;
    ngx_uint_t                      purpose, fallback;
    ngx_conf_t                      cf;
    u_char                          random[NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];
    ngx_http_phone_verify_token_t   token;

    ngx_memzero(&cf, sizeof(cf));

    kept = ngx_http_phone_verify_fuzz_pool();

    cf.pool = kept;
    cf.temp_pool = cf.pool;
    cf.log = cf.pool->log;
    cf.cycle = (ngx_cycle_t *) ngx_cycle;

    ngx_str_set(&app, "signup");

    keys = ngx_http_phone_verify_keys_create(&cf, &app, NULL, &fallback);
    must(keys != NULL);

    ngx_memzero(&token, sizeof(token));
    ngx_memset(token.session, 7, sizeof(token.session));
    token.number = 46700000000;
    token.method = NGX_HTTP_PHONE_VERIFY_SMS;
    token.issued = NOW;
    token.expires = NOW + 600;

    for (purpose = NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT;
         purpose <= NGX_HTTP_PHONE_VERIFY_TOKEN_PENDING;
         purpose++)
    {
        if (purpose == NGX_HTTP_PHONE_VERIFY_TOKEN_PENDING) {
            token.id_len = 10;
            ngx_memset(token.id, '1', token.id_len);
        }

        genuine[purpose].data = room[purpose];
        must(ngx_http_phone_verify_token_seal(keys, purpose, &token,
                                              &genuine[purpose])
             == NGX_OK);
    }

    ngx_memset(random, 9, sizeof(random));

    genuine[0].data = room[0];
    genuine[0].len = ngx_http_phone_verify_reference_write(keys, random,
                                                           room[0])
                     - room[0];
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                          i;
    u_char                          random[NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];
    ngx_int_t                       rc;
    ngx_str_t                       text;
    ngx_uint_t                      kind, same;
    ngx_pool_t                     *pool;
    ngx_http_phone_verify_token_t   token;

    if (keys == NULL) {
        make();
    }

    if (size == 0) {
        return 0;
    }

    pool = ngx_http_phone_verify_fuzz_pool();

    kind = (data[0] >> 2) % 3;

    if (data[0] & 2) {
        text = ngx_http_phone_verify_fuzz_copy(pool, genuine[kind].data,
                                               genuine[kind].len);

        for (i = 1; i + 1 < size; i += 2) {
            text.data[data[i] % text.len] = data[i + 1];
        }

        /* an odd byte cuts it short */

        if (i < size) {
            text.len = data[i] % (text.len + 1);
        }

    } else {
        text = ngx_http_phone_verify_fuzz_copy(pool, data + 1, size - 1);
    }

    same = text.len == genuine[kind].len
           && ngx_memcmp(text.data, genuine[kind].data, text.len) == 0;

    rc = kind ? ngx_http_phone_verify_token_open(keys, kind, &text, NOW,
                                                 &token)
              : ngx_http_phone_verify_reference_check(keys, &text, random);

    must(rc == NGX_OK || rc == NGX_DECLINED);
    must((rc == NGX_OK) == same);

    ngx_destroy_pool(pool);

    return 0;
}
