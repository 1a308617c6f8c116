
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/grant.h"
#include "verification/policy/limiter.h"
#include "verification/report_impl.h"


/* How a report ends: in the record, for the limits, and for the client. */


static ngx_int_t ngx_http_phone_verify_report_end(
    ngx_http_phone_verify_report_t *report, ngx_uint_t status,
    ngx_uint_t reason, ngx_uint_t inferred);


/* Sinch's word, on this report or (inferred) on the verification. */

void
ngx_http_phone_verify_report_judged(ngx_http_phone_verify_report_t *report,
    ngx_uint_t status, ngx_uint_t reason, ngx_uint_t inferred)
{
    ngx_http_phone_verify_view_t       *view;
    ngx_http_phone_verify_operation_t  *op;

    op = &report->operation;
    view = &op->outcome.view;

    if (ngx_http_phone_verify_report_end(report, status, reason, inferred)
        == NGX_OK)
    {
        ngx_http_phone_verify_report_grant(report, inferred
                                           ? "verified, found by a query"
                                           : "verified");
        return;
    }

    if (status == NGX_HTTP_PHONE_VERIFY_FAIL
        && (reason == NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CODE
            || reason == NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CLI))
    {
        view->reason = reason;

        ngx_http_phone_verify_operation_log(op, NGX_LOG_INFO, "wrong code");
        ngx_http_phone_verify_operation_finish(op,
                                       NGX_HTTP_PHONE_VERIFY_INVALID_CODE, 0);
        return;
    }

    ngx_http_phone_verify_operation_log(op, NGX_LOG_NOTICE, "not verified");

    if (view->status != NGX_HTTP_PHONE_VERIFY_PENDING) {
        ngx_http_phone_verify_operation_finish(op,
                       ngx_http_phone_verify_ended(view->status, view->reason),
                       0);
        return;
    }

    /* not decided yet, or by a word that is not known: that is no success */

    ngx_http_phone_verify_operation_finish(op,
                           (status == NGX_HTTP_PHONE_VERIFY_PENDING)
                           ? NGX_HTTP_PHONE_VERIFY_OK
                           : NGX_HTTP_PHONE_VERIFY_PROVIDER_ERROR, 0);
}


/* No word of Sinch's on this report: the record stays as it was. */

void
ngx_http_phone_verify_report_unjudged(ngx_http_phone_verify_report_t *report,
    ngx_uint_t status, ngx_uint_t error, ngx_uint_t retry_after)
{
    if (ngx_http_phone_verify_report_end(report, status,
                                         NGX_HTTP_PHONE_VERIFY_REASON_NONE, 1)
        == NGX_OK)
    {
        /* a callback knew better in the meantime */

        ngx_http_phone_verify_report_grant(report, "verified by a callback");
        return;
    }

    ngx_http_phone_verify_operation_finish(&report->operation, error,
                                           retry_after);
}


void
ngx_http_phone_verify_report_unsent(ngx_http_phone_verify_report_t *report)
{
    ngx_http_phone_verify_store_unsent(report->operation.app->zone,
                                       report->session, report->reference,
                                       !report->guess.owner);

    ngx_http_phone_verify_report_unjudged(report,
                                    NGX_HTTP_PHONE_VERIFY_PENDING,
                                    NGX_HTTP_PHONE_VERIFY_PROVIDER_UNAVAILABLE,
                                    0);
}


static ngx_int_t
ngx_http_phone_verify_report_end(ngx_http_phone_verify_report_t *report,
    ngx_uint_t status, ngx_uint_t reason, ngx_uint_t inferred)
{
    ngx_int_t                           rc;
    ngx_http_phone_verify_operation_t  *op;

    op = &report->operation;

    /* what was no guess, or not wrong, is none */

    if (status != NGX_HTTP_PHONE_VERIFY_FAIL) {
        ngx_http_phone_verify_limiter_guess_back(op->app, &report->guess);
    }

    rc = ngx_http_phone_verify_store_reported(op->app->zone, report->session,
                                         report->reference, status, reason,
                                         inferred, report->code,
                                         op->detached ? NULL : report->fresh,
                                         &op->outcome.view, &report->grant);

    /* once, however many reports of it hear of the success */

    if (op->outcome.view.converted) {
        ngx_http_phone_verify_limiter_verified(op->app, op->number,
                                               report->address);
    }

    return rc;
}


void
ngx_http_phone_verify_report_grant(ngx_http_phone_verify_report_t *report,
    const char *what)
{
    ngx_int_t                           rc;
    ngx_uint_t                          wait;
    ngx_http_phone_verify_view_t       *view;
    ngx_http_phone_verify_grant_t      *grant;
    ngx_http_phone_verify_token_t       token;
    ngx_http_phone_verify_receipt_t     receipt;
    ngx_http_phone_verify_operation_t  *op;

    op = &report->operation;
    view = &op->outcome.view;
    grant = &report->grant;

    receipt.bind = report->bind;
    receipt.fresh = ngx_memcmp(grant->session, report->fresh,
                               sizeof(report->fresh))
                    == 0;
    receipt.renews = report->renews;

    rc = ngx_http_phone_verify_grant(op->app, grant, &receipt, &token, &wait,
                                     op->log);
    if (rc != NGX_OK) {
        ngx_http_phone_verify_operation_finish(op, (rc == NGX_BUSY)
                                      ? NGX_HTTP_PHONE_VERIFY_TOO_MANY_REQUESTS
                                      : NGX_HTTP_PHONE_VERIFY_NO_VERIFICATION,
                                      (rc == NGX_BUSY) ? wait : 0);
        return;
    }

    view->status = NGX_HTTP_PHONE_VERIFY_SUCCESSFUL;
    view->reason = NGX_HTTP_PHONE_VERIFY_REASON_NONE;
    view->method = grant->method;
    view->number = grant->number;

    if (ngx_http_phone_verify_operation_seal(op,
                                            NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT,
                                            &token)
        != NGX_OK)
    {
        ngx_http_phone_verify_operation_finish(op,
                                     NGX_HTTP_PHONE_VERIFY_INTERNAL_ERROR, 0);
        return;
    }

    ngx_http_phone_verify_operation_log(op, NGX_LOG_NOTICE, what);

    ngx_http_phone_verify_operation_finish(op, NGX_HTTP_PHONE_VERIFY_OK, 0);
}
