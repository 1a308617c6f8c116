
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/error.h"
#include "verification/policy/admission.h"
#include "verification/policy/limiter.h"
#include "verification/store/zone_map.h"


/* "limit": how many starts there may be, by number and by client */


/* All windows of one start, and which limit each is of. */

#define NGX_HTTP_PHONE_VERIFY_WINDOWS_MAX                                     \
    (NGX_HTTP_PHONE_VERIFY_LIMITS_MAX * NGX_HTTP_PHONE_VERIFY_LIMIT_RATES)

typedef struct {
    ngx_http_phone_verify_limit_t   window[NGX_HTTP_PHONE_VERIFY_WINDOWS_MAX];
    u_char                          of[NGX_HTTP_PHONE_VERIFY_WINDOWS_MAX];
    ngx_uint_t                      n;
} ngx_http_phone_verify_windows_t;


static ngx_int_t ngx_http_phone_verify_start_limits_check(
    ngx_http_phone_verify_admission_t *a);
static uint64_t ngx_http_phone_verify_start_limits_key(
    ngx_http_phone_verify_admission_t *a,
    const ngx_http_phone_verify_limited_t *limit);
static ngx_int_t ngx_http_phone_verify_start_limits_take(
    ngx_http_phone_verify_admission_t *a, time_t now);
static void ngx_http_phone_verify_start_limits_give_back(
    ngx_http_phone_verify_admission_t *a, time_t now);
static void ngx_http_phone_verify_start_limits_log(
    ngx_http_phone_verify_admission_t *a, ngx_log_t *log);
static void ngx_http_phone_verify_start_limits_add(
    ngx_http_phone_verify_admission_t *a, ngx_uint_t i,
    ngx_http_phone_verify_windows_t *windows);
static ngx_uint_t ngx_http_phone_verify_start_limits_dry(
    const ngx_http_phone_verify_admission_t *a,
    const ngx_http_phone_verify_limited_t *limit);
static ngx_uint_t ngx_http_phone_verify_start_limits_counts(
    const ngx_http_phone_verify_admission_t *a,
    const ngx_http_phone_verify_limited_t *limit);


const ngx_http_phone_verify_admission_rule_t
    ngx_http_phone_verify_start_limits_rule =
{
    ngx_http_phone_verify_start_limits_check,
    ngx_http_phone_verify_start_limits_take,
    ngx_http_phone_verify_start_limits_give_back,
    ngx_http_phone_verify_start_limits_log
};


/* Keys are made before the critical section, which is kept short. */

static ngx_int_t
ngx_http_phone_verify_start_limits_check(ngx_http_phone_verify_admission_t *a)
{
    ngx_uint_t                              i;
    const ngx_http_phone_verify_limited_t  *limit;

    limit = a->app->limits->elts;

    for (i = 0; i < a->app->limits->nelts; i++) {
        a->limit_key[i] = ngx_http_phone_verify_start_limits_key(a, &limit[i]);
    }

    return NGX_OK;
}


/* 0: not counted. */

static uint64_t
ngx_http_phone_verify_start_limits_key(ngx_http_phone_verify_admission_t *a,
    const ngx_http_phone_verify_limited_t *limit)
{
    ngx_str_t  country;

    if (limit->nrates == 0) {
        return 0;
    }

    switch (limit->rule) {

    case NGX_HTTP_PHONE_VERIFY_RULE_NUMBER:
        return ngx_http_phone_verify_limiter_number(a->app, "number",
                                                    a->number,
                                                    a->client.owner);

    case NGX_HTTP_PHONE_VERIFY_RULE_PREFIX:
        return ngx_http_phone_verify_limiter_number(a->app, "prefix",
                                                    a->number / 10000, 0);

    case NGX_HTTP_PHONE_VERIFY_RULE_COUNTRY:
        country.data = a->numbering.country;
        country.len = sizeof(a->numbering.country);

        return ngx_http_phone_verify_limiter_key(a->app, "country", &country);

    case NGX_HTTP_PHONE_VERIFY_RULE_ADDRESS:
        return a->client.address;

    case NGX_HTTP_PHONE_VERIFY_RULE_SESSION:
        return a->client.session ? a->client.session : a->session;

    case NGX_HTTP_PHONE_VERIFY_RULE_ALL:
        return ngx_http_phone_verify_limiter_key(a->app, "all", NULL);

    default: /* NGX_HTTP_PHONE_VERIFY_RULE_VARIABLE */
        return a->client.values ? a->client.values[limit->variable] : 0;
    }
}


static ngx_int_t
ngx_http_phone_verify_start_limits_take(ngx_http_phone_verify_admission_t *a,
    time_t now)
{
    ngx_uint_t                              i, n, wait;
    ngx_http_phone_verify_limits_t         *table;
    ngx_http_phone_verify_windows_t         windows;
    const ngx_http_phone_verify_limited_t  *limit;

    table = ngx_http_phone_verify_zone_region(a->app->zone, LIMITS);
    limit = a->app->limits->elts;

    windows.n = 0;
    a->uncounted = 0;

    for (i = 0; i < a->app->limits->nelts; i++) {
        if (!ngx_http_phone_verify_start_limits_dry(a, &limit[i])) {
            ngx_http_phone_verify_start_limits_add(a, i, &windows);
        }
    }

    n = ngx_http_phone_verify_limits_take(table, windows.window, windows.n,
                                          now, &wait);
    if (n < windows.n) {
        return ngx_http_phone_verify_admission_refuse(a,
                                limit[windows.of[n]].rule,
                                NGX_HTTP_PHONE_VERIFY_TOO_MANY_REQUESTS,
                                wait, 0);
    }

    /* what only looks on counts by itself, and what it would refuse does not */

    for (i = 0; i < a->app->limits->nelts; i++) {

        if (!ngx_http_phone_verify_start_limits_dry(a, &limit[i])) {
            continue;
        }

        windows.n = 0;
        ngx_http_phone_verify_start_limits_add(a, i, &windows);

        if (ngx_http_phone_verify_limits_take(table, windows.window,
                                              windows.n, now, &wait)
            < windows.n)
        {
            (void) ngx_http_phone_verify_admission_refuse(a, limit[i].rule,
                                NGX_HTTP_PHONE_VERIFY_TOO_MANY_REQUESTS,
                                wait, 1);
            a->uncounted |= (uint32_t) 1 << i;
        }
    }

    /* a start makes a new session: it inherits what the one before has used */

    for (i = 0; i < a->app->limits->nelts; i++) {

        if (limit[i].rule == NGX_HTTP_PHONE_VERIFY_RULE_SESSION
            && a->client.session)
        {
            ngx_http_phone_verify_limiter_inherit(table, &limit[i],
                                                  a->client.session,
                                                  a->session, now);
        }
    }

    return NGX_OK;
}


static void
ngx_http_phone_verify_start_limits_give_back(
    ngx_http_phone_verify_admission_t *a, time_t now)
{
    ngx_uint_t                              i;
    ngx_http_phone_verify_windows_t         windows;
    const ngx_http_phone_verify_limited_t  *limit;

    windows.n = 0;
    limit = a->app->limits->elts;

    for (i = 0; i < a->app->limits->nelts; i++) {

        /* else one client could start without end, and fill the zone */

        if (a->denied
            && limit[i].rule != NGX_HTTP_PHONE_VERIFY_RULE_NUMBER
            && limit[i].rule != NGX_HTTP_PHONE_VERIFY_RULE_PREFIX
            && limit[i].rule != NGX_HTTP_PHONE_VERIFY_RULE_COUNTRY)
        {
            continue;
        }

        ngx_http_phone_verify_start_limits_add(a, i, &windows);
    }

    ngx_http_phone_verify_limits_give_back(
                        ngx_http_phone_verify_zone_region(a->app->zone, LIMITS),
                        windows.window, windows.n, now);
}


/* Once for each worker: who sees it knows what to do. */

static void
ngx_http_phone_verify_start_limits_log(ngx_http_phone_verify_admission_t *a,
    ngx_log_t *log)
{
    static ngx_uint_t  told;

    if (told || !a->client.private
        || !(a->dry & (uint32_t) 1 << NGX_HTTP_PHONE_VERIFY_RULE_ADDRESS))
    {
        return;
    }

    told = 1;

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "phone_verify: many starts come from one private address, "
                  "app \"%V\": behind a balancer, \"set_real_ip_from\" "
                  "tells whose they are", &a->app->name);
}


/* The windows of a limit, if this start counts in them. */

static void
ngx_http_phone_verify_start_limits_add(ngx_http_phone_verify_admission_t *a,
    ngx_uint_t i, ngx_http_phone_verify_windows_t *windows)
{
    ngx_uint_t                              n;
    const ngx_http_phone_verify_limited_t  *limit;

    limit = a->app->limits->elts;
    limit = &limit[i];

    if (a->limit_key[i] == 0
        || a->uncounted & (uint32_t) 1 << i
        || !ngx_http_phone_verify_start_limits_counts(a, limit))
    {
        return;
    }

    for (n = 0; n < limit->nrates; n++) {
        windows->of[windows->n] = (u_char) i;
        windows->window[windows->n++] =
            ngx_http_phone_verify_limiter_window(a->limit_key[i],
                                                 &limit->rate[n]);
    }
}


/*
 * Behind a balancer without realip all visitors come from one private address:
 * they are not refused by it unless the operator says so.
 */

static ngx_uint_t
ngx_http_phone_verify_start_limits_dry(
    const ngx_http_phone_verify_admission_t *a,
    const ngx_http_phone_verify_limited_t *limit)
{
    return limit->dry_run
           || (limit->rule == NGX_HTTP_PHONE_VERIFY_RULE_ADDRESS
               && a->client.private && !limit->private);
}


static ngx_uint_t
ngx_http_phone_verify_start_limits_counts(
    const ngx_http_phone_verify_admission_t *a,
    const ngx_http_phone_verify_limited_t *limit)
{
    switch (limit->rule) {

    case NGX_HTTP_PHONE_VERIFY_RULE_NUMBER:
    case NGX_HTTP_PHONE_VERIFY_RULE_PREFIX:
    case NGX_HTTP_PHONE_VERIFY_RULE_COUNTRY:
    case NGX_HTTP_PHONE_VERIFY_RULE_ALL:
        return !a->joins;

    default:
        return 1;
    }
}
