
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "store_fixture.h"


/* Revocations: exactly those ids, as long as they are told to, or an error. */


void ngx_http_phone_verify_unit_revocation(ngx_http_phone_verify_unit_t *u);


static ngx_int_t ngx_http_phone_verify_unit_revoke(
    ngx_http_phone_verify_unit_store_t *f, uint64_t n, time_t seconds);
static ngx_uint_t ngx_http_phone_verify_unit_revoked(
    ngx_http_phone_verify_unit_store_t *f, uint64_t n);
static ngx_uint_t ngx_http_phone_verify_unit_revocations(
    ngx_http_phone_verify_unit_store_t *f, ngx_uint_t *max);
static ngx_uint_t ngx_http_phone_verify_unit_revocation_bits(
    ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_revocation_room(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_revocation_random(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_revocation_mended(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);


void
ngx_http_phone_verify_unit_revocation(ngx_http_phone_verify_unit_t *u)
{
    ngx_uint_t                          max;
    ngx_http_phone_verify_unit_store_t  f;

    ngx_http_phone_verify_unit_store(u, &f, 131072);

    is(u, ngx_http_phone_verify_unit_revoked(&f, 1), 0, "not revoked");
    is(u, ngx_http_phone_verify_unit_revoke(&f, 1, 100), NGX_OK, "revoked");
    is(u, ngx_http_phone_verify_unit_revoked(&f, 1), 1, "it is");
    is(u, ngx_http_phone_verify_unit_revoked(&f, 2), 0, "another is not");

    is(u, ngx_http_phone_verify_unit_revoke(&f, 1, 50), NGX_OK, "again");
    is(u, ngx_http_phone_verify_unit_revocations(&f, &max), 1, "that is one");

    wait_msec(100000);
    is(u, ngx_http_phone_verify_unit_revoked(&f, 1), 1, "the longer time");

    is(u, ngx_http_phone_verify_unit_revoke(&f, 1, 100), NGX_OK, "longer");
    wait_msec(100000);
    is(u, ngx_http_phone_verify_unit_revoked(&f, 1), 1, "is what counts");

    /* what has ended long ago needs no place */

    is(u, ngx_http_phone_verify_unit_revoke(&f, 2, -61), NGX_OK, "too late");
    is(u, ngx_http_phone_verify_unit_revocations(&f, &max), 1, "nothing new");
    is(u, ngx_http_phone_verify_unit_revoke(&f, 2, -60), NGX_OK,
       "clocks may differ");
    is(u, ngx_http_phone_verify_unit_revocations(&f, &max), 2, "a new one");

    /* beyond what is kept of a time */

    is(u, ngx_http_phone_verify_unit_revoke(&f, 3, 0x200000000LL), NGX_OK,
       "for centuries");
    is(u, ngx_http_phone_verify_unit_revoked(&f, 3), 1, "it is");

    ngx_http_phone_verify_unit_store_done(&f);

    ngx_http_phone_verify_unit_store(u, &f, 131072);
    ngx_http_phone_verify_unit_revocation_room(u, &f);
    ngx_http_phone_verify_unit_store_done(&f);

    ngx_http_phone_verify_unit_store(u, &f, 131072);
    ngx_http_phone_verify_unit_revocation_random(u, &f);
    ngx_http_phone_verify_unit_store_done(&f);

    ngx_http_phone_verify_unit_store(u, &f, 131072);
    ngx_http_phone_verify_unit_revocation_mended(u, &f);
    ngx_http_phone_verify_unit_store_done(&f);
}


static ngx_int_t
ngx_http_phone_verify_unit_revoke(ngx_http_phone_verify_unit_store_t *f,
    uint64_t n, time_t seconds)
{
    return ngx_http_phone_verify_revoke(&f->zone, name_of("grant", n),
                                        ngx_time() + seconds);
}


static ngx_uint_t
ngx_http_phone_verify_unit_revoked(ngx_http_phone_verify_unit_store_t *f,
    uint64_t n)
{
    return ngx_http_phone_verify_revoked(&f->zone, name_of("grant", n));
}


static ngx_uint_t
ngx_http_phone_verify_unit_revocations(ngx_http_phone_verify_unit_store_t *f,
    ngx_uint_t *max)
{
    ngx_http_phone_verify_zone_usage_t  usage;

    ngx_http_phone_verify_zone_usage(&f->zone, &usage);

    *max = usage.revocations_max;

    return usage.revocations;
}


static void
ngx_http_phone_verify_unit_revocation_room(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    uint64_t    i, n, bad;
    ngx_uint_t  max;

    (void) ngx_http_phone_verify_unit_revocations(f, &max);

    n = max;

    is(u, ngx_http_phone_verify_unit_revocation_bits(f), 0, "no bit is set");

    for (i = 1, bad = 0; i <= n; i++) {
        bad += (ngx_http_phone_verify_unit_revoke(f, i, 1000) != NGX_OK);
    }

    is(u, bad, 0, "%u revocations", (unsigned) n);
    is(u, ngx_http_phone_verify_unit_revocations(f, &max), n, "all");

    for (i = 1, bad = 0; i <= n; i++) {
        bad += (ngx_http_phone_verify_unit_revoke(f, n + i, 1000)
                != NGX_ERROR);
        bad += (ngx_http_phone_verify_unit_revoked(f, i) != 1);
        bad += (ngx_http_phone_verify_unit_revoked(f, n + i) != 0);
    }

    is(u, bad, 0, "no room for more, which is said; those stay");
    is(u, ngx_http_phone_verify_unit_revoke(f, 1, 2000), NGX_OK,
       "one of them may stay for longer");

    /* starts have their own room */

    running(f, 1, 1, NUMBER);

    /* when they have ended there is room for as many */

    wait_msec(1061000);

    for (i = 2, bad = 0; i <= n; i++) {
        bad += (ngx_http_phone_verify_unit_revoke(f, n + i, 10) != NGX_OK);
    }

    is(u, bad, 0, "as many again");
    is(u, ngx_http_phone_verify_unit_revoked(f, 1), 1, "with the one");
    is(u, ngx_http_phone_verify_unit_revoked(f, 2), 0, "without the others");
    is(u, ngx_http_phone_verify_unit_revoke(f, 1, 10), NGX_OK, "known");
    is(u, ngx_http_phone_verify_unit_revoke(f, 3 * n, 10), NGX_ERROR, "full");

    /* a single one that has ended is found, wherever it lies */

    wait_msec(71000);
    is(u, ngx_http_phone_verify_unit_revoke(f, 3 * n, 1000), NGX_OK, "room");

    for (i = 1, bad = 0; i < n - 1; i++) {
        bad += (ngx_http_phone_verify_unit_revoke(f, 3 * n + i, 1000)
                != NGX_OK);
    }

    is(u, bad, 0, "as many again, and all of them new");

    wait_msec(930000);

    is(u, ngx_http_phone_verify_unit_revoke(f, 5 * n, 10), NGX_OK,
       "the one that ends is found at once");
    is(u, ngx_http_phone_verify_unit_revoked(f, 1), 0, "it has gone");
    is(u, ngx_http_phone_verify_unit_revoked(f, 5 * n), 1, "for that");

    /* with the last of them its bit goes, so that nobody takes the mutex */

    wait_msec(10000000);

    for (i = 0; i < n; i++) {
        (void) ngx_http_phone_verify_unit_revoke(f, 5 * n, 10);
    }

    is(u, ngx_http_phone_verify_unit_revocations(f, &max), 1, "one is left");
    is(u, ngx_http_phone_verify_unit_revocation_bits(f), 1, "and its bit");
}


/* The bitmap is between the head and the chains. */

static ngx_uint_t
ngx_http_phone_verify_unit_revocation_bits(
    ngx_http_phone_verify_unit_store_t *f)
{
    u_char      *region, *p;
    ngx_uint_t   i, n;

    region = f->zone.region[NGX_HTTP_PHONE_VERIFY_ZONE_REVOCATIONS];

    for (n = 0, p = region + 56; p < region + *(size_t *) (region + 24); p++) {

        for (i = 0; i < 8; i++) {
            n += (*p >> i) & 1;
        }
    }

    return n;
}


/* Against an array of when each ends. */

static void
ngx_http_phone_verify_unit_revocation_random(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    time_t      *until, now;
    uint64_t     x, i, n, id, missed, wrong, full, used;
    ngx_int_t    rc;
    ngx_uint_t   max;

    used = ngx_http_phone_verify_unit_revocations(f, &max);

    n = 3 * max;

    until = ngx_pcalloc(u->pool, n * sizeof(time_t));
    if (until == NULL) {
        abort();
    }

    x = 88172645463325252ULL;
    missed = wrong = full = 0;

    for (i = 0; i < 200000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;

        id = (x >> 8) % n;
        now = ngx_time();

        switch (x % 4) {

        case 0:
            rc = ngx_http_phone_verify_unit_revoke(f, id, (x >> 40) % 6000);

            if (rc == NGX_OK) {
                until[id] = ngx_max(until[id],
                                    now + (time_t) ((x >> 40) % 6000));

            } else {
                full++;
                used = ngx_http_phone_verify_unit_revocations(f, &max);
                wrong += (used != max);

                /* is one of them over? */

                for (id = full % 32; id < n && full % 32 == 0; id++) {
                    wrong += (until[id] && until[id] + 60 < now
                              && ngx_http_phone_verify_unit_revoked(f, id));
                }
            }

            break;

        case 1:
            wait_msec((x >> 40) % 2000);
            break;

        default:

            if (ngx_http_phone_verify_unit_revoked(f, id)) {
                wrong += (until[id] == 0);

            } else {
                missed += (until[id] >= now);
            }
        }
    }

    is(u, missed, 0, "none is missed");
    is(u, wrong, 0, "none is made up, and none refused for nothing");
    ok(u, full > 0, "full %u times", (unsigned) full);
}


static void
ngx_http_phone_verify_unit_revocation_mended(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    u_char      *region;
    size_t       size;
    uint64_t     i, n, bad;
    uint32_t    *words;
    ngx_uint_t   max;

    (void) ngx_http_phone_verify_unit_revocations(f, &max);

    n = max / 2;

    for (i = 1, bad = 0; i <= n; i++) {
        bad += (ngx_http_phone_verify_unit_revoke(f, i, i % 2 ? 10 : 1000)
                != NGX_OK);
    }

    wait_msec(71000);

    for (i = n + 1; i <= n + 10; i++) {
        bad += (ngx_http_phone_verify_unit_revoke(f, i, 1000) != NGX_OK);
    }

    is(u, bad, 0, "some, of which half has ended");

    /* chains and the list of free ones are nonsense, the nodes are there */

    region = f->zone.region[NGX_HTTP_PHONE_VERIFY_ZONE_REVOCATIONS];
    size = f->zone.sh->region[NGX_HTTP_PHONE_VERIFY_ZONE_REVOCATIONS].size;

    words = (uint32_t *) region;
    words[1] = 7;                /* used */
    words[2] = 9;                /* free */
    words[4] = 0xffffffff;       /* when the first one ends */

    ngx_memset(region + *(size_t *) (region + 24), 0,
               (size_t) max * sizeof(uint32_t));

    ok(u, *(size_t *) (region + 24) < size, "inside");

    f->zone.sh->dirty = 1;

    for (i = 2, bad = 0; i <= n; i += 2) {
        bad += (ngx_http_phone_verify_unit_revoked(f, i) != 1);
    }

    for (i = n + 1; i <= n + 10; i++) {
        bad += (ngx_http_phone_verify_unit_revoked(f, i) != 1);
    }

    for (i = 2 * n; i <= 3 * n; i++) {
        bad += (ngx_http_phone_verify_unit_revoked(f, i) != 0);
    }

    is(u, bad, 0, "all are found again, and no others");
    is(u, f->zone.sh->mended, 1, "mended");

    for (i = 0; i < 2 * n + 1; i++) {

        if (ngx_http_phone_verify_unit_revoke(f, 10 * n + i, 1000) != NGX_OK) {
            break;
        }
    }

    bad = ngx_http_phone_verify_unit_revocations(f, &max);
    is(u, bad, max, "all places are used");
    is(u, i, max - n / 2 - 10, "those of what has ended, too");
}
