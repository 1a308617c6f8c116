
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_TOKEN_CACHE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_TOKEN_CACHE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/token/token.h"


/*
 * Grants that this worker has opened lately, by their whole text: a visitor's
 * next request need not be decrypted again.  Only what was sealed by one of
 * our keys gets in; its time, its revocation and what it is bound to are
 * still looked at with each request.
 */

typedef struct ngx_http_phone_verify_token_cache_s
    ngx_http_phone_verify_token_cache_t;


/* NGX_OK and the token, or NGX_DECLINED.  "cache" may be NULL. */

ngx_int_t ngx_http_phone_verify_token_cache_get(
    const ngx_http_phone_verify_token_cache_t *cache, const ngx_str_t *text,
    ngx_http_phone_verify_token_t *token);


/*
 * Keeps a grant.  The cache is made with the first; without memory for it
 * nothing is kept.
 */

void ngx_http_phone_verify_token_cache_put(
    ngx_http_phone_verify_token_cache_t **cache, const ngx_str_t *text,
    const ngx_http_phone_verify_token_t *token);

void ngx_http_phone_verify_token_cache_free(
    ngx_http_phone_verify_token_cache_t *cache);


#endif /* _NGX_HTTP_PHONE_VERIFY_TOKEN_CACHE_H_INCLUDED_ */
