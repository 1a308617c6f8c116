
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <openssl/err.h>
#include "fixture.h"
#include "sinch/words.h"
#include "verification/token/base64url.h"


#define A  NGX_HTTP_PHONE_VERIFY_UNIT_KEY_A
#define B  NGX_HTTP_PHONE_VERIFY_UNIT_KEY_B
#define C  NGX_HTTP_PHONE_VERIFY_UNIT_KEY_C

#define GRANT    NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT
#define PENDING  NGX_HTTP_PHONE_VERIFY_TOKEN_PENDING

#define NOW  1768469400


void ngx_http_phone_verify_unit_token(ngx_http_phone_verify_unit_t *u);

static void ngx_http_phone_verify_unit_token_same(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_keys_t *keys,
    ngx_uint_t purpose, ngx_http_phone_verify_token_t *token);
static void ngx_http_phone_verify_unit_token_forged(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_keys_t *keys,
    ngx_uint_t purpose, ngx_http_phone_verify_token_t *token);
static void ngx_http_phone_verify_unit_token_time(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_keys_t *keys,
    ngx_uint_t purpose, ngx_http_phone_verify_token_t token);
static void ngx_http_phone_verify_unit_token_keys(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_fixture_t *f,
    ngx_http_phone_verify_token_t *token);
static ngx_str_t *ngx_http_phone_verify_unit_token_seal(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_keys_t *keys,
    ngx_uint_t purpose, ngx_http_phone_verify_token_t *token);


/* Whether a text opens, or leaves an error in OpenSSL's queue. */

static ngx_uint_t
ngx_http_phone_verify_unit_token_opens(ngx_http_phone_verify_keys_t *keys,
    ngx_uint_t purpose, ngx_str_t *text)
{
    ngx_http_phone_verify_token_t  token;

    return ngx_http_phone_verify_token_open(keys, purpose, text, NOW, &token)
           == NGX_OK
           || ERR_peek_error() != 0;
}


#define opens(keys, purpose, text)                                            \
    ngx_http_phone_verify_unit_token_opens(keys, purpose, text)


void
ngx_http_phone_verify_unit_token(ngx_http_phone_verify_unit_t *u)
{
    ngx_str_t                             *text;
    ngx_uint_t                             i;
    ngx_http_phone_verify_keys_t          *keys, *other;
    ngx_http_phone_verify_token_t          token;
    ngx_http_phone_verify_unit_fixture_t   f;

    ngx_http_phone_verify_unit_fixture(u, &f);

    keys = ngx_http_phone_verify_unit_make_keys(u, &f, "signup",
                                                str(u, A "\n"), 0600);
    if (!ok(u, keys != NULL, "keys")) {
        return;
    }

    for (i = 0; i < sizeof(token); i++) {
        ((u_char *) &token)[i] = (u_char) (i * 7 + 1);
    }

    token.number = 46700000000;
    token.method = NGX_HTTP_PHONE_VERIFY_WHATSAPP;
    token.issued = NOW - 10;
    token.expires = NOW + 600;
    token.id_len = 36;
    token.target_len = 0;

    /* what is sealed is opened */

    ngx_http_phone_verify_unit_token_same(u, keys, GRANT, &token);
    ngx_http_phone_verify_unit_token_same(u, keys, PENDING, &token);

    token.id_len = NGX_HTTP_PHONE_VERIFY_ID_MAX;
    ngx_http_phone_verify_unit_token_same(u, keys, PENDING, &token);

    token.target_len = 1;
    ngx_http_phone_verify_unit_token_same(u, keys, PENDING, &token);

    token.target_len = NGX_HTTP_PHONE_VERIFY_TARGET_MAX;
    ngx_http_phone_verify_unit_token_same(u, keys, PENDING, &token);

    token.id_len = 0;
    ngx_http_phone_verify_unit_token_same(u, keys, PENDING, &token);
    token.target_len = 0;

    token.number = 999999999999999;
    ngx_http_phone_verify_unit_token_same(u, keys, PENDING, &token);
    ngx_http_phone_verify_unit_token_forged(u, keys, PENDING, &token);

    token.id_len = 36;
    ngx_http_phone_verify_unit_token_forged(u, keys, PENDING, &token);
    ngx_http_phone_verify_unit_token_forged(u, keys, GRANT, &token);

    ngx_http_phone_verify_unit_token_time(u, keys, GRANT, token);
    ngx_http_phone_verify_unit_token_time(u, keys, PENDING, token);

    /* of another purpose, of another app, of an app whose name begins so */

    text = ngx_http_phone_verify_unit_token_seal(u, keys, GRANT, &token);
    ok(u, opens(keys, GRANT, text), "a grant");
    ok(u, !opens(keys, PENDING, text), "a grant is not pending");

    other = ngx_http_phone_verify_unit_make_keys(u, &f, "signu",
                                                 str(u, A "\n"), 0600);
    ok(u, other && !opens(other, GRANT, text), "a shorter name");

    other = ngx_http_phone_verify_unit_make_keys(u, &f, "signup2",
                                                 str(u, A "\n"), 0600);
    ok(u, other && !opens(other, GRANT, text), "a longer name");

    other = ngx_http_phone_verify_unit_make_keys(u, &f, "Signup",
                                                 str(u, A "\n"), 0600);
    ok(u, other && !opens(other, GRANT, text), "another name");

    other = ngx_http_phone_verify_unit_make_keys(u, &f, "signup",
                                                 str(u, A "\n"), 0600);
    ok(u, other && opens(other, GRANT, text), "the same name, after a reload");

    /* a pending one as long as a grant cannot be, and a grant cannot be so */

    text = ngx_http_phone_verify_unit_token_seal(u, keys, PENDING, &token);
    ok(u, opens(keys, PENDING, text), "a pending one");
    ok(u, !opens(keys, GRANT, text), "is no grant");

    /* what cannot be sealed */

    token.id_len = NGX_HTTP_PHONE_VERIFY_ID_MAX + 1;
    is(u, ngx_http_phone_verify_token_seal(keys, PENDING, &token, text),
       NGX_ERROR, "an id that is too long");

    token.id_len = 36;
    token.target_len = NGX_HTTP_PHONE_VERIFY_TARGET_MAX + 1;
    is(u, ngx_http_phone_verify_token_seal(keys, PENDING, &token, text),
       NGX_ERROR, "a target that is too long");

    token.target_len = 0;
    token.expires = token.issued - 1;
    is(u, ngx_http_phone_verify_token_seal(keys, GRANT, &token, text),
       NGX_ERROR, "an end before the beginning");

    token.expires = token.issued + 0x100000000;
    is(u, ngx_http_phone_verify_token_seal(keys, GRANT, &token, text),
       NGX_ERROR, "a life of more than a hundred years");

    token.expires = NOW + 600;

    /* what can, and makes no sense */

    token.number = 0;
    text = ngx_http_phone_verify_unit_token_seal(u, keys, GRANT, &token);
    ok(u, !opens(keys, GRANT, text), "no number");

    token.number = 46700000000;
    token.method = NGX_HTTP_PHONE_VERIFY_NO_METHOD;
    text = ngx_http_phone_verify_unit_token_seal(u, keys, GRANT, &token);
    ok(u, !opens(keys, GRANT, text), "no method");

    token.method = NGX_HTTP_PHONE_VERIFY_SMS;

    ngx_http_phone_verify_unit_token_keys(u, &f, &token);
}


static ngx_str_t *
ngx_http_phone_verify_unit_token_seal(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_keys_t *keys, ngx_uint_t purpose,
    ngx_http_phone_verify_token_t *token)
{
    ngx_str_t  *text;

    text = ngx_http_phone_verify_unit_fill(u, '#',
                                           NGX_HTTP_PHONE_VERIFY_TOKEN_MAX);

    is(u, ngx_http_phone_verify_token_seal(keys, purpose, token, text), NGX_OK,
       "a token is sealed");

    return text;
}


static void
ngx_http_phone_verify_unit_token_same(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_keys_t *keys, ngx_uint_t purpose,
    ngx_http_phone_verify_token_t *token)
{
    size_t                          i;
    ngx_str_t                      *text, *again;
    ngx_http_phone_verify_token_t   got;

    text = ngx_http_phone_verify_unit_token_seal(u, keys, purpose, token);

    ok(u, text->len <= NGX_HTTP_PHONE_VERIFY_TOKEN_MAX, "it has room");

    if (purpose == GRANT) {
        ok(u, text->len <= 128, "a grant is short: %d", (int) text->len);
    }

    for (i = 0; i < text->len; i++) {
        if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                   "0123456789-_", text->data[i])
            == NULL)
        {
            break;
        }
    }

    is(u, i, text->len, "it can stand in a cookie");

    ngx_memset(&got, '#', sizeof(got));

    is(u, ngx_http_phone_verify_token_open(keys, purpose, text, NOW, &got),
       NGX_OK, "it opens");

    is_mem(u, got.session, sizeof(got.session), token->session,
           sizeof(token->session), "the session");
    is(u, got.number, token->number, "the number");
    is(u, got.method, token->method, "the method");
    is(u, got.issued, token->issued, "since when");
    is(u, got.expires, token->expires, "and until when");
    is_mem(u, got.bind, sizeof(got.bind), token->bind, sizeof(token->bind),
           "what it is bound to");

    if (purpose == PENDING) {
        is_mem(u, got.reference, sizeof(got.reference), token->reference,
               sizeof(token->reference), "the reference");
        is_mem(u, got.id, got.id_len, token->id, token->id_len, "the id");
        is_mem(u, got.target, got.target_len, token->target,
               token->target_len, "the target");

    } else {
        is(u, got.id_len, 0, "a grant has no id");
        is(u, got.target_len, 0, "and no target");
    }

    again = ngx_http_phone_verify_unit_token_seal(u, keys, purpose, token);

    ok(u, again->len == text->len
          && ngx_memcmp(again->data + 8, text->data + 8, 12) != 0
          && ngx_memcmp(again->data + 24, text->data + 24, text->len - 24)
             != 0,
       "sealed again it is another text");
}


static void
ngx_http_phone_verify_unit_token_forged(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_keys_t *keys, ngx_uint_t purpose,
    ngx_http_phone_verify_token_t *token)
{
    u_char      raw[NGX_HTTP_PHONE_VERIFY_TOKEN_MAX];
    u_char      buf[NGX_HTTP_PHONE_VERIFY_TOKEN_MAX * 2];
    size_t      i, n, half;
    ngx_str_t  *text, copy, src;
    ngx_uint_t  ch, opened;

    text = ngx_http_phone_verify_unit_token_seal(u, keys, purpose, token);
    ok(u, opens(keys, purpose, text), "the true one");

    n = ngx_http_phone_verify_base64url_bytes(text->len);
    copy.data = buf;

    is(u, ngx_http_phone_verify_base64url_decode(raw, text->data, text->len),
       NGX_OK, "its bytes");

    src.data = raw;
    src.len = n;

    for (i = 0, opened = 0; i < n * 8; i++) {
        raw[i / 8] ^= 1 << (i % 8);
        ngx_encode_base64url(&copy, &src);
        raw[i / 8] ^= 1 << (i % 8);

        opened += opens(keys, purpose, &copy);
    }

    is(u, opened, 0, "one bit of %d changed", (int) n * 8);

    for (i = 0, opened = 0; i < text->len; i++) {
        ngx_memcpy(buf, text->data, text->len);
        copy.len = text->len;

        for (ch = 0; ch < 256; ch++) {
            buf[i] = (u_char) ch;
            opened += opens(keys, purpose, &copy);
        }
    }

    is(u, opened, text->len, "one character changed, to itself only");

    for (i = 0, opened = 0; i < text->len; i++) {
        copy.data = text->data;
        copy.len = i;
        opened += opens(keys, purpose, &copy);

        copy.data = text->data + i + 1;
        copy.len = text->len - i - 1;
        opened += opens(keys, purpose, &copy);
    }

    is(u, opened, 0, "cut short at either end");

    copy.data = buf;

    for (i = 1, opened = 0; i <= NGX_HTTP_PHONE_VERIFY_TOKEN_MAX; i++) {
        ngx_memset(buf, 'A', sizeof(buf));
        ngx_memcpy(buf, text->data, text->len);
        copy.len = text->len + i;
        opened += opens(keys, purpose, &copy);

        ngx_memset(buf, 'A', sizeof(buf));
        ngx_memcpy(buf + i, text->data, text->len);
        opened += opens(keys, purpose, &copy);
    }

    is(u, opened, 0, "longer at either end");

    for (i = 1, opened = 0; i <= 3; i++) {
        ngx_memset(buf, '=', sizeof(buf));
        ngx_memcpy(buf, text->data, text->len);
        copy.len = text->len + i;
        opened += opens(keys, purpose, &copy);
    }

    is(u, opened, 0, "padded");

    half = text->len / 2;

    ngx_memcpy(buf, text->data + half, text->len - half);
    ngx_memcpy(buf + text->len - half, text->data, half);
    copy.len = text->len;

    ok(u, !opens(keys, purpose, &copy), "its halves swapped");

    /* a token of an older format, and of one to come */

    for (ch = 0, opened = 0; ch < 256; ch++) {
        i = raw[0];
        raw[0] = (u_char) ch;
        ngx_encode_base64url(&copy, &src);
        raw[0] = (u_char) i;

        opened += opens(keys, purpose, &copy);
    }

    is(u, opened, 1, "no other version");

    /* another one's tag */

    ngx_memcpy(buf, ngx_http_phone_verify_unit_token_seal(u, keys, purpose,
                                                          token)->data,
               text->len - 22);
    ngx_memcpy(buf + text->len - 22, text->data + text->len - 22, 22);
    copy.len = text->len;

    ok(u, !opens(keys, purpose, &copy), "the tag of another");

    for (ch = 0, opened = 0; ch < 256; ch++) {
        ngx_memset(buf, (int) ch, sizeof(buf));

        for (copy.len = 0; copy.len < sizeof(buf); copy.len++) {
            opened += opens(keys, purpose, &copy);
        }
    }

    is(u, opened, 0, "all of one character, any length");
}


static void
ngx_http_phone_verify_unit_token_time(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_keys_t *keys, ngx_uint_t purpose,
    ngx_http_phone_verify_token_t token)
{
    time_t                          at;
    ngx_str_t                      *text;
    ngx_uint_t                      i;
    ngx_http_phone_verify_token_t   got;

    static const struct {
        time_t       issued;
        time_t       expires;
        ngx_int_t    rc;
    } times[] = {
        { 0, 1, NGX_OK },
        { 0, 0, NGX_DONE },
        { -1, 0, NGX_DONE },
        { -600, -1, NGX_DONE },
        { -600, 1, NGX_OK },
        { NGX_HTTP_PHONE_VERIFY_TOKEN_SKEW, 600, NGX_OK },
        { NGX_HTTP_PHONE_VERIFY_TOKEN_SKEW + 1, 600, NGX_DECLINED },
        { 86400, 2 * 86400, NGX_DECLINED },
        { -86400, 365 * 86400, NGX_OK },
        { -NOW, 1, NGX_OK }
    };

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        token.issued = NOW + times[i].issued;
        token.expires = NOW + times[i].expires;

        text = ngx_http_phone_verify_unit_token_seal(u, keys, purpose, &token);

        is(u, ngx_http_phone_verify_token_open(keys, purpose, text, NOW, &got),
           times[i].rc, "from %d to %d seconds", (int) times[i].issued,
           (int) times[i].expires);
    }

    /* a clock that jumps */

    token.issued = NOW;
    token.expires = NOW + 600;
    text = ngx_http_phone_verify_unit_token_seal(u, keys, purpose, &token);

    for (at = NOW - 3600; at <= NOW + 3600; at += 30) {
        if ((ngx_http_phone_verify_token_open(keys, purpose, text, at, &got)
             == NGX_OK)
            != (at >= NOW - NGX_HTTP_PHONE_VERIFY_TOKEN_SKEW
                && at < NOW + 600))
        {
            break;
        }
    }

    ok(u, at > NOW + 3600, "it opens in its time and at no other");
}


static void
ngx_http_phone_verify_unit_token_keys(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_fixture_t *f,
    ngx_http_phone_verify_token_t *token)
{
    ngx_str_t                     *of_a, *of_b;
    ngx_http_phone_verify_keys_t  *a, *b, *ab, *ba, *c, *none, *again, *other;

    a = ngx_http_phone_verify_unit_make_keys(u, f, "signup", str(u, A), 0600);
    b = ngx_http_phone_verify_unit_make_keys(u, f, "signup", str(u, B), 0600);
    c = ngx_http_phone_verify_unit_make_keys(u, f, "signup", str(u, C), 0600);
    ab = ngx_http_phone_verify_unit_make_keys(u, f, "signup",
                                              str(u, A "\n" B), 0600);
    ba = ngx_http_phone_verify_unit_make_keys(u, f, "signup",
                                              str(u, B "\n" A), 0600);

    if (!ok(u, a && b && c && ab && ba, "keys")) {
        return;
    }

    of_a = ngx_http_phone_verify_unit_token_seal(u, a, GRANT, token);
    of_b = ngx_http_phone_verify_unit_token_seal(u, b, GRANT, token);

    ok(u, opens(a, GRANT, of_a) && !opens(b, GRANT, of_a)
          && !opens(c, GRANT, of_a),
       "a key opens what it sealed, and no other does");

    ok(u, opens(ab, GRANT, of_a) && opens(ab, GRANT, of_b)
          && opens(ba, GRANT, of_a) && opens(ba, GRANT, of_b),
       "all keys of a file open");

    of_a = ngx_http_phone_verify_unit_token_seal(u, ab, GRANT, token);
    of_b = ngx_http_phone_verify_unit_token_seal(u, ba, GRANT, token);

    ok(u, opens(a, GRANT, of_a) && !opens(b, GRANT, of_a),
       "the first one seals");
    ok(u, opens(b, GRANT, of_b) && !opens(a, GRANT, of_b),
       "whichever it is");

    /* the key of the master process */

    none = ngx_http_phone_verify_unit_make_keys(u, f, "signup", NULL, 0);
    again = ngx_http_phone_verify_unit_make_keys(u, f, "signup", NULL, 0);
    other = ngx_http_phone_verify_unit_make_keys(u, f, "login", NULL, 0);

    if (!ok(u, none && again && other, "keys without a file")) {
        return;
    }

    of_a = ngx_http_phone_verify_unit_token_seal(u, none, GRANT, token);

    ok(u, opens(again, GRANT, of_a), "it is the same after a reload");
    ok(u, !opens(other, GRANT, of_a), "but not that of another app");
    ok(u, !opens(ab, GRANT, of_a), "nor that of a file");
}
