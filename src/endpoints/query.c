
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/conf.h"
#include "endpoints/endpoint.h"
#include "endpoints/gone.h"
#include "endpoints/input.h"
#include "session/answer.h"
#include "sinch/check.h"
#include "sinch/writer.h"
#include "verification/operation.h"
#include "verification/refusal.h"


/*
 * phone_verify_query: what Sinch knows of a verification, for operators, by
 * id, by reference, or by method and number.
 */


/* The link between the request and the call, cut by whoever ends first. */

typedef struct {
    ngx_http_request_t                  *request;    /* NULL: it has gone */
    ngx_http_phone_verify_sinch_call_t  *call;       /* NULL: it is over */
} ngx_http_phone_verify_query_t;


static ngx_http_phone_verify_sinch_call_t *ngx_http_phone_verify_query_send(
    ngx_http_request_t *r, const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_query_t *query, ngx_uint_t *error);
static ngx_uint_t ngx_http_phone_verify_query_arg(ngx_http_request_t *r,
    const char *name, ngx_str_t *value);
static void ngx_http_phone_verify_query_cleanup(void *data);
static void ngx_http_phone_verify_query_answered(void *data,
    ngx_http_phone_verify_sinch_answer_t *answer);
static ngx_int_t ngx_http_phone_verify_query_reply(ngx_http_request_t *r,
    const ngx_http_phone_verify_sinch_answer_t *answer);
static ngx_int_t ngx_http_phone_verify_query_json(ngx_http_request_t *r,
    const ngx_http_phone_verify_sinch_answer_t *answer, ngx_str_t *body);


ngx_int_t
ngx_http_phone_verify_query_handler(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_uint_t                      error;
    ngx_http_cleanup_t             *cln;
    ngx_http_phone_verify_query_t  *query;

    if (r != r->main) {
        return NGX_HTTP_FORBIDDEN;
    }

    if (r->method != NGX_HTTP_GET) {
        return ngx_http_phone_verify_not_allowed(r, NGX_HTTP_GET);
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    /* not the request's memory: the call may outlive it */

    query = ngx_calloc(sizeof(ngx_http_phone_verify_query_t),
                       r->connection->log);
    if (query == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        ngx_free(query);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    query->request = r;
    query->call = ngx_http_phone_verify_query_send(r,
                                       ngx_http_phone_verify_location_app(r),
                                       query, &error);
    if (query->call == NULL) {
        ngx_free(query);
        return ngx_http_phone_verify_send_problem(r, error,
                                 ngx_http_phone_verify_retry(
                                     ngx_http_phone_verify_location_app(r),
                                     error),
                                 NULL);
    }

    cln->handler = ngx_http_phone_verify_query_cleanup;
    cln->data = query;

    if (ngx_http_phone_verify_notice_gone(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->connection->log->action = "asking for a verification";
    r->main->count++;

    return NGX_DONE;
}


static ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_query_send(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_query_t *query, ngx_uint_t *error)
{
    u_char                                text[
                                             NGX_HTTP_PHONE_VERIFY_NUMBER_LEN];
    ngx_log_t                            *log;
    ngx_str_t                             value, method;
    ngx_uint_t                            m, outcome;
    ngx_http_phone_verify_number_t        number;
    ngx_http_phone_verify_sinch_call_t   *call;

    log = r->connection->log;
    *error = NGX_HTTP_PHONE_VERIFY_INVALID_REQUEST;

    /* what could be read in two ways in a path is never sent */

    if (ngx_http_phone_verify_query_arg(r, "id", &value)) {

        if (ngx_http_phone_verify_check_segment(&value,
                                         NGX_HTTP_PHONE_VERIFY_SINCH_ID_MAX)
            != NGX_OK)
        {
            return NULL;
        }

        call = ngx_http_phone_verify_sinch_by_id(&app->sinch, &value,
                                         ngx_http_phone_verify_query_answered,
                                         query, log, &outcome);

    } else if (ngx_http_phone_verify_query_arg(r, "reference", &value)) {

        if (ngx_http_phone_verify_check_segment(&value,
                                   NGX_HTTP_PHONE_VERIFY_SINCH_REFERENCE_MAX)
            != NGX_OK)
        {
            return NULL;
        }

        call = ngx_http_phone_verify_sinch_by_reference(&app->sinch, &value,
                                         ngx_http_phone_verify_query_answered,
                                         query, log, &outcome);

    } else if (ngx_http_phone_verify_query_arg(r, "number", &value)
               && ngx_http_phone_verify_query_arg(r, "method", &method))
    {
        m = ngx_http_phone_verify_method(&method);

        if (m == NGX_HTTP_PHONE_VERIFY_NO_METHOD) {
            *error = NGX_HTTP_PHONE_VERIFY_INVALID_METHOD;
            return NULL;
        }

        number = ngx_http_phone_verify_number_parse(&value);

        if (number == 0) {
            *error = NGX_HTTP_PHONE_VERIFY_INVALID_NUMBER;
            return NULL;
        }

        value.data = text;
        value.len = ngx_http_phone_verify_number_write(text, number) - text;

        call = ngx_http_phone_verify_sinch_by_number(&app->sinch, m, &value,
                                         ngx_http_phone_verify_query_answered,
                                         query, log, &outcome);

    } else {
        return NULL;
    }

    *error = NGX_HTTP_PHONE_VERIFY_PROVIDER_UNAVAILABLE;

    return call;
}


/* An argument, unescaped; a "+" that was not escaped stays one. */

static ngx_uint_t
ngx_http_phone_verify_query_arg(ngx_http_request_t *r, const char *name,
    ngx_str_t *value)
{
    u_char  *dst, *src;

    if (ngx_http_arg(r, (u_char *) name, ngx_strlen(name), value) != NGX_OK) {
        return 0;
    }

    dst = ngx_pnalloc(r->pool, value->len + 1);
    if (dst == NULL) {
        return 0;
    }

    src = value->data;
    value->data = dst;

    ngx_unescape_uri(&dst, &src, value->len, 0);

    value->len = dst - value->data;

    return 1;
}


static void
ngx_http_phone_verify_query_cleanup(void *data)
{
    ngx_http_phone_verify_query_t *query = data;

    if (query->call) {

        /* freed by the answer, which still comes */

        query->request = NULL;
        ngx_http_phone_verify_sinch_detach(query->call);
        return;
    }

    ngx_free(query);
}


static void
ngx_http_phone_verify_query_answered(void *data,
    ngx_http_phone_verify_sinch_answer_t *answer)
{
    ngx_http_phone_verify_query_t *query = data;

    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = query->request;

    if (r == NULL) {
        ngx_free(query);
        return;
    }

    /* from here on it is the request's, whose cleanup frees it */

    query->call = NULL;

    if (ngx_http_phone_verify_operation_exiting()) {
        return;
    }

    c = r->connection;

    r->read_event_handler = ngx_http_block_reading;
    c->log->action = "sending to client";

    ngx_http_finalize_request(r,
                              ngx_http_phone_verify_query_reply(r, answer));

    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_http_phone_verify_query_reply(ngx_http_request_t *r,
    const ngx_http_phone_verify_sinch_answer_t *answer)
{
    ngx_str_t                               body;
    ngx_uint_t                              error, level, retry_after;
    const char                             *advice;
    const ngx_http_phone_verify_app_t      *app;
    const ngx_http_phone_verify_refusal_t  *refusal;

    error = NGX_HTTP_PHONE_VERIFY_PROVIDER_ERROR;
    level = NGX_LOG_ERR;
    advice = NULL;

    switch (answer->outcome) {

    case NGX_HTTP_PHONE_VERIFY_SINCH_ANSWERED:

        if (ngx_http_phone_verify_query_json(r, answer, &body) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_http_phone_verify_send_json(r, NGX_HTTP_OK, &body);

    case NGX_HTTP_PHONE_VERIFY_SINCH_REFUSED:

        if (ngx_http_phone_verify_sinch_knows_none(answer)) {
            return ngx_http_phone_verify_send_problem(r,
                                     NGX_HTTP_PHONE_VERIFY_NOT_FOUND, 0, NULL);
        }

        refusal = ngx_http_phone_verify_refusal(answer->http_status,
                                                answer->error_code);
        level = refusal->level;
        advice = refusal->advice;

        /* a number or a destination is not in question here */

        if (refusal->error == NGX_HTTP_PHONE_VERIFY_TOO_MANY_REQUESTS
            || refusal->error == NGX_HTTP_PHONE_VERIFY_PROVIDER_UNAVAILABLE)
        {
            error = refusal->error;
        }

        break;

    case NGX_HTTP_PHONE_VERIFY_SINCH_NONSENSE:
        break;

    default: /* AMBIGUOUS, NOT_SENT, BUSY */
        error = NGX_HTTP_PHONE_VERIFY_PROVIDER_UNAVAILABLE;
    }

    app = ngx_http_phone_verify_location_app(r);

    ngx_http_phone_verify_refusal_log(level, r->connection->log,
                                      "a query was in vain", &app->name,
                                      answer, advice);

    retry_after = answer->retry_after ? answer->retry_after
                                  : ngx_http_phone_verify_retry(app, error);

    return ngx_http_phone_verify_send_problem(r, error, retry_after, NULL);
}


static ngx_int_t
ngx_http_phone_verify_query_json(ngx_http_request_t *r,
    const ngx_http_phone_verify_sinch_answer_t *answer, ngx_str_t *body)
{
    u_char                           masked[NGX_HTTP_PHONE_VERIFY_NUMBER_LEN];
    u_char                           amount[NGX_INT64_LEN + 8];
    size_t                           size;
    ngx_str_t                        text;
    ngx_http_phone_verify_number_t   number;
    ngx_http_phone_verify_writer_t   w;

    /* each byte may need an escape of six */

    size = 512 + 6 * (answer->id.len + answer->reference.len
                      + answer->source.len + answer->country.len
                      + answer->timestamp.len + answer->call_result.len
                      + answer->currency.len);

    ngx_http_phone_verify_writer_init(&w, r->pool, size);
    ngx_http_phone_verify_writer_open(&w, NULL, '{');

    ngx_http_phone_verify_writer_option(&w, "id", &answer->id);

    if (answer->method != NGX_HTTP_PHONE_VERIFY_NO_METHOD) {
        ngx_http_phone_verify_writer_string(&w, "method",
                         &ngx_http_phone_verify_methods[answer->method].name);
    }

    ngx_http_phone_verify_writer_string(&w, "status",
                           ngx_http_phone_verify_status_name(answer->status));
    ngx_http_phone_verify_writer_option(&w, "reason",
                           ngx_http_phone_verify_reason_name(answer->reason));
    ngx_http_phone_verify_writer_option(&w, "reference", &answer->reference);
    ngx_http_phone_verify_writer_option(&w, "source", &answer->source);

    number = ngx_http_phone_verify_number_parse((ngx_str_t *) &answer->number);

    if (number) {
        text.data = masked;
        text.len = ngx_http_phone_verify_number_mask(masked, number) - masked;
        ngx_http_phone_verify_writer_string(&w, "number", &text);
    }

    ngx_http_phone_verify_writer_option(&w, "country", &answer->country);
    ngx_http_phone_verify_writer_option(&w, "timestamp", &answer->timestamp);
    ngx_http_phone_verify_writer_option(&w, "call_result",
                                        &answer->call_result);

    if (answer->has_price && answer->price < 1e12) {
        text.data = amount;
        text.len = ngx_sprintf(amount, "%.4f", answer->price) - amount;

        ngx_http_phone_verify_writer_open(&w, "price", '{');
        ngx_http_phone_verify_writer_string(&w, "amount", &text);
        ngx_http_phone_verify_writer_option(&w, "currency", &answer->currency);
        ngx_http_phone_verify_writer_close(&w, '}');
    }

    ngx_http_phone_verify_writer_close(&w, '}');

    return ngx_http_phone_verify_writer_end(&w, body);
}
