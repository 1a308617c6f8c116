
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <curl/curl.h>
#include <openssl/err.h>

#include "transport/loop.h"
#include "transport/socket.h"


typedef struct {
    CURLM                                  *multi;
    CURLSH                                 *share;

    ngx_event_t                             timer;      /* libcurl's */
    ngx_event_t                             idle;
    ngx_connection_t                        dummy;      /* of the events */

    ngx_queue_t                             flights;
    ngx_uint_t                              departing;
    ngx_msec_t                              keepalive;

    ngx_http_phone_verify_loop_closing_pt   closing;

    unsigned                                global:1;
} ngx_http_phone_verify_loop_t;


static ngx_int_t ngx_http_phone_verify_loop_multi(void);
static void ngx_http_phone_verify_loop_close(void);
static void ngx_http_phone_verify_loop_fail(CURLMcode mc);
static void ngx_http_phone_verify_loop_drain(void);
static void ngx_http_phone_verify_loop_empty(void);
static int ngx_http_phone_verify_loop_set_timer(CURLM *multi, long msec,
    void *data);
static void ngx_http_phone_verify_loop_clear_timer(void);
static void ngx_http_phone_verify_loop_timer(ngx_event_t *ev);
static void ngx_http_phone_verify_loop_idle(ngx_event_t *ev);


static ngx_http_phone_verify_loop_t  ngx_http_phone_verify_loop;


ngx_int_t
ngx_http_phone_verify_loop_open(ngx_msec_t keepalive,
    ngx_http_phone_verify_loop_closing_pt closing)
{
    ngx_http_phone_verify_loop_t  *loop;

    loop = &ngx_http_phone_verify_loop;

    loop->keepalive = ngx_max(loop->keepalive, keepalive);

    if (loop->multi) {
        return NGX_OK;
    }

    if (!loop->global) {

        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "curl_global_init() failed");
            return NGX_ERROR;
        }

        loop->global = 1;
        loop->closing = closing;
        loop->dummy.fd = (ngx_socket_t) -1;

        loop->timer.handler = ngx_http_phone_verify_loop_timer;
        loop->timer.data = &loop->dummy;
        loop->timer.log = ngx_cycle->log;
        loop->timer.cancelable = 1;

        loop->idle.handler = ngx_http_phone_verify_loop_idle;
        loop->idle.data = &loop->dummy;
        loop->idle.log = ngx_cycle->log;
        loop->idle.cancelable = 1;

        ngx_queue_init(&loop->flights);
    }

    if (loop->share == NULL) {

        loop->share = curl_share_init();

        if (loop->share == NULL
            || curl_share_setopt(loop->share, CURLSHOPT_SHARE,
                                 CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK)
        {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "curl_share_init() failed");
            return NGX_ERROR;
        }
    }

    return ngx_http_phone_verify_loop_multi();
}


static ngx_int_t
ngx_http_phone_verify_loop_multi(void)
{
    CURLM  *multi;

    multi = curl_multi_init();

    if (multi == NULL
        || curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION,
                             ngx_http_phone_verify_socket_watch) != CURLM_OK
        || curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION,
                             ngx_http_phone_verify_loop_set_timer) != CURLM_OK)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "curl_multi_init() failed");

        if (multi) {
            curl_multi_cleanup(multi);
        }

        return NGX_ERROR;
    }

    /*
     * The number of idle connections is left to libcurl: four times the
     * handles that are in the loop, so a burst keeps its connections as long
     * as it lasts, and they go when it has gone.
     */

    ngx_http_phone_verify_loop.multi = multi;
    ngx_http_phone_verify_loop.departing = 0;

    return NGX_OK;
}


CURLcode
ngx_http_phone_verify_loop_prepare(CURL *easy)
{
    CURLcode  rc;

    rc = curl_easy_setopt(easy, CURLOPT_SHARE,
                          ngx_http_phone_verify_loop.share);

    if (rc == CURLE_OK) {
        rc = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION,
                              ngx_http_phone_verify_socket_open);
    }

    if (rc == CURLE_OK) {
        rc = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION,
                              ngx_http_phone_verify_socket_close);
    }

    return rc;
}


ngx_int_t
ngx_http_phone_verify_loop_add(ngx_http_phone_verify_flight_t *f)
{
    CURLMcode                      mc;
    ngx_http_phone_verify_loop_t  *loop;

    loop = &ngx_http_phone_verify_loop;

    if (curl_easy_setopt(f->easy, CURLOPT_PRIVATE, f) != CURLE_OK) {
        return NGX_ERROR;
    }

    /* asks for a timer of 0 ms, and does all the rest when that one fires */

    mc = curl_multi_add_handle(loop->multi, f->easy);

    if (mc != CURLM_OK) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "curl_multi_add_handle() failed (%d: %s)",
                      (int) mc, curl_multi_strerror(mc));
        return NGX_ERROR;
    }

    if (loop->idle.timer_set) {
        ngx_del_timer(&loop->idle);
    }

    ngx_queue_insert_tail(&loop->flights, &f->queue);
    loop->departing++;

    return NGX_OK;
}


void
ngx_http_phone_verify_loop_remove(ngx_http_phone_verify_flight_t *f)
{
    curl_multi_remove_handle(ngx_http_phone_verify_loop.multi, f->easy);
    ERR_clear_error();

    ngx_queue_remove(&f->queue);

    ngx_http_phone_verify_loop_empty();
}


ngx_uint_t
ngx_http_phone_verify_loop_departing(void)
{
    return ngx_http_phone_verify_loop.departing;
}


void
ngx_http_phone_verify_loop_exit(void)
{
    ngx_http_phone_verify_loop_t  *loop;

    loop = &ngx_http_phone_verify_loop;

    ngx_http_phone_verify_loop_close();

    if (loop->share) {
        curl_share_cleanup(loop->share);
        loop->share = NULL;
    }

    if (loop->global) {
        curl_global_cleanup();
        loop->global = 0;
    }
}


/* Closes the idle connections too: libcurl calls back for each of them */

static void
ngx_http_phone_verify_loop_close(void)
{
    ngx_http_phone_verify_loop_t  *loop;

    loop = &ngx_http_phone_verify_loop;

    if (loop->multi == NULL) {
        return;
    }

    curl_multi_cleanup(loop->multi);
    loop->multi = NULL;

    ngx_http_phone_verify_sockets_forget();

    ERR_clear_error();

    ngx_http_phone_verify_loop_clear_timer();

    if (loop->idle.timer_set) {
        ngx_del_timer(&loop->idle);
    }
}


void
ngx_http_phone_verify_loop_closing(void)
{
    ngx_http_phone_verify_loop.closing();
}


void
ngx_http_phone_verify_loop_ready(curl_socket_t fd, int mask)
{
    int                            running;
    CURLMcode                      mc;
    ngx_http_phone_verify_loop_t  *loop;

    loop = &ngx_http_phone_verify_loop;

    if (loop->multi == NULL) {
        return;
    }

    /* whatever it is called for, libcurl then begins what has been added */

    loop->departing = 0;

    mc = curl_multi_socket_action(loop->multi, fd, mask, &running);

    /* the queue of errors is the thread's, and nginx looks at it too */

    ERR_clear_error();

    if (mc != CURLM_OK) {
        ngx_http_phone_verify_loop_fail(mc);
        return;
    }

    ngx_http_phone_verify_loop_drain();
}


/*
 * The handle leaves the loop before landed() is called, which may add another
 * one or remove any.
 */

static void
ngx_http_phone_verify_loop_drain(void)
{
    int                              left;
    char                            *private;
    CURL                            *easy;
    CURLMsg                         *msg;
    CURLcode                         rc;
    ngx_http_phone_verify_loop_t    *loop;
    ngx_http_phone_verify_flight_t  *f;

    loop = &ngx_http_phone_verify_loop;

    for ( ;; ) {
        msg = curl_multi_info_read(loop->multi, &left);

        if (msg == NULL) {
            return;
        }

        if (msg->msg != CURLMSG_DONE) {
            continue;
        }

        /* the message goes with the handle */

        easy = msg->easy_handle;
        rc = msg->data.result;

        private = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);

        if (private == NULL) {
            continue;
        }

        f = (ngx_http_phone_verify_flight_t *) private;

        ngx_http_phone_verify_loop_remove(f);

        f->landed(f, rc);
    }
}


/* After this libcurl allows nothing but taking the handles out */

static void
ngx_http_phone_verify_loop_fail(CURLMcode mc)
{
    ngx_queue_t                     *q, flights;
    ngx_http_phone_verify_loop_t    *loop;
    ngx_http_phone_verify_flight_t  *f;

    loop = &ngx_http_phone_verify_loop;

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "curl_multi_socket_action() failed (%d: %s), "
                  "all requests are ended",
                  (int) mc, curl_multi_strerror(mc));

    for (q = ngx_queue_head(&loop->flights);
         q != ngx_queue_sentinel(&loop->flights);
         q = ngx_queue_next(q))
    {
        f = ngx_queue_data(q, ngx_http_phone_verify_flight_t, queue);
        curl_multi_remove_handle(loop->multi, f->easy);
    }

    ngx_http_phone_verify_loop_close();

    if (ngx_queue_empty(&loop->flights)) {
        return;
    }

    ngx_queue_init(&flights);
    ngx_queue_add(&flights, &loop->flights);
    ngx_queue_init(&loop->flights);

    while (!ngx_queue_empty(&flights)) {
        q = ngx_queue_head(&flights);
        ngx_queue_remove(q);

        f = ngx_queue_data(q, ngx_http_phone_verify_flight_t, queue);
        f->landed(f, CURLE_ABORTED_BY_CALLBACK);
    }
}


static void
ngx_http_phone_verify_loop_empty(void)
{
    ngx_http_phone_verify_loop_t  *loop;

    loop = &ngx_http_phone_verify_loop;

    if (ngx_queue_empty(&loop->flights)) {
        ngx_add_timer(&loop->idle, loop->keepalive);
    }
}


/*
 * The timer is deleted first, since ngx_add_timer() keeps one that is set and
 * due at about the same time, while libcurl wants it replaced.  0 ms must not
 * go to ngx_add_timer() either: a timer that is set again and again while
 * timers are expired would keep all sockets waiting.  One that is posted
 * stays where it is: posted anew each time, it might never be reached.
 */

static int
ngx_http_phone_verify_loop_set_timer(CURLM *multi, long msec, void *data)
{
    ngx_event_t  *ev;

    (void) multi;
    (void) data;

    ev = &ngx_http_phone_verify_loop.timer;

    if (msec == 0 && ev->posted) {
        return 0;
    }

    ngx_http_phone_verify_loop_clear_timer();

    if (msec == 0) {
        ngx_post_event(ev, &ngx_posted_next_events);

    } else if (msec > 0) {
        ngx_add_timer(ev, (ngx_msec_t) msec);
    }

    return 0;
}


static void
ngx_http_phone_verify_loop_clear_timer(void)
{
    ngx_event_t  *ev;

    ev = &ngx_http_phone_verify_loop.timer;

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    if (ev->posted) {
        ngx_delete_posted_event(ev);
    }
}


static void
ngx_http_phone_verify_loop_timer(ngx_event_t *ev)
{
    (void) ev;

    ngx_http_phone_verify_loop_ready(CURL_SOCKET_TIMEOUT, 0);
}


static void
ngx_http_phone_verify_loop_idle(ngx_event_t *ev)
{
    (void) ev;

    ngx_http_phone_verify_loop_close();
}
