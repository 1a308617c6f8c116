
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "fixture.h"
#include "verification/code.h"


/* Codes of our own: by a key and a seed, and known after a change of keys. */


#define A  NGX_HTTP_PHONE_VERIFY_UNIT_KEY_A
#define B  NGX_HTTP_PHONE_VERIFY_UNIT_KEY_B


void ngx_http_phone_verify_unit_code(ngx_http_phone_verify_unit_t *u);


void
ngx_http_phone_verify_unit_code(ngx_http_phone_verify_unit_t *u)
{
    u_char                                 seed[
                                              NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];
    u_char                                 code[8], again[8];
    ngx_str_t                              text;
    ngx_uint_t                             i;
    ngx_http_phone_verify_keys_t          *a, *b, *ab, *ba;
    ngx_http_phone_verify_unit_fixture_t   f;

    ngx_http_phone_verify_unit_fixture(u, &f);

    a = ngx_http_phone_verify_unit_make_keys(u, &f, "signup", str(u, A), 0600);
    b = ngx_http_phone_verify_unit_make_keys(u, &f, "signup", str(u, B), 0600);
    ab = ngx_http_phone_verify_unit_make_keys(u, &f, "signup",
                                              str(u, A "\n" B), 0600);
    ba = ngx_http_phone_verify_unit_make_keys(u, &f, "signup",
                                              str(u, B "\n" A), 0600);

    if (!ok(u, a && b && ab && ba, "keys")) {
        return;
    }

    for (i = 0; i < sizeof(seed); i++) {
        seed[i] = (u_char) (i * 7 + 3);
    }

    is(u, ngx_http_phone_verify_code_write(ab, seed, 6, code), NGX_OK,
       "a code");
    is(u, ngx_http_phone_verify_code_write(a, seed, 6, again), NGX_OK,
       "again");
    is_mem(u, again, 6, code, 6, "is that of the first key");

    text.data = code;
    text.len = 6;

    is(u, ngx_http_phone_verify_code_matches(ab, seed, &text), 1,
       "it is right");
    is(u, ngx_http_phone_verify_code_matches(ba, seed, &text), 1,
       "also when another key has become the first");
    is(u, ngx_http_phone_verify_code_matches(b, seed, &text), 0,
       "not when its own has gone");

    text.len = 5;
    is(u, ngx_http_phone_verify_code_matches(ba, seed, &text), 0,
       "a part of it is not");

    text.len = 6;
    code[5] = (u_char) (code[5] == '9' ? '0' : code[5] + 1);
    is(u, ngx_http_phone_verify_code_matches(ab, seed, &text), 0,
       "another one is wrong");

    code[5] = again[5];
    seed[15] ^= 1;
    is(u, ngx_http_phone_verify_code_matches(ba, seed, &text), 0,
       "and it, for another seed");
}
