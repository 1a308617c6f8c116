
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/authorization.h"


static ngx_int_t ngx_http_phone_verify_authorization_basic(ngx_pool_t *pool,
    const ngx_http_phone_verify_sinch_t *sinch, ngx_str_t *value);


ngx_int_t
ngx_http_phone_verify_authorization(ngx_pool_t *pool,
    const ngx_http_phone_verify_sinch_t *sinch,
    const ngx_http_phone_verify_signed_t *what, ngx_str_t *value)
{
    u_char  *p;

    if (sinch->auth == NGX_HTTP_PHONE_VERIFY_AUTH_BASIC) {
        return ngx_http_phone_verify_authorization_basic(pool, sinch, value);
    }

    value->len = sizeof("Application :") - 1 + sinch->key.len
                 + NGX_HTTP_PHONE_VERIFY_SIGNATURE_LEN;

    value->data = ngx_pnalloc(pool, value->len);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(value->data, "Application %V:", &sinch->key);

    return ngx_http_phone_verify_sign(sinch->hmac, what, p);
}


static ngx_int_t
ngx_http_phone_verify_authorization_basic(ngx_pool_t *pool,
    const ngx_http_phone_verify_sinch_t *sinch, ngx_str_t *value)
{
    u_char     *p;
    ngx_str_t   src, dst;

    /* the secret as it is displayed, not decoded */

    src.len = sinch->key.len + 1 + sinch->secret.len;
    src.data = ngx_pnalloc(pool, src.len);
    if (src.data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(src.data, "%V:%V", &sinch->key, &sinch->secret);

    value->data = ngx_pnalloc(pool, sizeof("Basic ") - 1
                                    + ngx_base64_encoded_length(src.len));
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(value->data, "Basic ", sizeof("Basic ") - 1);

    dst.data = p;

    ngx_encode_base64(&dst, &src);

    value->len = sizeof("Basic ") - 1 + dst.len;

    return NGX_OK;
}
