
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store/limit.h"


#define NGX_HTTP_PHONE_VERIFY_LIMIT_WAYS    8
#define NGX_HTTP_PHONE_VERIFY_LIMIT_SAMPLE  1024


typedef struct {
    uint64_t      key;        /* 0: free */
    uint32_t      ends;       /* seconds */
    uint32_t      count;
} ngx_http_phone_verify_window_t;


struct ngx_http_phone_verify_limits_s {
    ngx_uint_t                      nsets;
    ngx_http_phone_verify_window_t  windows[1];
};


/* Not by the lowest bit: callers set it, lest a key be 0. */

#define ngx_http_phone_verify_limits_set(limits, key)                         \
    (&(limits)->windows[((key) >> 1) % (limits)->nsets                        \
                        * NGX_HTTP_PHONE_VERIFY_LIMIT_WAYS])


static ngx_http_phone_verify_window_t *ngx_http_phone_verify_limits_find(
    ngx_http_phone_verify_limits_t *limits, uint64_t key, uint32_t now);
static ngx_http_phone_verify_window_t *ngx_http_phone_verify_limits_room(
    ngx_http_phone_verify_limits_t *limits, uint64_t key, uint32_t now);
static void ngx_http_phone_verify_limits_begin(
    ngx_http_phone_verify_window_t *w, uint64_t key, uint32_t count,
    uint32_t ends);


ngx_int_t
ngx_http_phone_verify_limits_init(void *region, size_t size)
{
    ngx_http_phone_verify_limits_t *limits = region;

    ngx_memzero(region, size);

    if (size < offsetof(ngx_http_phone_verify_limits_t, windows)) {
        return NGX_ERROR;
    }

    limits->nsets = (size - offsetof(ngx_http_phone_verify_limits_t, windows))
                    / sizeof(ngx_http_phone_verify_window_t)
                    / NGX_HTTP_PHONE_VERIFY_LIMIT_WAYS;

    return limits->nsets ? NGX_OK : NGX_ERROR;
}


void
ngx_http_phone_verify_limits_mend(void *region)
{
    /* a window is whole, or of nobody's key: no index to make anew */

    (void) region;
}


ngx_uint_t
ngx_http_phone_verify_limits_take(ngx_http_phone_verify_limits_t *limits,
    const ngx_http_phone_verify_limit_t *limit, ngx_uint_t n, time_t now,
    ngx_uint_t *retry_after)
{
    uint32_t                         t, wait, longest;
    ngx_uint_t                       i, refused;
    ngx_http_phone_verify_window_t  *w;

    t = (uint32_t) now;
    refused = n;
    longest = 0;

    for (i = 0; i < n; i++) {
        w = ngx_http_phone_verify_limits_find(limits, limit[i].key, t);

        if (w == NULL) {
            continue;
        }

        /*
         * Milliseconds of 32 bits come round in 49 days, and with them "now":
         * no window has more left than it is long.
         */

        if (w->ends - t > (uint32_t) limit[i].period) {
            w->ends = t + (uint32_t) limit[i].period;
        }

        if (w->count < limit[i].count) {
            continue;
        }

        wait = w->ends - t;

        if (wait > longest) {
            longest = wait;
            refused = i;
        }
    }

    if (refused < n) {
        *retry_after = longest;
        return refused;
    }

    for (i = 0; i < n; i++) {
        w = ngx_http_phone_verify_limits_find(limits, limit[i].key, t);

        if (w == NULL) {
            w = ngx_http_phone_verify_limits_room(limits, limit[i].key, t);

            ngx_http_phone_verify_limits_begin(w, limit[i].key, 0,
                                         t + (uint32_t) limit[i].period);
        }

        w->count++;
    }

    return n;
}


void
ngx_http_phone_verify_limits_give_back(ngx_http_phone_verify_limits_t *limits,
    const ngx_http_phone_verify_limit_t *limit, ngx_uint_t n, time_t now)
{
    ngx_uint_t                       i;
    ngx_http_phone_verify_window_t  *w;

    for (i = 0; i < n; i++) {
        w = ngx_http_phone_verify_limits_find(limits, limit[i].key,
                                              (uint32_t) now);
        if (w && w->count) {
            w->count--;
        }
    }
}


ngx_uint_t
ngx_http_phone_verify_limits_count(ngx_http_phone_verify_limits_t *limits,
    const ngx_http_phone_verify_limit_t *limit, time_t now)
{
    ngx_http_phone_verify_window_t  *w;

    w = ngx_http_phone_verify_limits_find(limits, limit->key, (uint32_t) now);

    return w ? w->count : 0;
}


void
ngx_http_phone_verify_limits_usage(ngx_http_phone_verify_limits_t *limits,
    time_t now, ngx_uint_t *used, ngx_uint_t *max)
{
    ngx_uint_t                       i, n, all, step;
    ngx_http_phone_verify_window_t  *w;

    all = limits->nsets * NGX_HTTP_PHONE_VERIFY_LIMIT_WAYS;
    n = ngx_min(all, NGX_HTTP_PHONE_VERIFY_LIMIT_SAMPLE);
    step = all / n;

    *used = 0;
    *max = n;

    for (i = 0; i < n; i++) {
        w = &limits->windows[i * step + i % ngx_min(step, 8)];

        if (w->key && (int32_t) (w->ends - (uint32_t) now) > 0) {
            (*used)++;
        }
    }
}


void
ngx_http_phone_verify_limits_reset(ngx_http_phone_verify_limits_t *limits,
    uint64_t key)
{
    ngx_uint_t                       i;
    ngx_http_phone_verify_window_t  *w;

    w = ngx_http_phone_verify_limits_set(limits, key);

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_LIMIT_WAYS; i++) {
        if (w[i].key == key) {
            w[i].key = 0;
        }
    }
}


void
ngx_http_phone_verify_limits_copy(ngx_http_phone_verify_limits_t *limits,
    uint64_t from, uint64_t to, time_t now)
{
    uint32_t                         ends, count;
    ngx_http_phone_verify_window_t  *w;

    w = ngx_http_phone_verify_limits_find(limits, from, (uint32_t) now);

    if (w == NULL) {
        return;
    }

    ends = w->ends;
    count = w->count;

    w = ngx_http_phone_verify_limits_find(limits, to, (uint32_t) now);

    if (w == NULL) {
        w = ngx_http_phone_verify_limits_room(limits, to, (uint32_t) now);
    }

    ngx_http_phone_verify_limits_begin(w, to, count, ends);
}


void
ngx_http_phone_verify_limits_clear(ngx_http_phone_verify_limits_t *limits)
{
    ngx_memzero(limits->windows,
                limits->nsets * NGX_HTTP_PHONE_VERIFY_LIMIT_WAYS
                * sizeof(ngx_http_phone_verify_window_t));
}


static ngx_http_phone_verify_window_t *
ngx_http_phone_verify_limits_find(ngx_http_phone_verify_limits_t *limits,
    uint64_t key, uint32_t now)
{
    ngx_uint_t                       i;
    ngx_http_phone_verify_window_t  *w;

    w = ngx_http_phone_verify_limits_set(limits, key);

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_LIMIT_WAYS; i++) {

        if (w[i].key != key) {
            continue;
        }

        if ((int32_t) (w[i].ends - now) > 0) {
            return &w[i];
        }

        w[i].key = 0;
    }

    return NULL;
}


static ngx_http_phone_verify_window_t *
ngx_http_phone_verify_limits_room(ngx_http_phone_verify_limits_t *limits,
    uint64_t key, uint32_t now)
{
    ngx_uint_t                       i;
    ngx_http_phone_verify_window_t  *w, *least;

    w = ngx_http_phone_verify_limits_set(limits, key);
    least = w;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_LIMIT_WAYS; i++) {

        if (w[i].key == 0 || (int32_t) (w[i].ends - now) <= 0) {
            return &w[i];
        }

        if (w[i].count < least->count
            || (w[i].count == least->count
                && (int32_t) (w[i].ends - least->ends) < 0))
        {
            least = &w[i];
        }
    }

    return least;
}


/* Of nobody's key in between: whoever dies there has not changed another's. */

static void
ngx_http_phone_verify_limits_begin(ngx_http_phone_verify_window_t *w,
    uint64_t key, uint32_t count, uint32_t ends)
{
    w->key = 0;

    ngx_memory_barrier();

    w->count = count;
    w->ends = ends;

    ngx_memory_barrier();

    w->key = key;
}
