
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "transport/trust.h"


struct ngx_http_phone_verify_trust_s {
    ngx_str_t    name;      /* with NUL */
    ngx_str_t    first;     /* PEM of the first certificate */
    X509_STORE  *store;
};


static void ngx_http_phone_verify_trust_cleanup(void *data);
static ngx_int_t ngx_http_phone_verify_trust_load(ngx_conf_t *cf,
    ngx_http_phone_verify_trust_t *trust, BIO *bio);
static ngx_int_t ngx_http_phone_verify_trust_first(ngx_conf_t *cf,
    ngx_http_phone_verify_trust_t *trust, X509 *x509);
static CURLcode ngx_http_phone_verify_trust_ctx(CURL *easy, void *ssl_ctx,
    void *data);


ngx_int_t
ngx_http_phone_verify_trust_read(ngx_conf_t *cf, ngx_str_t *name,
    ngx_http_phone_verify_trust_t **trustp)
{
    BIO                            *bio;
    ngx_int_t                       rc;
    const char                     *file;
    ngx_pool_cleanup_t             *cln;
    ngx_http_phone_verify_trust_t  *trust;

    cln = ngx_pool_cleanup_add(cf->pool,
                               sizeof(ngx_http_phone_verify_trust_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    trust = cln->data;
    ngx_memzero(trust, sizeof(ngx_http_phone_verify_trust_t));

    if (name->len) {
        trust->name = *name;

        if (ngx_conf_full_name(cf->cycle, &trust->name, 1) != NGX_OK) {
            return NGX_ERROR;
        }

    } else {
        file = curl_version_info(CURLVERSION_NOW)->cainfo;

        if (file == NULL) {
            return NGX_DECLINED;
        }

        trust->name.data = (u_char *) file;
        trust->name.len = ngx_strlen(file);
    }

    ERR_clear_error();
    ngx_set_errno(0);

    bio = BIO_new_file((char *) trust->name.data, "r");

    if (bio == NULL) {
        ERR_clear_error();

        if (name->len == 0 && ngx_errno == NGX_ENOENT) {
            return NGX_DECLINED;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "cannot read trusted certificate file \"%V\"",
                           &trust->name);
        return NGX_ERROR;
    }

    trust->store = X509_STORE_new();

    if (trust->store) {
        cln->handler = ngx_http_phone_verify_trust_cleanup;
        rc = ngx_http_phone_verify_trust_load(cf, trust, bio);

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "X509_STORE_new() failed");
        rc = NGX_ERROR;
    }

    BIO_free(bio);
    ERR_clear_error();

    *trustp = trust;

    return rc;
}


static void
ngx_http_phone_verify_trust_cleanup(void *data)
{
    ngx_http_phone_verify_trust_t  *trust = data;

    X509_STORE_free(trust->store);
}


static ngx_int_t
ngx_http_phone_verify_trust_load(ngx_conf_t *cf,
    ngx_http_phone_verify_trust_t *trust, BIO *bio)
{
    int          rc;
    X509        *x509;
    ngx_uint_t   n;

    /* as libcurl does: an intermediate certificate will do for a root */

    if (X509_STORE_set_flags(trust->store, X509_V_FLAG_TRUSTED_FIRST
                                           |X509_V_FLAG_PARTIAL_CHAIN) != 1)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "X509_STORE_set_flags() failed");
        return NGX_ERROR;
    }

    for (n = 0; /* void */ ; n++) {

        x509 = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
        if (x509 == NULL) {
            break;
        }

        rc = X509_STORE_add_cert(trust->store, x509);

        if (rc == 1 && n == 0) {
            rc = (ngx_http_phone_verify_trust_first(cf, trust, x509)
                  == NGX_OK);
        }

        X509_free(x509);

        if (rc != 1) {
            goto invalid;
        }
    }

    /* the end of a good file is an error too: no start line */

    if (n && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
        return NGX_OK;
    }

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "no valid PEM certificates in \"%V\"", &trust->name);
    return NGX_ERROR;
}


static ngx_int_t
ngx_http_phone_verify_trust_first(ngx_conf_t *cf,
    ngx_http_phone_verify_trust_t *trust, X509 *x509)
{
    BIO    *bio;
    char   *text;
    long    len;

    bio = BIO_new(BIO_s_mem());
    if (bio == NULL) {
        return NGX_ERROR;
    }

    trust->first.data = NULL;

    if (PEM_write_bio_X509(bio, x509) == 1) {

        len = BIO_get_mem_data(bio, &text);

        trust->first.data = ngx_pnalloc(cf->pool, len);

        if (trust->first.data) {
            ngx_memcpy(trust->first.data, text, len);
            trust->first.len = len;
        }
    }

    BIO_free(bio);

    return trust->first.data ? NGX_OK : NGX_ERROR;
}


/*
 * libcurl is given just one certificate of the file, so that it reads no file
 * of its own; all of them take its place before a connection begins.  The path
 * is nowhere looked into: by it connections and TLS sessions of origins that
 * trust others are kept apart.
 */

CURLcode
ngx_http_phone_verify_trust_apply(CURL *easy,
    ngx_http_phone_verify_trust_t *trust)
{
    CURLcode          rc;
    struct curl_blob  blob;

    blob.data = trust->first.data;
    blob.len = trust->first.len;
    blob.flags = CURL_BLOB_NOCOPY;

    rc = curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);

    if (rc == CURLE_OK) {
        rc = curl_easy_setopt(easy, CURLOPT_CAPATH, (char *) trust->name.data);
    }

    if (rc == CURLE_OK) {
        rc = curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, trust->store);
    }

    if (rc == CURLE_OK) {
        rc = curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION,
                              ngx_http_phone_verify_trust_ctx);
    }

    return rc;
}


static CURLcode
ngx_http_phone_verify_trust_ctx(CURL *easy, void *ssl_ctx, void *data)
{
    (void) easy;

    SSL_CTX_set1_cert_store(ssl_ctx, data);

    return CURLE_OK;
}
