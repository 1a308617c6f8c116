
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "data.h"
#include "sinch/writer.h"


void ngx_http_phone_verify_unit_writer(ngx_http_phone_verify_unit_t *u);

static ngx_int_t ngx_http_phone_verify_unit_writer_write(
    ngx_http_phone_verify_unit_t *u, size_t size, ngx_str_t *text);


void
ngx_http_phone_verify_unit_writer(ngx_http_phone_verify_unit_t *u)
{
    size_t      size, taken;
    ngx_str_t   text;

    static const char  expected[] =
        "{\"a\":\"x\\\"\\u0001\",\"b\":{\"c\":0,\"d\":18446744073709551615},"
        "\"e\":[1,\"f\",[]],\"g\":\"\",\"h\":true}";

    is(u, ngx_http_phone_verify_unit_writer_write(u, 256, &text), NGX_OK,
       "it is written");
    is_str(u, &text, expected, "as it should be");

    for (size = 1, taken = 0; size < 256; size++) {
        taken += ngx_http_phone_verify_unit_writer_write(u, size, &text)
                 == NGX_OK;
    }

    is(u, taken, 256 - (sizeof(expected) - 1), "it fits, or it fails");
}


static ngx_int_t
ngx_http_phone_verify_unit_writer_write(ngx_http_phone_verify_unit_t *u,
    size_t size, ngx_str_t *text)
{
    ngx_str_t                       none = ngx_null_string;
    ngx_http_phone_verify_writer_t  w, before;

    ngx_http_phone_verify_writer_init(&w, u->pool, size);
    ngx_http_phone_verify_writer_open(&w, NULL, '{');
    ngx_http_phone_verify_writer_string(&w, "a", str(u, "x\"\x01"));

    ngx_http_phone_verify_writer_open(&w, "b", '{');
    ngx_http_phone_verify_writer_number(&w, "c", 0);
    ngx_http_phone_verify_writer_number(&w, "d", (ngx_uint_t) -1);
    ngx_http_phone_verify_writer_close(&w, '}');

    before = w;

    ngx_http_phone_verify_writer_open(&w, "nothing", '{');
    ngx_http_phone_verify_writer_option(&w, "x", &none);
    ngx_http_phone_verify_writer_count(&w, "y", 0);
    ngx_http_phone_verify_writer_flag(&w, "z", 0);
    ngx_http_phone_verify_writer_close_unless_empty(&w, &before, '}');

    before = w;

    ngx_http_phone_verify_writer_open(&w, "e", '[');
    ngx_http_phone_verify_writer_count(&w, NULL, 1);
    ngx_http_phone_verify_writer_option(&w, NULL, str(u, "f"));
    ngx_http_phone_verify_writer_open(&w, NULL, '[');
    ngx_http_phone_verify_writer_close(&w, ']');
    ngx_http_phone_verify_writer_close_unless_empty(&w, &before, ']');

    ngx_http_phone_verify_writer_string(&w, "g", &none);
    ngx_http_phone_verify_writer_flag(&w, "h", 1);
    ngx_http_phone_verify_writer_close(&w, '}');

    return ngx_http_phone_verify_writer_end(&w, text);
}
