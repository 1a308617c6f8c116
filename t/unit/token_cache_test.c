
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "fixture.h"
#include "sinch/words.h"
#include "verification/token/keys.h"


/* A grant that was opened before is what it was, and nothing else is. */


#define NOW   1768469400
#define MANY  2000


void ngx_http_phone_verify_unit_token_cache(ngx_http_phone_verify_unit_t *u);

static ngx_uint_t ngx_http_phone_verify_unit_cache_same(
    ngx_http_phone_verify_keys_t *keys, ngx_str_t *text,
    ngx_http_phone_verify_token_t *token);


void
ngx_http_phone_verify_unit_token_cache(ngx_http_phone_verify_unit_t *u)
{
    u_char                                *room;
    ngx_str_t                              text;
    ngx_uint_t                             i, wrong, cached;
    ngx_http_phone_verify_keys_t          *keys, *other;
    ngx_http_phone_verify_token_t          token, got;
    ngx_http_phone_verify_unit_fixture_t   f;

    ngx_http_phone_verify_unit_fixture(u, &f);

    keys = ngx_http_phone_verify_unit_make_keys(u, &f, "signup",
                         str(u, NGX_HTTP_PHONE_VERIFY_UNIT_KEY_A "\n"), 0600);
    other = ngx_http_phone_verify_unit_make_keys(u, &f, "signup",
                         str(u, NGX_HTTP_PHONE_VERIFY_UNIT_KEY_B "\n"), 0600);
    room = ngx_palloc(u->pool, MANY * NGX_HTTP_PHONE_VERIFY_TOKEN_MAX);

    if (!ok(u, keys && other && room, "keys")) {
        return;
    }

    ngx_memzero(&token, sizeof(token));

    token.method = NGX_HTTP_PHONE_VERIFY_SMS;
    token.issued = NOW;
    token.expires = NOW + 60;

    /* more than there is room for, each opened three times */

    wrong = 0;
    cached = 0;

    for (i = 0; i < MANY; i++) {
        token.number = 46700000000 + i;
        ngx_memset(token.session, (int) i, sizeof(token.session));
        ngx_memset(token.bind, (int) i + 1, sizeof(token.bind));

        text.data = room + i * NGX_HTTP_PHONE_VERIFY_TOKEN_MAX;

        if (ngx_http_phone_verify_token_seal(keys,
                                             NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT,
                                             &token, &text)
            != NGX_OK
            || !ngx_http_phone_verify_unit_cache_same(keys, &text, &token)
            || !ngx_http_phone_verify_unit_cache_same(keys, &text, &token))
        {
            wrong++;
        }

        if (ngx_http_phone_verify_token_cache_get(keys->cache, &text, &got)
            == NGX_OK)
        {
            cached++;
        }
    }

    is(u, wrong, 0, "each opens as it was sealed");
    is(u, cached, MANY, "and what was opened last is kept");

    cached = 0;

    for (i = 0; i < MANY; i++) {
        token.number = 46700000000 + i;
        ngx_memset(token.session, (int) i, sizeof(token.session));
        ngx_memset(token.bind, (int) i + 1, sizeof(token.bind));

        text.data = room + i * NGX_HTTP_PHONE_VERIFY_TOKEN_MAX;

        if (ngx_http_phone_verify_token_cache_get(keys->cache, &text, &got)
            == NGX_OK)
        {
            cached++;
        }

        wrong += !ngx_http_phone_verify_unit_cache_same(keys, &text, &token);
    }

    is(u, wrong, 0, "others that take their place change nothing");
    ok(u, cached > 0 && cached < MANY, "some were kept, not all");

    /* the last one is kept: a change of any character closes it */

    for (i = 0; i < text.len; i++) {
        text.data[i] ^= 1;

        if (ngx_http_phone_verify_token_cache_get(keys->cache, &text, &got)
            == NGX_OK)
        {
            wrong++;
        }

        text.data[i] ^= 1;
    }

    is(u, wrong, 0, "no text but its own");

    is(u, ngx_http_phone_verify_token_open(keys,
                                           NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT,
                                           &text, NOW + 60, &got),
       NGX_DONE, "not after its time");

    is(u, ngx_http_phone_verify_token_open(keys,
                                           NGX_HTTP_PHONE_VERIFY_TOKEN_PENDING,
                                           &text, NOW, &got),
       NGX_DECLINED, "not for another purpose");

    is(u, ngx_http_phone_verify_token_open(other,
                                           NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT,
                                           &text, NOW, &got),
       NGX_DECLINED, "not under other keys");

    text.len--;

    is(u, ngx_http_phone_verify_token_open(keys,
                                           NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT,
                                           &text, NOW, &got),
       NGX_DECLINED, "not in part");

    /* most slots are empty after the first one: zeros are none of them */

    text.data = room;

    is(u, ngx_http_phone_verify_token_seal(other,
                                           NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT,
                                           &token, &text),
       NGX_OK, "sealed");
    ok(u, ngx_http_phone_verify_unit_cache_same(other, &text, &token),
       "and kept");

    ngx_memzero(text.data, text.len);

    is(u, ngx_http_phone_verify_token_open(other,
                                           NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT,
                                           &text, NOW, &got),
       NGX_DECLINED, "zeros are no token");
}


static ngx_uint_t
ngx_http_phone_verify_unit_cache_same(ngx_http_phone_verify_keys_t *keys,
    ngx_str_t *text, ngx_http_phone_verify_token_t *token)
{
    ngx_http_phone_verify_token_t  got;

    return ngx_http_phone_verify_token_open(keys,
                                            NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT,
                                            text, NOW, &got)
           == NGX_OK
           && got.number == token->number
           && got.method == token->method
           && got.issued == token->issued
           && got.expires == token->expires
           && got.id_len == 0
           && ngx_memcmp(got.session, token->session, sizeof(got.session))
              == 0
           && ngx_memcmp(got.bind, token->bind, sizeof(got.bind)) == 0;
}
