
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
static void ngx_http_phone_verify_unit_report_gone(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_report_shared(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_report_superseded(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_report_ended(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_report_early(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_report_adopted(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_report_forgotten(
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
        ngx_http_phone_verify_unit_report_gone,
        ngx_http_phone_verify_unit_report_shared,
        ngx_http_phone_verify_unit_report_superseded,
        ngx_http_phone_verify_unit_report_ended,
        ngx_http_phone_verify_unit_report_early,
        ngx_http_phone_verify_unit_report_adopted,
        ngx_http_phone_verify_unit_report_forgotten
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


/* Whoever reported has gone, or the worker has died. */

static void
ngx_http_phone_verify_unit_report_gone(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    running(f, 1, 1, NUMBER);
    is(u, report(f, 1, 1, 7), GO, "reported");
    is(u, reported(f, 1, 1, SUCCESSFUL, NO_REASON, 0, 7, 0), NGX_DECLINED,
       "right, but the client has gone");
    is(u, f->view.status, SUCCESSFUL, "a success");
    is(u, f->view.claimable, 1, "that waits");

    wait_msec(100000);

    ok(u, stands(f, 1, SUCCESSFUL, NO_REASON), "it waits long");
    is(u, report(f, 1, 1, 8), ENDED, "a report now");
    is(u, f->view.claimable, 1, "finds it");
    is(u, claim(f, 1, 1), NGX_OK, "it is taken");
    is_name(u, f->grant.session, "grant", 1, "with that id");
    wait_msec(11000);
    is(u, claim(f, 1, 2), NGX_DECLINED, "once");
    is(u, report(f, 1, 1, 7), AGAIN, "its code is known");
    is_name(u, f->grant.session, "grant", 1, "as that grant");

    /* nobody knows how it ended: it is the only session's that there is */

    running(f, 2, 2, NUMBER);
    is(u, report(f, 2, 2, 7), GO, "reported");
    is(u, reported(f, 2, 2, NONE, NO_REASON, 1, 7, 2), NGX_DECLINED,
       "nobody knows");
    is(u, f->view.status, PENDING, "pending");
    is(u, report(f, 2, 2, 7), GO, "reported again");
    is(u, reported(f, 2, 2, SUCCESSFUL, NO_REASON, 1, 7, 2), NGX_OK,
       "a query knows of a success");
    wait_msec(11000);
    is(u, report(f, 2, 2, 7), AGAIN, "it was by that code");

    /* the same, by a callback after all attempts are used */

    f->policy.attempts = 1;

    running(f, 3, 3, NUMBER);
    is(u, report(f, 3, 3, 7), GO, "reported");
    is(u, reported(f, 3, 3, NONE, NO_REASON, 1, 7, 2), NGX_DECLINED,
       "nobody knows");
    ok(u, stands(f, 3, FAIL, INVALID_CODE), "there are no attempts left");
    is(u, event(f, 3, "", SUCCESSFUL, NO_REASON), NGX_OK, "a callback");
    ok(u, stands(f, 3, SUCCESSFUL, NO_REASON), "that one was right");

    /* but not if it is known that none was right */

    running(f, 4, 4, NUMBER);
    is(u, report(f, 4, 4, 7), GO, "reported");
    is(u, reported(f, 4, 4, FAIL, INVALID_CODE, 0, 7, 2), NGX_DECLINED,
       "wrong");
    is(u, event(f, 4, "", SUCCESSFUL, NO_REASON), NGX_OK, "a callback");
    ok(u, stands(f, 4, ABORTED, NO_REASON), "it was somebody else");
    is(u, claim(f, 4, 4), NGX_DECLINED, "who is not this one");

    f->policy.attempts = 5;

    /* a worker died with the report */

    running(f, 5, 5, NUMBER);
    is(u, report(f, 5, 5, 7), GO, "reported");
    is(u, event(f, 5, "", SUCCESSFUL, NO_REASON), NGX_OK, "a callback");
    ok(u, stands(f, 5, PENDING, NO_REASON), "is noted");
    is(u, claim(f, 5, 5), NGX_DECLINED, "for the report has the say");
    wait_msec(9999);
    ok(u, stands(f, 5, PENDING, NO_REASON), "as long as it can");
    wait_msec(1);
    ok(u, stands(f, 5, SUCCESSFUL, NO_REASON), "and not any longer");
    is(u, claim(f, 5, 5), NGX_OK, "it is taken");
    wait_msec(11000);
    is(u, report(f, 5, 5, 7), ENDED, "by no code");
    is(u, f->view.status, NONE, "so there is nothing");
    is(u, reported(f, 5, 5, SUCCESSFUL, NO_REASON, 0, 7, 6), NGX_DECLINED,
       "nor for a late answer");

    /* noted, and the report's answer carries the grant */

    running(f, 6, 6, NUMBER);
    is(u, report(f, 6, 6, 7), GO, "reported");
    is(u, event(f, 6, "", SUCCESSFUL, NO_REASON), NGX_OK, "noted");
    is(u, reported(f, 6, 6, SUCCESSFUL, NO_REASON, 0, 7, 6), NGX_OK, "right");

    /* noted, and nobody knows of the report: it was that */

    running(f, 7, 7, NUMBER);
    is(u, report(f, 7, 7, 7), GO, "reported");
    is(u, event(f, 7, "", SUCCESSFUL, NO_REASON), NGX_OK, "noted");
    is(u, event(f, 7, "", FAIL, EXPIRED), NGX_OK, "another end");
    is(u, reported(f, 7, 7, NONE, NO_REASON, 1, 7, 7), NGX_OK,
       "the callback knew better");

    /* Sinch takes it, and decides later */

    running(f, 8, 8, NUMBER);
    is(u, report(f, 8, 8, 7), GO, "reported");
    is(u, reported(f, 8, 8, PENDING, NO_REASON, 0, 7, 8), NGX_DECLINED,
       "not decided");
    is(u, f->view.status, PENDING, "pending");
    is(u, event(f, 8, "", SUCCESSFUL, NO_REASON), NGX_OK, "decided");
    is(u, claim(f, 8, 8), NGX_OK, "taken");

    running(f, 9, 9, NUMBER);
    is(u, report(f, 9, 9, 7), GO, "reported");
    is(u, reported(f, 9, 9, UNKNOWN, NO_REASON, 0, 7, 8), NGX_DECLINED,
       "an unknown word");
    is(u, f->view.status, PENDING, "is no success");
}


/* Sessions that share a verification: only an answer tells whose it is. */

static void
ngx_http_phone_verify_unit_report_shared(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    running(f, 1, 1, NUMBER);
    is(u, start(f, 2, 2, NUMBER, SMS, 0), JOINED, "a stranger");

    /* the stranger's report is under way when the owner's succeeds */

    is(u, report(f, 2, 1, 1), GO, "the stranger reports");
    is(u, report(f, 1, 1, 7), GO, "the owner reports");
    is(u, event(f, 1, "", SUCCESSFUL, NO_REASON), NGX_OK, "a callback");
    ok(u, stands(f, 1, PENDING, NO_REASON), "is noted");
    ok(u, stands(f, 2, PENDING, NO_REASON), "for both");
    is(u, reported(f, 2, 1, SUCCESSFUL, NO_REASON, 1, 1, 2), NGX_DECLINED,
       "a query tells of a success");
    ok(u, stands(f, 1, PENDING, NO_REASON), "which is not lost for the owner");
    is(u, reported(f, 1, 1, SUCCESSFUL, NO_REASON, 0, 7, 1), NGX_OK,
       "whose answer comes");
    ok(u, stands(f, 2, ABORTED, NO_REASON), "the stranger is not in");

    /* the owner's answer is late, and still his */

    running(f, 3, 3, NUMBER);
    is(u, start(f, 4, 4, NUMBER, SMS, 0), JOINED, "a stranger");
    is(u, report(f, 3, 3, 7), GO, "the owner reports");
    wait_msec(10000);
    is(u, event(f, 3, "", SUCCESSFUL, NO_REASON), NGX_OK, "a callback");
    ok(u, stands(f, 3, ABORTED, NO_REASON), "nobody's");
    ok(u, stands(f, 4, ABORTED, NO_REASON), "neither's");
    is(u, claim(f, 4, 4), NGX_DECLINED, "nothing to take");
    is(u, reported(f, 3, 3, SUCCESSFUL, NO_REASON, 0, 7, 3), NGX_OK,
       "until an answer says whose");
    is(u, claim(f, 4, 4), NGX_DECLINED, "then it is his");

    /* Sinch's answer counts, whatever was inferred before; but only once */

    running(f, 5, 5, NUMBER);
    is(u, start(f, 6, 6, NUMBER, SMS, 0), JOINED, "another");
    is(u, report(f, 5, 5, 7), GO, "one reports");
    is(u, report(f, 6, 5, 7), GO, "the other, too");
    is(u, reported(f, 5, 5, SUCCESSFUL, NO_REASON, 0, 7, 5), NGX_OK, "right");
    is(u, reported(f, 6, 5, SUCCESSFUL, NO_REASON, 0, 7, 6), NGX_DECLINED,
       "a second one is not");
    is(u, f->view.status, ABORTED, "it has been given away");
    is(u, report(f, 6, 5, 7), ENDED, "it has ended");
    is(u, f->view.status, ABORTED, "so");

    /* unknown outcomes of shared ones are nobody's */

    running(f, 7, 7, NUMBER);
    is(u, start(f, 8, 8, NUMBER, SMS, 0), JOINED, "a stranger");
    is(u, report(f, 8, 7, 1), GO, "the stranger guesses");
    is(u, reported(f, 8, 7, NONE, NO_REASON, 1, 1, 8), NGX_DECLINED,
       "nobody knows");
    is(u, event(f, 7, "", SUCCESSFUL, NO_REASON), NGX_OK,
       "the owner got in elsewhere");
    is(u, claim(f, 8, 8), NGX_DECLINED, "the stranger did not");
    ok(u, stands(f, 8, ABORTED, NO_REASON), "at all");
}


static void
ngx_http_phone_verify_unit_report_superseded(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    running(f, 1, 1, NUMBER);
    is(u, start(f, 2, 2, NUMBER, SMS, 0), JOINED, "another");

    wait_msec(29000);
    is(u, report(f, 1, 1, 7), GO, "reported");
    wait_msec(2000);

    is(u, start(f, 3, 3, NUMBER, SMS, 2), WAIT, "not while a report is out");
    is(u, f->view.resend_in, 8, "which takes so long at most");

    wait_msec(8000);
    is(u, start(f, 3, 3, NUMBER, SMS, 0), NEW, "sent anew");
    is(u, started(f, 3, PENDING, "id-3"), NGX_OK, "sent");
    ok(u, stands(f, 1, PENDING, NO_REASON), "all are at the new one");
    is_name(u, f->view.reference, "reference", 3, "that one");

    /* the report was right after all */

    is(u, reported(f, 1, 1, SUCCESSFUL, NO_REASON, 0, 7, 1), NGX_OK, "right");
    is_name(u, f->grant.session, "grant", 1, "a grant");
    wait_msec(5000);
    is(u, claim(f, 1, 9), NGX_OK, "a lost answer");
    is_name(u, f->grant.session, "grant", 1, "is the same grant");
    ok(u, stands(f, 2, PENDING, NO_REASON), "the others go on");
    ok(u, stands(f, 3, PENDING, NO_REASON), "with the new one");
    wait_msec(6000);
    is(u, report(f, 1, 1, 7), AGAIN, "the same code again");

    /* another answer is of the old one alone */

    is(u, report(f, 2, 1, 8), GO, "at the new one");
    is_mem(u, f->view.id, f->view.id_len, "id-3", 4, "by its id");
    is(u, reported(f, 2, 1, ABORTED, NO_REASON, 0, 8, 2), NGX_DECLINED,
       "the old one was ended");
    is(u, f->view.status, PENDING, "the new one was not");
    is(u, reported(f, 2, 3, SUCCESSFUL, NO_REASON, 0, 8, 2), NGX_OK,
       "and succeeds");
    ok(u, stands(f, 3, ABORTED, NO_REASON), "for one of them");

    /* a success of the old one by a callback, for the only session */

    running(f, 4, 4, NUMBER);
    wait_msec(30000);
    is(u, start(f, 5, 5, NUMBER, SMS, 4), NEW, "sent anew");
    is(u, started(f, 5, PENDING, "id-5"), NGX_OK, "sent");
    ok(u, stands(f, 4, PENDING, NO_REASON), "goes along");
    is(u, event(f, 4, "", SUCCESSFUL, NO_REASON), NGX_OK, "the old code");
    ok(u, stands(f, 4, SUCCESSFUL, NO_REASON), "is good for its session");
    ok(u, stands(f, 5, PENDING, NO_REASON), "the new one is pending");
    is(u, claim(f, 4, 4), NGX_OK, "taken");
    is(u, event(f, 5, "", SUCCESSFUL, NO_REASON), NGX_OK, "the new code");
    ok(u, stands(f, 5, SUCCESSFUL, NO_REASON), "is good for the client's last");
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

    is(u, reported(f, 99, 11, FAIL, NO_REASON, 0, 7, 1), NGX_DECLINED,
       "a session that is none");
    is(u, f->view.status, NONE, "has nothing");
    is(u, reported(f, 11, 99, FAIL, NO_REASON, 0, 7, 1), NGX_OK,
       "a session that has succeeded elsewhere, a moment ago");
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


/* A token without a record here: of another node, or of a zone that is lost. */

static void
ngx_http_phone_verify_unit_report_adopted(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    ngx_uint_t                     i;
    ngx_http_phone_verify_token_t  token;

    is(u, look(f, 1), NGX_DECLINED, "nothing is known");
    is(u, claim(f, 1, 1), NGX_DECLINED, "nothing is given");

    is(u, report(f, 1, 1, 6), GO, "a record is made of the token");
    is_mem(u, f->view.id, f->view.id_len, "token", 5, "with its id");
    is(u, f->view.status, PENDING, "pending");
    ok(u, f->view.number == NUMBER, "of its number");
    is_name(u, f->view.reference, "reference", 1, "and reference");
    is(u, f->view.attempts_left, 4, "an attempt is counted");
    is(u, reported(f, 1, 1, FAIL, INVALID_CODE, 0, 6, 1), NGX_DECLINED,
       "wrong");

    for (i = 0; i < 4; i++) {
        is(u, report(f, 1, 1, i), GO, "a guess");
        is(u, reported(f, 1, 1, FAIL, INVALID_CODE, 0, i, 1), NGX_DECLINED,
           "wrong");
    }

    is(u, report(f, 1, 1, 7), LOCKED_REPORT, "they are the same attempts");

    is(u, report(f, 2, 1, 7), GO, "another session of the same");
    is(u, f->view.attempts_left, 4, "has its own");
    is(u, reported(f, 2, 1, SUCCESSFUL, NO_REASON, 0, 7, 2), NGX_OK, "right");
    ok(u, stands(f, 1, ABORTED, NO_REASON), "and not the first one");

    /* only an answer to it: others may be at other nodes */

    is(u, report(f, 3, 3, 7), GO, "adopted");
    is(u, reported(f, 3, 3, SUCCESSFUL, NO_REASON, 1, 7, 3), NGX_DECLINED,
       "a query does not tell whose");
    is(u, f->view.status, ABORTED, "so it is nobody's");
    is(u, report(f, 4, 4, 7), GO, "adopted");
    is(u, reported(f, 4, 4, PENDING, NO_REASON, 0, 7, 3), NGX_DECLINED,
       "not decided");
    is(u, event(f, 4, "", SUCCESSFUL, NO_REASON), NGX_OK, "a callback");
    is(u, claim(f, 4, 4), NGX_DECLINED, "does not tell, either");

    /* it runs, and its number is known */

    is(u, report(f, 5, 5, 7), GO, "adopted");
    is(u, start(f, 6, 6, NUMBER, SMS, 0), JOINED, "joined");
    is(u, start(f, 7, 7, NUMBER, SMS, 5), WAIT, "its own waits");

    /* but not instead of what was started here */

    running(f, 8, 8, NUMBER + 1);

    ngx_memzero(&token, sizeof(ngx_http_phone_verify_token_t));

    token.number = NUMBER + 1;
    token.method = SMS;
    token.issued = ngx_time() - 200;
    token.expires = ngx_time() + 100;
    ngx_memcpy(token.session, name_of("session", 9), 16);
    ngx_memcpy(token.reference, name_of("reference", 9), 16);

    is(u, ngx_http_phone_verify_store_report(&f->zone, &f->policy, &token,
                                             name_of("code", 7), &f->view,
                                             &f->grant),
       GO, "adopted");
    is(u, f->view.id_len, 0, "its id is not known");
    is(u, f->view.expires_in, 100, "it ends with its token");
    is(u, f->view.created, ngx_time() - 200, "and is as old");

    is(u, start(f, 10, 10, NUMBER + 1, SMS, 0), JOINED, "somebody joins");
    is_name(u, f->view.reference, "reference", 8, "what was started here");

    /* an end takes the record, not the tombstone */

    wait_msec(170000);
    is(u, start(f, 11, 11, NUMBER + 2, SMS, 0), NEW, "time goes on");
    is(u, report(f, 9, 9, 7), ENDED, "the token's own end");
    is(u, f->view.reason, EXPIRED, "has come");
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
