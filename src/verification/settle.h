
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_SETTLE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_SETTLE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/operation_impl.h"


/*
 * Settles a start that ended nobody knows how: asks Sinch by "reference" and
 * writes down what it says.  Then, never from inside this function unless
 * nothing can be sent, calls "handler" with
 *
 *   NGX_OK        it was sent, and the record tells how it stands
 *   NGX_DECLINED  it certainly was not sent, or (seamless) nobody can go on
 *                 with it; the number is free
 *   NGX_ERROR     still nobody knows
 *
 * "method" is the start's.  "patient": the start was made a moment ago, so
 * where Sinch does not know it, it is asked once more a second later (Sinch
 * Verification API, section 7).
 */

typedef void (*ngx_http_phone_verify_settle_pt)(
    ngx_http_phone_verify_operation_t *op, ngx_int_t rc);

void ngx_http_phone_verify_settle(ngx_http_phone_verify_operation_t *op,
    const u_char *reference, ngx_uint_t method, ngx_uint_t patient,
    ngx_http_phone_verify_settle_pt handler);


#endif /* _NGX_HTTP_PHONE_VERIFY_SETTLE_H_INCLUDED_ */
