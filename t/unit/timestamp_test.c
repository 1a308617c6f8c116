
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "data.h"
#include "sinch/timestamp.h"


void ngx_http_phone_verify_unit_timestamp(ngx_http_phone_verify_unit_t *u);


typedef struct {
    const char  *text;
    int64_t      msec;      /* -1: none */
} ngx_http_phone_verify_unit_timestamp_t;


/* the numbers are those of date -u -d ... +%s%3N */

static const ngx_http_phone_verify_unit_timestamp_t
    ngx_http_phone_verify_unit_timestamps[] =
{
    { "1970-01-01T00:00:00Z", 0 },
    { "2014-06-04T13:41:58Z", 1401889318000 },
    { "2023-11-22T09:10:11.999Z", 1700644211999 },
    { "2023-12-01T15:01:20.0406449Z", 1701442880040 },
    { "2026-01-15T09:30:00.2506449Z", 1768469400250 },
    { "2026-01-15T09:31:00.5Z", 1768469460500 },
    { "2026-01-15T09:31:00.123456789Z", 1768469460123 },
    { "2026-01-15T09:31:00+00:00", 1768469460000 },
    { "2026-01-15T09:31:00.5+00:00", 1768469460500 },
    { "2024-02-29T00:00:00Z", 1709164800000 },
    { "2024-03-01T00:00:00Z", 1709251200000 },
    { "2024-12-31T23:59:60Z", 1735689600000 },
    { "2000-02-29T12:00:00Z", 951825600000 },
    { "2100-03-01T00:00:00Z", 4107542400000 },
    { "9999-12-31T23:59:59.999Z", 253402300799999 },

    { "", -1 },
    { "Z", -1 },
    { "2026-01-15", -1 },
    { "2026-01-15T09:30Z", -1 },
    { "2026-01-15T09:30:00", -1 },
    { "2026-01-15T09:30:00.Z", -1 },
    { "2026-01-15T09:30:00.1234567890Z", -1 },
    { "2026-01-15T09:30:00.12a", -1 },
    { "2026-01-15T09:30:00z", -1 },
    { "2026-01-15T09:30:00ZZ", -1 },
    { "2026-01-15T09:30:00Z ", -1 },
    { " 2026-01-15T09:30:00Z", -1 },
    { "2026-01-15 09:30:00Z", -1 },
    { "2026-01-15t09:30:00Z", -1 },
    { "2026/01/15T09:30:00Z", -1 },
    { "2026-01-15T09:30:00+01:00", -1 },
    { "2026-01-15T09:30:00-00:01", -1 },
    { "2026-01-15T09:30:00+0000", -1 },
    { "2026-01-15T09:30:00GMT", -1 },
    { "1969-12-31T23:59:59Z", -1 },
    { "0000-00-00T00:00:00Z", -1 },
    { "2026-00-15T09:30:00Z", -1 },
    { "2026-13-15T09:30:00Z", -1 },
    { "2026-01-00T09:30:00Z", -1 },
    { "2026-01-32T09:30:00Z", -1 },
    { "2026-02-29T09:30:00Z", -1 },
    { "2100-02-29T09:30:00Z", -1 },
    { "2026-04-31T09:30:00Z", -1 },
    { "2026-01-15T24:00:00Z", -1 },
    { "2026-01-15T09:60:00Z", -1 },
    { "2026-01-15T09:30:61Z", -1 },
    { "2026-01-15T09:30:-1Z", -1 },
    { "20260-1-15T09:30:00Z", -1 },
    { "+026-01-15T09:30:00Z", -1 },
    { "10000-01-15T09:30:00Z", -1 },
    { "1768469400000", -1 },
    { "\xef\xbc\x92" "026-01-15T09:30Z", -1 },
    { NULL, 0 }
};


void
ngx_http_phone_verify_unit_timestamp(ngx_http_phone_verify_unit_t *u)
{
    u_char                                         buf[64];
    int64_t                                        i, msec;
    ngx_int_t                                      rc;
    ngx_str_t                                      text;
    ngx_uint_t                                     wrong;
    const ngx_http_phone_verify_unit_timestamp_t  *t;

    for (t = ngx_http_phone_verify_unit_timestamps; t->text; t++) {
        msec = -1;
        rc = ngx_http_phone_verify_timestamp_parse(str(u, t->text), &msec);

        is(u, rc, (t->msec == -1) ? NGX_DECLINED : NGX_OK,
           "\"%s\" is %s", t->text, (t->msec == -1) ? "no time" : "a time");
        is(u, msec, t->msec, "\"%s\" in milliseconds", t->text);
    }

    ngx_memset(buf, '#', sizeof(buf));

    text.data = buf;
    text.len = ngx_http_phone_verify_timestamp_write(buf, 1768469400, 7) - buf;

    is_str(u, &text, "2026-01-15T09:30:00.007Z", "a time is written");
    is(u, text.len, NGX_HTTP_PHONE_VERIFY_TIMESTAMP_LEN, "in its length");
    is(u, buf[text.len], '#', "and nothing behind it");

    /* every day of 130 years, there and back */

    for (i = 0, wrong = 0; i < 130 * 366; i++) {
        text.len = ngx_http_phone_verify_timestamp_write(buf,
                                           i * 86400 + i, i % 1000)
                   - buf;

        if (ngx_http_phone_verify_timestamp_parse(&text, &msec) != NGX_OK
            || msec != (i * 86400 + i) * 1000 + i % 1000)
        {
            wrong++;
        }
    }

    is(u, wrong, 0, "what is written is read as the same");
}
