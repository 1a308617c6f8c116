
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "endpoints/gone.h"
#include "endpoints/wait.h"
#include "endpoints/waiters.h"
#include "verification/ask.h"
#include "verification/store/meter.h"


/* Requests that wait; which of them to look at, waiters.c knows. */


typedef struct {
    ngx_http_phone_verify_waiter_t        waiter;
    ngx_event_t                           timer;
    ngx_http_request_t                   *request;  /* NULL: cut */
    ngx_http_phone_verify_session_t      *session;
    const ngx_http_phone_verify_app_t    *app;
    ngx_uint_t                            status;   /* what the client knows */
    ngx_uint_t                            reason;
    ngx_uint_t                            sends;
    ngx_uint_t                            delivered;
    ngx_uint_t                            wait;     /* its name, of all */
    ngx_msec_t                            end;      /* of the wait */
    ngx_msec_t                            expires;  /* of the verification */
    ngx_msec_t                            ask;      /* when to ask Sinch */
    ngx_uint_t                            asking;
    ngx_http_phone_verify_wait_pt         handler;
    u_char                                id[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    u_char                                reference[
                                            NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];
} ngx_http_phone_verify_wait_t;


static void ngx_http_phone_verify_wait_look(void *data, ngx_uint_t over);
static void ngx_http_phone_verify_wait_ask(ngx_http_phone_verify_wait_t *w,
    const ngx_http_phone_verify_view_t *view);
static void ngx_http_phone_verify_wait_timer(ngx_event_t *ev);
static void ngx_http_phone_verify_wait_arm(ngx_http_phone_verify_wait_t *w);
static void ngx_http_phone_verify_wait_cleanup(void *data);
static void ngx_http_phone_verify_wait_remember(
    ngx_http_phone_verify_wait_t *w,
    const ngx_http_phone_verify_view_t *view);
static void ngx_http_phone_verify_wait_remove(
    ngx_http_phone_verify_wait_t *w);
static void ngx_http_phone_verify_wait_call(ngx_http_phone_verify_wait_t *w,
    ngx_uint_t over);


#define ngx_http_phone_verify_wait_past(msec)                                 \
    ((ngx_msec_int_t) (ngx_current_msec - (msec)) >= 0)


ngx_int_t
ngx_http_phone_verify_wait(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s, const ngx_http_phone_verify_app_t *app,
    ngx_uint_t seconds, ngx_http_phone_verify_wait_pt handler)
{
    ngx_http_cleanup_t                   *cln;
    ngx_http_phone_verify_wait_t         *w, *older;
    const ngx_http_phone_verify_view_t   *view;
    const ngx_http_phone_verify_token_t  *token;

    token = ngx_http_phone_verify_session_pending(s);
    view = ngx_http_phone_verify_session_view(s);

    if (token == NULL || view == NULL
        || view->status != NGX_HTTP_PHONE_VERIFY_PENDING
        || ngx_exiting)
    {
        return NGX_DECLINED;
    }

    older = ngx_http_phone_verify_waiters_find(token->session);

    if (older == NULL && ngx_http_phone_verify_waiters_full()) {
        return NGX_DECLINED;
    }

    w = ngx_pcalloc(r->pool, sizeof(ngx_http_phone_verify_wait_t));
    cln = ngx_http_cleanup_add(r, 0);

    if (w == NULL || cln == NULL
        || ngx_http_phone_verify_notice_gone(r) != NGX_OK)
    {
        return NGX_ERROR;
    }

    w->request = r;
    w->session = s;
    w->app = app;
    w->handler = handler;
    w->end = ngx_current_msec + seconds * 1000;

    ngx_memcpy(w->id, token->session, sizeof(w->id));
    ngx_memcpy(w->reference, view->reference, sizeof(w->reference));

    /* the newer one is there before the older one's client hears of its end */

    w->wait = ngx_http_phone_verify_store_wait_begin(app->zone, w->id);

    if (older) {
        ngx_http_phone_verify_wait_call(older, 1);
    }

    w->waiter.look = ngx_http_phone_verify_wait_look;
    w->waiter.data = w;

    if (ngx_http_phone_verify_waiters_add(&w->waiter, app->zone, w->id,
                                          view->reference)
        != NGX_OK)
    {
        ngx_http_phone_verify_store_wait_end(app->zone, w->id, w->wait);
        return NGX_ERROR;
    }

    ngx_http_phone_verify_meter_now(app->zone,
                                    NGX_HTTP_PHONE_VERIFY_NOW_WAITING, 1);

    cln->handler = ngx_http_phone_verify_wait_cleanup;
    cln->data = w;

    w->timer.handler = ngx_http_phone_verify_wait_timer;
    w->timer.data = w;
    w->timer.log = r->connection->log;

    ngx_http_phone_verify_wait_remember(w, view);
    ngx_http_phone_verify_wait_arm(w);

    r->connection->log->action = "waiting for a verification";
    r->main->count++;

    return NGX_DONE;
}


/* What it waits for may have changed; "over": the worker exits. */

static void
ngx_http_phone_verify_wait_look(void *data, ngx_uint_t over)
{
    ngx_http_phone_verify_wait_t *w = data;

    const ngx_http_phone_verify_view_t  *view;

    if (over) {
        ngx_http_phone_verify_wait_call(w, 1);
        return;
    }

    ngx_http_phone_verify_session_refresh(w->session);
    view = ngx_http_phone_verify_session_view(w->session);

    if (view && view->wait != w->wait) {

        /* the client waits anew, at another worker */

        ngx_http_phone_verify_wait_call(w, 1);
        return;
    }

    if (view == NULL || view->status != w->status
        || view->reason != w->reason || view->sends != w->sends
        || view->delivered != w->delivered)
    {
        ngx_http_phone_verify_wait_call(w, 0);
        return;
    }

    ngx_http_phone_verify_wait_remember(w, view);
    ngx_http_phone_verify_wait_ask(w, view);
    ngx_http_phone_verify_wait_arm(w);
}


static void
ngx_http_phone_verify_wait_ask(ngx_http_phone_verify_wait_t *w,
    const ngx_http_phone_verify_view_t *view)
{
    /* by its id, which is known as soon as its start was answered */

    if (w->app->poll == 0 || view->id_len == 0
        || (w->asking && !ngx_http_phone_verify_wait_past(w->ask)))
    {
        return;
    }

    w->asking = 1;
    w->ask = ngx_current_msec
             + ngx_http_phone_verify_ask(w->app, view,
                                         w->request->connection->log);
}


/* The time is up, of the wait or of the verification, or Sinch is asked. */

static void
ngx_http_phone_verify_wait_timer(ngx_event_t *ev)
{
    ngx_http_phone_verify_wait_t *w = ev->data;

    if (ngx_http_phone_verify_wait_past(w->end)) {
        ngx_http_phone_verify_wait_call(w, 1);
        return;
    }

    ngx_http_phone_verify_wait_look(w, 0);
}


static void
ngx_http_phone_verify_wait_arm(ngx_http_phone_verify_wait_t *w)
{
    ngx_msec_int_t  left;

    left = (ngx_msec_int_t) (w->end - ngx_current_msec);

    left = ngx_min(left, (ngx_msec_int_t) (w->expires - ngx_current_msec));

    if (w->asking) {
        left = ngx_min(left, (ngx_msec_int_t) (w->ask - ngx_current_msec));
    }

    if (w->timer.timer_set) {
        ngx_del_timer(&w->timer);
    }

    ngx_add_timer(&w->timer, ngx_max(left, 1));
}


static void
ngx_http_phone_verify_wait_cleanup(void *data)
{
    ngx_http_phone_verify_wait_t *w = data;

    ngx_http_phone_verify_wait_remove(w);
}


static void
ngx_http_phone_verify_wait_remember(ngx_http_phone_verify_wait_t *w,
    const ngx_http_phone_verify_view_t *view)
{
    if (view == NULL) {
        return;
    }

    w->status = view->status;
    w->reason = view->reason;
    w->sends = view->sends;
    w->delivered = view->delivered;
    w->expires = ngx_current_msec + view->expires_in * 1000;

    if (ngx_memcmp(w->reference, view->reference, sizeof(w->reference)) != 0) {
        ngx_memcpy(w->reference, view->reference, sizeof(w->reference));

        ngx_http_phone_verify_waiters_of(&w->waiter, w->reference);

        w->asking = 0;
    }
}


static void
ngx_http_phone_verify_wait_remove(ngx_http_phone_verify_wait_t *w)
{
    if (w->request == NULL) {
        return;
    }

    w->request = NULL;

    ngx_http_phone_verify_meter_now(w->app->zone,
                                    NGX_HTTP_PHONE_VERIFY_NOW_WAITING, -1);

    ngx_http_phone_verify_store_wait_end(w->app->zone, w->id, w->wait);

    ngx_http_phone_verify_waiters_remove(&w->waiter);

    if (w->timer.timer_set) {
        ngx_del_timer(&w->timer);
    }
}


static void
ngx_http_phone_verify_wait_call(ngx_http_phone_verify_wait_t *w,
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
        ngx_http_phone_verify_wait_arm(w);
        return;
    }

    ngx_http_phone_verify_wait_remove(w);

    r->read_event_handler = ngx_http_block_reading;
    c->log->action = "sending to client";

    ngx_http_finalize_request(r, rc);

    ngx_http_run_posted_requests(c);
}
