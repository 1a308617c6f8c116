
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "unit.h"
#include "verification/store/limit.h"


/* Windows to the second, a table that is full, and both against a book. */


#define SIZE  (64 * 1024)
#define NOW   1000000


void ngx_http_phone_verify_unit_limit(ngx_http_phone_verify_unit_t *u);

static void ngx_http_phone_verify_unit_limit_windows(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_limits_t *t);
static void ngx_http_phone_verify_unit_limit_several(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_limits_t *t);
static void ngx_http_phone_verify_unit_limit_full(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_limits_t *t);
static void ngx_http_phone_verify_unit_limit_book(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_limits_t *t);


/* Whether an event of a key, so many in a period, is let through at a time. */

static ngx_uint_t
ngx_http_phone_verify_unit_limit_take(ngx_http_phone_verify_limits_t *t,
    uint64_t key, ngx_uint_t count, ngx_uint_t period, time_t now,
    ngx_uint_t *retry)
{
    ngx_http_phone_verify_limit_t  limit;

    limit.key = key;
    limit.count = count;
    limit.period = period;

    return ngx_http_phone_verify_limits_take(t, &limit, 1, now, retry) == 1;
}


#define take  ngx_http_phone_verify_unit_limit_take


void
ngx_http_phone_verify_unit_limit(ngx_http_phone_verify_unit_t *u)
{
    ngx_http_phone_verify_limits_t  *t;

    t = ngx_palloc(u->pool, SIZE);

    is(u, ngx_http_phone_verify_limits_init(t, 16), NGX_ERROR, "too small");
    is(u, ngx_http_phone_verify_limits_init(t, SIZE), NGX_OK, "a table");

    ngx_http_phone_verify_unit_limit_windows(u, t);
    ngx_http_phone_verify_unit_limit_several(u, t);
    ngx_http_phone_verify_unit_limit_full(u, t);
    ngx_http_phone_verify_unit_limit_book(u, t);
}


static void
ngx_http_phone_verify_unit_limit_windows(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_limits_t *t)
{
    time_t                         now;
    ngx_uint_t                     retry;
    ngx_http_phone_verify_limit_t  limit;

    retry = 0;

    is(u, take(t, 1, 2, 600, NOW, &retry), 1, "the first of two");
    is(u, take(t, 1, 2, 600, NOW + 599, &retry), 1, "the second, at the end");
    is(u, take(t, 1, 2, 600, NOW + 599, &retry), 0, "a third is refused");
    is(u, retry, 1, "for a second");
    is(u, take(t, 1, 2, 600, NOW + 300, &retry), 0, "and in the middle");
    is(u, retry, 300, "for what is left");
    is(u, take(t, 2, 2, 600, NOW + 599, &retry), 1, "another key is free");

    /* case 75: at the end of a window */

    is(u, take(t, 1, 2, 600, NOW + 600, &retry), 1,
       "case 75: a new window begins when the old one is over");
    is(u, take(t, 1, 2, 600, NOW + 600, &retry), 1, "with all of its share");
    is(u, take(t, 1, 2, 600, NOW + 600, &retry), 0, "and no more");
    is(u, retry, 600, "for all of it");

    /* milliseconds of 32 bits come round: 4294967 seconds are the last */

    is(u, take(t, 33, 1, 600, 4294960, &retry), 1, "the last of the old time");
    is(u, take(t, 33, 1, 600, 2, &retry), 0, "refused in the new one");
    is(u, retry, 600, "for no longer than a window is");
    is(u, take(t, 33, 1, 600, 601, &retry), 0, "and up to its end");
    is(u, retry, 1, "which comes nearer");
    is(u, take(t, 33, 1, 600, 602, &retry), 1, "then not");

    limit.key = 1;
    limit.count = 2;
    limit.period = 600;

    is(u, ngx_http_phone_verify_limits_count(t, &limit, NOW + 600), 2, "two");

    ngx_http_phone_verify_limits_give_back(t, &limit, 1, NOW + 601);
    is(u, take(t, 1, 2, 600, NOW + 601, &retry), 1, "one given back");
    is(u, take(t, 1, 2, 600, NOW + 601, &retry), 0, "is one");

    ngx_http_phone_verify_limits_give_back(t, &limit, 1, NOW + 1200);
    is(u, ngx_http_phone_verify_limits_count(t, &limit, NOW + 1200), 0,
       "nothing is given back to a window that is over");

    (void) take(t, 1, 2, 600, NOW + 1200, &retry);
    ngx_http_phone_verify_limits_copy(t, 1, 7, NOW + 1300);
    limit.key = 7;
    is(u, ngx_http_phone_verify_limits_count(t, &limit, NOW + 1300), 1,
       "a window that is given on");
    is(u, ngx_http_phone_verify_limits_count(t, &limit, NOW + 1800), 0,
       "ends when it did");

    (void) take(t, 1, 1, 600, NOW + 3000, &retry);
    is(u, take(t, 1, 1, 600, NOW + 3000, &retry), 0, "used up");
    ngx_http_phone_verify_limits_reset(t, 1);
    is(u, take(t, 1, 1, 600, NOW + 3000, &retry), 1, "and forgotten");

    /* the monotonic clock's 32 bits of seconds come round */

    now = (time_t) 0xfffffff0;

    is(u, take(t, 3, 1, 60, now, &retry), 1, "shortly before the clock's end");
    is(u, take(t, 3, 1, 60, now + 30, &retry), 0, "after it");
    is(u, retry, 30, "for the rest");
    is(u, take(t, 3, 1, 60, now + 60, &retry), 1, "a new window");

    ngx_http_phone_verify_limits_clear(t);
    is(u, ngx_http_phone_verify_limits_count(t, &limit, NOW), 0, "cleared");
}


/* Several at once: all or none, and the longest wait. */

static void
ngx_http_phone_verify_unit_limit_several(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_limits_t *t)
{
    ngx_uint_t                     i, retry;
    ngx_http_phone_verify_limit_t  limit[3] = {
        { 11, 1, 30 }, { 12, 3, 600 }, { 13, 4, 86400 }
    };

    for (i = 0; i < 3; i++) {
        is(u, ngx_http_phone_verify_limits_take(t, limit, 3, NOW + 30 * i,
                                                &retry),
           3, "1r/30s 3r/10m 4r/1d, after %u s", (unsigned) (30 * i));

        is(u, ngx_http_phone_verify_limits_take(t, limit, 3, NOW + 30 * i + 10,
                                                &retry),
           i < 2 ? 0 : 1, "ten seconds later one of them says no");
        is(u, retry, i < 2 ? 20 : 600 - 70, "that with the longest wait");
    }

    is(u, ngx_http_phone_verify_limits_count(t, &limit[2], NOW + 100), 3,
       "who is refused counts nowhere");

    is(u, ngx_http_phone_verify_limits_take(t, limit, 3, NOW + 600, &retry),
       3, "the fourth");
    is(u, ngx_http_phone_verify_limits_take(t, limit, 3, NOW + 700, &retry),
       2, "no fifth in a day");
    is(u, retry, 86400 - 700, "until it is over");

    ngx_http_phone_verify_limits_give_back(t, limit, 3, NOW + 700);
    is(u, ngx_http_phone_verify_limits_take(t, limit, 3, NOW + 700, &retry),
       3, "given back to all three");

    ngx_http_phone_verify_limits_clear(t);
}


/* New keys push out new keys, and not who is being limited. */

static void
ngx_http_phone_verify_unit_limit_full(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_limits_t *t)
{
    uint64_t    key;
    ngx_uint_t  i, n, retry, used, max, bad;

    for (key = 1; key <= 50; key++) {
        for (i = 0; i < 5; i++) {
            (void) take(t, key, 5, 3600, NOW, &retry);
        }
    }

    n = SIZE / 16 * 10;

    for (key = 1000, bad = 0; key < 1000 + n; key++) {
        bad += !take(t, key * 0x9e3779b97f4a7c15ull, 5, 3600, NOW + 1, &retry);
    }

    is(u, bad, 0, "ten times as many keys as there is room for are let in");

    ngx_http_phone_verify_limits_usage(t, NOW + 1, &used, &max);
    is(u, used, max, "it is full");

    for (key = 1, bad = 0; key <= 50; key++) {
        bad += take(t, key, 5, 3600, NOW + 2, &retry);
        bad += (retry != 3598);
    }

    is(u, bad, 0, "who was limited before still is");

    ngx_http_phone_verify_limits_usage(t, NOW + 3601, &used, &max);
    is(u, used, 0, "an hour later all is over");

    is(u, take(t, 1, 5, 3600, NOW + 3601, &retry), 1, "for them, too");

    /* whoever makes a key of a hash sets its lowest bit, so that it is none */

    is(u, ngx_http_phone_verify_limits_init(t, SIZE - 128), NGX_OK,
       "a table of an even number of sets");

    for (key = 1000; key < 1000 + n; key++) {
        (void) take(t, (key * 0x9e3779b97f4a7c15ull) | 1, 5, 3600, NOW,
                    &retry);
    }

    ngx_http_phone_verify_limits_usage(t, NOW, &used, &max);
    is(u, used, max, "odd keys have all of it");

    is(u, ngx_http_phone_verify_limits_init(t, SIZE), NGX_OK, "as before");
}


/* What a window is, written down the plain way. */

static void
ngx_http_phone_verify_unit_limit_book(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_limits_t *t)
{
    time_t      now, ends[40];
    uint32_t    seed;
    ngx_uint_t  i, n, k, let, retry, bad, count[40];

    ngx_memzero(ends, sizeof(ends));
    ngx_memzero(count, sizeof(count));

    seed = 1;
    now = NOW;

    for (i = 0, bad = 0; i < 200000; i++) {
        seed = seed * 1664525 + 1013904223;
        k = (seed >> 16) % 40;
        now += (seed >> 8) % 3;

        n = 1 + k % 7;

        if (now >= ends[k]) {
            count[k] = 0;
            ends[k] = now + 10 * (k + 1);
        }

        let = take(t, 100 + k, n, 10 * (k + 1), now, &retry);

        if (count[k] < n) {
            count[k]++;
            bad += !let;

        } else {
            bad += let || retry != (ngx_uint_t) (ends[k] - now);
        }
    }

    is(u, bad, 0, "as in the book");
}
