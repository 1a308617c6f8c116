
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "endpoints/waiters.h"


#define NGX_HTTP_PHONE_VERIFY_WAITERS_MAX   16384    /* of a worker */
#define NGX_HTTP_PHONE_VERIFY_WAITERS_HASH  4096
#define NGX_HTTP_PHONE_VERIFY_WAITERS_TICK  100      /* msec */
#define NGX_HTTP_PHONE_VERIFY_WAITERS_READ  64       /* changes at once */


/* A zone for which somebody waits; it is here as long as that. */

typedef struct ngx_http_phone_verify_watch_s {
    ngx_queue_t                           queue;
    ngx_http_phone_verify_zone_t         *zone;
    ngx_atomic_uint_t                     seen;     /* of its changes */
    ngx_queue_t                           waiters;
} ngx_http_phone_verify_watch_t;


/* A worker's own.  The tick runs only while somebody waits. */

typedef struct {
    ngx_queue_t                           watches;
    ngx_queue_t                           due;
    ngx_uint_t                            n;
    ngx_event_t                           tick;
    ngx_queue_t                           hash[
                                           NGX_HTTP_PHONE_VERIFY_WAITERS_HASH];
    ngx_uint_t                            ready;
} ngx_http_phone_verify_waiters_t;


static void ngx_http_phone_verify_waiters_init(void);
static ngx_http_phone_verify_watch_t *ngx_http_phone_verify_waiters_watch(
    ngx_http_phone_verify_zone_t *zone);
static void ngx_http_phone_verify_waiters_name(
    ngx_http_phone_verify_waiter_t *w, ngx_http_phone_verify_waiter_name_t *n,
    const u_char *of);
static ngx_queue_t *ngx_http_phone_verify_waiters_bucket(uint64_t name);
static void ngx_http_phone_verify_waiters_tick(ngx_event_t *ev);
static void ngx_http_phone_verify_waiters_read(
    ngx_http_phone_verify_watch_t *watch);
static void ngx_http_phone_verify_waiters_changed(uint64_t name);
static void ngx_http_phone_verify_waiters_all(
    ngx_http_phone_verify_watch_t *watch);
static void ngx_http_phone_verify_waiters_due(
    ngx_http_phone_verify_waiter_t *w);


static ngx_http_phone_verify_waiters_t  ngx_http_phone_verify_waiters;


static void
ngx_http_phone_verify_waiters_init(void)
{
    ngx_uint_t                        i;
    ngx_http_phone_verify_waiters_t  *ws;

    static struct { void *pad[3]; ngx_socket_t fd; }  ident;

    ws = &ngx_http_phone_verify_waiters;

    if (ws->ready) {
        return;
    }

    ngx_queue_init(&ws->watches);
    ngx_queue_init(&ws->due);

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_WAITERS_HASH; i++) {
        ngx_queue_init(&ws->hash[i]);
    }

    /* nginx's debug log looks for an fd in the fourth word */

    ident.fd = (ngx_socket_t) -1;

    ws->tick.handler = ngx_http_phone_verify_waiters_tick;
    ws->tick.data = &ident;
    ws->tick.log = ngx_cycle->log;
    ws->tick.cancelable = 1;

    ws->ready = 1;
}


void *
ngx_http_phone_verify_waiters_find(const u_char *session)
{
    uint64_t                              name;
    ngx_queue_t                          *q, *bucket;
    ngx_http_phone_verify_waiter_name_t  *n;

    ngx_http_phone_verify_waiters_init();

    ngx_http_phone_verify_change_of(session, &name);

    bucket = ngx_http_phone_verify_waiters_bucket(name);

    for (q = ngx_queue_head(bucket); q != bucket; q = ngx_queue_next(q)) {
        n = ngx_queue_data(q, ngx_http_phone_verify_waiter_name_t, queue);

        if (n->name == name) {
            return n->waiter->data;
        }
    }

    return NULL;
}


ngx_uint_t
ngx_http_phone_verify_waiters_full(void)
{
    return ngx_http_phone_verify_waiters.n >= NGX_HTTP_PHONE_VERIFY_WAITERS_MAX;
}


ngx_int_t
ngx_http_phone_verify_waiters_add(ngx_http_phone_verify_waiter_t *w,
    ngx_http_phone_verify_zone_t *zone, const u_char *session,
    const u_char *reference)
{
    ngx_http_phone_verify_waiters_init();

    w->watch = ngx_http_phone_verify_waiters_watch(zone);
    if (w->watch == NULL) {
        return NGX_ERROR;
    }

    ngx_queue_insert_tail(&w->watch->waiters, &w->queue);

    ngx_http_phone_verify_waiters_name(w, &w->session, session);
    ngx_http_phone_verify_waiters_name(w, &w->verification, reference);

    if (ngx_http_phone_verify_waiters.n++ == 0) {
        ngx_add_timer(&ngx_http_phone_verify_waiters.tick,
                      NGX_HTTP_PHONE_VERIFY_WAITERS_TICK);
    }

    w->is_due = 0;
    ngx_http_phone_verify_waiters_due(w);

    return NGX_OK;
}


void
ngx_http_phone_verify_waiters_of(ngx_http_phone_verify_waiter_t *w,
    const u_char *reference)
{
    ngx_queue_remove(&w->verification.queue);

    ngx_http_phone_verify_waiters_name(w, &w->verification, reference);
}


void
ngx_http_phone_verify_waiters_remove(ngx_http_phone_verify_waiter_t *w)
{
    ngx_queue_remove(&w->session.queue);
    ngx_queue_remove(&w->verification.queue);
    ngx_queue_remove(&w->queue);

    if (w->is_due) {
        ngx_queue_remove(&w->due);
    }

    if (--ngx_http_phone_verify_waiters.n == 0
        && ngx_http_phone_verify_waiters.tick.timer_set)
    {
        ngx_del_timer(&ngx_http_phone_verify_waiters.tick);
    }

    if (ngx_queue_empty(&w->watch->waiters)) {
        ngx_queue_remove(&w->watch->queue);
        ngx_free(w->watch);
    }
}


static ngx_http_phone_verify_watch_t *
ngx_http_phone_verify_waiters_watch(ngx_http_phone_verify_zone_t *zone)
{
    ngx_queue_t                    *q, *watches;
    ngx_http_phone_verify_watch_t  *watch;

    watches = &ngx_http_phone_verify_waiters.watches;

    for (q = ngx_queue_head(watches); q != watches; q = ngx_queue_next(q)) {
        watch = ngx_queue_data(q, ngx_http_phone_verify_watch_t, queue);

        if (watch->zone == zone) {
            return watch;
        }
    }

    watch = ngx_alloc(sizeof(ngx_http_phone_verify_watch_t), ngx_cycle->log);
    if (watch == NULL) {
        return NULL;
    }

    watch->zone = zone;
    watch->seen = ngx_http_phone_verify_zone_changes(zone);

    ngx_queue_init(&watch->waiters);
    ngx_queue_insert_tail(watches, &watch->queue);

    return watch;
}


static void
ngx_http_phone_verify_waiters_name(ngx_http_phone_verify_waiter_t *w,
    ngx_http_phone_verify_waiter_name_t *n, const u_char *of)
{
    ngx_http_phone_verify_change_of(of, &n->name);

    n->waiter = w;

    ngx_queue_insert_tail(ngx_http_phone_verify_waiters_bucket(n->name),
                          &n->queue);
}


/* Names are random already. */

static ngx_queue_t *
ngx_http_phone_verify_waiters_bucket(uint64_t name)
{
    return &ngx_http_phone_verify_waiters.hash[
                                   name % NGX_HTTP_PHONE_VERIFY_WAITERS_HASH];
}


/*
 * nginx's channel takes no messages from modules, so workers read in the zone
 * what has changed since they last did.
 */

static void
ngx_http_phone_verify_waiters_tick(ngx_event_t *ev)
{
    ngx_queue_t                     *q, *next, *watches, due;
    ngx_http_phone_verify_watch_t   *watch;
    ngx_http_phone_verify_waiter_t  *w;

    watches = &ngx_http_phone_verify_waiters.watches;

    for (q = ngx_queue_head(watches); q != watches; q = ngx_queue_next(q)) {
        watch = ngx_queue_data(q, ngx_http_phone_verify_watch_t, queue);

        if (ngx_exiting) {
            ngx_http_phone_verify_waiters_all(watch);

        } else {
            ngx_http_phone_verify_waiters_read(watch);
        }
    }

    /* looking at one may take others away, and bring new ones: the next time */

    ngx_queue_init(&due);

    next = &ngx_http_phone_verify_waiters.due;

    if (!ngx_queue_empty(next)) {
        ngx_queue_add(&due, next);
        ngx_queue_init(next);
    }

    while (!ngx_queue_empty(&due)) {
        q = ngx_queue_head(&due);
        w = ngx_queue_data(q, ngx_http_phone_verify_waiter_t, due);

        ngx_queue_remove(q);
        w->is_due = 0;

        w->look(w->data, ngx_exiting);
    }

    if (ngx_http_phone_verify_waiters.n && !ev->timer_set) {
        ngx_add_timer(ev, NGX_HTTP_PHONE_VERIFY_WAITERS_TICK);
    }
}


static void
ngx_http_phone_verify_waiters_read(ngx_http_phone_verify_watch_t *watch)
{
    uint64_t   names[NGX_HTTP_PHONE_VERIFY_WAITERS_READ];
    ngx_int_t  i, n;

    do {
        n = ngx_http_phone_verify_changes_read(watch->zone, &watch->seen,
                                           names,
                                           NGX_HTTP_PHONE_VERIFY_WAITERS_READ);

        if (n == NGX_DECLINED) {

            /* more than are kept */

            ngx_http_phone_verify_waiters_all(watch);
            return;
        }

        for (i = 0; i < n; i++) {
            ngx_http_phone_verify_waiters_changed(names[i]);
        }

    } while (n == NGX_HTTP_PHONE_VERIFY_WAITERS_READ);
}


static void
ngx_http_phone_verify_waiters_changed(uint64_t name)
{
    ngx_queue_t                          *q, *bucket;
    ngx_http_phone_verify_waiter_name_t  *n;

    bucket = ngx_http_phone_verify_waiters_bucket(name);

    for (q = ngx_queue_head(bucket); q != bucket; q = ngx_queue_next(q)) {
        n = ngx_queue_data(q, ngx_http_phone_verify_waiter_name_t, queue);

        if (n->name == name) {
            ngx_http_phone_verify_waiters_due(n->waiter);
        }
    }
}


static void
ngx_http_phone_verify_waiters_all(ngx_http_phone_verify_watch_t *watch)
{
    ngx_queue_t  *q;

    for (q = ngx_queue_head(&watch->waiters);
         q != &watch->waiters;
         q = ngx_queue_next(q))
    {
        ngx_http_phone_verify_waiters_due(
                    ngx_queue_data(q, ngx_http_phone_verify_waiter_t, queue));
    }
}


static void
ngx_http_phone_verify_waiters_due(ngx_http_phone_verify_waiter_t *w)
{
    if (!w->is_due) {
        w->is_due = 1;
        ngx_queue_insert_tail(&ngx_http_phone_verify_waiters.due, &w->due);
    }
}
