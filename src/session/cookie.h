
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_COOKIE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_COOKIE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "verification/app.h"


#define NGX_HTTP_PHONE_VERIFY_COOKIES_MAX  4


/*
 * The values of the first four cookies called "name" that are neither empty
 * nor longer than a token.  Sibling domains can plant cookies of our name, so
 * all of them are looked at, and not for ever.  Returns how many.
 */

ngx_uint_t ngx_http_phone_verify_cookies(ngx_http_request_t *r,
    const ngx_str_t *name, ngx_str_t *values);


/*
 * Sets a cookie of the app, or clears it where "value" is empty.  "max_age"
 * in seconds.  NGX_OK or NGX_ERROR (no memory).
 */

ngx_int_t ngx_http_phone_verify_set_cookie(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app, const ngx_str_t *name,
    ngx_str_t *value, time_t max_age);


#endif /* _NGX_HTTP_PHONE_VERIFY_COOKIE_H_INCLUDED_ */
