
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "data.h"
#include "sinch/check.h"


void ngx_http_phone_verify_unit_check(ngx_http_phone_verify_unit_t *u);

static void ngx_http_phone_verify_unit_check_request(
    ngx_http_phone_verify_unit_t *u);


typedef struct {
    const char  *text;
    ngx_uint_t   taken;
} ngx_http_phone_verify_unit_check_t;


static const ngx_http_phone_verify_unit_check_t
    ngx_http_phone_verify_unit_check_codes[] =
{
    { "1", 1 },
    { "1234", 1 },
    { "0007", 1 },
    { "1234567890", 1 },
    { "AbC-z09", 1 },
    { "-", 1 },
    { "", 0 },
    { "12345678901", 0 },
    { "12 34", 0 },
    { " 1234", 0 },
    { "1234 ", 0 },
    { "12\t34", 0 },
    { "12_34", 0 },
    { "12.34", 0 },
    { "12\xc2\xa0" "34", 0 },
    { "12\xe2\x80\x93" "34", 0 },
    { "\xef\xbc\x91\xef\xbc\x92", 0 },
    { "\xd9\xa1\xd9\xa2", 0 },
    { "12'--", 0 },
    { "12\r\n", 0 },
    { NULL, 0 }
};


static const ngx_http_phone_verify_unit_check_t
    ngx_http_phone_verify_unit_check_numbers[] =
{
    { "+46700000000", 1 },
    { "+1234567", 1 },
    { "+123456789012345", 1 },
    { "+123456", 0 },
    { "+1234567890123456", 0 },
    { "46700000000", 0 },
    { "0700000000", 0 },
    { "+0700000000", 0 },
    { "+46 700000000", 0 },
    { "+46-700000000", 0 },
    { "+46(.*)0000", 0 },
    { "(.*)5312(.*)", 0 },
    { "+4670000000/", 0 },
    { "+4670000000?", 0 },
    { "++6700000000", 0 },
    { "+", 0 },
    { "", 0 },
    { NULL, 0 }
};


static const ngx_http_phone_verify_unit_check_t
    ngx_http_phone_verify_unit_check_segments[] =
{
    { "018c25e1-7163-5677-b8fb-467d7b1cffa5", 1 },
    { "1234567890", 1 },
    { "abc_123", 1 },
    { "A.b~c", 1 },
    { "...", 1 },
    { ".a", 1 },
    { "~", 1 },
    { "123456789012345678901234567890123456789012345678901234567890123", 1 },
    { "1234567890123456789012345678901234567890123456789012345678901234", 0 },
    { "", 0 },
    { ".", 0 },
    { "..", 0 },
    { "a/b", 0 },
    { "../x", 0 },
    { "/", 0 },
    { "a b", 0 },
    { "a%2Fb", 0 },
    { "a?b", 0 },
    { "a#b", 0 },
    { "a+b", 0 },
    { "a:b", 0 },
    { "a\\b", 0 },
    { "a\r\nb", 0 },
    { "a\x7f", 0 },
    { "\xc3\xa5", 0 },
    { NULL, 0 }
};


void
ngx_http_phone_verify_unit_check(ngx_http_phone_verify_unit_t *u)
{
    ngx_uint_t                                 i;
    const ngx_http_phone_verify_unit_check_t  *c;

    static const ngx_uint_t  with_code[] = {
        NGX_HTTP_PHONE_VERIFY_SMS,
        NGX_HTTP_PHONE_VERIFY_CALLOUT,
        NGX_HTTP_PHONE_VERIFY_WHATSAPP
    };

    for (i = 0; i < 3; i++) {
        for (c = ngx_http_phone_verify_unit_check_codes; c->text; c++) {
            is(u, ngx_http_phone_verify_check_proof(with_code[i],
                                                    str(u, c->text)),
               c->taken ? NGX_OK : NGX_DECLINED, "code \"%s\"", c->text);
        }
    }

    is(u, ngx_http_phone_verify_check_proof(NGX_HTTP_PHONE_VERIFY_SMS,
                                            bytes(u, "12\0" "34")),
       NGX_DECLINED, "a code with a NUL");
    is(u, ngx_http_phone_verify_check_proof(NGX_HTTP_PHONE_VERIFY_SMS,
                           ngx_http_phone_verify_unit_fill(u, '1', 10000)),
       NGX_DECLINED, "a code of 10,000 digits");
    is(u, ngx_http_phone_verify_check_proof(NGX_HTTP_PHONE_VERIFY_SMS,
                                            str(u, "+46700000000")),
       NGX_DECLINED, "a number is no code");
    is(u, ngx_http_phone_verify_check_proof(NGX_HTTP_PHONE_VERIFY_SEAMLESS,
                                            str(u, "1234")),
       NGX_DECLINED, "seamless has nothing to report");
    is(u, ngx_http_phone_verify_check_proof(NGX_HTTP_PHONE_VERIFY_NO_METHOD,
                                            str(u, "1234")),
       NGX_DECLINED, "nor has no method");

    for (c = ngx_http_phone_verify_unit_check_numbers; c->text; c++) {
        is(u, ngx_http_phone_verify_check_number(str(u, c->text)),
           c->taken ? NGX_OK : NGX_DECLINED, "number \"%s\"", c->text);
        is(u, ngx_http_phone_verify_check_proof(
                         NGX_HTTP_PHONE_VERIFY_FLASHCALL, str(u, c->text)),
           c->taken ? NGX_OK : NGX_DECLINED, "cli \"%s\"", c->text);
    }

    for (c = ngx_http_phone_verify_unit_check_segments; c->text; c++) {
        is(u, ngx_http_phone_verify_check_segment(str(u, c->text),
                                         NGX_HTTP_PHONE_VERIFY_SINCH_ID_MAX),
           c->taken ? NGX_OK : NGX_DECLINED, "segment \"%s\"", c->text);
    }

    is(u, ngx_http_phone_verify_check_segment(bytes(u, "a\0b"), 63),
       NGX_DECLINED, "a segment with a NUL");

    ngx_http_phone_verify_unit_check_request(u);
}


static void
ngx_http_phone_verify_unit_check_request(ngx_http_phone_verify_unit_t *u)
{
    u_char                                 *p;
    ngx_http_phone_verify_sinch_request_t   r;

    ngx_memzero(&r, sizeof(r));

    r.number = *str(u, "+46700000000");
    is(u, ngx_http_phone_verify_check_request(&r), NGX_OK, "the least");

    r.reference = *str(u, "4Tw_-9");
    r.custom = *str(u, "{\"cart\":7}");
    is(u, ngx_http_phone_verify_check_request(&r), NGX_OK, "and more");

    r.method = NGX_HTTP_PHONE_VERIFY_NO_METHOD;
    is(u, ngx_http_phone_verify_check_request(&r), NGX_DECLINED, "no method");
    r.method = NGX_HTTP_PHONE_VERIFY_SMS;

    r.number = *str(u, "+46 700000000");
    is(u, ngx_http_phone_verify_check_request(&r), NGX_DECLINED, "a number");
    r.number = *str(u, "+46700000000");

    r.reference = *str(u, "order 42");
    is(u, ngx_http_phone_verify_check_request(&r), NGX_DECLINED,
       "a reference");
    r.reference = *str(u, "order-42");

    r.custom = *str(u, "\xc3");
    is(u, ngx_http_phone_verify_check_request(&r), NGX_DECLINED,
       "custom that is not UTF-8");

    r.custom = *ngx_http_phone_verify_unit_fill(u, 'x', 4096);
    is(u, ngx_http_phone_verify_check_request(&r), NGX_OK,
       "4096 characters");

    r.custom = *ngx_http_phone_verify_unit_fill(u, 'x', 4097);
    is(u, ngx_http_phone_verify_check_request(&r), NGX_DECLINED,
       "4097 characters");

    r.custom = *ngx_http_phone_verify_unit_fill(u, '\xc3', 8192);

    for (p = r.custom.data + 1; p < r.custom.data + 8192; p += 2) {
        *p = 0xa5;
    }

    is(u, ngx_http_phone_verify_check_request(&r), NGX_OK,
       "4096 characters of two bytes");
}
