
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "conf/app.h"


/* How many sessions one number may get */


#define NGX_HTTP_PHONE_VERIFY_REUSE_MAX  65535    /* of a counter */


static char *ngx_http_phone_verify_app_number_reuse(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);


ngx_command_t  ngx_http_phone_verify_app_reuse_commands[] = {

    { ngx_string("number_reuse"),
      NGX_CONF_TAKE12,
      ngx_http_phone_verify_app_number_reuse,
      0,
      0,
      NULL },

      ngx_null_command
};


static char *
ngx_http_phone_verify_app_number_reuse(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    u_char                       *p;
    ngx_int_t                     count, period;
    ngx_str_t                    *value, time;
    ngx_http_phone_verify_app_t  *app;

    app = acf->app;

    if (acf->number_reuse_set) {
        return "is duplicate";
    }

    acf->number_reuse_set = 1;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0 && cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    if (cf->args->nelts == 3) {

        if (ngx_strcmp(value[2].data, "dry_run") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"", &value[2]);
            return NGX_CONF_ERROR;
        }

        app->reuse_dry_run = 1;
    }

    p = ngx_strlchr(value[1].data, value[1].data + value[1].len, '/');

    if (p) {
        count = ngx_atoi(value[1].data, p - value[1].data);

        time.data = p + 1;
        time.len = value[1].data + value[1].len - time.data;
        period = ngx_parse_time(&time, 1);

        if (count > 0 && count <= NGX_HTTP_PHONE_VERIFY_REUSE_MAX
            && period > 0 && period <= 0x7fffffff)
        {
            app->reuse_count = count;
            app->reuse_period = period;
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\": sessions in a time are expected, "
                       "as in \"3/30d\"", &value[1]);
    return NGX_CONF_ERROR;
}
