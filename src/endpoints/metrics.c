
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/conf.h"
#include "endpoints/endpoint.h"
#include "endpoints/input.h"
#include "endpoints/metrics.h"
#include "session/answer.h"


/*
 * phone_verify_metrics: what all apps have counted, for Prometheus.  The
 * families and their labels are those of docs/metrics.md.
 */


static void ngx_http_phone_verify_metrics_now(
    ngx_http_phone_verify_metrics_t *m);
static void ngx_http_phone_verify_metrics_zones(
    ngx_http_phone_verify_metrics_t *m);
static ngx_int_t ngx_http_phone_verify_metrics_send(ngx_http_request_t *r,
    ngx_http_phone_verify_exposition_t *x);


ngx_int_t
ngx_http_phone_verify_metrics_handler(ngx_http_request_t *r)
{
    ngx_int_t                           rc;
    ngx_http_phone_verify_metrics_t     m;
    ngx_http_phone_verify_main_conf_t  *mcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_phone_verify_not_allowed(r,
                                                 NGX_HTTP_GET|NGX_HTTP_HEAD);
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_phone_verify_module);

    ngx_http_phone_verify_exposition_init(&m.x, r->pool);

    m.apps = mcf->apps.elts;
    m.n = mcf->apps.nelts;

    ngx_http_phone_verify_metrics_counted(&m);
    ngx_http_phone_verify_metrics_rules(&m);
    ngx_http_phone_verify_metrics_now(&m);
    ngx_http_phone_verify_metrics_zones(&m);

    if (m.x.failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_phone_verify_metrics_send(r, &m.x);
}


void
ngx_http_phone_verify_metrics_line(ngx_http_phone_verify_metrics_t *m,
    const char *name, ngx_uint_t app)
{
    ngx_http_phone_verify_exposition_begin(&m->x, name);
    ngx_http_phone_verify_exposition_label(&m->x, "app", &m->apps[app]->name);
}


void
ngx_http_phone_verify_metrics_text(ngx_http_phone_verify_metrics_t *m,
    const char *name, const char *value)
{
    ngx_str_t  text;

    text.data = (u_char *) value;
    text.len = ngx_strlen(value);

    ngx_http_phone_verify_exposition_label(&m->x, name, &text);
}


static void
ngx_http_phone_verify_metrics_now(ngx_http_phone_verify_metrics_t *m)
{
    ngx_uint_t  n, i;

    static const struct {
        const char  *name;
        const char  *help;
    } now[NGX_HTTP_PHONE_VERIFY_NOW] = {
        { "phone_verify_waiters",
          "Requests that wait for a change of their verification." },
        { "phone_verify_sinch_calls_in_flight",
          "Calls to Sinch under way." }
    };

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_NOW; i++) {
        ngx_http_phone_verify_exposition_family(&m->x, now[i].name, "gauge",
                                                now[i].help);

        for (n = 0; n < m->n; n++) {
            ngx_http_phone_verify_metrics_line(m, now[i].name, n);
            ngx_http_phone_verify_exposition_value(&m->x,
                   ngx_http_phone_verify_meter_running(m->apps[n]->zone, i),
                   0);
        }
    }
}


static void
ngx_http_phone_verify_metrics_zones(ngx_http_phone_verify_metrics_t *m)
{
    ngx_uint_t                           i, n, value;
    ngx_http_phone_verify_zone_usage_t  *usage, *u;

    enum {
        SIZE = 0, FREE, VERIFICATIONS, VERIFICATIONS_MAX, SESSIONS,
        SESSIONS_MAX, REVOCATIONS, REVOCATIONS_MAX, WINDOWS, MENDED, ALL
    };

    static const struct {
        const char  *name;
        const char  *type;
        const char  *help;
    } zones[ALL] = {
        { "phone_verify_zone_size_bytes", "gauge",
          "Size of the zone." },
        { "phone_verify_zone_free_bytes", "gauge",
          "Room for more verifications and their sessions." },
        { "phone_verify_zone_verifications", "gauge",
          "Verifications in the zone, over and done ones included." },
        { "phone_verify_zone_verifications_max", "gauge",
          "Verifications that the zone has room for." },
        { "phone_verify_zone_sessions", "gauge",
          "Pending sessions in the zone, over and done ones included." },
        { "phone_verify_zone_sessions_max", "gauge",
          "Pending sessions that the zone has room for." },
        { "phone_verify_zone_revocations", "gauge",
          "Revoked sessions that the zone remembers." },
        { "phone_verify_zone_revocations_max", "gauge",
          "Revoked sessions that the zone has room for." },
        { "phone_verify_zone_limits_used_ratio", "gauge",
          "Use of the table that limits count in, of a sample of it." },
        { "phone_verify_zone_mended_total", "counter",
          "Times that the zone was mended after a worker died in it." }
    };

    usage = ngx_palloc(m->x.pool,
                       m->n * sizeof(ngx_http_phone_verify_zone_usage_t));
    if (usage == NULL) {
        m->x.failed = 1;
        return;
    }

    for (n = 0; n < m->n; n++) {
        ngx_http_phone_verify_zone_usage(m->apps[n]->zone, &usage[n]);
    }

    for (i = 0; i < ALL; i++) {
        ngx_http_phone_verify_exposition_family(&m->x, zones[i].name,
                                                zones[i].type, zones[i].help);

        for (n = 0; n < m->n; n++) {
            u = &usage[n];

            switch (i) {

            case SIZE:
                value = u->size;
                break;

            case FREE:
                value = ngx_min(u->verifications_max - u->verifications,
                                u->sessions_max - u->sessions)
                        * u->bytes_per_pending;
                break;

            case VERIFICATIONS:
                value = u->verifications;
                break;

            case VERIFICATIONS_MAX:
                value = u->verifications_max;
                break;

            case SESSIONS:
                value = u->sessions;
                break;

            case SESSIONS_MAX:
                value = u->sessions_max;
                break;

            case REVOCATIONS:
                value = u->revocations;
                break;

            case REVOCATIONS_MAX:
                value = u->revocations_max;
                break;

            case WINDOWS:
                value = u->windows * 1000 / ngx_max(u->windows_max, 1);
                break;

            default: /* MENDED */
                value = u->mended;
                break;
            }

            ngx_http_phone_verify_metrics_line(m, zones[i].name, n);
            ngx_http_phone_verify_exposition_value(&m->x, value,
                                                   i == WINDOWS ? 3 : 0);
        }
    }
}


static ngx_int_t
ngx_http_phone_verify_metrics_send(ngx_http_request_t *r,
    ngx_http_phone_verify_exposition_t *x)
{
    ngx_int_t     rc;
    ngx_chain_t  *cl;

    if (ngx_http_phone_verify_no_store(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = x->size;

    /* the whole of it: "charset" must not add another one */

    ngx_str_set(&r->headers_out.content_type,
                "text/plain; version=0.0.4; charset=utf-8");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    if (x->first == NULL) {
        return ngx_http_send_special(r, NGX_HTTP_LAST);
    }

    for (cl = x->first; cl->next; cl = cl->next) { /* void */ }

    cl->buf->last_buf = (r == r->main);
    cl->buf->last_in_chain = 1;

    return ngx_http_output_filter(r, x->first);
}
