
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/app.h"
#include "verification/policy/conversion.h"


/* conversion_breaker: when too few of an app's messages convert */


static char *ngx_http_phone_verify_app_breaker(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static ngx_int_t ngx_http_phone_verify_app_breaker_parameter(
    ngx_http_phone_verify_breaker_t *breaker, ngx_uint_t countries,
    ngx_str_t *value);
static ngx_uint_t ngx_http_phone_verify_app_breaker_twice(ngx_str_t *value,
    ngx_uint_t n);
static ngx_int_t ngx_http_phone_verify_app_breaker_value(ngx_str_t *value,
    const char *name, ngx_uint_t *number);


ngx_command_t  ngx_http_phone_verify_app_conversion_commands[] = {

    { ngx_string("conversion_breaker"),
      NGX_CONF_1MORE,
      ngx_http_phone_verify_app_breaker,
      0,
      0,
      NULL },

      ngx_null_command
};


/*
 * A country's breaker only tells: a site that has just opened has nothing to
 * hold five visitors against, and who can close a country with five starts
 * would.  A block of numbers, or an address, is little to lose.
 */

static const ngx_http_phone_verify_breaker_t
    ngx_http_phone_verify_breaker_defaults[NGX_HTTP_PHONE_VERIFY_BREAKERS] =
{
    { 3, 20, 20, 1, 1 },
    { 10, 50, 20, 1, 0 },
    { 5, 10, 20, 1, 0 },
    { 0, 3, 0, 1, 0 }
};


char *
ngx_http_phone_verify_app_conversion(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_BREAKERS; i++) {
        if (!(acf->breakers_set & ((ngx_uint_t) 1 << i))) {
            acf->app->breakers[i] = ngx_http_phone_verify_breaker_defaults[i];
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_phone_verify_app_breaker(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    ngx_str_t        *value;
    ngx_uint_t        i, b;
    const ngx_str_t  *name;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {

        if (acf->breakers_set) {
            return "is duplicate";
        }

        acf->breakers_set = (1 << NGX_HTTP_PHONE_VERIFY_BREAKERS) - 1;

        return NGX_CONF_OK;
    }

    for (b = 0; b < NGX_HTTP_PHONE_VERIFY_BREAKERS; b++) {
        name = ngx_http_phone_verify_breaker_name(b);

        if (name->len == value[1].len
            && ngx_strncmp(name->data, value[1].data, name->len) == 0)
        {
            break;
        }
    }

    if (b == NGX_HTTP_PHONE_VERIFY_BREAKERS) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown key \"%V\" in \"conversion_breaker\", it "
                           "must be \"country\", \"prefix\", \"address\" or "
                           "\"countries\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (acf->breakers_set & ((ngx_uint_t) 1 << b)) {
        return "is duplicate";
    }

    acf->breakers_set |= (ngx_uint_t) 1 << b;

    if (cf->args->nelts == 3 && ngx_strcmp(value[2].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    /* what is named is meant, unless it says otherwise */

    acf->app->breakers[b] = ngx_http_phone_verify_breaker_defaults[b];
    acf->app->breakers[b].dry = 0;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_http_phone_verify_app_breaker_twice(value, i)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate parameter \"%V\" in "
                               "\"conversion_breaker\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        if (ngx_http_phone_verify_app_breaker_parameter(
                            &acf->app->breakers[b],
                            b == NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRIES,
                            &value[i])
            != NGX_OK)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" in "
                               "\"conversion_breaker\"", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_phone_verify_app_breaker_parameter(
    ngx_http_phone_verify_breaker_t *breaker, ngx_uint_t countries,
    ngx_str_t *value)
{
    if (ngx_strcmp(value->data, "dry_run") == 0) {
        breaker->dry = 1;
        return NGX_OK;
    }

    if (ngx_http_phone_verify_app_breaker_value(value, "day=", &breaker->day)
        == NGX_OK)
    {
        /* as many as are remembered of an address */

        return (countries
                && breaker->day > NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRIES_MAX)
               ? NGX_DECLINED : NGX_OK;
    }

    if (countries) {
        return NGX_DECLINED;
    }

    if (ngx_http_phone_verify_app_breaker_value(value, "hour=",
                                                &breaker->hour)
        == NGX_OK)
    {
        return NGX_OK;
    }

    return ngx_http_phone_verify_app_breaker_value(value, "ratio=",
                                                   &breaker->ratio);
}


/* Whether the n-th parameter sets what one before it has set. */

static ngx_uint_t
ngx_http_phone_verify_app_breaker_twice(ngx_str_t *value, ngx_uint_t n)
{
    u_char      *end;
    size_t       len;
    ngx_uint_t   i;

    end = ngx_strlchr(value[n].data, value[n].data + value[n].len, '=');

    if (end == NULL) {
        return 0;
    }

    len = end + 1 - value[n].data;

    for (i = 2; i < n; i++) {
        if (ngx_strncmp(value[i].data, value[n].data, len) == 0) {
            return 1;
        }
    }

    return 0;
}


/* "day=20", "ratio=20%": a whole number from 1 to a million. */

static ngx_int_t
ngx_http_phone_verify_app_breaker_value(ngx_str_t *value, const char *name,
    ngx_uint_t *number)
{
    size_t     len, end;
    ngx_int_t  n;

    len = ngx_strlen(name);
    end = value->len;

    if (end <= len || ngx_strncmp(value->data, name, len) != 0) {
        return NGX_DECLINED;
    }

    if (name[0] == 'r') {

        if (value->data[end - 1] != '%') {
            return NGX_DECLINED;
        }

        end--;
    }

    n = ngx_atoi(value->data + len, end - len);

    if (n < 1 || n > 1000000) {
        return NGX_DECLINED;
    }

    *number = (ngx_uint_t) n;

    return NGX_OK;
}
