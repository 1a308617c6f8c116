
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "verification/operation_impl.h"
#include "verification/policy/outage.h"
#include "verification/refusal.h"
#include "verification/store/meter.h"
#include "verification/test_number.h"


/* Seconds after which a client may try again, where nobody names them. */

#define NGX_HTTP_PHONE_VERIFY_RETRY_SOON   5     /* a call that went wrong */
#define NGX_HTTP_PHONE_VERIFY_RETRY_LATER  30    /* no room, Sinch's limits */


static void ngx_http_phone_verify_operation_event(ngx_event_t *ev);
static void ngx_http_phone_verify_operation_deliver(
    ngx_http_phone_verify_operation_t *op);


void *
ngx_http_phone_verify_operation_create(size_t size,
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_handler_pt handler, void *data, ngx_log_t *log)
{
    ngx_pool_t                         *pool;
    ngx_http_phone_verify_operation_t  *op;

    pool = ngx_create_pool(4096, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    op = ngx_pcalloc(pool, size);
    if (op == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    op->app = app;
    op->handler = handler;
    op->data = data;
    op->fd = -1;
    op->pool = pool;
    op->log = log;

    /* for when the asker has gone, and what its handler tells of with it */

    op->own_log = *log;
    op->own_log.handler = NULL;
    op->own_log.data = NULL;
    op->own_log.action = NULL;

    op->event.handler = ngx_http_phone_verify_operation_event;
    op->event.data = op;
    op->event.log = &op->own_log;

    return op;
}


void
ngx_http_phone_verify_operation_discard(ngx_http_phone_verify_operation_t *op)
{
    ngx_destroy_pool(op->pool);
}


void
ngx_http_phone_verify_detach(ngx_http_phone_verify_operation_t *op)
{
    op->detached = 1;
    op->data = NULL;
    op->log = &op->own_log;

    if (op->call) {
        ngx_http_phone_verify_sinch_detach(op->call);
    }
}


void
ngx_http_phone_verify_operation_finish(ngx_http_phone_verify_operation_t *op,
    ngx_uint_t error, ngx_uint_t retry_after)
{
    op->outcome.error = error;
    op->outcome.retry_after = retry_after ? retry_after
                              : ngx_http_phone_verify_retry(op->app, error);

    ngx_http_phone_verify_meter_count(op->app->zone, op->counter + error);

    if (op->begun) {
        ngx_http_phone_verify_operation_deliver(op);
        return;
    }

    op->step = ngx_http_phone_verify_operation_deliver;

    ngx_post_event(&op->event, &ngx_posted_events);
}


ngx_uint_t
ngx_http_phone_verify_retry(const ngx_http_phone_verify_app_t *app,
    ngx_uint_t error)
{
    ngx_uint_t  retry;

    switch (error) {

    case NGX_HTTP_PHONE_VERIFY_PROVIDER_UNAVAILABLE:
        retry = ngx_http_phone_verify_outage_retry(app);
        return retry ? retry : NGX_HTTP_PHONE_VERIFY_RETRY_SOON;

    case NGX_HTTP_PHONE_VERIFY_TOO_MANY_REQUESTS:
    case NGX_HTTP_PHONE_VERIFY_BUSY_NOW:
        return NGX_HTTP_PHONE_VERIFY_RETRY_LATER;

    default:
        return 0;
    }
}


ngx_uint_t
ngx_http_phone_verify_operation_outage(ngx_http_phone_verify_operation_t *op,
    const ngx_http_phone_verify_token_t *token)
{
    ngx_http_phone_verify_view_t  view;

    if (ngx_http_phone_verify_outage_retry(op->app) == 0
        || ngx_http_phone_verify_test_number(op->app, op->number))
    {
        return 0;
    }

    if (ngx_http_phone_verify_store_look(op->app->zone, &op->app->policy,
                                         token->session, &view)
        != NGX_DECLINED
        && view.status != NGX_HTTP_PHONE_VERIFY_PENDING)
    {
        return 0;
    }

    ngx_http_phone_verify_rule_refused(op->app,
                                       NGX_HTTP_PHONE_VERIFY_RULE_OUTAGE, 0,
                                       op->number, "a report", op->log);

    ngx_http_phone_verify_operation_finish(op,
                                NGX_HTTP_PHONE_VERIFY_PROVIDER_UNAVAILABLE, 0);
    return 1;
}


void
ngx_http_phone_verify_operation_wait(ngx_http_phone_verify_operation_t *op,
    ngx_msec_t time, ngx_http_phone_verify_step_pt step)
{
    op->step = step;

    ngx_add_timer(&op->event, time);
}


static void
ngx_http_phone_verify_operation_event(ngx_event_t *ev)
{
    ngx_http_phone_verify_operation_t *op = ev->data;

    op->step(op);
}


static void
ngx_http_phone_verify_operation_deliver(ngx_http_phone_verify_operation_t *op)
{
    if (!op->detached && !ngx_http_phone_verify_operation_exiting()) {
        op->handler(op->data, &op->outcome);
    }

    ngx_destroy_pool(op->pool);
}


ngx_uint_t
ngx_http_phone_verify_operation_exiting(void)
{
    return ngx_terminate || (ngx_quit && ngx_process == NGX_PROCESS_SINGLE);
}


ngx_int_t
ngx_http_phone_verify_operation_seal(ngx_http_phone_verify_operation_t *op,
    ngx_uint_t purpose, const ngx_http_phone_verify_token_t *token)
{
    ngx_str_t  *text;

    text = &op->outcome.token;

    text->data = ngx_pnalloc(op->pool, NGX_HTTP_PHONE_VERIFY_TOKEN_MAX);
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_phone_verify_token_seal(op->app->keys, purpose, token, text)
        != NGX_OK)
    {
        ngx_str_null(text);
        return NGX_ERROR;
    }

    op->outcome.token_expires = token->expires;

    return NGX_OK;
}


ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_operation_query(ngx_http_phone_verify_operation_t *op,
    ngx_str_t *id, const u_char *reference,
    ngx_http_phone_verify_sinch_handler_pt handler)
{
    u_char                               text[
                                           NGX_HTTP_PHONE_VERIFY_REFERENCE_LEN];
    ngx_str_t                            name;
    ngx_uint_t                           outcome;
    ngx_http_phone_verify_sinch_call_t  *call;

    if (id->len) {
        call = ngx_http_phone_verify_sinch_by_id(&op->app->sinch, id, handler,
                                                 op, op->log, &outcome);
    } else {
        name.data = text;
        name.len = ngx_http_phone_verify_reference_write(op->app->keys,
                                                         reference, text)
                   - text;

        call = ngx_http_phone_verify_sinch_by_reference(&op->app->sinch, &name,
                                                        handler, op, op->log,
                                                        &outcome);
    }

    if (call && op->detached) {
        ngx_http_phone_verify_sinch_detach(call);
    }

    op->call = call;

    return call;
}


void
ngx_http_phone_verify_operation_log(ngx_http_phone_verify_operation_t *op,
    ngx_uint_t level, const char *what)
{
    size_t                               len;
    u_char                               number[
                                              NGX_HTTP_PHONE_VERIFY_NUMBER_LEN];
    ngx_uint_t                           method;
    const ngx_str_t                     *status, *reason;
    const ngx_http_phone_verify_view_t  *view;

    view = &op->outcome.view;

    len = ngx_http_phone_verify_number_mask(number, op->number) - number;
    method = view->status ? view->method : op->method;
    status = ngx_http_phone_verify_status_name(view->status);
    reason = ngx_http_phone_verify_reason_name(view->reason);

    ngx_log_error(level, op->log, 0,
                  "phone_verify: %s, app \"%V\", %snumber %*s, method %V, "
                  "status %V, reason \"%V\", id \"%*s\"",
                  what, &op->app->name,
                  ngx_http_phone_verify_test_number(op->app, op->number)
                  ? "test " : "", len, number,
                  &ngx_http_phone_verify_methods[method].name,
                  status, reason, view->id_len, view->id);
}


void
ngx_http_phone_verify_operation_log_answer(
    ngx_http_phone_verify_operation_t *op, ngx_uint_t level, const char *what,
    const ngx_http_phone_verify_sinch_answer_t *answer, const char *advice)
{
    ngx_http_phone_verify_refusal_log(level, op->log, what, &op->app->name,
                                      answer, advice);
}


ngx_uint_t
ngx_http_phone_verify_ended(ngx_uint_t status, ngx_uint_t reason)
{
    switch (status) {

    case NGX_HTTP_PHONE_VERIFY_NONE:
    case NGX_HTTP_PHONE_VERIFY_SUCCESSFUL:

        /* there is none, or its grant was taken long ago */

        return NGX_HTTP_PHONE_VERIFY_NO_VERIFICATION;

    case NGX_HTTP_PHONE_VERIFY_DENIED:

        return (reason == NGX_HTTP_PHONE_VERIFY_REASON_DESTINATION)
               ? NGX_HTTP_PHONE_VERIFY_DESTINATION_DENIED
               : NGX_HTTP_PHONE_VERIFY_VERIFICATION_DENIED;

    case NGX_HTTP_PHONE_VERIFY_FAIL:

        return (reason == NGX_HTTP_PHONE_VERIFY_REASON_EXPIRED)
               ? NGX_HTTP_PHONE_VERIFY_VERIFICATION_EXPIRED
               : NGX_HTTP_PHONE_VERIFY_VERIFICATION_FAILED;

    default:
        return NGX_HTTP_PHONE_VERIFY_VERIFICATION_FAILED;
    }
}
