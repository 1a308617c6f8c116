
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_TOKEN_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_TOKEN_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/number/number.h"


/*
 * What a client carries: a sealed token, base64url of
 *
 *   version (1) | key id (4) | nonce (12) | payload | tag (16)
 *
 * sealed by AES-256-GCM.  The associated data is version, key id, purpose and
 * the app's name, so that a token is of no use to another app or purpose.
 */


#define NGX_HTTP_PHONE_VERIFY_SESSION_LEN     16
#define NGX_HTTP_PHONE_VERIFY_RANDOM_LEN      16
#define NGX_HTTP_PHONE_VERIFY_REFERENCE_LEN   38    /* base64url of 28 */
#define NGX_HTTP_PHONE_VERIFY_ID_MAX          63
#define NGX_HTTP_PHONE_VERIFY_TARGET_MAX      512
#define NGX_HTTP_PHONE_VERIFY_TOKEN_MAX       1024  /* text, any purpose */
#define NGX_HTTP_PHONE_VERIFY_HASH_LEN        16
#define NGX_HTTP_PHONE_VERIFY_BIND_LEN        8

#define NGX_HTTP_PHONE_VERIFY_TOKEN_SKEW      60    /* seconds ahead of us */


typedef enum {
    NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT = 1,
    NGX_HTTP_PHONE_VERIFY_TOKEN_PENDING = 2
} ngx_http_phone_verify_purpose_e;


typedef struct {
    u_char                          session[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    ngx_http_phone_verify_number_t  number;
    ngx_uint_t                      method;
    time_t                          issued;    /* grant: when verified */
    time_t                          expires;
    u_char                          bind[NGX_HTTP_PHONE_VERIFY_BIND_LEN];
                                               /* zeroes: not bound */

    /* of a pending token only */

    u_char                          reference[NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];
    size_t                          id_len;    /* 0: not known yet */
    u_char                          id[NGX_HTTP_PHONE_VERIFY_ID_MAX];

    /* where the handset goes (seamless): nobody else keeps it */

    size_t                          target_len;
    u_char                          target[NGX_HTTP_PHONE_VERIFY_TARGET_MAX];
} ngx_http_phone_verify_token_t;


/*
 * The keys of an app: the first seals, all open.  Each line of the file gives
 * an AES key, a MAC key and a key id by HMAC-SHA256 under separate labels, so
 * any line of at least 32 characters of good randomness will do
 * ("openssl rand -hex 32").
 */

typedef struct ngx_http_phone_verify_keys_s  ngx_http_phone_verify_keys_t;


/*
 * Reads the keys at configuration time, "file" NULL or empty: the random key
 * of this master process, the same over reloads; then *fallback is set to 1.
 * "app" is the app's name, bound into tokens and references.  Returns NULL
 * after logging at [emerg] what is wrong, never with a byte of a key.
 */

ngx_http_phone_verify_keys_t *ngx_http_phone_verify_keys_create(ngx_conf_t *cf,
    ngx_str_t *app, ngx_str_t *file, ngx_uint_t *fallback);


/*
 * Seals a token into "text" (room for TOKEN_MAX bytes at text->data; len is
 * set).  NGX_OK or NGX_ERROR (OpenSSL failed).
 */

ngx_int_t ngx_http_phone_verify_token_seal(ngx_http_phone_verify_keys_t *keys,
    ngx_uint_t purpose, const ngx_http_phone_verify_token_t *token,
    ngx_str_t *text);


/*
 * Opens a token.  NGX_OK, or NGX_DECLINED for whatever is not a token of this
 * app and purpose, sealed by one of the keys, in its time at "now" (wall clock
 * seconds): issued at most TOKEN_SKEW ahead, not expired.  NGX_DONE: it is all
 * of that, but has expired.
 */

ngx_int_t ngx_http_phone_verify_token_open(ngx_http_phone_verify_keys_t *keys,
    ngx_uint_t purpose, ngx_str_t *text, time_t now,
    ngx_http_phone_verify_token_t *token);


/*
 * References prove themselves: base64url of a random part and a MAC of it.
 * write: REFERENCE_LEN bytes at p under the first key; returns the end.
 * check: NGX_OK and the random part where "text" is one of ours under any of
 * the keys, else NGX_DECLINED.
 */

u_char *ngx_http_phone_verify_reference_write(
    ngx_http_phone_verify_keys_t *keys, const u_char *random, u_char *p);
ngx_int_t ngx_http_phone_verify_reference_check(
    ngx_http_phone_verify_keys_t *keys, ngx_str_t *text, u_char *random);


/*
 * A keyed hash (HMAC-SHA256 under the first key, cut to HASH_LEN) of "label",
 * and the parts, for what must be recognised and not kept: codes, bindings.
 * NGX_OK or NGX_ERROR.
 */

ngx_int_t ngx_http_phone_verify_hash(ngx_http_phone_verify_keys_t *keys,
    const char *label, ngx_str_t *a, ngx_str_t *b, u_char *hash);

/* The same under the key of index "i"; NGX_DECLINED: there is no such key. */

ngx_int_t ngx_http_phone_verify_hash_of_key(
    ngx_http_phone_verify_keys_t *keys, ngx_uint_t i, const char *label,
    ngx_str_t *a, ngx_str_t *b, u_char *hash);


/*
 * 1 where the first "len" bytes of such a hash, under any of the keys, are
 * those of "hash": for what outlives a change of keys.
 */

ngx_uint_t ngx_http_phone_verify_hash_matches(
    ngx_http_phone_verify_keys_t *keys, const char *label, ngx_str_t *a,
    ngx_str_t *b, const u_char *hash, size_t len);


/*
 * A short keyed hash of a number under the key of index "i", 0 being the first
 * one: for what is looked up with each request.  NGX_OK, or NGX_DECLINED: there
 * is no such key.
 */

ngx_int_t ngx_http_phone_verify_number_hash(
    const ngx_http_phone_verify_keys_t *keys, ngx_uint_t i,
    ngx_http_phone_verify_number_t number, uint64_t *hash);

/* A short keyed hash of "value" under "label", by the first key. */

uint64_t ngx_http_phone_verify_limit_hash(
    const ngx_http_phone_verify_keys_t *keys, const char *label,
    const ngx_str_t *value);


/* Cryptographically strong random bytes.  NGX_OK or NGX_ERROR. */

ngx_int_t ngx_http_phone_verify_random(u_char *p, size_t len);


#endif /* _NGX_HTTP_PHONE_VERIFY_TOKEN_H_INCLUDED_ */
