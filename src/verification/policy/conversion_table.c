
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/policy/conversion_table.h"
#include "verification/token/token.h"


#define NGX_HTTP_PHONE_VERIFY_CTABLE_WAYS       8
#define NGX_HTTP_PHONE_VERIFY_CTABLE_COUNTRIES  64    /* sets, at most */


struct ngx_http_phone_verify_ctable_s {
    uint64_t                       secret;
    ngx_uint_t                     countries;    /* sets */
    ngx_uint_t                     others;
    ngx_http_phone_verify_cnode_t  nodes[1];
};


static ngx_http_phone_verify_cnode_t *ngx_http_phone_verify_ctable_node(
    ngx_http_phone_verify_ctable_t *table, ngx_uint_t breaker, uint64_t value,
    const ngx_http_phone_verify_cnode_t *other, time_t now, ngx_uint_t make);
static uint64_t ngx_http_phone_verify_ctable_hash(uint64_t secret,
    uint64_t value);


ngx_int_t
ngx_http_phone_verify_ctable_init(void *region, size_t size)
{
    ngx_http_phone_verify_ctable_t *table = region;

    ngx_uint_t  sets;

    ngx_memzero(region, size);

    if (size < offsetof(ngx_http_phone_verify_ctable_t, nodes)) {
        return NGX_ERROR;
    }

    sets = (size - offsetof(ngx_http_phone_verify_ctable_t, nodes))
           / sizeof(ngx_http_phone_verify_cnode_t)
           / NGX_HTTP_PHONE_VERIFY_CTABLE_WAYS;

    if (sets < 2) {
        return NGX_ERROR;
    }

    table->countries = ngx_min(sets / 2,
                               NGX_HTTP_PHONE_VERIFY_CTABLE_COUNTRIES);
    table->others = sets - table->countries;

    return ngx_http_phone_verify_random((u_char *) &table->secret,
                                        sizeof(table->secret));
}


void
ngx_http_phone_verify_ctable_mend(void *region)
{
    /* a node is whole, or of nobody's key: no index to make anew */

    (void) region;
}


void
ngx_http_phone_verify_ctable_find(ngx_http_phone_verify_ctable_t *table,
    const ngx_http_phone_verify_ckey_t *key, time_t now, ngx_uint_t make,
    ngx_http_phone_verify_cnode_t **c)
{
    c[NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRY] =
        ngx_http_phone_verify_ctable_node(table,
                                     NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRY,
                                     key->country[0] << 8 | key->country[1],
                                     NULL, now, make);

    if (c[NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRY]) {
        ngx_memcpy(c[NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRY]->of.country,
                   key->country, 2);
    }

    c[NGX_HTTP_PHONE_VERIFY_BREAKER_PREFIX] =
        ngx_http_phone_verify_ctable_node(table,
                                      NGX_HTTP_PHONE_VERIFY_BREAKER_PREFIX,
                                      key->number / 10000, NULL, now, make);

    if (c[NGX_HTTP_PHONE_VERIFY_BREAKER_PREFIX]) {
        c[NGX_HTTP_PHONE_VERIFY_BREAKER_PREFIX]->of.prefix
                                                       = key->number / 10000;
    }

    c[NGX_HTTP_PHONE_VERIFY_BREAKER_ADDRESS] = key->address
        ? ngx_http_phone_verify_ctable_node(table,
                                      NGX_HTTP_PHONE_VERIFY_BREAKER_ADDRESS,
                                      key->address,
                                      c[NGX_HTTP_PHONE_VERIFY_BREAKER_PREFIX],
                                      now, make)
        : NULL;
}


ngx_http_phone_verify_cnode_t *
ngx_http_phone_verify_ctable_at(ngx_http_phone_verify_ctable_t *table,
    ngx_uint_t i)
{
    return i < (table->countries + table->others)
               * NGX_HTTP_PHONE_VERIFY_CTABLE_WAYS
           ? &table->nodes[i] : NULL;
}


/*
 * Where there is no room, what has the fewest unverified ones makes room, but
 * not "other": it is the same start's.
 */

static ngx_http_phone_verify_cnode_t *
ngx_http_phone_verify_ctable_node(ngx_http_phone_verify_ctable_t *table,
    ngx_uint_t breaker, uint64_t value,
    const ngx_http_phone_verify_cnode_t *other, time_t now, ngx_uint_t make)
{
    uint64_t                        key;
    ngx_uint_t                      i, set;
    ngx_http_phone_verify_cnode_t  *c, *least;

    key = ngx_http_phone_verify_ctable_hash(table->secret,
                                            (uint64_t) (breaker + 1) << 56
                                            | value);

    set = (breaker == NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRY)
          ? (key >> 8) % table->countries
          : table->countries + (key >> 8) % table->others;

    c = &table->nodes[set * NGX_HTTP_PHONE_VERIFY_CTABLE_WAYS];
    least = NULL;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_CTABLE_WAYS; i++) {

        if (c[i].key) {
            ngx_http_phone_verify_cnode_touch(&c[i], now);

            if (c[i].key == key) {
                return &c[i];
            }
        }

        if (&c[i] == other) {
            continue;
        }

        if (least == NULL
            || (least->key
                && (c[i].key == 0
                    || c[i].day_unverified[0] + c[i].day_unverified[1]
                       < least->day_unverified[0] + least->day_unverified[1])))
        {
            least = &c[i];
        }
    }

    if (!make) {
        return NULL;
    }

    /* the key last: whoever dies in between leaves none */

    least->key = 0;

    ngx_memory_barrier();

    ngx_memzero(least, sizeof(ngx_http_phone_verify_cnode_t));

    ngx_http_phone_verify_cnode_touch(least, now);

    least->since = (uint32_t) now;

    ngx_memory_barrier();

    least->key = key;

    return least;
}


/* A finalizer, keyed: whoever chooses numbers cannot choose sets. */

static uint64_t
ngx_http_phone_verify_ctable_hash(uint64_t secret, uint64_t value)
{
    value ^= secret;
    value ^= value >> 33;
    value *= 0xff51afd7ed558ccdULL;
    value ^= value >> 29 ^ (secret << 32 | secret >> 32);
    value *= 0xc4ceb9fe1a85ec53ULL;
    value ^= value >> 32;

    return value ? value : 1;
}


static void
ngx_http_phone_verify_cnode_begin(uint32_t *unverified, uint32_t *verified,
    uint32_t *period, uint32_t now)
{
    if (*period == now) {
        return;
    }

    if (*period + 1 == now) {
        unverified[1] = unverified[0];
        verified[1] = verified[0];

    } else {
        unverified[1] = 0;
        verified[1] = 0;
    }

    unverified[0] = 0;
    verified[0] = 0;

    *period = now;
}


void
ngx_http_phone_verify_cnode_touch(ngx_http_phone_verify_cnode_t *c,
    time_t now)
{
    uint32_t  week;

    ngx_http_phone_verify_cnode_begin(c->hour_unverified, c->hour_verified,
                                      &c->hour, (uint32_t) (now / 3600));
    ngx_http_phone_verify_cnode_begin(c->day_unverified, c->day_verified,
                                      &c->day, (uint32_t) (now / 86400));

    week = (uint32_t) (now / (7 * 86400));

    if (week - c->week >= 3) {
        c->week = week;
        ngx_memzero(c->best, sizeof(c->best));
    }

    for ( /* void */ ; c->week != week; c->week++) {
        c->best[2] = c->best[1];
        c->best[1] = c->best[0];
        c->best[0] = 0;
    }
}


double
ngx_http_phone_verify_cnode_sum(const uint32_t *count, ngx_uint_t period,
    time_t now)
{
    return count[0] + (double) count[1]
                      * (period - (ngx_uint_t) now % period) / period;
}


void
ngx_http_phone_verify_cnode_less(ngx_http_phone_verify_cnode_t *c,
    ngx_uint_t n)
{
    for ( /* void */ ; n; n--) {

        if (c->hour_unverified[0]) {
            c->hour_unverified[0]--;

        } else if (c->hour_unverified[1]) {
            c->hour_unverified[1]--;
        }

        if (c->day_unverified[0]) {
            c->day_unverified[0]--;

        } else if (c->day_unverified[1]) {
            c->day_unverified[1]--;
        }
    }
}


ngx_uint_t
ngx_http_phone_verify_cnode_country(ngx_http_phone_verify_cnode_t *c,
    ngx_uint_t country, ngx_uint_t proved, time_t now)
{
    uint16_t    *place;
    ngx_uint_t   i, new;

    if ((uint32_t) now - c->since >= 86400) {
        ngx_memzero(c->of.countries, sizeof(c->of.countries));
        c->since = (uint32_t) now;
    }

    place = NULL;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_CNODE_COUNTRIES; i++) {

        if ((c->of.countries[i] & NGX_HTTP_PHONE_VERIFY_CNODE_COUNTRY)
            == country)
        {
            place = &c->of.countries[i];
            break;
        }

        /* a free one, else one that need not be remembered */

        if (c->of.countries[i] == 0
            || (c->of.countries[i] & NGX_HTTP_PHONE_VERIFY_CNODE_PROVED
                && place == NULL))
        {
            place = (place && *place == 0) ? place : &c->of.countries[i];
        }
    }

    if (place == NULL) {
        return 0;
    }

    new = ((*place & NGX_HTTP_PHONE_VERIFY_CNODE_COUNTRY) != country);

    if (new) {
        *place = (uint16_t) country;
    }

    if (proved) {
        *place |= NGX_HTTP_PHONE_VERIFY_CNODE_PROVED;
    }

    return new;
}


void
ngx_http_phone_verify_cnode_no_country(ngx_http_phone_verify_cnode_t *c,
    ngx_uint_t country)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_CNODE_COUNTRIES; i++) {

        /* one that has been proved meanwhile stays */

        if (c->of.countries[i] == country) {
            c->of.countries[i] = 0;
        }
    }
}
