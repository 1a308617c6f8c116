
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/conf.h"


/* What a gate, a check or a start demands of a grant: its parameters. */


static ngx_uint_t ngx_http_phone_verify_methods_parameter(ngx_str_t *value);
static char *ngx_http_phone_verify_number_parameter(ngx_conf_t *cf,
    ngx_str_t *value, ngx_http_complex_value_t **number);


char *
ngx_http_phone_verify_demand(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_phone_verify_demands_t *demands)
{
    ngx_str_t  s;

    if (ngx_strncmp(value->data, "number=", 7) == 0) {
        return ngx_http_phone_verify_number_parameter(cf, value,
                                                      &demands->number);
    }

    if ((demands->max_age && ngx_strncmp(value->data, "max_age=", 8) == 0)
        || (demands->methods && ngx_strncmp(value->data, "methods=", 8) == 0))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate parameter \"%V\"", value);
        return NGX_CONF_ERROR;
    }

    if (ngx_strncmp(value->data, "max_age=", 8) == 0) {
        s.len = value->len - 8;
        s.data = value->data + 8;

        demands->max_age = ngx_parse_time(&s, 1);

        if (demands->max_age > 0
            && demands->max_age <= NGX_HTTP_PHONE_VERIFY_AGE_MAX)
        {
            return NGX_CONF_OK;
        }

    } else if (ngx_strncmp(value->data, "methods=", 8) == 0) {
        demands->methods = ngx_http_phone_verify_methods_parameter(value);

        if (demands->methods) {
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                       value);
    return NGX_CONF_ERROR;
}


/* "methods=sms,callout" to bits, 0 where it is not a list of methods. */

static ngx_uint_t
ngx_http_phone_verify_methods_parameter(ngx_str_t *value)
{
    u_char      *p, *last;
    ngx_str_t    name;
    ngx_uint_t   method, methods;

    p = value->data + 8;
    last = value->data + value->len;
    methods = 0;

    for ( ;; ) {
        name.data = p;

        while (p < last && *p != ',') {
            p++;
        }

        name.len = p - name.data;
        method = ngx_http_phone_verify_method(&name);

        if (method == NGX_HTTP_PHONE_VERIFY_NO_METHOD) {
            return 0;
        }

        methods |= (ngx_uint_t) 1 << method;

        if (p == last) {
            return methods;
        }

        p++;
    }
}


static char *
ngx_http_phone_verify_number_parameter(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_complex_value_t **number)
{
    ngx_str_t                          s;
    ngx_http_compile_complex_value_t   ccv;

    if (*number) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate parameter \"%V\"", value);
        return NGX_CONF_ERROR;
    }

    s.len = value->len - 7;
    s.data = value->data + 7;

    if (s.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "empty parameter \"%V\"", value);
        return NGX_CONF_ERROR;
    }

    *number = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (*number == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &s;
    ccv.complex_value = *number;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
