
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "endpoints/overview.h"
#include "verification/policy/budget.h"
#include "verification/policy/conversion.h"
#include "verification/policy/outage.h"


/* How the rules of an app stand, for its operator. */


#define NGX_HTTP_PHONE_VERIFY_OVERVIEW_BREAKERS  50


static void ngx_http_phone_verify_overview_breaker(
    ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_open_t *open);
static void ngx_http_phone_verify_overview_money(
    ngx_http_phone_verify_writer_t *w, const char *name, uint64_t amount,
    const ngx_str_t *currency);


void
ngx_http_phone_verify_overview_limits(ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_app_t *app)
{
    u_char                                  text[2 * NGX_INT_T_LEN + 4];
    ngx_str_t                               rate;
    ngx_uint_t                              i, n;
    const ngx_http_phone_verify_limited_t  *limit;

    ngx_http_phone_verify_writer_open(w, "limits", '[');

    limit = app->limits->elts;

    for (i = 0; i < app->limits->nelts; i++) {

        if (limit[i].nrates == 0) {
            continue;
        }

        ngx_http_phone_verify_writer_open(w, NULL, '{');
        ngx_http_phone_verify_writer_string(w, "key", &limit[i].name);
        ngx_http_phone_verify_writer_open(w, "rates", '[');

        for (n = 0; n < limit[i].nrates; n++) {
            rate.data = text;
            rate.len = ngx_sprintf(text, "%uir/%uis", limit[i].rate[n].count,
                                   limit[i].rate[n].period)
                       - text;

            ngx_http_phone_verify_writer_string(w, NULL, &rate);
        }

        ngx_http_phone_verify_writer_close(w, ']');
        ngx_http_phone_verify_writer_count(w, "dry_run", limit[i].dry_run);
        ngx_http_phone_verify_writer_close(w, '}');
    }

    ngx_http_phone_verify_writer_close(w, ']');
}


void
ngx_http_phone_verify_overview_breakers(ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_app_t *app)
{
    ngx_uint_t                    i, n;
    ngx_http_phone_verify_open_t  open[NGX_HTTP_PHONE_VERIFY_OVERVIEW_BREAKERS];

    n = ngx_http_phone_verify_conversion_list(app->zone, app->breakers, open,
                                     NGX_HTTP_PHONE_VERIFY_OVERVIEW_BREAKERS,
                                     NULL);

    ngx_http_phone_verify_writer_number(w, "breakers_open", n);
    ngx_http_phone_verify_writer_open(w, "breakers", '[');

    for (i = 0;
         i < n && i < NGX_HTTP_PHONE_VERIFY_OVERVIEW_BREAKERS;
         i++)
    {
        ngx_http_phone_verify_overview_breaker(w, &open[i]);
    }

    ngx_http_phone_verify_writer_close(w, ']');
}


static void
ngx_http_phone_verify_overview_breaker(ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_open_t *open)
{
    u_char     text[NGX_INT64_LEN + sizeof("+xxxx")];
    ngx_str_t  value;

    value.data = text;

    ngx_http_phone_verify_writer_open(w, NULL, '{');

    value.len = ngx_sprintf(text, "%016xL", open->id) - text;
    ngx_http_phone_verify_writer_string(w, "id", &value);

    ngx_http_phone_verify_writer_string(w, "key",
                        ngx_http_phone_verify_breaker_name(open->breaker));

    if (open->breaker == NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRY) {
        value.len = ngx_sprintf(text, "%c%c", open->country[0],
                                open->country[1])
                    - text;
        ngx_http_phone_verify_writer_string(w, "country", &value);
    }

    if (open->breaker == NGX_HTTP_PHONE_VERIFY_BREAKER_PREFIX) {
        value.len = ngx_sprintf(text, "+%uLxxxx", open->prefix) - text;
        ngx_http_phone_verify_writer_string(w, "prefix", &value);
    }

    ngx_http_phone_verify_writer_number(w, "open", open->open);
    ngx_http_phone_verify_writer_number(w, "hour", open->hour);
    ngx_http_phone_verify_writer_number(w, "day", open->day);
    ngx_http_phone_verify_writer_close(w, '}');
}


void
ngx_http_phone_verify_overview_outage(ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_app_t *app)
{
    ngx_http_phone_verify_outage_state_t  state;

    ngx_http_phone_verify_outage_state(app, &state);

    ngx_http_phone_verify_writer_open(w, "outage", '{');
    ngx_http_phone_verify_writer_number(w, "open", state.open);
    ngx_http_phone_verify_writer_count(w, "retry", state.open ? state.retry
                                                              : 0);
    ngx_http_phone_verify_writer_number(w, "failures", state.failures);
    ngx_http_phone_verify_writer_number(w, "times", state.times);
    ngx_http_phone_verify_writer_close(w, '}');
}


void
ngx_http_phone_verify_overview_budgets(ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_app_t *app)
{
    uint64_t                               spent;
    ngx_str_t                              country;
    ngx_uint_t                             i, ends;
    const ngx_http_phone_verify_money_t   *money;
    const ngx_http_phone_verify_budget_t  *budget;

    money = &app->money;

    ngx_http_phone_verify_writer_open(w, "budgets", '[');

    for (i = 0; i < money->nbudgets; i++) {
        budget = &money->budgets[i];

        ends = 0;
        spent = ngx_http_phone_verify_budget_spent(app->zone, budget, &ends);

        ngx_http_phone_verify_writer_open(w, NULL, '{');

        if (budget->country[0]) {
            country.data = (u_char *) budget->country;
            country.len = sizeof(budget->country);
            ngx_http_phone_verify_writer_string(w, "country", &country);
        }

        ngx_http_phone_verify_overview_money(w, "amount", budget->amount,
                                             &money->currency);
        ngx_http_phone_verify_overview_money(w, "spent", spent,
                                             &money->currency);
        ngx_http_phone_verify_overview_money(w, "left",
                        budget->amount > spent ? budget->amount - spent : 0,
                        &money->currency);
        ngx_http_phone_verify_writer_number(w, "period", budget->period);
        ngx_http_phone_verify_writer_number(w, "ends_in", ends);
        ngx_http_phone_verify_writer_count(w, "dry_run", budget->dry);
        ngx_http_phone_verify_writer_close(w, '}');
    }

    ngx_http_phone_verify_writer_close(w, ']');
}


/* "0.0123EUR", as in nginx.conf: what is no whole number is no JSON number. */

static void
ngx_http_phone_verify_overview_money(ngx_http_phone_verify_writer_t *w,
    const char *name, uint64_t amount, const ngx_str_t *currency)
{
    u_char     text[NGX_INT64_LEN + 16], *p;
    ngx_str_t  value;

    p = ngx_sprintf(text, "%uL.%04uL", amount / NGX_HTTP_PHONE_VERIFY_MONEY,
                    amount % NGX_HTTP_PHONE_VERIFY_MONEY);
    p = ngx_cpymem(p, currency->data, ngx_min(currency->len, 8));

    value.data = text;
    value.len = p - text;

    ngx_http_phone_verify_writer_string(w, name, &value);
}
