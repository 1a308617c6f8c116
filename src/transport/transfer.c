
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "transport/loop.h"
#include "transport/transfer_ctx.h"


/* what libcurl should have done by its own clock is done by ours this later */

#define NGX_HTTP_PHONE_VERIFY_TRANSFER_GRACE  1000


static ngx_int_t ngx_http_phone_verify_transfer_check(
    ngx_http_phone_verify_transfer_t *t);
static ngx_int_t ngx_http_phone_verify_transfer_admit(
    ngx_http_phone_verify_route_t *route);
static void ngx_http_phone_verify_transfer_launch(
    ngx_http_phone_verify_transfer_ctx_t *ctx);
static void ngx_http_phone_verify_transfer_resolved(
    ngx_http_phone_verify_waiter_t *w);
static void ngx_http_phone_verify_transfer_deadline(ngx_event_t *ev);
static void ngx_http_phone_verify_transfer_landed(
    ngx_http_phone_verify_flight_t *f, CURLcode rc);
static void ngx_http_phone_verify_transfer_end(
    ngx_http_phone_verify_transfer_ctx_t *ctx);
static void ngx_http_phone_verify_transfer_free(
    ngx_http_phone_verify_transfer_ctx_t *ctx);


ngx_http_phone_verify_transfer_t *
ngx_http_phone_verify_transfer_create(
    const ngx_http_phone_verify_origin_t *origin, ngx_log_t *log)
{
    ngx_pool_t                            *pool;
    ngx_http_phone_verify_transfer_t      *t;
    ngx_http_phone_verify_transfer_ctx_t  *ctx;

    pool = ngx_create_pool(4096, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    ctx = ngx_pcalloc(pool, sizeof(ngx_http_phone_verify_transfer_ctx_t));
    if (ctx == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    /* the handler and its data belong to a request, which may go first */

    ctx->log = *log;
    ctx->log.handler = NULL;
    ctx->log.data = NULL;
    ctx->log.action = NULL;

    t = &ctx->transfer;

    t->pool = pool;
    t->log = &ctx->log;
    t->origin = origin;
    t->retry_after = -1;

    ctx->exchange.transfer = t;
    ctx->exchange.flight.landed = ngx_http_phone_verify_transfer_landed;

    ctx->waiter.handler = ngx_http_phone_verify_transfer_resolved;

    ctx->dummy.fd = (ngx_socket_t) -1;
    ctx->deadline.handler = ngx_http_phone_verify_transfer_deadline;
    ctx->deadline.data = &ctx->dummy;
    ctx->deadline.log = ngx_cycle->log;

    return t;
}


ngx_int_t
ngx_http_phone_verify_transfer_header(ngx_http_phone_verify_transfer_t *t,
    ngx_str_t *name, ngx_str_t *value)
{
    u_char                                *line, *p;
    size_t                                 i;
    struct curl_slist                     *headers;
    ngx_http_phone_verify_transfer_ctx_t  *ctx;

    ctx = (ngx_http_phone_verify_transfer_ctx_t *) t;

    if (name->len == 0) {
        return NGX_ERROR;
    }

    for (i = 0; i < name->len; i++) {
        if (name->data[i] <= ' ' || name->data[i] >= 0x7f
            || name->data[i] == ':' || name->data[i] == ';')
        {
            return NGX_ERROR;
        }
    }

    for (i = 0; i < value->len; i++) {
        if ((value->data[i] < ' ' && value->data[i] != '\t')
            || value->data[i] == 0x7f)
        {
            return NGX_ERROR;
        }
    }

    line = ngx_pnalloc(t->pool, name->len + 2 + value->len + 1);
    if (line == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(line, name->data, name->len);

    /* libcurl's way to say that a header is empty, and not to be left out */

    if (value->len == 0) {
        *p++ = ';';

    } else {
        *p++ = ':';
        *p++ = ' ';
        p = ngx_cpymem(p, value->data, value->len);
    }

    *p = '\0';

    headers = curl_slist_append(ctx->exchange.headers, (char *) line);
    if (headers == NULL) {
        return NGX_ERROR;
    }

    ctx->exchange.headers = headers;

    if (name->len == 12
        && ngx_strncasecmp(name->data, (u_char *) "Content-Type", 12) == 0)
    {
        ctx->exchange.typed = 1;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_transfer_start(ngx_http_phone_verify_transfer_t *t)
{
    ngx_int_t                              rc;
    ngx_http_phone_verify_transfer_ctx_t  *ctx;

    ctx = (ngx_http_phone_verify_transfer_ctx_t *) t;

    if (!ngx_http_phone_verify_transport_active()) {
        rc = NGX_ERROR;
        goto refused;
    }

    rc = ngx_http_phone_verify_transfer_check(t);
    if (rc != NGX_OK) {
        goto refused;
    }

    ctx->route = ngx_http_phone_verify_route(t->origin);
    if (ctx->route == NULL) {
        rc = NGX_ERROR;
        goto refused;
    }

    rc = ngx_http_phone_verify_transfer_admit(ctx->route);
    if (rc != NGX_OK) {
        ngx_http_phone_verify_transport_counts()->refused++;
        goto refused;
    }

    ctx->start = ngx_current_msec;
    ctx->route->in_flight++;

    ngx_http_phone_verify_transport_join(ctx);

    rc = ngx_http_phone_verify_route_resolve(ctx->route, &ctx->waiter);

    switch (rc) {

    case NGX_OK:
        ngx_http_phone_verify_transfer_launch(ctx);
        break;

    case NGX_AGAIN:
        ctx->waiting = 1;
        ngx_add_timer(&ctx->deadline, t->origin->connect_timeout);
        break;

    default: /* NGX_DECLINED */
        ngx_http_phone_verify_transfer_break(ctx, "host not found");
        break;
    }

    return NGX_OK;

refused:

    ngx_http_phone_verify_transfer_free(ctx);

    return rc;
}


/* What is sent byte for byte must leave the request line in one piece */

static ngx_int_t
ngx_http_phone_verify_transfer_check(ngx_http_phone_verify_transfer_t *t)
{
    size_t  i;

    if (t->method.len == 0) {
        ngx_str_set(&t->method, "GET");
    }

    if (t->path.len == 0) {
        ngx_str_set(&t->path, "/");
    }

    for (i = 0; i < t->method.len; i++) {
        if (t->method.data[i] < 'A' || t->method.data[i] > 'Z') {
            return NGX_ERROR;
        }
    }

    if (t->path.data[0] != '/') {
        return NGX_ERROR;
    }

    for (i = 0; i < t->path.len; i++) {
        if (t->path.data[i] <= ' ' || t->path.data[i] == 0x7f) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * The last sixteenth of the worker's connections is for its clients: it is
 * from there on that nginx itself closes idle ones to make room.
 */

static ngx_int_t
ngx_http_phone_verify_transfer_admit(ngx_http_phone_verify_route_t *route)
{
    ngx_uint_t  left, reserve;

    if (route->in_flight >= route->origin->max_transfers) {
        return NGX_BUSY;
    }

    left = ngx_cycle->free_connection_n + ngx_cycle->reusable_connections_n;
    reserve = ngx_cycle->connection_n / 16
              + ngx_http_phone_verify_loop_departing();

    return left > reserve ? NGX_OK : NGX_BUSY;
}


static void
ngx_http_phone_verify_transfer_launch(
    ngx_http_phone_verify_transfer_ctx_t *ctx)
{
    ngx_msec_t                             spent, timeout;
    const ngx_http_phone_verify_origin_t  *origin;

    origin = ctx->transfer.origin;

    ctx->waiting = 0;

    if (ctx->deadline.timer_set) {
        ngx_del_timer(&ctx->deadline);
    }

    if (ctx->transfer.detached && ngx_exiting) {

        /* nobody waits for it and it has not been sent: better not now */

        ctx->transfer.no_sign = 1;
        ngx_http_phone_verify_transfer_break(ctx, "worker exits");
        return;
    }

    spent = ngx_current_msec - ctx->start;
    timeout = (spent < origin->timeout) ? origin->timeout - spent : 1;

    if (ngx_http_phone_verify_loop_open(origin->keepalive_timeout,
                                    ngx_http_phone_verify_transport_closing)
        != NGX_OK
        || ngx_http_phone_verify_exchange_open(&ctx->exchange,
                                               origin->literal
                                               ? NULL : ctx->route->addrs,
                                               timeout)
           != NGX_OK
        || ngx_http_phone_verify_loop_add(&ctx->exchange.flight) != NGX_OK)
    {
        ctx->transfer.no_sign = 1;
        ngx_http_phone_verify_transfer_break(ctx, "could not be prepared");
        return;
    }

    ctx->flying = 1;

    /*
     * Not cancelable, or a worker that shuts down would leave in the middle
     * of the transfer: it waits for nothing but such timers.
     */

    ctx->deadline.cancelable = 0;

    /*
     * First by when it has a connection: one that waits for another's, to
     * share it, is not timed by libcurl, and of those that wait each would
     * try in its turn only when the one before has failed.
     */

    ctx->last = ngx_current_msec + timeout
                + NGX_HTTP_PHONE_VERIFY_TRANSFER_GRACE;

    ngx_add_timer(&ctx->deadline,
                  ngx_min(timeout, origin->connect_timeout)
                  + NGX_HTTP_PHONE_VERIFY_TRANSFER_GRACE);
}


static void
ngx_http_phone_verify_transfer_resolved(ngx_http_phone_verify_waiter_t *w)
{
    ngx_http_phone_verify_transfer_ctx_t  *ctx;

    ctx = ngx_queue_data(w, ngx_http_phone_verify_transfer_ctx_t, waiter);

    if (ctx->route->addrs) {
        ngx_http_phone_verify_transfer_launch(ctx);
        return;
    }

    ctx->waiting = 0;
    ngx_http_phone_verify_transfer_break(ctx, "host not found");
}


static void
ngx_http_phone_verify_transfer_deadline(ngx_event_t *ev)
{
    ngx_msec_int_t                         left;
    ngx_http_phone_verify_transfer_ctx_t  *ctx;

    ctx = ngx_queue_data(ev, ngx_http_phone_verify_transfer_ctx_t, deadline);

    if (ctx->flying) {

        if (!ctx->exchange.issued) {
            ngx_http_phone_verify_transfer_break(ctx,
                                                 "no connection in time");
            return;
        }

        left = (ngx_msec_int_t) (ctx->last - ngx_current_msec);

        if (left > 0) {
            ngx_add_timer(&ctx->deadline, (ngx_msec_t) left);
            return;
        }

        ngx_http_phone_verify_transfer_break(ctx, "did not end in time");
        return;
    }

    if (ctx->route->addrs == NULL) {
        ngx_http_phone_verify_transfer_break(ctx,
                                             "host not resolved in time");
        return;
    }

    ngx_http_phone_verify_route_leave(ctx->route, &ctx->waiter);
    ngx_http_phone_verify_transfer_launch(ctx);
}


void
ngx_http_phone_verify_transfer_detach(ngx_http_phone_verify_transfer_t *t)
{
    ngx_http_phone_verify_transfer_ctx_t  *ctx;

    ctx = (ngx_http_phone_verify_transfer_ctx_t *) t;

    t->detached = 1;

    /*
     * One that flies keeps a worker from leaving, until the end or until
     * worker_shutdown_timeout closes its socket.  One that waits for an
     * address has no socket and has sent nothing: it may be left behind.
     */

    if (ctx->waiting) {
        ctx->deadline.cancelable = 1;
    }
}


static void
ngx_http_phone_verify_transfer_landed(ngx_http_phone_verify_flight_t *f,
    CURLcode rc)
{
    ngx_http_phone_verify_exchange_t         *e;
    ngx_http_phone_verify_transfer_ctx_t     *ctx;
    ngx_http_phone_verify_transport_stats_t  *stats;

    e = ngx_queue_data(f, ngx_http_phone_verify_exchange_t, flight);
    ctx = ngx_queue_data(e, ngx_http_phone_verify_transfer_ctx_t, exchange);

    ctx->flying = 0;

    ngx_http_phone_verify_exchange_result(e, rc);

    stats = ngx_http_phone_verify_transport_counts();

    if (e->opened) {
        stats->connections++;
        ctx->transfer.opened = 1;

    } else if (e->issued) {
        stats->reused++;
        ctx->transfer.reused = 1;
    }

    ngx_http_phone_verify_transfer_end(ctx);
}


void
ngx_http_phone_verify_transfer_break(
    ngx_http_phone_verify_transfer_ctx_t *ctx, const char *why)
{
    if (ctx->waiting) {
        ctx->waiting = 0;
        ngx_http_phone_verify_route_leave(ctx->route, &ctx->waiter);
    }

    if (ctx->flying) {
        ctx->flying = 0;
        ngx_http_phone_verify_loop_remove(&ctx->exchange.flight);
    }

    ngx_http_phone_verify_exchange_break(&ctx->exchange, why);
    ngx_http_phone_verify_transfer_end(ctx);
}


static void
ngx_http_phone_verify_transfer_end(ngx_http_phone_verify_transfer_ctx_t *ctx)
{
    if (ctx->deadline.timer_set) {
        ngx_del_timer(&ctx->deadline);
    }

    ngx_http_phone_verify_transport_finish(ctx);
}


void
ngx_http_phone_verify_transfer_deliver(
    ngx_http_phone_verify_transfer_ctx_t *ctx)
{
    ctx->route->in_flight--;

    ctx->transfer.elapsed = ngx_current_msec - ctx->start;
    ctx->transfer.handler(&ctx->transfer);

    ngx_http_phone_verify_transfer_free(ctx);
}


void
ngx_http_phone_verify_transfer_discard(ngx_http_phone_verify_transfer_t *t)
{
    ngx_http_phone_verify_transfer_free(
                                 (ngx_http_phone_verify_transfer_ctx_t *) t);
}


static void
ngx_http_phone_verify_transfer_free(ngx_http_phone_verify_transfer_ctx_t *ctx)
{
    ngx_http_phone_verify_exchange_close(&ctx->exchange);
    ngx_destroy_pool(ctx->transfer.pool);
}
