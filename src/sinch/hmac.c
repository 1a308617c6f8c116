
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include "sinch/hmac.h"


ngx_http_phone_verify_hmac_t *
ngx_http_phone_verify_hmac_create(ngx_pool_t *pool, const ngx_str_t *key)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(pool, sizeof(ngx_http_phone_verify_hmac_t));
    if (cln == NULL) {
        return NULL;
    }

    ngx_memzero(cln->data, sizeof(ngx_http_phone_verify_hmac_t));

    cln->handler = ngx_http_phone_verify_hmac_free;

    ((ngx_http_phone_verify_hmac_t *) cln->data)->key = *key;

    return cln->data;
}


#if OPENSSL_VERSION_NUMBER >= 0x30000000L

/*
 * OpenSSL 3's HMAC() looks up its algorithms by name each time, and that is
 * twice the work that a signature takes.
 */

static ngx_int_t ngx_http_phone_verify_hmac_ctx(
    ngx_http_phone_verify_hmac_t *hmac);


ngx_int_t
ngx_http_phone_verify_hmac(ngx_http_phone_verify_hmac_t *hmac,
    const u_char *data, size_t len, u_char *mac)
{
    size_t        n;
    ngx_int_t     rc;
    EVP_MAC_CTX  *ctx;

    rc = NGX_ERROR;
    ctx = NULL;

    if (hmac->ctx || ngx_http_phone_verify_hmac_ctx(hmac) == NGX_OK) {

        /* a copy: to begin anew with the same key does not work in 3.0.2 */

        ctx = EVP_MAC_CTX_dup(hmac->ctx);
    }

    if (ctx
        && EVP_MAC_update(ctx, data, len) == 1
        && EVP_MAC_final(ctx, mac, &n, NGX_HTTP_PHONE_VERIFY_HMAC_LEN) == 1)
    {
        rc = NGX_OK;

    } else {
        ERR_clear_error();
        ngx_memzero(mac, NGX_HTTP_PHONE_VERIFY_HMAC_LEN);
    }

    EVP_MAC_CTX_free(ctx);

    return rc;
}


static ngx_int_t
ngx_http_phone_verify_hmac_ctx(ngx_http_phone_verify_hmac_t *hmac)
{
    char          digest[] = "SHA256";
    EVP_MAC      *algorithm;
    OSSL_PARAM    params[2];
    EVP_MAC_CTX  *ctx;

    algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (algorithm == NULL) {
        return NGX_ERROR;
    }

    ctx = EVP_MAC_CTX_new(algorithm);

    EVP_MAC_free(algorithm);

    if (ctx == NULL) {
        return NGX_ERROR;
    }

    params[0] = OSSL_PARAM_construct_utf8_string("digest", digest, 0);
    params[1] = OSSL_PARAM_construct_end();

    if (EVP_MAC_init(ctx, hmac->key.data, hmac->key.len, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        return NGX_ERROR;
    }

    hmac->ctx = ctx;

    return NGX_OK;
}


void
ngx_http_phone_verify_hmac_free(void *data)
{
    ngx_http_phone_verify_hmac_t *hmac = data;

    EVP_MAC_CTX_free(hmac->ctx);
    hmac->ctx = NULL;
}

#else

ngx_int_t
ngx_http_phone_verify_hmac(ngx_http_phone_verify_hmac_t *hmac,
    const u_char *data, size_t len, u_char *mac)
{
    if (hmac->key.len > NGX_MAX_INT32_VALUE
        || HMAC(EVP_sha256(), hmac->key.data, (int) hmac->key.len, data, len,
                mac, NULL)
           == NULL)
    {
        ERR_clear_error();
        ngx_memzero(mac, NGX_HTTP_PHONE_VERIFY_HMAC_LEN);
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_http_phone_verify_hmac_free(void *data)
{
}

#endif
