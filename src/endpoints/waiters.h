
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_WAITERS_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_WAITERS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store/changes.h"


/*
 * Those of this worker who wait for a change, found by what has changed: idle
 * ones cost memory and nothing else, however many they are.
 */


/* Called when there may be news, or once with "over": the worker exits. */

typedef void (*ngx_http_phone_verify_waiter_pt)(void *data, ngx_uint_t over);


typedef struct ngx_http_phone_verify_waiter_s  ngx_http_phone_verify_waiter_t;


typedef struct {
    ngx_queue_t                             queue;    /* of equal hash */
    uint64_t                                name;
    ngx_http_phone_verify_waiter_t         *waiter;
} ngx_http_phone_verify_waiter_name_t;


struct ngx_http_phone_verify_waiter_s {
    ngx_http_phone_verify_waiter_pt         look;
    void                                   *data;

    ngx_http_phone_verify_waiter_name_t     session;
    ngx_http_phone_verify_waiter_name_t     verification;

    ngx_queue_t                             queue;    /* of its zone */
    ngx_queue_t                             due;      /* to be looked at */
    struct ngx_http_phone_verify_watch_s   *watch;
    ngx_uint_t                              is_due;
};


/* The "data" of who waits for a session, or NULL; 1 if no more may wait. */

void *ngx_http_phone_verify_waiters_find(const u_char *session);
ngx_uint_t ngx_http_phone_verify_waiters_full(void);


/*
 * Adds one with "look" and "data" set, to be called for every change of its
 * session or its verification from now on, and once soon in any case, for what
 * has changed since the caller looked.  The verification may become another
 * one.  NGX_OK, or NGX_ERROR: no memory.
 */

ngx_int_t ngx_http_phone_verify_waiters_add(ngx_http_phone_verify_waiter_t *w,
    ngx_http_phone_verify_zone_t *zone, const u_char *session,
    const u_char *reference);
void ngx_http_phone_verify_waiters_of(ngx_http_phone_verify_waiter_t *w,
    const u_char *reference);
void ngx_http_phone_verify_waiters_remove(ngx_http_phone_verify_waiter_t *w);


#endif /* _NGX_HTTP_PHONE_VERIFY_WAITERS_H_INCLUDED_ */
