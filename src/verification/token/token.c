
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <openssl/err.h>
#include "sinch/words.h"
#include "verification/token/base64url.h"
#include "verification/token/keys.h"


#define NGX_HTTP_PHONE_VERIFY_NONCE_LEN  12
#define NGX_HTTP_PHONE_VERIFY_TAG_LEN    16

#define NGX_HTTP_PHONE_VERIFY_HEAD_LEN                                        \
    (1 + NGX_HTTP_PHONE_VERIFY_KEY_ID_LEN + NGX_HTTP_PHONE_VERIFY_NONCE_LEN)

/*
 * The payload, numbers with the high byte first:
 *
 *   session (16) | number (8) | method (1) | issued (8) | lifetime (4) |
 *   bind (8)
 *
 * and of a pending token
 *
 *   reference (16) | length of id (1) | id | target
 */

#define NGX_HTTP_PHONE_VERIFY_GRANT_LEN                                       \
    (NGX_HTTP_PHONE_VERIFY_SESSION_LEN + 8 + 1 + 8 + 4 + 8)
#define NGX_HTTP_PHONE_VERIFY_PENDING_LEN                                     \
    (NGX_HTTP_PHONE_VERIFY_GRANT_LEN + NGX_HTTP_PHONE_VERIFY_RANDOM_LEN + 1)
#define NGX_HTTP_PHONE_VERIFY_PAYLOAD_MAX                                     \
    (NGX_HTTP_PHONE_VERIFY_PENDING_LEN + NGX_HTTP_PHONE_VERIFY_ID_MAX         \
     + NGX_HTTP_PHONE_VERIFY_TARGET_MAX)
#define NGX_HTTP_PHONE_VERIFY_SEALED_MAX                                      \
    (NGX_HTTP_PHONE_VERIFY_HEAD_LEN + NGX_HTTP_PHONE_VERIFY_PAYLOAD_MAX       \
     + NGX_HTTP_PHONE_VERIFY_TAG_LEN)


static ngx_int_t ngx_http_phone_verify_token_in_time(
    const ngx_http_phone_verify_token_t *token, time_t now);
static ngx_int_t ngx_http_phone_verify_token_encrypt(
    ngx_http_phone_verify_key_t *key, const ngx_str_t *aad, u_char *nonce,
    u_char *payload, size_t len);
static ngx_int_t ngx_http_phone_verify_token_decrypt(
    ngx_http_phone_verify_key_t *key, const ngx_str_t *aad, u_char *nonce,
    u_char *payload, size_t len);
static EVP_CIPHER_CTX *ngx_http_phone_verify_token_ctx(
    ngx_http_phone_verify_key_t *key, int seal);
static u_char *ngx_http_phone_verify_token_write(u_char *p,
    ngx_uint_t purpose, const ngx_http_phone_verify_token_t *token);
static ngx_int_t ngx_http_phone_verify_token_read(u_char *p, size_t len,
    ngx_uint_t purpose, ngx_http_phone_verify_token_t *token);
static u_char *ngx_http_phone_verify_token_put(u_char *p, uint64_t value,
    ngx_uint_t bytes);
static uint64_t ngx_http_phone_verify_token_get(u_char *p, ngx_uint_t bytes);


ngx_int_t
ngx_http_phone_verify_token_seal(ngx_http_phone_verify_keys_t *keys,
    ngx_uint_t purpose, const ngx_http_phone_verify_token_t *token,
    ngx_str_t *text)
{
    u_char                       *p, *payload;
    u_char                        sealed[NGX_HTTP_PHONE_VERIFY_SEALED_MAX];
    ngx_str_t                     src;
    ngx_http_phone_verify_key_t  *key;

    if (token->id_len > NGX_HTTP_PHONE_VERIFY_ID_MAX
        || token->target_len > NGX_HTTP_PHONE_VERIFY_TARGET_MAX
        || token->expires < token->issued
        || (uint64_t) (token->expires - token->issued) > 0xffffffff)
    {
        return NGX_ERROR;
    }

    key = &keys->key[0];

    p = sealed;

    *p++ = NGX_HTTP_PHONE_VERIFY_VERSION;
    p = ngx_cpymem(p, key->id, NGX_HTTP_PHONE_VERIFY_KEY_ID_LEN);

    if (ngx_http_phone_verify_random(p, NGX_HTTP_PHONE_VERIFY_NONCE_LEN)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    payload = p + NGX_HTTP_PHONE_VERIFY_NONCE_LEN;

    p = ngx_http_phone_verify_token_write(payload, purpose, token);

    if (ngx_http_phone_verify_token_encrypt(key,
                              ngx_http_phone_verify_key_aad(key, purpose),
                              payload - NGX_HTTP_PHONE_VERIFY_NONCE_LEN,
                              payload, p - payload)
        != NGX_OK)
    {
        ERR_clear_error();
        return NGX_ERROR;
    }

    src.data = sealed;
    src.len = p + NGX_HTTP_PHONE_VERIFY_TAG_LEN - sealed;

    ngx_encode_base64url(text, &src);

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_token_open(ngx_http_phone_verify_keys_t *keys,
    ngx_uint_t purpose, ngx_str_t *text, time_t now,
    ngx_http_phone_verify_token_t *token)
{
    size_t                        len, min, max;
    u_char                       *payload;
    u_char                        sealed[NGX_HTTP_PHONE_VERIFY_SEALED_MAX];
    ngx_uint_t                    i;
    ngx_http_phone_verify_key_t  *key;

    if (purpose == NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT
        && ngx_http_phone_verify_token_cache_get(keys->cache, text, token)
           == NGX_OK)
    {
        return ngx_http_phone_verify_token_in_time(token, now);
    }

    /* the length first: it says what fits into the buffer */

    min = NGX_HTTP_PHONE_VERIFY_GRANT_LEN;
    max = NGX_HTTP_PHONE_VERIFY_GRANT_LEN;

    if (purpose == NGX_HTTP_PHONE_VERIFY_TOKEN_PENDING) {
        min = NGX_HTTP_PHONE_VERIFY_PENDING_LEN;
        max = NGX_HTTP_PHONE_VERIFY_PAYLOAD_MAX;
    }

    len = ngx_http_phone_verify_base64url_bytes(text->len);

    if (len < min + NGX_HTTP_PHONE_VERIFY_HEAD_LEN
              + NGX_HTTP_PHONE_VERIFY_TAG_LEN
        || len > max + NGX_HTTP_PHONE_VERIFY_HEAD_LEN
                 + NGX_HTTP_PHONE_VERIFY_TAG_LEN
        || ngx_http_phone_verify_base64url_decode(sealed, text->data,
                                                  text->len)
           != NGX_OK
        || sealed[0] != NGX_HTTP_PHONE_VERIFY_VERSION)
    {
        return NGX_DECLINED;
    }

    key = NULL;

    for (i = 0; i < keys->n; i++) {
        if (ngx_memcmp(keys->key[i].id, &sealed[1],
                       NGX_HTTP_PHONE_VERIFY_KEY_ID_LEN)
            == 0)
        {
            key = &keys->key[i];
            break;
        }
    }

    if (key == NULL) {
        return NGX_DECLINED;
    }

    payload = sealed + NGX_HTTP_PHONE_VERIFY_HEAD_LEN;
    len -= NGX_HTTP_PHONE_VERIFY_HEAD_LEN + NGX_HTTP_PHONE_VERIFY_TAG_LEN;

    if (ngx_http_phone_verify_token_decrypt(key,
                              ngx_http_phone_verify_key_aad(key, purpose),
                              payload - NGX_HTTP_PHONE_VERIFY_NONCE_LEN,
                              payload, len)
        != NGX_OK)
    {
        /*
         * nginx would report what is left in OpenSSL's queue as its own; and
         * clearing it when there is nothing costs more than looking.
         */

        if (ERR_peek_error()) {
            ERR_clear_error();
        }

        return NGX_DECLINED;
    }

    if (ngx_http_phone_verify_token_read(payload, len, purpose, token)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (purpose == NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT) {
        ngx_http_phone_verify_token_cache_put(&keys->cache, text, token);
    }

    return ngx_http_phone_verify_token_in_time(token, now);
}


static ngx_int_t
ngx_http_phone_verify_token_in_time(const ngx_http_phone_verify_token_t *token,
    time_t now)
{
    if (token->issued > now + NGX_HTTP_PHONE_VERIFY_TOKEN_SKEW) {
        return NGX_DECLINED;
    }

    return (token->expires > now) ? NGX_OK : NGX_DONE;
}


/* In place; the tag goes behind the payload. */

static ngx_int_t
ngx_http_phone_verify_token_encrypt(ngx_http_phone_verify_key_t *key,
    const ngx_str_t *aad, u_char *nonce, u_char *payload, size_t len)
{
    int              n;
    EVP_CIPHER_CTX  *ctx;

    ctx = ngx_http_phone_verify_token_ctx(key, 1);

    if (ctx == NULL
        || EVP_EncryptInit_ex(ctx, NULL, NULL, NULL, nonce) != 1
        || EVP_EncryptUpdate(ctx, NULL, &n, aad->data, (int) aad->len) != 1
        || EVP_EncryptUpdate(ctx, payload, &n, payload, (int) len) != 1
        || EVP_EncryptFinal_ex(ctx, payload + len, &n) != 1
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG,
                               NGX_HTTP_PHONE_VERIFY_TAG_LEN, payload + len)
           != 1)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_phone_verify_token_decrypt(ngx_http_phone_verify_key_t *key,
    const ngx_str_t *aad, u_char *nonce, u_char *payload, size_t len)
{
    int              n;
    EVP_CIPHER_CTX  *ctx;

    ctx = ngx_http_phone_verify_token_ctx(key, 0);

    if (ctx == NULL
        || EVP_DecryptInit_ex(ctx, NULL, NULL, NULL, nonce) != 1
        || EVP_DecryptUpdate(ctx, NULL, &n, aad->data, (int) aad->len) != 1
        || EVP_DecryptUpdate(ctx, payload, &n, payload, (int) len) != 1
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG,
                               NGX_HTTP_PHONE_VERIFY_TAG_LEN, payload + len)
           != 1
        || EVP_DecryptFinal_ex(ctx, payload + len, &n) != 1)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* A context with cipher and key in it, so that only the nonce is to be set. */

static EVP_CIPHER_CTX *
ngx_http_phone_verify_token_ctx(ngx_http_phone_verify_key_t *key, int seal)
{
    EVP_CIPHER_CTX  *ctx, **slot;

    slot = seal ? &key->seal : &key->open;

    if (*slot) {
        return *slot;
    }

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return NULL;
    }

    if (EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->aes, NULL, seal)
        != 1)
    {
        EVP_CIPHER_CTX_free(ctx);
        return NULL;
    }

    *slot = ctx;

    return ctx;
}


static u_char *
ngx_http_phone_verify_token_write(u_char *p, ngx_uint_t purpose,
    const ngx_http_phone_verify_token_t *token)
{
    p = ngx_cpymem(p, token->session, NGX_HTTP_PHONE_VERIFY_SESSION_LEN);
    p = ngx_http_phone_verify_token_put(p, token->number, 8);
    p = ngx_http_phone_verify_token_put(p, token->method, 1);
    p = ngx_http_phone_verify_token_put(p, token->issued, 8);
    p = ngx_http_phone_verify_token_put(p, token->expires - token->issued, 4);
    p = ngx_cpymem(p, token->bind, sizeof(token->bind));

    if (purpose != NGX_HTTP_PHONE_VERIFY_TOKEN_PENDING) {
        return p;
    }

    p = ngx_cpymem(p, token->reference, NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);
    p = ngx_http_phone_verify_token_put(p, token->id_len, 1);

    p = ngx_cpymem(p, token->id, token->id_len);

    return ngx_cpymem(p, token->target, token->target_len);
}


/*
 * What is read was sealed by us, so what does not make sense here was sealed
 * by another version of this file.
 */

static ngx_int_t
ngx_http_phone_verify_token_read(u_char *p, size_t len, ngx_uint_t purpose,
    ngx_http_phone_verify_token_t *token)
{
    ngx_memcpy(token->session, p, NGX_HTTP_PHONE_VERIFY_SESSION_LEN);
    p += NGX_HTTP_PHONE_VERIFY_SESSION_LEN;

    token->number = ngx_http_phone_verify_token_get(p, 8);
    p += 8;

    token->method = *p++;

    token->issued = (time_t) ngx_http_phone_verify_token_get(p, 8);
    p += 8;

    token->expires = token->issued
                     + (time_t) ngx_http_phone_verify_token_get(p, 4);
    p += 4;

    ngx_memcpy(token->bind, p, sizeof(token->bind));
    p += sizeof(token->bind);

    token->id_len = 0;
    token->target_len = 0;

    if (purpose == NGX_HTTP_PHONE_VERIFY_TOKEN_PENDING) {

        ngx_memcpy(token->reference, p, NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);
        p += NGX_HTTP_PHONE_VERIFY_RANDOM_LEN;

        token->id_len = *p++;

        len -= NGX_HTTP_PHONE_VERIFY_PENDING_LEN;

        if (token->id_len > NGX_HTTP_PHONE_VERIFY_ID_MAX
            || token->id_len > len
            || len - token->id_len > NGX_HTTP_PHONE_VERIFY_TARGET_MAX)
        {
            return NGX_DECLINED;
        }

        ngx_memcpy(token->id, p, token->id_len);
        p += token->id_len;

        token->target_len = len - token->id_len;

        ngx_memcpy(token->target, p, token->target_len);
    }

    if (token->number == 0 || token->method >= NGX_HTTP_PHONE_VERIFY_METHODS) {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static u_char *
ngx_http_phone_verify_token_put(u_char *p, uint64_t value, ngx_uint_t bytes)
{
    while (bytes--) {
        *p++ = (u_char) (value >> (bytes * 8));
    }

    return p;
}


static uint64_t
ngx_http_phone_verify_token_get(u_char *p, ngx_uint_t bytes)
{
    uint64_t  value;

    value = 0;

    while (bytes--) {
        value = value << 8 | *p++;
    }

    return value;
}
