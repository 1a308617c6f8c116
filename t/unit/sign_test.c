
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "data.h"
#include "sinch/authorization.h"


void ngx_http_phone_verify_unit_sign(ngx_http_phone_verify_unit_t *u);

static void ngx_http_phone_verify_unit_sign_vector(
    ngx_http_phone_verify_unit_t *u, const cJSON *vector);
static void ngx_http_phone_verify_unit_sign_secrets(
    ngx_http_phone_verify_unit_t *u);
static void ngx_http_phone_verify_unit_sign_long(
    ngx_http_phone_verify_unit_t *u);


void
ngx_http_phone_verify_unit_sign(ngx_http_phone_verify_unit_t *u)
{
    cJSON       *vectors, *vector;
    ngx_uint_t   n;

    n = 0;
    vectors = cJSON_GetObjectItem(ngx_http_phone_verify_unit_data_json(u,
                                                     "signature-vectors.json"),
                                  "vectors");

    cJSON_ArrayForEach(vector, vectors) {
        ngx_http_phone_verify_unit_sign_vector(u, vector);
        n++;
    }

    is(u, n, 11, "all vectors");

    ngx_http_phone_verify_unit_sign_secrets(u);
    ngx_http_phone_verify_unit_sign_long(u);
}


static void
ngx_http_phone_verify_unit_sign_vector(ngx_http_phone_verify_unit_t *u,
    const cJSON *vector)
{
    u_char                            buf[4096], *last;
    u_char                            signature[64];
    ngx_str_t                         text, *name, *expected, value, *line;
    ngx_str_t                         secret;
    ngx_http_phone_verify_sinch_t     sinch;
    ngx_http_phone_verify_signed_t    what;

    name = ngx_http_phone_verify_unit_member(u, vector, "name");

    what.verb = *ngx_http_phone_verify_unit_member(u, vector, "method");
    what.content_type = *ngx_http_phone_verify_unit_member(u, vector,
                                                           "content_type");
    what.timestamp = *ngx_http_phone_verify_unit_member(u, vector,
                                                        "x_timestamp");
    what.path = *ngx_http_phone_verify_unit_member(u, vector, "path");
    what.body = *ngx_http_phone_verify_unit_member(u, vector, "body");

    is(u, what.body.len,
       cJSON_GetObjectItem(vector, "body_bytes")->valueint,
       "%.*s: the body", (int) name->len, name->data);

    /* the string to sign */

    ngx_memset(buf, '#', sizeof(buf));

    last = ngx_http_phone_verify_string_to_sign(buf, buf + sizeof(buf), &what);

    if (!ok(u, last != NULL, "the string to sign")) {
        return;
    }

    expected = ngx_http_phone_verify_unit_member(u, vector, "string_to_sign");

    is_mem(u, buf, last - buf, expected->data, expected->len,
           "%.*s: the string to sign", (int) name->len, name->data);

    text.data = buf;
    text.len = last - buf;
    line = ngx_http_phone_verify_unit_member(u, vector, "content_md5");

    is_mem(u, buf + what.verb.len + 1, line->len, line->data, line->len,
           "with the MD5");

    /* it needs just that much room */

    ok(u, ngx_http_phone_verify_string_to_sign(buf, buf + text.len, &what)
          == last,
       "it fits exactly");
    ok(u, ngx_http_phone_verify_string_to_sign(buf, buf + text.len - 1, &what)
          == NULL,
       "in one byte less it does not fit");

    /* the signature */

    sinch.auth = NGX_HTTP_PHONE_VERIFY_AUTH_SIGNED;
    sinch.key = *ngx_http_phone_verify_unit_member(u, vector, "key");
    sinch.secret = *ngx_http_phone_verify_unit_member(u, vector, "secret");

    is(u, ngx_http_phone_verify_secret_decode(u->pool, &sinch.secret,
                                              &secret),
       NGX_OK, "the secret");

    sinch.hmac = ngx_http_phone_verify_hmac_create(u->pool, &secret);

    if (!ok(u, sinch.hmac, "its HMAC")) {
        return;
    }

    ngx_memset(signature, '#', sizeof(signature));

    is(u, ngx_http_phone_verify_sign(sinch.hmac, &what, signature),
       NGX_OK, "it is signed");

    expected = ngx_http_phone_verify_unit_member(u, vector, "signature");

    is_mem(u, signature, NGX_HTTP_PHONE_VERIFY_SIGNATURE_LEN, expected->data,
           expected->len, "%.*s: the signature", (int) name->len, name->data);
    is(u, signature[NGX_HTTP_PHONE_VERIFY_SIGNATURE_LEN], '#',
       "and nothing behind it");

    /* the header */

    is(u, ngx_http_phone_verify_authorization(u->pool, &sinch, &what, &value),
       NGX_OK, "a header");

    expected = ngx_http_phone_verify_unit_member(u, vector, "authorization");

    is(u, value.len, expected->len, "of its length");
    is_mem(u, value.data, 12, "Application ", 12, "we spell the scheme so");
    is_mem(u, value.data + 12, value.len - 12, expected->data + 12,
           expected->len - 12, "%.*s: the header", (int) name->len,
           name->data);

    /* the other way: the secret as it is displayed */

    sinch.auth = NGX_HTTP_PHONE_VERIFY_AUTH_BASIC;

    is(u, ngx_http_phone_verify_authorization(u->pool, &sinch, &what, &value),
       NGX_OK, "a header for basic authentication");
    is_mem(u, value.data, 6, "Basic ", 6, "its scheme");

    text.data = buf;
    value.data += 6;
    value.len -= 6;

    is(u, ngx_decode_base64(&text, &value), NGX_OK, "it is base64");
    is_mem(u, text.data, sinch.key.len, sinch.key.data, sinch.key.len,
           "of the key");
    is(u, text.data[sinch.key.len], ':', "a colon");
    is_mem(u, text.data + sinch.key.len + 1, text.len - sinch.key.len - 1,
           sinch.secret.data, sinch.secret.len, "and the secret");
}


static void
ngx_http_phone_verify_unit_sign_secrets(ngx_http_phone_verify_unit_t *u)
{
    ngx_str_t   secret;
    ngx_uint_t  i;

    static const struct {
        const char  *text;
        ngx_int_t    len;     /* -1: no secret */
    } secrets[] = {
        { "AAECAwQFBgcICQoLDA0ODw==", 16 },
        { "AAECAwQFBgcICQoLDA0ODw", 16 },
        { "9876543210", 7 },
        { "9876543210==", 7 },
        { "AAAA", 3 },
        { "AAA=", 2 },
        { "AAA", 2 },
        { "+/+/", 3 },
        { "", -1 },
        { "=", -1 },
        { "==", -1 },
        { "====", -1 },
        { "AAA==", -1 },
        { "AA=", -1 },
        { "AAAA=", -1 },
        { "AAAA====", -1 },
        { "AA==AA==", -1 },
        { "A=AA", -1 },
        { "A", -1 },
        { "AAAAA", -1 },
        { "AA AA", -1 },
        { "AAAA\n", -1 },
        { " AAAA", -1 },
        { "AAAA-_", -1 },
        { "secret!", -1 },
        { "\xc3\xa5" "AA", -1 }
    };

    for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {

        ngx_str_null(&secret);

        is(u, ngx_http_phone_verify_secret_decode(u->pool,
                                                  str(u, secrets[i].text),
                                                  &secret),
           (secrets[i].len < 0) ? NGX_DECLINED : NGX_OK,
           "secret \"%s\"", secrets[i].text);

        if (secrets[i].len >= 0) {
            is(u, secret.len, secrets[i].len, "its length");
        }
    }

    is(u, ngx_http_phone_verify_secret_decode(u->pool,
                                   str(u, "AAECAwQFBgcICQoLDA0ODw"), &secret),
       NGX_OK, "a secret");
    is_mem(u, secret.data, secret.len,
           "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 16,
           "may begin with a NUL");
}


static void
ngx_http_phone_verify_unit_sign_long(ngx_http_phone_verify_unit_t *u)
{
    u_char                           a[64], b[64];
    ngx_str_t                       *key;
    ngx_http_phone_verify_hmac_t    *secret, *other;
    ngx_http_phone_verify_signed_t   what;

    key = bytes(u, "\0" "12345678901234567890");
    secret = ngx_http_phone_verify_hmac_create(u->pool, key);

    key = bytes(u, "\0" "12345678901234567891");
    other = ngx_http_phone_verify_hmac_create(u->pool, key);

    if (!ok(u, secret && other, "secrets")) {
        return;
    }

    ngx_memzero(&what, sizeof(what));

    ngx_str_set(&what.verb, "POST");
    ngx_str_set(&what.timestamp, "2026-01-15T09:30:00Z");

    what.path = *ngx_http_phone_verify_unit_fill(u, '/',
                                   NGX_HTTP_PHONE_VERIFY_STRING_TO_SIGN_MAX);

    is(u, ngx_http_phone_verify_sign(secret, &what, a), NGX_ERROR,
       "a path that is too long is not signed");

    what.path.len = 100;
    what.body = *ngx_http_phone_verify_unit_fill(u, 'x', 200000);

    is(u, ngx_http_phone_verify_sign(secret, &what, a), NGX_OK,
       "a long body is");

    what.body.data[199999] = 'y';

    is(u, ngx_http_phone_verify_sign(secret, &what, b), NGX_OK,
       "and another");
    ok(u, ngx_memcmp(a, b, NGX_HTTP_PHONE_VERIFY_SIGNATURE_LEN) != 0,
       "its last byte counts");

    /* a secret counts beyond a NUL */

    what.body.len = 0;
    (void) ngx_http_phone_verify_sign(secret, &what, a);
    (void) ngx_http_phone_verify_sign(other, &what, b);

    ok(u, ngx_memcmp(a, b, NGX_HTTP_PHONE_VERIFY_SIGNATURE_LEN) != 0,
       "so does the last byte of a secret");
}
