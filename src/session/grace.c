
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "session/grace.h"
#include "session/session_impl.h"
#include "verification/policy/outage.h"
#include "verification/store/meter.h"


const ngx_http_phone_verify_token_t *
ngx_http_phone_verify_session_grace(ngx_http_phone_verify_session_t *s,
    time_t max_age, ngx_uint_t *dry_run)
{
    time_t                                over, now;
    const ngx_http_phone_verify_token_t  *grant;

    *dry_run = s->app->outage.grace_dry;

    if (s->app->outage.grace == 0) {
        return NULL;
    }

    /* once for a request: a variable must say the same when read again */

    if (!s->outage_read) {
        s->outage_read = 1;
        ngx_http_phone_verify_outage_state(s->app, &s->outage);
    }

    if (!s->outage.open) {
        return NULL;
    }

    grant = ngx_http_phone_verify_session_grant(s);

    if (grant == NULL) {
        grant = ngx_http_phone_verify_session_read(s,
                               NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT, NGX_DONE);
        if (grant == NULL) {
            return NULL;
        }
    }

    over = grant->expires;

    if (max_age && grant->issued + max_age < over) {
        over = grant->issued + max_age;
    }

    now = ngx_time();

    if (over < s->outage.since || now - over > s->app->outage.grace) {
        return NULL;
    }

    return grant;
}


void
ngx_http_phone_verify_session_let_in(ngx_http_phone_verify_session_t *s,
    const ngx_http_phone_verify_token_t *grant)
{
    ngx_uint_t  dry_run;

    dry_run = s->app->outage.grace_dry;

    if (!dry_run) {
        s->grant = grant;
    }

    if (s->grace_told) {
        return;
    }

    s->grace_told = 1;

    ngx_http_phone_verify_meter_count(s->app->zone,
                                      NGX_HTTP_PHONE_VERIFY_METER_GRACE
                                      + dry_run);

    ngx_log_error(NGX_LOG_NOTICE, s->request->connection->log, 0,
                  "phone_verify: %slet in by grace, app \"%V\"",
                  dry_run ? "dry run, would be " : "", &s->app->name);
}
