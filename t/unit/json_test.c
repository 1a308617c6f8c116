
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "data.h"
#include "sinch/json.h"


void ngx_http_phone_verify_unit_json(ngx_http_phone_verify_unit_t *u);

static void ngx_http_phone_verify_unit_json_size(
    ngx_http_phone_verify_unit_t *u);
static void ngx_http_phone_verify_unit_json_members(
    ngx_http_phone_verify_unit_t *u);
static void ngx_http_phone_verify_unit_json_utf8(
    ngx_http_phone_verify_unit_t *u);


#define BOTH     3
#define LENIENT  1
#define NEITHER  0


typedef struct {
    ngx_str_t    text;
    ngx_uint_t   taken;
} ngx_http_phone_verify_unit_json_t;


static ngx_http_phone_verify_unit_json_t
    ngx_http_phone_verify_unit_json_texts[] =
{
    { ngx_string("{}"), BOTH },
    { ngx_string("[]"), BOTH },
    { ngx_string("null"), BOTH },
    { ngx_string("\"x\""), BOTH },
    { ngx_string(" \t\r\n{ \"a\" : [ 1 , true ] } \r\n\t "), BOTH },
    { ngx_string("{\"a\":\"\\u00e5\\n\\\\u0000 \\/\"}"), BOTH },
    { ngx_string("{\"a\":\"\xc3\xa5\xe2\x9c\x93\xf0\x9f\x98\x80\"}"), BOTH },
    { ngx_string("{\"a\":\"\\ud83d\\ude00\"}"), BOTH },
    { ngx_string("\"\\b\\f\\n\\r\\t\\/\\\\\\\"\\u0001\\uFFFF\\uabcd\""),
      BOTH },
    { ngx_string("{\"__proto__\":1,\"a\":2}"), BOTH },
    { ngx_string("{\"a\":{\"b\":1},\"b\":2}"), BOTH },
    { ngx_string("{\"endpoint\":1,\"Endpoint\":2}"), BOTH },
    { ngx_string("[[{\"a\":1},{\"a\":1}],{\"a\":1}]"), BOTH },
    { ngx_string("[0,-0,1.5,-1e5,1E+5,1e-5,123456789012345678901234567890]"),
      BOTH },
    { ngx_string("{\"a\":\"\x7f\"}"), BOTH },

    /* those who cannot be told how */

    { ngx_string("\xef\xbb\xbf{}"), LENIENT },
    { ngx_string("{\"a\":1,\"a\":1}"), LENIENT },
    { ngx_string("{\"a\":1,\"b\":2,\"a\":3}"), LENIENT },
    { ngx_string("{\"endpoint\":1,\"\\u0065ndpoint\":2}"), LENIENT },
    { ngx_string("{\"x\":{\"a\":1,\"a\":2}}"), LENIENT },
    { ngx_string("[1,[2,{\"a\":[{\"b\":1,\"\\u0062\":2}]}]]"), LENIENT },
    { ngx_string("{\"a\":1e400}"), LENIENT },
    { ngx_string("{\"a\":-1e99999}"), LENIENT },
    { ngx_string("[[1e400]]"), LENIENT },

    /* nobody */

    { ngx_string(""), NEITHER },
    { ngx_string("   "), NEITHER },
    { ngx_string("{"), NEITHER },
    { ngx_string("}"), NEITHER },
    { ngx_string("{}}"), NEITHER },
    { ngx_string("[}"), NEITHER },
    { ngx_string("{\"a\"}"), NEITHER },
    { ngx_string("{\"a\":}"), NEITHER },
    { ngx_string("{\"a\":1,}"), NEITHER },
    { ngx_string("{\"a\":1,"), NEITHER },
    { ngx_string("{\"a\":1, "), NEITHER },
    { ngx_string("[{\"a\":1,]"), NEITHER },
    { ngx_string("{,}"), NEITHER },
    { ngx_string("[1,]"), NEITHER },
    { ngx_string("{a:1}"), NEITHER },
    { ngx_string("{'a':1}"), NEITHER },
    { ngx_string("{\"a\":1}x"), NEITHER },
    { ngx_string("{\"a\":1}{\"b\":1}"), NEITHER },
    { ngx_string("{\"a\":1} \0"), NEITHER },
    { ngx_string("{\"a\":1}\0{}"), NEITHER },
    { ngx_string("\0{}"), NEITHER },
    { ngx_string("{\"a\":\"+46\0evil\"}"), NEITHER },
    { ngx_string("{\"a\":\"+46\\u0000evil\"}"), NEITHER },
    { ngx_string("{\"a\\u0000\":1}"), NEITHER },
    { ngx_string("{\"a\":\"\\\\\\u0000\"}"), NEITHER },
    { ngx_string("{\"a\":\"unfinished}"), NEITHER },
    { ngx_string("{\"a\":\"unfinished\\\"}"), NEITHER },
    { ngx_string("{\"a\":\"\\"), NEITHER },
    { ngx_string("{\"a\":\"\\x41\"}"), NEITHER },
    { ngx_string("{\"a\":\"\\u12\"}"), NEITHER },
    { ngx_string("{\"a\":\"\\u12g4\"}"), NEITHER },
    { ngx_string("{\"a\":\"+46\\u00zz\"}"), NEITHER },
    { ngx_string("{\"a\":\"\\u+123\"}"), NEITHER },
    { ngx_string("{\"a\":\"\\u 123\"}"), NEITHER },
    { ngx_string("{\"a\":\"\\U0041\"}"), NEITHER },
    { ngx_string("{\"a\":\"\\\0\"}"), NEITHER },
    { ngx_string("{\"a\":\"\\u004"), NEITHER },
    { ngx_string("{\"a\":\"line\nbreak\"}"), NEITHER },
    { ngx_string("{\"a\":\"\x01\"}"), NEITHER },
    { ngx_string("{\"a\":\x01 1}"), NEITHER },
    { ngx_string("\x0b{}"), NEITHER },
    { ngx_string("\xc2\xa0{}"), NEITHER },
    { ngx_string("{}\xef\xbb\xbf"), NEITHER },
    { ngx_string("{\"a\":\"\\ud83d\"}"), NEITHER },
    { ngx_string("{\"a\":\"\\ude00\"}"), NEITHER },
    { ngx_string("{\"a\":\"\\ud83d\\u0041\"}"), NEITHER },
    { ngx_string("{\"a\":\"\xed\xa0\x80\"}"), NEITHER },
    { ngx_string("{\"a\":\"\xc0\x80\"}"), NEITHER },
    { ngx_string("{\"a\":\"\xff\"}"), NEITHER },
    { ngx_string("{\"a\":\"\xc3\"}"), NEITHER },
    { ngx_string("{\"a\":\"\xf4\x90\x80\x80\"}"), NEITHER },
    { ngx_string("{} // no"), NEITHER },
    { ngx_string("{/* no */}"), NEITHER },
    { ngx_string("# no\n{}"), NEITHER },
    { ngx_string("[NaN]"), NEITHER },
    { ngx_string("[nan]"), NEITHER },
    { ngx_string("[Infinity]"), NEITHER },
    { ngx_string("[-Infinity]"), NEITHER },
    { ngx_string("[inf]"), NEITHER },
    { ngx_string("[01]"), NEITHER },
    { ngx_string("[-01]"), NEITHER },
    { ngx_string("[+1]"), NEITHER },
    { ngx_string("[1.]"), NEITHER },
    { ngx_string("[.5]"), NEITHER },
    { ngx_string("[1.e5]"), NEITHER },
    { ngx_string("[1e]"), NEITHER },
    { ngx_string("[1e+]"), NEITHER },
    { ngx_string("[-]"), NEITHER },
    { ngx_string("[--1]"), NEITHER },
    { ngx_string("[1.2.3]"), NEITHER },
    { ngx_string("[1e5e5]"), NEITHER },
    { ngx_string("[1-2]"), NEITHER },
    { ngx_string("[0x10]"), NEITHER },
    { ngx_string("[1 2]"), NEITHER },
    { ngx_string("[TRUE]"), NEITHER },
    { ngx_string("[tru]"), NEITHER },
    { ngx_string("[truefalse]"), NEITHER },
    { ngx_string("code=1234"), NEITHER },
    { ngx_string("<html></html>"), NEITHER },
    { ngx_null_string, NEITHER }
};


void
ngx_http_phone_verify_unit_json(ngx_http_phone_verify_unit_t *u)
{
    cJSON                              *json, *value;
    ngx_str_t                          *text;
    ngx_uint_t                          i, strict;
    ngx_http_phone_verify_unit_json_t  *t;

    for (t = ngx_http_phone_verify_unit_json_texts; t->text.data; t++) {

        i = t - ngx_http_phone_verify_unit_json_texts;

        for (strict = 0; strict < 2; strict++) {

            /* a copy, so that reading beyond its end can be seen */

            text = ngx_http_phone_verify_unit_bytes(u, t->text.data,
                                                    t->text.len);

            is(u, ngx_http_phone_verify_json_parse(u->pool, text, strict)
                  != NULL,
               (t->taken >> strict) & 1, "text %d, %s: %.*s", (int) i,
               strict ? "strict" : "lenient", (int) t->text.len,
               t->text.data);
        }
    }

    json = ngx_http_phone_verify_json_parse(u->pool,
                         str(u, "{\"a\":{\"b\":\"\\u00e5 \\u2713 \\\"\"}}"),
                         1);

    if (ok(u, json != NULL, "a value")
        && is(u, ngx_http_phone_verify_json_member(json, "a", &value), NGX_OK,
              "a member")
        && is(u, ngx_http_phone_verify_json_member(value, "b", &value),
              NGX_OK, "a member of it"))
    {
        is_str(u, str(u, value->valuestring), "\xc3\xa5 \xe2\x9c\x93 \"",
               "as it is to be read");
    }

    ngx_http_phone_verify_unit_json_size(u);
    ngx_http_phone_verify_unit_json_members(u);
    ngx_http_phone_verify_unit_json_utf8(u);
}


static void
ngx_http_phone_verify_unit_json_size(ngx_http_phone_verify_unit_t *u)
{
    u_char      *p;
    ngx_str_t   *text;
    ngx_uint_t   i, n, depth, strict;

    static ngx_uint_t  depths[] = { 1, 15, 16, 17, 100, 10000 };

    for (i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
        depth = depths[i];

        text = ngx_http_phone_verify_unit_fill(u, '[', depth * 2);
        ngx_memset(text->data + depth, ']', depth);

        is(u, ngx_http_phone_verify_json_parse(u->pool, text, 0) != NULL,
           depth <= NGX_HTTP_PHONE_VERIFY_JSON_DEPTH, "depth %d, lenient",
           (int) depth);
        is(u, ngx_http_phone_verify_json_parse(u->pool, text, 1) != NULL,
           depth <= NGX_HTTP_PHONE_VERIFY_JSON_DEPTH, "depth %d, strict",
           (int) depth);

        text->len = depth;
        ok(u, ngx_http_phone_verify_json_parse(u->pool, text, 0) == NULL,
           "depth %d, never closed", (int) depth);
    }

    /* brackets in strings are none */

    text = ngx_http_phone_verify_unit_fill(u, '[', 102);
    text->data[0] = '"';
    text->data[101] = '"';
    ok(u, ngx_http_phone_verify_json_parse(u->pool, text, 1) != NULL,
       "a string of brackets");

    /* an array, its n elements, and what the scan counts in advance: one */

    for (strict = 0; strict < 2; strict++) {

        n = strict ? NGX_HTTP_PHONE_VERIFY_JSON_STRICT
                   : NGX_HTTP_PHONE_VERIFY_JSON_VALUES;

        for (i = n - 2; i <= n; i++) {
            text = ngx_http_phone_verify_unit_fill(u, '1', i * 2 + 1);

            for (p = text->data + 2; p < text->data + text->len; p += 2) {
                *p = ',';
            }

            text->data[0] = '[';
            text->data[text->len - 1] = ']';

            is(u, ngx_http_phone_verify_json_parse(u->pool, text, strict)
                  != NULL,
               i < n, "an array of %d", (int) i);
        }
    }

    text = ngx_http_phone_verify_unit_fill(u, 'x', 1000000);
    text->data[0] = '"';
    text->data[text->len - 1] = '"';
    ok(u, ngx_http_phone_verify_json_parse(u->pool, text, 1) != NULL,
       "how long it may be is decided elsewhere");

    text = ngx_http_phone_verify_unit_fill(u, '9', 100000);
    ok(u, ngx_http_phone_verify_json_parse(u->pool, text, 1) == NULL,
       "a number without end");
}


static void
ngx_http_phone_verify_unit_json_members(ngx_http_phone_verify_unit_t *u)
{
    cJSON  *json, *value;

    json = ngx_http_phone_verify_json_parse(u->pool,
                          str(u, "{\"Status\":1,\"two\":1,\"TWO\":2,"
                                 "\"nothing\":null,\"void\":null,"
                                 "\"Void\":1,\"list\":[1]}"),
                          0);

    if (!ok(u, json != NULL, "an object")) {
        return;
    }

    value = NULL;

    is(u, ngx_http_phone_verify_json_member(json, "status", &value), NGX_OK,
       "found without case");
    ok(u, value && value->valueint == 1, "its value");

    value = NULL;

    is(u, ngx_http_phone_verify_json_member(json, "two", &value), NGX_ERROR,
       "two of one name");
    is(u, ngx_http_phone_verify_json_member(json, "void", &value), NGX_ERROR,
       "though one be null");
    is(u, ngx_http_phone_verify_json_member(json, "nothing", &value),
       NGX_DECLINED, "null is none");
    is(u, ngx_http_phone_verify_json_member(json, "statu", &value),
       NGX_DECLINED, "part of a name");
    is(u, ngx_http_phone_verify_json_member(json, "status2", &value),
       NGX_DECLINED, "more than a name");
    ok(u, value == NULL, "nothing was given");

    is(u, ngx_http_phone_verify_json_member(NULL, "a", &value), NGX_DECLINED,
       "no object");

    is(u, ngx_http_phone_verify_json_member(json, "list", &value), NGX_OK,
       "a list");
    is(u, ngx_http_phone_verify_json_member(value, "a", &value),
       NGX_DECLINED, "has no members");
}


static void
ngx_http_phone_verify_unit_json_utf8(ngx_http_phone_verify_unit_t *u)
{
    u_char      buf[4];
    ngx_str_t   text;
    ngx_uint_t  cp, wrong;

    text.data = buf;

    /* every code point there is, and the surrogates, which are none */

    for (cp = 0, wrong = 0; cp < 0x120000; cp++) {

        if (cp < 0x80) {
            buf[0] = (u_char) cp;
            text.len = 1;

        } else if (cp < 0x800) {
            buf[0] = (u_char) (0xc0 | cp >> 6);
            buf[1] = (u_char) (0x80 | (cp & 0x3f));
            text.len = 2;

        } else if (cp < 0x10000) {
            buf[0] = (u_char) (0xe0 | cp >> 12);
            buf[1] = (u_char) (0x80 | (cp >> 6 & 0x3f));
            buf[2] = (u_char) (0x80 | (cp & 0x3f));
            text.len = 3;

        } else {
            buf[0] = (u_char) (0xf0 | cp >> 18);
            buf[1] = (u_char) (0x80 | (cp >> 12 & 0x3f));
            buf[2] = (u_char) (0x80 | (cp >> 6 & 0x3f));
            buf[3] = (u_char) (0x80 | (cp & 0x3f));
            text.len = 4;
        }

        if ((ngx_http_phone_verify_utf8_length(&text) == 1)
            != (cp < 0xd800 || (cp > 0xdfff && cp < 0x110000)))
        {
            wrong++;
        }

        /* cut short, it is none */

        text.len--;

        if (text.len
            && ngx_http_phone_verify_utf8_length(&text) != NGX_ERROR)
        {
            wrong++;
        }
    }

    is(u, wrong, 0, "every code point");

    is(u, ngx_http_phone_verify_utf8_length(str(u, "")), 0, "nothing");
    is(u, ngx_http_phone_verify_utf8_length(
                                    str(u, "\xc3\xa5\xe2\x9c\x93 x")),
       4, "characters, not bytes");
    is(u, ngx_http_phone_verify_utf8_length(str(u, "\xc1\xbf")), NGX_ERROR,
       "longer than need be");
    is(u, ngx_http_phone_verify_utf8_length(str(u, "\xe0\x9f\xbf")),
       NGX_ERROR, "in three bytes");
    is(u, ngx_http_phone_verify_utf8_length(str(u, "\xf0\x8f\xbf\xbf")),
       NGX_ERROR, "in four");
    is(u, ngx_http_phone_verify_utf8_length(str(u, "\x80")), NGX_ERROR,
       "begun in the middle");
    is(u, ngx_http_phone_verify_utf8_length(str(u, "\xf8\x88\x80\x80\x80")),
       NGX_ERROR, "in five");
}
