
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "endpoints/wait.h"
#include "verification/ask.h"
#include "verification/meter.h"


#define NGX_HTTP_PHONE_VERIFY_WAITERS_MAX  16384    /* of a worker */
#define NGX_HTTP_PHONE_VERIFY_WAIT_TICK    100      /* msec */


typedef struct {
    ngx_rbtree_node_t                     node;     /* by session id */
    ngx_queue_t                           queue;
    ngx_event_t                           timer;
    ngx_http_request_t                   *request;  /* NULL: cut */
    ngx_http_phone_verify_session_t      *session;
    const ngx_http_phone_verify_app_t    *app;
    ngx_atomic_uint_t                     changes;  /* of the zone, seen */
    ngx_uint_t                            status;   /* what the client knows */
    ngx_uint_t                            reason;
    ngx_uint_t                            sends;
    ngx_uint_t                            wait;     /* its name, of all */
    u_char                                id[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    time_t                                asked;    /* whether to ask Sinch */
    ngx_http_phone_verify_wait_pt         handler;
} ngx_http_phone_verify_waiter_t;


/* A worker's own.  The tick runs only while somebody waits. */

typedef struct {
    ngx_rbtree_t                          tree;
    ngx_rbtree_node_t                     sentinel;
    ngx_queue_t                           queue;
    ngx_uint_t                            n;
    ngx_event_t                           tick;
    ngx_uint_t                            ready;
} ngx_http_phone_verify_waiters_t;


static void ngx_http_phone_verify_wait_init(void);
static ngx_rbtree_key_t ngx_http_phone_verify_wait_key(
    const ngx_http_phone_verify_token_t *token);
static ngx_http_phone_verify_waiter_t *ngx_http_phone_verify_wait_find(
    ngx_rbtree_key_t key);
static void ngx_http_phone_verify_wait_tick(ngx_event_t *ev);
static void ngx_http_phone_verify_wait_timeout(ngx_event_t *ev);
static void ngx_http_phone_verify_wait_cleanup(void *data);
static void ngx_http_phone_verify_wait_remember(
    ngx_http_phone_verify_waiter_t *w,
    const ngx_http_phone_verify_view_t *view);
static void ngx_http_phone_verify_wait_remove(
    ngx_http_phone_verify_waiter_t *w);
static void ngx_http_phone_verify_wait_call(ngx_http_phone_verify_waiter_t *w,
    ngx_uint_t over);


static ngx_http_phone_verify_waiters_t  ngx_http_phone_verify_waiters;


ngx_int_t
ngx_http_phone_verify_wait(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s, const ngx_http_phone_verify_app_t *app,
    ngx_uint_t seconds, ngx_http_phone_verify_wait_pt handler)
{
    ngx_http_cleanup_t                   *cln;
    ngx_http_phone_verify_waiter_t       *w, *older;
    const ngx_http_phone_verify_view_t   *view;
    const ngx_http_phone_verify_token_t  *token;

    ngx_http_phone_verify_wait_init();

    token = ngx_http_phone_verify_session_pending(s);
    view = ngx_http_phone_verify_session_view(s);

    if (token == NULL || view == NULL
        || view->status != NGX_HTTP_PHONE_VERIFY_PENDING
        || ngx_exiting)
    {
        return NGX_DECLINED;
    }

    older = ngx_http_phone_verify_wait_find(
                                       ngx_http_phone_verify_wait_key(token));

    if (older == NULL
        && ngx_http_phone_verify_waiters.n >= NGX_HTTP_PHONE_VERIFY_WAITERS_MAX)
    {
        return NGX_DECLINED;
    }

    w = ngx_pcalloc(r->pool, sizeof(ngx_http_phone_verify_waiter_t));
    cln = ngx_http_cleanup_add(r, 0);

    if (w == NULL || cln == NULL) {
        return NGX_ERROR;
    }

    w->request = r;
    w->session = s;
    w->app = app;
    w->handler = handler;

    ngx_memcpy(w->id, token->session, sizeof(w->id));

    /* the newer one is there before the older one's client hears of its end */

    w->wait = ngx_http_phone_verify_store_wait_begin(app->zone, w->id);

    if (older) {
        ngx_http_phone_verify_wait_call(older, 1);
    }

    ngx_http_phone_verify_wait_remember(w, view);

    w->node.key = ngx_http_phone_verify_wait_key(token);
    ngx_rbtree_insert(&ngx_http_phone_verify_waiters.tree, &w->node);
    ngx_queue_insert_tail(&ngx_http_phone_verify_waiters.queue, &w->queue);

    if (ngx_http_phone_verify_waiters.n++ == 0) {
        ngx_add_timer(&ngx_http_phone_verify_waiters.tick,
                      NGX_HTTP_PHONE_VERIFY_WAIT_TICK);
    }

    ngx_http_phone_verify_meter_now(app->zone,
                                    NGX_HTTP_PHONE_VERIFY_NOW_WAITING, 1);

    cln->handler = ngx_http_phone_verify_wait_cleanup;
    cln->data = w;

    w->timer.handler = ngx_http_phone_verify_wait_timeout;
    w->timer.data = w;
    w->timer.log = r->connection->log;

    ngx_add_timer(&w->timer, seconds * 1000);

    /* notices a client that goes away */

    r->read_event_handler = ngx_http_test_reading;
    r->connection->log->action = "waiting for a verification";
    r->main->count++;

    return NGX_DONE;
}


static void
ngx_http_phone_verify_wait_init(void)
{
    ngx_http_phone_verify_waiters_t  *ws;

    static struct { void *pad[3]; ngx_socket_t fd; }  ident;

    ws = &ngx_http_phone_verify_waiters;

    if (ws->ready) {
        return;
    }

    ngx_rbtree_init(&ws->tree, &ws->sentinel, ngx_rbtree_insert_value);
    ngx_queue_init(&ws->queue);

    /* nginx's debug log looks for an fd in the fourth word */

    ident.fd = (ngx_socket_t) -1;

    ws->tick.handler = ngx_http_phone_verify_wait_tick;
    ws->tick.data = &ident;
    ws->tick.log = ngx_cycle->log;
    ws->tick.cancelable = 1;

    ws->ready = 1;
}


/* Session ids are random: eight bytes of one tell it from any other. */

static ngx_rbtree_key_t
ngx_http_phone_verify_wait_key(const ngx_http_phone_verify_token_t *token)
{
    ngx_rbtree_key_t  key;

    ngx_memcpy(&key, token->session, sizeof(key));

    return key;
}


static ngx_http_phone_verify_waiter_t *
ngx_http_phone_verify_wait_find(ngx_rbtree_key_t key)
{
    ngx_rbtree_node_t  *node, *sentinel;

    node = ngx_http_phone_verify_waiters.tree.root;
    sentinel = &ngx_http_phone_verify_waiters.sentinel;

    while (node != sentinel) {

        if (key == node->key) {
            return ngx_rbtree_data(node, ngx_http_phone_verify_waiter_t, node);
        }

        node = (key < node->key) ? node->left : node->right;
    }

    return NULL;
}


/*
 * nginx's channel takes no messages from modules, so workers look at a counter
 * in the zone; only when that has moved are their waiters looked at.
 */

static void
ngx_http_phone_verify_wait_tick(ngx_event_t *ev)
{
    ngx_uint_t                           n;
    ngx_queue_t                         *q;
    ngx_atomic_uint_t                    changes;
    ngx_http_phone_verify_waiter_t      *w;
    const ngx_http_phone_verify_view_t  *view;

    /* answering one may take others away, and bring no new ones here */

    n = ngx_http_phone_verify_waiters.n;

    while (n-- && !ngx_queue_empty(&ngx_http_phone_verify_waiters.queue)) {

        q = ngx_queue_head(&ngx_http_phone_verify_waiters.queue);
        w = ngx_queue_data(q, ngx_http_phone_verify_waiter_t, queue);

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&ngx_http_phone_verify_waiters.queue, q);

        if (ngx_exiting) {
            ngx_http_phone_verify_wait_call(w, 1);
            continue;
        }

        changes = ngx_http_phone_verify_zone_changes(w->app->zone);

        if (changes != w->changes) {

            ngx_http_phone_verify_session_refresh(w->session);
            view = ngx_http_phone_verify_session_view(w->session);

            if (view && view->wait != w->wait) {

                /* the client waits anew, at another worker */

                ngx_http_phone_verify_wait_call(w, 1);
                continue;
            }

            if (view == NULL || view->status != w->status
                || view->reason != w->reason || view->sends != w->sends)
            {
                ngx_http_phone_verify_wait_call(w, 0);
                continue;
            }

            w->changes = changes;
        }

        /* when it is due is counted in seconds, and known under the mutex */

        if (w->app->poll && w->asked != ngx_time()) {
            w->asked = ngx_time();
            view = ngx_http_phone_verify_session_view(w->session);

            if (view) {
                ngx_http_phone_verify_ask(w->app, view, ev->log);
            }
        }
    }

    if (ngx_http_phone_verify_waiters.n) {
        ngx_add_timer(ev, NGX_HTTP_PHONE_VERIFY_WAIT_TICK);
    }
}


static void
ngx_http_phone_verify_wait_timeout(ngx_event_t *ev)
{
    ngx_http_phone_verify_waiter_t *w = ev->data;

    ngx_http_phone_verify_wait_call(w, 1);
}


static void
ngx_http_phone_verify_wait_cleanup(void *data)
{
    ngx_http_phone_verify_waiter_t *w = data;

    ngx_http_phone_verify_wait_remove(w);
}


static void
ngx_http_phone_verify_wait_remember(ngx_http_phone_verify_waiter_t *w,
    const ngx_http_phone_verify_view_t *view)
{
    /*
     * What changed since "view" was looked up must not be missed: so the next
     * tick looks again whatever the counter says.
     */

    w->changes = ngx_http_phone_verify_zone_changes(w->app->zone) - 1;

    if (view) {
        w->status = view->status;
        w->reason = view->reason;
        w->sends = view->sends;
    }
}


static void
ngx_http_phone_verify_wait_remove(ngx_http_phone_verify_waiter_t *w)
{
    if (w->request == NULL) {
        return;
    }

    w->request = NULL;

    ngx_http_phone_verify_meter_now(w->app->zone,
                                    NGX_HTTP_PHONE_VERIFY_NOW_WAITING, -1);

    ngx_http_phone_verify_store_wait_end(w->app->zone, w->id, w->wait);

    ngx_rbtree_delete(&ngx_http_phone_verify_waiters.tree, &w->node);
    ngx_queue_remove(&w->queue);

    if (w->timer.timer_set) {
        ngx_del_timer(&w->timer);
    }

    if (--ngx_http_phone_verify_waiters.n == 0
        && ngx_http_phone_verify_waiters.tick.timer_set)
    {
        ngx_del_timer(&ngx_http_phone_verify_waiters.tick);
    }
}


static void
ngx_http_phone_verify_wait_call(ngx_http_phone_verify_waiter_t *w,
    ngx_uint_t over)
{
    ngx_int_t            rc;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = w->request;
    c = r->connection;

    ngx_http_phone_verify_session_refresh(w->session);

    rc = w->handler(r, w->session, over);

    if (rc == NGX_AGAIN) {
        ngx_http_phone_verify_wait_remember(w,
                               ngx_http_phone_verify_session_view(w->session));
        return;
    }

    ngx_http_phone_verify_wait_remove(w);

    r->read_event_handler = ngx_http_block_reading;
    c->log->action = "sending to client";

    ngx_http_finalize_request(r, rc);

    ngx_http_run_posted_requests(c);
}
