
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_TRANSPORT_LOOP_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_TRANSPORT_LOOP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <curl/curl.h>


/*
 * Loop: libcurl's multi interface in nginx's event loop, one for a worker.
 * It is made for the first flight and given up again, with its connections,
 * when nothing has flown for a while; TLS sessions are kept for the next one.
 */

typedef struct ngx_http_phone_verify_flight_s  ngx_http_phone_verify_flight_t;

/* An easy handle in the loop; part of whatever it is for. */

struct ngx_http_phone_verify_flight_s {
    ngx_queue_t    queue;
    CURL          *easy;

    /*
     * The handle has ended and has left the loop.  Never called from inside
     * libcurl, so everything is allowed.
     */
    void         (*landed)(ngx_http_phone_verify_flight_t *f, CURLcode rc);
};


/*
 * Called from a connection's event, so nothing but a note is to be taken,
 * when worker_shutdown_timeout has passed.
 */

typedef void (*ngx_http_phone_verify_loop_closing_pt)(void);


/*
 * The handle shares TLS sessions, and its sockets belong to the event loop;
 * before any other use of it.
 */

CURLcode ngx_http_phone_verify_loop_prepare(CURL *easy);

/* NGX_OK; or NGX_ERROR, and landed() will not be called. */

ngx_int_t ngx_http_phone_verify_loop_add(ngx_http_phone_verify_flight_t *f);

/* Takes a flight out before its end; landed() will not be called. */

void ngx_http_phone_verify_loop_remove(ngx_http_phone_verify_flight_t *f);

/*
 * Makes what all flights need; NGX_OK or NGX_ERROR.  "keepalive" is for how
 * long idle connections may be wanted, in milliseconds.
 */

ngx_int_t ngx_http_phone_verify_loop_open(ngx_msec_t keepalive,
    ngx_http_phone_verify_loop_closing_pt closing);

/* Flights that have been added and may yet open a socket each. */

ngx_uint_t ngx_http_phone_verify_loop_departing(void);

/* Gives up everything; no flight may be in the loop. */

void ngx_http_phone_verify_loop_exit(void);


/* for socket.c: something can be read (CURL_CSELECT_IN) or written (_OUT) */

void ngx_http_phone_verify_loop_ready(curl_socket_t fd, int mask);

/* for socket.c: the worker closes all connections */

void ngx_http_phone_verify_loop_closing(void);


#endif /* _NGX_HTTP_PHONE_VERIFY_TRANSPORT_LOOP_H_INCLUDED_ */
