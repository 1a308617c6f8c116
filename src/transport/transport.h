
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_TRANSPORT_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_TRANSPORT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * Transport: the floor's life in a process, for the front door.
 */


typedef struct {
    ngx_uint_t  in_flight;      /* now: started and not yet handled */
    ngx_uint_t  sockets;        /* now: open, idle ones included */
    ngx_uint_t  refused;        /* transfers that _start() called NGX_BUSY */
    ngx_uint_t  connections;    /* transfers that opened a connection */
    ngx_uint_t  reused;         /* transfers that found an open one */
} ngx_http_phone_verify_transport_stats_t;


/*
 * For the module's init_process.  Lets a worker (or a single process) start
 * transfers; does nothing in any other process.  Costs nothing before the
 * first transfer.
 */

ngx_int_t ngx_http_phone_verify_transport_init(ngx_cycle_t *cycle);


/*
 * For the module's exit_process.  Ends all transfers (their handlers are
 * called, with detached set) and closes all connections.  Safe in a process
 * that never called _init() or never started a transfer.
 */

void ngx_http_phone_verify_transport_exit(ngx_cycle_t *cycle);


/* The counts of this process; never NULL. */

const ngx_http_phone_verify_transport_stats_t *
    ngx_http_phone_verify_transport_stats(void);


#endif /* _NGX_HTTP_PHONE_VERIFY_TRANSPORT_H_INCLUDED_ */
