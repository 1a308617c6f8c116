
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/policy/rule.h"
#include "verification/store/meter.h"


/* In the order of ngx_http_phone_verify_rule_e. */

static const ngx_str_t  ngx_http_phone_verify_rules[] = {
    ngx_string("none"),
    ngx_string("number"),
    ngx_string("prefix"),
    ngx_string("country"),
    ngx_string("address"),
    ngx_string("session"),
    ngx_string("all"),
    ngx_string("variable"),
    ngx_string("attempts"),
    ngx_string("destination"),
    ngx_string("class"),
    ngx_string("conversion"),
    ngx_string("budget"),
    ngx_string("price"),
    ngx_string("outage"),
    ngx_string("reuse"),
    ngx_string("bind"),
    ngx_string("resend"),
    ngx_string("origin")
};


/* A rule without a name, or a name without a rule, stops here. */

typedef u_char  ngx_http_phone_verify_rules_complete[
    sizeof(ngx_http_phone_verify_rules) / sizeof(ngx_str_t)
    == NGX_HTTP_PHONE_VERIFY_RULES ? 1 : -1];


const ngx_str_t *
ngx_http_phone_verify_rule_name(ngx_uint_t rule)
{
    return &ngx_http_phone_verify_rules[rule < NGX_HTTP_PHONE_VERIFY_RULES
                                        ? rule : 0];
}


void
ngx_http_phone_verify_rule_refused(const ngx_http_phone_verify_app_t *app,
    ngx_uint_t rule, ngx_uint_t dry_run, ngx_http_phone_verify_number_t number,
    const char *what, ngx_log_t *log)
{
    size_t  len;
    u_char  text[NGX_HTTP_PHONE_VERIFY_NUMBER_LEN];

    ngx_http_phone_verify_meter_count(app->zone,
                                  (dry_run ? NGX_HTTP_PHONE_VERIFY_METER_DRY
                                      : NGX_HTTP_PHONE_VERIFY_METER_REFUSED)
                                  + rule);

    len = number ? ngx_http_phone_verify_number_mask(text, number) - text : 0;

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "phone_verify: %s by rule \"%V\"%s%s, app \"%V\", "
                  "number %*s",
                  dry_run ? "dry run, would be refused" : "refused",
                  ngx_http_phone_verify_rule_name(rule),
                  what ? ": " : "", what ? what : "", &app->name,
                  len ? len : 1, len ? text : (u_char *) "-");
}
