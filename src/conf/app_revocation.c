
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/app.h"
#include "conf/conf.h"
#include "verification/revoke.h"


/* The file in which revocations outlive a restart */


static char *ngx_http_phone_verify_app_revocation_file(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);


ngx_command_t  ngx_http_phone_verify_app_revocation_commands[] = {

    { ngx_string("revocation_file"),
      NGX_CONF_TAKE1,
      ngx_http_phone_verify_app_revocation_file,
      0,
      0,
      NULL },

      ngx_null_command
};


/* nginx opens it as a log: before it gives up its rights, anew on USR1. */

static char *
ngx_http_phone_verify_app_revocation_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    ngx_str_t                           *value;
    ngx_uint_t                           i;
    ngx_open_file_t                     *file;
    ngx_http_phone_verify_app_t        **app;
    ngx_http_phone_verify_main_conf_t   *mcf;

    if (acf->revocation_file_set) {
        return "is duplicate";
    }

    acf->revocation_file_set = 1;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    file = ngx_conf_open_file(cf->cycle, &value[1]);
    if (file == NULL) {
        return NGX_CONF_ERROR;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_phone_verify_module);
    app = mcf->apps.elts;

    for (i = 0; i < mcf->apps.nelts; i++) {

        if (app[i]->revocation_file == file) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is the revocation_file of "
                               "phone_verify_app \"%V\" already",
                               &value[1], &app[i]->name);
            return NGX_CONF_ERROR;
        }
    }

    acf->app->revocation_file = file;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_phone_verify_init_module(ngx_cycle_t *cycle)
{
    ngx_uint_t                           i, fresh;
    ngx_http_phone_verify_app_t        **app;
    ngx_http_phone_verify_main_conf_t   *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle,
                                              ngx_http_phone_verify_module);
    if (mcf == NULL) {
        return NGX_OK;
    }

    fresh = ngx_is_init_cycle(cycle->old_cycle);
    app = mcf->apps.elts;

    for (i = 0; i < mcf->apps.nelts; i++) {

        if (app[i]->revocation_file
            && ngx_http_phone_verify_revocations_load(cycle, app[i], fresh)
               != NGX_OK
            && fresh)
        {
            /* on a reload, nginx would end, and with it the open sessions */

            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
