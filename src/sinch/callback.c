
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <openssl/crypto.h>
#include "sinch/callback.h"
#include "sinch/timestamp.h"


static ngx_int_t ngx_http_phone_verify_callback_authorization(
    const ngx_str_t *authorization, ngx_str_t *key, ngx_str_t *signature);


ngx_uint_t
ngx_http_phone_verify_callback_check(
    const ngx_http_phone_verify_credential_t *credentials, ngx_uint_t n,
    const ngx_http_phone_verify_signed_t *what,
    const ngx_str_t *authorization, int64_t now, int64_t skew, int64_t *sent)
{
    u_char      expected[NGX_HTTP_PHONE_VERIFY_SIGNATURE_LEN];
    int64_t     time;
    ngx_str_t   key, signature, timestamp;
    ngx_uint_t  i, known, valid;

    timestamp = what->timestamp;

    if (ngx_http_phone_verify_callback_authorization(authorization, &key,
                                                     &signature)
        != NGX_OK
        || ngx_http_phone_verify_timestamp_parse(&timestamp, &time) != NGX_OK)
    {
        return NGX_HTTP_PHONE_VERIFY_CALLBACK_UNSIGNED;
    }

    known = 0;
    valid = 0;

    for (i = 0; i < n; i++) {

        if (credentials[i].key.len != key.len
            || ngx_memcmp(credentials[i].key.data, key.data, key.len) != 0)
        {
            continue;
        }

        known = 1;

        if (ngx_http_phone_verify_sign(credentials[i].secret, what, expected)
            != NGX_OK)
        {
            return NGX_HTTP_PHONE_VERIFY_CALLBACK_FAILED;
        }

        if (CRYPTO_memcmp(expected, signature.data,
                          NGX_HTTP_PHONE_VERIFY_SIGNATURE_LEN)
            == 0)
        {
            valid = 1;
        }
    }

    if (!valid) {
        return known ? NGX_HTTP_PHONE_VERIFY_CALLBACK_FORGED
                     : NGX_HTTP_PHONE_VERIFY_CALLBACK_UNKNOWN;
    }

    /* only what Sinch has signed tells anything of clocks */

    *sent = time;

    if (time > now + skew || time < now - skew) {
        return NGX_HTTP_PHONE_VERIFY_CALLBACK_STALE;
    }

    return NGX_HTTP_PHONE_VERIFY_CALLBACK_VALID;
}


/* "Application KEY:SIGNATURE", the scheme in upper or lower case */

static ngx_int_t
ngx_http_phone_verify_callback_authorization(const ngx_str_t *authorization,
    ngx_str_t *key, ngx_str_t *signature)
{
    u_char  *p, *last, *colon;
    size_t   scheme;

    scheme = sizeof("application ") - 1;

    if (authorization->len <= scheme
        || ngx_strncasecmp(authorization->data, (u_char *) "application ",
                           scheme)
           != 0)
    {
        return NGX_DECLINED;
    }

    p = authorization->data + scheme;
    last = authorization->data + authorization->len;

    colon = ngx_strlchr(p, last, ':');

    if (colon == NULL || colon == p
        || last - (colon + 1) != NGX_HTTP_PHONE_VERIFY_SIGNATURE_LEN)
    {
        return NGX_DECLINED;
    }

    key->data = p;
    key->len = colon - p;

    signature->data = colon + 1;
    signature->len = NGX_HTTP_PHONE_VERIFY_SIGNATURE_LEN;

    return NGX_OK;
}
