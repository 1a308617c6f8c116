
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_GRANT_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_GRANT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/app.h"


/* What the store gave a session for its success, on its way to the client. */

typedef struct {
    const u_char   *bind;        /* for the token */
    unsigned        fresh:1;     /* given for the first time */
    unsigned        renews:1;    /* the client has one of this number */
} ngx_http_phone_verify_receipt_t;


/*
 * Makes a token of a grant.  NGX_OK; NGX_DECLINED: it was revoked meanwhile;
 * NGX_BUSY: its number has got too many ("number_reuse"), for *retry_after
 * seconds more, and this one is worth nothing.
 */

ngx_int_t ngx_http_phone_verify_grant(const ngx_http_phone_verify_app_t *app,
    const ngx_http_phone_verify_grant_t *grant,
    const ngx_http_phone_verify_receipt_t *receipt,
    ngx_http_phone_verify_token_t *token, ngx_uint_t *retry_after,
    ngx_log_t *log);


#endif /* _NGX_HTTP_PHONE_VERIFY_GRANT_H_INCLUDED_ */
