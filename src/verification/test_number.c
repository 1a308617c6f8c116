
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <openssl/crypto.h>
#include "verification/test_number.h"


static const ngx_str_t *ngx_http_phone_verify_test_code(
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number);


ngx_uint_t
ngx_http_phone_verify_test_number(const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number)
{
    return ngx_http_phone_verify_test_code(app, number) != NULL;
}


ngx_int_t
ngx_http_phone_verify_test_report(const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number, ngx_uint_t method,
    const ngx_str_t *proof, ngx_uint_t *status, ngx_uint_t *reason)
{
    size_t            skip;
    ngx_uint_t        cli;
    const ngx_str_t  *code;

    code = ngx_http_phone_verify_test_code(app, number);

    if (code == NULL) {
        return NGX_DECLINED;
    }

    cli = (method == NGX_HTTP_PHONE_VERIFY_FLASHCALL);
    skip = (proof->len > code->len && cli) ? proof->len - code->len : 0;

    if (proof->len - skip == code->len
        && CRYPTO_memcmp(proof->data + skip, code->data, code->len) == 0)
    {
        *status = NGX_HTTP_PHONE_VERIFY_SUCCESSFUL;
        *reason = NGX_HTTP_PHONE_VERIFY_REASON_NONE;

    } else {
        *status = NGX_HTTP_PHONE_VERIFY_FAIL;
        *reason = cli ? NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CLI
                      : NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CODE;
    }

    return NGX_OK;
}


static const ngx_str_t *
ngx_http_phone_verify_test_code(const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number)
{
    ngx_uint_t                            i;
    ngx_http_phone_verify_test_number_t  *test;

    if (app->test_numbers == NULL) {
        return NULL;
    }

    test = app->test_numbers->elts;

    for (i = 0; i < app->test_numbers->nelts; i++) {
        if (test[i].number == number) {
            return &test[i].code;
        }
    }

    return NULL;
}
