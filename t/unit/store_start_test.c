
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "store_fixture.h"
#include "verification/store/meter.h"


/* Starts: one message for a number at a time. */


void ngx_http_phone_verify_unit_store_start(ngx_http_phone_verify_unit_t *u);


static ngx_uint_t ngx_http_phone_verify_unit_start_messages(
    ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_start_joined(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_start_anew(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_start_refused(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_start_unsettled(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_start_seamless(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_start_guessed(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_start_own_guessed(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_start_clocks(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);


void
ngx_http_phone_verify_unit_store_start(ngx_http_phone_verify_unit_t *u)
{
    ngx_uint_t                          i;
    ngx_http_phone_verify_unit_store_t  f;

    static void (*tests[])(ngx_http_phone_verify_unit_t *u,
        ngx_http_phone_verify_unit_store_t *f) =
    {
        ngx_http_phone_verify_unit_start_joined,
        ngx_http_phone_verify_unit_start_anew,
        ngx_http_phone_verify_unit_start_refused,
        ngx_http_phone_verify_unit_start_unsettled,
        ngx_http_phone_verify_unit_start_seamless,
        ngx_http_phone_verify_unit_start_guessed,
        ngx_http_phone_verify_unit_start_own_guessed,
        ngx_http_phone_verify_unit_start_clocks
    };

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        ngx_http_phone_verify_unit_store(u, &f, 256 * 1024);
        tests[i](u, &f);
        ngx_http_phone_verify_unit_store_done(&f);
    }
}


static void
ngx_http_phone_verify_unit_start_joined(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    ngx_atomic_uint_t                   changes;
    ngx_http_phone_verify_zone_usage_t  usage;

    changes = ngx_http_phone_verify_zone_changes(&f->zone);

    is(u, start(f, 1, 1, NUMBER, SMS, 0), NEW, "the first one");
    is(u, f->view.status, PENDING, "is pending");
    is(u, f->view.expires_in, 300, "for its time");
    is(u, f->view.resend_in, 30, "with a wait");
    is(u, f->view.attempts_left, 5, "and attempts");
    is(u, f->view.sends, 1, "one message");
    is(u, f->view.created, ngx_time(), "made now");
    is(u, f->view.claimable, 0, "nothing to take");
    ok(u, f->view.number == NUMBER, "its number");
    is_name(u, f->view.reference, "reference", 1, "its reference");

    ok(u, ngx_http_phone_verify_zone_changes(&f->zone) != changes,
       "that is a change");

    is(u, start(f, 2, 2, NUMBER, SMS, 0), JOINED, "joined while it starts");
    is(u, f->view.id_len, 0, "its id is not known");
    is_name(u, f->view.reference, "reference", 1, "but its reference");
    is(u, start(f, 3, 3, NUMBER, SMS, 1), WAIT, "its own session waits");
    is(u, f->view.resend_in, 30, "that long");

    changes = ngx_http_phone_verify_zone_changes(&f->zone);

    is(u, started(f, 1, PENDING, "id-1"), NGX_OK, "sent");
    ok(u, ngx_http_phone_verify_zone_changes(&f->zone) != changes,
       "that is a change, too");

    wait_msec(29001);

    is(u, start(f, 4, 4, NUMBER, NGX_HTTP_PHONE_VERIFY_CALLOUT, 0), JOINED,
       "joined, whatever is asked for");
    is(u, f->view.method, SMS, "it is what it is");
    is_mem(u, f->view.id, f->view.id_len, "id-1", 4, "its id");
    is(u, f->view.resend_in, 1, "a part of a second is one");
    is(u, f->view.expires_in, 271, "its time goes on");
    is(u, f->view.created, ngx_time(), "the session is new");

    is(u, start(f, 5, 5, NUMBER, SMS, 4), WAIT, "who has joined waits");
    is(u, start(f, 6, 6, NUMBER, SMS, 77), JOINED, "a session that is none");
    is(u, start(f, 7, 7, NUMBER + 1, SMS, 1), NEW, "another number");

    wait_msec(998);

    is(u, start(f, 8, 8, NUMBER, SMS, 1), WAIT, "a moment before");
    is(u, f->view.resend_in, 1, "never nothing");

    ok(u, stands(f, 1, PENDING, NO_REASON) && stands(f, 2, PENDING, NO_REASON)
          && stands(f, 4, PENDING, NO_REASON), "all are pending");
    is(u, look(f, 3), NGX_DECLINED, "who waits was not made");
    is(u, look(f, 99), NGX_DECLINED, "nor was who never came");

    ngx_http_phone_verify_zone_usage(&f->zone, &usage);
    is(u, usage.verifications, 2, "two verifications");
    is(u, usage.sessions, 5, "five sessions");

    /* in the end it expires */

    wait_msec(270001);

    ok(u, stands(f, 1, FAIL, EXPIRED), "over");
    is(u, f->view.expires_in, 0, "nothing left");
    is(u, f->view.resend_in, 0, "no wait");
    ok(u, stands(f, 4, FAIL, EXPIRED), "for all of them");

    is(u, start(f, 9, 9, NUMBER, SMS, 1), NEW, "the number is free");
    is(u, f->view.sends, 1, "and this is a first message");
    ok(u, stands(f, 1, FAIL, EXPIRED), "an old session stays where it was");

    /* a session that was ended is nobody's own */

    forget(f, 9);
    is(u, start(f, 10, 10, NUMBER, SMS, 9), JOINED, "a dead one is a stranger");
}


static void
ngx_http_phone_verify_unit_start_anew(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    ngx_uint_t  i;

    static const ngx_uint_t  waits[] = { 30, 60, 120, 240, 240, 240 };

    f->policy.ttl = 600000;

    running(f, 1, 1, NUMBER);
    is(u, start(f, 101, 101, NUMBER, SMS, 0), JOINED, "a stranger");
    is(u, report(f, 101, 1, 1), GO, "guesses");
    is(u, reported(f, 101, 1, FAIL, INVALID_CODE, 0, 1, 1), NGX_DECLINED,
       "wrong");

    for (i = 2; i <= 6; i++) {
        wait_msec(waits[i - 2] * 1000 - 1);

        is(u, start(f, i, i, NUMBER, SMS, i - 1), WAIT, "too soon");
        is(u, f->view.resend_in, 1, "by a moment");

        wait_msec(1);

        is(u, start(f, i, i, NUMBER, NGX_HTTP_PHONE_VERIFY_CALLOUT, i - 1),
           NEW, "message %u", (unsigned) i);
        is(u, f->view.sends, i, "is counted");
        is(u, f->view.resend_in, waits[i - 1], "and waits grow");
        is(u, f->view.attempts_left, 5, "a new code has all attempts");

        is(u, started(f, i, PENDING, "again"), NGX_OK, "sent");

        if (i == 6) {
            is(u, look(f, 101), NGX_DECLINED, "a stranger's time is over");
            break;
        }

        is(u, look(f, 101), NGX_OK, "a stranger goes along");
        is(u, f->view.attempts_left, 4, "what he has guessed still counts");
        is(u, f->view.method, NGX_HTTP_PHONE_VERIFY_CALLOUT,
           "by another method");
        is_name(u, f->view.reference, "reference", i, "to the new one");
        is(u, f->view.sends, i, "that is how many");
    }

    is(u, look(f, 5), NGX_OK, "the last but one");
    is_name(u, f->view.reference, "reference", 6, "is where the last one is");
    is(u, f->view.expires_in, 360, "and ends with its own token");

    is(u, event(f, 5, "", ABORTED, NO_REASON), NGX_OK,
       "Sinch ends what was replaced");
    ok(u, stands(f, 5, PENDING, NO_REASON), "nobody minds");

    /* not forever */

    f->policy.ttl = 300000;
    f->policy.resend[3] = 1000;
    wait_msec(240000);

    for (i = 7; i <= NGX_HTTP_PHONE_VERIFY_SENDS_MAX; i++) {
        is(u, start(f, i, i, NUMBER, SMS, i - 1), NEW, "message %u",
           (unsigned) i);
        is(u, started(f, i, PENDING, "again"), NGX_OK, "sent");
        wait_msec(1000);
    }

    is(u, start(f, 201, 201, NUMBER, SMS, i - 1), WAIT, "enough");
    is(u, f->view.resend_in, 299, "until it has expired");
    is(u, start(f, 202, 202, NUMBER, SMS, 0), JOINED, "it can be joined");
    ok(u, stands(f, 7, PENDING, NO_REASON), "along all of them");
    is_name(u, f->view.reference, "reference", NGX_HTTP_PHONE_VERIFY_SENDS_MAX,
            "to the last");

    wait_msec(299000);
    is(u, start(f, 203, 203, NUMBER, SMS, 202), NEW, "then anew");
    is(u, f->view.sends, 1, "from the beginning");
}


/* What is counted as sent, and paid for. */

static ngx_uint_t
ngx_http_phone_verify_unit_start_messages(
    ngx_http_phone_verify_unit_store_t *f)
{
    ngx_int_t                    rc;
    ngx_uint_t                   i, sum;
    ngx_http_phone_verify_row_t  row;

    sum = 0;

    for (i = 0; /* void */ ; i++) {
        rc = ngx_http_phone_verify_meter_row_at(&f->zone, i, &row);

        if (rc == NGX_DONE) {
            return sum;
        }

        if (rc == NGX_OK) {
            sum += row.count[NGX_HTTP_PHONE_VERIFY_ROW_STARTED];
        }
    }
}


#define messages  ngx_http_phone_verify_unit_start_messages


/* A resend that Sinch refuses leaves the code that was sent before. */

static void
ngx_http_phone_verify_unit_start_refused(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    ngx_uint_t  sent;

    is(u, start(f, 1, 1, NUMBER, SMS, 0), NEW, "started");
    is(u, started(f, 1, DENIED, ""), NGX_OK, "refused");
    ok(u, stands(f, 1, DENIED, NO_REASON), "that is its end");
    is(u, f->view.resend_in, 0, "without a wait");
    is(u, started(f, 1, PENDING, "id"), NGX_DECLINED, "that is written");
    ok(u, stands(f, 1, DENIED, NO_REASON), "and stays");

    running(f, 2, 2, NUMBER);
    is(u, f->view.sends, 1, "the number was free at once");

    wait_msec(30000);

    is(u, start(f, 3, 3, NUMBER, SMS, 2), NEW, "a resend");
    is(u, start(f, 4, 4, NUMBER, SMS, 0), JOINED, "joined");
    is(u, look(f, 2), NGX_OK, "the first one");
    is_name(u, f->view.reference, "reference", 3, "goes along");

    is(u, started(f, 3, ERROR, ""), NGX_OK, "refused");

    ok(u, stands(f, 3, ERROR, NO_REASON), "its own session hears that");
    ok(u, stands(f, 4, ERROR, NO_REASON), "and so does who had joined it");
    ok(u, stands(f, 2, PENDING, NO_REASON), "the first one goes on");
    is_name(u, f->view.reference, "reference", 2, "where it was");

    is(u, report(f, 2, 2, 1), GO, "with the first code");
    is_mem(u, f->view.id, f->view.id_len, "id-2", 4, "which Sinch knows");
    is(u, reported(f, 2, 2, FAIL, INVALID_CODE, 0, 1, 0), NGX_DECLINED,
       "a wrong one");

    is(u, start(f, 5, 5, NUMBER, SMS, 2), NEW, "a resend, at once");
    is(u, started(f, 5, NONE, ""), NGX_OK, "nobody knows");
    ok(u, stands(f, 2, PENDING, NO_REASON), "pending");
    is(u, started(f, 5, ERROR, ""), NGX_OK, "it was never sent");
    ok(u, stands(f, 2, PENDING, NO_REASON), "the first one goes on again");
    is_name(u, f->view.reference, "reference", 2, "where it was");

    is(u, start(f, 6, 6, NUMBER, SMS, 2), NEW, "a resend");
    is(u, event(f, 6, "id-6", DENIED, FRAUD), NGX_OK, "a callback denies it");
    is(u, started(f, 6, PENDING, "id-6"), NGX_DECLINED, "that is known");
    ok(u, stands(f, 6, DENIED, FRAUD), "denied");
    ok(u, stands(f, 2, PENDING, NO_REASON), "the first one goes on");

    is(u, report(f, 2, 2, 2), GO, "and is");
    is(u, reported(f, 2, 2, SUCCESSFUL, NO_REASON, 0, 2, 2), NGX_OK, "right");

    /* what was sent has ended the one before at Sinch, however it ends */

    sent = messages(f);

    running(f, 21, 21, NUMBER + 1);
    wait_msec(30000);
    is(u, start(f, 22, 22, NUMBER + 1, SMS, 21), NEW, "a resend");
    is(u, started(f, 22, ABORTED, "id-22"), NGX_OK, "found aborted");
    ok(u, stands(f, 21, ABORTED, NO_REASON), "so is the first one");
    is(u, messages(f), sent + 2, "both were messages");

    running(f, 23, 23, NUMBER + 1);
    wait_msec(30000);
    is(u, start(f, 24, 24, NUMBER + 1, SMS, 23), NEW, "a resend");
    is(u, event(f, 24, "id-24", FAIL, EXPIRED), NGX_OK, "a callback ends it");
    ok(u, stands(f, 23, FAIL, EXPIRED), "and with it the first one");
    is(u, start(f, 25, 25, NUMBER + 1, SMS, 0), NEW, "the number is free");
    is(u, messages(f), sent + 4, "both were messages, the last is not yet");

    /* the end of an old one does not bring back one that is older */

    running(f, 11, 11, NUMBER);
    wait_msec(30000);
    is(u, start(f, 12, 12, NUMBER, SMS, 11), NEW, "a resend");
    is(u, started(f, 12, NONE, ""), NGX_OK, "nobody knows");
    f->policy.ttl = 200000;
    wait_msec(300001);
    running(f, 13, 13, NUMBER);
    is(u, started(f, 12, ERROR, ""), NGX_OK, "it was never sent");
    is(u, start(f, 14, 14, NUMBER, SMS, 13), WAIT, "what runs, runs");
}


static void
ngx_http_phone_verify_unit_start_unsettled(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    /* the worker died: until its call must be over, it may be under way */

    is(u, start(f, 1, 1, NUMBER, SMS, 0), NEW, "started");
    wait_msec(9999);
    is(u, start(f, 2, 2, NUMBER, SMS, 0), JOINED, "a call under way");
    wait_msec(1);
    is(u, start(f, 3, 3, NUMBER, SMS, 0), UNSETTLED_START, "and not any more");
    is_name(u, f->view.reference, "reference", 1, "whose is to be asked for");
    is(u, start(f, 3, 3, NUMBER, SMS, 1), UNSETTLED_START, "by its own, too");
    is(u, start(f, 4, 4, NUMBER, SMS, 0), UNSETTLED_START, "while one asks");
    is(u, look(f, 3), NGX_DECLINED, "nothing was made");

    is(u, started(f, 1, NONE, ""), NGX_OK, "nobody knows");
    is(u, started(f, 1, NONE, ""), NGX_OK, "still nobody");
    is(u, start(f, 3, 3, NUMBER, SMS, 0), UNSETTLED_START, "so ask again");

    wait_msec(60000);

    is(u, start(f, 3, 3, NUMBER, SMS, 0), UNSETTLED_START,
       "also when the wait is over");

    is(u, started(f, 1, PENDING, "found"), NGX_OK, "it was sent");
    is(u, started(f, 1, ERROR, ""), NGX_DECLINED,
       "who asked at the same time does not know better");
    ok(u, stands(f, 1, PENDING, NO_REASON), "it goes on");
    is_mem(u, f->view.id, f->view.id_len, "found", 5, "with its id");
    ok(u, stands(f, 2, PENDING, NO_REASON), "also for who had joined");

    /* not sent: free at once */

    is(u, start(f, 11, 11, NUMBER + 1, SMS, 0), NEW, "started");
    is(u, started(f, 11, NONE, ""), NGX_OK, "nobody knows");
    is(u, start(f, 12, 12, NUMBER + 1, SMS, 0), UNSETTLED_START, "unsettled");
    is(u, started(f, 11, ERROR, ""), NGX_OK, "it was not sent");
    is(u, started(f, 11, PENDING, "late"), NGX_DECLINED, "that is settled");
    is(u, start(f, 12, 12, NUMBER + 1, SMS, 0), NEW, "free");

    /* a callback settles it */

    is(u, start(f, 21, 21, NUMBER + 2, SMS, 0), NEW, "started");
    is(u, event(f, 21, "id-21", PENDING, NO_REASON), NGX_OK,
       "Sinch asks whether it may");
    wait_msec(10000);
    is(u, start(f, 22, 22, NUMBER + 2, SMS, 0), UNSETTLED_START,
       "that is not yet a message");
    is_name(u, f->view.reference, "reference", 21, "to be asked for");
    is(u, event(f, 21, "id-21", SUCCESSFUL, NO_REASON), NGX_OK, "success");
    is(u, started(f, 21, NONE, ""), NGX_DECLINED, "settled by that");
    ok(u, stands(f, 21, SUCCESSFUL, NO_REASON), "for its session");
    is(u, start(f, 22, 22, NUMBER + 2, SMS, 0), NEW, "free");

    /* an unknown word is not an end; a success of a query is one */

    is(u, started(f, 22, UNKNOWN, "id-22"), NGX_OK, "an unknown word");
    ok(u, stands(f, 22, PENDING, NO_REASON), "pending");

    is(u, start(f, 31, 31, NUMBER + 3, SMS, 0), NEW, "started");
    is(u, started(f, 31, SUCCESSFUL, "id-31"), NGX_OK, "found as a success");
    ok(u, stands(f, 31, SUCCESSFUL, NO_REASON), "its session's");
    is(u, start(f, 32, 32, NUMBER + 3, SMS, 0), NEW, "started");
    is(u, start(f, 33, 33, NUMBER + 3, SMS, 0), JOINED, "joined");
    is(u, started(f, 32, SUCCESSFUL, "id-32"), NGX_OK, "found as a success");
    ok(u, stands(f, 32, ABORTED, NO_REASON), "whose, nobody knows");
    ok(u, stands(f, 33, ABORTED, NO_REASON), "so it is nobody's");

    /* a resend waits for a call, however short its wait is */

    f->policy.resend[0] = 1000;

    is(u, start(f, 51, 51, NUMBER + 5, SMS, 0), NEW, "started");
    wait_msec(9000);
    is(u, start(f, 52, 52, NUMBER + 5, SMS, 51), WAIT, "its call is under way");
    is(u, start(f, 52, 52, NUMBER + 5, SMS, 0), JOINED, "it can be joined");

    /* also where the time of the whole is shorter */

    f->policy.ttl = 5000;

    is(u, start(f, 61, 61, NUMBER + 6, SMS, 0), NEW, "started");
    wait_msec(9999);
    ok(u, stands(f, 61, FAIL, EXPIRED), "its time is over");
    is(u, start(f, 62, 62, NUMBER + 6, SMS, 0), WAIT, "its call is not");
    is(u, f->view.resend_in, 1, "so wait a little");
    wait_msec(1);
    is(u, start(f, 62, 62, NUMBER + 6, SMS, 0), NEW, "then anew");

    f->policy.ttl = 300000;
    f->policy.resend[0] = 30000;

    /* what nobody ever settles ends with its time */

    is(u, start(f, 41, 41, NUMBER + 4, SMS, 0), NEW, "started");
    wait_msec(300000);
    is(u, start(f, 42, 42, NUMBER + 4, SMS, 0), NEW, "it has expired");

    is(u, started(f, 99, PENDING, "id"), NGX_DECLINED, "none of ours");
}


static void
ngx_http_phone_verify_unit_start_seamless(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    ngx_uint_t  seamless;

    seamless = NGX_HTTP_PHONE_VERIFY_SEAMLESS;

    is(u, start(f, 1, 1, NUMBER, seamless, 0), NEW, "started");
    is(u, start(f, 2, 2, NUMBER, seamless, 0), WAIT, "others wait");
    is(u, started(f, 1, PENDING, "id-1"), NGX_OK, "sent");
    is(u, start(f, 2, 2, NUMBER, SMS, 0), WAIT, "also for a message");
    is(u, f->view.resend_in, 30, "that long");
    is(u, f->view.id_len, 0, "without its id");
    is(u, start(f, 2, 2, NUMBER, seamless, 1), WAIT, "its own, too");

    wait_msec(30000);

    is(u, start(f, 2, 2, NUMBER, seamless, 1), NEW, "then anew");
    is(u, started(f, 2, PENDING, "id-2"), NGX_OK, "sent");

    /* the client has got another session, and is still the only one */

    is(u, event(f, 2, "id-2", SUCCESSFUL, NO_REASON), NGX_OK, "success");
    ok(u, stands(f, 2, SUCCESSFUL, NO_REASON), "of the later session");
    ok(u, stands(f, 1, ABORTED, NO_REASON), "not of the one before");
    is(u, claim(f, 1, 1), NGX_DECLINED, "which has nothing of it");
    is(u, claim(f, 2, 2), NGX_OK, "and the other has");

    running(f, 3, 3, NUMBER);
    is(u, start(f, 4, 4, NUMBER, seamless, 0), JOINED,
       "a running code is joined");
    is(u, f->view.method, SMS, "as what it is");

    /*
     * Anew by a stranger: with a code nobody would know whose it is.  Here the
     * others have nothing to report, nor what is to be fetched.
     */

    wait_msec(30000);

    is(u, start(f, 5, 5, NUMBER, seamless, 0), NEW, "then anew");
    is(u, started(f, 5, PENDING, "id-5"), NGX_OK, "sent");
    is(u, event(f, 5, "id-5", SUCCESSFUL, NO_REASON), NGX_OK, "success");
    ok(u, stands(f, 5, SUCCESSFUL, NO_REASON), "of who started it");
    ok(u, stands(f, 3, ABORTED, NO_REASON), "not of who was before");
    ok(u, stands(f, 4, ABORTED, NO_REASON), "nor of who had joined that");
    is(u, claim(f, 3, 3), NGX_DECLINED, "who has nothing of it");
    is(u, claim(f, 4, 4), NGX_DECLINED, "neither has the other");
    is(u, claim(f, 5, 5), NGX_OK, "and it has");

    /* instead of a stranger's, and the stranger's own once more */

    is(u, start(f, 8, 8, NUMBER + 1, seamless, 0), NEW, "a stranger");
    is(u, started(f, 8, PENDING, "id-8"), NGX_OK, "sent");
    wait_msec(30000);
    is(u, start(f, 9, 9, NUMBER + 1, seamless, 0), NEW, "then the owner");
    is(u, started(f, 9, PENDING, "id-9"), NGX_OK, "sent");
    is(u, event(f, 8, "id-8", SUCCESSFUL, NO_REASON), NGX_OK, "the first");
    ok(u, stands(f, 8, SUCCESSFUL, NO_REASON), "is the stranger's alone");
    ok(u, stands(f, 9, PENDING, NO_REASON), "the owner has nothing of it");
    is(u, event(f, 9, "id-9", SUCCESSFUL, NO_REASON), NGX_OK, "the second");
    ok(u, stands(f, 9, SUCCESSFUL, NO_REASON), "is the owner's");
    ok(u, stands(f, 8, SUCCESSFUL, NO_REASON), "and changes nothing");

    /* with a code it is as it was: nobody's */

    running(f, 10, 10, NUMBER + 2);
    wait_msec(30000);
    is(u, start(f, 11, 11, NUMBER + 2, SMS, 0), NEW, "a code, by a stranger");
    is(u, started(f, 11, PENDING, "id-11"), NGX_OK, "sent");
    is(u, event(f, 11, "id-11", SUCCESSFUL, NO_REASON), NGX_OK, "success");
    ok(u, stands(f, 11, ABORTED, NO_REASON), "nobody's");
    ok(u, stands(f, 10, ABORTED, NO_REASON), "nobody's at all");

    /* who started it finds that nobody can go on with it */

    is(u, start(f, 6, 6, NUMBER, seamless, 0), NEW, "started");
    is(u, started(f, 6, PENDING, "id-6"), NGX_OK, "sent");
    is(u, event(f, 6, "", ERROR, NO_REASON), NGX_OK, "no target");
    is(u, start(f, 7, 7, NUMBER, seamless, 0), NEW, "free");
}


/* When all attempts are used up, another code waits, as it would have. */

static void
ngx_http_phone_verify_unit_start_guessed(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    ngx_uint_t  i;

    running(f, 1, 1, NUMBER);
    is(u, start(f, 2, 2, NUMBER, SMS, 0), JOINED, "a stranger");
    is(u, start(f, 3, 3, NUMBER, SMS, 0), JOINED, "another");
    is(u, start(f, 4, 4, NUMBER, SMS, 0), JOINED, "a third");

    for (i = 0; i < 15; i++) {
        is(u, report(f, 2 + i / 5, 1, i), GO, "a guess");
        is(u, reported(f, 2 + i / 5, 1, FAIL, INVALID_CODE, 0, i, 0),
           NGX_DECLINED, "wrong");
    }

    ok(u, stands(f, 1, FAIL, INVALID_CODE), "that code is finished");
    is(u, f->view.attempts_left, 0, "also for whom had all attempts");
    is(u, f->view.resend_in, 30, "another code can be had");

    is(u, start(f, 5, 5, NUMBER, SMS, 0), WAIT, "but not at once");
    is(u, start(f, 5, 5, NUMBER, SMS, 1), WAIT, "nor by its own");

    wait_msec(30000);

    is(u, start(f, 5, 5, NUMBER, SMS, 0), NEW, "then anew");
    is(u, f->view.sends, 2, "as another message in a row");
    ok(u, stands(f, 1, PENDING, NO_REASON), "for all that have attempts");
    is(u, f->view.attempts_left, 5, "the first one has all");
    ok(u, stands(f, 2, FAIL, INVALID_CODE), "the stranger has none");
}


/* Of a code of our own, too, which is the same one at a resend until then. */

static void
ngx_http_phone_verify_unit_start_own_guessed(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    u_char      seed[NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];
    ngx_uint_t  i;

    running(f, 1, 1, NUMBER);
    is(u, ngx_http_phone_verify_store_own_code(&f->zone,
                                               name_of("reference", 1), NUMBER,
                                               SMS, seed),
       NGX_OK, "ours");
    is(u, start(f, 2, 2, NUMBER, SMS, 0), JOINED, "a stranger");
    is(u, start(f, 3, 3, NUMBER, SMS, 0), JOINED, "another");

    for (i = 0; i < 10; i++) {
        is(u, report(f, 2 + i / 5, 1, i), GO, "a guess");
        is(u, reported(f, 2 + i / 5, 1, FAIL, INVALID_CODE, 0, i, 0),
           NGX_DECLINED, "wrong");
    }

    wait_msec(30000);

    is(u, start(f, 4, 4, NUMBER, SMS, 1), NEW, "a resend");
    is(u, started(f, 4, PENDING, "id-4"), NGX_OK, "sent");
    is(u, ngx_http_phone_verify_store_own_code(&f->zone,
                                               name_of("reference", 4), NUMBER,
                                               SMS, seed),
       NGX_OK, "ours, too");
    is_mem(u, seed, 16, name_of("reference", 1), 16, "the same code");
    ok(u, stands(f, 4, PENDING, NO_REASON), "waits");
    is(u, f->view.attempts_left, 5, "with the attempts that are left");

    for (i = 0; i < 5; i++) {
        is(u, report(f, 4, 4, 100 + i), GO, "a guess");
        is(u, reported(f, 4, 4, FAIL, INVALID_CODE, 0, 100 + i, 0),
           NGX_DECLINED, "wrong");
    }

    ok(u, stands(f, 4, FAIL, INVALID_CODE), "that code is finished");

    wait_msec(60000);

    is(u, start(f, 5, 5, NUMBER, SMS, 1), NEW, "another resend");
    is(u, started(f, 5, PENDING, "id-5"), NGX_OK, "sent");
    is(u, ngx_http_phone_verify_store_own_code(&f->zone,
                                               name_of("reference", 5), NUMBER,
                                               SMS, seed),
       NGX_OK, "ours again");
    is_mem(u, seed, 16, name_of("reference", 5), 16, "another code");
    ok(u, stands(f, 5, PENDING, NO_REASON), "can be reported");
    is(u, f->view.attempts_left, 5, "with all attempts");
}


/* Workers cache the time, and not all at the same one. */

static void
ngx_http_phone_verify_unit_start_clocks(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    running(f, 1, 1, NUMBER);

    wait_msec(-1500);

    ok(u, stands(f, 1, PENDING, NO_REASON), "made a moment ahead of now");
    is(u, f->view.expires_in, 300, "no more than its time");
    is(u, f->view.resend_in, 30, "nor its wait");
    is(u, start(f, 2, 2, NUMBER, SMS, 0), JOINED, "joined");
    is(u, report(f, 2, 1, 1), GO, "reported");
    is(u, reported(f, 2, 1, SUCCESSFUL, NO_REASON, 0, 1, 1), NGX_OK, "right");

    wait_msec(-1000);

    is(u, claim(f, 2, 2), NGX_OK, "taken a moment ahead of now");

    /* the counter of milliseconds wraps around */

    ngx_current_msec = (ngx_msec_t) -20000;

    running(f, 11, 11, NUMBER + 1);
    wait_msec(29999);
    is(u, start(f, 12, 12, NUMBER + 1, SMS, 11), WAIT, "before, after it");
    wait_msec(1);
    is(u, start(f, 12, 12, NUMBER + 1, SMS, 11), NEW, "anew, after it");
    ok(u, stands(f, 11, PENDING, NO_REASON), "pending, after it");
    wait_msec(300000);
    ok(u, stands(f, 11, FAIL, EXPIRED), "and expired");

    /* of 32 bits it has come round so far that it seems to be still to come */

    running(f, 21, 21, NUMBER + 2);
    wait_msec(-NGX_HTTP_PHONE_VERIFY_BEHIND);
    ok(u, stands(f, 21, PENDING, NO_REASON), "a worker that is behind");
    is(u, start(f, 22, 22, NUMBER + 3, SMS, 0), NEW, "it starts another");
    ok(u, stands(f, 21, PENDING, NO_REASON), "and ends nobody's");
    wait_msec(-2000);
    ok(u, stands(f, 21, FAIL, EXPIRED), "of long ago");
    is(u, start(f, 23, 23, NUMBER + 2, SMS, 0), NEW, "its number is free");
}
