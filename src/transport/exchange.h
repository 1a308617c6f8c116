
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_TRANSPORT_EXCHANGE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_TRANSPORT_EXCHANGE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <curl/curl.h>

#include "transport/loop.h"
#include "transport/transfer.h"


/*
 * Exchange: what libcurl is told of a transfer, what it hands back, and what
 * that means for the outcome.
 */

typedef struct {
    ngx_http_phone_verify_transfer_t  *transfer;
    ngx_http_phone_verify_flight_t     flight;

    struct curl_slist                 *headers;
    struct curl_slist                 *resolve;

    size_t                             body_sent;     /* given to libcurl */
    size_t                             header_size;   /* of the answer */
    size_t                             answer_alloc;

    unsigned                           typed:1;       /* Content-Type given */
    unsigned                           idempotent:1;
    unsigned                           issued:1;      /* began to be sent */
    unsigned                           body_begun:1;
    unsigned                           opened:1;      /* a new connection, */
    unsigned                           own:1;         /*   for it alone */

    ngx_str_t                          why;           /* our own reason */
    char                               error[CURL_ERROR_SIZE];
} ngx_http_phone_verify_exchange_t;


/*
 * Makes the easy handle; "addrs" is the route's text, NULL if the host is an
 * address; "timeout" is what is left of the whole time, in milliseconds.
 * NGX_OK or NGX_ERROR.
 */

ngx_int_t ngx_http_phone_verify_exchange_open(
    ngx_http_phone_verify_exchange_t *e, char *addrs, ngx_msec_t timeout);

/* Reads the result of a handle that has ended and left the loop. */

void ngx_http_phone_verify_exchange_result(
    ngx_http_phone_verify_exchange_t *e, CURLcode rc);

/* The outcome of an exchange that is broken off, for a reason of ours. */

void ngx_http_phone_verify_exchange_break(
    ngx_http_phone_verify_exchange_t *e, const char *why);

/* Frees what is libcurl's; the handle is not in the loop. */

void ngx_http_phone_verify_exchange_close(
    ngx_http_phone_verify_exchange_t *e);


#endif /* _NGX_HTTP_PHONE_VERIFY_TRANSPORT_EXCHANGE_H_INCLUDED_ */
