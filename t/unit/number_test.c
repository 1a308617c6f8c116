
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "data.h"
#include "verification/number/number.h"


void ngx_http_phone_verify_unit_number(ngx_http_phone_verify_unit_t *u);


typedef struct {
    const char                      *text;
    ngx_http_phone_verify_number_t   number;
} ngx_http_phone_verify_unit_number_t;


static const ngx_http_phone_verify_unit_number_t
    ngx_http_phone_verify_unit_numbers[] =
{
    { "+46700000000", 46700000000 },
    { "+46 70-000 00.00", 46700000000 },
    { " +46 (70) 000 00 00 ", 46700000000 },
    { "(+46)700000000", 46700000000 },
    { "+ 46 700 000 000", 46700000000 },
    { "+1 (876) 555-1234", 18765551234 },
    { "+1234567", 1234567 },
    { "+123456789012345", 123456789012345 },
    { "+999999999999999", 999999999999999 },
    { "+46 (10) 000 00", 461000000 },
    { "+46 (00) 000 00", 460000000 },
    { "+46 (70 000 00 00", 46700000000 },
    { "+46 70) 000 00 00", 46700000000 },

    /* what is dialled inside of a country only */

    { "+46 (0)70 000 00 00", 0 },
    { "+46(0)700000000", 0 },
    { "+46 ( 0 ) 70 000 00 00", 0 },
    { "+46 ((0)) 70 000 00 00", 0 },

    /* no plus, two, in the wrong place */

    { "46700000000", 0 },
    { "0046700000000", 0 },
    { "01146700000000", 0 },
    { "0700000000", 0 },
    { "++46700000000", 0 },
    { "+46+700000000", 0 },
    { "46700000000+", 0 },

    /* a first digit, and how many */

    { "+0700000000", 0 },
    { "+046700000000", 0 },
    { "+123456", 0 },
    { "+1 (876)", 0 },
    { "+1234567890123456", 0 },
    { "+18446744073709551617", 0 },
    { "+999999999999999999999999999999999", 0 },

    { "", 0 },
    { "+", 0 },
    { "   ", 0 },
    { "()", 0 },
    { "+()-. ", 0 },

    /* other bytes */

    { "tel:+46700000000", 0 },
    { "+46700000000;ext=5", 0 },
    { "+46700000000x5", 0 },
    { "+1-800-FLOWERS", 0 },
    { "+46/700000000", 0 },
    { "+46_700000000", 0 },
    { "+46,700000000", 0 },
    { "+46[70]0000000", 0 },
    { "+46\t700000000", 0 },
    { "+46700000000\n", 0 },
    { "+46700000000\r\nX: y", 0 },
    { "%2B46700000000", 0 },
    { "+46*****000", 0 },

    /* full-width digits, a no-break space, right-to-left marks */

    { "+\xef\xbc\x94\xef\xbc\x96" "700000000", 0 },
    { "\xef\xbc\x8b" "46700000000", 0 },
    { "+46\xc2\xa0" "700000000", 0 },
    { "\xe2\x80\x8f" "+46700000000", 0 },
    { "\xd9\xa4\xd9\xa6" "700000000", 0 },

    { NULL, 0 }
};


typedef struct {
    ngx_http_phone_verify_number_t   number;
    const char                      *text;
    const char                      *masked;
} ngx_http_phone_verify_unit_written_t;


static const ngx_http_phone_verify_unit_written_t
    ngx_http_phone_verify_unit_written[] =
{
    { 46700000000, "+46700000000", "+46*****000" },
    { 123456789012345, "+123456789012345", "+12*****345" },
    { 1234567890, "+1234567890", "+12*****890" },
    { 123456789, "+123456789", "+12*****89" },
    { 12345678, "+12345678", "+12*****8" },
    { 1234567, "+1234567", "+12*****" },
    { 0, NULL, NULL }
};


void
ngx_http_phone_verify_unit_number(ngx_http_phone_verify_unit_t *u)
{
    u_char                                       buf[64], *p;
    ngx_str_t                                    text;
    ngx_uint_t                                   ch, shown, stars;
    const ngx_http_phone_verify_unit_number_t   *n;
    const ngx_http_phone_verify_unit_written_t  *w;

    for (n = ngx_http_phone_verify_unit_numbers; n->text; n++) {
        is(u, ngx_http_phone_verify_number_parse(str(u, n->text)), n->number,
           "\"%s\" is %s", n->text, n->number ? "a number" : "none");
    }

    is(u, ngx_http_phone_verify_number_parse(bytes(u, "+46700000000\0")), 0,
       "a NUL is not passed over");
    is(u, ngx_http_phone_verify_number_parse(bytes(u, "+4670\0" "0000000")),
       0, "wherever it is");

    /* in the middle of a number any byte but these makes it none */

    for (ch = 0; ch < 256; ch++) {
        ngx_memcpy(buf, "+4670_0000000", 13);
        buf[5] = (u_char) ch;

        text.data = buf;
        text.len = 13;

        shown = (ch >= '0' && ch <= '9') || ch == ' ' || ch == '.'
                || ch == '-' || ch == '(' || ch == ')';

        is(u, ngx_http_phone_verify_number_parse(&text) != 0, shown,
           "byte %02x", (unsigned) ch);
    }

    text.data = buf;

    for (w = ngx_http_phone_verify_unit_written; w->text; w++) {

        ngx_memset(buf, '#', sizeof(buf));

        text.len = ngx_http_phone_verify_number_write(buf, w->number) - buf;

        is_str(u, &text, w->text, "%s is written", w->text);
        is(u, buf[text.len], '#', "and nothing behind it");
        is(u, ngx_http_phone_verify_number_parse(&text), w->number,
           "and read again");

        ngx_memset(buf, '#', sizeof(buf));

        text.len = ngx_http_phone_verify_number_mask(buf, w->number) - buf;

        is_str(u, &text, w->masked, "%s is masked", w->text);
        is(u, buf[text.len], '#', "and nothing behind it");
        ok(u, text.len <= NGX_HTTP_PHONE_VERIFY_NUMBER_LEN, "it fits");

        for (p = buf, shown = 0, stars = 0; p < buf + text.len; p++) {
            shown += (*p >= '0' && *p <= '9');
            stars += (*p == '*');
        }

        is(u, stars, 5, "five stars, whatever the length");
        ok(u, shown + 5 <= ngx_strlen(w->text) - 1,
           "five digits or more are hidden");
    }
}
