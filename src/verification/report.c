
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/code.h"
#include "verification/policy/limiter.h"
#include "verification/policy/rule.h"
#include "verification/refusal.h"
#include "verification/report_impl.h"
#include "verification/store/meter.h"
#include "verification/test_number.h"


/*
 * A report takes one attempt and asks Sinch.  Sinch alone judges; what is
 * written down is its word.  Where there is no word of it, or it does not know
 * the verification any more, a status query tells.
 */


static void ngx_http_phone_verify_report_begin(
    ngx_http_phone_verify_report_t *report,
    const ngx_http_phone_verify_token_t *token, ngx_str_t *proof);
static void ngx_http_phone_verify_report_claim(
    ngx_http_phone_verify_report_t *report);
static void ngx_http_phone_verify_report_send(
    ngx_http_phone_verify_report_t *report, ngx_str_t *proof);
static void ngx_http_phone_verify_report_answered(void *data,
    ngx_http_phone_verify_sinch_answer_t *answer);
static void ngx_http_phone_verify_report_refused(
    ngx_http_phone_verify_report_t *report,
    ngx_http_phone_verify_sinch_answer_t *answer);
static void ngx_http_phone_verify_report_look(
    ngx_http_phone_verify_report_t *report);
static void ngx_http_phone_verify_report_looked(void *data,
    ngx_http_phone_verify_sinch_answer_t *answer);


ngx_http_phone_verify_operation_t *
ngx_http_phone_verify_report(const ngx_http_phone_verify_app_t *app,
    const ngx_http_phone_verify_token_t *token, ngx_str_t *proof,
    const ngx_http_phone_verify_client_t *client,
    ngx_http_phone_verify_handler_pt handler, void *data, ngx_log_t *log)
{
    ngx_str_t                           session;
    ngx_http_phone_verify_report_t     *report;
    ngx_http_phone_verify_operation_t  *op;

    report = ngx_http_phone_verify_operation_create(
                                         sizeof(ngx_http_phone_verify_report_t),
                                         app, handler, data, log);
    if (report == NULL) {
        return NULL;
    }

    op = &report->operation;

    op->number = token->number;
    op->method = token->method;
    op->counter = NGX_HTTP_PHONE_VERIFY_METER_REPORTS;

    report->renews = client ? client->owner : 0;

    ngx_memcpy(report->session, token->session, sizeof(report->session));
    ngx_memcpy(report->bind, token->bind, sizeof(report->bind));

    session.data = report->session;
    session.len = sizeof(report->session);

    if (ngx_http_phone_verify_random(report->fresh, sizeof(report->fresh))
        != NGX_OK
        || ngx_http_phone_verify_hash(app->keys, "reported", proof, &session,
                                      report->code)
           != NGX_OK)
    {
        ngx_http_phone_verify_operation_discard(op);
        return NULL;
    }

    report->address = client ? client->address : 0;
    report->guess.dry_run = app->guesses.dry_run;
    report->guess.owner = report->renews;
    report->guess.n = ngx_http_phone_verify_limiter_guesses(app, token->number,
                                                 report->renews,
                                                 report->guess.window);

    if (!ngx_http_phone_verify_operation_outage(op, token)) {
        ngx_http_phone_verify_report_begin(report, token, proof);
    }

    op->begun = 1;

    return op;
}


static void
ngx_http_phone_verify_report_begin(ngx_http_phone_verify_report_t *report,
    const ngx_http_phone_verify_token_t *token, ngx_str_t *proof)
{
    ngx_uint_t                          rc, status, reason;
    ngx_http_phone_verify_view_t       *view;
    ngx_http_phone_verify_policy_t      policy;
    ngx_http_phone_verify_operation_t  *op;

    op = &report->operation;
    view = &op->outcome.view;

    policy = op->app->policy;
    policy.alone = ngx_http_phone_verify_test_number(op->app, op->number);

    rc = ngx_http_phone_verify_store_report(op->app->zone, &policy,
                                            token, report->code,
                                            &report->guess, view,
                                            &report->grant);

    if (report->guess.refused || report->guess.used
        || rc == NGX_HTTP_PHONE_VERIFY_REPORT_LOCKED)
    {
        ngx_http_phone_verify_rule_refused(op->app,
                                           NGX_HTTP_PHONE_VERIFY_RULE_ATTEMPTS,
                                           report->guess.dry_run, op->number,
                                           NULL, op->log);
    }

    switch (rc) {

    case NGX_HTTP_PHONE_VERIFY_REPORT_GO:
        ngx_memcpy(report->reference, view->reference,
                   sizeof(report->reference));

        if (ngx_http_phone_verify_test_report(op->app, op->number,
                                              view->method, proof, &status,
                                              &reason)
            == NGX_OK)
        {
            ngx_http_phone_verify_report_judged(report, status, reason, 0);
            return;
        }

        if (view->own_code
            && !ngx_http_phone_verify_code_matches(op->app->keys, view->seed,
                                                   proof))
        {
            /* we know better than Sinch, which need not be asked */

            ngx_http_phone_verify_report_judged(report,
                                    NGX_HTTP_PHONE_VERIFY_FAIL,
                                    NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CODE,
                                    0);
            return;
        }

        ngx_http_phone_verify_report_send(report, proof);
        return;

    case NGX_HTTP_PHONE_VERIFY_REPORT_AGAIN:
        ngx_http_phone_verify_report_grant(report, "reported again");
        return;

    case NGX_HTTP_PHONE_VERIFY_REPORT_ENDED:

        if (view->claimable) {
            ngx_http_phone_verify_report_claim(report);
            return;
        }

        ngx_http_phone_verify_operation_log(op, NGX_LOG_INFO,
                                            "reported after the end");
        ngx_http_phone_verify_operation_finish(op,
                       ngx_http_phone_verify_ended(view->status, view->reason),
                       0);
        return;

    case NGX_HTTP_PHONE_VERIFY_REPORT_LOCKED:
        ngx_http_phone_verify_operation_finish(op,
                                     NGX_HTTP_PHONE_VERIFY_VERIFICATION_FAILED,
                                     0);
        return;

    case NGX_HTTP_PHONE_VERIFY_REPORT_LIMITED:
        ngx_http_phone_verify_operation_finish(op,
                                       NGX_HTTP_PHONE_VERIFY_TOO_MANY_REQUESTS,
                                       report->guess.retry_after);
        return;

    default: /* NGX_HTTP_PHONE_VERIFY_REPORT_BUSY */
        ngx_log_error(NGX_LOG_ERR, op->log, 0,
                      "phone_verify: the \"zone\" of app \"%V\" is full, a "
                      "report cannot be taken", &op->app->name);
        ngx_http_phone_verify_operation_finish(op,
                                           NGX_HTTP_PHONE_VERIFY_BUSY_NOW, 0);
        return;
    }
}


/* It has succeeded before, and nobody has taken the grant. */

static void
ngx_http_phone_verify_report_claim(ngx_http_phone_verify_report_t *report)
{
    ngx_http_phone_verify_operation_t  *op;

    op = &report->operation;

    if (ngx_http_phone_verify_store_claim(op->app->zone, report->session,
                                          report->fresh, &report->grant)
        != NGX_OK)
    {
        ngx_http_phone_verify_operation_finish(op,
                                   NGX_HTTP_PHONE_VERIFY_NO_VERIFICATION, 0);
        return;
    }

    ngx_http_phone_verify_report_grant(report, "claimed by a report");
}


static void
ngx_http_phone_verify_report_send(ngx_http_phone_verify_report_t *report,
    ngx_str_t *proof)
{
    u_char                               text[NGX_HTTP_PHONE_VERIFY_NUMBER_LEN];
    ngx_str_t                            id, number;
    ngx_uint_t                           outcome;
    ngx_http_phone_verify_view_t        *view;
    ngx_http_phone_verify_operation_t   *op;

    op = &report->operation;
    view = &op->outcome.view;

    id.data = view->id;
    id.len = view->id_len;

    number.data = text;
    number.len = ngx_http_phone_verify_number_write(text, op->number) - text;

    op->call = ngx_http_phone_verify_sinch_report(&op->app->sinch, &id,
                                         &number, view->method, proof,
                                         ngx_http_phone_verify_report_answered,
                                         report, op->log, &outcome);
    if (op->call) {
        return;
    }

    ngx_http_phone_verify_operation_log(op, NGX_LOG_ERR,
                 (outcome == NGX_HTTP_PHONE_VERIFY_SINCH_BUSY)
                 ? "report not sent, too many calls" : "report not sent");

    ngx_http_phone_verify_report_unsent(report);
}


static void
ngx_http_phone_verify_report_answered(void *data,
    ngx_http_phone_verify_sinch_answer_t *answer)
{
    ngx_http_phone_verify_report_t *report = data;

    ngx_http_phone_verify_operation_t  *op;

    op = &report->operation;
    op->call = NULL;

    switch (answer->outcome) {

    case NGX_HTTP_PHONE_VERIFY_SINCH_ANSWERED:

        if (answer->status == NGX_HTTP_PHONE_VERIFY_ABORTED
            && op->outcome.view.id_len == 0
            && op->outcome.view.sends > 1)
        {
            /* by number, so of the one before: its code is void, no more */

            ngx_http_phone_verify_report_judged(report,
                                    NGX_HTTP_PHONE_VERIFY_FAIL,
                                    NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CODE,
                                    0);
            return;
        }

        ngx_http_phone_verify_report_judged(report, answer->status,
                                            answer->reason, 0);
        return;

    case NGX_HTTP_PHONE_VERIFY_SINCH_NONSENSE:
        ngx_http_phone_verify_operation_log_answer(op, NGX_LOG_ERR,
                                                   "report answered nonsense",
                                                   answer, NULL);
        ngx_http_phone_verify_report_unjudged(report,
                                     NGX_HTTP_PHONE_VERIFY_NONE,
                                     NGX_HTTP_PHONE_VERIFY_PROVIDER_ERROR, 0);
        return;

    case NGX_HTTP_PHONE_VERIFY_SINCH_REFUSED:
        ngx_http_phone_verify_report_refused(report, answer);
        return;

    case NGX_HTTP_PHONE_VERIFY_SINCH_AMBIGUOUS:
        ngx_http_phone_verify_operation_log_answer(op, NGX_LOG_ERR,
                                                   "report without an answer",
                                                   answer, NULL);
        ngx_http_phone_verify_report_look(report);
        return;

    default: /* NOT_SENT, BUSY */
        ngx_http_phone_verify_operation_log_answer(op, NGX_LOG_ERR,
                                                   "report not sent", answer,
                                                   NULL);
        ngx_http_phone_verify_report_unsent(report);
        return;
    }
}


static void
ngx_http_phone_verify_report_refused(ngx_http_phone_verify_report_t *report,
    ngx_http_phone_verify_sinch_answer_t *answer)
{
    ngx_uint_t                              error;
    ngx_http_phone_verify_operation_t      *op;
    const ngx_http_phone_verify_refusal_t  *refusal;

    op = &report->operation;

    switch (answer->http_status) {

    case 400:

        if (answer->error_code == 40001) {

            /* "Supplied SMS code invalid format" */

            ngx_http_phone_verify_operation_log_answer(op, NGX_LOG_INFO,
                                                       "report refused",
                                                       answer, NULL);
            ngx_http_phone_verify_report_judged(report,
                                    NGX_HTTP_PHONE_VERIFY_FAIL,
                                    NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CODE,
                                    0);
            return;
        }

        break;

    case 404:
    case 409:
    case 410:

        /* nothing there takes a report: it has ended, the query says how */

        ngx_http_phone_verify_operation_log_answer(op, NGX_LOG_INFO,
                                                   "report refused", answer,
                                                   NULL);
        report->refused = 1;
        ngx_http_phone_verify_report_look(report);
        return;
    }

    refusal = ngx_http_phone_verify_refusal(answer->http_status,
                                            answer->error_code);

    ngx_http_phone_verify_operation_log_answer(op, refusal->level,
                                               "report refused", answer,
                                               refusal->advice);

    if (refusal->ambiguous) {
        ngx_http_phone_verify_report_look(report);
        return;
    }

    /* a number is no longer in question */

    error = (refusal->error == NGX_HTTP_PHONE_VERIFY_INVALID_NUMBER)
            ? NGX_HTTP_PHONE_VERIFY_PROVIDER_ERROR : refusal->error;

    ngx_http_phone_verify_report_unjudged(report,
                                          NGX_HTTP_PHONE_VERIFY_PENDING,
                                          error, answer->retry_after);
}


static void
ngx_http_phone_verify_report_look(ngx_http_phone_verify_report_t *report)
{
    ngx_str_t                           id;
    ngx_http_phone_verify_operation_t  *op;

    op = &report->operation;

    id.data = op->outcome.view.id;
    id.len = op->outcome.view.id_len;

    if (ngx_http_phone_verify_operation_query(op, &id, report->reference,
                                          ngx_http_phone_verify_report_looked))
    {
        return;
    }

    ngx_http_phone_verify_operation_log(op, NGX_LOG_ERR, "report unsettled");

    ngx_http_phone_verify_report_unjudged(report, NGX_HTTP_PHONE_VERIFY_NONE,
                                    NGX_HTTP_PHONE_VERIFY_PROVIDER_UNAVAILABLE,
                                    0);
}


static void
ngx_http_phone_verify_report_looked(void *data,
    ngx_http_phone_verify_sinch_answer_t *answer)
{
    ngx_http_phone_verify_report_t *report = data;

    ngx_uint_t                          status, reason;
    ngx_http_phone_verify_operation_t  *op;

    op = &report->operation;
    op->call = NULL;

    status = NGX_HTTP_PHONE_VERIFY_NONE;
    reason = NGX_HTTP_PHONE_VERIFY_REASON_NONE;

    if (answer->outcome == NGX_HTTP_PHONE_VERIFY_SINCH_ANSWERED) {
        status = answer->status;
        reason = answer->reason;

    } else if (ngx_http_phone_verify_sinch_knows_none(answer)) {
        status = NGX_HTTP_PHONE_VERIFY_FAIL;
    }

    switch (status) {

    case NGX_HTTP_PHONE_VERIFY_NONE:
        ngx_http_phone_verify_operation_log_answer(op, NGX_LOG_ERR,
                                                   "report unsettled", answer,
                                                   NULL);

        /* fall through */

    case NGX_HTTP_PHONE_VERIFY_PENDING:
    case NGX_HTTP_PHONE_VERIFY_UNKNOWN:
        ngx_http_phone_verify_report_unjudged(report, status,
                                    NGX_HTTP_PHONE_VERIFY_PROVIDER_UNAVAILABLE,
                                    0);
        return;

    case NGX_HTTP_PHONE_VERIFY_FAIL:

        /* a wrong code ends it only where Sinch takes no other one */

        if (report->refused
            && (reason == NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CODE
                || reason == NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CLI))
        {
            reason = NGX_HTTP_PHONE_VERIFY_REASON_NONE;
        }

        break;
    }

    ngx_http_phone_verify_report_judged(report, status, reason, 1);
}
