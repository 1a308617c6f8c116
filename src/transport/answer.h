
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_TRANSPORT_ANSWER_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_TRANSPORT_ANSWER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "transport/exchange.h"


/*
 * Answer: what the peer sends, as it comes from libcurl, kept in the transfer
 * and within its bounds.  "data" is the exchange.
 */

/* CURLOPT_HEADERFUNCTION: one line, the status line and trailers included */

size_t ngx_http_phone_verify_answer_header(char *buf, size_t size, size_t n,
    void *data);

/* CURLOPT_WRITEFUNCTION */

size_t ngx_http_phone_verify_answer_body(char *buf, size_t size, size_t n,
    void *data);

/* As if nothing had come. */

void ngx_http_phone_verify_answer_forget(ngx_http_phone_verify_exchange_t *e);


#endif /* _NGX_HTTP_PHONE_VERIFY_TRANSPORT_ANSWER_H_INCLUDED_ */
