
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/start_impl.h"


/* How a start ends: in the record, and for the client. */


static void ngx_http_phone_verify_start_target(
    ngx_http_phone_verify_token_t *token, const ngx_str_t *uri);


void
ngx_http_phone_verify_start_ended(ngx_http_phone_verify_start_t *start,
    ngx_uint_t status, ngx_uint_t reason, ngx_str_t *id)
{
    ngx_str_t                           none;
    ngx_http_phone_verify_view_t       *view;
    ngx_http_phone_verify_operation_t  *op;

    op = &start->operation;
    view = &op->outcome.view;

    ngx_str_null(&none);

    if (id == NULL || id->len > NGX_HTTP_PHONE_VERIFY_ID_MAX) {
        id = &none;
    }

    ngx_http_phone_verify_store_started(op->app->zone, start->reference,
                                        status, reason, id);

    view->status = status;
    view->reason = reason;

    if (id->len) {
        view->id_len = id->len;
        ngx_memcpy(view->id, id->data, id->len);
    }
}


void
ngx_http_phone_verify_start_serve(ngx_http_phone_verify_start_t *start,
    const char *what)
{
    ngx_http_phone_verify_view_t        look, *view;
    ngx_http_phone_verify_token_t       token;
    ngx_http_phone_verify_operation_t  *op;

    op = &start->operation;
    view = &op->outcome.view;

    if (ngx_http_phone_verify_store_look(op->app->zone, &op->app->policy,
                                         start->session, &look)
        == NGX_OK)
    {
        *view = look;
    }

    if (view->status == NGX_HTTP_PHONE_VERIFY_DENIED
        && view->reason == NGX_HTTP_PHONE_VERIFY_REASON_CALLBACK_DENIED)
    {
        /* not sent, for its price: it was to nobody, but somebody's start */

        start->admission.denied = 1;
        ngx_http_phone_verify_admission_give_back(&start->admission);
    }

    ngx_http_phone_verify_operation_log(op, NGX_LOG_NOTICE, what);

    if (view->status != NGX_HTTP_PHONE_VERIFY_PENDING
        && view->status != NGX_HTTP_PHONE_VERIFY_SUCCESSFUL)
    {
        ngx_http_phone_verify_operation_finish(op,
                       ngx_http_phone_verify_ended(view->status, view->reason),
                       0);
        return;
    }

    ngx_memzero(&token, sizeof(ngx_http_phone_verify_token_t));

    ngx_memcpy(token.session, start->session, sizeof(token.session));
    ngx_memcpy(token.bind, start->bind, sizeof(token.bind));
    ngx_memcpy(token.reference, view->reference, sizeof(token.reference));
    ngx_memcpy(token.id, view->id, view->id_len);

    token.number = op->number;
    token.method = view->method;
    token.issued = ngx_time();
    token.expires = token.issued + op->app->policy.ttl / 1000;
    token.id_len = view->id_len;

    if (op->outcome.answer) {
        ngx_http_phone_verify_start_target(&token,
                                           &op->outcome.answer->target_uri);
    }

    if (ngx_http_phone_verify_operation_seal(op,
                                          NGX_HTTP_PHONE_VERIFY_TOKEN_PENDING,
                                          &token)
        != NGX_OK)
    {
        ngx_http_phone_verify_operation_finish(op,
                                     NGX_HTTP_PHONE_VERIFY_INTERNAL_ERROR, 0);
        return;
    }

    ngx_http_phone_verify_operation_finish(op, NGX_HTTP_PHONE_VERIFY_OK, 0);
}


/* Without a script a page has it from the token alone. */

static void
ngx_http_phone_verify_start_target(ngx_http_phone_verify_token_t *token,
    const ngx_str_t *uri)
{
    if (uri->len <= NGX_HTTP_PHONE_VERIFY_TARGET_MAX) {
        token->target_len = uri->len;
        ngx_memcpy(token->target, uri->data, uri->len);
    }
}
