
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/token/cache.h"


/* A grant's text is 104 characters: 78 bytes, see token.c. */

#define NGX_HTTP_PHONE_VERIFY_CACHE_WORDS  13
#define NGX_HTTP_PHONE_VERIFY_CACHE_TEXT                                      \
    (NGX_HTTP_PHONE_VERIFY_CACHE_WORDS * sizeof(uint64_t))

#define NGX_HTTP_PHONE_VERIFY_CACHE_BITS   9
#define NGX_HTTP_PHONE_VERIFY_CACHE_SIZE                                      \
    (1 << NGX_HTTP_PHONE_VERIFY_CACHE_BITS)

#define NGX_HTTP_PHONE_VERIFY_CACHE_NONCE  8    /* characters before it */


/* 160 bytes; "id_len" and what else a pending token has is none of a grant. */

typedef struct {
    u_char                          text[NGX_HTTP_PHONE_VERIFY_CACHE_TEXT];
    u_char                          session[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    ngx_http_phone_verify_number_t  number;
    time_t                          issued;
    time_t                          expires;
    u_char                          bind[NGX_HTTP_PHONE_VERIFY_BIND_LEN];
    ngx_uint_t                      method;
} ngx_http_phone_verify_cached_t;


struct ngx_http_phone_verify_token_cache_s {
    ngx_http_phone_verify_cached_t  slot[NGX_HTTP_PHONE_VERIFY_CACHE_SIZE];
};


static ngx_uint_t ngx_http_phone_verify_token_cache_slot(const u_char *text);
static ngx_uint_t ngx_http_phone_verify_token_cache_same(const u_char *a,
    const u_char *b);


ngx_int_t
ngx_http_phone_verify_token_cache_get(
    const ngx_http_phone_verify_token_cache_t *cache, const ngx_str_t *text,
    ngx_http_phone_verify_token_t *token)
{
    const ngx_http_phone_verify_cached_t  *c;

    if (cache == NULL || text->len != NGX_HTTP_PHONE_VERIFY_CACHE_TEXT) {
        return NGX_DECLINED;
    }

    c = &cache->slot[ngx_http_phone_verify_token_cache_slot(text->data)];

    /* an empty slot is no token: its text is zeros, which anyone can write */

    if (!ngx_http_phone_verify_token_cache_same(c->text, text->data)
        || c->expires == 0)
    {
        return NGX_DECLINED;
    }

    ngx_memcpy(token->session, c->session, sizeof(token->session));
    ngx_memcpy(token->bind, c->bind, sizeof(token->bind));

    token->number = c->number;
    token->method = c->method;
    token->issued = c->issued;
    token->expires = c->expires;
    token->id_len = 0;
    token->target_len = 0;

    return NGX_OK;
}


void
ngx_http_phone_verify_token_cache_put(
    ngx_http_phone_verify_token_cache_t **cache, const ngx_str_t *text,
    const ngx_http_phone_verify_token_t *token)
{
    ngx_http_phone_verify_cached_t  *c;

    if (text->len != NGX_HTTP_PHONE_VERIFY_CACHE_TEXT) {
        return;
    }

    if (*cache == NULL) {
        *cache = ngx_calloc(sizeof(ngx_http_phone_verify_token_cache_t),
                            ngx_cycle->log);
        if (*cache == NULL) {
            return;
        }
    }

    c = &(*cache)->slot[ngx_http_phone_verify_token_cache_slot(text->data)];

    ngx_memcpy(c->text, text->data, NGX_HTTP_PHONE_VERIFY_CACHE_TEXT);
    ngx_memcpy(c->session, token->session, sizeof(c->session));
    ngx_memcpy(c->bind, token->bind, sizeof(c->bind));

    c->number = token->number;
    c->method = token->method;
    c->issued = token->issued;
    c->expires = token->expires;
}


void
ngx_http_phone_verify_token_cache_free(
    ngx_http_phone_verify_token_cache_t *cache)
{
    if (cache) {
        ngx_explicit_memzero(cache,
                             sizeof(ngx_http_phone_verify_token_cache_t));
        ngx_free(cache);
    }
}


/* By the nonce, which is random, and nobody else can choose a valid one. */

static ngx_uint_t
ngx_http_phone_verify_token_cache_slot(const u_char *text)
{
    uint64_t  nonce;

    ngx_memcpy(&nonce, text + NGX_HTTP_PHONE_VERIFY_CACHE_NONCE,
               sizeof(nonce));

    return (ngx_uint_t) ((nonce * 0x9e3779b97f4a7c15ull)
                         >> (64 - NGX_HTTP_PHONE_VERIFY_CACHE_BITS));
}


/* In the same time for any two texts: how much fits is nobody's business. */

static ngx_uint_t
ngx_http_phone_verify_token_cache_same(const u_char *a, const u_char *b)
{
    uint64_t    x, y, differs;
    ngx_uint_t  i;

    differs = 0;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_CACHE_WORDS; i++) {
        ngx_memcpy(&x, a + i * sizeof(uint64_t), sizeof(uint64_t));
        ngx_memcpy(&y, b + i * sizeof(uint64_t), sizeof(uint64_t));

        differs |= x ^ y;
    }

    return differs == 0;
}
