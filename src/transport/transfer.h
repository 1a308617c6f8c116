
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_TRANSPORT_TRANSFER_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_TRANSPORT_TRANSFER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "transport/origin.h"


/*
 * Transfer: one HTTP exchange with an origin.
 *
 *     t = ngx_http_phone_verify_transfer_create(origin, log);
 *     t->method, t->path, t->body, _transfer_header(t, ...)
 *     t->handler, t->data
 *     rc = ngx_http_phone_verify_transfer_start(t);
 *     ...
 *     t->handler(t) is called, once, and t is freed when it returns
 *
 * The floor knows no HTTP request of nginx's: an owner that goes away says so
 * with _transfer_detach(), and the exchange goes on without it, because what
 * it asks for may already be done, and paid, at the other end.
 */


typedef struct ngx_http_phone_verify_transfer_s
    ngx_http_phone_verify_transfer_t;

typedef void (*ngx_http_phone_verify_transfer_handler_pt)(
    ngx_http_phone_verify_transfer_t *t);


typedef enum {

    /* a complete HTTP answer has come, whatever its status */
    NGX_HTTP_PHONE_VERIFY_TRANSFER_RECEIVED = 0,

    /*
     * certainly nothing was processed: no address, refused, no TLS, a bad
     * certificate, or the connection died before the body of the request was
     * begun; sending it again cannot double anything
     */
    NGX_HTTP_PHONE_VERIFY_TRANSFER_NOT_SENT,

    /*
     * the request may have been processed: no answer in time, a connection
     * that was reset or cut, an answer that is malformed or too large
     */
    NGX_HTTP_PHONE_VERIFY_TRANSFER_AMBIGUOUS

} ngx_http_phone_verify_transfer_outcome_e;


struct ngx_http_phone_verify_transfer_s {

    /* set by _create() */

    ngx_pool_t                                *pool;
    ngx_log_t                                 *log;     /* a copy */
    const ngx_http_phone_verify_origin_t      *origin;

    /*
     * Set by the owner before _start(); allocate from t->pool, or let it live
     * until the handler has returned.
     *
     * The path starts with "/", follows the origin's base path and is sent
     * byte for byte: nothing is decoded, encoded or normalised.  A body with
     * no data pointer is no body; one with a pointer and no length is sent as
     * Content-Length: 0.
     */

    ngx_str_t                                  method;  /* "GET" if empty */
    ngx_str_t                                  path;    /* "/" if empty */
    ngx_str_t                                  body;

    ngx_http_phone_verify_transfer_handler_pt  handler;
    void                                      *data;    /* the owner's */

    /*
     * The result, for the handler; lives in t->pool, so until the handler
     * returns.  "error" is empty for RECEIVED, else a few words for the log
     * that hold nothing of the request or of the answer.  "status" and the
     * fields after it are set for RECEIVED alone.
     */

    ngx_http_phone_verify_transfer_outcome_e   outcome;
    ngx_str_t                                  error;
    ngx_msec_t                                 elapsed;

    ngx_uint_t                                 status;
    ngx_str_t                                  answer;
    ngx_str_t                                  content_type;
    ngx_str_t                                  content_language;
    time_t                                     retry_after; /* s; -1: none */

    unsigned                                   opened:1; /* a connection, */
    unsigned                                   reused:1; /* or found one */

    /*
     * That it failed is no sign of the peer's health: this worker ended it,
     * or the peer had given up a connection that was there before, or refused
     * a stream of it, as each peer does from time to time (GOAWAY)
     */

    unsigned                                   no_sign:1;

    /* the owner has gone: the handler must not follow t->data to it */
    unsigned                                   detached:1;
};


/*
 * A new transfer with a pool of its own.  "log" is copied without its handler,
 * so that it may go away before the transfer.
 *
 * Returns NULL if there is no memory.
 */

ngx_http_phone_verify_transfer_t *ngx_http_phone_verify_transfer_create(
    const ngx_http_phone_verify_origin_t *origin, ngx_log_t *log);


/*
 * Adds a request header; both strings are copied.  Host, Content-Length and
 * Accept are there without it, Content-Type is not.
 *
 * Returns NGX_OK; or NGX_ERROR if there is no memory, or if the name or the
 * value could not stand in one header line.
 */

ngx_int_t ngx_http_phone_verify_transfer_header(
    ngx_http_phone_verify_transfer_t *t, ngx_str_t *name, ngx_str_t *value);


/*
 * Starts the exchange.
 *
 * Returns NGX_OK: the handler will be called, later and once, also when the
 * worker exits before the end (then with detached set).
 * Returns NGX_BUSY: the origin's limit of transfers is reached or the worker
 * is short of connections; nothing was sent.
 * Returns NGX_ERROR: no memory, a malformed method or path, or not in a
 * worker; nothing was sent.
 *
 * Unless it is NGX_OK the transfer has been freed, and the handler is never
 * called.
 */

ngx_int_t ngx_http_phone_verify_transfer_start(
    ngx_http_phone_verify_transfer_t *t);


/*
 * The owner goes away.  The exchange goes on to its end, and the handler is
 * called all the same, with detached set, so that the outcome can be written
 * down.  A worker that shuts down waits for it, within its own timeout and
 * worker_shutdown_timeout.
 *
 * Only from _start() to the end of the handler: an owner that lives longer
 * forgets "t" there.
 */

void ngx_http_phone_verify_transfer_detach(
    ngx_http_phone_verify_transfer_t *t);


/* Frees a transfer for which _start() was never called. */

void ngx_http_phone_verify_transfer_discard(
    ngx_http_phone_verify_transfer_t *t);


#endif /* _NGX_HTTP_PHONE_VERIFY_TRANSPORT_TRANSFER_H_INCLUDED_ */
