
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "transport/loop.h"
#include "transport/resolve.h"
#include "transport/socket.h"
#include "transport/transfer_ctx.h"
#include "transport/transport.h"


typedef struct {
    ngx_queue_t                              transfers;   /* go on */
    ngx_queue_t                              finished;    /* to be delivered */

    ngx_event_t                              event;
    ngx_connection_t                         dummy;       /* of the event */

    ngx_http_phone_verify_transport_stats_t  stats;

    unsigned                                 active:1;
    unsigned                                 closing:1;
} ngx_http_phone_verify_transport_t;


static void ngx_http_phone_verify_transport_post(void);
static void ngx_http_phone_verify_transport_handler(ngx_event_t *ev);
static void ngx_http_phone_verify_transport_break(const char *why);


static ngx_http_phone_verify_transport_t  ngx_http_phone_verify_transport;


ngx_int_t
ngx_http_phone_verify_transport_init(ngx_cycle_t *cycle)
{
    ngx_http_phone_verify_transport_t  *tr;

    /* the cache manager and the cache loader come here too */

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    tr = &ngx_http_phone_verify_transport;

    ngx_queue_init(&tr->transfers);
    ngx_queue_init(&tr->finished);

    tr->dummy.fd = (ngx_socket_t) -1;
    tr->event.handler = ngx_http_phone_verify_transport_handler;
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

    ngx_http_phone_verify_transport_break("worker exits");

    /* an owner may still be there, but can do nothing for anybody any more */

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

    ngx_http_phone_verify_transport_handler(&tr->event);

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


ngx_http_phone_verify_transport_stats_t *
ngx_http_phone_verify_transport_counts(void)
{
    return &ngx_http_phone_verify_transport.stats;
}


ngx_uint_t
ngx_http_phone_verify_transport_active(void)
{
    return ngx_http_phone_verify_transport.active;
}


void
ngx_http_phone_verify_transport_join(ngx_http_phone_verify_transfer_ctx_t *ctx)
{
    ngx_queue_insert_tail(&ngx_http_phone_verify_transport.transfers,
                          &ctx->queue);

    ngx_http_phone_verify_transport.stats.in_flight++;
}


void
ngx_http_phone_verify_transport_finish(
    ngx_http_phone_verify_transfer_ctx_t *ctx)
{
    ngx_queue_remove(&ctx->queue);
    ngx_queue_insert_tail(&ngx_http_phone_verify_transport.finished,
                          &ctx->queue);

    ngx_http_phone_verify_transport_post();
}


/* comes while nginx walks its connections: nothing may be closed now */

void
ngx_http_phone_verify_transport_closing(void)
{
    ngx_http_phone_verify_transport.closing = 1;

    ngx_http_phone_verify_transport_post();
}


/* handlers are called from here alone: not from libcurl, not from a start */

static void
ngx_http_phone_verify_transport_post(void)
{
    ngx_event_t  *ev;

    ev = &ngx_http_phone_verify_transport.event;

    if (!ev->posted) {
        ngx_post_event(ev, &ngx_posted_events);
    }
}


static void
ngx_http_phone_verify_transport_handler(ngx_event_t *ev)
{
    ngx_queue_t                           *q;
    ngx_http_phone_verify_transport_t     *tr;
    ngx_http_phone_verify_transfer_ctx_t  *ctx;

    (void) ev;

    tr = &ngx_http_phone_verify_transport;

    if (tr->closing) {
        tr->closing = 0;
        ngx_http_phone_verify_transport_break("worker shuts down");
    }

    while (!ngx_queue_empty(&tr->finished)) {
        q = ngx_queue_head(&tr->finished);
        ngx_queue_remove(q);

        tr->stats.in_flight--;

        ctx = ngx_queue_data(q, ngx_http_phone_verify_transfer_ctx_t, queue);
        ngx_http_phone_verify_transfer_deliver(ctx);
    }
}


static void
ngx_http_phone_verify_transport_break(const char *why)
{
    ngx_queue_t                           *q;
    ngx_http_phone_verify_transport_t     *tr;
    ngx_http_phone_verify_transfer_ctx_t  *ctx;

    tr = &ngx_http_phone_verify_transport;

    while (!ngx_queue_empty(&tr->transfers)) {
        q = ngx_queue_head(&tr->transfers);

        ctx = ngx_queue_data(q, ngx_http_phone_verify_transfer_ctx_t, queue);

        /* all of them, at once, and the peer has nothing to do with it */

        ctx->transfer.no_sign = 1;
        ngx_http_phone_verify_transfer_break(ctx, why);
    }
}
