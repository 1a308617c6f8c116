
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_STORE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_STORE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/words.h"
#include "verification/number/number.h"
#include "verification/policy/limits.h"
#include "verification/store/flashcall.h"
#include "verification/store/zone.h"
#include "verification/token/token.h"


/*
 * What is pending: verifications, and the sessions that point at them.
 *
 * Each function is one critical section.  All times are of this machine:
 * durations by the monotonic clock, "time_t" by the wall clock.
 */


#define NGX_HTTP_PHONE_VERIFY_RESENDS       4

#define NGX_HTTP_PHONE_VERIFY_GRANT_REPEAT  10    /* seconds */
#define NGX_HTTP_PHONE_VERIFY_CODE_REPEAT   60    /* seconds */


struct ngx_http_phone_verify_admission_s;    /* policy/admission.h */


typedef struct {
    ngx_uint_t    attempts;       /* of a session; three times that of a */
                                  /* code; 0: any */
    ngx_uint_t    attempts_dry;   /* more of them are told of, and go on */
    ngx_msec_t    ttl;            /* of verifications and sessions */
    ngx_msec_t    call_timeout;   /* a call to Sinch is over by then */
    ngx_msec_t    resend[NGX_HTTP_PHONE_VERIFY_RESENDS];
                                  /* wait after the 1st, 2nd ... message; */
                                  /* 0: none */
    ngx_uint_t    resend_dry;     /* who should wait is told of, and NEW */
    ngx_uint_t    alone;          /* each start is NEW, nobody joins it, */
                                  /* and nothing is sent */
} ngx_http_phone_verify_policy_t;


/* A copy of what a session may know; "status" is as this session sees it. */

typedef struct {
    ngx_uint_t                      status;
    ngx_uint_t                      reason;
    ngx_uint_t                      method;
    ngx_http_phone_verify_number_t  number;
    u_char                          reference[NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];
    size_t                          id_len;       /* 0: not known (yet) */
    u_char                          id[NGX_HTTP_PHONE_VERIFY_ID_MAX];
    time_t                          created;      /* of the session */
    ngx_uint_t                      expires_in;   /* seconds, 0: over */
    ngx_uint_t                      resend_in;    /* seconds, 0: now */
    ngx_uint_t                      attempts_left;    /* unless attempts_off */
    ngx_uint_t                      sends;        /* messages so far */
    ngx_uint_t                      wait;         /* the last, _wait_begin() */
    u_char                          seed[NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];
    ngx_http_phone_verify_flashcall_t  flashcall; /* as far as it is known */
    unsigned                        attempts_off:1;   /* there may be any */
    unsigned                        own_code:1;   /* code.h, of the seed */
    unsigned                        delivered:1;  /* the SMS, to its starter */
    unsigned                        claimable:1;  /* success not yet claimed */
    unsigned                        converted:1;  /* _reported(), once, where */
                                                  /* its start was counted */
} ngx_http_phone_verify_view_t;


/* What a session ("pending") becomes: the parts of a grant token. */

typedef struct {
    u_char                          pending[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    u_char                          session[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    ngx_http_phone_verify_number_t  number;
    ngx_uint_t                      method;
    time_t                          verified;
} ngx_http_phone_verify_grant_t;


/*
 * Begins a start for a new session id.
 *
 *   NEW        a verification was made under "reference": send the message,
 *              then call _store_started()
 *   JOINED     the number's running verification serves this session, too:
 *              send nothing
 *   WAIT       nothing was made, for view->resend_in seconds
 *   UNSETTLED  an earlier start of this number ended nobody knows how: ask
 *              Sinch by view->reference, call _store_started(), begin again
 *   BUSY       no room; nobody was dropped
 *   REFUSED    by a rule: "admission" tells
 *
 * "admission" was begun and may be NULL: no rules.  "own" is the session id of
 * the client's pending token, or NULL.
 *
 * While a verification of the number runs, before its resend wait is over, its
 * own sessions WAIT and others are JOINED, whatever method they ask for.  All
 * WAIT where there is nothing to join: a method without a proof to report
 * (seamless), or a code of which all attempts are used.  After the wait a start
 * is NEW and the sessions go along to the new one; but not while a call is
 * under way, for it would abort what may be the right code, and not more than
 * some 30 times in a row.  Under policy->resend_dry that is so before the wait
 * is over, too; admission->dry has the rule then, as admission->rule has it
 * where a start WAITs for nothing else.
 */

typedef enum {
    NGX_HTTP_PHONE_VERIFY_START_NEW = 0,
    NGX_HTTP_PHONE_VERIFY_START_JOINED,
    NGX_HTTP_PHONE_VERIFY_START_WAIT,
    NGX_HTTP_PHONE_VERIFY_START_UNSETTLED,
    NGX_HTTP_PHONE_VERIFY_START_BUSY,
    NGX_HTTP_PHONE_VERIFY_START_REFUSED
} ngx_http_phone_verify_start_e;

ngx_uint_t ngx_http_phone_verify_store_start(
    ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_policy_t *policy, const u_char *session,
    const u_char *reference, ngx_http_phone_verify_number_t number,
    ngx_uint_t method, const u_char *own,
    struct ngx_http_phone_verify_admission_s *admission,
    ngx_http_phone_verify_view_t *view);


/*
 * Ends a start: "status" PENDING with Sinch's id (empty where it is not
 * known), a final status where Sinch refused it or certainly never saw it
 * (the number is then free at once), NONE where nobody knows (the next start
 * of the number gets UNSETTLED).  Where a resend was never sent, the one before
 * goes on, with its sessions.  NGX_OK, or NGX_DECLINED when the record is gone,
 * or was settled before: then nothing changes but an id that was not known.
 */

ngx_int_t ngx_http_phone_verify_store_started(
    ngx_http_phone_verify_zone_t *zone, const u_char *reference,
    ngx_uint_t status, ngx_uint_t reason, ngx_str_t *id);


/*
 * Sinch's answer to the start of a flash call, for view->flashcall of all
 * sessions that share it: kept where there is room behind Sinch's id, which
 * has to be known.
 */

void ngx_http_phone_verify_store_flashcall(ngx_http_phone_verify_zone_t *zone,
    const u_char *reference,
    const ngx_http_phone_verify_sinch_answer_t *answer);


/*
 * Begins a report of session token->session.  Without a record of it one is
 * made from the token.  "code" is a keyed hash of what is reported.
 *
 *   GO        an attempt was counted: ask Sinch (by view->id, or by number
 *             where it is not known), then call _store_reported()
 *   AGAIN     this very code made this session succeed a moment ago: *grant
 *             is its grant
 *   ENDED     view->status and ->reason tell how; NONE: nothing is left of
 *             the session, it is dead or has got its grant
 *   LOCKED    no attempts left, of this session or of all that share the code;
 *             under policy->attempts_dry it is GO, and guess->used tells
 *   BUSY      no room for the record
 *   LIMITED   too many guesses of the number, or of the app: *guess tells
 *
 * "guess" may be NULL: none of these limits.
 */

typedef enum {
    NGX_HTTP_PHONE_VERIFY_REPORT_GO = 0,
    NGX_HTTP_PHONE_VERIFY_REPORT_AGAIN,
    NGX_HTTP_PHONE_VERIFY_REPORT_ENDED,
    NGX_HTTP_PHONE_VERIFY_REPORT_LOCKED,
    NGX_HTTP_PHONE_VERIFY_REPORT_BUSY,
    NGX_HTTP_PHONE_VERIFY_REPORT_LIMITED
} ngx_http_phone_verify_report_e;

ngx_uint_t ngx_http_phone_verify_store_report(
    ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_policy_t *policy,
    const ngx_http_phone_verify_token_t *token, const u_char *code,
    ngx_http_phone_verify_guess_t *guess, ngx_http_phone_verify_view_t *view,
    ngx_http_phone_verify_grant_t *grant);


/*
 * Ends a report of "session" on the verification of "reference".
 *
 * "status" and "reason" are Sinch's answer: SUCCESSFUL makes this session the
 * one that succeeded; FAIL with REASON_INVALID_CODE or _INVALID_CLI leaves it
 * open to another try; another final status ends it, unless its start is not
 * settled yet (a report by number may be answered for something else); PENDING
 * and UNKNOWN leave it as it was; NONE says that nobody knows.  "inferred" says
 * that the status comes from a query, not from the answer to this report: then
 * it succeeds only where no other session can have been the one (standing.h).
 *
 * "fresh" is a new session id for the grant, or NULL when the client has
 * gone: the success then waits for its session.  NGX_OK: *grant is the grant.
 * NGX_DECLINED: none; view tells why.  view->converted: it has verified what a
 * start was admitted for.
 */

ngx_int_t ngx_http_phone_verify_store_reported(
    ngx_http_phone_verify_zone_t *zone, const u_char *session,
    const u_char *reference, ngx_uint_t status, ngx_uint_t reason,
    ngx_uint_t inferred, const u_char *code, const u_char *fresh,
    ngx_http_phone_verify_view_t *view, ngx_http_phone_verify_grant_t *grant);


/*
 * Before _reported(), where the report was certainly not sent: its attempt is
 * none, neither of the session nor (where "shared") of all that share the code.
 */

void ngx_http_phone_verify_store_unsent(ngx_http_phone_verify_zone_t *zone,
    const u_char *session, const u_char *reference, ngx_uint_t shared);


/*
 * Turns a success that waits for this session into its grant, once: "fresh"
 * is the grant's session id; for GRANT_REPEAT seconds the same grant again.
 * NGX_OK, or NGX_DECLINED: nothing for this session (any more).
 */

ngx_int_t ngx_http_phone_verify_store_claim(
    ngx_http_phone_verify_zone_t *zone, const u_char *session,
    const u_char *fresh, ngx_http_phone_verify_grant_t *grant);


/*
 * NGX_OK and the view; NGX_DONE and one of status NONE: nothing is left of the
 * session, it is dead or its grant was given; NGX_DECLINED: there is no record.
 */

ngx_int_t ngx_http_phone_verify_store_look(ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_policy_t *policy, const u_char *session,
    ngx_http_phone_verify_view_t *view);


/*
 * One wait a session, over all workers.  _begin() returns its name, or 0 where
 * there is no record; view->wait is another one as soon as a newer wait began.
 * That counts as a change if the older one may be held still, so that its
 * worker hears of it.  _end() when it is held no longer.
 */

ngx_uint_t ngx_http_phone_verify_store_wait_begin(
    ngx_http_phone_verify_zone_t *zone, const u_char *session);
void ngx_http_phone_verify_store_wait_end(ngx_http_phone_verify_zone_t *zone,
    const u_char *session, ngx_uint_t wait);


/*
 * What Sinch says of a verification by a callback or a query: found by
 * "reference", or where that is NULL by number and id.  Nothing changes where
 * number (0: not told), method (NO_METHOD: not told) or id (empty: not told)
 * are not the record's.  An id that was not known is learnt.  A state never
 * goes back from SUCCESSFUL, and the first of other ends stays, unless a
 * success follows; but not one of a code whose attempts are used.  Whose
 * success it is, standing.h says; while a report is under way it is only
 * noted.  NGX_OK: known; NGX_DECLINED: not ours, or not the record's.
 */

ngx_int_t ngx_http_phone_verify_store_event(ngx_http_phone_verify_zone_t *zone,
    const u_char *reference, ngx_str_t *id,
    ngx_http_phone_verify_number_t number, ngx_uint_t method,
    ngx_uint_t status, ngx_uint_t reason);


/*
 * The SMS of a verification has arrived, as Sinch says: found as by _event(),
 * for view->delivered while it is pending.  NGX_OK: known, and so if it was
 * told before or has ended; NGX_DECLINED: not ours, or not the record's.
 */

ngx_int_t ngx_http_phone_verify_store_delivered(
    ngx_http_phone_verify_zone_t *zone, const u_char *reference, ngx_str_t *id,
    ngx_http_phone_verify_number_t number, ngx_uint_t method);


/*
 * Sinch is about to be given a code of our own for the verification of
 * "reference": from now on guesses are checked against the code of *seed
 * (RANDOM_LEN bytes).  NGX_OK, or NGX_DECLINED: there is no running record, or
 * it is of another number or method, which must not be told its code.
 */

ngx_int_t ngx_http_phone_verify_store_own_code(
    ngx_http_phone_verify_zone_t *zone, const u_char *reference,
    ngx_http_phone_verify_number_t number, ngx_uint_t method, u_char *seed);


/*
 * The session is dead: its token is worth nothing any more.  NGX_OK, or
 * NGX_DECLINED: there is no record that could say so.
 */

ngx_int_t ngx_http_phone_verify_store_forget(ngx_http_phone_verify_zone_t *zone,
    const u_char *session);


#endif /* _NGX_HTTP_PHONE_VERIFY_STORE_H_INCLUDED_ */
