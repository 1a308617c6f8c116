
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "store_fixture.h"


/* Reports: who has proved something gets in, once, and nobody else. */


void ngx_http_phone_verify_unit_store_report(ngx_http_phone_verify_unit_t *u);


static void ngx_http_phone_verify_unit_report_right(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_report_wrong(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_report_ended(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_report_early(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_report_forgotten(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_report_unsent(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);


void
ngx_http_phone_verify_unit_store_report(ngx_http_phone_verify_unit_t *u)
{
    ngx_uint_t                          i;
    ngx_http_phone_verify_unit_store_t  f;

    static void (*tests[])(ngx_http_phone_verify_unit_t *u,
        ngx_http_phone_verify_unit_store_t *f) =
    {
        ngx_http_phone_verify_unit_report_right,
        ngx_http_phone_verify_unit_report_wrong,
        ngx_http_phone_verify_unit_report_ended,
        ngx_http_phone_verify_unit_report_early,
        ngx_http_phone_verify_unit_report_forgotten,
        ngx_http_phone_verify_unit_report_unsent
    };

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        ngx_http_phone_verify_unit_store(u, &f, 256 * 1024);
        tests[i](u, &f);
        ngx_http_phone_verify_unit_store_done(&f);
    }
}


static void
ngx_http_phone_verify_unit_report_right(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    time_t             verified;
    ngx_atomic_uint_t  changes;

    running(f, 1, 1, NUMBER);

    is(u, claim(f, 1, 9), NGX_DECLINED, "nothing to take yet");
    is(u, report(f, 1, 1, 7), GO, "reported");
    is_mem(u, f->view.id, f->view.id_len, "id-1", 4, "by its id");
    is(u, f->view.attempts_left, 4, "an attempt is counted");
    is(u, f->view.status, PENDING, "pending");

    wait_msec(2000);
    changes = ngx_http_phone_verify_zone_changes(&f->zone);
    verified = ngx_time();

    is(u, reported(f, 1, 1, SUCCESSFUL, NO_REASON, 0, 7, 1), NGX_OK, "right");
    is_name(u, f->grant.session, "grant", 1, "a grant of the fresh id");
    ok(u, f->grant.number == NUMBER, "of the number");
    is(u, f->grant.method, SMS, "of the method");
    is(u, f->grant.verified, verified, "of now");
    is(u, f->view.status, SUCCESSFUL, "its session knows");
    ok(u, ngx_http_phone_verify_zone_changes(&f->zone) != changes,
       "that is a change");

    /* the answer may have been lost */

    wait_msec(10000);

    ok(u, stands(f, 1, SUCCESSFUL, NO_REASON), "for a while it is still told");
    is(u, f->view.claimable, 0, "though it has been taken");
    is(u, claim(f, 1, 2), NGX_OK, "and given again");
    is_name(u, f->grant.session, "grant", 1, "the same grant");
    is(u, f->grant.verified, verified, "of that time");

    wait_msec(1);

    is(u, claim(f, 1, 3), NGX_DECLINED, "and then not any more");
    is(u, look(f, 1), NGX_DONE, "there is nothing");
    is(u, report(f, 1, 1, 8), ENDED, "another code");
    is(u, f->view.status, NONE, "has no verification");
    is(u, f->view.claimable, 0, "and nothing to take");

    is(u, report(f, 1, 1, 7), AGAIN, "but the same code");
    is_name(u, f->grant.session, "grant", 1, "gets the same grant");
    is(u, f->grant.verified, verified, "of that time");

    wait_msec(49999);
    is(u, report(f, 1, 1, 7), AGAIN, "for a minute");
    is(u, claim(f, 1, 4), NGX_DECLINED, "which is no way to take it");

    wait_msec(1);
    is(u, report(f, 1, 1, 7), ENDED, "and not longer");
    is(u, f->view.status, NONE, "there is nothing");

    /* its tombstone stays: the token does not make a record anew */

    wait_msec(280000);
    is(u, start(f, 99, 99, NUMBER + 99, SMS, 0), NEW, "time goes on");
    is(u, report(f, 1, 1, 9), ENDED, "still nothing");
    is(u, f->view.status, NONE, "at all");

    /* in the same moment from two tabs: both are in, with one grant */

    running(f, 2, 2, NUMBER);
    is(u, report(f, 2, 2, 7), GO, "reported");
    is(u, report(f, 2, 2, 7), GO, "and again");
    is(u, reported(f, 2, 2, SUCCESSFUL, NO_REASON, 0, 7, 21), NGX_OK, "right");
    is(u, reported(f, 2, 2, SUCCESSFUL, NO_REASON, 0, 7, 22), NGX_OK, "both");
    is_name(u, f->grant.session, "grant", 21, "the same grant");

    /* another code cannot be right for long */

    wait_msec(11000);
    is(u, reported(f, 2, 2, SUCCESSFUL, NO_REASON, 0, 8, 23), NGX_DECLINED,
       "another one, late");
    is(u, f->view.status, NONE, "there is nothing");
    is(u, report(f, 2, 2, 8), ENDED, "nor is that code kept");
}


static void
ngx_http_phone_verify_unit_report_wrong(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    ngx_uint_t  i;

    running(f, 1, 1, NUMBER);
    is(u, start(f, 2, 2, NUMBER, SMS, 0), JOINED, "another session");

    for (i = 1; i <= 5; i++) {
        is(u, report(f, 1, 1, i), GO, "guess %u", (unsigned) i);
        is(u, f->view.attempts_left, 5 - i, "is counted at once");
        ok(u, stands(f, 1, PENDING, NO_REASON), "while it is under way");

        is(u, reported(f, 1, 1, FAIL, i % 2
                       ? NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CLI
                       : INVALID_CODE, 0, i, 1),
           NGX_DECLINED, "wrong");
        is(u, f->view.attempts_left, 5 - i, "is what it says");
        is(u, f->view.status, i < 5 ? PENDING : FAIL, "how it stands");
    }

    is(u, report(f, 1, 1, 6), LOCKED_REPORT, "no attempts are left");
    is(u, f->view.attempts_left, 0, "none");
    ok(u, stands(f, 1, FAIL, INVALID_CODE), "it has failed");
    is(u, f->view.resend_in, 30, "another code can be had");

    ok(u, stands(f, 2, PENDING, NO_REASON), "that is not the other's");
    is(u, f->view.attempts_left, 5, "who has all of his");
    is(u, report(f, 2, 1, 7), GO, "who reports");
    is(u, reported(f, 2, 1, SUCCESSFUL, NO_REASON, 0, 7, 2), NGX_OK, "right");
    ok(u, stands(f, 1, ABORTED, NO_REASON), "who has guessed is not in");
    is(u, claim(f, 1, 1), NGX_DECLINED, "at all");

    /* the last attempt may be the right one */

    running(f, 3, 3, NUMBER + 1);

    for (i = 1; i <= 4; i++) {
        is(u, report(f, 3, 3, i), GO, "a guess");
        is(u, reported(f, 3, 3, FAIL, INVALID_CODE, 0, i, 1), NGX_DECLINED,
           "wrong");
    }

    is(u, report(f, 3, 3, 5), GO, "the last one");
    is(u, report(f, 3, 3, 6), LOCKED_REPORT, "there is none besides");
    is(u, f->view.status, PENDING, "it is not lost yet");
    is(u, reported(f, 3, 3, SUCCESSFUL, NO_REASON, 0, 5, 3), NGX_OK, "right");

    /* guesses in parallel count before they are answered */

    running(f, 4, 4, NUMBER + 2);

    for (i = 1; i <= 5; i++) {
        is(u, report(f, 4, 4, i), GO, "at once");
    }

    is(u, report(f, 4, 4, 6), LOCKED_REPORT, "and no more");

    /* the limit of all sessions together */

    f->policy.attempts = 2;

    running(f, 5, 5, NUMBER + 3);

    for (i = 0; i < 4; i++) {
        is(u, start(f, 50 + i, 50 + i, NUMBER + 3, SMS, 0), JOINED, "another");
    }

    for (i = 0; i < 6; i++) {
        is(u, report(f, 50 + i / 2, 5, i), GO, "a guess");
    }

    ok(u, stands(f, 5, PENDING, NO_REASON), "under way");
    is(u, f->view.attempts_left, 0, "but there are no more");
    is(u, report(f, 5, 5, 9), LOCKED_REPORT, "for anybody");
    is(u, report(f, 53, 5, 9), LOCKED_REPORT, "at all");

    for (i = 0; i < 5; i++) {
        is(u, reported(f, 50 + i / 2, 5, FAIL, INVALID_CODE, 0, i, 1),
           NGX_DECLINED, "wrong");
    }

    is(u, event(f, 5, "id-5", SUCCESSFUL, NO_REASON), NGX_OK, "a callback");
    is(u, reported(f, 52, 5, SUCCESSFUL, NO_REASON, 0, 5, 5), NGX_OK,
       "the last of all is right");
    ok(u, stands(f, 5, ABORTED, NO_REASON), "for the others it is over");
}


static void
ngx_http_phone_verify_unit_report_ended(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    ngx_uint_t  i;

    static const ngx_uint_t  ends[] = { DENIED, ABORTED, ERROR, FAIL };

    for (i = 0; i < 4; i++) {
        running(f, i + 1, i + 1, NUMBER);
        is(u, report(f, i + 1, i + 1, 7), GO, "reported");
        is(u, reported(f, i + 1, i + 1, ends[i], FRAUD, 0, 7, 1),
           NGX_DECLINED, "an end");
        is(u, f->view.status, ends[i], "is known");
        is(u, f->view.reason, FRAUD, "with its reason");
        is(u, report(f, i + 1, i + 1, 7), ENDED, "nothing more to report");
        is(u, f->view.status, ends[i], "it says so");
        is(u, reported(f, i + 1, i + 1, FAIL, EXPIRED, 1, 7, 1), NGX_DECLINED,
           "the first end");
        ok(u, stands(f, i + 1, ends[i], FRAUD), "stays");
    }

    running(f, 11, 11, NUMBER);
    wait_msec(295000);
    is(u, report(f, 11, 11, 7), GO, "reported just in time");
    wait_msec(5000);
    ok(u, stands(f, 11, FAIL, EXPIRED), "expired");
    is(u, report(f, 11, 11, 8), ENDED, "nothing more to report");
    is(u, f->view.reason, EXPIRED, "it says so");
    is(u, reported(f, 11, 11, SUCCESSFUL, NO_REASON, 0, 7, 11), NGX_OK,
       "what Sinch took in time is good");

    /* a session ends with its token, though it was sent anew for longer */

    running(f, 21, 21, NUMBER + 1);
    wait_msec(299000);
    is(u, start(f, 22, 22, NUMBER + 1, SMS, 21), NEW, "sent anew");
    is(u, started(f, 22, PENDING, "id-22"), NGX_OK, "sent");
    ok(u, stands(f, 21, PENDING, NO_REASON), "goes along");
    is(u, f->view.expires_in, 1, "to its own end");
    wait_msec(1000);
    ok(u, stands(f, 21, FAIL, EXPIRED), "which has come");
    is(u, report(f, 21, 21, 7), ENDED, "nothing more to report");
    is(u, f->view.reason, EXPIRED, "it says so");
    is(u, report(f, 22, 22, 7), GO, "the other one goes on");

    is(u, reported(f, 99, 11, FAIL, NO_REASON, 0, 7, 1), NGX_DECLINED,
       "a session that is none");
    is(u, f->view.status, NONE, "has nothing");
    is(u, reported(f, 22, 99, FAIL, NO_REASON, 0, 7, 1), NGX_DECLINED,
       "a verification that is none");
    is(u, f->view.status, PENDING, "is not this session's");
}


/* A report before Sinch has answered the start. */

static void
ngx_http_phone_verify_unit_report_early(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    is(u, start(f, 1, 1, NUMBER, SMS, 0), NEW, "the owner starts");
    is(u, start(f, 2, 2, NUMBER, SMS, 0), JOINED, "a stranger joins");

    is(u, report(f, 2, 1, 7), GO, "and reports at once");
    is(u, f->view.id_len, 0, "by number, for there is no id");
    is(u, reported(f, 2, 1, FAIL, NO_REASON, 1, 7, 2), NGX_DECLINED,
       "Sinch knows of none");
    ok(u, stands(f, 1, PENDING, NO_REASON), "which does not end the owner's");
    ok(u, stands(f, 2, PENDING, NO_REASON), "nor his");

    is(u, report(f, 2, 1, 7), GO, "again");
    is(u, reported(f, 2, 1, ABORTED, NO_REASON, 0, 7, 2), NGX_DECLINED,
       "Sinch tells of an older one");
    ok(u, stands(f, 1, PENDING, NO_REASON), "which is not this");

    is(u, started(f, 1, PENDING, "id-1"), NGX_OK, "sent");
    is(u, report(f, 1, 1, 7), GO, "the owner reports");
    is(u, reported(f, 1, 1, SUCCESSFUL, NO_REASON, 0, 7, 1), NGX_OK, "right");

    is(u, start(f, 3, 3, NUMBER, SMS, 0), NEW, "started");
    is(u, report(f, 3, 3, 7), GO, "reported before that is answered");
    is(u, reported(f, 3, 3, SUCCESSFUL, NO_REASON, 0, 7, 3), NGX_OK, "right");
    is(u, started(f, 3, PENDING, "id-3"), NGX_DECLINED, "that has settled it");
    is(u, claim(f, 3, 9), NGX_OK, "and it stays");
}


static void
ngx_http_phone_verify_unit_report_forgotten(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    running(f, 1, 1, NUMBER);
    is(u, start(f, 2, 2, NUMBER, SMS, 0), JOINED, "another");

    forget(f, 1);
    forget(f, 99);

    is(u, look(f, 1), NGX_DONE, "nothing to see");
    is(u, claim(f, 1, 1), NGX_DECLINED, "nothing to take");
    is(u, report(f, 1, 1, 7), ENDED, "nothing to report");
    is(u, f->view.status, NONE, "no verification");
    ok(u, stands(f, 2, PENDING, NO_REASON), "the other's goes on");

    is(u, report(f, 2, 1, 7), GO, "who reports");
    forget(f, 2);
    is(u, reported(f, 2, 1, SUCCESSFUL, NO_REASON, 0, 7, 2), NGX_DECLINED,
       "and leaves before the answer");
    is(u, f->view.status, NONE, "has nothing");
    is(u, claim(f, 2, 2), NGX_DECLINED, "nor later");
    is(u, claim(f, 1, 2), NGX_DECLINED, "nor anybody else");

    running(f, 3, 3, NUMBER);
    is(u, event(f, 3, "", SUCCESSFUL, NO_REASON), NGX_OK, "a success");
    forget(f, 3);
    is(u, claim(f, 3, 3), NGX_DECLINED, "of the dead");

    running(f, 4, 4, NUMBER);
    is(u, report(f, 4, 4, 7), GO, "reported");
    is(u, reported(f, 4, 4, SUCCESSFUL, NO_REASON, 0, 7, 4), NGX_OK, "right");
    forget(f, 4);
    is(u, report(f, 4, 4, 7), ENDED, "not again");
    is(u, f->view.status, NONE, "nothing");
    is(u, claim(f, 4, 4), NGX_DECLINED, "at all");

    /* its tombstone stays as long as the token may */

    wait_msec(300000);
    is(u, start(f, 9, 9, NUMBER + 9, SMS, 0), NEW, "time goes on");
    is(u, report(f, 4, 4, 7), ENDED, "dead");
    is(u, f->view.status, NONE, "still");
}


/* The attempts of one session are 5, of all that share the code 15. */

static void
ngx_http_phone_verify_unit_report_unsent(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    ngx_uint_t  i, n;

    running(f, 1, 1, NUMBER);

    for (i = 0; i < 20; i++) {
        is(u, report(f, 1, 1, 7), GO, "never sent, time %d", (int) i);
        is(u, f->view.attempts_left, 4, "counted meanwhile");
        unsent(f, 1, 1, 1);
        is(u, reported(f, 1, 1, PENDING, NO_REASON, 1, 7, 1), NGX_DECLINED,
           "ended");
        is(u, f->view.attempts_left, 5, "given back");
    }

    unsent(f, 1, 1, 1);
    unsent(f, 99, 1, 1);
    unsent(f, 1, 99, 1);
    is(u, look(f, 1), NGX_OK, "still there");
    is(u, f->view.attempts_left, 5, "never more than there are");

    /* the last one of all that share it */

    is(u, start(f, 2, 2, NUMBER, SMS, 0), JOINED, "a second one");
    is(u, start(f, 3, 3, NUMBER, SMS, 0), JOINED, "a third one");

    for (n = 1; n <= 3; n++) {
        for (i = 0; i < 5 - (n == 3); i++) {
            is(u, report(f, n, 1, 8), GO, "session %d, guess %d",
               (int) n, (int) i);
            is(u, reported(f, n, 1, FAIL, INVALID_CODE, 0, 8, n),
               NGX_DECLINED, "wrong");
        }
    }

    is(u, report(f, 3, 1, 7), GO, "the last of 15");
    is(u, report(f, 3, 1, 7), LOCKED_REPORT, "there are no more");
    unsent(f, 3, 1, 1);
    is(u, reported(f, 3, 1, PENDING, NO_REASON, 1, 7, 3), NGX_DECLINED,
       "it was not sent");
    is(u, f->view.attempts_left, 1, "one is left");
    is(u, report(f, 2, 1, 7), LOCKED_REPORT, "of this session alone");
    is(u, report(f, 3, 1, 7), GO, "which takes it");
    is(u, reported(f, 3, 1, SUCCESSFUL, NO_REASON, 0, 7, 3), NGX_OK, "right");

    /* an owner's has taken none of the shared ones */

    running(f, 4, 4, NUMBER + 1);
    is(u, report(f, 4, 4, 8), GO, "a guess");
    is(u, reported(f, 4, 4, FAIL, INVALID_CODE, 0, 8, 4), NGX_DECLINED,
       "wrong");
    unsent(f, 4, 4, 0);
    is(u, report(f, 4, 4, 8), GO, "another");
    is(u, f->view.attempts_left, 4, "the session's came back");
    is(u, ngx_http_phone_verify_pending_reference(
                        ngx_http_phone_verify_unit_pending(&f->zone),
                        name_of("reference", 4))->attempts,
       2, "the shared one did not");
}
