
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_OPTIONS_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_OPTIONS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/conf.h"


/*
 * The options of Sinch's methods, which may depend on the request: evaluates
 * those of "request->method" for a start (Sinch Verification API, section 3)
 * into "request", which keeps what is set already.  Constants were checked at
 * nginx -t; a value of a variable that Sinch would refuse is logged at [error]
 * without the value, and fails the start: an operator who hears of it can mend
 * it.  NGX_OK or NGX_ERROR.
 */

ngx_int_t ngx_http_phone_verify_options(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_sinch_request_t *request);


/*
 * 1 where "language" may go into an Accept-Language header: a list of language
 * ranges with weights (RFC 9110, section 12.5.4), at most 64 bytes.
 */

ngx_uint_t ngx_http_phone_verify_language_valid(ngx_str_t *language);


#endif /* _NGX_HTTP_PHONE_VERIFY_OPTIONS_H_INCLUDED_ */
