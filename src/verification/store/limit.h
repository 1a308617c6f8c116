
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_LIMIT_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_LIMIT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * Counters of events in windows of time, in a bounded table.
 *
 * A window of a key begins with its first event and lasts for its period:
 * "5r/10m" lets five events through in ten minutes, and the sixth is told
 * exactly when the window ends.  Keys are hashes under the session key: the
 * table tells nobody whose they are.
 *
 * The table is set-associative.  Where a set is full of windows that have not
 * ended, the one with the fewest events goes: a flood of new keys pushes out
 * other new keys, not those that are being limited.
 *
 * The table is a region of the zone: all of this is called inside the zone's
 * critical section.
 */


typedef struct {
    uint64_t      key;        /* hash of rule, period and value; never 0 */
    ngx_uint_t    count;      /* events per window, at most 65535 */
    ngx_uint_t    period;     /* seconds */
} ngx_http_phone_verify_limit_t;


typedef struct ngx_http_phone_verify_limits_s  ngx_http_phone_verify_limits_t;


/*
 * Makes an empty table in a region of the zone, of "size" bytes of any
 * contents.  NGX_OK, or NGX_ERROR: too small.  There is nothing to mend.
 */

ngx_int_t ngx_http_phone_verify_limits_init(void *region, size_t size);
void ngx_http_phone_verify_limits_mend(void *region);


/*
 * Takes one event of each of n limits at "now" (seconds, monotonic), or none
 * of them when one has had its share.  Returns n, or the index of the limit
 * that says no with the longest wait, and *retry_after seconds.
 */

ngx_uint_t ngx_http_phone_verify_limits_take(
    ngx_http_phone_verify_limits_t *limits,
    const ngx_http_phone_verify_limit_t *limit, ngx_uint_t n, time_t now,
    ngx_uint_t *retry_after);


/* Gives one event of each back: it did not happen after all. */

void ngx_http_phone_verify_limits_give_back(
    ngx_http_phone_verify_limits_t *limits,
    const ngx_http_phone_verify_limit_t *limit, ngx_uint_t n, time_t now);


/* Events of a key in its window at "now". */

ngx_uint_t ngx_http_phone_verify_limits_count(
    ngx_http_phone_verify_limits_t *limits,
    const ngx_http_phone_verify_limit_t *limit, time_t now);


/*
 * How full the table is: of "max" windows that were looked at, all or a sample
 * of them, those that have not ended.
 */

void ngx_http_phone_verify_limits_usage(ngx_http_phone_verify_limits_t *limits,
    time_t now, ngx_uint_t *used, ngx_uint_t *max);


/* Gives "to" the window that "from" has, if it has one. */

void ngx_http_phone_verify_limits_copy(ngx_http_phone_verify_limits_t *limits,
    uint64_t from, uint64_t to, time_t now);


/* Forgets a key, or all of them. */

void ngx_http_phone_verify_limits_reset(ngx_http_phone_verify_limits_t *limits,
    uint64_t key);
void ngx_http_phone_verify_limits_clear(ngx_http_phone_verify_limits_t *limits);


#endif /* _NGX_HTTP_PHONE_VERIFY_LIMIT_H_INCLUDED_ */
