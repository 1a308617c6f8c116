
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/app.h"
#include "verification/policy/outage.h"


/* What an app does while Sinch does not answer */


#define NGX_HTTP_PHONE_VERIFY_OUTAGE_FAILURES  5
#define NGX_HTTP_PHONE_VERIFY_OUTAGE_WINDOW    10000    /* msec */
#define NGX_HTTP_PHONE_VERIFY_OUTAGE_PROBE     10000
#define NGX_HTTP_PHONE_VERIFY_OUTAGE_GRACE     3600     /* seconds */
#define NGX_HTTP_PHONE_VERIFY_OUTAGE_GRACE_MAX 86400


static char *ngx_http_phone_verify_app_failures(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_phone_verify_app_on_outage(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);


ngx_command_t  ngx_http_phone_verify_app_outage_commands[] = {

    { ngx_string("provider_failures"),
      NGX_CONF_TAKE123,
      ngx_http_phone_verify_app_failures,
      0,
      0,
      NULL },

    { ngx_string("on_outage"),
      NGX_CONF_TAKE123,
      ngx_http_phone_verify_app_on_outage,
      0,
      0,
      NULL },

      ngx_null_command
};


char *
ngx_http_phone_verify_app_outage(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf)
{
    ngx_http_phone_verify_app_t  *app;

    app = acf->app;

    if (!acf->failures_set) {
        app->outage.failures = NGX_HTTP_PHONE_VERIFY_OUTAGE_FAILURES;
        app->outage.window = NGX_HTTP_PHONE_VERIFY_OUTAGE_WINDOW;
        app->outage.probe = NGX_HTTP_PHONE_VERIFY_OUTAGE_PROBE;
    }

    if (app->outage.grace && (app->outage.failures == 0 || app->outage.dry)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"on_outage grace\" in phone_verify_app \"%V\" "
                           "needs \"provider_failures\" to know of an outage, "
                           "not %s", &app->name,
                           app->outage.dry ? "in a dry run" : "off");
        return NGX_CONF_ERROR;
    }

    /* no call lasts longer */

    app->outage.hold = app->sinch.origin->timeout + 2000;

    app->sinch.admit = ngx_http_phone_verify_outage_admit;
    app->sinch.watch = ngx_http_phone_verify_outage_watch;
    app->sinch.watch_data = app;

    return NGX_CONF_OK;
}


/* N/TIME [probe=TIME] [dry_run] | off */

static char *
ngx_http_phone_verify_app_failures(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    u_char                       *slash;
    ngx_int_t                     n, time;
    ngx_uint_t                    i, probe;
    ngx_str_t                    *value, text;
    ngx_http_phone_verify_app_t  *app;

    if (acf->failures_set) {
        return "is duplicate";
    }

    acf->failures_set = 1;

    app = acf->app;
    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    slash = ngx_strlchr(value[1].data, value[1].data + value[1].len, '/');
    n = slash ? ngx_atoi(value[1].data, slash - value[1].data) : NGX_ERROR;

    if (n == NGX_ERROR || n < 1 || n > 1000) {
        return "must be \"off\", or a number from 1 to 1000 and a time, as in "
               "\"5/10s\"";
    }

    text.data = slash + 1;
    text.len = value[1].data + value[1].len - text.data;

    time = ngx_parse_time(&text, 0);

    if (time == NGX_ERROR || time < 1000 || time > 3600000) {
        return "takes a time between 1s and 1h";
    }

    app->outage.failures = n;
    app->outage.window = time;
    app->outage.probe = NGX_HTTP_PHONE_VERIFY_OUTAGE_PROBE;

    probe = 0;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "dry_run") == 0) {
            app->outage.dry = 1;
            continue;
        }

        if (ngx_strncmp(value[i].data, "probe=", 6) != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        if (probe++) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate parameter \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        text.data = value[i].data + 6;
        text.len = value[i].len - 6;

        time = ngx_parse_time(&text, 0);

        if (time == NGX_ERROR || time < 1000 || time > 3600000) {
            return "takes a \"probe\" between 1s and 1h";
        }

        app->outage.probe = time;
    }

    return NGX_CONF_OK;
}


/* closed | grace [TIME] [dry_run] */

static char *
ngx_http_phone_verify_app_on_outage(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    time_t       grace;
    ngx_str_t   *value;
    ngx_uint_t   n;

    if (acf->on_outage_set) {
        return "is duplicate";
    }

    acf->on_outage_set = 1;

    value = cf->args->elts;
    n = cf->args->nelts;

    if (ngx_strcmp(value[1].data, "closed") == 0 && n == 2) {
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "grace") != 0) {
        return "must be \"closed\" or \"grace\", and a time for \"grace\"";
    }

    if (n > 2 && ngx_strcmp(value[n - 1].data, "dry_run") == 0) {
        acf->app->outage.grace_dry = 1;
        n--;
    }

    if (n == 4) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\"", &value[3]);
        return NGX_CONF_ERROR;
    }

    grace = NGX_HTTP_PHONE_VERIFY_OUTAGE_GRACE;

    if (n == 3) {
        grace = ngx_parse_time(&value[2], 1);

        if (grace < 1 || grace > NGX_HTTP_PHONE_VERIFY_OUTAGE_GRACE_MAX) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid time \"%V\" in \"on_outage\", it "
                               "must be between 1s and 1d", &value[2]);
            return NGX_CONF_ERROR;
        }
    }

    acf->app->outage.grace = grace;

    return NGX_CONF_OK;
}
