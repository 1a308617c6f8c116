
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_OPERATION_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_OPERATION_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/app.h"
#include "verification/error.h"
#include "verification/policy/admission.h"


/*
 * What the product does, without a request in sight: store first, Sinch then,
 * store again, and an outcome for whoever asked.
 *
 * A handler is called exactly once, unless the operation was detached, and
 * never from inside the function that began it.  A detached operation goes on
 * to its end and writes down what became of it.
 */

typedef struct ngx_http_phone_verify_operation_s
    ngx_http_phone_verify_operation_t;


/* Valid until the handler returns. */

typedef struct {
    ngx_uint_t                      error;          /* OK or why not */
    ngx_uint_t                      retry_after;    /* seconds, 0: none */

    /* how the session stands; all zero (status NONE) where there is none */

    ngx_http_phone_verify_view_t    view;

    /* the pending token of a start, the grant of a report; sealed, or empty */

    ngx_str_t                       token;
    time_t                          token_expires;

    /* Sinch's answer to a start that sent a message, else NULL */

    ngx_http_phone_verify_sinch_answer_t  *answer;
} ngx_http_phone_verify_outcome_t;


typedef void (*ngx_http_phone_verify_handler_pt)(void *data,
    ngx_http_phone_verify_outcome_t *outcome);


/*
 * Starts a verification of "number" for a new session.  "request" has the
 * method and its options (its number and reference are not looked at); "own"
 * is the client's pending token, or NULL; "bind" is for the token; "client" is
 * who asks, or NULL.  All are copied.  "log" must live until the handler was
 * called or the operation detached.  Returns NULL when there is no memory; then
 * the handler is not called.
 *
 * Outcomes without an error carry a pending token; view.status tells how the
 * verification stands, for a callback may have settled it already.
 */

ngx_http_phone_verify_operation_t *ngx_http_phone_verify_start(
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number,
    const ngx_http_phone_verify_sinch_request_t *request,
    const ngx_http_phone_verify_token_t *own, const u_char *bind,
    const ngx_http_phone_verify_client_t *client,
    ngx_http_phone_verify_handler_pt handler, void *data, ngx_log_t *log);


/*
 * Reports "proof" (a code, or for flashcall the caller's number) for the
 * session of a pending token; "client" is who reports, or NULL.  As above.
 *
 * Outcomes without an error carry a grant, unless view.status is PENDING:
 * Sinch took the report and has not decided.
 */

ngx_http_phone_verify_operation_t *ngx_http_phone_verify_report(
    const ngx_http_phone_verify_app_t *app,
    const ngx_http_phone_verify_token_t *token, ngx_str_t *proof,
    const ngx_http_phone_verify_client_t *client,
    ngx_http_phone_verify_handler_pt handler, void *data, ngx_log_t *log);


/*
 * The error that tells a client of a verification that has ended otherwise
 * than with success.
 */

ngx_uint_t ngx_http_phone_verify_ended(ngx_uint_t status, ngx_uint_t reason);


/* Seconds after which to try again, where Sinch names none; or 0. */

ngx_uint_t ngx_http_phone_verify_retry(const ngx_http_phone_verify_app_t *app,
    ngx_uint_t error);


/*
 * A worker that is told to go at once ends its calls after its requests: there
 * is nobody left to answer, only a zone to write to.
 */

ngx_uint_t ngx_http_phone_verify_operation_exiting(void);


/* Whoever asked has gone.  Only before the handler was called. */

void ngx_http_phone_verify_detach(ngx_http_phone_verify_operation_t *op);


#endif /* _NGX_HTTP_PHONE_VERIFY_OPERATION_H_INCLUDED_ */
