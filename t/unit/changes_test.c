
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "store_fixture.h"
#include "verification/store/changes.h"


/* Who waits hears of every change, and nobody else is looked at for it. */


#define SESSIONS  24
#define NUMBERS   3
#define STEPS     6000


typedef struct {
    uint64_t      session;
    ngx_uint_t    status;
    ngx_uint_t    reason;
    ngx_uint_t    sends;
    ngx_uint_t    wait;
    u_char        reference[16];
} ngx_http_phone_verify_unit_seen_t;


typedef struct {
    ngx_http_phone_verify_unit_store_t  f;
    uint64_t                            session[SESSIONS];    /* watched */
    ngx_uint_t                          references;
} ngx_http_phone_verify_unit_changes_t;


void ngx_http_phone_verify_unit_changes(ngx_http_phone_verify_unit_t *u);

static void ngx_http_phone_verify_unit_change(
    ngx_http_phone_verify_unit_store_t *f, uint64_t n);

static void ngx_http_phone_verify_unit_changes_ring(
    ngx_http_phone_verify_unit_t *u);
static void ngx_http_phone_verify_unit_changes_told(
    ngx_http_phone_verify_unit_t *u);
static void ngx_http_phone_verify_unit_changes_step(
    ngx_http_phone_verify_unit_changes_t *b);
static void ngx_http_phone_verify_unit_changes_see(
    ngx_http_phone_verify_unit_store_t *f,
    ngx_http_phone_verify_unit_seen_t *seen, uint64_t session);
static ngx_uint_t ngx_http_phone_verify_unit_changes_in(const u_char *name,
    uint64_t *changes, ngx_int_t n);
static ngx_uint_t ngx_http_phone_verify_unit_changes_random(ngx_uint_t n);


static uint64_t  ngx_http_phone_verify_unit_changes_state;


static void
ngx_http_phone_verify_unit_change(ngx_http_phone_verify_unit_store_t *f,
    uint64_t n)
{
    ngx_http_phone_verify_zone_lock(&f->zone);
    ngx_http_phone_verify_changed(&f->zone, name_of("session", n));
    ngx_http_phone_verify_zone_unlock(&f->zone);
}


void
ngx_http_phone_verify_unit_changes(ngx_http_phone_verify_unit_t *u)
{
    ngx_http_phone_verify_unit_changes_ring(u);
    ngx_http_phone_verify_unit_changes_told(u);
}


static void
ngx_http_phone_verify_unit_changes_ring(ngx_http_phone_verify_unit_t *u)
{
    uint64_t                            read[4], name;
    ngx_uint_t                          i, kept;
    ngx_atomic_uint_t                   seen, late;
    ngx_http_phone_verify_unit_store_t  f;

    ngx_http_phone_verify_unit_store(u, &f, 256 * 1024);

    seen = ngx_http_phone_verify_zone_changes(&f.zone);
    late = seen;

    is(u, ngx_http_phone_verify_changes_read(&f.zone, &seen, read, 4), 0,
       "nothing has changed");

    for (i = 0; i < 6; i++) {
        ngx_http_phone_verify_unit_change(&f, i);
    }

    is(u, ngx_http_phone_verify_changes_read(&f.zone, &seen, read, 4), 4,
       "four at once");
    ngx_http_phone_verify_change_of(name_of("session", 3), &name);
    ok(u, read[3] == name, "in their order");

    is(u, ngx_http_phone_verify_changes_read(&f.zone, &seen, read, 4), 2,
       "and the rest");
    ngx_http_phone_verify_change_of(name_of("session", 5), &name);
    ok(u, read[1] == name, "up to the last");
    is(u, ngx_http_phone_verify_changes_read(&f.zone, &seen, read, 4), 0,
       "once");

    kept = f.zone.sh->region[NGX_HTTP_PHONE_VERIFY_ZONE_CHANGES].size / 8 - 1;
    ok(u, kept >= 63, "some are kept: %u", (unsigned) kept);

    for (i = 0; i + 1 < kept; i++) {
        ngx_http_phone_verify_unit_change(&f, i);
    }

    is(u, ngx_http_phone_verify_changes_read(&f.zone, &seen, read, 4), 4,
       "as many as are kept can be read");

    is(u, ngx_http_phone_verify_changes_read(&f.zone, &late, read, 4),
       NGX_DECLINED, "who comes later is told that it missed some");
    is(u, late, ngx_http_phone_verify_zone_changes(&f.zone),
       "and goes on from here");

    for (i = 0; i < 4; i++) {
        ngx_http_phone_verify_unit_change(&f, i);
    }

    is(u, ngx_http_phone_verify_changes_read(&f.zone, &seen, read, 4), 4,
       "the next ones, with as many behind them");

    for (i = 0; i < 5; i++) {
        ngx_http_phone_verify_unit_change(&f, i);
    }

    is(u, ngx_http_phone_verify_changes_read(&f.zone, &seen, read, 4),
       NGX_DECLINED, "one whose place is written to is missed");

    ngx_http_phone_verify_unit_store_done(&f);
}


/*
 * Whatever is done, each session that stands differently then is among the
 * changes, by its own name or by that of the verification it was of.
 */

static void
ngx_http_phone_verify_unit_changes_told(ngx_http_phone_verify_unit_t *u)
{
    uint64_t                              changes[64];
    ngx_int_t                             n;
    ngx_uint_t                            i, k, untold, differ;
    ngx_atomic_uint_t                     seen;
    ngx_http_phone_verify_unit_changes_t  b;
    ngx_http_phone_verify_unit_seen_t     before[SESSIONS], now;

    ngx_memzero(&b, sizeof(b));

    ngx_http_phone_verify_unit_store(u, &b.f, 4 * 1024 * 1024);

    ngx_http_phone_verify_unit_changes_state = 6;
    untold = 0;
    differ = 0;

    for (i = 0; i < STEPS; i++) {

        if (ngx_http_phone_verify_unit_changes_random(4) == 0) {
            wait_msec(ngx_http_phone_verify_unit_changes_random(20000));
        }

        for (k = 0; k < SESSIONS; k++) {
            ngx_http_phone_verify_unit_changes_see(&b.f, &before[k],
                                                   b.session[k]);
        }

        seen = ngx_http_phone_verify_zone_changes(&b.f.zone);

        ngx_http_phone_verify_unit_changes_step(&b);

        n = ngx_http_phone_verify_changes_read(&b.f.zone, &seen, changes, 64);

        for (k = 0; k < SESSIONS; k++) {

            /* who is not pending waits for nothing */

            if (before[k].status != PENDING) {
                continue;
            }

            ngx_http_phone_verify_unit_changes_see(&b.f, &now,
                                                   before[k].session);

            if (now.status == before[k].status
                && now.reason == before[k].reason
                && now.sends == before[k].sends
                && (now.wait == before[k].wait || before[k].wait % 2 == 0))
            {
                continue;
            }

            differ++;

            if (!ngx_http_phone_verify_unit_changes_in(
                            name_of("session", before[k].session), changes, n)
                && !ngx_http_phone_verify_unit_changes_in(before[k].reference,
                                                          changes, n))
            {
                untold++;
            }
        }
    }

    ok(u, differ > 500, "many stood differently: %u", (unsigned) differ);
    is(u, untold, 0, "and all of them were told");
    ok(u, sound(&b.f.zone) == NULL, "the store is sound");

    ngx_http_phone_verify_unit_store_done(&b.f);
}


static void
ngx_http_phone_verify_unit_changes_step(
    ngx_http_phone_verify_unit_changes_t *b)
{
    char                                 id[32];
    uint64_t                             s, fresh, reference;
    ngx_uint_t                           rc, status, number, *references;
    ngx_http_phone_verify_unit_store_t  *f;

    static ngx_uint_t  ends[] = { PENDING, SUCCESSFUL, FAIL, DENIED, NONE };

    f = &b->f;
    references = &b->references;
    s = b->session[ngx_http_phone_verify_unit_changes_random(SESSIONS)];
    number = NUMBER + ngx_http_phone_verify_unit_changes_random(NUMBERS);
    status = ends[ngx_http_phone_verify_unit_changes_random(5)];

    /* mostly one of the last few */

    reference = *references - ngx_min(*references,
                             ngx_http_phone_verify_unit_changes_random(6));

    ngx_sprintf((u_char *) id, "id-%ui%Z", reference);

    switch (ngx_http_phone_verify_unit_changes_random(10)) {

    case 0:
    case 1:
        (void) ngx_http_phone_verify_store_wait_begin(&f->zone,
                                                     name_of("session", s));
        break;

    case 2:
    case 3:
    case 4:

        /* anew by its own session, or another one's */

        fresh = 1000 + *references;
        rc = start(f, fresh, ++*references, number, SMS,
                   ngx_http_phone_verify_unit_changes_random(2) ? s : 0);

        if (rc == NEW || rc == JOINED) {
            b->session[ngx_http_phone_verify_unit_changes_random(SESSIONS)]
                = fresh;
        }

        break;

    case 5:
        (void) started(f, reference, status, id);
        break;

    case 6:
        (void) report(f, s, reference,
                      ngx_http_phone_verify_unit_changes_random(3));
        break;

    case 7:
        (void) reported(f, s, reference, status,
                        status == FAIL ? INVALID_CODE : NO_REASON,
                        ngx_http_phone_verify_unit_changes_random(2), 1,
                        1000000 + *references);
        break;

    case 8:
        (void) event(f, reference, id, status, NO_REASON);
        break;

    default:
        (void) claim(f, s, 2000000 + *references);
        break;
    }
}


static void
ngx_http_phone_verify_unit_changes_see(ngx_http_phone_verify_unit_store_t *f,
    ngx_http_phone_verify_unit_seen_t *seen, uint64_t session)
{
    ngx_memzero(seen, sizeof(ngx_http_phone_verify_unit_seen_t));

    if (look(f, session) == NGX_DECLINED) {
        return;
    }

    seen->session = session;
    seen->status = f->view.status;
    seen->reason = f->view.reason;
    seen->sends = f->view.sends;
    seen->wait = f->view.wait;

    ngx_memcpy(seen->reference, f->view.reference, sizeof(seen->reference));
}


static ngx_uint_t
ngx_http_phone_verify_unit_changes_in(const u_char *name, uint64_t *changes,
    ngx_int_t n)
{
    uint64_t   change;
    ngx_int_t  i;

    ngx_http_phone_verify_change_of(name, &change);

    for (i = 0; i < n; i++) {
        if (changes[i] == change) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_phone_verify_unit_changes_random(ngx_uint_t n)
{
    uint64_t  *state = &ngx_http_phone_verify_unit_changes_state;

    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;

    return (ngx_uint_t) ((*state >> 33) % n);
}
