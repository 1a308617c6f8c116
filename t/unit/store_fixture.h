
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_UNIT_STORE_FIXTURE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_UNIT_STORE_FIXTURE_H_INCLUDED_


#include "unit.h"
#include "verification/store/revocation.h"
#include "verification/store/standing.h"
#include "verification/store/store.h"
#include "verification/store/zone_map.h"


/*
 * A store whose sessions, references and codes have small numbers for names,
 * under a clock that the test moves.
 */

typedef struct {
    ngx_http_phone_verify_unit_t    *u;
    ngx_shm_zone_t                  *shm_zone;
    ngx_http_phone_verify_zone_t     zone;
    ngx_http_phone_verify_policy_t   policy;

    /* what the last call has told */

    ngx_http_phone_verify_view_t     view;
    ngx_http_phone_verify_grant_t    grant;
} ngx_http_phone_verify_unit_store_t;


#define NUMBER  ((ngx_http_phone_verify_number_t) 46700000000)
#define SMS     NGX_HTTP_PHONE_VERIFY_SMS

/* Five attempts, 300 s, calls of 10 s, resends after 30, 60, 120, 240 s. */

void ngx_http_phone_verify_unit_store(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f, size_t size);

/* The same in memory that is shared with the processes that this one forks. */

void ngx_http_phone_verify_unit_store_shared(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f, size_t size);

/* Sets the clocks back to what they were before. */

void ngx_http_phone_verify_unit_store_done(
    ngx_http_phone_verify_unit_store_t *f);


/* 16 bytes for a number, which look random and are not. */

u_char *ngx_http_phone_verify_unit_name(const char *kind, uint64_t n);


/* Moves both clocks. */

void ngx_http_phone_verify_unit_wait(int64_t msec);


/* The functions of store.h; "own" 0: none. */

ngx_uint_t ngx_http_phone_verify_unit_start(
    ngx_http_phone_verify_unit_store_t *f, uint64_t session,
    uint64_t reference, ngx_http_phone_verify_number_t number,
    ngx_uint_t method, uint64_t own);
ngx_int_t ngx_http_phone_verify_unit_started(
    ngx_http_phone_verify_unit_store_t *f, uint64_t reference,
    ngx_uint_t status, const char *id);
ngx_uint_t ngx_http_phone_verify_unit_report(
    ngx_http_phone_verify_unit_store_t *f, uint64_t session,
    uint64_t reference, uint64_t code);
ngx_int_t ngx_http_phone_verify_unit_reported(
    ngx_http_phone_verify_unit_store_t *f, uint64_t session,
    uint64_t reference, ngx_uint_t status, ngx_uint_t reason,
    ngx_uint_t inferred, uint64_t code, uint64_t fresh);
void ngx_http_phone_verify_unit_unsent(ngx_http_phone_verify_unit_store_t *f,
    uint64_t session, uint64_t reference, ngx_uint_t shared);
ngx_int_t ngx_http_phone_verify_unit_claim(
    ngx_http_phone_verify_unit_store_t *f, uint64_t session, uint64_t fresh);
ngx_int_t ngx_http_phone_verify_unit_look(
    ngx_http_phone_verify_unit_store_t *f, uint64_t session);
ngx_int_t ngx_http_phone_verify_unit_event(
    ngx_http_phone_verify_unit_store_t *f, uint64_t reference, const char *id,
    ngx_uint_t status, ngx_uint_t reason);
void ngx_http_phone_verify_unit_forget(ngx_http_phone_verify_unit_store_t *f,
    uint64_t session);


/* start() is NEW, and started() as PENDING with the id "id-REFERENCE". */

void ngx_http_phone_verify_unit_running(ngx_http_phone_verify_unit_store_t *f,
    uint64_t session, uint64_t reference,
    ngx_http_phone_verify_number_t number);

/* look() is OK, with this status and reason. */

ngx_uint_t ngx_http_phone_verify_unit_stands(
    ngx_http_phone_verify_unit_store_t *f, uint64_t session,
    ngx_uint_t status, ngx_uint_t reason);


/* What is in it, for a test that is alone with it. */

#define ngx_http_phone_verify_unit_pending(zone)                              \
    ((ngx_http_phone_verify_pending_t *)                                      \
         (zone)->region[NGX_HTTP_PHONE_VERIFY_ZONE_PENDING])


/*
 * Looks at all that is in the zone of a store, through its structures: chains
 * have what they should have, once; what is named is there.  NULL, or what is
 * wrong.
 */

const char *ngx_http_phone_verify_unit_sound(
    ngx_http_phone_verify_zone_t *zone);


/* Short names, for tests are read as lists. */

#define wait_msec       ngx_http_phone_verify_unit_wait
#define name_of         ngx_http_phone_verify_unit_name
#define start           ngx_http_phone_verify_unit_start
#define started         ngx_http_phone_verify_unit_started
#define report          ngx_http_phone_verify_unit_report
#define reported        ngx_http_phone_verify_unit_reported
#define unsent          ngx_http_phone_verify_unit_unsent
#define claim           ngx_http_phone_verify_unit_claim
#define look            ngx_http_phone_verify_unit_look
#define event           ngx_http_phone_verify_unit_event
#define forget          ngx_http_phone_verify_unit_forget
#define running         ngx_http_phone_verify_unit_running
#define stands          ngx_http_phone_verify_unit_stands
#define sound           ngx_http_phone_verify_unit_sound

#define NEW             NGX_HTTP_PHONE_VERIFY_START_NEW
#define JOINED          NGX_HTTP_PHONE_VERIFY_START_JOINED
#define WAIT            NGX_HTTP_PHONE_VERIFY_START_WAIT
#define UNSETTLED_START NGX_HTTP_PHONE_VERIFY_START_UNSETTLED
#define BUSY            NGX_HTTP_PHONE_VERIFY_START_BUSY

#define GO              NGX_HTTP_PHONE_VERIFY_REPORT_GO
#define AGAIN           NGX_HTTP_PHONE_VERIFY_REPORT_AGAIN
#define ENDED           NGX_HTTP_PHONE_VERIFY_REPORT_ENDED
#define LOCKED_REPORT   NGX_HTTP_PHONE_VERIFY_REPORT_LOCKED
#define BUSY_REPORT     NGX_HTTP_PHONE_VERIFY_REPORT_BUSY

#define NONE            NGX_HTTP_PHONE_VERIFY_NONE
#define PENDING         NGX_HTTP_PHONE_VERIFY_PENDING
#define SUCCESSFUL      NGX_HTTP_PHONE_VERIFY_SUCCESSFUL
#define FAIL            NGX_HTTP_PHONE_VERIFY_FAIL
#define DENIED          NGX_HTTP_PHONE_VERIFY_DENIED
#define ABORTED         NGX_HTTP_PHONE_VERIFY_ABORTED
#define ERROR           NGX_HTTP_PHONE_VERIFY_ERROR
#define UNKNOWN         NGX_HTTP_PHONE_VERIFY_UNKNOWN

#define NO_REASON       NGX_HTTP_PHONE_VERIFY_REASON_NONE
#define INVALID_CODE    NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CODE
#define EXPIRED         NGX_HTTP_PHONE_VERIFY_REASON_EXPIRED
#define FRAUD           NGX_HTTP_PHONE_VERIFY_REASON_FRAUD

#define is_name(u, got, kind, n, ...)                                         \
    is_mem(u, got, 16, name_of(kind, n), 16, __VA_ARGS__)


#endif /* _NGX_HTTP_PHONE_VERIFY_UNIT_STORE_FIXTURE_H_INCLUDED_ */
