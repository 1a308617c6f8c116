
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "endpoints/endpoint.h"
#include "endpoints/input.h"
#include "endpoints/reply.h"
#include "endpoints/status.h"
#include "endpoints/stream.h"
#include "endpoints/wait.h"


/* phone_verify_status: how the visitor's verification stands */


static ngx_uint_t ngx_http_phone_verify_status_wait(ngx_http_request_t *r,
    const ngx_http_phone_verify_view_t *view);
static ngx_int_t ngx_http_phone_verify_status_ready(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s, ngx_uint_t over);
static ngx_int_t ngx_http_phone_verify_status_reply(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s,
    const ngx_http_phone_verify_view_t *view);
static ngx_int_t ngx_http_phone_verify_status_now(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s, const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_view_t *view);
static void ngx_http_phone_verify_status_pending(
    ngx_http_phone_verify_session_t *s,
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_view_t *view);
static void ngx_http_phone_verify_status_verified(
    ngx_http_phone_verify_session_t *s, ngx_http_phone_verify_view_t *view);


ngx_int_t
ngx_http_phone_verify_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                                rc;
    ngx_uint_t                               seconds;
    ngx_http_phone_verify_view_t             view;
    ngx_http_phone_verify_session_t         *s;
    const ngx_http_phone_verify_loc_conf_t  *lcf;

    if (r != r->main) {
        return NGX_HTTP_FORBIDDEN;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_phone_verify_module);

    rc = ngx_http_phone_verify_methods_check(r, lcf->endpoint,
                                             NGX_HTTP_GET|NGX_HTTP_HEAD);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    s = ngx_http_phone_verify_session(r, lcf->endpoint);
    if (s == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_phone_verify_stream_wanted(r)) {
        return ngx_http_phone_verify_stream(r, s, lcf->endpoint);
    }

    rc = ngx_http_phone_verify_status_now(r, s, lcf->endpoint, &view);

    if (rc != NGX_OK) {
        return rc;
    }

    seconds = ngx_http_phone_verify_status_wait(r, &view);

    if (seconds) {

        rc = ngx_http_discard_request_body(r);

        if (rc != NGX_OK) {
            return rc;
        }

        rc = ngx_http_phone_verify_wait(r, s, lcf->endpoint, seconds,
                                        ngx_http_phone_verify_status_ready);

        if (rc == NGX_DONE) {
            return NGX_DONE;
        }

        if (rc == NGX_ERROR) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return ngx_http_phone_verify_status_reply(r, s, &view);
}


/* The argument "wait" in seconds; 0 without one, or if there is news now. */

static ngx_uint_t
ngx_http_phone_verify_status_wait(ngx_http_request_t *r,
    const ngx_http_phone_verify_view_t *view)
{
    ngx_int_t  seconds;
    ngx_str_t  value;

    if (r->method != NGX_HTTP_GET
        || view->status != NGX_HTTP_PHONE_VERIFY_PENDING
        || ngx_http_arg(r, (u_char *) "wait", 4, &value) != NGX_OK)
    {
        return 0;
    }

    seconds = ngx_atoi(value.data, value.len);

    if (seconds == NGX_ERROR) {
        return 0;
    }

    /* between its last answer and this question it may have been delivered */

    if (view->delivered
        && ngx_http_arg(r, (u_char *) "delivered", 9, &value) == NGX_OK
        && value.len == 1 && value.data[0] == '0')
    {
        return 0;
    }

    return ngx_min(seconds, NGX_HTTP_PHONE_VERIFY_WAIT_MAX);
}


static ngx_int_t
ngx_http_phone_verify_status_ready(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s, ngx_uint_t over)
{
    ngx_int_t                     rc;
    ngx_http_phone_verify_view_t  view;

    rc = ngx_http_phone_verify_status_now(r, s,
                                       ngx_http_phone_verify_location_app(r),
                                       &view);
    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_phone_verify_status_reply(r, s, &view);
}


static ngx_int_t
ngx_http_phone_verify_status_reply(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s,
    const ngx_http_phone_verify_view_t *view)
{
    ngx_http_phone_verify_sinch_answer_t  answer;

    ngx_http_phone_verify_status_answer(view,
                                     ngx_http_phone_verify_session_pending(s),
                                     &answer);

    return ngx_http_phone_verify_reply_status(r, view, &answer);
}


void
ngx_http_phone_verify_status_answer(const ngx_http_phone_verify_view_t *view,
    const ngx_http_phone_verify_token_t *token,
    ngx_http_phone_verify_sinch_answer_t *answer)
{
    ngx_memzero(answer, sizeof(ngx_http_phone_verify_sinch_answer_t));

    ngx_http_phone_verify_flashcall_answer(&view->flashcall, answer);

    if (token && token->method == view->method) {
        answer->target_uri.data = (u_char *) token->target;
        answer->target_uri.len = token->target_len;
    }
}


/* NGX_OK, or an HTTP status. */

static ngx_int_t
ngx_http_phone_verify_status_now(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s, const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_view_t *view)
{
    ngx_int_t  rc;

    /* like the gate: who asks after a success by callback has its grant */

    rc = ngx_http_phone_verify_session_claim(s);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_phone_verify_status_view(s, app, rc == NGX_OK, view);

    return NGX_OK;
}


void
ngx_http_phone_verify_status_view(ngx_http_phone_verify_session_t *s,
    const ngx_http_phone_verify_app_t *app, ngx_uint_t claimed,
    ngx_http_phone_verify_view_t *view)
{
    ngx_memzero(view, sizeof(ngx_http_phone_verify_view_t));

    if (!claimed) {
        ngx_http_phone_verify_status_pending(s, app, view);
    }

    if (view->status == NGX_HTTP_PHONE_VERIFY_NONE) {
        ngx_http_phone_verify_status_verified(s, view);
    }
}


/*
 * What is pending comes before an old grant, as in the variables on the page:
 * people want to hear of the step-up that they are at.
 */

static void
ngx_http_phone_verify_status_pending(ngx_http_phone_verify_session_t *s,
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_view_t *view)
{
    const ngx_http_phone_verify_view_t   *known;
    const ngx_http_phone_verify_token_t  *token;

    token = ngx_http_phone_verify_session_pending(s);

    if (token == NULL) {
        return;
    }

    known = ngx_http_phone_verify_session_view(s);

    if (known) {

        /* a success that could not be claimed is no news to this visitor */

        if (known->status != NGX_HTTP_PHONE_VERIFY_SUCCESSFUL) {
            *view = *known;
        }

        return;
    }

    /* another node may know of it; it can still be reported */

    view->status = NGX_HTTP_PHONE_VERIFY_PENDING;
    view->method = token->method;
    view->number = token->number;
    view->expires_in = ngx_max(token->expires - ngx_time(), 0);
    view->attempts_left = app->policy.attempts;
    view->attempts_off = (app->policy.attempts == 0);
}


static void
ngx_http_phone_verify_status_verified(ngx_http_phone_verify_session_t *s,
    ngx_http_phone_verify_view_t *view)
{
    const ngx_http_phone_verify_token_t  *token;

    token = ngx_http_phone_verify_session_grant(s);

    if (token == NULL) {
        return;
    }

    view->status = NGX_HTTP_PHONE_VERIFY_SUCCESSFUL;
    view->method = token->method;
    view->number = token->number;
    view->expires_in = ngx_max(token->expires - ngx_time(), 0);
}
