
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_METHODS_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_METHODS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "verification/app.h"


/* The HTTP methods that an endpoint takes, as nginx's bits. */


/*
 * Lets through a request with one of "methods", after pushing the headers that
 * pages of "allow_origins" need to read the answer: NGX_DECLINED.  Another one
 * is answered, a preflight for such a page with 204, the rest with 405; then
 * returns what a content handler returns.
 */

ngx_int_t ngx_http_phone_verify_methods_check(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app, ngx_uint_t methods);


/* 405 with "Allow". */

ngx_int_t ngx_http_phone_verify_not_allowed(ngx_http_request_t *r,
    ngx_uint_t methods);


#endif /* _NGX_HTTP_PHONE_VERIFY_METHODS_H_INCLUDED_ */
