
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/policy/outage.h"
#include "verification/store/meter.h"
#include "verification/store/zone_map.h"


/*
 * Read without a lock, written inside the zone's critical section.  Any values
 * are good ones, so there is nothing to mend.
 */

typedef struct {
    ngx_atomic_t    open;
    ngx_atomic_t    probe;       /* msec from which a probe may be made */
    ngx_atomic_t    failures;
    ngx_atomic_t    first;       /* msec of the first of them */
    ngx_atomic_t    since;       /* the same, wall clock */
    ngx_atomic_t    times;
} ngx_http_phone_verify_circuit_t;


typedef enum {
    NGX_HTTP_PHONE_VERIFY_CALL_FAILED = 0,
    NGX_HTTP_PHONE_VERIFY_CALL_SUCCEEDED,
    NGX_HTTP_PHONE_VERIFY_CALL_TELLS_NOTHING
} ngx_http_phone_verify_call_tells_e;


static ngx_uint_t ngx_http_phone_verify_outage_tells(
    const ngx_http_phone_verify_sinch_sight_t *sight);
static void ngx_http_phone_verify_outage_failed(
    const ngx_http_phone_verify_app_t *app, ngx_uint_t probe);
static void ngx_http_phone_verify_outage_succeeded(
    const ngx_http_phone_verify_app_t *app);
static ngx_int_t ngx_http_phone_verify_outage_take(
    ngx_http_phone_verify_admission_t *admission, time_t now);


#define ngx_http_phone_verify_circuit(app)                                    \
    ((ngx_http_phone_verify_circuit_t *)                                      \
         ngx_http_phone_verify_zone_atomics((app)->zone, OUTAGE))

#define ngx_http_phone_verify_circuit_inside(app)                             \
    ((ngx_http_phone_verify_circuit_t *)                                      \
         ngx_http_phone_verify_zone_region((app)->zone, OUTAGE))

/* with "off" an outage of the configuration before counts no more */

#define ngx_http_phone_verify_is_outage(app, b)                               \
    ((app)->outage.failures && (b)->open)

#define ngx_http_phone_verify_outage_left(b)                                  \
    ((ngx_msec_int_t) ((b)->probe - ngx_current_msec))


const ngx_http_phone_verify_admission_rule_t
    ngx_http_phone_verify_outage_rule =
{
    NULL,
    ngx_http_phone_verify_outage_take,
    NULL,
    NULL
};


ngx_int_t
ngx_http_phone_verify_outage_init(void *region, size_t size)
{
    if (size < sizeof(ngx_http_phone_verify_circuit_t)) {
        return NGX_ERROR;
    }

    ngx_memzero(region, sizeof(ngx_http_phone_verify_circuit_t));

    return NGX_OK;
}


void
ngx_http_phone_verify_outage_mend(void *region)
{
    (void) region;
}


/* Who joins a verification that runs asks nothing of Sinch. */

static ngx_int_t
ngx_http_phone_verify_outage_take(ngx_http_phone_verify_admission_t *admission,
    time_t now)
{
    ngx_msec_int_t                      left;
    ngx_http_phone_verify_circuit_t    *b;
    const ngx_http_phone_verify_app_t  *app;

    app = admission->app;
    b = ngx_http_phone_verify_circuit(app);

    if (admission->joins || !ngx_http_phone_verify_is_outage(app, b)) {
        return NGX_OK;
    }

    left = ngx_http_phone_verify_outage_left(b);

    if (left <= 0) {
        return NGX_OK;
    }

    return ngx_http_phone_verify_admission_refuse(admission,
                                    NGX_HTTP_PHONE_VERIFY_RULE_OUTAGE,
                                    NGX_HTTP_PHONE_VERIFY_PROVIDER_UNAVAILABLE,
                                    ((ngx_uint_t) left + 999) / 1000,
                                    app->outage.dry);
}


ngx_uint_t
ngx_http_phone_verify_outage_retry(const ngx_http_phone_verify_app_t *app)
{
    ngx_msec_int_t                    left;
    ngx_http_phone_verify_circuit_t  *b;

    b = ngx_http_phone_verify_circuit(app);

    if (!ngx_http_phone_verify_is_outage(app, b) || app->outage.dry) {
        return 0;
    }

    left = ngx_http_phone_verify_outage_left(b);

    return left > 0 ? ((ngx_uint_t) left + 999) / 1000 : 0;
}


ngx_int_t
ngx_http_phone_verify_outage_admit(void *data)
{
    const ngx_http_phone_verify_app_t *app = data;

    ngx_int_t                         rc;
    ngx_http_phone_verify_circuit_t  *b;

    b = ngx_http_phone_verify_circuit(app);

    if (!ngx_http_phone_verify_is_outage(app, b) || app->outage.dry) {
        return NGX_OK;
    }

    if (ngx_http_phone_verify_outage_retry(app)) {
        return NGX_DECLINED;
    }

    ngx_http_phone_verify_zone_lock(app->zone);

    b = ngx_http_phone_verify_circuit_inside(app);

    if (!b->open) {
        rc = NGX_OK;

    } else if (ngx_http_phone_verify_outage_retry(app)) {
        rc = NGX_DECLINED;

    } else {

        /* the next one if this one's worker dies */

        b->probe = ngx_current_msec + app->outage.hold;
        rc = NGX_DONE;
    }

    ngx_http_phone_verify_zone_unlock(app->zone);

    return rc;
}


void
ngx_http_phone_verify_outage_watch(void *data,
    const ngx_http_phone_verify_sinch_sight_t *sight)
{
    const ngx_http_phone_verify_app_t *app = data;

    ngx_uint_t  tells;

    ngx_http_phone_verify_meter_watch(app->zone, sight);

    if (sight->stage == NGX_HTTP_PHONE_VERIFY_SIGHT_BEGINS) {
        return;
    }

    tells = ngx_http_phone_verify_outage_tells(sight);

    if (app->outage.failures == 0
        && tells != NGX_HTTP_PHONE_VERIFY_CALL_SUCCEEDED)
    {
        return;
    }

    /* with "off", too: one of before is over when it is turned on again */

    switch (tells) {

    case NGX_HTTP_PHONE_VERIFY_CALL_FAILED:
        ngx_http_phone_verify_outage_failed(app, sight->probe);
        return;

    case NGX_HTTP_PHONE_VERIFY_CALL_SUCCEEDED:
        ngx_http_phone_verify_outage_succeeded(app);
        return;

    default: /* NGX_HTTP_PHONE_VERIFY_CALL_TELLS_NOTHING */

        if (sight->probe) {
            ngx_http_phone_verify_outage_failed(app, 1);
        }
    }
}


static ngx_uint_t
ngx_http_phone_verify_outage_tells(
    const ngx_http_phone_verify_sinch_sight_t *sight)
{
    if (sight->stage == NGX_HTTP_PHONE_VERIFY_SIGHT_NEVER_BEGAN
        || sight->no_sign)
    {
        /* no memory, too many calls, a worker that exits: our own trouble */

        return NGX_HTTP_PHONE_VERIFY_CALL_TELLS_NOTHING;
    }

    switch (sight->outcome) {

    case NGX_HTTP_PHONE_VERIFY_SINCH_ANSWERED:
        return NGX_HTTP_PHONE_VERIFY_CALL_SUCCEEDED;

    case NGX_HTTP_PHONE_VERIFY_SINCH_NOT_SENT:
    case NGX_HTTP_PHONE_VERIFY_SINCH_AMBIGUOUS:
        return NGX_HTTP_PHONE_VERIFY_CALL_FAILED;

    case NGX_HTTP_PHONE_VERIFY_SINCH_REFUSED:

        /* 50300 "temporarily down", 50301 "configuration error" */

        return (sight->http_status >= 500
                && (sight->error_code == 0 || sight->error_code / 100 == 503))
               ? NGX_HTTP_PHONE_VERIFY_CALL_FAILED
               : NGX_HTTP_PHONE_VERIFY_CALL_SUCCEEDED;

    default:

        /* somebody is there, but is it Sinch? */

        return NGX_HTTP_PHONE_VERIFY_CALL_TELLS_NOTHING;
    }
}


static void
ngx_http_phone_verify_outage_failed(const ngx_http_phone_verify_app_t *app,
    ngx_uint_t probe)
{
    ngx_uint_t                        opened, failures;
    ngx_http_phone_verify_circuit_t  *b;

    opened = 0;

    ngx_http_phone_verify_zone_lock(app->zone);

    b = ngx_http_phone_verify_circuit_inside(app);

    if (b->failures == 0
        || (!b->open && (ngx_msec_t) (ngx_current_msec - b->first)
                        > app->outage.window))
    {
        b->failures = 0;
        b->first = ngx_current_msec;
        b->since = (ngx_atomic_uint_t) ngx_time();
    }

    b->failures++;
    failures = b->failures;

    if (b->open) {

        /* calls that began before it opened say nothing new */

        if (probe || app->outage.dry) {
            b->probe = ngx_current_msec + app->outage.probe;
        }

    } else if (b->failures >= app->outage.failures) {
        b->probe = ngx_current_msec + app->outage.probe;
        ngx_memory_barrier();
        b->open = 1;
        b->times++;
        opened = 1;
    }

    ngx_http_phone_verify_zone_unlock(app->zone);

    if (opened) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "phone_verify: %ui calls to Sinch have failed in a row, "
                      "app \"%V\" %s none but a probe each %M ms",
                      failures, &app->name,
                      app->outage.dry ? "in a dry run, would make" : "makes",
                      app->outage.probe);
    }
}


static void
ngx_http_phone_verify_outage_succeeded(const ngx_http_phone_verify_app_t *app)
{
    ngx_http_phone_verify_circuit_t  *b;

    b = ngx_http_phone_verify_circuit(app);

    if (b->failures || b->open) {
        ngx_http_phone_verify_outage_reset(app, ngx_cycle->log);
    }
}


void
ngx_http_phone_verify_outage_reset(const ngx_http_phone_verify_app_t *app,
    ngx_log_t *log)
{
    time_t                            since;
    ngx_uint_t                        was;
    ngx_http_phone_verify_circuit_t  *b;

    ngx_http_phone_verify_zone_lock(app->zone);

    b = ngx_http_phone_verify_circuit_inside(app);

    was = b->open;
    since = (time_t) b->since;

    b->open = 0;
    b->failures = 0;

    ngx_http_phone_verify_zone_unlock(app->zone);

    if (was) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "phone_verify: Sinch is called again for app \"%V\", "
                      "after %T s", &app->name, ngx_time() - since);
    }
}


void
ngx_http_phone_verify_outage_state(const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_outage_state_t *state)
{
    ngx_http_phone_verify_circuit_t  *b;

    ngx_memzero(state, sizeof(ngx_http_phone_verify_outage_state_t));

    b = ngx_http_phone_verify_circuit(app);

    state->times = b->times;

    if (app->outage.failures == 0) {
        return;
    }

    state->failures = b->failures;

    if (b->open) {
        state->open = 1;
        state->since = (time_t) b->since;
        state->retry = ngx_max(ngx_http_phone_verify_outage_retry(app), 1);
    }
}
