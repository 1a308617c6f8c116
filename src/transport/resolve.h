
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_TRANSPORT_RESOLVE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_TRANSPORT_RESOLVE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "transport/origin.h"


/*
 * What a worker knows about an origin: its addresses, refreshed through
 * nginx's resolver when their TTL has passed and somebody wants them.
 */

typedef struct ngx_http_phone_verify_route_s  ngx_http_phone_verify_route_t;


/* Somebody who waits for addresses. */

typedef struct ngx_http_phone_verify_waiter_s  ngx_http_phone_verify_waiter_t;

struct ngx_http_phone_verify_waiter_s {
    ngx_queue_t                      queue;
    void                           (*handler)(
                                        ngx_http_phone_verify_waiter_t *w);
};


struct ngx_http_phone_verify_route_s {
    ngx_queue_t                            queue;
    const ngx_http_phone_verify_origin_t  *origin;

    /* for CURLOPT_RESOLVE, "host:port:address,..."; NULL: no address */
    char                                  *addrs;
    time_t                                 valid;     /* until */

    ngx_resolver_ctx_t                    *ctx;       /* a refresh goes on */
    ngx_queue_t                            waiters;   /*   and these wait */

    ngx_uint_t                             in_flight;

    unsigned                               slow:1;
};


/* The route to an origin; NULL if there is no memory. */

ngx_http_phone_verify_route_t *ngx_http_phone_verify_route(
    const ngx_http_phone_verify_origin_t *origin);


/*
 * Asks for addresses that may be used now.
 *
 * Returns NGX_OK: route->addrs is good, or as good as can be had.
 * Returns NGX_DECLINED: there is none.
 * Returns NGX_AGAIN: the name is being asked for, and w->handler will be
 * called, later, unless ngx_http_phone_verify_route_leave() comes first.
 */

ngx_int_t ngx_http_phone_verify_route_resolve(
    ngx_http_phone_verify_route_t *route, ngx_http_phone_verify_waiter_t *w);


/*
 * A waiter has lost its patience.  Until the answer comes, those who follow
 * it take the old addresses, if there are any, and do not wait.
 */

void ngx_http_phone_verify_route_leave(ngx_http_phone_verify_route_t *route,
    ngx_http_phone_verify_waiter_t *w);


/* Forgets all routes, of which none may have a waiter any more. */

void ngx_http_phone_verify_route_exit(void);


#endif /* _NGX_HTTP_PHONE_VERIFY_TRANSPORT_RESOLVE_H_INCLUDED_ */
