
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/answer.h"
#include "sinch/authorization.h"
#include "sinch/check.h"
#include "sinch/client.h"
#include "sinch/request.h"
#include "sinch/timestamp.h"
#include "transport/transfer.h"


/* A call lives in the pool of its transfer, and ends with it. */

struct ngx_http_phone_verify_sinch_call_s {
    ngx_http_phone_verify_transfer_t        *transfer;
    const ngx_http_phone_verify_sinch_t     *sinch;
    ngx_http_phone_verify_asked_t            asked;

    ngx_http_phone_verify_sinch_handler_pt   handler;
    void                                    *data;

    unsigned                                 probe:1;
};


static ngx_http_phone_verify_sinch_call_t *ngx_http_phone_verify_call_create(
    const ngx_http_phone_verify_sinch_t *sinch, const char *verb,
    const ngx_http_phone_verify_asked_t *asked,
    ngx_http_phone_verify_sinch_handler_pt handler, void *data,
    ngx_log_t *log);
static ngx_http_phone_verify_sinch_call_t *ngx_http_phone_verify_call_query(
    const ngx_http_phone_verify_sinch_t *sinch,
    ngx_http_phone_verify_asked_t *asked, const ngx_str_t *segments,
    ngx_uint_t n, ngx_http_phone_verify_sinch_handler_pt handler, void *data,
    ngx_log_t *log, ngx_uint_t *outcome);
static ngx_int_t ngx_http_phone_verify_call_copy(ngx_pool_t *pool,
    ngx_http_phone_verify_asked_t *asked);
static ngx_http_phone_verify_sinch_call_t *ngx_http_phone_verify_call_send(
    ngx_http_phone_verify_sinch_call_t *call, ngx_uint_t *outcome);
static ngx_int_t ngx_http_phone_verify_call_authorize(
    ngx_http_phone_verify_sinch_call_t *call);
static ngx_int_t ngx_http_phone_verify_call_header(
    ngx_http_phone_verify_sinch_call_t *call, const char *name,
    ngx_str_t *value);
static ngx_http_phone_verify_sinch_call_t *ngx_http_phone_verify_call_discard(
    ngx_http_phone_verify_sinch_call_t *call);
static void ngx_http_phone_verify_call_done(
    ngx_http_phone_verify_transfer_t *t);
static void ngx_http_phone_verify_call_seen(
    const ngx_http_phone_verify_sinch_t *sinch,
    ngx_http_phone_verify_sinch_sight_t *sight, ngx_uint_t stage,
    ngx_uint_t asked);


ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_sinch_start(const ngx_http_phone_verify_sinch_t *sinch,
    const ngx_http_phone_verify_sinch_request_t *request,
    ngx_http_phone_verify_sinch_handler_pt handler, void *data,
    ngx_log_t *log, ngx_uint_t *outcome)
{
    ngx_str_t                            language;
    ngx_http_phone_verify_asked_t        asked;
    ngx_http_phone_verify_sinch_call_t  *call;

    *outcome = NGX_HTTP_PHONE_VERIFY_SINCH_NOT_SENT;

    if (ngx_http_phone_verify_check_request(request) != NGX_OK) {
        return NULL;
    }

    ngx_memzero(&asked, sizeof(ngx_http_phone_verify_asked_t));

    asked.what = NGX_HTTP_PHONE_VERIFY_ASKED_START;
    asked.method = request->method;

    call = ngx_http_phone_verify_call_create(sinch, "POST", &asked, handler,
                                             data, log);
    if (call == NULL) {
        return NULL;
    }

    language = request->language;

    if (ngx_http_phone_verify_request_path(call->transfer->pool, NULL, 0,
                                           &call->transfer->path)
        != NGX_OK
        || ngx_http_phone_verify_request_start(call->transfer->pool, request,
                                               &call->transfer->body)
           != NGX_OK
        || (language.len
            && ngx_http_phone_verify_call_header(call, "Accept-Language",
                                                 &language)
               != NGX_OK))
    {
        return ngx_http_phone_verify_call_discard(call);
    }

    return ngx_http_phone_verify_call_send(call, outcome);
}


ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_sinch_report(const ngx_http_phone_verify_sinch_t *sinch,
    ngx_str_t *id, ngx_str_t *number, ngx_uint_t method, ngx_str_t *proof,
    ngx_http_phone_verify_sinch_handler_pt handler, void *data,
    ngx_log_t *log, ngx_uint_t *outcome)
{
    ngx_str_t                            segments[2];
    ngx_http_phone_verify_asked_t        asked;
    ngx_http_phone_verify_sinch_call_t  *call;

    *outcome = NGX_HTTP_PHONE_VERIFY_SINCH_NOT_SENT;

    ngx_memzero(&asked, sizeof(ngx_http_phone_verify_asked_t));

    asked.what = NGX_HTTP_PHONE_VERIFY_ASKED_REPORT;
    asked.method = method;

    if (id->len) {
        if (ngx_http_phone_verify_check_segment(id,
                                            NGX_HTTP_PHONE_VERIFY_SINCH_ID_MAX)
            != NGX_OK)
        {
            return NULL;
        }

        asked.id = *id;

        ngx_str_set(&segments[0], "id");
        segments[1] = *id;

    } else {
        if (ngx_http_phone_verify_check_number(number) != NGX_OK) {
            return NULL;
        }

        asked.number = *number;

        ngx_str_set(&segments[0], "number");
        segments[1] = *number;
    }

    if (ngx_http_phone_verify_check_proof(method, proof) != NGX_OK) {
        return NULL;
    }

    call = ngx_http_phone_verify_call_create(sinch, "PUT", &asked, handler,
                                             data, log);
    if (call == NULL) {
        return NULL;
    }

    if (ngx_http_phone_verify_request_path(call->transfer->pool, segments, 2,
                                           &call->transfer->path)
        != NGX_OK
        || ngx_http_phone_verify_request_report(call->transfer->pool, method,
                                                proof, &call->transfer->body)
           != NGX_OK)
    {
        return ngx_http_phone_verify_call_discard(call);
    }

    return ngx_http_phone_verify_call_send(call, outcome);
}


ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_sinch_by_id(const ngx_http_phone_verify_sinch_t *sinch,
    ngx_str_t *id, ngx_http_phone_verify_sinch_handler_pt handler, void *data,
    ngx_log_t *log, ngx_uint_t *outcome)
{
    ngx_str_t                      segments[2];
    ngx_http_phone_verify_asked_t  asked;

    *outcome = NGX_HTTP_PHONE_VERIFY_SINCH_NOT_SENT;

    if (ngx_http_phone_verify_check_segment(id,
                                            NGX_HTTP_PHONE_VERIFY_SINCH_ID_MAX)
        != NGX_OK)
    {
        return NULL;
    }

    ngx_memzero(&asked, sizeof(ngx_http_phone_verify_asked_t));

    asked.method = NGX_HTTP_PHONE_VERIFY_NO_METHOD;
    asked.id = *id;

    ngx_str_set(&segments[0], "id");
    segments[1] = *id;

    return ngx_http_phone_verify_call_query(sinch, &asked, segments, 2,
                                            handler, data, log, outcome);
}


ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_sinch_by_reference(
    const ngx_http_phone_verify_sinch_t *sinch, ngx_str_t *reference,
    ngx_http_phone_verify_sinch_handler_pt handler, void *data,
    ngx_log_t *log, ngx_uint_t *outcome)
{
    ngx_str_t                      segments[2];
    ngx_http_phone_verify_asked_t  asked;

    *outcome = NGX_HTTP_PHONE_VERIFY_SINCH_NOT_SENT;

    if (ngx_http_phone_verify_check_segment(reference,
                                     NGX_HTTP_PHONE_VERIFY_SINCH_REFERENCE_MAX)
        != NGX_OK)
    {
        return NULL;
    }

    ngx_memzero(&asked, sizeof(ngx_http_phone_verify_asked_t));

    asked.method = NGX_HTTP_PHONE_VERIFY_NO_METHOD;
    asked.reference = *reference;

    ngx_str_set(&segments[0], "reference");
    segments[1] = *reference;

    return ngx_http_phone_verify_call_query(sinch, &asked, segments, 2,
                                            handler, data, log, outcome);
}


ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_sinch_by_number(
    const ngx_http_phone_verify_sinch_t *sinch, ngx_uint_t method,
    ngx_str_t *number, ngx_http_phone_verify_sinch_handler_pt handler,
    void *data, ngx_log_t *log, ngx_uint_t *outcome)
{
    ngx_str_t                      segments[3];
    ngx_http_phone_verify_asked_t  asked;

    *outcome = NGX_HTTP_PHONE_VERIFY_SINCH_NOT_SENT;

    if (method >= NGX_HTTP_PHONE_VERIFY_METHODS
        || ngx_http_phone_verify_check_number(number) != NGX_OK)
    {
        return NULL;
    }

    ngx_memzero(&asked, sizeof(ngx_http_phone_verify_asked_t));

    asked.method = method;
    asked.number = *number;

    segments[0] = ngx_http_phone_verify_methods[method].name;
    ngx_str_set(&segments[1], "number");
    segments[2] = *number;

    return ngx_http_phone_verify_call_query(sinch, &asked, segments, 3,
                                            handler, data, log, outcome);
}


void
ngx_http_phone_verify_sinch_detach(ngx_http_phone_verify_sinch_call_t *call)
{
    ngx_http_phone_verify_transfer_detach(call->transfer);
}


static ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_call_query(const ngx_http_phone_verify_sinch_t *sinch,
    ngx_http_phone_verify_asked_t *asked, const ngx_str_t *segments,
    ngx_uint_t n, ngx_http_phone_verify_sinch_handler_pt handler, void *data,
    ngx_log_t *log, ngx_uint_t *outcome)
{
    ngx_http_phone_verify_sinch_call_t  *call;

    asked->what = NGX_HTTP_PHONE_VERIFY_ASKED_STATUS;

    call = ngx_http_phone_verify_call_create(sinch, "GET", asked, handler,
                                             data, log);
    if (call == NULL) {
        return NULL;
    }

    if (ngx_http_phone_verify_request_path(call->transfer->pool, segments, n,
                                           &call->transfer->path)
        != NGX_OK)
    {
        return ngx_http_phone_verify_call_discard(call);
    }

    return ngx_http_phone_verify_call_send(call, outcome);
}


static ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_call_create(const ngx_http_phone_verify_sinch_t *sinch,
    const char *verb, const ngx_http_phone_verify_asked_t *asked,
    ngx_http_phone_verify_sinch_handler_pt handler, void *data,
    ngx_log_t *log)
{
    ngx_http_phone_verify_transfer_t    *t;
    ngx_http_phone_verify_sinch_call_t  *call;

    t = ngx_http_phone_verify_transfer_create(sinch->origin, log);
    if (t == NULL) {
        return NULL;
    }

    call = ngx_pcalloc(t->pool, sizeof(ngx_http_phone_verify_sinch_call_t));
    if (call == NULL) {
        ngx_http_phone_verify_transfer_discard(t);
        return NULL;
    }

    call->transfer = t;
    call->sinch = sinch;
    call->handler = handler;
    call->data = data;
    call->asked = *asked;

    if (ngx_http_phone_verify_call_copy(t->pool, &call->asked) != NGX_OK) {
        return ngx_http_phone_verify_call_discard(call);
    }

    t->method.data = (u_char *) verb;
    t->method.len = ngx_strlen(verb);

    t->handler = ngx_http_phone_verify_call_done;
    t->data = call;

    return call;
}


static ngx_int_t
ngx_http_phone_verify_call_copy(ngx_pool_t *pool,
    ngx_http_phone_verify_asked_t *asked)
{
    ngx_str_t   *text[3];
    ngx_uint_t   i;

    text[0] = &asked->id;
    text[1] = &asked->reference;
    text[2] = &asked->number;

    for (i = 0; i < 3; i++) {

        if (text[i]->len == 0) {
            continue;
        }

        text[i]->data = ngx_pstrdup(pool, text[i]);
        if (text[i]->data == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_call_send(ngx_http_phone_verify_sinch_call_t *call,
    ngx_uint_t *outcome)
{
    ngx_int_t                             rc;
    ngx_uint_t                            asked;
    ngx_http_phone_verify_sinch_sight_t   sight;
    const ngx_http_phone_verify_sinch_t  *sinch;

    if (ngx_http_phone_verify_call_authorize(call) != NGX_OK) {
        return ngx_http_phone_verify_call_discard(call);
    }

    sinch = call->sinch;
    asked = call->asked.what;

    ngx_memzero(&sight, sizeof(ngx_http_phone_verify_sinch_sight_t));

    if (sinch->admit) {
        rc = sinch->admit(sinch->watch_data);

        if (rc == NGX_DECLINED) {
            return ngx_http_phone_verify_call_discard(call);
        }

        call->probe = (rc == NGX_DONE);
        sight.probe = call->probe;
    }

    rc = ngx_http_phone_verify_transfer_start(call->transfer);

    if (rc == NGX_OK) {
        ngx_http_phone_verify_call_seen(sinch, &sight,
                                        NGX_HTTP_PHONE_VERIFY_SIGHT_BEGINS,
                                        asked);
        return call;
    }

    /* the transfer is no more, and the call has gone with it */

    if (rc == NGX_BUSY) {
        *outcome = NGX_HTTP_PHONE_VERIFY_SINCH_BUSY;
    }

    sight.outcome = *outcome;

    ngx_http_phone_verify_call_seen(sinch, &sight,
                                    NGX_HTTP_PHONE_VERIFY_SIGHT_NEVER_BEGAN,
                                    asked);

    return NULL;
}


/* What is signed is what is sent: the very strings of the transfer. */

static ngx_int_t
ngx_http_phone_verify_call_authorize(ngx_http_phone_verify_sinch_call_t *call)
{
    u_char                             timestamp[
                                          NGX_HTTP_PHONE_VERIFY_TIMESTAMP_LEN];
    ngx_str_t                          value;
    ngx_time_t                        *tp;
    ngx_http_phone_verify_signed_t     what;
    ngx_http_phone_verify_transfer_t  *t;

    t = call->transfer;
    tp = ngx_timeofday();

    what.verb = t->method;
    what.path = t->path;
    what.body = t->body;

    what.timestamp.data = timestamp;
    what.timestamp.len = ngx_http_phone_verify_timestamp_write(timestamp,
                                                               tp->sec,
                                                               tp->msec)
                         - timestamp;

    /* a query has no body, hence no type, and an empty one is signed */

    ngx_str_null(&what.content_type);

    if (t->body.len) {
        ngx_str_set(&what.content_type, "application/json");

        if (ngx_http_phone_verify_call_header(call, "Content-Type",
                                              &what.content_type)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (ngx_http_phone_verify_call_header(call, "x-timestamp",
                                          &what.timestamp)
        != NGX_OK
        || ngx_http_phone_verify_authorization(t->pool, call->sinch, &what,
                                               &value)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_phone_verify_call_header(call, "Authorization", &value);
}


static ngx_int_t
ngx_http_phone_verify_call_header(ngx_http_phone_verify_sinch_call_t *call,
    const char *name, ngx_str_t *value)
{
    ngx_str_t  header;

    header.data = (u_char *) name;
    header.len = ngx_strlen(name);

    return ngx_http_phone_verify_transfer_header(call->transfer, &header,
                                                 value);
}


/* Before it was sent.  Always NULL. */

static ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_call_discard(ngx_http_phone_verify_sinch_call_t *call)
{
    ngx_http_phone_verify_transfer_discard(call->transfer);

    return NULL;
}


static void
ngx_http_phone_verify_call_done(ngx_http_phone_verify_transfer_t *t)
{
    ngx_http_phone_verify_sinch_call_t    *call;
    ngx_http_phone_verify_sinch_sight_t    sight;
    ngx_http_phone_verify_sinch_answer_t   answer;

    call = t->data;

    ngx_memzero(&answer, sizeof(ngx_http_phone_verify_sinch_answer_t));

    answer.method = NGX_HTTP_PHONE_VERIFY_NO_METHOD;

    switch (t->outcome) {

    case NGX_HTTP_PHONE_VERIFY_TRANSFER_RECEIVED:

        answer.http_status = t->status;
        answer.retry_after = (t->retry_after > 0) ? t->retry_after : 0;
        answer.language = t->content_language;

        ngx_http_phone_verify_sinch_answer_read(t->pool, &call->asked,
                                                &t->answer, &answer);
        break;

    case NGX_HTTP_PHONE_VERIFY_TRANSFER_NOT_SENT:
        answer.outcome = NGX_HTTP_PHONE_VERIFY_SINCH_NOT_SENT;
        answer.error = t->error;
        break;

    default: /* NGX_HTTP_PHONE_VERIFY_TRANSFER_AMBIGUOUS */
        answer.outcome = NGX_HTTP_PHONE_VERIFY_SINCH_AMBIGUOUS;
        answer.error = t->error;
    }

    sight.outcome = answer.outcome;
    sight.http_status = answer.http_status;
    sight.error_code = answer.error_code;
    sight.elapsed = t->elapsed;
    sight.opened = t->opened;
    sight.reused = t->reused;
    sight.probe = call->probe;

    ngx_http_phone_verify_call_seen(call->sinch, &sight,
                                    NGX_HTTP_PHONE_VERIFY_SIGHT_ENDS,
                                    call->asked.what);

    call->handler(call->data, &answer);
}


static void
ngx_http_phone_verify_call_seen(const ngx_http_phone_verify_sinch_t *sinch,
    ngx_http_phone_verify_sinch_sight_t *sight, ngx_uint_t stage,
    ngx_uint_t asked)
{
    if (sinch->watch) {
        sight->stage = stage;
        sight->asked = asked;

        sinch->watch(sinch->watch_data, sight);
    }
}
