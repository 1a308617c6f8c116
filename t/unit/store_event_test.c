
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "store_fixture.h"


/* What Sinch says unasked, in any order and as often as it likes. */


void ngx_http_phone_verify_unit_store_event(ngx_http_phone_verify_unit_t *u);


static ngx_int_t ngx_http_phone_verify_unit_event_of(
    ngx_http_phone_verify_unit_store_t *f, uint64_t reference,
    const char *id, ngx_http_phone_verify_number_t number, ngx_uint_t method,
    ngx_uint_t status);
static void ngx_http_phone_verify_unit_event_whose(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_event_order(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static void ngx_http_phone_verify_unit_event_code(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);
static ngx_int_t ngx_http_phone_verify_unit_delivered(
    ngx_http_phone_verify_unit_store_t *f, uint64_t reference,
    const char *id, ngx_http_phone_verify_number_t number, ngx_uint_t method);
static ngx_uint_t ngx_http_phone_verify_unit_knows(
    ngx_http_phone_verify_unit_store_t *f, uint64_t session);
static void ngx_http_phone_verify_unit_event_delivered(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f);


void
ngx_http_phone_verify_unit_store_event(ngx_http_phone_verify_unit_t *u)
{
    ngx_http_phone_verify_unit_store_t  f;

    ngx_http_phone_verify_unit_store(u, &f, 256 * 1024);
    ngx_http_phone_verify_unit_event_whose(u, &f);
    ngx_http_phone_verify_unit_store_done(&f);

    ngx_http_phone_verify_unit_store(u, &f, 256 * 1024);
    ngx_http_phone_verify_unit_event_order(u, &f);
    ngx_http_phone_verify_unit_store_done(&f);

    ngx_http_phone_verify_unit_store(u, &f, 256 * 1024);
    ngx_http_phone_verify_unit_event_code(u, &f);
    ngx_http_phone_verify_unit_store_done(&f);

    ngx_http_phone_verify_unit_store(u, &f, 256 * 1024);
    ngx_http_phone_verify_unit_event_delivered(u, &f);
    ngx_http_phone_verify_unit_store_done(&f);
}


/* "reference" 0: not told. */

static ngx_int_t
ngx_http_phone_verify_unit_event_of(ngx_http_phone_verify_unit_store_t *f,
    uint64_t reference, const char *id, ngx_http_phone_verify_number_t number,
    ngx_uint_t method, ngx_uint_t status)
{
    ngx_str_t  text;

    text.data = (u_char *) id;
    text.len = ngx_strlen(id);

    return ngx_http_phone_verify_store_event(&f->zone,
                                             reference
                                             ? name_of("reference", reference)
                                             : NULL,
                                             &text, number, method, status,
                                             NO_REASON);
}


static void
ngx_http_phone_verify_unit_event_whose(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    char        id[NGX_HTTP_PHONE_VERIFY_ID_MAX + 2];
    ngx_uint_t  any, callout;

    any = NGX_HTTP_PHONE_VERIFY_NO_METHOD;
    callout = NGX_HTTP_PHONE_VERIFY_CALLOUT;

#define told  ngx_http_phone_verify_unit_event_of

    is(u, start(f, 1, 1, NUMBER, SMS, 0), NEW, "started");

    /* what is not the record's changes nothing */

    is(u, told(f, 99, "id", NUMBER, SMS, DENIED), NGX_DECLINED,
       "another reference");
    is(u, told(f, 1, "id", NUMBER + 1, SMS, DENIED), NGX_DECLINED,
       "another number");
    is(u, told(f, 1, "id", NUMBER, callout, DENIED), NGX_DECLINED,
       "another method");
    is(u, told(f, 0, "id", NUMBER, SMS, DENIED), NGX_DECLINED,
       "an id while none is known");
    is(u, told(f, 0, "", NUMBER, SMS, DENIED), NGX_DECLINED, "no id at all");
    is(u, told(f, 0, "", 0, any, DENIED), NGX_DECLINED, "nothing at all");

    ok(u, stands(f, 1, PENDING, NO_REASON), "nothing has changed");
    is(u, f->view.id_len, 0, "no id was learnt");

    is(u, told(f, 1, "", NUMBER, SMS, PENDING), NGX_OK, "the record's");
    is(u, f->view.id_len, 0, "without an id");
    is(u, told(f, 1, "callback", 0, any, PENDING), NGX_OK, "with one");
    is(u, look(f, 1), NGX_OK, "there");
    is_mem(u, f->view.id, f->view.id_len, "callback", 8, "is learnt");

    is(u, told(f, 1, "other", NUMBER, SMS, DENIED), NGX_DECLINED,
       "another id is not the record's");
    is(u, told(f, 1, "callbac", NUMBER, SMS, DENIED), NGX_DECLINED,
       "nor is a part of it");
    is(u, told(f, 0, "other", NUMBER, SMS, DENIED), NGX_DECLINED,
       "also by number");
    is(u, told(f, 0, "callback", NUMBER + 1, SMS, DENIED), NGX_DECLINED,
       "nor another's number");
    is(u, told(f, 0, "callback", NUMBER, callout, DENIED), NGX_DECLINED,
       "nor another method");
    ok(u, stands(f, 1, PENDING, NO_REASON), "nothing has changed");

    is(u, started(f, 1, PENDING, "answer"), NGX_OK, "the start is answered");
    is(u, look(f, 1), NGX_OK, "there");
    is_mem(u, f->view.id, f->view.id_len, "answer", 6, "which knows best");

    is(u, told(f, 0, "answer", NUMBER, any, DENIED), NGX_OK,
       "by number and id");
    ok(u, stands(f, 1, DENIED, NO_REASON), "that is its end");

    /* ids that are as long as they may be, and longer */

    ngx_memset(id, 'x', sizeof(id));
    id[sizeof(id) - 1] = '\0';

    is(u, start(f, 2, 2, NUMBER, SMS, 0), NEW, "started");
    is(u, told(f, 2, id, NUMBER, SMS, PENDING), NGX_OK, "a long id");
    is(u, look(f, 2), NGX_OK, "there");
    is(u, f->view.id_len, 0, "is none");

    id[sizeof(id) - 2] = '\0';

    is(u, told(f, 2, id, NUMBER, SMS, PENDING), NGX_OK, "the longest");
    is(u, look(f, 2), NGX_OK, "there");
    is_mem(u, f->view.id, f->view.id_len, id, NGX_HTTP_PHONE_VERIFY_ID_MAX,
           "is learnt");

    /* of a number it is the last one that is found */

    running(f, 3, 3, NUMBER + 1);
    is(u, told(f, 3, "", 0, any, ERROR), NGX_OK, "ended");
    running(f, 4, 4, NUMBER + 1);
    is(u, told(f, 0, "id-3", NUMBER + 1, SMS, SUCCESSFUL), NGX_DECLINED,
       "one before");
    is(u, told(f, 0, "id-4", NUMBER + 1, SMS, SUCCESSFUL), NGX_OK,
       "the last one");
    ok(u, stands(f, 4, SUCCESSFUL, NO_REASON), "a success");
    ok(u, stands(f, 3, ERROR, NO_REASON), "and an end");

#undef told
}


static void
ngx_http_phone_verify_unit_event_order(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    ngx_uint_t         i;
    ngx_atomic_uint_t  changes;

    static const ngx_uint_t  ends[] = { DENIED, ABORTED, ERROR, FAIL };

    /* success stays, whatever follows */

    running(f, 1, 1, NUMBER);

    changes = ngx_http_phone_verify_zone_changes(&f->zone);

    is(u, event(f, 1, "", PENDING, NO_REASON), NGX_OK, "pending");
    is(u, event(f, 1, "", UNKNOWN, NO_REASON), NGX_OK, "an unknown word");
    is(u, event(f, 1, "", FAIL, INVALID_CODE), NGX_OK, "a wrong code");
    is(u, event(f, 1, "", FAIL,
                NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CLI), NGX_OK, "another");
    ok(u, stands(f, 1, PENDING, NO_REASON), "all the same");
    ok(u, ngx_http_phone_verify_zone_changes(&f->zone) == changes,
       "nobody is woken for it");

    is(u, event(f, 1, "", SUCCESSFUL, NO_REASON), NGX_OK, "success");
    ok(u, stands(f, 1, SUCCESSFUL, NO_REASON), "of the only session");
    is(u, f->view.claimable, 1, "to be taken");
    ok(u, ngx_http_phone_verify_zone_changes(&f->zone) != changes,
       "whoever waits is woken");

    for (i = 0; i < 4; i++) {
        is(u, event(f, 1, "", ends[i], FRAUD), NGX_OK, "something else");
        ok(u, stands(f, 1, SUCCESSFUL, NO_REASON), "after a success");
    }

    is(u, event(f, 1, "", SUCCESSFUL, NO_REASON), NGX_OK, "success again");

    is(u, claim(f, 1, 1), NGX_OK, "taken");
    is(u, event(f, 1, "", SUCCESSFUL, NO_REASON), NGX_OK, "and again");
    wait_msec(11000);
    is(u, claim(f, 1, 2), NGX_DECLINED, "is given once");

    /* the first end stays, but a success is one */

    for (i = 0; i < 4; i++) {
        running(f, 10 + i, 10 + i, NUMBER);
        is(u, event(f, 10 + i, "", ends[i], FRAUD), NGX_OK, "an end");
        ok(u, stands(f, 10 + i, ends[i], FRAUD), "it says so");
        is(u, event(f, 10 + i, "", ends[(i + 1) % 4], NO_REASON), NGX_OK,
           "another");
        ok(u, stands(f, 10 + i, ends[i], FRAUD), "comes too late");
        is(u, event(f, 10 + i, "", SUCCESSFUL, NO_REASON), NGX_OK,
           "a late success");
        ok(u, stands(f, 10 + i, SUCCESSFUL, NO_REASON), "is a success");
    }

    running(f, 20, 20, NUMBER);
    wait_msec(300000);
    ok(u, stands(f, 20, FAIL, EXPIRED), "expired");
    is(u, event(f, 20, "", SUCCESSFUL, NO_REASON), NGX_OK, "a late success");
    ok(u, stands(f, 20, SUCCESSFUL, NO_REASON), "is a success");

    /* not for whoever has used up all attempts */

    f->policy.attempts = 1;

    running(f, 30, 30, NUMBER);
    is(u, start(f, 31, 31, NUMBER, SMS, 0), JOINED, "another");
    is(u, start(f, 32, 32, NUMBER, SMS, 0), JOINED, "a third");

    for (i = 30; i < 33; i++) {
        is(u, report(f, i, 30, i), GO, "a guess");
        is(u, reported(f, i, 30, FAIL, INVALID_CODE, 0, i, i), NGX_DECLINED,
           "wrong");
    }

    is(u, event(f, 30, "", SUCCESSFUL, NO_REASON), NGX_OK, "a late success");
    ok(u, stands(f, 30, FAIL, INVALID_CODE), "is not for them");
    is(u, start(f, 33, 33, NUMBER, SMS, 0), WAIT,
       "nor does it free the number");

    /* a session that has gone */

    f->policy.attempts = 5;

    running(f, 40, 40, NUMBER + 1);
    forget(f, 40);
    is(u, event(f, 40, "", SUCCESSFUL, NO_REASON), NGX_OK, "success");
    is(u, claim(f, 40, 40), NGX_DECLINED, "of the dead");

    /* a wrong report while a success is noted: it came from elsewhere */

    running(f, 50, 50, NUMBER + 2);
    is(u, report(f, 50, 50, 7), GO, "reported");
    is(u, event(f, 50, "", SUCCESSFUL, NO_REASON), NGX_OK, "a success");
    is(u, reported(f, 50, 50, FAIL, INVALID_CODE, 0, 7, 50), NGX_OK,
       "the handset's, which is the same client's");

    running(f, 51, 51, NUMBER + 2);
    is(u, start(f, 52, 52, NUMBER + 2, SMS, 0), JOINED, "a stranger");
    is(u, report(f, 52, 51, 7), GO, "reports");
    is(u, event(f, 51, "", SUCCESSFUL, NO_REASON), NGX_OK, "a success");
    is(u, reported(f, 52, 51, FAIL, NO_REASON, 0, 7, 52), NGX_DECLINED,
       "was not the stranger's");
    ok(u, stands(f, 52, ABORTED, NO_REASON), "nor is it");
}


/* A code of our own is for the record's number and method alone. */

static void
ngx_http_phone_verify_unit_event_code(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    u_char  seed[NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];

    running(f, 1, 1, NUMBER);

    is(u, ngx_http_phone_verify_store_own_code(&f->zone,
                                               name_of("reference", 1),
                                               NUMBER + 1, SMS, seed),
       NGX_DECLINED, "another number is not told the code");
    is(u, ngx_http_phone_verify_store_own_code(&f->zone,
                                               name_of("reference", 1), NUMBER,
                                               NGX_HTTP_PHONE_VERIFY_CALLOUT,
                                               seed),
       NGX_DECLINED, "nor is another method");
    is(u, look(f, 1), NGX_OK, "and nothing has changed");
    is(u, f->view.own_code, 0, "guesses go to Sinch");

    is(u, ngx_http_phone_verify_store_own_code(&f->zone,
                                               name_of("reference", 1), NUMBER,
                                               SMS, seed),
       NGX_OK, "the record's own");
    is_mem(u, seed, 16, name_of("reference", 1), 16, "with its seed");
    is(u, look(f, 1), NGX_OK, "from now on");
    is(u, f->view.own_code, 1, "guesses are checked here");

    is(u, ngx_http_phone_verify_store_own_code(&f->zone,
                                               name_of("reference", 2), NUMBER,
                                               SMS, seed),
       NGX_DECLINED, "no record");
}


static ngx_int_t
ngx_http_phone_verify_unit_delivered(ngx_http_phone_verify_unit_store_t *f,
    uint64_t reference, const char *id, ngx_http_phone_verify_number_t number,
    ngx_uint_t method)
{
    ngx_str_t  text;

    text.data = (u_char *) id;
    text.len = ngx_strlen(id);

    return ngx_http_phone_verify_store_delivered(&f->zone,
                                                 reference
                                                 ? name_of("reference",
                                                           reference)
                                                 : NULL,
                                                 &text, number, method);
}


/* 1 where the session is told of it. */

static ngx_uint_t
ngx_http_phone_verify_unit_knows(ngx_http_phone_verify_unit_store_t *f,
    uint64_t session)
{
    return look(f, session) == NGX_OK && f->view.delivered;
}


/* Of a message that has arrived its starter is told, until the next one. */

static void
ngx_http_phone_verify_unit_event_delivered(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f)
{
    ngx_uint_t         callout;
    ngx_atomic_uint_t  changes;

    callout = NGX_HTTP_PHONE_VERIFY_CALLOUT;

#define arrived  ngx_http_phone_verify_unit_delivered
#define knows    ngx_http_phone_verify_unit_knows

    running(f, 1, 1, NUMBER);

    /* what is not the record's changes nothing */

    is(u, arrived(f, 99, "id-1", NUMBER, SMS), NGX_DECLINED,
       "another reference");
    is(u, arrived(f, 1, "id-2", NUMBER, SMS), NGX_DECLINED, "another id");
    is(u, arrived(f, 1, "id-1", NUMBER + 1, SMS), NGX_DECLINED,
       "another number");
    is(u, arrived(f, 1, "id-1", NUMBER, callout), NGX_DECLINED,
       "another method");
    is(u, arrived(f, 0, "", NUMBER, SMS), NGX_DECLINED, "no id");
    is(u, knows(f, 1), 0, "nothing has changed");

    is(u, start(f, 2, 2, NUMBER, SMS, 0), JOINED, "another joins");

    changes = ngx_http_phone_verify_zone_changes(&f->zone);

    is(u, arrived(f, 1, "id-1", NUMBER, SMS), NGX_OK, "the record's");
    is(u, knows(f, 1), 1, "it has arrived");
    ok(u, stands(f, 1, PENDING, NO_REASON), "that is all");
    ok(u, ngx_http_phone_verify_zone_changes(&f->zone) != changes,
       "whoever waits is woken");
    is(u, knows(f, 2), 0, "who has joined is not told");

    changes = ngx_http_phone_verify_zone_changes(&f->zone);

    is(u, arrived(f, 1, "id-1", NUMBER, SMS), NGX_OK, "once more");
    is(u, arrived(f, 0, "id-1", NUMBER, SMS), NGX_OK, "and by its id");
    ok(u, ngx_http_phone_verify_zone_changes(&f->zone) == changes,
       "wakes nobody");

    /* sent anew: what is told of the first is not of the second */

    wait_msec(30000);
    is(u, start(f, 3, 3, NUMBER, SMS, 1), NEW, "sent anew");
    is(u, started(f, 3, PENDING, "id-3"), NGX_OK, "and gone");
    is(u, knows(f, 3), 0, "on its way");
    is(u, arrived(f, 1, "id-1", NUMBER, SMS), NGX_OK, "the first one, again");
    is(u, arrived(f, 0, "id-1", NUMBER, SMS), NGX_DECLINED, "by its id alone");
    is(u, knows(f, 3), 0, "is not the second");
    is(u, arrived(f, 0, "id-3", NUMBER, SMS), NGX_OK, "the second, by its id");
    is(u, knows(f, 3), 1, "has arrived");
    is(u, knows(f, 1), 0, "a session that went along did not start it");

    /* one that was never sent gives way to the one before */

    wait_msec(60000);
    is(u, start(f, 4, 4, NUMBER, SMS, 3), NEW, "sent anew");
    is(u, knows(f, 3), 0, "no word of this one");
    is(u, started(f, 4, ERROR, ""), NGX_OK, "it was not");
    is(u, knows(f, 3), 1, "the one before has arrived");

    /* before the start is answered; its id is learnt */

    is(u, start(f, 10, 10, NUMBER + 1, SMS, 0), NEW, "started");
    is(u, arrived(f, 10, "early", NUMBER + 1, SMS), NGX_OK, "very early");
    is(u, knows(f, 10), 1, "has arrived");
    is_mem(u, f->view.id, f->view.id_len, "early", 5, "under this id");
    is(u, started(f, 10, PENDING, "early"), NGX_OK, "then the answer");
    is(u, knows(f, 10), 1, "all the same");

    /* what has ended stays as it is */

    is(u, event(f, 10, "", FAIL, FRAUD), NGX_OK, "ended");
    is(u, look(f, 10), NGX_OK, "there");
    is(u, f->view.delivered, 0, "of what has ended nothing is told");

    running(f, 11, 11, NUMBER + 2);
    is(u, event(f, 11, "", SUCCESSFUL, NO_REASON), NGX_OK, "a success");
    is(u, arrived(f, 11, "id-11", NUMBER + 2, SMS), NGX_OK, "then its message");
    ok(u, stands(f, 11, SUCCESSFUL, NO_REASON), "is a success");
    is(u, f->view.delivered, 0, "and nothing else");

    running(f, 12, 12, NUMBER + 3);
    wait_msec(300000);

    changes = ngx_http_phone_verify_zone_changes(&f->zone);

    is(u, arrived(f, 12, "id-12", NUMBER + 3, SMS), NGX_OK, "too late");
    ok(u, stands(f, 12, FAIL, EXPIRED), "it has expired");
    ok(u, ngx_http_phone_verify_zone_changes(&f->zone) == changes,
       "nobody is woken for it");

#undef arrived
#undef knows
}
