
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/authorization.h"
#include "sinch/call.h"
#include "sinch/timestamp.h"


#define NGX_HTTP_PHONE_VERIFY_SINCH_TOO_LATE  40105


static ngx_int_t ngx_http_phone_verify_call_copy(ngx_pool_t *pool,
    ngx_http_phone_verify_asked_t *asked);
static ngx_http_phone_verify_transfer_t *ngx_http_phone_verify_call_transfer(
    ngx_http_phone_verify_sinch_call_t *call, ngx_log_t *log);
static ngx_int_t ngx_http_phone_verify_call_start(
    ngx_http_phone_verify_sinch_call_t *call, ngx_log_t *log,
    ngx_uint_t *outcome);
static ngx_int_t ngx_http_phone_verify_call_authorize(
    ngx_http_phone_verify_sinch_call_t *call,
    ngx_http_phone_verify_transfer_t *t);
static ngx_int_t ngx_http_phone_verify_call_header(
    ngx_http_phone_verify_transfer_t *t, const char *name, ngx_str_t *value);
static void ngx_http_phone_verify_call_done(
    ngx_http_phone_verify_transfer_t *t);
static ngx_uint_t ngx_http_phone_verify_call_again(
    ngx_http_phone_verify_sinch_call_t *call,
    ngx_http_phone_verify_transfer_t *t,
    ngx_http_phone_verify_sinch_answer_t *answer);
static void ngx_http_phone_verify_call_seen(
    ngx_http_phone_verify_sinch_call_t *call,
    ngx_http_phone_verify_sinch_sight_t *sight, ngx_uint_t stage);


ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_call_create(const ngx_http_phone_verify_sinch_t *sinch,
    const char *verb, const ngx_http_phone_verify_asked_t *asked,
    ngx_http_phone_verify_sinch_handler_pt handler, void *data)
{
    ngx_pool_t                          *pool;
    ngx_http_phone_verify_sinch_call_t  *call;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    call = ngx_pcalloc(pool, sizeof(ngx_http_phone_verify_sinch_call_t));
    if (call == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    call->pool = pool;
    call->sinch = sinch;
    call->verb = verb;
    call->handler = handler;
    call->data = data;
    call->asked = *asked;

    if (ngx_http_phone_verify_call_copy(pool, &call->asked) != NGX_OK) {
        return ngx_http_phone_verify_call_discard(call);
    }

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


ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_call_send(ngx_http_phone_verify_sinch_call_t *call,
    ngx_log_t *log, ngx_uint_t *outcome)
{
    if (ngx_http_phone_verify_call_start(call, log, outcome) != NGX_OK) {
        return ngx_http_phone_verify_call_discard(call);
    }

    return call;
}


ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_call_discard(ngx_http_phone_verify_sinch_call_t *call)
{
    ngx_destroy_pool(call->pool);

    return NULL;
}


/* Anything but NGX_OK: nothing was sent, and *outcome tells BUSY. */

static ngx_int_t
ngx_http_phone_verify_call_start(ngx_http_phone_verify_sinch_call_t *call,
    ngx_log_t *log, ngx_uint_t *outcome)
{
    ngx_int_t                             rc;
    ngx_http_phone_verify_transfer_t     *t;
    ngx_http_phone_verify_sinch_sight_t   sight;

    t = ngx_http_phone_verify_call_transfer(call, log);
    if (t == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&sight, sizeof(ngx_http_phone_verify_sinch_sight_t));

    if (call->sinch->admit) {
        rc = call->sinch->admit(call->sinch->watch_data);

        if (rc == NGX_DECLINED) {
            ngx_http_phone_verify_transfer_discard(t);
            return NGX_DECLINED;
        }

        call->probe = (rc == NGX_DONE);
        sight.probe = call->probe;
    }

    rc = ngx_http_phone_verify_transfer_start(t);

    if (rc == NGX_OK) {
        call->transfer = t;

        ngx_http_phone_verify_call_seen(call, &sight,
                                        NGX_HTTP_PHONE_VERIFY_SIGHT_BEGINS);
        return NGX_OK;
    }

    /* the transfer is no more */

    if (rc == NGX_BUSY) {
        *outcome = NGX_HTTP_PHONE_VERIFY_SINCH_BUSY;
    }

    sight.outcome = *outcome;

    ngx_http_phone_verify_call_seen(call, &sight,
                                    NGX_HTTP_PHONE_VERIFY_SIGHT_NEVER_BEGAN);

    return rc;
}


static ngx_http_phone_verify_transfer_t *
ngx_http_phone_verify_call_transfer(ngx_http_phone_verify_sinch_call_t *call,
    ngx_log_t *log)
{
    ngx_http_phone_verify_transfer_t  *t;

    t = ngx_http_phone_verify_transfer_create(call->sinch->origin, log);
    if (t == NULL) {
        return NULL;
    }

    t->method.data = (u_char *) call->verb;
    t->method.len = ngx_strlen(call->verb);

    t->path = call->path;
    t->body = call->body;

    t->handler = ngx_http_phone_verify_call_done;
    t->data = call;

    if ((call->language.len
         && ngx_http_phone_verify_call_header(t, "Accept-Language",
                                              &call->language)
            != NGX_OK)
        || ngx_http_phone_verify_call_authorize(call, t) != NGX_OK)
    {
        ngx_http_phone_verify_transfer_discard(t);
        return NULL;
    }

    return t;
}


/* What is signed is what is sent: the very strings of the transfer. */

static ngx_int_t
ngx_http_phone_verify_call_authorize(ngx_http_phone_verify_sinch_call_t *call,
    ngx_http_phone_verify_transfer_t *t)
{
    u_char                           timestamp[
                                          NGX_HTTP_PHONE_VERIFY_TIMESTAMP_LEN];
    ngx_str_t                        value;
    ngx_time_t                      *tp;
    ngx_http_phone_verify_signed_t   what;

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

        if (ngx_http_phone_verify_call_header(t, "Content-Type",
                                              &what.content_type)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (ngx_http_phone_verify_call_header(t, "x-timestamp", &what.timestamp)
        != NGX_OK
        || ngx_http_phone_verify_authorization(t->pool, call->sinch, &what,
                                               &value)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_phone_verify_call_header(t, "Authorization", &value);
}


static ngx_int_t
ngx_http_phone_verify_call_header(ngx_http_phone_verify_transfer_t *t,
    const char *name, ngx_str_t *value)
{
    ngx_str_t  header;

    header.data = (u_char *) name;
    header.len = ngx_strlen(name);

    return ngx_http_phone_verify_transfer_header(t, &header, value);
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
    sight.no_sign = t->no_sign;
    sight.probe = call->probe;

    ngx_http_phone_verify_call_seen(call, &sight,
                                    NGX_HTTP_PHONE_VERIFY_SIGHT_ENDS);

    if (ngx_http_phone_verify_call_again(call, t, &answer)) {
        return;
    }

    call->handler(call->data, &answer);

    ngx_destroy_pool(call->pool);
}


/* 1 where it is asked again, with another time. */

static ngx_uint_t
ngx_http_phone_verify_call_again(ngx_http_phone_verify_sinch_call_t *call,
    ngx_http_phone_verify_transfer_t *t,
    ngx_http_phone_verify_sinch_answer_t *answer)
{
    ngx_uint_t  outcome;

    if (call->again
        || call->sinch->auth != NGX_HTTP_PHONE_VERIFY_AUTH_SIGNED
        || answer->outcome != NGX_HTTP_PHONE_VERIFY_SINCH_REFUSED
        || answer->http_status != 401
        || answer->error_code != NGX_HTTP_PHONE_VERIFY_SINCH_TOO_LATE)
    {
        return 0;
    }

    call->again = 1;
    outcome = NGX_HTTP_PHONE_VERIFY_SINCH_NOT_SENT;

    ngx_time_update();

    if (ngx_http_phone_verify_call_start(call, t->log, &outcome) != NGX_OK) {
        return 0;
    }

    if (t->detached) {
        ngx_http_phone_verify_transfer_detach(call->transfer);
    }

    ngx_log_error(NGX_LOG_NOTICE, t->log, 0,
                  "phone_verify: Sinch took a signature for too old, asked "
                  "once more with another one");

    return 1;
}


static void
ngx_http_phone_verify_call_seen(ngx_http_phone_verify_sinch_call_t *call,
    ngx_http_phone_verify_sinch_sight_t *sight, ngx_uint_t stage)
{
    if (call->sinch->watch) {
        sight->stage = stage;
        sight->asked = call->asked.what;

        call->sinch->watch(call->sinch->watch_data, sight);
    }
}
