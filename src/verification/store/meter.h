
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_METER_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_METER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/answer.h"
#include "sinch/words.h"
#include "verification/error.h"
#include "verification/number/number.h"
#include "verification/policy/rule.h"
#include "verification/store/zone.h"


/*
 * What an app counts for its operator: docs/metrics.md has the words.
 *
 * The counters are atomic words in the app's zone: they are added to without
 * the mutex, by any worker, and are kept as long as the zone is.
 */


/* How a call to Sinch ended: of a refusal the HTTP status. */

typedef enum {
    NGX_HTTP_PHONE_VERIFY_CALL_ANSWERED = 0,
    NGX_HTTP_PHONE_VERIFY_CALL_400,
    NGX_HTTP_PHONE_VERIFY_CALL_401,
    NGX_HTTP_PHONE_VERIFY_CALL_402,
    NGX_HTTP_PHONE_VERIFY_CALL_403,
    NGX_HTTP_PHONE_VERIFY_CALL_404,
    NGX_HTTP_PHONE_VERIFY_CALL_422,
    NGX_HTTP_PHONE_VERIFY_CALL_429,
    NGX_HTTP_PHONE_VERIFY_CALL_4XX,
    NGX_HTTP_PHONE_VERIFY_CALL_5XX,
    NGX_HTTP_PHONE_VERIFY_CALL_NOT_SENT,
    NGX_HTTP_PHONE_VERIFY_CALL_AMBIGUOUS,
    NGX_HTTP_PHONE_VERIFY_CALL_NONSENSE,
    NGX_HTTP_PHONE_VERIFY_CALL_BUSY,
    NGX_HTTP_PHONE_VERIFY_CALL_RESULTS
} ngx_http_phone_verify_call_result_e;


/* What was made of a callback. */

typedef enum {
    NGX_HTTP_PHONE_VERIFY_HEARD_ALLOWED = 0,    /* a request, granted */
    NGX_HTTP_PHONE_VERIFY_HEARD_DENIED,
    NGX_HTTP_PHONE_VERIFY_HEARD_RESULT,
    NGX_HTTP_PHONE_VERIFY_HEARD_DELIVERY,
    NGX_HTTP_PHONE_VERIFY_HEARD_OTHER,          /* a new kind of event */
    NGX_HTTP_PHONE_VERIFY_HEARD_REPLAYED,
    NGX_HTTP_PHONE_VERIFY_HEARD_UNSIGNED,
    NGX_HTTP_PHONE_VERIFY_HEARD_UNKNOWN_KEY,
    NGX_HTTP_PHONE_VERIFY_HEARD_BAD_SIGNATURE,
    NGX_HTTP_PHONE_VERIFY_HEARD_STALE,
    NGX_HTTP_PHONE_VERIFY_HEARD_MALFORMED,      /* headers, or a signed body */
    NGX_HTTP_PHONE_VERIFY_HEARD_TOO_LARGE,
    NGX_HTTP_PHONE_VERIFY_HEARD_VERDICTS
} ngx_http_phone_verify_heard_e;


#define NGX_HTTP_PHONE_VERIFY_ASKED    (NGX_HTTP_PHONE_VERIFY_ASKED_STATUS + 1)
#define NGX_HTTP_PHONE_VERIFY_BUCKETS  10    /* the last has no end */


/* Counters; most of them are rows of some, where what is added tells which. */

typedef enum {
    NGX_HTTP_PHONE_VERIFY_METER_STARTS = 0,    /* + error */

    NGX_HTTP_PHONE_VERIFY_METER_REPORTS        /* + error */
        = NGX_HTTP_PHONE_VERIFY_METER_STARTS + NGX_HTTP_PHONE_VERIFY_ERRORS,

    NGX_HTTP_PHONE_VERIFY_METER_CLOSED         /* + error: gates, checks */
        = NGX_HTTP_PHONE_VERIFY_METER_REPORTS + NGX_HTTP_PHONE_VERIFY_ERRORS,

    NGX_HTTP_PHONE_VERIFY_METER_REFUSED        /* + rule */
        = NGX_HTTP_PHONE_VERIFY_METER_CLOSED + NGX_HTTP_PHONE_VERIFY_ERRORS,

    NGX_HTTP_PHONE_VERIFY_METER_DRY            /* + rule */
        = NGX_HTTP_PHONE_VERIFY_METER_REFUSED + NGX_HTTP_PHONE_VERIFY_RULES,

    NGX_HTTP_PHONE_VERIFY_METER_CALLBACKS      /* + heard */
        = NGX_HTTP_PHONE_VERIFY_METER_DRY + NGX_HTTP_PHONE_VERIFY_RULES,

    NGX_HTTP_PHONE_VERIFY_METER_CALLS          /* + asked * RESULTS + result */
        = NGX_HTTP_PHONE_VERIFY_METER_CALLBACKS
          + NGX_HTTP_PHONE_VERIFY_HEARD_VERDICTS,

    NGX_HTTP_PHONE_VERIFY_METER_LATENCY        /* + asked * BUCKETS + bucket */
        = NGX_HTTP_PHONE_VERIFY_METER_CALLS
          + NGX_HTTP_PHONE_VERIFY_ASKED * NGX_HTTP_PHONE_VERIFY_CALL_RESULTS,

    NGX_HTTP_PHONE_VERIFY_METER_MSEC           /* + asked */
        = NGX_HTTP_PHONE_VERIFY_METER_LATENCY
          + NGX_HTTP_PHONE_VERIFY_ASKED * NGX_HTTP_PHONE_VERIFY_BUCKETS,

    NGX_HTTP_PHONE_VERIFY_METER_OPENED         /* connections to Sinch */
        = NGX_HTTP_PHONE_VERIFY_METER_MSEC + NGX_HTTP_PHONE_VERIFY_ASKED,
    NGX_HTTP_PHONE_VERIFY_METER_REUSED,

    NGX_HTTP_PHONE_VERIFY_METER_SKIPPED,       /* phone_verify_skip */
    NGX_HTTP_PHONE_VERIFY_METER_GRACE,         /* on_outage, and in a */
    NGX_HTTP_PHONE_VERIFY_METER_GRACE_DRY,     /* dry run */
    NGX_HTTP_PHONE_VERIFY_METER_GRANTS,
    NGX_HTTP_PHONE_VERIFY_METER_REVOCATIONS,
    NGX_HTTP_PHONE_VERIFY_METERS
} ngx_http_phone_verify_meter_e;


/* The ends of the buckets but the last, in milliseconds, rising. */

extern const ngx_uint_t  ngx_http_phone_verify_buckets[];


/* Adds "n" to a counter. */

void ngx_http_phone_verify_meter_add(ngx_http_phone_verify_zone_t *zone,
    ngx_uint_t counter, ngx_uint_t n);

#define ngx_http_phone_verify_meter_count(zone, counter)                      \
    ngx_http_phone_verify_meter_add(zone, counter, 1)


/*
 * What became of verifications, by method and by the country of the number.
 * Where there is no room for another country it is counted as "other", whose
 * code is two zero bytes.
 */

typedef enum {
    NGX_HTTP_PHONE_VERIFY_ROW_STARTED = 0,    /* Sinch has taken the start */
    NGX_HTTP_PHONE_VERIFY_ROW_JOINED,         /* one that was running */
    NGX_HTTP_PHONE_VERIFY_ROW_SUCCESSFUL,
    NGX_HTTP_PHONE_VERIFY_ROW_FAIL,
    NGX_HTTP_PHONE_VERIFY_ROW_DENIED,
    NGX_HTTP_PHONE_VERIFY_ROW_ABORTED,
    NGX_HTTP_PHONE_VERIFY_ROW_ERROR,
    NGX_HTTP_PHONE_VERIFY_ROW_COUNTERS
} ngx_http_phone_verify_row_e;

typedef struct {
    u_char               country[2];
    ngx_uint_t           method;
    ngx_atomic_uint_t    count[NGX_HTTP_PHONE_VERIFY_ROW_COUNTERS];
} ngx_http_phone_verify_row_t;


/* The meter of a zone, as the files that share the zone know it. */

typedef struct ngx_http_phone_verify_meter_s  ngx_http_phone_verify_meter_t;

void ngx_http_phone_verify_meter_row(ngx_http_phone_verify_meter_t *meter,
    ngx_http_phone_verify_number_t number, ngx_uint_t method, ngx_uint_t what);


/*
 * Adds a price, of which each is counted once by whoever calls this.
 * "currency" is three capital letters; what is not is "other".
 */

#define NGX_HTTP_PHONE_VERIFY_CURRENCIES  8    /* with "other", the first */

typedef struct {
    u_char               currency[3];          /* zeroes: other, or none */
    ngx_atomic_uint_t    millionths;
} ngx_http_phone_verify_cost_t;

void ngx_http_phone_verify_meter_cost(ngx_http_phone_verify_zone_t *zone,
    const ngx_str_t *currency, double price);


/* What is going on now, in this worker.  "change" is 1 or -1. */

typedef enum {
    NGX_HTTP_PHONE_VERIFY_NOW_WAITING = 0,    /* for a change of status */
    NGX_HTTP_PHONE_VERIFY_NOW_CALLING,        /* calls under way */
    NGX_HTTP_PHONE_VERIFY_NOW
} ngx_http_phone_verify_now_e;

void ngx_http_phone_verify_meter_now(ngx_http_phone_verify_zone_t *zone,
    ngx_uint_t what, ngx_int_t change);


/* How a call to Sinch goes; for sinch->watch, "data" is the zone. */

void ngx_http_phone_verify_meter_watch(void *data,
    const ngx_http_phone_verify_sinch_sight_t *sight);


/*
 * To read.  _row_at() and _cost_at(): NGX_OK; NGX_DECLINED: nothing was
 * counted there; NGX_DONE: there is no "i" and none after it.  _running() is
 * the sum over all workers that are alive.
 */

ngx_atomic_uint_t ngx_http_phone_verify_meter_read(
    ngx_http_phone_verify_zone_t *zone, ngx_uint_t counter);
ngx_int_t ngx_http_phone_verify_meter_row_at(
    ngx_http_phone_verify_zone_t *zone, ngx_uint_t i,
    ngx_http_phone_verify_row_t *row);
ngx_int_t ngx_http_phone_verify_meter_cost_at(
    ngx_http_phone_verify_zone_t *zone, ngx_uint_t i,
    ngx_http_phone_verify_cost_t *cost);
ngx_uint_t ngx_http_phone_verify_meter_running(
    ngx_http_phone_verify_zone_t *zone, ngx_uint_t what);


#endif /* _NGX_HTTP_PHONE_VERIFY_METER_H_INCLUDED_ */
