
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/error.h"
#include "verification/policy/admission.h"
#include "verification/policy/conversion_table.h"


#define NGX_HTTP_PHONE_VERIFY_HOUR  3600
#define NGX_HTTP_PHONE_VERIFY_DAY   86400

#define NGX_HTTP_PHONE_VERIFY_CONVERSION_LOOK  1024    /* nodes at once */


/* An address has two breakers. */

#define ngx_http_phone_verify_conversion_opened(c, breaker)                   \
    ((breaker) == NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRIES                     \
     ? &(c)->countries_opened : &(c)->opened)


typedef struct {
    double        hour;          /* unverified, and how many may be */
    double        hour_max;
    double        day;
    double        day_max;
} ngx_http_phone_verify_conversion_t;


static ngx_int_t ngx_http_phone_verify_conversion_take(
    ngx_http_phone_verify_admission_t *admission, time_t now);
static void ngx_http_phone_verify_conversion_give_back(
    ngx_http_phone_verify_admission_t *admission, time_t now);
static void ngx_http_phone_verify_conversion_log(
    ngx_http_phone_verify_admission_t *admission, ngx_log_t *log);
static ngx_int_t ngx_http_phone_verify_conversion_judge(
    ngx_http_phone_verify_admission_t *admission, ngx_uint_t breaker,
    ngx_http_phone_verify_cnode_t *c, time_t now);
static ngx_uint_t ngx_http_phone_verify_conversion_over(
    const ngx_http_phone_verify_breaker_t *conf, ngx_uint_t breaker,
    ngx_http_phone_verify_cnode_t *c, time_t now);
static ngx_uint_t ngx_http_phone_verify_conversion_wait(double max,
    const uint32_t *unverified, ngx_uint_t period, time_t now);
static ngx_uint_t ngx_http_phone_verify_conversion_countries(
    const ngx_http_phone_verify_breaker_t *conf,
    ngx_http_phone_verify_cnode_t *c, ngx_uint_t country, time_t now);
static ngx_uint_t ngx_http_phone_verify_conversion_country(
    const u_char *country);


static const ngx_str_t  ngx_http_phone_verify_breakers[] = {
    ngx_string("country"),
    ngx_string("prefix"),
    ngx_string("address"),
    ngx_string("countries")
};


const ngx_http_phone_verify_admission_rule_t
    ngx_http_phone_verify_conversion_rule =
{
    NULL,
    ngx_http_phone_verify_conversion_take,
    ngx_http_phone_verify_conversion_give_back,
    ngx_http_phone_verify_conversion_log
};


const ngx_str_t *
ngx_http_phone_verify_breaker_name(ngx_uint_t breaker)
{
    return &ngx_http_phone_verify_breakers[breaker];
}


/* A start is counted for all that it is of, or where one says no for none. */

static ngx_int_t
ngx_http_phone_verify_conversion_take(
    ngx_http_phone_verify_admission_t *admission, time_t now)
{
    ngx_uint_t                         i, country;
    ngx_http_phone_verify_cnode_t     *c[NGX_HTTP_PHONE_VERIFY_CNODES];
    ngx_http_phone_verify_ckey_t       key;
    ngx_http_phone_verify_ctable_t    *table;

    if (admission->joins) {
        return NGX_OK;
    }

    table = ngx_http_phone_verify_ctable(admission->app->zone);

    key.number = admission->number;
    key.address = (uint32_t) admission->client.address;
    key.country = admission->numbering.country;

    ngx_http_phone_verify_ctable_find(table, &key, now, 1, c);

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_BREAKERS; i++) {
        if (ngx_http_phone_verify_conversion_judge(admission, i,
                        c[ngx_min(i, NGX_HTTP_PHONE_VERIFY_BREAKER_ADDRESS)],
                        now)
            != NGX_OK)
        {
            return NGX_DECLINED;
        }
    }

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_CNODES; i++) {
        if (c[i]) {
            c[i]->hour_unverified[0]++;
            c[i]->day_unverified[0]++;
        }
    }

    if (c[NGX_HTTP_PHONE_VERIFY_BREAKER_ADDRESS]) {
        country = ngx_http_phone_verify_conversion_country(key.country);

        admission->country = ngx_http_phone_verify_cnode_country(
                           c[NGX_HTTP_PHONE_VERIFY_BREAKER_ADDRESS], country,
                           0, now);
    }

    return NGX_OK;
}


static void
ngx_http_phone_verify_conversion_give_back(
    ngx_http_phone_verify_admission_t *admission, time_t now)
{
    ngx_uint_t                       i;
    ngx_http_phone_verify_cnode_t   *c[NGX_HTTP_PHONE_VERIFY_CNODES];
    ngx_http_phone_verify_ckey_t     key;

    if (admission->joins) {
        return;
    }

    key.number = admission->number;
    key.address = (uint32_t) admission->client.address;
    key.country = admission->numbering.country;

    ngx_http_phone_verify_ctable_find(
                            ngx_http_phone_verify_ctable(admission->app->zone),
                            &key, now, 0, c);

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_CNODES; i++) {
        if (c[i]) {
            ngx_http_phone_verify_cnode_less(c[i], 1);
        }
    }

    if (c[NGX_HTTP_PHONE_VERIFY_BREAKER_ADDRESS] && admission->country) {
        ngx_http_phone_verify_cnode_no_country(
                     c[NGX_HTTP_PHONE_VERIFY_BREAKER_ADDRESS],
                     ngx_http_phone_verify_conversion_country(key.country));
    }
}


void
ngx_http_phone_verify_conversion_succeeded(void *region,
    ngx_http_phone_verify_number_t number, uint32_t address, ngx_uint_t sends,
    time_t now)
{
    ngx_uint_t                          i;
    ngx_http_phone_verify_cnode_t      *c[NGX_HTTP_PHONE_VERIFY_CNODES];
    ngx_http_phone_verify_ckey_t        key;
    ngx_http_phone_verify_numbering_t   numbering;

    ngx_http_phone_verify_numbering(number, &numbering);

    key.number = number;
    key.address = address;
    key.country = numbering.country;

    ngx_http_phone_verify_ctable_find(region, &key, now, 1, c);

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_CNODES; i++) {
        if (c[i] == NULL) {
            continue;
        }

        ngx_http_phone_verify_cnode_less(c[i], sends);

        c[i]->hour_verified[0]++;
        c[i]->day_verified[0]++;
        c[i]->best[0] = ngx_max(c[i]->best[0], c[i]->day_verified[0]);
    }

    if (c[NGX_HTTP_PHONE_VERIFY_BREAKER_ADDRESS]) {
        (void) ngx_http_phone_verify_cnode_country(
                     c[NGX_HTTP_PHONE_VERIFY_BREAKER_ADDRESS],
                     ngx_http_phone_verify_conversion_country(key.country), 1,
                     now);
    }
}


/* NGX_OK, or NGX_DECLINED: it is open; what changes is noted for the log. */

static ngx_int_t
ngx_http_phone_verify_conversion_judge(
    ngx_http_phone_verify_admission_t *admission, ngx_uint_t breaker,
    ngx_http_phone_verify_cnode_t *c, time_t now)
{
    ngx_uint_t                              wait, dry;
    const ngx_http_phone_verify_breaker_t  *conf;

    conf = &admission->app->breakers[breaker];

    if (!conf->on || c == NULL) {
        return NGX_OK;
    }

    dry = conf->dry;

    if (breaker == NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRIES) {
        wait = ngx_http_phone_verify_conversion_countries(conf, c,
                           ngx_http_phone_verify_conversion_country(
                                             admission->numbering.country),
                           now);
    } else {
        wait = ngx_http_phone_verify_conversion_over(conf, breaker, c, now);
    }

    if (breaker >= NGX_HTTP_PHONE_VERIFY_BREAKER_ADDRESS) {

        /* a balancer's, maybe, and then everybody's */

        dry |= admission->client.private;

    } else if (admission->client.owner) {

        /* has proved to be none of those that it is about */

        dry = 1;
    }

    if (wait == 0) {

        /* a country that was asked for before says nothing of others */

        if (c->open & (1 << breaker)
            && (breaker != NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRIES
                || ngx_http_phone_verify_conversion_countries(conf, c, 0xffff,
                                                              now)
                   == 0))
        {
            c->open &= ~(1 << breaker);
            admission->closed |= 1 << breaker;
        }

        return NGX_OK;
    }

    if (!(c->open & (1 << breaker))) {
        c->open |= 1 << breaker;
        *ngx_http_phone_verify_conversion_opened(c, breaker) = (uint32_t) now;
        admission->opened |= 1 << breaker;
    }

    return ngx_http_phone_verify_admission_refuse(admission,
                                    NGX_HTTP_PHONE_VERIFY_RULE_CONVERSION,
                                    NGX_HTTP_PHONE_VERIFY_TOO_MANY_REQUESTS,
                                    wait, dry);
}


/* 0, or for how many seconds one more would be too many. */

static ngx_uint_t
ngx_http_phone_verify_conversion_over(
    const ngx_http_phone_verify_breaker_t *conf, ngx_uint_t breaker,
    ngx_http_phone_verify_cnode_t *c, time_t now)
{
    double      hour, day, verified, ratio;
    ngx_uint_t  wait;

    ratio = conf->ratio / 100.0;
    verified = ngx_http_phone_verify_cnode_sum(c->day_verified,
                                               NGX_HTTP_PHONE_VERIFY_DAY, now);

    day = ngx_max((double) conf->day, ratio * verified);

    if (breaker == NGX_HTTP_PHONE_VERIFY_BREAKER_ADDRESS) {
        hour = ngx_max((double) conf->hour, ratio * verified / 6);

    } else {
        verified = ngx_max(c->best[0], ngx_max(c->best[1], c->best[2]));
        day = ngx_max(day, ratio * verified);

        verified = ngx_http_phone_verify_cnode_sum(c->hour_verified,
                                              NGX_HTTP_PHONE_VERIFY_HOUR, now);
        hour = ngx_max((double) conf->hour, ratio * verified);
        hour = ngx_max(hour, day / 6);
    }

    wait = ngx_http_phone_verify_conversion_wait(day, c->day_unverified,
                                              NGX_HTTP_PHONE_VERIFY_DAY, now);

    return ngx_max(wait,
                   ngx_http_phone_verify_conversion_wait(hour,
                                             c->hour_unverified,
                                             NGX_HTTP_PHONE_VERIFY_HOUR, now));
}


/*
 * Seconds until one more is no longer more than "max", if nothing else happens:
 * what is of this period slides out of the window during the next one.
 */

static ngx_uint_t
ngx_http_phone_verify_conversion_wait(double max, const uint32_t *unverified,
    ngx_uint_t period, time_t now)
{
    double      room;
    ngx_uint_t  into;

    if (ngx_http_phone_verify_cnode_sum(unverified, period, now) + 1 <= max) {
        return 0;
    }

    if (max < 1) {
        return period;
    }

    into = (ngx_uint_t) now % period;
    room = max - 1;

    if (unverified[0] <= room) {
        return (ngx_uint_t) ((1 - (room - unverified[0]) / unverified[1])
                             * period) + 1 - into;
    }

    return period - into
           + (ngx_uint_t) ((1 - room / unverified[0]) * period) + 1;
}


static ngx_uint_t
ngx_http_phone_verify_conversion_countries(
    const ngx_http_phone_verify_breaker_t *conf,
    ngx_http_phone_verify_cnode_t *c, ngx_uint_t country, time_t now)
{
    ngx_uint_t  i, n;

    if ((uint32_t) now - c->since >= NGX_HTTP_PHONE_VERIFY_DAY) {
        return 0;
    }

    n = 0;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_CNODE_COUNTRIES; i++) {

        if ((c->of.countries[i] & NGX_HTTP_PHONE_VERIFY_CNODE_COUNTRY)
            == country)
        {
            return 0;
        }

        if (c->of.countries[i]
            && !(c->of.countries[i] & NGX_HTTP_PHONE_VERIFY_CNODE_PROVED))
        {
            n++;
        }
    }

    return n < conf->day
           ? 0 : NGX_HTTP_PHONE_VERIFY_DAY - ((uint32_t) now - c->since);
}


static ngx_uint_t
ngx_http_phone_verify_conversion_country(const u_char *country)
{
    return (ngx_uint_t) (country[0] - 'A') * 26 + (country[1] - 'A') + 1;
}


static void
ngx_http_phone_verify_conversion_log(
    ngx_http_phone_verify_admission_t *admission, ngx_log_t *log)
{
    u_char       text[NGX_HTTP_PHONE_VERIFY_NUMBER_LEN + 8], *p;
    ngx_uint_t   i, level;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_BREAKERS; i++) {

        if (!((admission->opened | admission->closed) & (1 << i))) {
            continue;
        }

        p = text;

        if (i == NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRY) {
            p = ngx_sprintf(p, " %c%c", admission->numbering.country[0],
                            admission->numbering.country[1]);

        } else if (i == NGX_HTTP_PHONE_VERIFY_BREAKER_PREFIX) {
            p = ngx_sprintf(p, " +%uLxxxx",
                            (uint64_t) admission->number / 10000);
        }

        level = (admission->opened & (1 << i)) ? NGX_LOG_WARN : NGX_LOG_NOTICE;

        ngx_log_error(level, log, 0,
                      "phone_verify: breaker \"%V\"%*s of app \"%V\" %s%s",
                      ngx_http_phone_verify_breaker_name(i),
                      (size_t) (p - text), text, &admission->app->name,
                      (admission->opened & (1 << i)) ? "opened" : "closed",
                      admission->app->breakers[i].dry ? ", dry run" : "");
    }

    admission->opened = 0;
    admission->closed = 0;
}


ngx_uint_t
ngx_http_phone_verify_conversion_list(ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_breaker_t *breakers,
    ngx_http_phone_verify_open_t *open, ngx_uint_t n, ngx_uint_t *each)
{
    time_t                           now;
    ngx_uint_t                       i, b, found;
    ngx_http_phone_verify_cnode_t   *c;
    ngx_http_phone_verify_ctable_t  *table;

    now = ngx_current_msec / 1000;
    found = 0;

    if (each) {
        ngx_memzero(each, NGX_HTTP_PHONE_VERIFY_BREAKERS * sizeof(ngx_uint_t));
    }

    ngx_http_phone_verify_zone_lock(zone);

    table = ngx_http_phone_verify_ctable(zone);

    for (i = 0; (c = ngx_http_phone_verify_ctable_at(table, i)) != NULL; i++) {

        if (i % NGX_HTTP_PHONE_VERIFY_CONVERSION_LOOK
            == NGX_HTTP_PHONE_VERIFY_CONVERSION_LOOK - 1)
        {
            ngx_http_phone_verify_zone_unlock(zone);
            ngx_http_phone_verify_zone_lock(zone);
        }

        if (c->key == 0 || c->open == 0) {
            continue;
        }

        ngx_http_phone_verify_cnode_touch(c, now);

        for (b = 0; b < NGX_HTTP_PHONE_VERIFY_BREAKERS; b++) {

            if (!(c->open & (1 << b)) || !breakers[b].on) {
                continue;
            }

            if (b == NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRIES
                ? !ngx_http_phone_verify_conversion_countries(&breakers[b], c,
                                                              0xffff, now)
                : !ngx_http_phone_verify_conversion_over(&breakers[b], b, c,
                                                         now))
            {
                continue;
            }

            if (found < n) {
                ngx_memzero(&open[found], sizeof(open[found]));

                open[found].id = c->key;
                open[found].breaker = b;
                open[found].open = (uint32_t) now
                           - *ngx_http_phone_verify_conversion_opened(c, b);
                open[found].hour = ngx_http_phone_verify_cnode_sum(
                                           c->hour_unverified,
                                           NGX_HTTP_PHONE_VERIFY_HOUR, now);
                open[found].day = ngx_http_phone_verify_cnode_sum(
                                           c->day_unverified,
                                           NGX_HTTP_PHONE_VERIFY_DAY, now);

                if (b == NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRY) {
                    ngx_memcpy(open[found].country, c->of.country, 2);

                } else if (b == NGX_HTTP_PHONE_VERIFY_BREAKER_PREFIX) {
                    open[found].prefix = c->of.prefix;
                }
            }

            found++;

            if (each) {
                each[b]++;
            }
        }
    }

    ngx_http_phone_verify_zone_unlock(zone);

    return found;
}


ngx_uint_t
ngx_http_phone_verify_conversion_reset(ngx_http_phone_verify_zone_t *zone,
    uint64_t id)
{
    ngx_uint_t                       i, n;
    ngx_http_phone_verify_cnode_t   *c;
    ngx_http_phone_verify_ctable_t  *table;

    n = 0;

    ngx_http_phone_verify_zone_lock(zone);

    table = ngx_http_phone_verify_ctable(zone);

    for (i = 0; (c = ngx_http_phone_verify_ctable_at(table, i)) != NULL; i++) {

        if (c->key && (id == 0 || c->key == id)) {
            c->key = 0;
            n++;
        }
    }

    ngx_http_phone_verify_zone_unlock(zone);

    return n;
}
