
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_REFUSAL_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_REFUSAL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/client.h"
#include "verification/error.h"


/*
 * Sinch's errors as data: what a client is told, how the verification of a
 * refused start stands, and what the operator should do about it.
 * Sinch Verification API, section 7.
 */

typedef struct {
    ngx_uint_t     http_status;
    ngx_uint_t     error_code;     /* 0: any */
    ngx_uint_t     error;          /* ours */
    ngx_uint_t     status;         /* of a verification that was refused */
    ngx_uint_t     reason;
    ngx_uint_t     level;          /* of the line in the log */
    ngx_uint_t     ambiguous;      /* may have been processed all the same */
    const char    *advice;         /* to the operator, or NULL */
} ngx_http_phone_verify_refusal_t;


/* Never NULL. */

const ngx_http_phone_verify_refusal_t *ngx_http_phone_verify_refusal(
    ngx_uint_t http_status, ngx_uint_t error_code);


/*
 * One line of what Sinch answered, or did not, instead of what it was asked
 * for: "what" of which app; "advice" may be NULL.
 */

void ngx_http_phone_verify_refusal_log(ngx_uint_t level, ngx_log_t *log,
    const char *what, const ngx_str_t *app,
    const ngx_http_phone_verify_sinch_answer_t *answer, const char *advice);


#endif /* _NGX_HTTP_PHONE_VERIFY_REFUSAL_H_INCLUDED_ */
