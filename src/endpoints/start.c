
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/options.h"
#include "endpoints/endpoint.h"
#include "endpoints/hold.h"
#include "endpoints/input.h"
#include "endpoints/language.h"
#include "endpoints/reply.h"
#include "endpoints/status.h"
#include "session/bind.h"
#include "session/client.h"
#include "verification/number/national.h"
#include "verification/store/meter.h"


/* phone_verify_start: a number in, a message out */


static ngx_int_t ngx_http_phone_verify_start_request(
    ngx_http_phone_verify_input_t *in);
static ngx_int_t ngx_http_phone_verify_start_number(
    ngx_http_phone_verify_input_t *in, ngx_http_phone_verify_number_t *number,
    ngx_uint_t *error);
static ngx_uint_t ngx_http_phone_verify_start_method(
    ngx_http_phone_verify_input_t *in);
static ngx_int_t ngx_http_phone_verify_start_reply(
    ngx_http_phone_verify_input_t *in,
    ngx_http_phone_verify_outcome_t *outcome);


ngx_int_t
ngx_http_phone_verify_start_handler(ngx_http_request_t *r)
{
    return ngx_http_phone_verify_input(r, NGX_HTTP_POST, 0,
                                       ngx_http_phone_verify_start_request);
}


static ngx_int_t
ngx_http_phone_verify_start_request(ngx_http_phone_verify_input_t *in)
{
    u_char                                  bind[
                                               NGX_HTTP_PHONE_VERIFY_BIND_LEN];
    ngx_uint_t                              error;
    ngx_http_request_t                     *r;
    ngx_http_phone_verify_hold_t           *hold;
    ngx_http_phone_verify_client_t          client;
    ngx_http_phone_verify_number_t          number;
    ngx_http_phone_verify_operation_t      *op;
    ngx_http_phone_verify_sinch_request_t   request;

    r = in->request;

    if (ngx_http_phone_verify_start_number(in, &number, &error) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (error != NGX_HTTP_PHONE_VERIFY_OK) {
        return ngx_http_phone_verify_reply_refused(in, error, NULL);
    }

    ngx_memzero(&request, sizeof(ngx_http_phone_verify_sinch_request_t));

    request.method = ngx_http_phone_verify_start_method(in);

    if (request.method == NGX_HTTP_PHONE_VERIFY_NO_METHOD) {
        return ngx_http_phone_verify_reply_refused(in,
                                        NGX_HTTP_PHONE_VERIFY_INVALID_METHOD,
                                        NULL);
    }

    request.language = in->fields.language;

    if (request.language.len
        && !ngx_http_phone_verify_language_valid(&request.language))
    {
        return ngx_http_phone_verify_reply_refused(in,
                                        NGX_HTTP_PHONE_VERIFY_INVALID_REQUEST,
                                        NULL);
    }

    if (ngx_http_phone_verify_options(r, in->app, &request) != NGX_OK) {

        /* the log has its reason, and only the count is left to do */

        ngx_http_phone_verify_meter_count(in->app->zone,
                                      NGX_HTTP_PHONE_VERIFY_METER_STARTS
                                      + NGX_HTTP_PHONE_VERIFY_INTERNAL_ERROR);

        return ngx_http_phone_verify_reply_error(in,
                                     NGX_HTTP_PHONE_VERIFY_INTERNAL_ERROR, 0,
                                     NULL);
    }

    if (request.language.len == 0) {
        ngx_http_phone_verify_language(r, &request.language);
    }

    hold = ngx_http_phone_verify_hold(in, ngx_http_phone_verify_start_reply);

    if (hold == NULL
        || ngx_http_phone_verify_bind(r, in->app, bind) != NGX_OK
        || ngx_http_phone_verify_client(r, in->session, in->app, number,
                                        &client)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    op = ngx_http_phone_verify_start(in->app, number, &request,
                          ngx_http_phone_verify_session_pending(in->session),
                          bind, &client, ngx_http_phone_verify_hold_outcome,
                          hold, r->connection->log);

    return ngx_http_phone_verify_hold_for(hold, op);
}


/*
 * Whose number: the operator's if the location says so, else the client's, and
 * one that sends none means the number that we know it by: a page that offers
 * to send again only ever knows the masked one.
 */

static ngx_int_t
ngx_http_phone_verify_start_number(ngx_http_phone_verify_input_t *in,
    ngx_http_phone_verify_number_t *number, ngx_uint_t *error)
{
    ngx_str_t                                value;
    const ngx_http_phone_verify_token_t     *token;
    const ngx_http_phone_verify_loc_conf_t  *lcf;

    *error = NGX_HTTP_PHONE_VERIFY_OK;

    lcf = ngx_http_get_module_loc_conf(in->request,
                                       ngx_http_phone_verify_module);

    if (lcf->endpoint_demands.number) {

        if (ngx_http_complex_value(in->request, lcf->endpoint_demands.number,
                                   &value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        *number = ngx_http_phone_verify_number_parse(&value);

        if (*number == 0) {
            ngx_log_error(NGX_LOG_WARN, in->request->connection->log, 0,
                          "phone_verify: \"number=\" gave %s, nothing is "
                          "started", value.len ? "no phone number" : "nothing");
            *error = NGX_HTTP_PHONE_VERIFY_VERIFICATION_DENIED;
        }

        return NGX_OK;
    }

    if (in->fields.number.len && in->fields.country.len) {
        *number = ngx_http_phone_verify_number_parse_in(&in->fields.number,
                                                        &in->fields.country);

    } else if (in->fields.number.len) {
        *number = ngx_http_phone_verify_number_parse(&in->fields.number);

    } else {
        token = ngx_http_phone_verify_session_pending(in->session);

        if (token == NULL) {
            token = ngx_http_phone_verify_session_lapsed(in->session);
        }

        if (token == NULL) {
            token = ngx_http_phone_verify_session_grant(in->session);
        }

        *number = token ? token->number : 0;
    }

    if (*number == 0) {
        *error = NGX_HTTP_PHONE_VERIFY_INVALID_NUMBER;
    }

    return NGX_OK;
}


/* One of the app's methods, the first by default; or NO_METHOD. */

static ngx_uint_t
ngx_http_phone_verify_start_method(ngx_http_phone_verify_input_t *in)
{
    ngx_uint_t  i, method;

    if (in->fields.method.len == 0) {
        return in->app->methods[0];
    }

    method = ngx_http_phone_verify_method(&in->fields.method);

    for (i = 0; i < in->app->nmethods; i++) {
        if (in->app->methods[i] == method) {
            return method;
        }
    }

    return NGX_HTTP_PHONE_VERIFY_NO_METHOD;
}


static ngx_int_t
ngx_http_phone_verify_start_reply(ngx_http_phone_verify_input_t *in,
    ngx_http_phone_verify_outcome_t *outcome)
{
    ngx_str_t                              token;
    ngx_http_phone_verify_view_t          *view;
    ngx_http_phone_verify_sinch_answer_t  *answer, known;

    if (outcome->error != NGX_HTTP_PHONE_VERIFY_OK) {

        /* one that runs may be somebody else's, and is not spoken of */

        view = (outcome->view.status == NGX_HTTP_PHONE_VERIFY_DENIED)
               ? &outcome->view : NULL;

        return ngx_http_phone_verify_reply_error(in, outcome->error,
                                                 outcome->retry_after, view);
    }

    /* the outcome's own memory is gone when the log line is written */

    token.len = outcome->token.len;
    token.data = ngx_pstrdup(in->request->pool, &outcome->token);

    if (token.data == NULL
        || ngx_http_phone_verify_session_give_pending(in->session, &token,
                                                      outcome->token_expires)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_phone_verify_reply_by_page(in)) {
        return ngx_http_phone_verify_reply_page(in, NGX_HTTP_PHONE_VERIFY_OK);
    }

    answer = outcome->answer;

    if (answer == NULL) {

        /* who joins a flash call has to recognise it as well */

        ngx_http_phone_verify_status_answer(&outcome->view, NULL, &known);
        answer = &known;
    }

    return ngx_http_phone_verify_reply_status(in->request, &outcome->view,
                                              answer);
}
