
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "unit.h"
#include "verification/policy/conversion_table.h"


/* Hours and days that slide, under a clock that is told; and a full table. */


#define SIZE   (64 * 1024)
#define HOUR   3600
#define DAY    86400
#define NOW    (400 * DAY)
#define OTHER  (NGX_HTTP_PHONE_VERIFY_BREAKER_ADDRESS)


void ngx_http_phone_verify_unit_conversion_table(
    ngx_http_phone_verify_unit_t *u);

static void ngx_http_phone_verify_unit_conversion_slides(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_ctable_t *table);
static void ngx_http_phone_verify_unit_conversion_full(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_ctable_t *table);
static void ngx_http_phone_verify_unit_conversion_two(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_ctable_t *table);


/* The nodes of a number in Sweden and of an address; NULL: it has none. */

static void
ngx_http_phone_verify_unit_conversion_find(
    ngx_http_phone_verify_ctable_t *table, uint64_t number, uint32_t address,
    time_t now, ngx_uint_t make, ngx_http_phone_verify_cnode_t **c)
{
    ngx_http_phone_verify_ckey_t  key;

    key.number = number;
    key.address = address;
    key.country = (const u_char *) "SE";

    ngx_http_phone_verify_ctable_find(table, &key, now, make, c);
}


#define find  ngx_http_phone_verify_unit_conversion_find


void
ngx_http_phone_verify_unit_conversion_table(ngx_http_phone_verify_unit_t *u)
{
    void  *region;

    region = ngx_palloc(u->pool, SIZE);

    is(u, ngx_http_phone_verify_ctable_init(region, 64), NGX_ERROR,
       "too small");
    is(u, ngx_http_phone_verify_ctable_init(region, SIZE), NGX_OK, "a table");

    ngx_http_phone_verify_unit_conversion_slides(u, region);

    is(u, ngx_http_phone_verify_ctable_init(region, SIZE), NGX_OK, "anew");

    ngx_http_phone_verify_unit_conversion_full(u, region);
    ngx_http_phone_verify_unit_conversion_two(u, region);
}


static void
ngx_http_phone_verify_unit_conversion_slides(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_ctable_t *table)
{
    ngx_uint_t                      i;
    ngx_http_phone_verify_cnode_t  *c[NGX_HTTP_PHONE_VERIFY_CNODES], *n;

    find(table, 46700000001, 7, NOW, 0, c);
    ok(u, c[0] == NULL && c[1] == NULL && c[2] == NULL, "nothing is known");

    find(table, 46700000001, 7, NOW, 1, c);
    ok(u, c[0] && c[1] && c[2], "a node each");
    is(u, c[1]->of.prefix, 4670000, "less the last four digits");

    n = c[OTHER];

    for (i = 0; i < 10; i++) {
        n->hour_unverified[0]++;
        n->day_unverified[0]++;
    }

    /* ten in an hour are five when half of the next one is over */

    find(table, 46700000001, 7, NOW + HOUR + HOUR / 2, 0, c);
    ok(u, c[OTHER] == n, "the same node");
    is(u, ngx_http_phone_verify_cnode_sum(n->hour_unverified, HOUR,
                                          NOW + HOUR + HOUR / 2),
       5, "half of the hour before");
    is(u, ngx_http_phone_verify_cnode_sum(n->day_unverified, DAY,
                                          NOW + HOUR + HOUR / 2),
       10, "all of them this day");

    ngx_http_phone_verify_cnode_less(n, 4);
    is(u, n->hour_unverified[1], 6, "four are taken back, of the hour before");
    is(u, n->day_unverified[0], 6, "and of the day");

    ngx_http_phone_verify_cnode_less(n, 100);
    is(u, n->hour_unverified[1], 0, "never more than there are");
    is(u, n->day_unverified[0], 0, "of the day neither");

    is(u, ngx_http_phone_verify_cnode_country(n, 1, 0, NOW), 1, "a country");
    is(u, ngx_http_phone_verify_cnode_country(n, 1, 0, NOW), 0, "again");
    is(u, ngx_http_phone_verify_cnode_country(n, 2, 1, NOW), 1, "one proved");
    ngx_http_phone_verify_cnode_no_country(n, 1);
    ngx_http_phone_verify_cnode_no_country(n, 2);
    is(u, ngx_http_phone_verify_cnode_country(n, 1, 0, NOW), 1,
       "the first is forgotten");
    is(u, ngx_http_phone_verify_cnode_country(n, 2, 0, NOW), 0,
       "what was proved is not");

    /* after a day it begins anew; what is open is closed where it is logged */

    n->open = 1 << NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRIES;
    is(u, ngx_http_phone_verify_cnode_country(n, 2, 1, NOW + DAY), 1,
       "after a day all are new");
    is(u, n->open, 1 << NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRIES,
       "and it is open until a start looks");

    n->day_unverified[0] = 8;
    n->best[0] = 5;

    ngx_http_phone_verify_cnode_touch(n, NOW + 2 * DAY);
    is(u, n->day_unverified[0] + n->day_unverified[1], 0,
       "two days later none count");

    ngx_http_phone_verify_cnode_touch(n, NOW + 7 * DAY);
    is(u, n->best[1], 5, "the best day of the week before");
    ngx_http_phone_verify_cnode_touch(n, NOW + 14 * DAY);
    is(u, n->best[2], 5, "and of the one before that");
    ngx_http_phone_verify_cnode_touch(n, NOW + 21 * DAY);
    is(u, n->best[0] + n->best[1] + n->best[2], 0, "and no longer");
}


/* A flood of new keys takes the places of new keys. */

static void
ngx_http_phone_verify_unit_conversion_full(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_ctable_t *table)
{
    uint32_t                        i, n;
    ngx_uint_t                      lost;
    ngx_http_phone_verify_cnode_t  *c[NGX_HTTP_PHONE_VERIFY_CNODES];

    for (i = 1; i <= 20; i++) {
        find(table, 46700000001 + i * 10000ull, i, NOW, 1, c);
        c[0]->day_unverified[0]++;
        c[1]->day_unverified[0] = 10;
        c[2]->day_unverified[0] = 10;
        c[2]->open = 1;
    }

    for (n = 0; ngx_http_phone_verify_ctable_at(table, n); n++) { /* void */ }

    ok(u, n > 100 && n * sizeof(ngx_http_phone_verify_cnode_t) <= SIZE,
       "room for %u", (unsigned) n);

    for (i = 1000; i < 1000 + 20 * n; i++) {
        find(table, 49700000001 + i * 10000ull, i, NOW + 60, 1, c);
        c[1]->day_unverified[0]++;
        c[2]->day_unverified[0]++;
    }

    lost = 0;

    for (i = 1; i <= 20; i++) {
        find(table, 46700000001 + i * 10000ull, i, NOW + 120, 0, c);
        lost += (c[1] == NULL || c[1]->day_unverified[0] != 10);
        lost += (c[2] == NULL || c[2]->open != 1);
    }

    is(u, lost, 0, "what has many of them stays, open as it was");

    find(table, 46700000001, 1, NOW + 120, 0, c);
    is(u, c[0] ? c[0]->day_unverified[0] : 0, 20,
       "and no address takes a country's place");
}


/* A start's prefix and address may share a set, but no place in it. */

static void
ngx_http_phone_verify_unit_conversion_two(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_ctable_t *table)
{
    uint32_t                        i;
    ngx_uint_t                      one, lost;
    ngx_http_phone_verify_cnode_t  *c[NGX_HTTP_PHONE_VERIFY_CNODES];
    ngx_http_phone_verify_cnode_t  *again[NGX_HTTP_PHONE_VERIFY_CNODES];

    one = 0;
    lost = 0;

    for (i = 1; i <= 2000; i++) {
        find(table, 81700000001 + i * 10000ull, 0x10000000 + i, NOW + 180, 1,
             c);
        one += (c[1] == c[2]);

        c[1]->day_unverified[0] += 100;
        c[2]->day_unverified[0] += 100;

        find(table, 81700000001 + i * 10000ull, 0x10000000 + i, NOW + 180, 0,
             again);
        lost += (again[1] != c[1] || again[2] != c[2]);
    }

    is(u, one, 0, "two places");
    is(u, lost, 0, "and both are kept");
}
