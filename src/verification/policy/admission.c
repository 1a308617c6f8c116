
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/policy/admission.h"
#include "verification/policy/limiter.h"
#include "verification/store/zone_map.h"


/* In the order in which they are asked. */

static const ngx_http_phone_verify_admission_rule_t  *
    ngx_http_phone_verify_admission_rules[] =
{
    &ngx_http_phone_verify_destination_rule,
    &ngx_http_phone_verify_outage_rule,
    &ngx_http_phone_verify_budget_rule,
    &ngx_http_phone_verify_conversion_rule,
    &ngx_http_phone_verify_start_limits_rule,
    NULL
};


ngx_int_t
ngx_http_phone_verify_admission_refuse(
    ngx_http_phone_verify_admission_t *admission, ngx_uint_t rule,
    ngx_uint_t error, ngx_uint_t retry_after, ngx_uint_t dry_run)
{
    if (dry_run) {
        admission->dry |= (uint32_t) 1 << rule;
        return NGX_OK;
    }

    admission->rule = rule;
    admission->error = error;
    admission->retry_after = retry_after;

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_phone_verify_admission_begin(
    ngx_http_phone_verify_admission_t *admission,
    const ngx_http_phone_verify_app_t *app,
    const ngx_http_phone_verify_client_t *client,
    ngx_http_phone_verify_number_t number, ngx_uint_t method,
    const u_char *session)
{
    ngx_str_t                                      id;
    ngx_uint_t                                     i;
    const ngx_http_phone_verify_admission_rule_t  *rule;

    ngx_memzero(admission, sizeof(ngx_http_phone_verify_admission_t));

    admission->app = app;
    admission->number = number;
    admission->method = method;

    if (client) {
        admission->client = *client;
    }

    id.data = (u_char *) session;
    id.len = NGX_HTTP_PHONE_VERIFY_SESSION_LEN;

    admission->session = ngx_http_phone_verify_limiter_key(app, "session",
                                                           &id);

    ngx_http_phone_verify_numbering(number, &admission->numbering);

    for (i = 0; ngx_http_phone_verify_admission_rules[i]; i++) {
        rule = ngx_http_phone_verify_admission_rules[i];

        if (rule->check && rule->check(admission) != NGX_OK) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_admission_take(
    ngx_http_phone_verify_admission_t *admission, ngx_uint_t joins)
{
    time_t                                         now;
    ngx_uint_t                                     i;
    const ngx_http_phone_verify_admission_rule_t  *rule;

    now = ngx_current_msec / 1000;

    admission->joins = joins;

    for (i = 0; ngx_http_phone_verify_admission_rules[i]; i++) {
        rule = ngx_http_phone_verify_admission_rules[i];

        if (rule->take == NULL || rule->take(admission, now) == NGX_OK) {
            continue;
        }

        while (i--) {
            rule = ngx_http_phone_verify_admission_rules[i];

            if (rule->give_back) {
                rule->give_back(admission, now);
            }
        }

        return NGX_DECLINED;
    }

    admission->taken = 1;

    return NGX_OK;
}


void
ngx_http_phone_verify_admission_give_back(
    ngx_http_phone_verify_admission_t *admission)
{
    time_t                                         now;
    ngx_uint_t                                     i;
    const ngx_http_phone_verify_admission_rule_t  *rule;

    if (!admission->taken) {
        return;
    }

    admission->taken = 0;

    now = ngx_current_msec / 1000;

    ngx_http_phone_verify_zone_lock(admission->app->zone);

    for (i = 0; ngx_http_phone_verify_admission_rules[i]; i++) {
        rule = ngx_http_phone_verify_admission_rules[i];

        if (rule->give_back) {
            rule->give_back(admission, now);
        }
    }

    ngx_http_phone_verify_zone_unlock(admission->app->zone);
}


void
ngx_http_phone_verify_admission_log(
    ngx_http_phone_verify_admission_t *admission, ngx_log_t *log)
{
    ngx_uint_t  i, rule;

    for (i = 0; ngx_http_phone_verify_admission_rules[i]; i++) {
        if (ngx_http_phone_verify_admission_rules[i]->log) {
            ngx_http_phone_verify_admission_rules[i]->log(admission, log);
        }
    }

    for (rule = NGX_HTTP_PHONE_VERIFY_NO_RULE + 1;
         rule < NGX_HTTP_PHONE_VERIFY_RULES;
         rule++)
    {
        if (admission->rule == rule) {
            ngx_http_phone_verify_rule_refused(admission->app, rule, 0,
                                               admission->number, NULL, log);

        } else if (admission->dry & ((uint32_t) 1 << rule)) {
            ngx_http_phone_verify_rule_refused(admission->app, rule, 1,
                                               admission->number, NULL, log);
        }
    }

    admission->dry = 0;
}
