
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <openssl/crypto.h>
#include "verification/code.h"


static ngx_int_t ngx_http_phone_verify_code_under(
    ngx_http_phone_verify_keys_t *keys, ngx_uint_t key, const u_char *seed,
    ngx_uint_t length, u_char *code);


ngx_int_t
ngx_http_phone_verify_code_write(ngx_http_phone_verify_keys_t *keys,
    const u_char *seed, ngx_uint_t length, u_char *code)
{
    return ngx_http_phone_verify_code_under(keys, 0, seed, length, code);
}


static ngx_int_t
ngx_http_phone_verify_code_under(ngx_http_phone_verify_keys_t *keys,
    ngx_uint_t key, const u_char *seed, ngx_uint_t length, u_char *code)
{
    u_char      hash[NGX_HTTP_PHONE_VERIFY_HASH_LEN];
    uint64_t    n;
    ngx_int_t   rc;
    ngx_str_t   s, none;
    ngx_uint_t  i;

    s.data = (u_char *) seed;
    s.len = NGX_HTTP_PHONE_VERIFY_RANDOM_LEN;

    ngx_str_null(&none);

    rc = ngx_http_phone_verify_hash_of_key(keys, key, "code", &s, &none, hash);

    if (rc != NGX_OK) {
        return rc;
    }

    /* of 2^64 values, ten digits favour none by more than 1 in 10^9 */

    ngx_memcpy(&n, hash, sizeof(n));

    for (i = length; i; i--) {
        code[i - 1] = (u_char) ('0' + n % 10);
        n /= 10;
    }

    ngx_explicit_memzero(hash, sizeof(hash));

    return NGX_OK;
}


ngx_uint_t
ngx_http_phone_verify_code_matches(ngx_http_phone_verify_keys_t *keys,
    const u_char *seed, ngx_str_t *text)
{
    u_char      code[NGX_HTTP_PHONE_VERIFY_CODE_MAX];
    ngx_int_t   rc;
    ngx_uint_t  i, matches;

    if (text->len < NGX_HTTP_PHONE_VERIFY_CODE_MIN
        || text->len > NGX_HTTP_PHONE_VERIFY_CODE_MAX)
    {
        return 0;
    }

    matches = 0;

    for (i = 0; /* void */ ; i++) {
        rc = ngx_http_phone_verify_code_under(keys, i, seed, text->len, code);

        if (rc == NGX_DECLINED) {
            break;
        }

        matches |= (rc == NGX_OK
                    && CRYPTO_memcmp(code, text->data, text->len) == 0);
    }

    ngx_explicit_memzero(code, sizeof(code));

    return matches;
}
