
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_TRANSPORT_ORIGIN_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_TRANSPORT_ORIGIN_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * Origin: where requests go.
 *
 * Made once, at configuration time, and const from then on.  What a worker
 * learns later (fresh addresses) is kept by the worker, never here.
 */


typedef struct ngx_http_phone_verify_origin_s  ngx_http_phone_verify_origin_t;


struct ngx_http_phone_verify_origin_s {

    /*
     * Set by the caller before _init(), in memory that lives as long as the
     * configuration.  Everything that is left zero gets its default.
     *
     * A name that has to be asked for first is waited for as long as a
     * connection is; then its old addresses are used, if there are any.
     */

    ngx_str_t         url;                 /* "https://host[:port][/base]" */
    ngx_str_t         trusted_certificate; /* PEM file; empty: system's */
    ngx_resolver_t   *resolver;            /* NULL: addresses stay fixed */
    ngx_msec_t        resolver_timeout;    /* 30 s, as nginx's own */
    ngx_msec_t        connect_timeout;     /* 2 s; TCP and TLS, see below */
    ngx_msec_t        timeout;             /* 8 s; the whole exchange */
    ngx_msec_t        keepalive_timeout;   /* 4 s idle, see origin.c */
    size_t            max_response;        /* 64k; body of an answer */
    ngx_uint_t        max_transfers;       /* 4096 in flight in a worker */

    unsigned          insecure:1;          /* plain http is allowed */
    unsigned          http2:1;             /* multiplex over TLS */

    /* set by _init() */

    unsigned          https:1;
    unsigned          literal:1;           /* the host is an address */
    unsigned          fixed:1;             /* never resolved again */

    ngx_str_t         host;                /* lower case; [IPv6] */
    in_port_t         port;
    ngx_str_t         base;                /* "" or "/path", no "/" at end */
    ngx_str_t         target;              /* "https://host:port/", with NUL */

    struct ngx_http_phone_verify_trust_s  *trust;    /* NULL: libcurl's */

    ngx_addr_t       *addrs;               /* at configuration time; */
    ngx_uint_t        naddrs;              /*   may be 0 with a resolver */
};


/*
 * Checks and completes an origin.  Demands https unless "insecure" is set,
 * resolves the host as proxy_pass does, reads the certificates, and refuses a
 * libcurl that is not built on OpenSSL or cannot work in an event loop.  A name
 * that cannot be resolved is an error without a resolver and a warning with
 * one.
 *
 * Returns NGX_OK; or NGX_ERROR after it has logged, with file and line of the
 * directive being parsed, what is wrong.
 *
 * May block in getaddrinfo(): configuration time only.
 */

ngx_int_t ngx_http_phone_verify_origin_init(ngx_conf_t *cf,
    ngx_http_phone_verify_origin_t *origin);


#endif /* _NGX_HTTP_PHONE_VERIFY_TRANSPORT_ORIGIN_H_INCLUDED_ */
