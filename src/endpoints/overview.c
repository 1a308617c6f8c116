
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "endpoints/overview.h"
#include "sinch/writer.h"
#include "verification/store/meter.h"


static void ngx_http_phone_verify_overview_zone(
    ngx_http_phone_verify_writer_t *w, const ngx_http_phone_verify_app_t *app);
static void ngx_http_phone_verify_overview_used(
    ngx_http_phone_verify_writer_t *w, const char *name, ngx_uint_t used,
    ngx_uint_t max);
static void ngx_http_phone_verify_overview_counts(
    ngx_http_phone_verify_writer_t *w, const ngx_http_phone_verify_app_t *app);
static void ngx_http_phone_verify_overview_rules(
    ngx_http_phone_verify_writer_t *w, const char *name,
    const ngx_http_phone_verify_app_t *app, ngx_uint_t counter);


/* In the order in which they are written. */

static void  (*ngx_http_phone_verify_overview_parts[])(
    ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_app_t *app) =
{
    ngx_http_phone_verify_overview_zone,
    ngx_http_phone_verify_overview_counts,
    ngx_http_phone_verify_overview_limits,
    ngx_http_phone_verify_overview_breakers,
    ngx_http_phone_verify_overview_outage,
    ngx_http_phone_verify_overview_budgets,
    NULL
};


ngx_int_t
ngx_http_phone_verify_overview(ngx_pool_t *pool,
    const ngx_http_phone_verify_app_t *app, ngx_str_t *body)
{
    ngx_uint_t                      i;
    ngx_http_phone_verify_writer_t  w;

    ngx_http_phone_verify_writer_init(&w, pool, 32768);
    ngx_http_phone_verify_writer_open(&w, NULL, '{');
    ngx_http_phone_verify_writer_string(&w, "app", &app->name);

    for (i = 0; ngx_http_phone_verify_overview_parts[i]; i++) {
        ngx_http_phone_verify_overview_parts[i](&w, app);
    }

    ngx_http_phone_verify_writer_close(&w, '}');

    return ngx_http_phone_verify_writer_end(&w, body);
}


static void
ngx_http_phone_verify_overview_zone(ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_app_t *app)
{
    ngx_http_phone_verify_zone_usage_t  usage;

    ngx_http_phone_verify_zone_usage(app->zone, &usage);

    ngx_http_phone_verify_writer_open(w, "zone", '{');
    ngx_http_phone_verify_writer_number(w, "size", usage.size);

    ngx_http_phone_verify_overview_used(w, "verifications",
                                        usage.verifications,
                                        usage.verifications_max);
    ngx_http_phone_verify_overview_used(w, "sessions", usage.sessions,
                                        usage.sessions_max);
    ngx_http_phone_verify_overview_used(w, "revocations", usage.revocations,
                                        usage.revocations_max);

    ngx_http_phone_verify_writer_close(w, '}');
}


static void
ngx_http_phone_verify_overview_used(ngx_http_phone_verify_writer_t *w,
    const char *name, ngx_uint_t used, ngx_uint_t max)
{
    ngx_http_phone_verify_writer_open(w, name, '{');
    ngx_http_phone_verify_writer_number(w, "used", used);
    ngx_http_phone_verify_writer_number(w, "max", max);
    ngx_http_phone_verify_writer_close(w, '}');
}


static void
ngx_http_phone_verify_overview_counts(ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_app_t *app)
{
    ngx_http_phone_verify_writer_open(w, "counts", '{');

    ngx_http_phone_verify_writer_number(w, "grants",
                 ngx_http_phone_verify_meter_read(app->zone,
                                        NGX_HTTP_PHONE_VERIFY_METER_GRANTS));
    ngx_http_phone_verify_writer_number(w, "revocations",
                 ngx_http_phone_verify_meter_read(app->zone,
                                   NGX_HTTP_PHONE_VERIFY_METER_REVOCATIONS));
    ngx_http_phone_verify_writer_number(w, "skipped",
                 ngx_http_phone_verify_meter_read(app->zone,
                                       NGX_HTTP_PHONE_VERIFY_METER_SKIPPED));

    ngx_http_phone_verify_overview_rules(w, "refused", app,
                                         NGX_HTTP_PHONE_VERIFY_METER_REFUSED);
    ngx_http_phone_verify_overview_rules(w, "dry_run", app,
                                         NGX_HTTP_PHONE_VERIFY_METER_DRY);

    ngx_http_phone_verify_writer_close(w, '}');
}


/* Of each rule that has said no. */

static void
ngx_http_phone_verify_overview_rules(ngx_http_phone_verify_writer_t *w,
    const char *name, const ngx_http_phone_verify_app_t *app,
    ngx_uint_t counter)
{
    ngx_uint_t  rule;

    ngx_http_phone_verify_writer_open(w, name, '{');

    for (rule = NGX_HTTP_PHONE_VERIFY_NO_RULE + 1;
         rule < NGX_HTTP_PHONE_VERIFY_RULES;
         rule++)
    {
        ngx_http_phone_verify_writer_count(w,
                      (char *) ngx_http_phone_verify_rule_name(rule)->data,
                      ngx_http_phone_verify_meter_read(app->zone,
                                                       counter + rule));
    }

    ngx_http_phone_verify_writer_close(w, '}');
}
