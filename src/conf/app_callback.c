
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/app.h"
#include "conf/conf.h"
#include "verification/code.h"


/* What an app makes of Sinch's callbacks */


static char *ngx_http_phone_verify_app_poll(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);


static ngx_conf_enum_t  ngx_http_phone_verify_unknown[] = {
    { ngx_string("deny"), 0 },
    { ngx_string("allow"), 1 },
    { ngx_null_string, 0 }
};


static ngx_conf_num_bounds_t  ngx_http_phone_verify_length_bounds = {
    ngx_conf_check_num_bounds,
    NGX_HTTP_PHONE_VERIFY_CODE_MIN, NGX_HTTP_PHONE_VERIFY_CODE_MAX
};


ngx_command_t  ngx_http_phone_verify_app_callback_commands[] = {

    { ngx_string("callback_skew"),
      NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      offsetof(ngx_http_phone_verify_app_conf_t, callback_skew),
      NULL },

    { ngx_string("callback_path"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_phone_verify_app_conf_t, callback_path),
      NULL },

    { ngx_string("callback_unknown"),
      NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      0,
      offsetof(ngx_http_phone_verify_app_conf_t, callback_unknown),
      &ngx_http_phone_verify_unknown },

    { ngx_string("poll"),
      NGX_CONF_TAKE1,
      ngx_http_phone_verify_app_poll,
      0,
      0,
      NULL },

    { ngx_string("own_codes"),
      NGX_CONF_TAKE1,
      ngx_conf_set_flag_slot,
      0,
      offsetof(ngx_http_phone_verify_app_conf_t, own_codes),
      NULL },

    { ngx_string("code_length"),
      NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      0,
      offsetof(ngx_http_phone_verify_app_conf_t, code_length),
      &ngx_http_phone_verify_length_bounds },

      ngx_null_command
};


char *
ngx_http_phone_verify_app_callback(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf)
{
    ngx_http_phone_verify_app_t  *app;

    app = acf->app;

    ngx_conf_init_msec_value(acf->callback_skew, 300000);
    ngx_conf_init_uint_value(acf->callback_unknown, 0);
    ngx_conf_init_value(acf->own_codes, 0);
    ngx_conf_init_value(acf->code_length, NGX_HTTP_PHONE_VERIFY_CODE_MIN);

    if (acf->callback_skew < 1000 || acf->callback_skew > 3600000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"callback_skew\" must be between 1s and 1h");
        return NGX_CONF_ERROR;
    }

    if (acf->callback_path.len
        && (acf->callback_path.data[0] != '/'
            || ngx_strchr(acf->callback_path.data, '?') != NULL))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"callback_path\" \"%V\": it must be a "
                           "path, without a query", &acf->callback_path);
        return NGX_CONF_ERROR;
    }

    app->callback_skew = acf->callback_skew;
    app->callback_path = acf->callback_path;
    app->callback_unknown = acf->callback_unknown;
    app->own_codes = acf->own_codes;

    /* unless it is said, it depends on whether callbacks are received */

    app->poll = (acf->poll == NGX_CONF_UNSET)
                ? NGX_HTTP_PHONE_VERIFY_POLL_UNSET : (ngx_uint_t) acf->poll;
    app->code_length = acf->code_length;

    return NGX_CONF_OK;
}


static char *
ngx_http_phone_verify_app_poll(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    ngx_str_t  *value;

    if (acf->poll != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        acf->poll = 0;
        return NGX_CONF_OK;
    }

    acf->poll = ngx_parse_time(&value[1], 1);

    if (acf->poll < 1 || acf->poll > 3600) {
        return "must be \"off\" or between 1s and 1h";
    }

    return NGX_CONF_OK;
}
