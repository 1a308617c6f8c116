
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "store_fixture.h"
#include "verification/store/pending_impl.h"


/* Room: what is full refuses, what has ended goes, nothing is mistaken. */


void ngx_http_phone_verify_unit_store_ring(ngx_http_phone_verify_unit_t *u);


static void ngx_http_phone_verify_unit_ring_full(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_ring_around(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_ring_names(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_ring_reload(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_ring_collide(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);


void
ngx_http_phone_verify_unit_store_ring(ngx_http_phone_verify_unit_t *u)
{
    ngx_uint_t                          i;
    ngx_http_phone_verify_unit_store_t  f;

    static void (*tests[])(ngx_http_phone_verify_unit_t *u,
        ngx_http_phone_verify_unit_store_t *f) =
    {
        ngx_http_phone_verify_unit_ring_full,
        ngx_http_phone_verify_unit_ring_around,
        ngx_http_phone_verify_unit_ring_names,
        ngx_http_phone_verify_unit_ring_reload,
        ngx_http_phone_verify_unit_ring_collide
    };

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        ngx_http_phone_verify_unit_store(u, &f, 128 * 1024);
        tests[i](u, &f);
        ngx_http_phone_verify_unit_store_done(&f);
    }
}


static void
ngx_http_phone_verify_unit_ring_full(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    ngx_uint_t                          i, n, bad;
    ngx_http_phone_verify_zone_usage_t  usage;

    ngx_http_phone_verify_zone_usage(&f->zone, &usage);

    n = usage.verifications_max;
    is(u, usage.sessions_max, n, "as many sessions as verifications");

    for (i = 1, bad = 0; i <= n; i++) {
        bad += (start(f, i, i, NUMBER + i, SMS, 0) != NEW
                || started(f, i, PENDING, "id") != NGX_OK);
        wait_msec(1);
    }

    is(u, bad, 0, "%u starts", (unsigned) n);

    ngx_http_phone_verify_zone_usage(&f->zone, &usage);
    is(u, usage.verifications, n, "all verifications");
    is(u, usage.sessions, n, "all sessions");

    for (i = 1, bad = 0; i <= 3 * n; i++) {
        bad += (start(f, n + i, n + i, NUMBER + n + i, SMS, 0) != BUSY);
        bad += (start(f, n + i, n + i, NUMBER + 1, SMS, 0) != BUSY);
        bad += (report(f, n + i, n + i, 7) != BUSY_REPORT);
        bad += (look(f, n + i) != NGX_DECLINED);
    }

    is(u, bad, 0, "nothing else finds room");
    is(u, start(f, n + 1, n + 1, NUMBER + 1, SMS, 1), WAIT,
       "who only has to wait is told so");

    for (i = 1, bad = 0; i <= n; i++) {
        bad += !stands(f, i, PENDING, NO_REASON);
    }

    is(u, bad, 0, "nobody was dropped");

    /* also not when it has expired, before its tombstone may go */

    wait_msec(360000 - (int64_t) n);

    is(u, start(f, 2 * n, 2 * n, NUMBER + 2 * n, SMS, 0), BUSY, "full");
    is(u, report(f, 1, 1, 7), ENDED, "the first one is there");
    is(u, f->view.reason, EXPIRED, "expired");

    wait_msec(1);

    is(u, start(f, 2 * n, 2 * n, NUMBER + 2 * n, SMS, 0), NEW,
       "the first one goes");
    is(u, look(f, 1), NGX_DECLINED, "it has gone");
    is(u, look(f, 2), NGX_OK, "the next has not");
    is(u, start(f, 2 * n + 1, 2 * n + 1, NUMBER + 2 * n + 1, SMS, 0), BUSY,
       "there was room for one");

    /* a full ring of which all has ended takes one after another */

    wait_msec(n);

    for (i = 1, bad = 0; i < n; i++) {
        bad += (start(f, 3 * n + i, 3 * n + i, NUMBER + 3 * n + i, SMS, 0)
                != NEW);
    }

    is(u, bad, 0, "all places are taken again");

    ngx_http_phone_verify_zone_usage(&f->zone, &usage);
    ok(u, usage.verifications == n, "and no more than there are");
}


static void
ngx_http_phone_verify_unit_ring_around(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    uint64_t                            i, n, bad, old, gone;
    ngx_http_phone_verify_zone_usage_t  usage;

    ngx_http_phone_verify_zone_usage(&f->zone, &usage);

    n = usage.verifications_max;

    /* half a ring's worth is alive at any time */

    f->policy.ttl = n / 2;
    f->policy.call_timeout = n / 4;

    bad = gone = 0;

    for (i = 1; i <= 10 * n; i++) {

        /* the margin of a minute passes in a moment */

        if (i % (n / 2) == 0) {
            wait_msec(NGX_HTTP_PHONE_VERIFY_MARGIN);
        }

        wait_msec(1);

        bad += (start(f, i, i, NUMBER + i % (n - 1), SMS, 0) != NEW);
        bad += (f->view.sends != 1);
        bad += (started(f, i, PENDING, "id") != NGX_OK);
        bad += !stands(f, i, PENDING, NO_REASON);

        if (i % 16 == 0) {
            bad += (sound(&f->zone) != NULL);
        }

        /* of what is long gone there is nothing */

        if (i > 3 * n) {
            old = i - 3 * n;

            gone += (look(f, old) == NGX_DECLINED
                     && claim(f, old, 1) == NGX_DECLINED
                     && started(f, old, DENIED, "") == NGX_DECLINED
                     && event(f, old, "", SUCCESSFUL, NO_REASON)
                        == NGX_DECLINED
                     && reported(f, old, old, SUCCESSFUL, NO_REASON, 0, 7, 7)
                        == NGX_DECLINED);
        }
    }

    is(u, bad, 0, "ten times around");
    is(u, gone, 7 * n, "what has gone is never mistaken for what has come");
}


/* A name is the lower half of a place in a sequence, and is not reused. */

static void
ngx_http_phone_verify_unit_ring_names(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    uint32_t                          old;
    uint64_t                          i, n, bad;
    ngx_http_phone_verify_pending_t  *p;

    p = ngx_http_phone_verify_unit_pending(&f->zone);
    n = p->verifications.n;

    /* as it is after four thousand million of them */

    p->verifications.head = p->verifications.tail = 0xffffffffULL - n / 2;
    p->sessions.head = p->sessions.tail = 0xffffffffULL - n / 4;

    for (i = 1, bad = 0; i <= n / 2; i++) {
        bad += (start(f, i, i, NUMBER + i, SMS, 0) != NEW);
        bad += (started(f, i, PENDING, "id") != NGX_OK);
    }

    wait_msec(30000);

    for (i = 1; i <= n / 2; i++) {
        bad += (start(f, n + i, n + i, NUMBER + i, SMS, i) != NEW);
        bad += (started(f, n + i, PENDING, "id") != NGX_OK);
    }

    is(u, bad, 0, "their names wrap around");

    for (i = 1, bad = 0; i <= n / 2; i++) {
        bad += !stands(f, i, PENDING, NO_REASON);
        bad += (ngx_memcmp(f->view.reference, name_of("reference", n + i), 16)
                != 0);
        bad += (event(f, n + i, "", SUCCESSFUL, NO_REASON) != NGX_OK);
        bad += (claim(f, i, i) != NGX_DECLINED);
        bad += (claim(f, n + i, i) != NGX_OK);
    }

    is(u, bad, 0, "and lead where they should");

    old = (uint32_t) p->verifications.tail;

    ok(u, ngx_http_phone_verify_pending_vnode(p, old) != NULL, "the oldest");
    ok(u, ngx_http_phone_verify_pending_vnode(p, old - 1) == NULL,
       "one before it");
    ok(u, ngx_http_phone_verify_pending_vnode(p,
                                       (uint32_t) p->verifications.head - 1)
          != NULL, "the newest");
    ok(u, ngx_http_phone_verify_pending_vnode(p,
                                           (uint32_t) p->verifications.head)
          == NULL, "one after it");
    ok(u, ngx_http_phone_verify_pending_vnode(p, old + 0x80000000) == NULL,
       "one far from here");

    bad = 0;

    for (i = p->verifications.tail; i < p->verifications.head; i++) {
        bad += (ngx_http_phone_verify_pending_vseq(p,
                       ngx_http_phone_verify_pending_vnode(p, (uint32_t) i))
                != (uint32_t) i);
    }

    for (i = p->sessions.tail; i < p->sessions.head; i++) {
        bad += (ngx_http_phone_verify_pending_sseq(p,
                       ngx_http_phone_verify_pending_snode(p, (uint32_t) i))
                != (uint32_t) i);
    }

    is(u, bad, 0, "a node knows its name");
}


/* After a reload other times may be in force: what is there keeps its own. */

static void
ngx_http_phone_verify_unit_ring_reload(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    f->policy.ttl = 600000;
    running(f, 1, 1, NUMBER);

    f->policy.ttl = 60000;
    running(f, 2, 2, NUMBER + 1);

    wait_msec(60000);

    ok(u, stands(f, 1, PENDING, NO_REASON), "the one with more time");
    is(u, f->view.expires_in, 540, "has all of it");
    ok(u, stands(f, 2, FAIL, EXPIRED), "the one with less has not");

    wait_msec(500000);

    running(f, 3, 3, NUMBER + 2);
    ok(u, stands(f, 1, PENDING, NO_REASON), "nobody was dropped");
    is(u, look(f, 2), NGX_OK, "what came later goes later");

    wait_msec(101000);

    running(f, 4, 4, NUMBER + 2);
    is(u, look(f, 1), NGX_DECLINED, "gone");
    is(u, look(f, 2), NGX_DECLINED, "with what was behind it");
    is(u, look(f, 3), NGX_OK, "and nothing else");
}


/* All in one chain. */

static void
ngx_http_phone_verify_unit_ring_collide(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    uint32_t                          buckets;
    uint64_t                          i, n, bad;
    ngx_http_phone_verify_pending_t  *p;

    p = ngx_http_phone_verify_unit_pending(&f->zone);
    n = p->verifications.n;

    buckets = p->buckets;
    p->buckets = 1;

    f->policy.ttl = 1000;

    for (i = 1, bad = 0; i <= 2 * n; i++) {

        if (i == n + 1) {
            wait_msec(62000);
        }

        bad += (start(f, i, i, NUMBER + i, SMS, 0) != NEW);
        bad += (started(f, i, PENDING, "id") != NGX_OK);
        bad += (event(f, i, "", SUCCESSFUL, NO_REASON) != NGX_OK);
        bad += (claim(f, i, i) != NGX_OK);
    }

    bad += (sound(&f->zone) != NULL);

    for (i = 1; i <= n; i++) {
        bad += (look(f, i) != NGX_DECLINED);
        bad += !stands(f, n + i, SUCCESSFUL, NO_REASON);
        bad += (claim(f, n + i, 1) != NGX_OK);
        bad += (ngx_memcmp(f->grant.session, name_of("grant", n + i), 16)
                != 0);
    }

    is(u, bad, 0, "case 73: a chain of all of them");

    /* it is found in none of the others */

    p->buckets = buckets;
    ngx_http_phone_verify_pending_mend(p);
}
