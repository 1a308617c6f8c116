
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_ADMIN_RESET_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_ADMIN_RESET_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "endpoints/input.h"


/*
 * What operators may set back: NGX_OK; NGX_DECLINED: what was sent with the
 * action makes no sense.
 *
 *     limits    of "number", of "address", else all
 *     breaker   "breaker": its id in the overview, else all
 */

ngx_int_t ngx_http_phone_verify_admin_reset_limits(
    ngx_http_phone_verify_input_t *in);
ngx_int_t ngx_http_phone_verify_admin_reset_breaker(
    ngx_http_phone_verify_input_t *in);
ngx_int_t ngx_http_phone_verify_admin_reset_outage(
    ngx_http_phone_verify_input_t *in);
ngx_int_t ngx_http_phone_verify_admin_reset_budgets(
    ngx_http_phone_verify_input_t *in);


#endif /* _NGX_HTTP_PHONE_VERIFY_ADMIN_RESET_H_INCLUDED_ */
