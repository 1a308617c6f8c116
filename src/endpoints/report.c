
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "endpoints/endpoint.h"
#include "endpoints/hold.h"
#include "endpoints/input.h"
#include "endpoints/proof.h"
#include "endpoints/reply.h"
#include "session/answer.h"
#include "session/client.h"


/* phone_verify_report: a proof in, a grant out */


static ngx_int_t ngx_http_phone_verify_report_request(
    ngx_http_phone_verify_input_t *in);
static ngx_str_t *ngx_http_phone_verify_report_field(
    ngx_http_phone_verify_input_t *in, ngx_uint_t method);
static ngx_int_t ngx_http_phone_verify_report_reply(
    ngx_http_phone_verify_input_t *in,
    ngx_http_phone_verify_outcome_t *outcome);


ngx_int_t
ngx_http_phone_verify_report_handler(ngx_http_request_t *r)
{
    return ngx_http_phone_verify_input(r, NGX_HTTP_POST|NGX_HTTP_PUT, 0,
                                       ngx_http_phone_verify_report_request);
}


static ngx_int_t
ngx_http_phone_verify_report_request(ngx_http_phone_verify_input_t *in)
{
    u_char                                buf[NGX_HTTP_PHONE_VERIFY_PROOF_LEN];
    ngx_str_t                             proof, *field;
    ngx_uint_t                            error, method;
    ngx_http_phone_verify_hold_t         *hold;
    ngx_http_phone_verify_client_t        client;
    ngx_http_phone_verify_operation_t    *op;
    const ngx_http_phone_verify_view_t   *view;
    const ngx_http_phone_verify_token_t  *token;

    token = ngx_http_phone_verify_session_pending(in->session);
    view = ngx_http_phone_verify_session_view(in->session);

    if (token == NULL) {
        return ngx_http_phone_verify_reply_refused(in,
                                        NGX_HTTP_PHONE_VERIFY_NO_VERIFICATION,
                                        NULL);
    }

    /* a message that was sent again may have gone another way */

    method = view ? view->method : token->method;

    field = ngx_http_phone_verify_report_field(in, method);

    if (field == NULL) {
        return ngx_http_phone_verify_reply_refused(in,
                                        NGX_HTTP_PHONE_VERIFY_INVALID_REQUEST,
                                        NULL);
    }

    proof.data = buf;

    if (ngx_http_phone_verify_proof_read(method, field, &proof) != NGX_OK) {

        /* it cannot be right, so it costs no attempt and no call */

        error = NGX_HTTP_PHONE_VERIFY_INVALID_CODE;

        if (view && view->status != NGX_HTTP_PHONE_VERIFY_PENDING
            && view->status != NGX_HTTP_PHONE_VERIFY_SUCCESSFUL)
        {
            error = ngx_http_phone_verify_ended(view->status, view->reason);
        }

        return ngx_http_phone_verify_reply_refused(in, error, view);
    }

    hold = ngx_http_phone_verify_hold(in, ngx_http_phone_verify_report_reply);

    if (hold == NULL
        || ngx_http_phone_verify_client(in->request, in->session, in->app,
                                        token->number, &client)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    op = ngx_http_phone_verify_report(in->app, token, &proof, &client,
                                      ngx_http_phone_verify_hold_outcome, hold,
                                      in->request->connection->log);

    ngx_explicit_memzero(buf, sizeof(buf));

    return ngx_http_phone_verify_hold_for(hold, op);
}


/* The field with the method's proof, NULL without it or beside another's. */

static ngx_str_t *
ngx_http_phone_verify_report_field(ngx_http_phone_verify_input_t *in,
    ngx_uint_t method)
{
    ngx_str_t        *field, *other;
    ngx_uint_t        i;
    const ngx_str_t  *name;

    name = &ngx_http_phone_verify_methods[method].proof;

    field = ngx_http_phone_verify_fields_named(&in->fields, name);

    if (field == NULL || field->data == NULL) {
        return NULL;
    }

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_METHODS; i++) {
        name = &ngx_http_phone_verify_methods[i].proof;

        other = ngx_http_phone_verify_fields_named(&in->fields, name);

        if (other && other != field && other->len) {
            return NULL;
        }
    }

    return field;
}


static ngx_int_t
ngx_http_phone_verify_report_reply(ngx_http_phone_verify_input_t *in,
    ngx_http_phone_verify_outcome_t *outcome)
{
    ngx_str_t  token;

    static ngx_str_t  successful = ngx_string("{\"status\":\"SUCCESSFUL\"}");

    if (outcome->error != NGX_HTTP_PHONE_VERIFY_OK) {
        return ngx_http_phone_verify_reply_error(in, outcome->error,
                                                 outcome->retry_after,
                                                 &outcome->view);
    }

    if (outcome->token.len == 0) {

        /* Sinch has not decided */

        if (ngx_http_phone_verify_reply_by_page(in)) {
            return ngx_http_phone_verify_reply_page(in,
                                                    NGX_HTTP_PHONE_VERIFY_OK);
        }

        return ngx_http_phone_verify_reply_status(in->request, &outcome->view,
                                                  NULL);
    }

    token.len = outcome->token.len;
    token.data = ngx_pstrdup(in->request->pool, &outcome->token);

    if (token.data == NULL
        || ngx_http_phone_verify_session_give_grant(in->session, &token,
                                                    outcome->token_expires)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_phone_verify_reply_by_page(in)) {
        return ngx_http_phone_verify_reply_return(in);
    }

    return ngx_http_phone_verify_send_json(in->request, NGX_HTTP_OK,
                                           &successful);
}
