
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "endpoints/endpoint.h"
#include "endpoints/input.h"
#include "endpoints/reply.h"


/* phone_verify_status: how the visitor's verification stands */


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
    ngx_http_phone_verify_view_t             view;
    ngx_http_phone_verify_session_t         *s;
    const ngx_http_phone_verify_loc_conf_t  *lcf;

    if (r != r->main) {
        return NGX_HTTP_FORBIDDEN;
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_phone_verify_not_allowed(r,
                                                 NGX_HTTP_GET|NGX_HTTP_HEAD);
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_phone_verify_module);

    s = ngx_http_phone_verify_session(r, lcf->endpoint);
    if (s == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* like the gate: who asks after a success by callback has its grant */

    rc = ngx_http_phone_verify_session_claim(s);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(&view, sizeof(ngx_http_phone_verify_view_t));

    if (rc == NGX_DECLINED) {
        ngx_http_phone_verify_status_pending(s, lcf->endpoint, &view);
    }

    if (view.status == NGX_HTTP_PHONE_VERIFY_NONE) {
        ngx_http_phone_verify_status_verified(s, &view);
    }

    return ngx_http_phone_verify_reply_status(r, &view, NULL);
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
