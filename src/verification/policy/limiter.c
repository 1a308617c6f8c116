
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/policy/limiter.h"
#include "verification/policy/rule.h"
#include "verification/store/zone_map.h"


static ngx_uint_t ngx_http_phone_verify_limiter_private(in_addr_t address);
static void ngx_http_phone_verify_limiter_forget(
    const ngx_http_phone_verify_app_t *app, ngx_uint_t rule, uint64_t key);


uint64_t
ngx_http_phone_verify_limiter_key(const ngx_http_phone_verify_app_t *app,
    const char *label, ngx_str_t *value)
{
    ngx_str_t  none = ngx_null_string;

    return 1 | ngx_http_phone_verify_limit_hash(app->keys, label,
                                                value ? value : &none);
}


uint64_t
ngx_http_phone_verify_limiter_number(const ngx_http_phone_verify_app_t *app,
    const char *label, ngx_http_phone_verify_number_t number,
    ngx_uint_t owner)
{
    u_char     text[NGX_INT64_LEN + 1];
    ngx_str_t  value;

    value.data = text;
    value.len = ngx_sprintf(text, "%uL%s", number, owner ? "o" : "") - text;

    return ngx_http_phone_verify_limiter_key(app, label, &value);
}


/* Another period is another window, so rates may be changed at any time. */

ngx_http_phone_verify_limit_t
ngx_http_phone_verify_limiter_window(uint64_t key,
    const ngx_http_phone_verify_rate_t *rate)
{
    ngx_http_phone_verify_limit_t  window;

    window.key = (key ^ rate->period * 0x9e3779b97f4a7c15ull) | 1;
    window.count = rate->count;
    window.period = rate->period;

    return window;
}


void
ngx_http_phone_verify_limiter_inherit(ngx_http_phone_verify_limits_t *table,
    const ngx_http_phone_verify_limited_t *limit, uint64_t from, uint64_t to,
    time_t now)
{
    ngx_uint_t                     i;
    ngx_http_phone_verify_limit_t  f, t;

    for (i = 0; i < limit->nrates; i++) {
        f = ngx_http_phone_verify_limiter_window(from, &limit->rate[i]);
        t = ngx_http_phone_verify_limiter_window(to, &limit->rate[i]);

        ngx_http_phone_verify_limits_copy(table, f.key, t.key, now);
    }
}


void
ngx_http_phone_verify_limiter_verified(const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number, uint64_t address)
{
    time_t                                  now;
    uint64_t                                key, prefix;
    ngx_uint_t                              i, n;
    ngx_http_phone_verify_limit_t           window;
    const ngx_http_phone_verify_limited_t  *limit;

    prefix = ngx_http_phone_verify_limiter_number(app, "prefix",
                                                  number / 10000, 0);
    now = ngx_current_msec / 1000;
    limit = app->limits->elts;

    ngx_http_phone_verify_zone_lock(app->zone);

    for (i = 0; i < app->limits->nelts; i++) {

        switch (limit[i].rule) {

        case NGX_HTTP_PHONE_VERIFY_RULE_PREFIX:
            key = prefix;
            break;

        case NGX_HTTP_PHONE_VERIFY_RULE_ADDRESS:
            key = address;
            break;

        default:
            key = 0;
        }

        for (n = 0; key && n < limit[i].nrates; n++) {
            window = ngx_http_phone_verify_limiter_window(key,
                                                          &limit[i].rate[n]);
            ngx_http_phone_verify_limits_give_back(
                     ngx_http_phone_verify_zone_region(app->zone, LIMITS),
                     &window, 1, now);
        }
    }

    ngx_http_phone_verify_zone_unlock(app->zone);
}


void
ngx_http_phone_verify_limiter_reset_number(
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number)
{
    ngx_uint_t                      owner;
    ngx_http_phone_verify_limit_t   window[2];

    for (owner = 0; owner < 2; owner++) {

        ngx_http_phone_verify_limiter_forget(app,
                        NGX_HTTP_PHONE_VERIFY_RULE_NUMBER,
                        ngx_http_phone_verify_limiter_number(app, "number",
                                                             number, owner));

        (void) ngx_http_phone_verify_limiter_guesses(app, number, owner,
                                                     window);

        /* not the guesses of the whole app, which is the second one */

        if (app->guesses.number.count) {
            ngx_http_phone_verify_zone_lock(app->zone);
            ngx_http_phone_verify_limits_reset(
                     ngx_http_phone_verify_zone_region(app->zone, LIMITS),
                     window[0].key);
            ngx_http_phone_verify_zone_unlock(app->zone);
        }
    }

    ngx_http_phone_verify_limiter_forget(app,
                        NGX_HTTP_PHONE_VERIFY_RULE_PREFIX,
                        ngx_http_phone_verify_limiter_number(app, "prefix",
                                                          number / 10000, 0));
}


ngx_int_t
ngx_http_phone_verify_limiter_reset_address(
    const ngx_http_phone_verify_app_t *app, ngx_str_t *address)
{
    uint64_t         key;
    ngx_addr_t       addr;
    ngx_pool_t      *pool;
    ngx_int_t        rc;
    ngx_uint_t       private;

    pool = ngx_create_pool(256, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_parse_addr(pool, &addr, address->data, address->len);

    if (rc == NGX_OK) {
        key = ngx_http_phone_verify_limiter_address(app, addr.sockaddr,
                                                    &private);
        ngx_http_phone_verify_limiter_forget(app,
                                    NGX_HTTP_PHONE_VERIFY_RULE_ADDRESS, key);
    }

    ngx_destroy_pool(pool);

    return rc;
}


void
ngx_http_phone_verify_limiter_reset_all(const ngx_http_phone_verify_app_t *app)
{
    ngx_http_phone_verify_zone_lock(app->zone);

    ngx_http_phone_verify_limits_clear(
                      ngx_http_phone_verify_zone_region(app->zone, LIMITS));

    ngx_http_phone_verify_zone_unlock(app->zone);
}


static void
ngx_http_phone_verify_limiter_forget(const ngx_http_phone_verify_app_t *app,
    ngx_uint_t rule, uint64_t key)
{
    ngx_uint_t                              i, n;
    ngx_http_phone_verify_limit_t           window;
    const ngx_http_phone_verify_limited_t  *limit;

    limit = app->limits->elts;

    ngx_http_phone_verify_zone_lock(app->zone);

    for (i = 0; i < app->limits->nelts; i++) {

        for (n = 0; limit[i].rule == rule && n < limit[i].nrates; n++) {
            window = ngx_http_phone_verify_limiter_window(key,
                                                          &limit[i].rate[n]);
            ngx_http_phone_verify_limits_reset(
                     ngx_http_phone_verify_zone_region(app->zone, LIMITS),
                     window.key);
        }
    }

    ngx_http_phone_verify_zone_unlock(app->zone);
}


uint64_t
ngx_http_phone_verify_limiter_address(const ngx_http_phone_verify_app_t *app,
    struct sockaddr *sockaddr, ngx_uint_t *private)
{
    ngx_str_t             value;
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    u_char               *p;
    in_addr_t             mapped;
    struct sockaddr_in6  *sin6;
#endif

    *private = 0;

    switch (sockaddr->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) sockaddr;

        *private = ngx_http_phone_verify_limiter_private(
                                                  ntohl(sin->sin_addr.s_addr));
        value.data = (u_char *) &sin->sin_addr.s_addr;
        value.len = sizeof(in_addr_t);
        break;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) sockaddr;
        p = sin6->sin6_addr.s6_addr;

        if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
            ngx_memcpy(&mapped, p + 12, sizeof(mapped));
            *private = ngx_http_phone_verify_limiter_private(ntohl(mapped));

            value.data = p + 12;
            value.len = sizeof(in_addr_t);
            break;
        }

        *private = IN6_IS_ADDR_LOOPBACK(&sin6->sin6_addr)
                   || IN6_IS_ADDR_LINKLOCAL(&sin6->sin6_addr)
                   || (p[0] & 0xfe) == 0xfc;

        /* the network that a household or a server gets */

        value.data = p;
        value.len = 8;
        break;
#endif

    default:
        *private = 1;
        return 0;
    }

    return ngx_http_phone_verify_limiter_key(app, "address", &value);
}


/* Loopback, RFC 1918, link-local, and RFC 6598's (carriers' inside). */

static ngx_uint_t
ngx_http_phone_verify_limiter_private(in_addr_t address)
{
    return (address >> 24) == 127
           || (address >> 24) == 10
           || (address >> 20) == (172 << 4 | 1)
           || (address >> 16) == (192 << 8 | 168)
           || (address >> 16) == (169 << 8 | 254)
           || (address >> 22) == (100 << 2 | 1);
}


ngx_uint_t
ngx_http_phone_verify_limiter_guesses(const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number, ngx_uint_t owner,
    ngx_http_phone_verify_limit_t *windows)
{
    uint64_t    key;
    ngx_uint_t  n;

    n = 0;

    if (app->guesses.number.count) {
        key = ngx_http_phone_verify_limiter_number(app, "guesses", number,
                                                   owner);
        windows[n++] = ngx_http_phone_verify_limiter_window(key,
                                                       &app->guesses.number);
    }

    if (app->guesses.all.count) {
        key = ngx_http_phone_verify_limiter_key(app, "all guesses", NULL);
        windows[n++] = ngx_http_phone_verify_limiter_window(key,
                                                            &app->guesses.all);
    }

    return n;
}


ngx_int_t
ngx_http_phone_verify_limiter_guess(ngx_http_phone_verify_limits_t *table,
    ngx_http_phone_verify_guess_t *guess, time_t now)
{
    if (ngx_http_phone_verify_limits_take(table, guess->window, guess->n, now,
                                          &guess->retry_after)
        == guess->n)
    {
        guess->taken = 1;
        return NGX_OK;
    }

    guess->refused = 1;

    return guess->dry_run ? NGX_OK : NGX_DECLINED;
}


void
ngx_http_phone_verify_limiter_guess_back(
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_guess_t *guess)
{
    if (!guess->taken) {
        return;
    }

    guess->taken = 0;

    ngx_http_phone_verify_zone_lock(app->zone);

    ngx_http_phone_verify_limits_give_back(
                          ngx_http_phone_verify_zone_region(app->zone, LIMITS),
                          guess->window, guess->n, ngx_current_msec / 1000);

    ngx_http_phone_verify_zone_unlock(app->zone);
}
