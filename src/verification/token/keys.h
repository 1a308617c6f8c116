
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_KEYS_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_KEYS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <openssl/evp.h>
#include "sinch/hmac.h"
#include "verification/token/cache.h"
#include "verification/token/token.h"


/* What token.c and secret.c know of keys; everybody else: token.h */


#define NGX_HTTP_PHONE_VERIFY_KEY_ID_LEN   4
#define NGX_HTTP_PHONE_VERIFY_KEY_LEN      32
#define NGX_HTTP_PHONE_VERIFY_KEYS_MAX     16
#define NGX_HTTP_PHONE_VERIFY_KEY_TEXT_MIN 32

#define NGX_HTTP_PHONE_VERIFY_VERSION      1


typedef struct {
    u_char            id[NGX_HTTP_PHONE_VERIFY_KEY_ID_LEN];
    u_char            aes[NGX_HTTP_PHONE_VERIFY_KEY_LEN];
    u_char            mac[NGX_HTTP_PHONE_VERIFY_KEY_LEN];
    uint64_t          number[2];   /* of short hashes of numbers */
    uint64_t          limit[2];    /* and of what limits count */

    ngx_str_t         grant;       /* associated data of either purpose */
    ngx_str_t         pending;

    /*
     * Not configuration, but a worker's own: made when it first needs them,
     * because a context costs more to make than to use.
     */

    EVP_CIPHER_CTX   *seal;
    EVP_CIPHER_CTX   *open;

    ngx_http_phone_verify_hmac_t  hmac;    /* of "mac" */
} ngx_http_phone_verify_key_t;


#define ngx_http_phone_verify_key_aad(key, purpose)                           \
    ((purpose) == NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT                           \
     ? &(key)->grant : &(key)->pending)


struct ngx_http_phone_verify_keys_s {
    ngx_uint_t                             n;
    ngx_http_phone_verify_key_t            key[NGX_HTTP_PHONE_VERIFY_KEYS_MAX];
    ngx_http_phone_verify_token_cache_t   *cache;    /* a worker's own, too */
};


#endif /* _NGX_HTTP_PHONE_VERIFY_KEYS_H_INCLUDED_ */
