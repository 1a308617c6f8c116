
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/app.h"
#include "conf/conf.h"
#include "conf/options.h"
#include "sinch/json.h"


/* The options of Sinch's methods: directives, checks, values */


#define NGX_HTTP_PHONE_VERIFY_CUSTOM_MAX  4096

#define NGX_HTTP_PHONE_VERIFY_ALL  ((1 << NGX_HTTP_PHONE_VERIFY_METHODS) - 1)


typedef ngx_uint_t (*ngx_http_phone_verify_option_check_pt)(ngx_str_t *value);


typedef struct {
    ngx_str_t                              name;
    ngx_uint_t                             methods;   /* bits */
    off_t                                  offset;    /* in the request */
    ngx_uint_t                             seconds;   /* a number there */
    ngx_http_phone_verify_option_check_pt  check;
    const char                            *expected;
} ngx_http_phone_verify_option_t;


static ngx_uint_t ngx_http_phone_verify_custom_valid(ngx_str_t *value);
static ngx_uint_t ngx_http_phone_verify_code_type_valid(ngx_str_t *value);
static ngx_uint_t ngx_http_phone_verify_expiry_valid(ngx_str_t *value);
static ngx_uint_t ngx_http_phone_verify_hash_valid(ngx_str_t *value);
static ngx_uint_t ngx_http_phone_verify_seconds_valid(ngx_str_t *value);
static ngx_uint_t ngx_http_phone_verify_locale_valid(ngx_str_t *value);
static char *ngx_http_phone_verify_option_directive(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);


#define ngx_http_phone_verify_bit(method)                                     \
    (1 << NGX_HTTP_PHONE_VERIFY_##method)

#define ngx_http_phone_verify_in_request(member)                              \
    offsetof(ngx_http_phone_verify_sinch_request_t, member)


static const ngx_http_phone_verify_option_t  ngx_http_phone_verify_option[] = {

    { ngx_string("language"),
      NGX_HTTP_PHONE_VERIFY_ALL,
      ngx_http_phone_verify_in_request(language), 0,
      ngx_http_phone_verify_language_valid,
      "a language tag such as \"sv-SE\", or a list of them" },

    { ngx_string("custom"),
      NGX_HTTP_PHONE_VERIFY_ALL,
      ngx_http_phone_verify_in_request(custom), 0,
      ngx_http_phone_verify_custom_valid,
      "at most 4096 characters of UTF-8" },

    { ngx_string("sms_code_type"),
      ngx_http_phone_verify_bit(SMS),
      ngx_http_phone_verify_in_request(code_type), 0,
      ngx_http_phone_verify_code_type_valid,
      "\"Numeric\", \"Alpha\" or \"Alphanumeric\"" },

    { ngx_string("sms_expiry"),
      ngx_http_phone_verify_bit(SMS),
      ngx_http_phone_verify_in_request(expiry), 0,
      ngx_http_phone_verify_expiry_valid,
      "a duration as \"HH:MM:SS\"" },

    { ngx_string("sms_application_hash"),
      ngx_http_phone_verify_bit(SMS),
      ngx_http_phone_verify_in_request(application_hash), 0,
      ngx_http_phone_verify_hash_valid,
      "the hash of an Android application" },

    { ngx_string("flashcall_dial_timeout"),
      ngx_http_phone_verify_bit(FLASHCALL),
      ngx_http_phone_verify_in_request(dial_timeout), 1,
      ngx_http_phone_verify_seconds_valid,
      "5s to 120s" },

    { ngx_string("flashcall_interception_timeout"),
      ngx_http_phone_verify_bit(FLASHCALL),
      ngx_http_phone_verify_in_request(interception_timeout), 1,
      ngx_http_phone_verify_seconds_valid,
      "5s to 120s" },

    { ngx_string("callout_locale"),
      ngx_http_phone_verify_bit(CALLOUT),
      ngx_http_phone_verify_in_request(locale), 0,
      ngx_http_phone_verify_locale_valid,
      "a language and a region such as \"en-US\"" },

    { ngx_string("whatsapp_code_type"),
      ngx_http_phone_verify_bit(WHATSAPP),
      ngx_http_phone_verify_in_request(code_type), 0,
      ngx_http_phone_verify_code_type_valid,
      "\"Numeric\", \"Alpha\" or \"Alphanumeric\"" }
};


#define NGX_HTTP_PHONE_VERIFY_OPTIONS                                         \
    (sizeof(ngx_http_phone_verify_option)                                     \
     / sizeof(ngx_http_phone_verify_option_t))


struct ngx_http_phone_verify_values_s {
    ngx_http_complex_value_t  *value[NGX_HTTP_PHONE_VERIFY_OPTIONS];
};


#define ngx_http_phone_verify_option_command(name)                            \
    { ngx_string(name), NGX_CONF_TAKE1,                                       \
      ngx_http_phone_verify_option_directive, 0, 0, NULL }

ngx_command_t  ngx_http_phone_verify_app_options_commands[] = {
    ngx_http_phone_verify_option_command("language"),
    ngx_http_phone_verify_option_command("custom"),
    ngx_http_phone_verify_option_command("sms_code_type"),
    ngx_http_phone_verify_option_command("sms_expiry"),
    ngx_http_phone_verify_option_command("sms_application_hash"),
    ngx_http_phone_verify_option_command("flashcall_dial_timeout"),
    ngx_http_phone_verify_option_command("flashcall_interception_timeout"),
    ngx_http_phone_verify_option_command("callout_locale"),
    ngx_http_phone_verify_option_command("whatsapp_code_type"),
    ngx_null_command
};


static char *
ngx_http_phone_verify_option_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    ngx_str_t                              *value;
    ngx_uint_t                              i;
    ngx_http_complex_value_t               *cv;
    ngx_http_phone_verify_app_t            *app;
    const ngx_http_phone_verify_option_t   *option;
    ngx_http_compile_complex_value_t        ccv;

    app = acf->app;

    if (app->values == NULL) {
        app->values = ngx_pcalloc(cf->pool,
                                sizeof(struct ngx_http_phone_verify_values_s));
        if (app->values == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;
    option = ngx_http_phone_verify_option;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_OPTIONS; i++) {
        if (ngx_strcmp(option[i].name.data, value[0].data) == 0) {
            break;
        }
    }

    if (app->values->value[i]) {
        return "is duplicate";
    }

    cv = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (cv == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[1];
    ccv.complex_value = cv;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (cv->lengths == NULL && !option[i].check(&cv->value)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of \"%V\": it must be %s",
                           &value[1], &value[0], option[i].expected);
        return NGX_CONF_ERROR;
    }

    app->values->value[i] = cv;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_phone_verify_options(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_sinch_request_t *request)
{
    u_char                                *member;
    ngx_str_t                              value, *text;
    ngx_uint_t                             i;
    const ngx_http_phone_verify_option_t  *option;

    if (app->values == NULL) {
        return NGX_OK;
    }

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_OPTIONS; i++) {
        option = &ngx_http_phone_verify_option[i];

        if (app->values->value[i] == NULL
            || !(option->methods & ((ngx_uint_t) 1 << request->method)))
        {
            continue;
        }

        member = (u_char *) request + option->offset;
        text = (ngx_str_t *) member;

        if (!option->seconds && text->len) {
            continue;
        }

        if (ngx_http_complex_value(r, app->values->value[i], &value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (value.len == 0) {
            continue;
        }

        if (!option->check(&value)) {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "phone_verify: the value of \"%V\" is not %s",
                          &option->name, option->expected);
            return NGX_ERROR;
        }

        if (option->seconds) {
            *(ngx_uint_t *) member = ngx_parse_time(&value, 1);

        } else {
            *text = value;
        }
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_phone_verify_language_valid(ngx_str_t *value)
{
    u_char  ch;
    size_t  i;

    for (i = 0; i < value->len; i++) {
        ch = ngx_tolower(value->data[i]);

        if ((ch < 'a' || ch > 'z') && (ch < '0' || ch > '9')
            && (ch == '\0' || ngx_strchr("-,;=.* ", ch) == NULL))
        {
            return 0;
        }
    }

    return value->len && value->len <= 64;
}


static ngx_uint_t
ngx_http_phone_verify_custom_valid(ngx_str_t *value)
{
    ngx_int_t  length;

    length = ngx_http_phone_verify_utf8_length(value);

    return length >= 0 && length <= NGX_HTTP_PHONE_VERIFY_CUSTOM_MAX;
}


static ngx_uint_t
ngx_http_phone_verify_code_type_valid(ngx_str_t *value)
{
    return (value->len == 7 && ngx_strncmp(value->data, "Numeric", 7) == 0)
           || (value->len == 5 && ngx_strncmp(value->data, "Alpha", 5) == 0)
           || (value->len == 12
               && ngx_strncmp(value->data, "Alphanumeric", 12) == 0);
}


static ngx_uint_t
ngx_http_phone_verify_expiry_valid(ngx_str_t *value)
{
    ngx_int_t  h, m, s;

    if (value->len != 8 || value->data[2] != ':' || value->data[5] != ':') {
        return 0;
    }

    h = ngx_atoi(value->data, 2);
    m = ngx_atoi(value->data + 3, 2);
    s = ngx_atoi(value->data + 6, 2);

    return h >= 0 && m >= 0 && m < 60 && s >= 0 && s < 60 && h + m + s > 0;
}


static ngx_uint_t
ngx_http_phone_verify_hash_valid(ngx_str_t *value)
{
    u_char  ch;
    size_t  i;

    for (i = 0; i < value->len; i++) {
        ch = value->data[i];

        if ((ch < 'A' || ch > 'Z') && (ch < 'a' || ch > 'z')
            && (ch < '0' || ch > '9') && ch != '+' && ch != '/' && ch != '=')
        {
            return 0;
        }
    }

    return value->len && value->len <= 64;
}


static ngx_uint_t
ngx_http_phone_verify_seconds_valid(ngx_str_t *value)
{
    ngx_int_t  seconds;

    seconds = ngx_parse_time(value, 1);

    return seconds >= 5 && seconds <= 120;
}


static ngx_uint_t
ngx_http_phone_verify_locale_valid(ngx_str_t *value)
{
    u_char  ch;
    size_t  i;

    for (i = 0; i < value->len; i++) {
        ch = ngx_tolower(value->data[i]);

        if ((ch < 'a' || ch > 'z') && (ch < '0' || ch > '9') && ch != '-') {
            return 0;
        }
    }

    return value->len >= 2 && value->len <= 35;
}
