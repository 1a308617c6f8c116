
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/app.h"
#include "conf/conf.h"
#include "verification/test_number.h"


/* The test numbers of an app.  What is wrong is not repeated in a log. */


static char *ngx_http_phone_verify_app_test_number(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static ngx_uint_t ngx_http_phone_verify_test_code_valid(ngx_str_t *code);


ngx_command_t  ngx_http_phone_verify_app_test_number_commands[] = {

    { ngx_string("test_number"),
      NGX_CONF_TAKE2,
      ngx_http_phone_verify_app_test_number,
      0,
      0,
      NULL },

      ngx_null_command
};


static char *
ngx_http_phone_verify_app_test_number(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    ngx_str_t                            *value;
    ngx_http_phone_verify_app_t          *app;
    ngx_http_phone_verify_number_t        number;
    ngx_http_phone_verify_test_number_t  *test;

    app = acf->app;
    value = cf->args->elts;

    number = ngx_http_phone_verify_number_parse(&value[1]);

    if (number == 0) {
        return "takes a phone number in international format";
    }

    if (!ngx_http_phone_verify_test_code_valid(&value[2])) {
        return "takes a code of 4 to 10 digits";
    }

    if (ngx_http_phone_verify_test_number(app, number)) {
        return "has this number already";
    }

    if (app->test_numbers == NULL) {
        app->test_numbers = ngx_array_create(cf->pool, 4,
                                  sizeof(ngx_http_phone_verify_test_number_t));
        if (app->test_numbers == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "phone_verify_app \"%V\" has a \"test_number\": "
                           "who knows its code is let in, and nothing is sent",
                           &app->name);
    }

    test = ngx_array_push(app->test_numbers);
    if (test == NULL) {
        return NGX_CONF_ERROR;
    }

    test->number = number;
    test->code = value[2];

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_http_phone_verify_test_code_valid(ngx_str_t *code)
{
    size_t  i;

    for (i = 0; i < code->len; i++) {
        if (code->data[i] < '0' || code->data[i] > '9') {
            return 0;
        }
    }

    return code->len >= NGX_HTTP_PHONE_VERIFY_TEST_CODE_MIN
           && code->len <= NGX_HTTP_PHONE_VERIFY_TEST_CODE_MAX;
}
