
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_REPORT_IMPL_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_REPORT_IMPL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/operation_impl.h"
#include "verification/policy/limits.h"


/* What report.c asks for and report_end.c writes down; nobody else has it. */


typedef struct {
    ngx_http_phone_verify_operation_t  operation;    /* first */

    u_char                             session[
                                             NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    u_char                             reference[
                                              NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];
    u_char                             bind[NGX_HTTP_PHONE_VERIFY_BIND_LEN];
    u_char                             code[NGX_HTTP_PHONE_VERIFY_HASH_LEN];
    u_char                             fresh[
                                             NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    uint64_t                           address;      /* policy/limiter.h */
    ngx_http_phone_verify_guess_t      guess;
    ngx_uint_t                         refused;      /* Sinch took no report */
    ngx_uint_t                         renews;
    ngx_http_phone_verify_grant_t      grant;
} ngx_http_phone_verify_report_t;


/*
 * Sinch's word on this report, or where "inferred" on the verification: it is
 * written down, and the client answered.
 */

void ngx_http_phone_verify_report_judged(
    ngx_http_phone_verify_report_t *report, ngx_uint_t status,
    ngx_uint_t reason, ngx_uint_t inferred);

/* No word of Sinch's on this report: the record stays as it was. */

void ngx_http_phone_verify_report_unjudged(
    ngx_http_phone_verify_report_t *report, ngx_uint_t status,
    ngx_uint_t error, ngx_uint_t retry_after);

/* The same where Sinch has certainly not got it: it was no attempt. */

void ngx_http_phone_verify_report_unsent(
    ngx_http_phone_verify_report_t *report);

/* The client gets its grant; "what" is how, for the log. */

void ngx_http_phone_verify_report_grant(
    ngx_http_phone_verify_report_t *report, const char *what);


#endif /* _NGX_HTTP_PHONE_VERIFY_REPORT_IMPL_H_INCLUDED_ */
