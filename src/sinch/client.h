
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_SINCH_CLIENT_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_SINCH_CLIENT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/hmac.h"
#include "sinch/words.h"
#include "transport/origin.h"


/* Sinch Verification API: requests sent and answers read */


#define NGX_HTTP_PHONE_VERIFY_AUTH_SIGNED  0
#define NGX_HTTP_PHONE_VERIFY_AUTH_BASIC   1


/* What can be seen of a call by somebody who counts calls. */

typedef enum {
    NGX_HTTP_PHONE_VERIFY_SIGHT_BEGINS = 0,
    NGX_HTTP_PHONE_VERIFY_SIGHT_ENDS,
    NGX_HTTP_PHONE_VERIFY_SIGHT_NEVER_BEGAN
} ngx_http_phone_verify_sight_e;

typedef struct {
    ngx_uint_t                       stage;
    ngx_uint_t                       asked;        /* answer.h: _asked_e */

    /* unless it begins */

    ngx_uint_t                       outcome;
    ngx_uint_t                       http_status;  /* of an answer */
    ngx_uint_t                       error_code;
    ngx_msec_t                       elapsed;
    unsigned                         opened:1;     /* a connection, */
    unsigned                         reused:1;     /* or found one */
    unsigned                         no_sign:1;    /* see transfer.h */
    unsigned                         probe:1;      /* as admitted */
} ngx_http_phone_verify_sinch_sight_t;

typedef void (*ngx_http_phone_verify_sinch_watch_pt)(void *data,
    const ngx_http_phone_verify_sinch_sight_t *sight);

/*
 * Whether a call may be made: NGX_OK, NGX_DONE (and it is a probe), or
 * NGX_DECLINED: it is NOT_SENT, and nothing is seen of it.
 */

typedef ngx_int_t (*ngx_http_phone_verify_sinch_admit_pt)(void *data);


/* One Sinch application; const after configuration. */

typedef struct {
    ngx_str_t                        key;
    ngx_str_t                        secret;        /* base64, as displayed */
    ngx_http_phone_verify_hmac_t    *hmac;          /* with the decoded one */
    ngx_uint_t                       auth;
    ngx_http_phone_verify_origin_t  *origin;

    ngx_http_phone_verify_sinch_admit_pt  admit;   /* or NULL */
    ngx_http_phone_verify_sinch_watch_pt  watch;   /* or NULL */
    void                                 *watch_data;    /* of both */
} ngx_http_phone_verify_sinch_t;


/* What a start asks for; empty strings and zeroes are left out of the body. */

typedef struct {
    ngx_str_t                        number;       /* "+46700000000" */
    ngx_uint_t                       method;
    ngx_str_t                        reference;
    ngx_str_t                        custom;
    ngx_str_t                        language;     /* Accept-Language */
    ngx_str_t                        code_type;    /* sms, whatsapp */
    ngx_str_t                        expiry;       /* sms, "HH:MM:SS" */
    ngx_str_t                        application_hash;
    ngx_str_t                        locale;       /* callout */
    ngx_uint_t                       dial_timeout;           /* seconds */
    ngx_uint_t                       interception_timeout;   /* seconds */
} ngx_http_phone_verify_sinch_request_t;


/*
 * How a call ended.
 *
 *   ANSWERED   Sinch answered 200 with a body that makes sense
 *   REFUSED    Sinch answered an error: http_status, error_code (0: a gateway
 *              may have answered, not Sinch), retry_after (0: not told); after
 *              a status of 500, 502 or 504 it may have been processed
 *   NOT_SENT   Sinch certainly has not seen the request
 *   AMBIGUOUS  Sinch may have processed the request
 *   NONSENSE   an answer that is no answer (broken JSON, redirect, bad id,
 *              of another verification than the one asked for, seamless
 *              without a targetUri of https); for a start as ambiguous as
 *              AMBIGUOUS
 *   BUSY       too many calls in flight, nothing was sent
 */

typedef enum {
    NGX_HTTP_PHONE_VERIFY_SINCH_ANSWERED = 0,
    NGX_HTTP_PHONE_VERIFY_SINCH_REFUSED,
    NGX_HTTP_PHONE_VERIFY_SINCH_NOT_SENT,
    NGX_HTTP_PHONE_VERIFY_SINCH_AMBIGUOUS,
    NGX_HTTP_PHONE_VERIFY_SINCH_NONSENSE,
    NGX_HTTP_PHONE_VERIFY_SINCH_BUSY
} ngx_http_phone_verify_sinch_outcome_e;


/*
 * An answer, valid until the handler returns.  Members that were absent are
 * empty or zero; "has_*" tells where zero is a value.
 */

typedef struct {
    ngx_uint_t                       outcome;
    ngx_uint_t                       http_status;
    ngx_uint_t                       error_code;    /* 40102 */
    ngx_uint_t                       retry_after;   /* seconds */
    ngx_str_t                        support;       /* Sinch's support id */
    ngx_str_t                        error;         /* words for the log, */
                                                    /* unless ANSWERED */

    ngx_str_t                        id;
    ngx_uint_t                       method;
    ngx_uint_t                       status;
    ngx_uint_t                       reason;
    ngx_str_t                        reference;
    ngx_str_t                        number;        /* identity.endpoint */
    ngx_str_t                        source;
    ngx_str_t                        country;       /* countryId */
    ngx_str_t                        timestamp;     /* as sent by Sinch */
    ngx_str_t                        language;      /* Content-Language */
    ngx_str_t                        call_result;
    ngx_str_t                        currency;      /* of verificationPrice */
    double                           price;

    ngx_str_t                        cli_filter;    /* flashCall */
    ngx_str_t                        target_uri;    /* seamless, https only */
    ngx_uint_t                       interception_timeout;
    ngx_uint_t                       report_timeout;
    ngx_uint_t                       deny_call_after;

    unsigned                         has_price:1;
    unsigned                         has_interception_timeout:1;
    unsigned                         has_report_timeout:1;
    unsigned                         has_deny_call_after:1;
    unsigned                         has_call_complete:1;
    unsigned                         call_complete:1;
} ngx_http_phone_verify_sinch_answer_t;


/*
 * 1 where Sinch itself says that it knows none such, by an errorCode of 404xx:
 * a gateway's own 404 has none, and tells nothing.  Section 7
 */

ngx_uint_t ngx_http_phone_verify_sinch_knows_none(
    const ngx_http_phone_verify_sinch_answer_t *answer);


/*
 * Called exactly once for each call that was made, never from inside the
 * function that made it.
 */

typedef void (*ngx_http_phone_verify_sinch_handler_pt)(void *data,
    ngx_http_phone_verify_sinch_answer_t *answer);


typedef struct ngx_http_phone_verify_sinch_call_s
    ngx_http_phone_verify_sinch_call_t;


/*
 * Start a verification (Sinch Verification API, section 3), report a code or
 * a caller number by id or, where "id" is empty, by number (section 4), ask
 * for a status by id, by reference or by method and number (section 5).
 *
 * Ids and references outside [A-Za-z0-9._~-] are refused before anything is
 * sent, as are numbers and proofs that Sinch would refuse: see check.h, by
 * which a caller can tell beforehand.  All return the call, or NULL when
 * nothing was sent: no memory, no connection to spare, too many in flight, or
 * an argument that cannot be sent; then the handler is not called, and
 * *outcome tells BUSY from NOT_SENT.  Arguments are copied.
 */

ngx_http_phone_verify_sinch_call_t *ngx_http_phone_verify_sinch_start(
    const ngx_http_phone_verify_sinch_t *sinch,
    const ngx_http_phone_verify_sinch_request_t *request,
    ngx_http_phone_verify_sinch_handler_pt handler, void *data,
    ngx_log_t *log, ngx_uint_t *outcome);

ngx_http_phone_verify_sinch_call_t *ngx_http_phone_verify_sinch_report(
    const ngx_http_phone_verify_sinch_t *sinch, ngx_str_t *id,
    ngx_str_t *number, ngx_uint_t method, ngx_str_t *proof,
    ngx_http_phone_verify_sinch_handler_pt handler, void *data,
    ngx_log_t *log, ngx_uint_t *outcome);

ngx_http_phone_verify_sinch_call_t *ngx_http_phone_verify_sinch_by_id(
    const ngx_http_phone_verify_sinch_t *sinch, ngx_str_t *id,
    ngx_http_phone_verify_sinch_handler_pt handler, void *data,
    ngx_log_t *log, ngx_uint_t *outcome);

ngx_http_phone_verify_sinch_call_t *ngx_http_phone_verify_sinch_by_reference(
    const ngx_http_phone_verify_sinch_t *sinch, ngx_str_t *reference,
    ngx_http_phone_verify_sinch_handler_pt handler, void *data,
    ngx_log_t *log, ngx_uint_t *outcome);

ngx_http_phone_verify_sinch_call_t *ngx_http_phone_verify_sinch_by_number(
    const ngx_http_phone_verify_sinch_t *sinch, ngx_uint_t method,
    ngx_str_t *number, ngx_http_phone_verify_sinch_handler_pt handler,
    void *data, ngx_log_t *log, ngx_uint_t *outcome);


/*
 * Nobody waits for the call any more.  It goes on to its end, and the handler
 * is still called with the answer, so that the outcome of a paid message can
 * be written down.  A worker that exits waits for it, as long as the timeout
 * and worker_shutdown_timeout allow; not, if it still waits for an address.
 */

void ngx_http_phone_verify_sinch_detach(
    ngx_http_phone_verify_sinch_call_t *call);


#endif /* _NGX_HTTP_PHONE_VERIFY_SINCH_CLIENT_H_INCLUDED_ */
