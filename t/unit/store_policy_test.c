
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "store_fixture.h"


/* What a policy leaves off, and what it tries in a dry run. */


void ngx_http_phone_verify_unit_store_policy(ngx_http_phone_verify_unit_t *u);


static void ngx_http_phone_verify_unit_attempts_off(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_attempts_dry(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_attempts_changed(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_resend_off(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_resend_dry(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static ngx_uint_t ngx_http_phone_verify_unit_guess(
    ngx_http_phone_verify_unit_store_t *f, uint64_t session,
    uint64_t reference, ngx_uint_t owner, ngx_uint_t *used);
static void ngx_http_phone_verify_unit_wrong(
    ngx_http_phone_verify_unit_store_t *f, uint64_t session,
    uint64_t reference);


#define guess  ngx_http_phone_verify_unit_guess
#define wrong  ngx_http_phone_verify_unit_wrong


void
ngx_http_phone_verify_unit_store_policy(ngx_http_phone_verify_unit_t *u)
{
    ngx_uint_t                          i;
    ngx_http_phone_verify_unit_store_t  f;

    static void (*tests[])(ngx_http_phone_verify_unit_t *u,
        ngx_http_phone_verify_unit_store_t *f) =
    {
        ngx_http_phone_verify_unit_attempts_off,
        ngx_http_phone_verify_unit_attempts_dry,
        ngx_http_phone_verify_unit_attempts_changed,
        ngx_http_phone_verify_unit_resend_off,
        ngx_http_phone_verify_unit_resend_dry
    };

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        ngx_http_phone_verify_unit_store(u, &f, 256 * 1024);
        tests[i](u, &f);
        ngx_http_phone_verify_unit_store_done(&f);
    }
}


/* A session's counter is a byte, a code's are two: neither comes round. */

static void
ngx_http_phone_verify_unit_attempts_off(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    ngx_uint_t                      i, gone, shut;
    ngx_http_phone_verify_vnode_t  *v;

    f->policy.attempts = 0;

    running(f, 1, 1, NUMBER);
    is(u, f->view.attempts_off, 1, "no count");
    is(u, start(f, 2, 2, NUMBER, SMS, 0), JOINED, "another session");

    gone = 0;
    shut = 0;

    for (i = 0; i < 70000; i++) {
        gone += (report(f, 1, 1, i) == GO);
        shut += !f->view.attempts_off;
        wrong(f, 1, 1);
        shut += (f->view.status != PENDING);
    }

    is(u, gone, 70000, "any number of codes");
    is(u, shut, 0, "and never the end");

    v = ngx_http_phone_verify_pending_reference(
                        ngx_http_phone_verify_unit_pending(&f->zone),
                        name_of("reference", 1));

    is(u, v->attempts, 65535, "as many as fit");
    is(u, ngx_http_phone_verify_pending_session(
                        ngx_http_phone_verify_unit_pending(&f->zone),
                        name_of("session", 1))->attempts,
       255, "of the session, too");

    ok(u, stands(f, 1, PENDING, NO_REASON), "it is pending");
    is(u, f->view.attempts_off, 1, "without a count");
    is(u, start(f, 3, 3, NUMBER, SMS, 0), JOINED, "others can join");

    is(u, report(f, 2, 1, 7), GO, "the other one reports");
    is(u, reported(f, 2, 1, SUCCESSFUL, NO_REASON, 0, 7, 2), NGX_OK, "right");

    /* a success by callback: all that was wrong says nothing */

    running(f, 4, 4, NUMBER + 1);

    for (i = 0; i < 20; i++) {
        is(u, report(f, 4, 4, i), GO, "a guess");
        wrong(f, 4, 4);
    }

    is(u, event(f, 4, "id-4", SUCCESSFUL, NO_REASON), NGX_OK, "a callback");
    ok(u, stands(f, 4, SUCCESSFUL, NO_REASON), "is its session's");
    is(u, claim(f, 4, 4), NGX_OK, "which takes it");

    /* a session of another node's */

    is(u, report(f, 5, 5, 1), GO, "adopted");
    is(u, f->view.attempts_off, 1, "no count, either");
    wrong(f, 5, 5);
    ok(u, stands(f, 5, PENDING, NO_REASON), "it is pending");
}


static void
ngx_http_phone_verify_unit_attempts_dry(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    ngx_uint_t  i, used, gone, told, left;

    f->policy.attempts = 2;
    f->policy.attempts_dry = 1;

    /* a session's */

    running(f, 1, 1, NUMBER);
    is(u, f->view.attempts_off, 0, "there is a count");
    is(u, f->view.attempts_left, 2, "of two");

    for (i = 1; i <= 2; i++) {
        is(u, guess(f, 1, 1, 0, &used), GO, "guess %u", (unsigned) i);
        is(u, used, 0, "is nothing to tell of");
        is(u, f->view.attempts_left, 2 - i, "counted");
        wrong(f, 1, 1);
        is(u, f->view.status, PENDING, "still pending");
    }

    is(u, guess(f, 1, 1, 0, &used), GO, "one more");
    is(u, used, 1, "is told of");
    is(u, f->view.attempts_left, 0, "none is left, and not less");
    wrong(f, 1, 1);
    ok(u, stands(f, 1, PENDING, NO_REASON), "as if not used up");
    is(u, f->view.attempts_left, 0, "none is left");

    /* a code's: six of it */

    is(u, start(f, 2, 2, NUMBER, SMS, 0), JOINED, "another");
    is(u, start(f, 3, 3, NUMBER, SMS, 0), JOINED, "a third");

    for (i = 0; i < 4; i++) {
        is(u, guess(f, 2 + i / 2, 1, 0, &used), GO, "a guess");
        is(u, used, i == 3, "the seventh is told of");
        wrong(f, 2 + i / 2, 1);
    }

    is(u, start(f, 4, 4, NUMBER, SMS, 0), JOINED, "nothing is locked");
    is(u, f->view.attempts_left, 0, "though there are no more");
    is(u, guess(f, 4, 1, 0, &used), GO, "the first of its session");
    is(u, used, 1, "is told of");
    is(u, f->view.status, PENDING, "under way");
    wrong(f, 4, 1);

    is(u, guess(f, 4, 1, 1, &used), GO, "an owner");
    is(u, used, 0, "has attempts");
    is(u, f->view.attempts_left, 0, "this was the last");
    wrong(f, 4, 1);

    is(u, guess(f, 3, 1, 0, &used), GO, "the right one");
    is(u, used, 1, "is told of");
    is(u, reported(f, 3, 1, SUCCESSFUL, NO_REASON, 0, 7, 3), NGX_OK,
       "and lets in");

    /* counters do not come round, and with them the count */

    running(f, 10, 10, NUMBER + 1);
    gone = 0;
    told = 0;
    left = 0;

    for (i = 0; i < 70000; i++) {
        gone += (guess(f, 10, 10, 0, &used) == GO);
        told += used;
        left += (i > 0 && f->view.attempts_left);
        wrong(f, 10, 10);
    }

    is(u, gone, 70000, "all went on");
    is(u, told, 69998, "and all were told of but two");
    is(u, left, 0, "none was left after them");

    is(u, event(f, 10, "id-10", SUCCESSFUL, NO_REASON), NGX_OK, "a callback");
    ok(u, stands(f, 10, SUCCESSFUL, NO_REASON), "is a success");
}


/* The policy is another one after a reload, the records are the same. */

static void
ngx_http_phone_verify_unit_attempts_changed(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    ngx_uint_t  i, used;

    f->policy.attempts = 1;

    running(f, 1, 1, NUMBER);
    is(u, start(f, 2, 2, NUMBER, SMS, 0), JOINED, "another");
    is(u, start(f, 3, 3, NUMBER, SMS, 0), JOINED, "a third");

    for (i = 1; i <= 3; i++) {
        is(u, guess(f, i, 1, 0, &used), GO, "a guess");
        wrong(f, i, 1);
    }

    ok(u, stands(f, 1, FAIL, INVALID_CODE), "used up");
    is(u, start(f, 4, 4, NUMBER, SMS, 0), WAIT, "and locked");
    is(u, event(f, 1, "id-1", SUCCESSFUL, NO_REASON), NGX_OK, "a success");
    ok(u, stands(f, 1, FAIL, INVALID_CODE), "does not count");

    f->policy.attempts_dry = 1;

    ok(u, stands(f, 1, PENDING, NO_REASON), "in a dry run it goes on");
    is(u, f->view.attempts_left, 0, "with none left");
    is(u, start(f, 5, 5, NUMBER, SMS, 0), JOINED, "and can be joined");
    is(u, guess(f, 5, 1, 0, &used), GO, "and reported");
    is(u, used, 1, "which is told of");
    wrong(f, 5, 1);

    f->policy.attempts_dry = 0;

    is(u, guess(f, 5, 1, 0, &used), LOCKED_REPORT, "refused again");
    is(u, start(f, 6, 6, NUMBER, SMS, 0), WAIT, "for others, too");
    ok(u, stands(f, 2, FAIL, INVALID_CODE), "used up");

    f->policy.attempts = 0;

    ok(u, stands(f, 2, PENDING, NO_REASON), "off: it goes on");
    is(u, f->view.attempts_off, 1, "without a count");
    is(u, guess(f, 2, 1, 0, &used), GO, "and is reported");
    is(u, used, 0, "of which there is nothing to tell");
    is(u, event(f, 1, "id-1", SUCCESSFUL, NO_REASON), NGX_OK, "a success");
    is(u, reported(f, 2, 1, SUCCESSFUL, NO_REASON, 0, 7, 2), NGX_OK,
       "is whose code was right");
}


static void
ngx_http_phone_verify_unit_resend_off(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_RESENDS; i++) {
        f->policy.resend[i] = 0;
    }

    /* one that is on its way */

    is(u, start(f, 1, 1, NUMBER, SMS, 0), NEW, "started");
    is(u, start(f, 2, 2, NUMBER, SMS, 0), JOINED, "a stranger joins the call");
    is(u, start(f, 3, 3, NUMBER, SMS, 1), WAIT, "its own waits");
    is(u, f->view.resend_in, 10, "as long as the call may take");
    is(u, started(f, 1, PENDING, "id-1"), NGX_OK, "sent");

    ok(u, stands(f, 1, PENDING, NO_REASON), "pending");
    is(u, f->view.resend_in, 0, "no wait");

    is(u, start(f, 3, 3, NUMBER, SMS, 1), NEW, "its own sends anew");
    is(u, started(f, 3, PENDING, "id-3"), NGX_OK, "sent");
    is(u, start(f, 4, 4, NUMBER, SMS, 0), NEW, "a stranger, too");
    is(u, f->view.sends, 3, "a third message");
    is(u, started(f, 4, PENDING, "id-4"), NGX_OK, "sent");

    ok(u, stands(f, 1, PENDING, NO_REASON), "all go along");
    is_mem(u, f->view.id, f->view.id_len, "id-4", 4, "to the last one");

    /* a report that is on its way must not be aborted */

    is(u, report(f, 1, 4, 7), GO, "reported");
    is(u, start(f, 5, 5, NUMBER, SMS, 1), WAIT, "no message meanwhile");
    is(u, start(f, 5, 5, NUMBER, SMS, 0), JOINED, "nor a stranger's");
    wrong(f, 1, 4);
    is(u, start(f, 6, 6, NUMBER, SMS, 1), NEW, "then anew");
    is(u, started(f, 6, PENDING, "id-6"), NGX_OK, "sent");

    /* not without an end */

    for (i = 5; i <= NGX_HTTP_PHONE_VERIFY_SENDS_MAX; i++) {
        is(u, start(f, 100 + i, 100 + i, NUMBER, SMS, 0), NEW, "anew");
        is(u, started(f, 100 + i, PENDING, "id"), NGX_OK, "sent");
    }

    is(u, start(f, 7, 7, NUMBER, SMS, 1), WAIT, "32 in a row");
    is(u, f->view.resend_in, 300, "until it has expired");
}


static void
ngx_http_phone_verify_unit_resend_dry(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    const ngx_uint_t  seamless = NGX_HTTP_PHONE_VERIFY_SEAMLESS;

    f->policy.resend_dry = 1;

    is(u, start(f, 1, 1, NUMBER, SMS, 0), NEW, "started");
    is(u, start(f, 2, 2, NUMBER, SMS, 0), JOINED, "a stranger joins the call");
    is(u, start(f, 3, 3, NUMBER, SMS, 1), WAIT, "its own waits for it");
    is(u, started(f, 1, PENDING, "id-1"), NGX_OK, "sent");

    ok(u, stands(f, 1, PENDING, NO_REASON), "pending");
    is(u, f->view.resend_in, 30, "it tells of its wait");

    is(u, start(f, 3, 3, NUMBER, SMS, 1), NEW, "its own sends anew");
    is(u, f->view.resend_in, 60, "the next wait");
    is(u, started(f, 3, PENDING, "id-3"), NGX_OK, "sent");
    is(u, start(f, 4, 4, NUMBER, SMS, 0), NEW, "a stranger, too");
    is(u, started(f, 4, PENDING, "id-4"), NGX_OK, "sent");

    is(u, report(f, 1, 4, 7), GO, "reported");
    is(u, start(f, 5, 5, NUMBER, SMS, 1), WAIT, "no message meanwhile");
    is(u, reported(f, 1, 4, SUCCESSFUL, NO_REASON, 0, 7, 1), NGX_OK, "right");

    is(u, start(f, 6, 6, NUMBER + 1, seamless, 0), NEW, "seamless");
    is(u, started(f, 6, PENDING, "id-6"), NGX_OK, "sent");
    is(u, start(f, 7, 7, NUMBER + 1, seamless, 0), NEW, "anew, too");
    is(u, started(f, 7, PENDING, "id-7"), NGX_OK, "sent");

    f->policy.resend_dry = 0;

    is(u, start(f, 8, 8, NUMBER + 1, seamless, 0), WAIT, "and not any more");
}


/* A report as the module makes them, without limits of numbers. */

static ngx_uint_t
ngx_http_phone_verify_unit_guess(ngx_http_phone_verify_unit_store_t *f,
    uint64_t session, uint64_t reference, ngx_uint_t owner, ngx_uint_t *used)
{
    ngx_uint_t                     rc;
    ngx_http_phone_verify_guess_t  g;
    ngx_http_phone_verify_token_t  token;

    ngx_memzero(&g, sizeof(ngx_http_phone_verify_guess_t));
    ngx_memzero(&token, sizeof(ngx_http_phone_verify_token_t));

    g.owner = owner;

    ngx_memcpy(token.session, name_of("session", session), 16);
    ngx_memcpy(token.reference, name_of("reference", reference), 16);

    rc = ngx_http_phone_verify_store_report(&f->zone, &f->policy, &token,
                                            name_of("code", 7), &g, &f->view,
                                            &f->grant);
    *used = g.used;

    return rc;
}


static void
ngx_http_phone_verify_unit_wrong(ngx_http_phone_verify_unit_store_t *f,
    uint64_t session, uint64_t reference)
{
    if (reported(f, session, reference, FAIL, INVALID_CODE, 0, 7, session)
        != NGX_DECLINED)
    {
        is(f->u, 1, 0, "a wrong code lets in");
    }
}
