
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_BIND_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_BIND_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "verification/app.h"


/*
 * "bind": tokens are worth something only to requests with the same value as
 * that with which they were given out.  A token has a keyed hash of it.
 */


/*
 * What to seal into a token for this request: NGX_HTTP_PHONE_VERIFY_BIND_LEN
 * bytes, zeroes where the app binds to nothing.  NGX_OK or NGX_ERROR.
 */

ngx_int_t ngx_http_phone_verify_bind(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app, u_char *bind);


/*
 * 1 where a token with "bind" was given to this value; an app without "bind"
 * takes any, one with "dry_run" too, but tells.  Then "bind" is as _bind() has
 * it now: under the first key.
 */

ngx_uint_t ngx_http_phone_verify_bound(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app, u_char *bind);


#endif /* _NGX_HTTP_PHONE_VERIFY_BIND_H_INCLUDED_ */
