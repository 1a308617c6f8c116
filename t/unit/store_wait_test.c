
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "store_fixture.h"


/* One wait a session: whoever waits hears of a newer one. */


#define wait_begin(f, n)                                                      \
    ngx_http_phone_verify_store_wait_begin(&(f)->zone, name_of("session", n))
#define wait_end(f, n, wait)                                                  \
    ngx_http_phone_verify_store_wait_end(&(f)->zone, name_of("session", n),   \
                                         wait)


void ngx_http_phone_verify_unit_store_wait(ngx_http_phone_verify_unit_t *u);


void
ngx_http_phone_verify_unit_store_wait(ngx_http_phone_verify_unit_t *u)
{
    ngx_uint_t                          i, first, second, next, changes;
    ngx_http_phone_verify_unit_store_t  f;

    ngx_http_phone_verify_unit_store(u, &f, 256 * 1024);

    running(&f, 1, 1, NUMBER);
    running(&f, 2, 2, NUMBER + 1);

    is(u, wait_begin(&f, 9), 0, "nobody waits without a record");
    wait_end(&f, 9, 0);

    changes = ngx_http_phone_verify_zone_changes(&f.zone);

    first = wait_begin(&f, 1);
    ok(u, first != 0, "one waits");
    is(u, ngx_http_phone_verify_zone_changes(&f.zone), changes,
       "alone: nobody is told");

    (void) look(&f, 1);
    is(u, f.view.wait, first, "and it is the last");
    (void) look(&f, 2);
    ok(u, f.view.wait != first, "of its session alone");

    second = wait_begin(&f, 1);
    ok(u, second && second != first, "another one of the same session");
    is(u, ngx_http_phone_verify_zone_changes(&f.zone), changes + 1,
       "the older is told");

    (void) look(&f, 1);
    is(u, f.view.wait, second, "the newer is the last");

    wait_end(&f, 1, first);
    (void) look(&f, 1);
    is(u, f.view.wait, second, "the older's end is not the newer's");

    wait_end(&f, 1, second);
    changes = ngx_http_phone_verify_zone_changes(&f.zone);
    next = wait_begin(&f, 1);
    ok(u, next != first && next != second, "a third");
    is(u, ngx_http_phone_verify_zone_changes(&f.zone), changes,
       "with nobody there to be told");
    wait_end(&f, 1, next);

    wait_end(&f, 1, 0);
    (void) look(&f, 1);
    next = f.view.wait;
    wait_end(&f, 1, 0);
    (void) look(&f, 1);
    is(u, f.view.wait, next, "an end of none is none");

    /* round and round */

    for (i = 0; i < 1000; i++) {
        first = wait_begin(&f, 1);
        second = wait_begin(&f, 1);

        if (first == 0 || second == 0 || first == second) {
            break;
        }

        if (i & 1) {
            wait_end(&f, 1, second);
        }
    }

    is(u, i, 1000, "a newer one never has the older's name, nor none");
    ok(u, sound(&f.zone) == NULL, "the store is sound");

    ngx_http_phone_verify_unit_store_done(&f);
}
