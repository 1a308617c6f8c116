
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_ORIGIN_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_ORIGIN_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "verification/app.h"


/*
 * Which site's page a request comes from.  The origins of "allow_origins" are
 * as good as our own.
 */


/*
 * 1 where another site's page sent it.  Such a page must not send messages or
 * end sessions in the name of its visitors.  "app" NULL: there is none that is
 * as good as our own.
 */

ngx_uint_t ngx_http_phone_verify_cross_site(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app);


/*
 * CORS for the origins of "allow_origins": pushes the headers by which a
 * browser lets their pages read this answer, whatever it is; nothing where the
 * app has no such origins.  NGX_OK: it comes from one of them; NGX_DECLINED: it
 * does not; NGX_ERROR: no memory.
 */

ngx_int_t ngx_http_phone_verify_cors(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app);


/*
 * The same for the answer to a preflight, with the methods that are allowed,
 * as "GET, HEAD".  NGX_OK or NGX_ERROR.
 */

ngx_int_t ngx_http_phone_verify_cors_preflight(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app, ngx_str_t *methods);


#endif /* _NGX_HTTP_PHONE_VERIFY_ORIGIN_H_INCLUDED_ */
