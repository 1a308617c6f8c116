
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "transport/exchange.h"
#include "transport/loop.h"
#include "transport/resolve.h"
#include "transport/socket.h"
#include "transport/transfer.h"
#include "transport/transport.h"


/* what libcurl should have done by its own clock is done by ours this later */

#define NGX_HTTP_PHONE_VERIFY_TRANSFER_GRACE  1000


/* what there is of a transfer beside what its owner sees of it */

typedef struct {
    ngx_http_phone_verify_transfer_t   transfer;
    ngx_http_phone_verify_exchange_t   exchange;

    ngx_queue_t                        queue;       /* of all, or finished */
    ngx_log_t                          log;

    ngx_http_phone_verify_route_t     *route;
    ngx_http_phone_verify_waiter_t     waiter;

    ngx_event_t                        deadline;
    ngx_connection_t                   dummy;       /* of the event */
    ngx_msec_t                         start;

    unsigned                           waiting:1;   /* for addresses */
    unsigned                           flying:1;    /* in the loop */
} ngx_http_phone_verify_transfer_ctx_t;


typedef struct {
    ngx_queue_t                              all;
    ngx_queue_t                              finished;

    ngx_event_t                              event;
    ngx_connection_t                         dummy;

    ngx_http_phone_verify_transport_stats_t  stats;

    unsigned                                 active:1;
    unsigned                                 closing:1;
} ngx_http_phone_verify_transport_t;


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
static void ngx_http_phone_verify_transfer_break(
    ngx_http_phone_verify_transfer_ctx_t *ctx, const char *why);
static void ngx_http_phone_verify_transfer_break_all(const char *why);
static void ngx_http_phone_verify_transfer_finish(
    ngx_http_phone_verify_transfer_ctx_t *ctx);
static void ngx_http_phone_verify_transfer_finished(ngx_event_t *ev);
static void ngx_http_phone_verify_transfer_closing(void);
static void ngx_http_phone_verify_transfer_free(
    ngx_http_phone_verify_transfer_ctx_t *ctx);


static ngx_http_phone_verify_transport_t  ngx_http_phone_verify_transport;


ngx_int_t
ngx_http_phone_verify_transport_init(ngx_cycle_t *cycle)
{
    ngx_http_phone_verify_transport_t  *tr;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    tr = &ngx_http_phone_verify_transport;

    ngx_queue_init(&tr->all);
    ngx_queue_init(&tr->finished);

    tr->dummy.fd = (ngx_socket_t) -1;
    tr->event.handler = ngx_http_phone_verify_transfer_finished;
    tr->event.data = &tr->dummy;
    tr->event.log = cycle->log;

    tr->active = 1;

    return NGX_OK;
}


void
ngx_http_phone_verify_transport_exit(ngx_cycle_t *cycle)
{
    ngx_queue_t                           *q;
    ngx_http_phone_verify_transport_t     *tr;
    ngx_http_phone_verify_transfer_ctx_t  *ctx;

    (void) cycle;

    tr = &ngx_http_phone_verify_transport;

    if (!tr->active) {
        return;
    }

    tr->active = 0;

    ngx_http_phone_verify_transfer_break_all("worker exits");

    /* the owners may be there or not; in any case they do nothing any more */

    for (q = ngx_queue_head(&tr->finished);
         q != ngx_queue_sentinel(&tr->finished);
         q = ngx_queue_next(q))
    {
        ctx = ngx_queue_data(q, ngx_http_phone_verify_transfer_ctx_t, queue);
        ctx->transfer.detached = 1;
    }

    if (tr->event.posted) {
        ngx_delete_posted_event(&tr->event);
    }

    ngx_http_phone_verify_transfer_finished(&tr->event);

    ngx_http_phone_verify_loop_exit();
    ngx_http_phone_verify_route_exit();
}


const ngx_http_phone_verify_transport_stats_t *
ngx_http_phone_verify_transport_stats(void)
{
    ngx_http_phone_verify_transport_stats_t  *stats;

    stats = &ngx_http_phone_verify_transport.stats;
    stats->sockets = ngx_http_phone_verify_sockets();

    return stats;
}


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

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_transfer_start(ngx_http_phone_verify_transfer_t *t)
{
    ngx_int_t                              rc;
    ngx_http_phone_verify_transport_t     *tr;
    ngx_http_phone_verify_transfer_ctx_t  *ctx;

    tr = &ngx_http_phone_verify_transport;
    ctx = (ngx_http_phone_verify_transfer_ctx_t *) t;

    if (!tr->active) {
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
        tr->stats.refused++;
        goto refused;
    }

    ctx->start = ngx_current_msec;
    ctx->route->in_flight++;
    tr->stats.in_flight++;

    ngx_queue_insert_tail(&tr->all, &ctx->queue);

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

        ngx_http_phone_verify_transfer_break(ctx, "worker exits");
        return;
    }

    spent = ngx_current_msec - ctx->start;
    timeout = (spent < origin->timeout) ? origin->timeout - spent : 1;

    if (ngx_http_phone_verify_loop_open(origin->keepalive_timeout,
                                     ngx_http_phone_verify_transfer_closing)
        != NGX_OK
        || ngx_http_phone_verify_exchange_open(&ctx->exchange,
                                               origin->literal
                                               ? NULL : ctx->route->addrs,
                                               timeout)
           != NGX_OK
        || ngx_http_phone_verify_loop_add(&ctx->exchange.flight) != NGX_OK)
    {
        ngx_http_phone_verify_transfer_break(ctx, "could not be prepared");
        return;
    }

    ctx->flying = 1;

    /*
     * Not cancelable, or a worker that shuts down would leave in the middle
     * of the transfer: it waits for nothing but such timers.
     */

    ctx->deadline.cancelable = 0;

    ngx_add_timer(&ctx->deadline,
                  timeout + NGX_HTTP_PHONE_VERIFY_TRANSFER_GRACE);
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
    ngx_http_phone_verify_transfer_ctx_t  *ctx;

    ctx = ngx_queue_data(ev, ngx_http_phone_verify_transfer_ctx_t, deadline);

    if (!ctx->waiting) {
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

    stats = &ngx_http_phone_verify_transport.stats;

    if (e->opened) {
        stats->connections++;

    } else if (e->issued) {
        stats->reused++;
    }

    ngx_http_phone_verify_transfer_finish(ctx);
}


static void
ngx_http_phone_verify_transfer_break(ngx_http_phone_verify_transfer_ctx_t *ctx,
    const char *why)
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
    ngx_http_phone_verify_transfer_finish(ctx);
}


static void
ngx_http_phone_verify_transfer_break_all(const char *why)
{
    ngx_queue_t                           *q;
    ngx_http_phone_verify_transport_t     *tr;
    ngx_http_phone_verify_transfer_ctx_t  *ctx;

    tr = &ngx_http_phone_verify_transport;

    while (!ngx_queue_empty(&tr->all)) {
        q = ngx_queue_head(&tr->all);

        ctx = ngx_queue_data(q, ngx_http_phone_verify_transfer_ctx_t, queue);
        ngx_http_phone_verify_transfer_break(ctx, why);
    }
}


/* The result is there; the handler comes later, and never from inside here */

static void
ngx_http_phone_verify_transfer_finish(
    ngx_http_phone_verify_transfer_ctx_t *ctx)
{
    ngx_http_phone_verify_transport_t  *tr;

    tr = &ngx_http_phone_verify_transport;

    if (ctx->deadline.timer_set) {
        ngx_del_timer(&ctx->deadline);
    }

    ngx_queue_remove(&ctx->queue);
    ngx_queue_insert_tail(&tr->finished, &ctx->queue);

    if (!tr->event.posted) {
        ngx_post_event(&tr->event, &ngx_posted_events);
    }
}


static void
ngx_http_phone_verify_transfer_finished(ngx_event_t *ev)
{
    ngx_queue_t                           *q;
    ngx_http_phone_verify_transport_t     *tr;
    ngx_http_phone_verify_transfer_ctx_t  *ctx;

    (void) ev;

    tr = &ngx_http_phone_verify_transport;

    if (tr->closing) {
        tr->closing = 0;
        ngx_http_phone_verify_transfer_break_all(
                                          "worker_shutdown_timeout passed");
    }

    while (!ngx_queue_empty(&tr->finished)) {
        q = ngx_queue_head(&tr->finished);
        ngx_queue_remove(q);

        ctx = ngx_queue_data(q, ngx_http_phone_verify_transfer_ctx_t, queue);

        ctx->route->in_flight--;
        tr->stats.in_flight--;

        ctx->transfer.elapsed = ngx_current_msec - ctx->start;

        ctx->transfer.handler(&ctx->transfer);

        ngx_http_phone_verify_transfer_free(ctx);
    }
}


/* worker_shutdown_timeout has passed; nginx is walking its connections */

static void
ngx_http_phone_verify_transfer_closing(void)
{
    ngx_http_phone_verify_transport_t  *tr;

    tr = &ngx_http_phone_verify_transport;

    tr->closing = 1;

    if (!tr->event.posted) {
        ngx_post_event(&tr->event, &ngx_posted_events);
    }
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
