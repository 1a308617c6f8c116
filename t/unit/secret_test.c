
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <openssl/err.h>
#include "fixture.h"
#include "verification/token/base64url.h"


#define A  NGX_HTTP_PHONE_VERIFY_UNIT_KEY_A
#define B  NGX_HTTP_PHONE_VERIFY_UNIT_KEY_B


void ngx_http_phone_verify_unit_secret(ngx_http_phone_verify_unit_t *u);

static void ngx_http_phone_verify_unit_secret_references(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_fixture_t *f);
static void ngx_http_phone_verify_unit_secret_hashes(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_fixture_t *f);


void
ngx_http_phone_verify_unit_secret(ngx_http_phone_verify_unit_t *u)
{
    u_char                                a[64], b[64];
    ngx_http_phone_verify_unit_fixture_t  f;

    ngx_http_phone_verify_unit_fixture(u, &f);

    ngx_http_phone_verify_unit_secret_references(u, &f);
    ngx_http_phone_verify_unit_secret_hashes(u, &f);

    ngx_memset(a, '#', sizeof(a));

    is(u, ngx_http_phone_verify_random(a, 32), NGX_OK, "random bytes");
    is(u, ngx_http_phone_verify_random(b, 32), NGX_OK, "and others");
    ok(u, ngx_memcmp(a, b, 32) != 0, "which are not the same");
    is(u, a[32], '#', "and no more than asked for");
}


static void
ngx_http_phone_verify_unit_secret_references(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_fixture_t *f)
{
    u_char                         *end, random[16], got[17], raw[28];
    u_char                          buf[NGX_HTTP_PHONE_VERIFY_REFERENCE_LEN
                                        + 8];
    size_t                          i;
    ngx_str_t                       text, src, copy;
    ngx_uint_t                      ch, taken;
    ngx_http_phone_verify_keys_t   *a, *b, *ba, *other;

    a = ngx_http_phone_verify_unit_make_keys(u, f, "signup", str(u, A), 0600);
    b = ngx_http_phone_verify_unit_make_keys(u, f, "signup", str(u, B), 0600);
    ba = ngx_http_phone_verify_unit_make_keys(u, f, "signup",
                                              str(u, B "\n" A), 0600);
    other = ngx_http_phone_verify_unit_make_keys(u, f, "login", str(u, A),
                                                 0600);

    if (!ok(u, a && b && ba && other, "keys")) {
        return;
    }

    for (i = 0; i < sizeof(random); i++) {
        random[i] = (u_char) (i * 13 + 5);
    }

    ngx_memset(buf, '#', sizeof(buf));

    end = ngx_http_phone_verify_reference_write(a, random, buf);

    is(u, end - buf, NGX_HTTP_PHONE_VERIFY_REFERENCE_LEN, "its length");
    is(u, *end, '#', "and nothing behind it");

    text.data = buf;
    text.len = NGX_HTTP_PHONE_VERIFY_REFERENCE_LEN;

    for (i = 0; i < text.len; i++) {
        if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                   "0123456789-_", text.data[i])
            == NULL)
        {
            break;
        }
    }

    is(u, i, text.len, "it can stand in a path");

    ngx_memset(got, '#', sizeof(got));

    is(u, ngx_http_phone_verify_reference_check(a, &text, got), NGX_OK,
       "it proves itself");
    is_mem(u, got, 16, random, 16, "and gives its random part");
    is(u, got[16], '#', "and no more");

    is(u, ngx_http_phone_verify_reference_check(ba, &text, got), NGX_OK,
       "also while keys are rotated");
    is(u, ngx_http_phone_verify_reference_check(b, &text, got), NGX_DECLINED,
       "not under another key");
    is(u, ngx_http_phone_verify_reference_check(other, &text, got),
       NGX_DECLINED, "not in another app");

    /* any bit, any character, any length */

    copy.data = raw;
    (void) ngx_http_phone_verify_base64url_decode(raw, text.data, text.len);

    src.data = raw;
    src.len = sizeof(raw);

    copy.data = ngx_http_phone_verify_unit_fill(u, '#', 64)->data;

    for (i = 0, taken = 0; i < sizeof(raw) * 8; i++) {
        raw[i / 8] ^= 1 << (i % 8);
        ngx_encode_base64url(&copy, &src);
        raw[i / 8] ^= 1 << (i % 8);

        taken += ngx_http_phone_verify_reference_check(a, &copy, got)
                 != NGX_DECLINED;
    }

    is(u, taken, 0, "one bit changed");

    for (i = 0, taken = 0; i < text.len; i++) {
        ngx_memcpy(copy.data, text.data, text.len);
        copy.len = text.len;

        for (ch = 0; ch < 256; ch++) {
            copy.data[i] = (u_char) ch;
            taken += ngx_http_phone_verify_reference_check(a, &copy, got)
                     == NGX_OK;
        }
    }

    is(u, taken, text.len, "one character changed, to itself only");

    for (i = 0, taken = 0; i < sizeof(buf); i++) {
        copy.data = buf;
        copy.len = i;
        taken += ngx_http_phone_verify_reference_check(a, &copy, got)
                 == NGX_OK;
    }

    is(u, taken, 1, "of its length only");

    for (i = 1, taken = 0; i <= 16; i++) {
        copy = *ngx_http_phone_verify_unit_fill(u, 'A', text.len + i);
        ngx_memcpy(copy.data, text.data, text.len);

        taken += ngx_http_phone_verify_reference_check(a, &copy, got)
                 == NGX_OK;
    }

    is(u, taken, 0, "and not longer");

    is(u, ngx_http_phone_verify_reference_check(a, str(u, "order-42"), got),
       NGX_DECLINED, "somebody else's");

    is(u, ERR_peek_error(), 0, "OpenSSL has nothing left to say");
}


static void
ngx_http_phone_verify_unit_secret_hashes(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_fixture_t *f)
{
    u_char                         h[2][NGX_HTTP_PHONE_VERIFY_HASH_LEN + 1];
    ngx_str_t                      none = ngx_null_string;
    ngx_uint_t                     i;
    ngx_http_phone_verify_keys_t  *a, *b, *other;

    static const struct {
        const char  *label;
        const char  *a;
        const char  *b;
        ngx_uint_t   same;
    } parts[] = {
        { "code", "1234", "abc", 1 },
        { "code", "1234a", "bc", 0 },
        { "code", "123", "4abc", 0 },
        { "code", "1234abc", "", 0 },
        { "code", "", "1234abc", 0 },
        { "code", "abc", "1234", 0 },
        { "code", "1235", "abc", 0 },
        { "code1", "234", "abc", 0 },
        { "bind", "1234", "abc", 0 },
        { "", "1234", "abc", 0 }
    };

    a = ngx_http_phone_verify_unit_make_keys(u, f, "signup", str(u, A), 0600);
    b = ngx_http_phone_verify_unit_make_keys(u, f, "signup", str(u, B), 0600);
    other = ngx_http_phone_verify_unit_make_keys(u, f, "login", str(u, A),
                                                 0600);

    if (!ok(u, a && b && other, "keys")) {
        return;
    }

    ngx_memset(h, '#', sizeof(h));

    is(u, ngx_http_phone_verify_hash(a, "code", str(u, "1234"),
                                     str(u, "abc"), h[0]),
       NGX_OK, "a hash");
    is(u, h[0][NGX_HTTP_PHONE_VERIFY_HASH_LEN], '#', "of its length");

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {

        is(u, ngx_http_phone_verify_hash(a, parts[i].label,
                                         str(u, parts[i].a),
                                         str(u, parts[i].b), h[1]),
           NGX_OK, "a hash of other parts");

        is(u, ngx_memcmp(h[0], h[1], NGX_HTTP_PHONE_VERIFY_HASH_LEN) == 0,
           parts[i].same, "(%s, %s, %s)", parts[i].label, parts[i].a,
           parts[i].b);
    }

    is(u, ngx_http_phone_verify_hash(b, "code", str(u, "1234"),
                                     str(u, "abc"), h[1]),
       NGX_OK, "under another key");
    ok(u, ngx_memcmp(h[0], h[1], NGX_HTTP_PHONE_VERIFY_HASH_LEN) != 0,
       "it is another");

    is(u, ngx_http_phone_verify_hash(other, "code", str(u, "1234"),
                                     str(u, "abc"), h[1]),
       NGX_OK, "in another app");
    ok(u, ngx_memcmp(h[0], h[1], NGX_HTTP_PHONE_VERIFY_HASH_LEN) != 0,
       "as well");

    is(u, ngx_http_phone_verify_hash(a, "code", &none, &none, h[1]), NGX_OK,
       "parts may be empty");

    is(u, ngx_http_phone_verify_hash(a, "12345678901234567890123456789012",
                                     &none, &none, h[1]),
       NGX_OK, "a label of 32 characters");
    is(u, ngx_http_phone_verify_hash(a, "123456789012345678901234567890123",
                                     &none, &none, h[1]),
       NGX_ERROR, "and not of more");
}
