
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/refusal.h"
#include "verification/settle.h"
#include "verification/start_impl.h"
#include "verification/store/meter.h"
#include "verification/test_number.h"


/*
 * A start sends at most one message.  Where nobody knows whether it was sent,
 * Sinch is asked by our reference before anything else happens; what cannot be
 * settled at once is written down as such, and whoever starts that number next
 * settles it first.
 */


static ngx_int_t ngx_http_phone_verify_start_copy(
    ngx_http_phone_verify_start_t *start,
    const ngx_http_phone_verify_sinch_request_t *request);
static void ngx_http_phone_verify_start_begin(
    ngx_http_phone_verify_start_t *start);
static void ngx_http_phone_verify_start_denied(
    ngx_http_phone_verify_start_t *start);
static void ngx_http_phone_verify_start_send(
    ngx_http_phone_verify_start_t *start);
static void ngx_http_phone_verify_start_answered(void *data,
    ngx_http_phone_verify_sinch_answer_t *answer);
static void ngx_http_phone_verify_start_accepted(
    ngx_http_phone_verify_start_t *start,
    ngx_http_phone_verify_sinch_answer_t *answer);
static void ngx_http_phone_verify_start_refused(
    ngx_http_phone_verify_start_t *start,
    ngx_http_phone_verify_sinch_answer_t *answer);
static void ngx_http_phone_verify_start_looked(
    ngx_http_phone_verify_operation_t *op, ngx_int_t rc);
static void ngx_http_phone_verify_start_settled(
    ngx_http_phone_verify_operation_t *op, ngx_int_t rc);


ngx_http_phone_verify_operation_t *
ngx_http_phone_verify_start(const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number,
    const ngx_http_phone_verify_sinch_request_t *request,
    const ngx_http_phone_verify_token_t *own, const u_char *bind,
    const ngx_http_phone_verify_client_t *client,
    ngx_http_phone_verify_handler_pt handler, void *data, ngx_log_t *log)
{
    ngx_http_phone_verify_start_t      *start;
    ngx_http_phone_verify_operation_t  *op;

    start = ngx_http_phone_verify_operation_create(
                                          sizeof(ngx_http_phone_verify_start_t),
                                          app, handler, data, log);
    if (start == NULL) {
        return NULL;
    }

    op = &start->operation;

    op->number = number;
    op->method = request->method;
    op->counter = NGX_HTTP_PHONE_VERIFY_METER_STARTS;

    if (ngx_http_phone_verify_random(start->session, sizeof(start->session))
        != NGX_OK
        || ngx_http_phone_verify_random(start->reference,
                                        sizeof(start->reference))
           != NGX_OK
        || ngx_http_phone_verify_start_copy(start, request) != NGX_OK)
    {
        ngx_http_phone_verify_operation_discard(op);
        return NULL;
    }

    ngx_memcpy(start->bind, bind, sizeof(start->bind));

    if (own) {
        start->has_own = 1;
        ngx_memcpy(start->own, own->session, sizeof(start->own));
    }

    start->test = ngx_http_phone_verify_test_number(app, number);

    if (start->test
        && ngx_http_phone_verify_methods[request->method].proof.len == 0)
    {
        /* nobody could report its code */

        ngx_http_phone_verify_operation_finish(op,
                                       NGX_HTTP_PHONE_VERIFY_INVALID_METHOD,
                                       0);

    } else if (start->test
               || ngx_http_phone_verify_admission_begin(&start->admission, app,
                                                        client, number,
                                                        request->method,
                                                        start->session)
                  == NGX_OK)
    {
        ngx_http_phone_verify_start_begin(start);

    } else {
        ngx_http_phone_verify_start_denied(start);
    }

    op->begun = 1;

    return op;
}


static ngx_int_t
ngx_http_phone_verify_start_copy(ngx_http_phone_verify_start_t *start,
    const ngx_http_phone_verify_sinch_request_t *request)
{
    ngx_str_t   *text[6];
    ngx_uint_t   i;

    start->request = *request;

    text[0] = &start->request.custom;
    text[1] = &start->request.language;
    text[2] = &start->request.code_type;
    text[3] = &start->request.expiry;
    text[4] = &start->request.application_hash;
    text[5] = &start->request.locale;

    for (i = 0; i < 6; i++) {

        if (text[i]->len == 0) {
            ngx_str_null(text[i]);
            continue;
        }

        text[i]->data = ngx_pstrdup(start->operation.pool, text[i]);
        if (text[i]->data == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void
ngx_http_phone_verify_start_begin(ngx_http_phone_verify_start_t *start)
{
    ngx_uint_t                          rc;
    ngx_http_phone_verify_view_t       *view;
    ngx_http_phone_verify_policy_t      policy;
    ngx_http_phone_verify_operation_t  *op;

    op = &start->operation;
    view = &op->outcome.view;

    /* a test number is nobody's: those who use it at once do not meet */

    policy = op->app->policy;
    policy.alone = start->test;

    rc = ngx_http_phone_verify_store_start(op->app->zone, &policy,
                                           start->session, start->reference,
                                           op->number, start->request.method,
                                           start->has_own ? start->own : NULL,
                                           start->test ? NULL
                                                       : &start->admission,
                                           view);

    switch (rc) {

    case NGX_HTTP_PHONE_VERIFY_START_NEW:

        if (start->test) {
            ngx_http_phone_verify_start_ended(start,
                                            NGX_HTTP_PHONE_VERIFY_PENDING,
                                            NGX_HTTP_PHONE_VERIFY_REASON_NONE,
                                            NULL);
            ngx_http_phone_verify_start_serve(start, "started");
            return;
        }

        ngx_http_phone_verify_admission_log(&start->admission, op->log);
        ngx_http_phone_verify_start_send(start);
        return;

    case NGX_HTTP_PHONE_VERIFY_START_REFUSED:
        ngx_http_phone_verify_start_denied(start);
        return;

    case NGX_HTTP_PHONE_VERIFY_START_JOINED:
        ngx_http_phone_verify_admission_log(&start->admission, op->log);
        ngx_http_phone_verify_start_serve(start, "joined");
        return;

    case NGX_HTTP_PHONE_VERIFY_START_WAIT:
        ngx_http_phone_verify_admission_log(&start->admission, op->log);

        if (start->admission.rule == NGX_HTTP_PHONE_VERIFY_NO_RULE) {
            ngx_http_phone_verify_operation_log(op, NGX_LOG_INFO,
                                                "asked again too soon");
        }

        ngx_http_phone_verify_operation_finish(op,
                                       NGX_HTTP_PHONE_VERIFY_TOO_MANY_REQUESTS,
                                       ngx_max(view->resend_in, 1));
        return;

    case NGX_HTTP_PHONE_VERIFY_START_UNSETTLED:

        if (!start->settled) {
            ngx_http_phone_verify_settle(op, view->reference, view->method, 0,
                                         ngx_http_phone_verify_start_settled);
            return;
        }

        ngx_http_phone_verify_operation_finish(op,
                                NGX_HTTP_PHONE_VERIFY_PROVIDER_UNAVAILABLE, 0);
        return;

    default: /* NGX_HTTP_PHONE_VERIFY_START_BUSY */
        ngx_log_error(NGX_LOG_ERR, op->log, 0,
                      "phone_verify: the \"zone\" of app \"%V\" is full, no "
                      "verification can be started", &op->app->name);
        ngx_http_phone_verify_operation_finish(op,
                                           NGX_HTTP_PHONE_VERIFY_BUSY_NOW, 0);
        return;
    }
}


/* A rule says no. */

static void
ngx_http_phone_verify_start_denied(ngx_http_phone_verify_start_t *start)
{
    ngx_http_phone_verify_operation_t  *op;

    op = &start->operation;

    ngx_http_phone_verify_admission_log(&start->admission, op->log);

    ngx_http_phone_verify_operation_finish(op, start->admission.error,
                                           start->admission.retry_after);
}


static void
ngx_http_phone_verify_start_send(ngx_http_phone_verify_start_t *start)
{
    u_char                              number[
                                              NGX_HTTP_PHONE_VERIFY_NUMBER_LEN];
    u_char                              reference[
                                           NGX_HTTP_PHONE_VERIFY_REFERENCE_LEN];
    ngx_uint_t                          outcome;
    ngx_http_phone_verify_operation_t  *op;

    op = &start->operation;

    start->request.number.data = number;
    start->request.number.len =
                     ngx_http_phone_verify_number_write(number, op->number)
                     - number;

    start->request.reference.data = reference;
    start->request.reference.len =
                     ngx_http_phone_verify_reference_write(op->app->keys,
                                                   start->reference, reference)
                     - reference;

    op->call = ngx_http_phone_verify_sinch_start(&op->app->sinch,
                                         &start->request,
                                         ngx_http_phone_verify_start_answered,
                                         start, op->log, &outcome);

    if (op->call) {

        if (op->detached) {
            ngx_http_phone_verify_sinch_detach(op->call);
        }

        return;
    }

    ngx_http_phone_verify_admission_give_back(&start->admission);

    ngx_http_phone_verify_start_ended(start, NGX_HTTP_PHONE_VERIFY_ERROR,
                                      NGX_HTTP_PHONE_VERIFY_REASON_NONE, NULL);

    ngx_http_phone_verify_operation_log(op, NGX_LOG_ERR,
                 (outcome == NGX_HTTP_PHONE_VERIFY_SINCH_BUSY)
                 ? "start not sent, too many calls" : "start not sent");

    ngx_http_phone_verify_operation_finish(op,
                                NGX_HTTP_PHONE_VERIFY_PROVIDER_UNAVAILABLE, 0);
}


static void
ngx_http_phone_verify_start_answered(void *data,
    ngx_http_phone_verify_sinch_answer_t *answer)
{
    ngx_http_phone_verify_start_t *start = data;

    ngx_http_phone_verify_operation_t  *op;

    op = &start->operation;
    op->call = NULL;

    switch (answer->outcome) {

    case NGX_HTTP_PHONE_VERIFY_SINCH_ANSWERED:
        ngx_http_phone_verify_start_accepted(start, answer);
        return;

    case NGX_HTTP_PHONE_VERIFY_SINCH_REFUSED:
        ngx_http_phone_verify_start_refused(start, answer);
        return;

    case NGX_HTTP_PHONE_VERIFY_SINCH_AMBIGUOUS:
        ngx_http_phone_verify_operation_log_answer(op, NGX_LOG_ERR,
                                                   "start without an answer",
                                                   answer, NULL);
        start->error = NGX_HTTP_PHONE_VERIFY_PROVIDER_UNAVAILABLE;
        break;

    case NGX_HTTP_PHONE_VERIFY_SINCH_NONSENSE:
        ngx_http_phone_verify_operation_log_answer(op, NGX_LOG_ERR,
                                                   "start answered nonsense",
                                                   answer, NULL);
        start->error = NGX_HTTP_PHONE_VERIFY_PROVIDER_ERROR;
        break;

    default: /* NOT_SENT, BUSY */
        ngx_http_phone_verify_operation_log_answer(op, NGX_LOG_ERR,
                                                   "start not sent", answer,
                                                   NULL);
        ngx_http_phone_verify_admission_give_back(&start->admission);
        ngx_http_phone_verify_start_ended(start, NGX_HTTP_PHONE_VERIFY_ERROR,
                                          NGX_HTTP_PHONE_VERIFY_REASON_NONE,
                                          NULL);
        ngx_http_phone_verify_operation_finish(op,
                                NGX_HTTP_PHONE_VERIFY_PROVIDER_UNAVAILABLE, 0);
        return;
    }

    ngx_http_phone_verify_settle(op, start->reference, start->request.method,
                                 1, ngx_http_phone_verify_start_looked);
}


static void
ngx_http_phone_verify_start_accepted(ngx_http_phone_verify_start_t *start,
    ngx_http_phone_verify_sinch_answer_t *answer)
{
    ngx_http_phone_verify_operation_t  *op;

    op = &start->operation;

    op->outcome.answer = answer;

    /* an answer to a start tells no status: it is pending */

    ngx_http_phone_verify_start_ended(start, NGX_HTTP_PHONE_VERIFY_PENDING,
                                      NGX_HTTP_PHONE_VERIFY_REASON_NONE,
                                      &answer->id);

    if (start->request.method == NGX_HTTP_PHONE_VERIFY_FLASHCALL) {
        ngx_http_phone_verify_store_flashcall(op->app->zone, start->reference,
                                              answer);
    }

    ngx_http_phone_verify_start_serve(start, "started");
}


static void
ngx_http_phone_verify_start_refused(ngx_http_phone_verify_start_t *start,
    ngx_http_phone_verify_sinch_answer_t *answer)
{
    const ngx_http_phone_verify_refusal_t  *refusal;

    refusal = ngx_http_phone_verify_refusal(answer->http_status,
                                            answer->error_code);

    ngx_http_phone_verify_operation_log_answer(&start->operation,
                                               refusal->level, "start refused",
                                               answer, refusal->advice);

    if (refusal->ambiguous) {
        start->error = refusal->error;
        ngx_http_phone_verify_settle(&start->operation, start->reference,
                                     start->request.method, 1,
                                     ngx_http_phone_verify_start_looked);
        return;
    }

    /* nothing was sent: only what the visitor has asked for counts */

    if (refusal->error != NGX_HTTP_PHONE_VERIFY_INVALID_NUMBER
        && refusal->error != NGX_HTTP_PHONE_VERIFY_DESTINATION_DENIED)
    {
        ngx_http_phone_verify_admission_give_back(&start->admission);
    }

    ngx_http_phone_verify_start_ended(start, refusal->status, refusal->reason,
                                      NULL);
    ngx_http_phone_verify_operation_finish(&start->operation, refusal->error,
                                       answer->retry_after);
}


/* Was our own message sent or not? */

static void
ngx_http_phone_verify_start_looked(ngx_http_phone_verify_operation_t *op,
    ngx_int_t rc)
{
    ngx_http_phone_verify_start_t  *start;

    start = (ngx_http_phone_verify_start_t *) op;

    if (rc == NGX_OK) {
        ngx_http_phone_verify_start_serve(start, "started, found by reference");
        return;
    }

    if (rc == NGX_ERROR) {
        start->error = NGX_HTTP_PHONE_VERIFY_PROVIDER_UNAVAILABLE;

    } else if (start->request.method != NGX_HTTP_PHONE_VERIFY_SEAMLESS) {
        /* certainly not sent */
        ngx_http_phone_verify_admission_give_back(&start->admission);
    }

    ngx_http_phone_verify_operation_finish(op, start->error, 0);
}


/* What became of an earlier start of this number?  Then begin again, once. */

static void
ngx_http_phone_verify_start_settled(ngx_http_phone_verify_operation_t *op,
    ngx_int_t rc)
{
    ngx_http_phone_verify_start_t  *start;

    start = (ngx_http_phone_verify_start_t *) op;

    if (rc == NGX_ERROR) {
        ngx_http_phone_verify_operation_finish(op,
                                NGX_HTTP_PHONE_VERIFY_PROVIDER_UNAVAILABLE, 0);
        return;
    }

    start->settled = 1;

    ngx_http_phone_verify_start_begin(start);
}
