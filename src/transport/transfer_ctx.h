
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_TRANSPORT_TRANSFER_CTX_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_TRANSPORT_TRANSFER_CTX_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "transport/exchange.h"
#include "transport/resolve.h"
#include "transport/transfer.h"
#include "transport/transport.h"


/*
 * What there is of a transfer beside what its owner sees of it, and what
 * transfer.c (one transfer) and transport.c (all of a worker) want of each
 * other.
 */

typedef struct {
    ngx_http_phone_verify_transfer_t   transfer;    /* first */
    ngx_http_phone_verify_exchange_t   exchange;

    ngx_queue_t                        queue;       /* of transport.c */
    ngx_log_t                          log;

    ngx_http_phone_verify_route_t     *route;
    ngx_http_phone_verify_waiter_t     waiter;

    ngx_event_t                        deadline;
    ngx_connection_t                   dummy;       /* of the event */
    ngx_msec_t                         start;
    ngx_msec_t                         last;        /* it ends by then */

    unsigned                           waiting:1;   /* for addresses */
    unsigned                           flying:1;    /* in the loop */
} ngx_http_phone_verify_transfer_ctx_t;


/* transfer.c: ends one that goes on, whatever it does; it is then finished */

void ngx_http_phone_verify_transfer_break(
    ngx_http_phone_verify_transfer_ctx_t *ctx, const char *why);

/* transfer.c: calls the handler of one that is finished, and frees it */

void ngx_http_phone_verify_transfer_deliver(
    ngx_http_phone_verify_transfer_ctx_t *ctx);


/* transport.c: transfers may be started in this process */

ngx_uint_t ngx_http_phone_verify_transport_active(void);

/* transport.c: one more goes on */

void ngx_http_phone_verify_transport_join(
    ngx_http_phone_verify_transfer_ctx_t *ctx);

/* transport.c: its result is there, and it will be delivered, later */

void ngx_http_phone_verify_transport_finish(
    ngx_http_phone_verify_transfer_ctx_t *ctx);

/* transport.c: worker_shutdown_timeout has passed, all are to be ended */

void ngx_http_phone_verify_transport_closing(void);

/* transport.c: the counts, to be changed */

ngx_http_phone_verify_transport_stats_t *
    ngx_http_phone_verify_transport_counts(void);


#endif /* _NGX_HTTP_PHONE_VERIFY_TRANSPORT_TRANSFER_CTX_H_INCLUDED_ */
