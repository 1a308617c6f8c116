
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_VERDICT_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_VERDICT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "session/session.h"


/*
 * What the visitor's grant is worth before "demands": sets "error" to OK, or
 * to what is missing (verification/error.h).  Consumes nothing.  NGX_OK, or
 * NGX_ERROR when there is no memory.
 */

ngx_int_t ngx_http_phone_verify_verdict(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s,
    const ngx_http_phone_verify_demands_t *demands, ngx_uint_t *error);


/*
 * Tells the operator of a refusal: at [info] its code, and at [warn] where
 * "number=" is to blame.
 */

void ngx_http_phone_verify_verdict_log(ngx_http_request_t *r,
    const ngx_http_phone_verify_demands_t *demands, ngx_uint_t error);


#endif /* _NGX_HTTP_PHONE_VERIFY_VERDICT_H_INCLUDED_ */
