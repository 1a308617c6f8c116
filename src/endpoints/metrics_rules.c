
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "endpoints/metrics.h"
#include "verification/policy/budget.h"
#include "verification/policy/conversion.h"
#include "verification/policy/outage.h"


/* How the rules of all apps stand, as metrics. */


static void ngx_http_phone_verify_metrics_breakers(
    ngx_http_phone_verify_metrics_t *m);
static void ngx_http_phone_verify_metrics_outages(
    ngx_http_phone_verify_metrics_t *m);
static void ngx_http_phone_verify_metrics_budgets(
    ngx_http_phone_verify_metrics_t *m, const char *name, const char *help,
    ngx_uint_t spent);


void
ngx_http_phone_verify_metrics_rules(ngx_http_phone_verify_metrics_t *m)
{
    ngx_http_phone_verify_metrics_breakers(m);
    ngx_http_phone_verify_metrics_outages(m);

    ngx_http_phone_verify_metrics_budgets(m, "phone_verify_budget",
                               "Budgets, in their currency.", 0);
    ngx_http_phone_verify_metrics_budgets(m, "phone_verify_budget_spent",
                               "What budgets have spent in their period.", 1);
}


static void
ngx_http_phone_verify_metrics_breakers(ngx_http_phone_verify_metrics_t *m)
{
    ngx_uint_t  n, b, each[NGX_HTTP_PHONE_VERIFY_BREAKERS];

    static const char  name[] = "phone_verify_breakers_open";

    ngx_http_phone_verify_exposition_family(&m->x, name, "gauge",
                               "Conversion breakers that are open.");

    for (n = 0; n < m->n; n++) {
        (void) ngx_http_phone_verify_conversion_list(m->apps[n]->zone,
                                                     m->apps[n]->breakers,
                                                     NULL, 0, each);

        for (b = 0; b < NGX_HTTP_PHONE_VERIFY_BREAKERS; b++) {

            if (!m->apps[n]->breakers[b].on) {
                continue;
            }

            ngx_http_phone_verify_metrics_line(m, name, n);
            ngx_http_phone_verify_exposition_label(&m->x, "breaker",
                                    ngx_http_phone_verify_breaker_name(b));
            ngx_http_phone_verify_exposition_value(&m->x, each[b], 0);
        }
    }
}


static void
ngx_http_phone_verify_metrics_outages(ngx_http_phone_verify_metrics_t *m)
{
    ngx_uint_t                            n, i;
    ngx_http_phone_verify_outage_state_t  state;

    static const struct {
        const char  *name;
        const char  *type;
        const char  *help;
    } outage[] = {
        { "phone_verify_outage", "gauge",
          "Whether Sinch is not called but for probes." },
        { "phone_verify_outages_total", "counter",
          "Times that this began." }
    };

    for (i = 0; i < 2; i++) {
        ngx_http_phone_verify_exposition_family(&m->x, outage[i].name,
                                                outage[i].type,
                                                outage[i].help);

        for (n = 0; n < m->n; n++) {
            ngx_http_phone_verify_outage_state(m->apps[n], &state);

            ngx_http_phone_verify_metrics_line(m, outage[i].name, n);
            ngx_http_phone_verify_exposition_value(&m->x,
                                                   i ? state.times
                                                     : state.open, 0);
        }
    }
}


static void
ngx_http_phone_verify_metrics_budgets(ngx_http_phone_verify_metrics_t *m,
    const char *name, const char *help, ngx_uint_t spent)
{
    u_char                                 text[NGX_INT_T_LEN];
    uint64_t                               amount;
    ngx_str_t                              country, period;
    ngx_uint_t                             n, i, ends;
    const ngx_http_phone_verify_money_t   *money;
    const ngx_http_phone_verify_budget_t  *budget;

    ngx_http_phone_verify_exposition_family(&m->x, name, "gauge", help);

    for (n = 0; n < m->n; n++) {
        money = &m->apps[n]->money;

        for (i = 0; i < money->nbudgets; i++) {
            budget = &money->budgets[i];

            amount = budget->amount;

            if (spent) {
                amount = ngx_http_phone_verify_budget_spent(m->apps[n]->zone,
                                                            budget, &ends);
            }

            ngx_str_set(&country, "all");

            if (budget->country[0]) {
                country.data = (u_char *) budget->country;
                country.len = sizeof(budget->country);
            }

            period.data = text;
            period.len = ngx_sprintf(text, "%uD", budget->period) - text;

            ngx_http_phone_verify_metrics_line(m, name, n);
            ngx_http_phone_verify_exposition_label(&m->x, "country", &country);
            ngx_http_phone_verify_exposition_label(&m->x, "period", &period);
            ngx_http_phone_verify_exposition_label(&m->x, "currency",
                                                   &money->currency);
            ngx_http_phone_verify_exposition_value(&m->x, amount, 4);
        }
    }
}
