
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "store_fixture.h"


/* Reports whose session is not alone, or not there: nobody gets in by luck. */


void ngx_http_phone_verify_unit_store_share(ngx_http_phone_verify_unit_t *u);


static void ngx_http_phone_verify_unit_share_gone(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_share_shared(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_share_superseded(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_share_adopted(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_share_converted(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);


void
ngx_http_phone_verify_unit_store_share(ngx_http_phone_verify_unit_t *u)
{
    ngx_uint_t                          i;
    ngx_http_phone_verify_unit_store_t  f;

    static void (*tests[])(ngx_http_phone_verify_unit_t *u,
        ngx_http_phone_verify_unit_store_t *f) =
    {
        ngx_http_phone_verify_unit_share_gone,
        ngx_http_phone_verify_unit_share_shared,
        ngx_http_phone_verify_unit_share_superseded,
        ngx_http_phone_verify_unit_share_adopted,
        ngx_http_phone_verify_unit_share_converted
    };

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        ngx_http_phone_verify_unit_store(u, &f, 256 * 1024);
        tests[i](u, &f);
        ngx_http_phone_verify_unit_store_done(&f);
    }
}


/* Whoever reported has gone, or the worker has died. */

static void
ngx_http_phone_verify_unit_share_gone(ngx_http_phone_verify_unit_t *u,
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

    running(f, 31, 31, NUMBER);
    is(u, report(f, 31, 31, 7), GO, "reported");
    wait_msec(10000);
    ok(u, stands(f, 31, FAIL, INVALID_CODE), "by a worker that has died");
    is(u, event(f, 31, "", SUCCESSFUL, NO_REASON), NGX_OK, "a callback");
    ok(u, stands(f, 31, SUCCESSFUL, NO_REASON), "that one was right");

    running(f, 32, 32, NUMBER);
    is(u, report(f, 32, 32, 7), GO, "reported");
    is(u, reported(f, 32, 32, SUCCESSFUL, NO_REASON, 1, 7, 2), NGX_OK,
       "a query knows that the last attempt was right");

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

    running(f, 51, 51, NUMBER);
    is(u, report(f, 51, 51, 7), GO, "reported, and the worker dies");
    is(u, report(f, 51, 51, 7), GO, "reported again");
    is(u, reported(f, 51, 51, SUCCESSFUL, NO_REASON, 1, 7, 51), NGX_OK,
       "a query knows that one was right");

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
ngx_http_phone_verify_unit_share_shared(ngx_http_phone_verify_unit_t *u,
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
ngx_http_phone_verify_unit_share_superseded(ngx_http_phone_verify_unit_t *u,
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


/* A token without a record here: of another node, or of a zone that is lost. */

static void
ngx_http_phone_verify_unit_share_adopted(ngx_http_phone_verify_unit_t *u,
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
                                             name_of("code", 7), NULL, &f->view,
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


/* A start that was counted is given back once, whoever hears of the success. */

static void
ngx_http_phone_verify_unit_share_converted(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    ngx_http_phone_verify_vnode_t  *v;

    running(f, 1, 1, NUMBER);

    v = ngx_http_phone_verify_pending_reference(
                                  ngx_http_phone_verify_unit_pending(&f->zone),
                                  name_of("reference", 1));
    v->flags |= NGX_HTTP_PHONE_VERIFY_ADMITTED;

    is(u, report(f, 1, 1, 6), GO, "reported");
    is(u, reported(f, 1, 1, FAIL, INVALID_CODE, 0, 6, 1), NGX_DECLINED,
       "wrong");
    is(u, f->view.converted, 0, "nothing was verified");

    is(u, report(f, 1, 1, 7), GO, "reported");
    is(u, report(f, 1, 1, 7), GO, "twice at once");
    is(u, reported(f, 1, 1, SUCCESSFUL, NO_REASON, 0, 7, 1), NGX_OK, "right");
    is(u, f->view.converted, 1, "it has verified what was sent");
    is(u, reported(f, 1, 1, SUCCESSFUL, NO_REASON, 1, 7, 2), NGX_OK,
       "the other one, by a query");
    is(u, f->view.converted, 0, "not once more");

    /* a test number's, or another node's */

    running(f, 2, 2, NUMBER + 1);
    is(u, report(f, 2, 2, 7), GO, "reported");
    is(u, reported(f, 2, 2, SUCCESSFUL, NO_REASON, 0, 7, 3), NGX_OK, "right");
    is(u, f->view.converted, 0, "no rule had counted its start");
}
