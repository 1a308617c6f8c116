
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/app.h"
#include "conf/conf.h"


/* The rules of an app: attempts, times, the zone they are kept in */


#define NGX_HTTP_PHONE_VERIFY_RESEND_MAX  86400000    /* msec */


static char *ngx_http_phone_verify_app_resend(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);


ngx_command_t  ngx_http_phone_verify_app_policy_commands[] = {

    { ngx_string("zone"),
      NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      0,
      offsetof(ngx_http_phone_verify_app_conf_t, zone_size),
      NULL },

    { ngx_string("pending_ttl"),
      NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      offsetof(ngx_http_phone_verify_app_conf_t, pending_ttl),
      NULL },

    { ngx_string("resend"),
      NGX_CONF_1MORE,
      ngx_http_phone_verify_app_resend,
      0,
      0,
      NULL },

      ngx_null_command
};


char *
ngx_http_phone_verify_app_policy(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf)
{
    ngx_msec_t                    timeout;
    ngx_uint_t                    i;
    ngx_http_phone_verify_app_t  *app;

    static ngx_msec_t  resend[NGX_HTTP_PHONE_VERIFY_RESENDS] = {
        30000, 60000, 120000, 300000
    };

    app = acf->app;

    if (acf->zone_size == NGX_CONF_UNSET_SIZE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "phone_verify_app \"%V\" has no \"zone\"",
                           &app->name);
        return NGX_CONF_ERROR;
    }

    ngx_conf_init_msec_value(acf->pending_ttl, 300000);

    if (acf->pending_ttl < 30000 || acf->pending_ttl > 600000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"pending_ttl\" must be between 30s and 10m");
        return NGX_CONF_ERROR;
    }

    app->policy.ttl = acf->pending_ttl;

    /* a start may ask twice: the message, and what became of it */

    timeout = app->sinch.origin->timeout;
    app->policy.call_timeout = 2 * timeout + 2000;

    /* twice a very long one is past the largest number */

    if (app->policy.ttl <= timeout
        || app->policy.ttl <= app->policy.call_timeout)
    {

        /* it could end while Sinch is still being asked */

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"pending_ttl\" of phone_verify_app \"%V\" must be "
                           "longer than twice its \"timeout\" and 2s: %Mms",
                           &app->name, app->policy.call_timeout);
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_RESENDS; i++) {
        app->policy.resend[i] = acf->resend_set ? acf->resend[i] : resend[i];
    }

    app->zone = ngx_http_phone_verify_zone_create(cf, &app->name,
                                               acf->zone_size,
                                               &ngx_http_phone_verify_module);
    if (app->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* resend TIME... [dry_run] | off */

static char *
ngx_http_phone_verify_app_resend(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    ngx_int_t    time;
    ngx_str_t   *value;
    ngx_uint_t   i, n;

    if (acf->resend_set) {
        return "is duplicate";
    }

    acf->resend_set = 1;

    value = cf->args->elts;
    n = cf->args->nelts - 1;

    if (n == 1 && ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[n].data, "dry_run") == 0) {
        acf->app->policy.resend_dry = 1;
        n--;
    }

    if (n == 0) {
        return "has no time";
    }

    if (n > NGX_HTTP_PHONE_VERIFY_RESENDS) {
        return "takes at most four times";
    }

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_RESENDS; i++) {

        /* the last wait goes on */

        time = ngx_parse_time(&value[ngx_min(i, n - 1) + 1], 0);

        if (time == NGX_ERROR || time < 1000
            || time > NGX_HTTP_PHONE_VERIFY_RESEND_MAX)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid time \"%V\"",
                               &value[ngx_min(i, n - 1) + 1]);
            return NGX_CONF_ERROR;
        }

        acf->resend[i] = (ngx_msec_t) time;
    }

    return NGX_CONF_OK;
}
