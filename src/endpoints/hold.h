
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_HOLD_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_HOLD_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "endpoints/input.h"
#include "verification/operation.h"


/*
 * A request that waits for an operation: what links the two, and is cut on
 * both sides, whichever ends first.
 *
 *     hold = ngx_http_phone_verify_hold(in, reply);
 *     op = ngx_http_phone_verify_start(..., ngx_http_phone_verify_hold_outcome,
 *                                      hold, ...);
 *     return ngx_http_phone_verify_hold_for(hold, op);
 */

typedef struct ngx_http_phone_verify_hold_s  ngx_http_phone_verify_hold_t;


/* Answers a request; returns what a content handler returns. */

typedef ngx_int_t (*ngx_http_phone_verify_hold_pt)(
    ngx_http_phone_verify_input_t *in,
    ngx_http_phone_verify_outcome_t *outcome);


/* NULL: no memory. */

ngx_http_phone_verify_hold_t *ngx_http_phone_verify_hold(
    ngx_http_phone_verify_input_t *in, ngx_http_phone_verify_hold_pt handler);

/* What the operation is given to call. */

void ngx_http_phone_verify_hold_outcome(void *data,
    ngx_http_phone_verify_outcome_t *outcome);

/* NGX_DONE, or for an operation that is NULL an error. */

ngx_int_t ngx_http_phone_verify_hold_for(ngx_http_phone_verify_hold_t *hold,
    ngx_http_phone_verify_operation_t *op);


#endif /* _NGX_HTTP_PHONE_VERIFY_HOLD_H_INCLUDED_ */
