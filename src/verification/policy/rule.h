
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_RULE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_RULE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/app.h"


/* What may say no, by the names that logs, metrics and operators read. */

typedef enum {
    NGX_HTTP_PHONE_VERIFY_NO_RULE = 0,
    NGX_HTTP_PHONE_VERIFY_RULE_NUMBER,         /* limit number ... */
    NGX_HTTP_PHONE_VERIFY_RULE_PREFIX,
    NGX_HTTP_PHONE_VERIFY_RULE_COUNTRY,
    NGX_HTTP_PHONE_VERIFY_RULE_ADDRESS,
    NGX_HTTP_PHONE_VERIFY_RULE_SESSION,
    NGX_HTTP_PHONE_VERIFY_RULE_ALL,
    NGX_HTTP_PHONE_VERIFY_RULE_VARIABLE,       /* limit $variable ... */
    NGX_HTTP_PHONE_VERIFY_RULE_ATTEMPTS,       /* reports */
    NGX_HTTP_PHONE_VERIFY_RULE_DESTINATION,    /* countries */
    NGX_HTTP_PHONE_VERIFY_RULE_CLASS,
    NGX_HTTP_PHONE_VERIFY_RULE_CONVERSION,
    NGX_HTTP_PHONE_VERIFY_RULE_BUDGET,
    NGX_HTTP_PHONE_VERIFY_RULE_PRICE,
    NGX_HTTP_PHONE_VERIFY_RULE_OUTAGE,
    NGX_HTTP_PHONE_VERIFY_RULE_REUSE,
    NGX_HTTP_PHONE_VERIFY_RULE_BIND,           /* dry run alone */
    NGX_HTTP_PHONE_VERIFY_RULE_RESEND,
    NGX_HTTP_PHONE_VERIFY_RULE_ORIGIN,         /* cross-site */
    NGX_HTTP_PHONE_VERIFY_RULES
} ngx_http_phone_verify_rule_e;


/* "number", "prefix" ...; of NO_RULE, and of what is none, "none". */

const ngx_str_t *ngx_http_phone_verify_rule_name(ngx_uint_t rule);


/*
 * Counts and writes down that "rule" has refused somebody, or in a dry run
 * would have: one line, with the number masked (0: there is none) and "what"
 * (may be NULL) for the rule's own words.  Not inside the zone's critical
 * section.
 */

void ngx_http_phone_verify_rule_refused(const ngx_http_phone_verify_app_t *app,
    ngx_uint_t rule, ngx_uint_t dry_run, ngx_http_phone_verify_number_t number,
    const char *what, ngx_log_t *log);


#endif /* _NGX_HTTP_PHONE_VERIFY_RULE_H_INCLUDED_ */
