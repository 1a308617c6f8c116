
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/app.h"
#include "conf/conf.h"


/* phone_verify_app NAME { }: reads the block, part by part */


static char *ngx_http_phone_verify_app_directive(ngx_conf_t *cf,
    ngx_command_t *dummy, void *conf);
static ngx_command_t *ngx_http_phone_verify_app_find(ngx_str_t *name);


static ngx_command_t  *ngx_http_phone_verify_app_tables[] = {
    ngx_http_phone_verify_app_provider_commands,
    ngx_http_phone_verify_app_options_commands,
    ngx_http_phone_verify_app_callback_commands,
    ngx_http_phone_verify_app_session_commands,
    ngx_http_phone_verify_app_policy_commands,
    ngx_http_phone_verify_app_origins_commands,
    ngx_http_phone_verify_app_revocation_commands,
    ngx_http_phone_verify_app_reuse_commands,
    ngx_http_phone_verify_app_test_number_commands,
    ngx_http_phone_verify_app_destination_commands,
    ngx_http_phone_verify_app_conversion_commands,
    ngx_http_phone_verify_app_limits_commands,
    ngx_http_phone_verify_app_outage_commands,
    ngx_http_phone_verify_app_money_commands,
    NULL
};


static ngx_uint_t  ngx_http_phone_verify_argument_number[] = {
    NGX_CONF_NOARGS,
    NGX_CONF_TAKE1,
    NGX_CONF_TAKE2,
    NGX_CONF_TAKE3,
    NGX_CONF_TAKE4,
    NGX_CONF_TAKE5,
    NGX_CONF_TAKE6,
    NGX_CONF_TAKE7
};


char *
ngx_http_phone_verify_app_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                              *rv;
    ngx_str_t                         *value;
    ngx_conf_t                         save;
    ngx_http_phone_verify_app_t       *app;
    ngx_http_phone_verify_app_conf_t  *acf;

    value = cf->args->elts;

    app = ngx_http_phone_verify_app_named(cf, &value[1]);
    if (app == NULL) {
        return NGX_CONF_ERROR;
    }

    if (app->declared) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate phone_verify_app \"%V\", "
                           "declared in %V:%ui",
                           &app->name, &app->file, app->line);
        return NGX_CONF_ERROR;
    }

    app->declared = 1;
    app->file = cf->conf_file->file.name;
    app->line = cf->conf_file->line;

    acf = ngx_pcalloc(cf->temp_pool, sizeof(ngx_http_phone_verify_app_conf_t));
    if (acf == NULL) {
        return NGX_CONF_ERROR;
    }

    acf->app = app;
    acf->auth = NGX_CONF_UNSET_UINT;
    acf->http2 = 1;
    acf->resolver_timeout = NGX_CONF_UNSET_MSEC;
    acf->connect_timeout = NGX_CONF_UNSET_MSEC;
    acf->timeout = NGX_CONF_UNSET_MSEC;
    acf->callback_skew = NGX_CONF_UNSET_MSEC;
    acf->callback_unknown = NGX_CONF_UNSET_UINT;
    acf->poll = NGX_CONF_UNSET;
    acf->own_codes = NGX_CONF_UNSET;
    acf->code_length = NGX_CONF_UNSET;
    acf->zone_size = NGX_CONF_UNSET_SIZE;
    acf->pending_ttl = NGX_CONF_UNSET_MSEC;
    acf->session_ttl = NGX_CONF_UNSET;

    save = *cf;

    cf->handler = ngx_http_phone_verify_app_directive;
    cf->handler_conf = (void *) acf;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    /* in this order: the rules want to know the provider's timeouts */

    if (ngx_http_phone_verify_app_provider(cf, acf) != NGX_CONF_OK
        || ngx_http_phone_verify_app_callback(cf, acf) != NGX_CONF_OK
        || ngx_http_phone_verify_app_session(cf, acf) != NGX_CONF_OK
        || ngx_http_phone_verify_app_limits(cf, acf) != NGX_CONF_OK
        || ngx_http_phone_verify_app_policy(cf, acf) != NGX_CONF_OK
        || ngx_http_phone_verify_app_destination(cf, acf) != NGX_CONF_OK
        || ngx_http_phone_verify_app_conversion(cf, acf) != NGX_CONF_OK
        || ngx_http_phone_verify_app_outage(cf, acf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* What ngx_conf_handler() does for a directive, over the block's own tables. */

static char *
ngx_http_phone_verify_app_directive(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf)
{
    char           *rv;
    ngx_str_t      *value;
    ngx_uint_t      n;
    ngx_command_t  *cmd;

    value = cf->args->elts;
    n = cf->args->nelts;

    if (value[0].len == 7 && ngx_strncmp(value[0].data, "include", 7) == 0) {
        if (n != 2) {
            return "invalid number of arguments in \"include\" directive";
        }

        return ngx_conf_include(cf, dummy, conf);
    }

    cmd = ngx_http_phone_verify_app_find(&value[0]);

    if (cmd == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown directive \"%V\" in phone_verify_app",
                           &value[0]);
        return NGX_CONF_ERROR;
    }

    if (!(cmd->type & NGX_CONF_1MORE && n > 1)
        && !(cmd->type & NGX_CONF_2MORE && n > 2)
        && !(n <= NGX_CONF_MAX_ARGS
             && cmd->type & ngx_http_phone_verify_argument_number[n - 1]))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of arguments in \"%V\" directive",
                           &value[0]);
        return NGX_CONF_ERROR;
    }

    rv = cmd->set(cf, cmd, conf);

    if (rv == NGX_CONF_OK || rv == NGX_CONF_ERROR) {
        return rv;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" directive %s",
                       &value[0], rv);

    return NGX_CONF_ERROR;
}


static ngx_command_t *
ngx_http_phone_verify_app_find(ngx_str_t *name)
{
    ngx_uint_t      i;
    ngx_command_t  *cmd;

    for (i = 0; ngx_http_phone_verify_app_tables[i]; i++) {

        for (cmd = ngx_http_phone_verify_app_tables[i]; cmd->name.len; cmd++) {

            if (cmd->name.len == name->len
                && ngx_strncmp(cmd->name.data, name->data, name->len) == 0)
            {
                return cmd;
            }
        }
    }

    return NULL;
}
