
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_LIMITER_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_LIMITER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/app.h"
#include "verification/policy/limits.h"


/* Keys and windows of what is limited.  Keys are hashes, never 0. */


/* The key of "value" (NULL: none) under "label". */

uint64_t ngx_http_phone_verify_limiter_key(
    const ngx_http_phone_verify_app_t *app, const char *label,
    ngx_str_t *value);

/* The same of a number, or a part of one; an owner has keys of his own. */

uint64_t ngx_http_phone_verify_limiter_number(
    const ngx_http_phone_verify_app_t *app, const char *label,
    ngx_http_phone_verify_number_t number, ngx_uint_t owner);


/* The window of a key and a rate. */

ngx_http_phone_verify_limit_t ngx_http_phone_verify_limiter_window(
    uint64_t key, const ngx_http_phone_verify_rate_t *rate);


/*
 * What key "to" has used is what "from" has.  Inside the zone's critical
 * section.
 */

void ngx_http_phone_verify_limiter_inherit(
    ngx_http_phone_verify_limits_t *table,
    const ngx_http_phone_verify_limited_t *limit, uint64_t from, uint64_t to,
    time_t now);


/*
 * A report has verified "number" for a client of this address (0: not known):
 * its start was no waste.
 */

void ngx_http_phone_verify_limiter_verified(
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number, uint64_t address);


/*
 * An operator's: forgets what was counted of a number (its prefix and guesses
 * included), of an address (as text; NGX_DECLINED: it is none), of all.
 */

void ngx_http_phone_verify_limiter_reset_number(
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number);
ngx_int_t ngx_http_phone_verify_limiter_reset_address(
    const ngx_http_phone_verify_app_t *app, ngx_str_t *address);
void ngx_http_phone_verify_limiter_reset_all(
    const ngx_http_phone_verify_app_t *app);


/*
 * The key of an address: of an IPv6 one its /64.  0: it has none (a unix
 * socket).  *private is 1 for loopback and private networks.
 */

uint64_t ngx_http_phone_verify_limiter_address(
    const ngx_http_phone_verify_app_t *app, struct sockaddr *sockaddr,
    ngx_uint_t *private);


/*
 * Reports of a number, its own guesses and those of the whole app, as windows
 * (room for two); returns how many there are.
 */

ngx_uint_t ngx_http_phone_verify_limiter_guesses(
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number, ngx_uint_t owner,
    ngx_http_phone_verify_limit_t *windows);


/*
 * Counts a guess, inside the zone's critical section.  NGX_OK, also in a dry
 * run (then guess->refused tells); NGX_DECLINED: no more of them.
 */

ngx_int_t ngx_http_phone_verify_limiter_guess(
    ngx_http_phone_verify_limits_t *table,
    ngx_http_phone_verify_guess_t *guess, time_t now);


/* It was none: the code was right, or nobody has judged it. */

void ngx_http_phone_verify_limiter_guess_back(
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_guess_t *guess);


#endif /* _NGX_HTTP_PHONE_VERIFY_LIMITER_H_INCLUDED_ */
