
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_TRANSPORT_SOCKET_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_TRANSPORT_SOCKET_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <curl/curl.h>


/*
 * Sockets of libcurl as connections of nginx.  A connection object lives as
 * long as its descriptor is open, whatever libcurl wants to know of it: if it
 * lived from one wish to the next, a late "remove" could hit a descriptor
 * whose number belongs to a client by then.
 */

/* CURLOPT_OPENSOCKETFUNCTION */

curl_socket_t ngx_http_phone_verify_socket_open(void *data,
    curlsocktype purpose, struct curl_sockaddr *addr);

/* CURLOPT_CLOSESOCKETFUNCTION */

int ngx_http_phone_verify_socket_close(void *data, curl_socket_t fd);

/* CURLMOPT_SOCKETFUNCTION */

int ngx_http_phone_verify_socket_watch(CURL *easy, curl_socket_t fd, int what,
    void *data, void *socketp);

/* libcurl has closed all of them, also those of which it did not tell. */

void ngx_http_phone_verify_sockets_forget(void);

/* Sockets that are open now. */

ngx_uint_t ngx_http_phone_verify_sockets(void);


#endif /* _NGX_HTTP_PHONE_VERIFY_TRANSPORT_SOCKET_H_INCLUDED_ */
