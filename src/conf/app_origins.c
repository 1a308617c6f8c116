
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/app.h"


/* Whose pages besides our own may use an app */


static char *ngx_http_phone_verify_app_allow_origins(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static ngx_int_t ngx_http_phone_verify_origin_read(ngx_str_t *value,
    ngx_uint_t *plain);


ngx_command_t  ngx_http_phone_verify_app_origins_commands[] = {

    { ngx_string("allow_origins"),
      NGX_CONF_1MORE,
      ngx_http_phone_verify_app_allow_origins,
      0,
      0,
      NULL },

      ngx_null_command
};


/* allow_origins ORIGIN... [dry_run] | dry_run | off */

static char *
ngx_http_phone_verify_app_allow_origins(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i, n, plain;

    if (acf->origins_set) {
        return "is duplicate";
    }

    acf->origins_set = 1;

    value = cf->args->elts;
    n = cf->args->nelts - 1;

    if (n == 1 && ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[n].data, "dry_run") == 0) {
        acf->app->origins_dry = 1;

        if (--n == 0) {
            return NGX_CONF_OK;
        }
    }

    acf->app->origins = ngx_palloc(cf->pool, n * sizeof(ngx_str_t));
    if (acf->app->origins == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < n; i++) {

        if (ngx_http_phone_verify_origin_read(&value[i + 1], &plain)
            != NGX_OK)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid origin \"%V\": \"https://host\" or "
                               "\"https://host:port\" is expected",
                               &value[i + 1]);
            return NGX_CONF_ERROR;
        }

        if (plain) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "\"%V\" has no TLS: anybody on the way can "
                               "speak for that origin", &value[i + 1]);
        }

        acf->app->origins[i] = value[i + 1];
    }

    acf->app->norigins = n;

    return NGX_CONF_OK;
}


/*
 * Makes of "value" what a browser sends: small letters, and no port where it
 * is the scheme's own.  "plain" is 1 where others can hear it.
 */

static ngx_int_t
ngx_http_phone_verify_origin_read(ngx_str_t *value, ngx_uint_t *plain)
{
    u_char      *p, *last, *host;
    ngx_int_t    port, preset;
    ngx_uint_t   local;

    ngx_strlow(value->data, value->data, value->len);

    p = value->data;
    last = p + value->len;

    if (ngx_strncmp(p, "https://", 8) == 0) {
        p += 8;
        preset = 443;

    } else if (ngx_strncmp(p, "http://", 7) == 0) {
        p += 7;
        preset = 80;

    } else {
        return NGX_ERROR;
    }

    host = p;

    if (p < last && *p == '[') {

        for (p++; p < last && *p != ']'; p++) {
            if ((*p < '0' || *p > '9') && (*p < 'a' || *p > 'f')
                && *p != ':' && *p != '.')
            {
                return NGX_ERROR;
            }
        }

        if (p == last) {
            return NGX_ERROR;
        }

        p++;

    } else {

        while (p < last
               && ((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z')
                   || *p == '-' || *p == '.' || *p == '_'))
        {
            p++;
        }
    }

    if (p == host) {
        return NGX_ERROR;
    }

    local = (p - host == 9 && ngx_strncmp(host, "localhost", 9) == 0)
            || (p - host == 9 && ngx_strncmp(host, "127.0.0.1", 9) == 0)
            || (p - host == 5 && ngx_strncmp(host, "[::1]", 5) == 0);

    *plain = (preset == 80 && !local);

    if (p == last) {
        return NGX_OK;
    }

    if (*p != ':') {
        return NGX_ERROR;
    }

    port = ngx_atoi(p + 1, last - p - 1);

    if (port < 1 || port > 65535 || p[1] == '0') {
        return NGX_ERROR;
    }

    if (port == preset) {
        value->len = p - value->data;
    }

    return NGX_OK;
}
