
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "fuzz.h"
#include "sinch/callback.h"


/*
 * Callbacks: Authorization, x-timestamp, Content-Type, and path, a line each;
 * then the body.  Nothing that comes out of a fuzzer is signed, unless the
 * first line is empty: then it is signed here, and must be valid.
 */


#define SKEW  300000


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char                              signature[
                                           NGX_HTTP_PHONE_VERIFY_SIGNATURE_LEN];
    int64_t                             sent;
    ngx_str_t                           authorization, secret;
    ngx_uint_t                          rc, genuine;
    ngx_pool_t                         *pool;
    ngx_http_phone_verify_event_t       event;
    ngx_http_phone_verify_signed_t      what;
    ngx_http_phone_verify_credential_t  credential[2];

    static u_char  bytes[32];

    pool = ngx_http_phone_verify_fuzz_pool();

    ngx_memzero(&what, sizeof(what));
    ngx_memset(bytes, 1, sizeof(bytes));

    ngx_str_set(&credential[0].key, "a-key");
    secret.data = bytes;
    secret.len = 32;
    credential[0].secret = ngx_http_phone_verify_hmac_create(pool, &secret);

    ngx_str_set(&credential[1].key, "another");
    secret.len = 16;
    credential[1].secret = ngx_http_phone_verify_hmac_create(pool, &secret);

    if (credential[0].secret == NULL || credential[1].secret == NULL) {
        abort();
    }

    ngx_str_set(&what.verb, "POST");

    authorization = ngx_http_phone_verify_fuzz_part(pool, &data, &size, '\n');
    what.timestamp = ngx_http_phone_verify_fuzz_part(pool, &data, &size, '\n');
    what.content_type = ngx_http_phone_verify_fuzz_part(pool, &data, &size,
                                                        '\n');
    what.path = ngx_http_phone_verify_fuzz_part(pool, &data, &size, '\n');
    what.body = ngx_http_phone_verify_fuzz_copy(pool, data, size);

    genuine = 0;

    if (authorization.len == 0
        && ngx_http_phone_verify_sign(credential[0].secret, &what, signature)
           == NGX_OK)
    {
        authorization.data = ngx_pnalloc(pool, 128);
        must(authorization.data != NULL);

        authorization.len = ngx_sprintf(authorization.data,
                                        "application a-key:%*s",
                                        sizeof(signature), signature)
                            - authorization.data;
        genuine = 1;
    }

    rc = ngx_http_phone_verify_callback_check(credential, 2, &what,
                                              &authorization, 1768469400000,
                                              SKEW, &sent);

    if (genuine) {
        must(rc != NGX_HTTP_PHONE_VERIFY_CALLBACK_FORGED
             && rc != NGX_HTTP_PHONE_VERIFY_CALLBACK_UNKNOWN);

        if (rc == NGX_HTTP_PHONE_VERIFY_CALLBACK_VALID) {
            must(sent >= 1768469400000 - SKEW && sent <= 1768469400000 + SKEW);
        }

    } else {
        must(rc != NGX_HTTP_PHONE_VERIFY_CALLBACK_VALID
             && rc != NGX_HTTP_PHONE_VERIFY_CALLBACK_STALE);
    }

    /* whoever has the secret may send what he likes */

    ngx_memzero(&event, sizeof(event));

    if (ngx_http_phone_verify_event_read(pool, &what.body, &event) == NGX_OK) {
        must(ngx_http_phone_verify_fuzz_text(&event.id));
        must(ngx_http_phone_verify_fuzz_text(&event.reference));
        must(ngx_http_phone_verify_fuzz_text(&event.number));
        must(ngx_http_phone_verify_fuzz_text(&event.custom));
        must(ngx_http_phone_verify_fuzz_text(&event.currency));
        must(!event.has_price
             || (event.price >= 0 && event.price < 1e300));
    }

    ngx_destroy_pool(pool);

    return 0;
}
