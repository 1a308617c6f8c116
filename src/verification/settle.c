
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/settle.h"


#define NGX_HTTP_PHONE_VERIFY_LOOK_AGAIN  1000    /* msec */


static void ngx_http_phone_verify_settle_ask(
    ngx_http_phone_verify_operation_t *op);
static void ngx_http_phone_verify_settle_answered(void *data,
    ngx_http_phone_verify_sinch_answer_t *answer);
static ngx_int_t ngx_http_phone_verify_settle_found(
    ngx_http_phone_verify_operation_t *op,
    ngx_http_phone_verify_sinch_answer_t *answer);
static void ngx_http_phone_verify_settle_write(
    ngx_http_phone_verify_operation_t *op, ngx_uint_t status,
    ngx_uint_t reason, ngx_str_t *id);


void
ngx_http_phone_verify_settle(ngx_http_phone_verify_operation_t *op,
    const u_char *reference, ngx_uint_t method, ngx_uint_t patient,
    ngx_http_phone_verify_settle_pt handler)
{
    ngx_memcpy(op->settle.reference, reference,
               NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);

    op->settle.method = method;
    op->settle.patient = patient;
    op->settle.handler = handler;

    ngx_http_phone_verify_settle_ask(op);
}


static void
ngx_http_phone_verify_settle_ask(ngx_http_phone_verify_operation_t *op)
{
    ngx_str_t  none;

    ngx_str_null(&none);

    if (ngx_http_phone_verify_operation_query(op, &none, op->settle.reference,
                                        ngx_http_phone_verify_settle_answered))
    {
        return;
    }

    ngx_log_error(NGX_LOG_ERR, op->log, 0,
                  "phone_verify: a start of app \"%V\" is unsettled, Sinch "
                  "cannot be asked now", &op->app->name);

    ngx_http_phone_verify_settle_write(op, NGX_HTTP_PHONE_VERIFY_NONE,
                                       NGX_HTTP_PHONE_VERIFY_REASON_NONE,
                                       &none);
    op->settle.handler(op, NGX_ERROR);
}


static void
ngx_http_phone_verify_settle_answered(void *data,
    ngx_http_phone_verify_sinch_answer_t *answer)
{
    ngx_http_phone_verify_operation_t *op = data;

    ngx_str_t  none;

    op->call = NULL;

    ngx_str_null(&none);

    if (answer->outcome == NGX_HTTP_PHONE_VERIFY_SINCH_ANSWERED) {
        op->settle.handler(op, ngx_http_phone_verify_settle_found(op, answer));
        return;
    }

    if (ngx_http_phone_verify_sinch_knows_none(answer)) {

        if (op->settle.patient) {
            op->settle.patient = 0;
            ngx_http_phone_verify_operation_wait(op,
                                             NGX_HTTP_PHONE_VERIFY_LOOK_AGAIN,
                                             ngx_http_phone_verify_settle_ask);
            return;
        }

        ngx_http_phone_verify_settle_write(op, NGX_HTTP_PHONE_VERIFY_ERROR,
                                           NGX_HTTP_PHONE_VERIFY_REASON_NONE,
                                           &none);
        op->settle.handler(op, NGX_DECLINED);
        return;
    }

    ngx_http_phone_verify_operation_log_answer(op, NGX_LOG_ERR,
                                               "a start is unsettled", answer,
                                               NULL);

    ngx_http_phone_verify_settle_write(op, NGX_HTTP_PHONE_VERIFY_NONE,
                                       NGX_HTTP_PHONE_VERIFY_REASON_NONE,
                                       &none);
    op->settle.handler(op, NGX_ERROR);
}


/* NGX_OK, or NGX_DECLINED: it was sent, and nobody can go on with it. */

static ngx_int_t
ngx_http_phone_verify_settle_found(ngx_http_phone_verify_operation_t *op,
    ngx_http_phone_verify_sinch_answer_t *answer)
{
    switch (answer->status) {

    case NGX_HTTP_PHONE_VERIFY_PENDING:
    case NGX_HTTP_PHONE_VERIFY_UNKNOWN:

        if (op->settle.method == NGX_HTTP_PHONE_VERIFY_SEAMLESS) {

            /*
             * Where the handset should have gone was in the answer that is
             * lost, and Sinch tells it once: the number is free.  But it was
             * started, and has ended at Sinch what ran before.
             */

            ngx_http_phone_verify_settle_write(op,
                                             NGX_HTTP_PHONE_VERIFY_PENDING,
                                             NGX_HTTP_PHONE_VERIFY_REASON_NONE,
                                             &answer->id);

            (void) ngx_http_phone_verify_store_event(op->app->zone,
                                             op->settle.reference, &answer->id,
                                             op->number,
                                             NGX_HTTP_PHONE_VERIFY_NO_METHOD,
                                             NGX_HTTP_PHONE_VERIFY_ERROR,
                                             NGX_HTTP_PHONE_VERIFY_REASON_NONE);
            return NGX_DECLINED;
        }

        ngx_http_phone_verify_settle_write(op, NGX_HTTP_PHONE_VERIFY_PENDING,
                                           NGX_HTTP_PHONE_VERIFY_REASON_NONE,
                                           &answer->id);
        break;

    case NGX_HTTP_PHONE_VERIFY_SUCCESSFUL:

        /* it was sent, that is all a start can tell; the rest is an event */

        ngx_http_phone_verify_settle_write(op, NGX_HTTP_PHONE_VERIFY_PENDING,
                                           NGX_HTTP_PHONE_VERIFY_REASON_NONE,
                                           &answer->id);

        (void) ngx_http_phone_verify_store_event(op->app->zone,
                                             op->settle.reference, &answer->id,
                                             op->number,
                                             NGX_HTTP_PHONE_VERIFY_NO_METHOD,
                                             answer->status, answer->reason);
        break;

    default:
        ngx_http_phone_verify_settle_write(op, answer->status, answer->reason,
                                           &answer->id);
        break;
    }

    return NGX_OK;
}


static void
ngx_http_phone_verify_settle_write(ngx_http_phone_verify_operation_t *op,
    ngx_uint_t status, ngx_uint_t reason, ngx_str_t *id)
{
    /* a record that is gone, or settled by a callback, is settled */

    (void) ngx_http_phone_verify_store_started(op->app->zone,
                                               op->settle.reference, status,
                                               reason, id);
}
