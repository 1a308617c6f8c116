
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "endpoints/metrics.h"


/* What apps have counted: one function for each shape of a family */


typedef const ngx_str_t *(*ngx_http_phone_verify_label_pt)(ngx_uint_t i);


/* Counters that stand in a row, told apart by one label. */

typedef struct {
    const char                      *name;
    const char                      *help;
    ngx_uint_t                       counter;    /* the first */
    ngx_uint_t                       n;
    const char                      *label;      /* NULL: there is one */
    ngx_http_phone_verify_label_pt   value;
    ngx_uint_t                       seen;       /* zeroes are left out */
} ngx_http_phone_verify_family_t;


static void ngx_http_phone_verify_metrics_rows(
    ngx_http_phone_verify_metrics_t *m);
static void ngx_http_phone_verify_metrics_refusals(
    ngx_http_phone_verify_metrics_t *m);
static void ngx_http_phone_verify_metrics_counters(
    ngx_http_phone_verify_metrics_t *m);
static void ngx_http_phone_verify_metrics_calls(
    ngx_http_phone_verify_metrics_t *m);
static void ngx_http_phone_verify_metrics_latency(
    ngx_http_phone_verify_metrics_t *m);
static void ngx_http_phone_verify_metrics_cost(
    ngx_http_phone_verify_metrics_t *m);
static const ngx_str_t *ngx_http_phone_verify_metrics_error(ngx_uint_t i);
static const ngx_str_t *ngx_http_phone_verify_metrics_heard(ngx_uint_t i);
static const ngx_str_t *ngx_http_phone_verify_metrics_connection(
    ngx_uint_t i);
static const ngx_str_t *ngx_http_phone_verify_metrics_dry_run(ngx_uint_t i);


/* indexed by ngx_http_phone_verify_asked_e */

static const char *ngx_http_phone_verify_operations[] = {
    "start", "report", "query"
};


/* indexed by ngx_http_phone_verify_call_result_e */

static const char *ngx_http_phone_verify_results[] = {
    "answered", "400", "401", "402", "403", "404", "422", "429", "4xx", "5xx",
    "not_sent", "ambiguous", "nonsense", "busy"
};


static const ngx_http_phone_verify_family_t
    ngx_http_phone_verify_families[] =
{
    { "phone_verify_start_answers_total",
      "What those who asked to start were told: ok, or the code of an error.",
      NGX_HTTP_PHONE_VERIFY_METER_STARTS, NGX_HTTP_PHONE_VERIFY_ERRORS,
      "result", ngx_http_phone_verify_metrics_error, 1 },

    { "phone_verify_report_answers_total",
      "What those who reported a code were told: ok, or the code of an error.",
      NGX_HTTP_PHONE_VERIFY_METER_REPORTS, NGX_HTTP_PHONE_VERIFY_ERRORS,
      "result", ngx_http_phone_verify_metrics_error, 1 },

    { "phone_verify_gate_closed_total",
      "Requests that found a gate or a check closed, by the code of why.",
      NGX_HTTP_PHONE_VERIFY_METER_CLOSED, NGX_HTTP_PHONE_VERIFY_ERRORS,
      "reason", ngx_http_phone_verify_metrics_error, 1 },

    { "phone_verify_gate_skipped_total",
      "Requests that passed a closed gate by phone_verify_skip.",
      NGX_HTTP_PHONE_VERIFY_METER_SKIPPED, 1, NULL, NULL, 0 },

    { "phone_verify_gate_grace_total",
      "Requests that passed a closed gate by grace; in a dry run, would have.",
      NGX_HTTP_PHONE_VERIFY_METER_GRACE, 2,
      "dry_run", ngx_http_phone_verify_metrics_dry_run, 0 },

    { "phone_verify_grants_total",
      "Grants given to sessions that succeeded.",
      NGX_HTTP_PHONE_VERIFY_METER_GRANTS, 1, NULL, NULL, 0 },

    { "phone_verify_revocations_total",
      "Sessions revoked.",
      NGX_HTTP_PHONE_VERIFY_METER_REVOCATIONS, 1, NULL, NULL, 0 },

    { "phone_verify_callbacks_total",
      "Callbacks, by what was made of them.",
      NGX_HTTP_PHONE_VERIFY_METER_CALLBACKS,
      NGX_HTTP_PHONE_VERIFY_HEARD_VERDICTS,
      "verdict", ngx_http_phone_verify_metrics_heard, 0 },

    { "phone_verify_sinch_connections_total",
      "Calls to Sinch by whether they opened a connection.",
      NGX_HTTP_PHONE_VERIFY_METER_OPENED, 2,
      "connection", ngx_http_phone_verify_metrics_connection, 0 }
};


void
ngx_http_phone_verify_metrics_counted(ngx_http_phone_verify_metrics_t *m)
{
    ngx_http_phone_verify_metrics_rows(m);
    ngx_http_phone_verify_metrics_refusals(m);
    ngx_http_phone_verify_metrics_counters(m);
    ngx_http_phone_verify_metrics_calls(m);
    ngx_http_phone_verify_metrics_latency(m);
    ngx_http_phone_verify_metrics_cost(m);
}


static void
ngx_http_phone_verify_metrics_rows(ngx_http_phone_verify_metrics_t *m)
{
    ngx_int_t                        rc;
    ngx_str_t                        country;
    ngx_uint_t                       i, n, k;
    ngx_http_phone_verify_row_t      row;

    static const struct {
        const char  *name;
        const char  *help;
        const char  *outcome;    /* NULL: no label */
    } rows[NGX_HTTP_PHONE_VERIFY_ROW_COUNTERS] = {
        { "phone_verify_starts_total",
          "Starts that Sinch has taken: messages and calls, by country.",
          NULL },
        { "phone_verify_joins_total",
          "Sessions that joined a running verification: nothing was sent.",
          NULL },
        { "phone_verify_outcomes_total",
          "Verifications that have ended otherwise than by their time.",
          "successful" },
        { "phone_verify_outcomes_total", NULL, "fail" },
        { "phone_verify_outcomes_total", NULL, "denied" },
        { "phone_verify_outcomes_total", NULL, "aborted" },
        { "phone_verify_outcomes_total", NULL, "error" }
    };

    for (k = 0; k < NGX_HTTP_PHONE_VERIFY_ROW_COUNTERS; k++) {

        if (rows[k].help) {
            ngx_http_phone_verify_exposition_family(&m->x, rows[k].name,
                                                    "counter", rows[k].help);
        }

        for (n = 0; n < m->n; n++) {

            for (i = 0; /* void */ ; i++) {
                rc = ngx_http_phone_verify_meter_row_at(m->apps[n]->zone, i,
                                                        &row);
                if (rc == NGX_DONE) {
                    break;
                }

                if (rc != NGX_OK) {
                    continue;
                }

                if (row.country[0]) {
                    country.data = row.country;
                    country.len = 2;

                } else {
                    ngx_str_set(&country, "other");
                }

                ngx_http_phone_verify_metrics_line(m, rows[k].name, n);
                ngx_http_phone_verify_exposition_label(&m->x, "method",
                             &ngx_http_phone_verify_methods[row.method].name);
                ngx_http_phone_verify_exposition_label(&m->x, "country",
                                                       &country);

                if (rows[k].outcome) {
                    ngx_http_phone_verify_metrics_text(m, "outcome",
                                                       rows[k].outcome);
                }

                ngx_http_phone_verify_exposition_value(&m->x, row.count[k],
                                                       0);
            }
        }
    }
}


static void
ngx_http_phone_verify_metrics_refusals(ngx_http_phone_verify_metrics_t *m)
{
    ngx_uint_t   n, rule, dry, counter;
    const char  *name;

    name = "phone_verify_refusals_total";

    ngx_http_phone_verify_exposition_family(&m->x, name, "counter",
                            "Refusals by rule; in a dry run, what would be.");

    for (n = 0; n < m->n; n++) {

        for (dry = 0; dry < 2; dry++) {
            counter = dry ? NGX_HTTP_PHONE_VERIFY_METER_DRY
                          : NGX_HTTP_PHONE_VERIFY_METER_REFUSED;

            for (rule = NGX_HTTP_PHONE_VERIFY_NO_RULE + 1;
                 rule < NGX_HTTP_PHONE_VERIFY_RULES;
                 rule++)
            {
                ngx_http_phone_verify_metrics_line(m, name, n);
                ngx_http_phone_verify_exposition_label(&m->x, "rule",
                                        ngx_http_phone_verify_rule_name(rule));
                ngx_http_phone_verify_metrics_text(m, "dry_run",
                                                   dry ? "yes" : "no");
                ngx_http_phone_verify_exposition_value(&m->x,
                              ngx_http_phone_verify_meter_read(
                                           m->apps[n]->zone, counter + rule),
                              0);
            }
        }
    }
}


static void
ngx_http_phone_verify_metrics_counters(ngx_http_phone_verify_metrics_t *m)
{
    ngx_uint_t                             i, k, n, value;
    const ngx_http_phone_verify_family_t  *f;

    for (k = 0;
         k < sizeof(ngx_http_phone_verify_families)
             / sizeof(ngx_http_phone_verify_family_t);
         k++)
    {
        f = &ngx_http_phone_verify_families[k];

        ngx_http_phone_verify_exposition_family(&m->x, f->name, "counter",
                                                f->help);

        for (n = 0; n < m->n; n++) {

            for (i = 0; i < f->n; i++) {
                value = ngx_http_phone_verify_meter_read(m->apps[n]->zone,
                                                         f->counter + i);

                if (f->seen && value == 0) {
                    continue;
                }

                ngx_http_phone_verify_metrics_line(m, f->name, n);

                if (f->label) {
                    ngx_http_phone_verify_exposition_label(&m->x, f->label,
                                                           f->value(i));
                }

                ngx_http_phone_verify_exposition_value(&m->x, value, 0);
            }
        }
    }
}


static void
ngx_http_phone_verify_metrics_calls(ngx_http_phone_verify_metrics_t *m)
{
    ngx_uint_t   n, asked, result, value;
    const char  *name;

    name = "phone_verify_sinch_calls_total";

    ngx_http_phone_verify_exposition_family(&m->x, name, "counter",
               "Calls to Sinch by how they ended: answered, the HTTP status "
               "of an error, or what went wrong.");

    for (n = 0; n < m->n; n++) {

        for (asked = 0; asked < NGX_HTTP_PHONE_VERIFY_ASKED; asked++) {

            for (result = 0;
                 result < NGX_HTTP_PHONE_VERIFY_CALL_RESULTS;
                 result++)
            {
                value = ngx_http_phone_verify_meter_read(m->apps[n]->zone,
                                  NGX_HTTP_PHONE_VERIFY_METER_CALLS
                                  + asked * NGX_HTTP_PHONE_VERIFY_CALL_RESULTS
                                  + result);

                ngx_http_phone_verify_metrics_line(m, name, n);
                ngx_http_phone_verify_metrics_text(m, "operation",
                                      ngx_http_phone_verify_operations[asked]);
                ngx_http_phone_verify_metrics_text(m, "result",
                                        ngx_http_phone_verify_results[result]);
                ngx_http_phone_verify_exposition_value(&m->x, value, 0);
            }
        }
    }
}


static void
ngx_http_phone_verify_metrics_latency(ngx_http_phone_verify_metrics_t *m)
{
    u_char        text[NGX_INT_T_LEN + 4];
    ngx_str_t     le;
    ngx_uint_t    n, asked, i, sum;
    const char   *operation;

    ngx_http_phone_verify_exposition_family(&m->x,
                                 "phone_verify_sinch_call_duration_seconds",
                                 "histogram", "How long calls to Sinch took.");

    for (n = 0; n < m->n; n++) {

        for (asked = 0; asked < NGX_HTTP_PHONE_VERIFY_ASKED; asked++) {
            operation = ngx_http_phone_verify_operations[asked];
            sum = 0;

            for (i = 0; i < NGX_HTTP_PHONE_VERIFY_BUCKETS; i++) {
                sum += ngx_http_phone_verify_meter_read(m->apps[n]->zone,
                                       NGX_HTTP_PHONE_VERIFY_METER_LATENCY
                                       + asked * NGX_HTTP_PHONE_VERIFY_BUCKETS
                                       + i);

                if (i < NGX_HTTP_PHONE_VERIFY_BUCKETS - 1) {
                    le.data = text;
                    le.len = ngx_sprintf(text, "%ui.%03ui",
                                   ngx_http_phone_verify_buckets[i] / 1000,
                                   ngx_http_phone_verify_buckets[i] % 1000)
                             - text;
                } else {
                    ngx_str_set(&le, "+Inf");
                }

                ngx_http_phone_verify_metrics_line(m,
                          "phone_verify_sinch_call_duration_seconds_bucket",
                          n);
                ngx_http_phone_verify_metrics_text(m, "operation", operation);
                ngx_http_phone_verify_exposition_label(&m->x, "le", &le);
                ngx_http_phone_verify_exposition_value(&m->x, sum, 0);
            }

            ngx_http_phone_verify_metrics_line(m,
                            "phone_verify_sinch_call_duration_seconds_sum", n);
            ngx_http_phone_verify_metrics_text(m, "operation", operation);
            ngx_http_phone_verify_exposition_value(&m->x,
                     ngx_http_phone_verify_meter_read(m->apps[n]->zone,
                                     NGX_HTTP_PHONE_VERIFY_METER_MSEC + asked),
                     3);

            ngx_http_phone_verify_metrics_line(m,
                          "phone_verify_sinch_call_duration_seconds_count", n);
            ngx_http_phone_verify_metrics_text(m, "operation", operation);
            ngx_http_phone_verify_exposition_value(&m->x, sum, 0);
        }
    }
}


static void
ngx_http_phone_verify_metrics_cost(ngx_http_phone_verify_metrics_t *m)
{
    ngx_int_t                      rc;
    ngx_str_t                      currency;
    ngx_uint_t                     n, i;
    const char                    *name;
    ngx_http_phone_verify_cost_t   cost;

    name = "phone_verify_cost_total";

    ngx_http_phone_verify_exposition_family(&m->x, name, "counter",
               "Sum of the prices that Sinch named in callbacks that were "
               "allowed.");

    for (n = 0; n < m->n; n++) {

        for (i = 0; /* void */ ; i++) {
            rc = ngx_http_phone_verify_meter_cost_at(m->apps[n]->zone, i,
                                                     &cost);
            if (rc == NGX_DONE) {
                break;
            }

            if (rc != NGX_OK) {
                continue;
            }

            if (cost.currency[0]) {
                currency.data = cost.currency;
                currency.len = 3;

            } else {
                ngx_str_set(&currency, "other");
            }

            ngx_http_phone_verify_metrics_line(m, name, n);
            ngx_http_phone_verify_exposition_label(&m->x, "currency",
                                                   &currency);
            ngx_http_phone_verify_exposition_value(&m->x, cost.millionths, 6);
        }
    }
}


static const ngx_str_t *
ngx_http_phone_verify_metrics_error(ngx_uint_t i)
{
    static const ngx_str_t  ok = ngx_string("ok");

    return i ? &ngx_http_phone_verify_errors[i].code : &ok;
}


static const ngx_str_t *
ngx_http_phone_verify_metrics_heard(ngx_uint_t i)
{
    static const ngx_str_t  names[NGX_HTTP_PHONE_VERIFY_HEARD_VERDICTS] = {
        ngx_string("allowed"),
        ngx_string("denied"),
        ngx_string("result"),
        ngx_string("delivery"),
        ngx_string("other"),
        ngx_string("replayed"),
        ngx_string("unsigned"),
        ngx_string("unknown_key"),
        ngx_string("bad_signature"),
        ngx_string("stale"),
        ngx_string("malformed"),
        ngx_string("too_large")
    };

    return &names[i];
}


static const ngx_str_t *
ngx_http_phone_verify_metrics_connection(ngx_uint_t i)
{
    static const ngx_str_t  names[] = {
        ngx_string("opened"), ngx_string("reused")
    };

    return &names[i];
}


static const ngx_str_t *
ngx_http_phone_verify_metrics_dry_run(ngx_uint_t i)
{
    static const ngx_str_t  names[] = {
        ngx_string("no"), ngx_string("yes")
    };

    return &names[i];
}
