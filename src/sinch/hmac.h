
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_SINCH_HMAC_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_SINCH_HMAC_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_HTTP_PHONE_VERIFY_HMAC_LEN  32


/* HMAC-SHA-256 under a key that stays: the same key need not be set up anew. */

typedef struct {
    ngx_str_t    key;

    /*
     * Not configuration, but a worker's own: an EVP_MAC_CTX, made when it is
     * first needed; with OpenSSL 1.1, where that costs little, never.
     */

    void        *ctx;
} ngx_http_phone_verify_hmac_t;


/* Writes HMAC_LEN bytes.  NGX_OK, or NGX_ERROR: OpenSSL failed, zeroes. */

ngx_int_t ngx_http_phone_verify_hmac(ngx_http_phone_verify_hmac_t *hmac,
    const u_char *data, size_t len, u_char *mac);


/* One that lives as long as "pool", as "key" has to; NULL: no memory. */

ngx_http_phone_verify_hmac_t *ngx_http_phone_verify_hmac_create(
    ngx_pool_t *pool, const ngx_str_t *key);

/* Of one that is part of something else: frees what it has made. */

void ngx_http_phone_verify_hmac_free(void *hmac);


#endif /* _NGX_HTTP_PHONE_VERIFY_SINCH_HMAC_H_INCLUDED_ */
