
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include "unit.h"
#include "verification/test_number.h"


void ngx_http_phone_verify_unit_test_number(ngx_http_phone_verify_unit_t *u);


typedef struct {
    const char  *code;
    ngx_uint_t   method;
    const char  *proof;
    ngx_uint_t   matches;
} ngx_http_phone_verify_unit_test_case_t;


static ngx_http_phone_verify_unit_test_case_t
    ngx_http_phone_verify_unit_test_cases[] =
{
    { "123456", NGX_HTTP_PHONE_VERIFY_SMS, "123456", 1 },
    { "123456", NGX_HTTP_PHONE_VERIFY_CALLOUT, "123456", 1 },
    { "123456", NGX_HTTP_PHONE_VERIFY_SMS, "123457", 0 },
    { "123456", NGX_HTTP_PHONE_VERIFY_SMS, "12345", 0 },
    { "123456", NGX_HTTP_PHONE_VERIFY_SMS, "1234567", 0 },
    { "123456", NGX_HTTP_PHONE_VERIFY_SMS, "0123456", 0 },
    { "123456", NGX_HTTP_PHONE_VERIFY_SMS, "", 0 },
    { "0000", NGX_HTTP_PHONE_VERIFY_WHATSAPP, "0000", 1 },
    { "0000", NGX_HTTP_PHONE_VERIFY_WHATSAPP, "00000", 0 },
    { "123456", NGX_HTTP_PHONE_VERIFY_FLASHCALL, "+46700123456", 1 },
    { "123456", NGX_HTTP_PHONE_VERIFY_FLASHCALL, "+46700123457", 0 },
    { "123456", NGX_HTTP_PHONE_VERIFY_FLASHCALL, "+46123456700", 0 },
    { "123456", NGX_HTTP_PHONE_VERIFY_FLASHCALL, "56", 0 }
};


void
ngx_http_phone_verify_unit_test_number(ngx_http_phone_verify_unit_t *u)
{
    ngx_uint_t                               i, status, reason, right;
    ngx_http_phone_verify_app_t              app;
    ngx_http_phone_verify_test_number_t     *test;
    ngx_http_phone_verify_unit_test_case_t  *c;

    ngx_memzero(&app, sizeof(ngx_http_phone_verify_app_t));

    ok(u, !ngx_http_phone_verify_test_number(&app, 46700000000),
       "an app without test numbers");

    app.test_numbers = ngx_array_create(u->pool, 2,
                                  sizeof(ngx_http_phone_verify_test_number_t));
    test = ngx_array_push_n(app.test_numbers, 2);

    test[0].number = 46700000000;
    ngx_str_set(&test[0].code, "1234");
    test[1].number = 46700000001;

    ok(u, ngx_http_phone_verify_test_number(&app, 46700000000), "the first");
    ok(u, ngx_http_phone_verify_test_number(&app, 46700000001), "the second");
    ok(u, !ngx_http_phone_verify_test_number(&app, 4670000000), "another");

    is(u, ngx_http_phone_verify_test_report(&app, 46700000002,
                                         NGX_HTTP_PHONE_VERIFY_SMS,
                                         ngx_http_phone_verify_unit_str(u,
                                                                       "1234"),
                                         &status, &reason),
       NGX_DECLINED, "another number is none of it");

    for (i = 0; i < sizeof(ngx_http_phone_verify_unit_test_cases)
                    / sizeof(ngx_http_phone_verify_unit_test_case_t);
         i++)
    {
        c = &ngx_http_phone_verify_unit_test_cases[i];

        test[1].code = *ngx_http_phone_verify_unit_str(u, c->code);

        is(u, ngx_http_phone_verify_test_report(&app, 46700000001, c->method,
                                  ngx_http_phone_verify_unit_str(u, c->proof),
                                  &status, &reason),
           NGX_OK, "a test number");

        right = (status == NGX_HTTP_PHONE_VERIFY_SUCCESSFUL);

        is(u, right, c->matches, "code %s, method %d, proof \"%s\"", c->code,
           (int) c->method, c->proof);
    }
}
