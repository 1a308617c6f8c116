
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "transport/resolve.h"


/* how long a failed refresh leaves the old addresses in use, in seconds */

#define NGX_HTTP_PHONE_VERIFY_ROUTE_RETRY  5


/* more addresses than these are not tried within one connect timeout */

#define NGX_HTTP_PHONE_VERIFY_ROUTE_ADDRS  16


static void ngx_http_phone_verify_route_refresh(
    ngx_http_phone_verify_route_t *route);
static void ngx_http_phone_verify_route_resolved(ngx_resolver_ctx_t *ctx);
static char *ngx_http_phone_verify_route_text(
    const ngx_http_phone_verify_origin_t *origin, struct sockaddr **sockaddrs,
    socklen_t *socklens, ngx_uint_t n);


static ngx_queue_t  ngx_http_phone_verify_routes;


ngx_http_phone_verify_route_t *
ngx_http_phone_verify_route(const ngx_http_phone_verify_origin_t *origin)
{
    ngx_uint_t                      i, n;
    socklen_t                       lens[NGX_HTTP_PHONE_VERIFY_ROUTE_ADDRS];
    ngx_queue_t                    *q, *routes;
    struct sockaddr                *sas[NGX_HTTP_PHONE_VERIFY_ROUTE_ADDRS];
    ngx_http_phone_verify_route_t  *route;

    routes = &ngx_http_phone_verify_routes;

    if (routes->next == NULL) {
        ngx_queue_init(routes);
    }

    for (q = ngx_queue_head(routes);
         q != ngx_queue_sentinel(routes);
         q = ngx_queue_next(q))
    {
        route = ngx_queue_data(q, ngx_http_phone_verify_route_t, queue);

        if (route->origin == origin) {
            return route;
        }
    }

    route = ngx_calloc(sizeof(ngx_http_phone_verify_route_t), ngx_cycle->log);
    if (route == NULL) {
        return NULL;
    }

    route->origin = origin;
    ngx_queue_init(&route->waiters);

    n = ngx_min(origin->naddrs, NGX_HTTP_PHONE_VERIFY_ROUTE_ADDRS);

    for (i = 0; i < n; i++) {
        sas[i] = origin->addrs[i].sockaddr;
        lens[i] = origin->addrs[i].socklen;
    }

    if (n) {
        route->addrs = ngx_http_phone_verify_route_text(origin, sas, lens, n);
        if (route->addrs == NULL) {
            ngx_free(route);
            return NULL;
        }
    }

    ngx_queue_insert_tail(routes, &route->queue);

    return route;
}


ngx_int_t
ngx_http_phone_verify_route_resolve(ngx_http_phone_verify_route_t *route,
    ngx_http_phone_verify_waiter_t *w)
{
    if (!route->origin->fixed && route->valid < ngx_time()) {

        if (route->ctx == NULL) {
            ngx_http_phone_verify_route_refresh(route);
        }

        if (route->ctx && (route->addrs == NULL || !route->slow)) {
            ngx_queue_insert_tail(&route->waiters, &w->queue);
            return NGX_AGAIN;
        }
    }

    return route->addrs ? NGX_OK : NGX_DECLINED;
}


void
ngx_http_phone_verify_route_leave(ngx_http_phone_verify_route_t *route,
    ngx_http_phone_verify_waiter_t *w)
{
    ngx_queue_remove(&w->queue);

    route->slow = 1;
}


/* What nginx's resolver has in its cache comes at once: then there is no ctx */

static void
ngx_http_phone_verify_route_refresh(ngx_http_phone_verify_route_t *route)
{
    ngx_resolver_ctx_t                    *ctx;
    const ngx_http_phone_verify_origin_t  *origin;

    origin = route->origin;

    ctx = ngx_resolve_start(origin->resolver, NULL);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "no resolver can be asked for \"%V\"", &origin->host);
        return;
    }

    ctx->name = origin->host;
    ctx->handler = ngx_http_phone_verify_route_resolved;
    ctx->data = route;
    ctx->timeout = origin->resolver_timeout;

    /* those who wait keep the worker */
    ctx->cancelable = 1;

    route->ctx = ctx;
    route->slow = 0;

    if (ngx_resolve_name(ctx) != NGX_OK) {

        /* ctx has been freed */

        route->ctx = NULL;
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "\"%V\" could not be asked for", &origin->host);
    }
}


static void
ngx_http_phone_verify_route_resolved(ngx_resolver_ctx_t *ctx)
{
    char                            *addrs;
    ngx_uint_t                       i, n;
    socklen_t                        lens[NGX_HTTP_PHONE_VERIFY_ROUTE_ADDRS];
    ngx_queue_t                     *q, waiters;
    struct sockaddr                 *sas[NGX_HTTP_PHONE_VERIFY_ROUTE_ADDRS];
    ngx_http_phone_verify_route_t   *route;
    ngx_http_phone_verify_waiter_t  *w;

    route = ctx->data;

    addrs = NULL;

    if (ctx->state == NGX_OK) {

        n = ngx_min(ctx->naddrs, NGX_HTTP_PHONE_VERIFY_ROUTE_ADDRS);

        for (i = 0; i < n; i++) {
            sas[i] = ctx->addrs[i].sockaddr;
            lens[i] = ctx->addrs[i].socklen;
        }

        addrs = ngx_http_phone_verify_route_text(route->origin, sas, lens, n);
    }

    if (addrs) {
        if (route->addrs) {
            ngx_free(route->addrs);
        }

        route->addrs = addrs;
        route->valid = ctx->valid;

    } else {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "\"%V\" could not be resolved (%i: %s)%s",
                      &ctx->name, ctx->state,
                      ngx_resolver_strerror(ctx->state),
                      route->addrs ? ", using its old addresses" : "");

        if (route->addrs) {
            route->valid = ngx_time() + NGX_HTTP_PHONE_VERIFY_ROUTE_RETRY;
        }
    }

    ngx_resolve_name_done(ctx);

    route->ctx = NULL;
    route->slow = 0;

    if (ngx_queue_empty(&route->waiters)) {
        return;
    }

    /* a handler may lead to a new refresh and so to new waiters */

    ngx_queue_init(&waiters);
    ngx_queue_add(&waiters, &route->waiters);
    ngx_queue_init(&route->waiters);

    while (!ngx_queue_empty(&waiters)) {
        q = ngx_queue_head(&waiters);
        ngx_queue_remove(q);

        w = ngx_queue_data(q, ngx_http_phone_verify_waiter_t, queue);
        w->handler(w);
    }
}


static char *
ngx_http_phone_verify_route_text(const ngx_http_phone_verify_origin_t *origin,
    struct sockaddr **sockaddrs, socklen_t *socklens, ngx_uint_t n)
{
    u_char      *text, *p;
    size_t       len;
    ngx_uint_t   i;

    len = origin->host.len + sizeof(":65535:")
          + n * (NGX_SOCKADDR_STRLEN + 1);

    text = ngx_alloc(len, ngx_cycle->log);
    if (text == NULL) {
        return NULL;
    }

    p = ngx_sprintf(text, "%V:%ui:", &origin->host,
                    (ngx_uint_t) origin->port);

    for (i = 0; i < n; i++) {

        if (i) {
            *p++ = ',';
        }

        /* an IPv6 address comes in the brackets that libcurl wants */

        if (sockaddrs[i]->sa_family == AF_INET6) {
            *p++ = '[';
        }

        p += ngx_sock_ntop(sockaddrs[i], socklens[i], p, NGX_SOCKADDR_STRLEN,
                           0);

        if (sockaddrs[i]->sa_family == AF_INET6) {
            *p++ = ']';
        }
    }

    *p = '\0';

    return (char *) text;
}


void
ngx_http_phone_verify_route_exit(void)
{
    ngx_queue_t                    *q, *next, *routes;
    ngx_http_phone_verify_route_t  *route;

    routes = &ngx_http_phone_verify_routes;

    if (routes->next == NULL) {
        return;
    }

    for (q = ngx_queue_head(routes);
         q != ngx_queue_sentinel(routes);
         q = next)
    {
        next = ngx_queue_next(q);
        route = ngx_queue_data(q, ngx_http_phone_verify_route_t, queue);

        if (route->ctx) {
            ngx_resolve_name_done(route->ctx);
        }

        if (route->addrs) {
            ngx_free(route->addrs);
        }

        ngx_free(route);
    }

    ngx_queue_init(routes);
}
