
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "fixture.h"
#include "verification/token/keys.h"
#include "verification/token/siphash.h"


#define A  NGX_HTTP_PHONE_VERIFY_UNIT_KEY_A
#define B  NGX_HTTP_PHONE_VERIFY_UNIT_KEY_B


void ngx_http_phone_verify_unit_siphash(ngx_http_phone_verify_unit_t *u);

static void ngx_http_phone_verify_unit_limit_hashes(
    ngx_http_phone_verify_unit_t *u);


/* What CPython says of the bytes 0, 1, 2 ... with PYTHONHASHSEED=0. */

static const struct {
    size_t    len;
    uint64_t  hash;
} ngx_http_phone_verify_unit_siphashes[] = {
    { 1, 0x68a914128e01e473ULL },
    { 7, 0x2f098ab0c751325aULL },
    { 8, 0xead411e67ebe2eeaULL },
    { 9, 0x75927f9d95124362ULL },
    { 15, 0xf30eb725bb91c9eaULL },
    { 16, 0x8972188433a5c5b7ULL },
    { 17, 0x4883c49a2c009c1dULL },
    { 63, 0x385d3e39e5f37359ULL }
};


void
ngx_http_phone_verify_unit_siphash(ngx_http_phone_verify_unit_t *u)
{
    u_char     text[300];
    uint64_t   zero[2] = { 0, 0 };
    uint64_t   secret[2] = { 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL };
    ngx_uint_t i, n;

    for (i = 0; i < sizeof(text); i++) {
        text[i] = (u_char) i;
    }

    n = sizeof(ngx_http_phone_verify_unit_siphashes)
        / sizeof(ngx_http_phone_verify_unit_siphashes[0]);

    for (i = 0; i < n; i++) {
        ok(u, ngx_http_phone_verify_siphash_bytes(zero, text,
                                   ngx_http_phone_verify_unit_siphashes[i].len)
              == ngx_http_phone_verify_unit_siphashes[i].hash,
           "%zu bytes", ngx_http_phone_verify_unit_siphashes[i].len);
    }

    /* Rust's test of its SipHasher13 */

    ok(u, ngx_http_phone_verify_siphash_bytes(secret, text, 0)
          == 0xabac0158050fc4dcULL,
       "none, with a secret");

    ok(u, ngx_http_phone_verify_siphash(zero, 0x0706050403020100ULL)
          == 0xead411e67ebe2eeaULL,
       "a word is its bytes");

    ok(u, ngx_http_phone_verify_siphash_bytes(secret, text, 256)
          != ngx_http_phone_verify_siphash_bytes(secret, text, 0),
       "256 bytes are not none");

    ngx_http_phone_verify_unit_limit_hashes(u);
}


static void
ngx_http_phone_verify_unit_limit_hashes(ngx_http_phone_verify_unit_t *u)
{
    uint64_t                              hash;
    ngx_uint_t                            i;
    ngx_http_phone_verify_keys_t         *a, *b, *other;
    ngx_http_phone_verify_unit_fixture_t  f;

    static const struct {
        const char  *label;
        const char  *value;
        ngx_uint_t   same;
    } parts[] = {
        { "address", "abcd", 1 },
        { "addres", "sabcd", 0 },
        { "addressa", "bcd", 0 },
        { "addressabcd", "", 0 },
        { "", "addressabcd", 0 },
        { "abcd", "address", 0 },
        { "address", "abce", 0 },
        { "session", "abcd", 0 }
    };

    ngx_http_phone_verify_unit_fixture(u, &f);

    a = ngx_http_phone_verify_unit_make_keys(u, &f, "signup", str(u, A), 0600);
    b = ngx_http_phone_verify_unit_make_keys(u, &f, "signup", str(u, B), 0600);
    other = ngx_http_phone_verify_unit_make_keys(u, &f, "login", str(u, A),
                                                 0600);

    if (!ok(u, a && b && other, "keys")) {
        return;
    }

    hash = ngx_http_phone_verify_limit_hash(a, "address", str(u, "abcd"));

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        is(u, ngx_http_phone_verify_limit_hash(a, parts[i].label,
                                               str(u, parts[i].value))
              == hash,
           parts[i].same, "(%s, %s)", parts[i].label, parts[i].value);
    }

    ok(u, ngx_http_phone_verify_limit_hash(b, "address", str(u, "abcd"))
          != hash,
       "under another key it is another");
    ok(u, ngx_http_phone_verify_limit_hash(other, "address", str(u, "abcd"))
          != hash,
       "in another app, too");
    ok(u, ngx_memcmp(a->key[0].limit, a->key[0].number,
                     sizeof(a->key[0].limit))
          != 0,
       "and not what numbers are hashed with");
}
