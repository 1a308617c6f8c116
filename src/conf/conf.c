
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/app.h"
#include "conf/conf.h"
#include "conf/lint.h"


#define NGX_HTTP_PHONE_VERIFY_BODY_LIMIT  1048576    /* as nginx's own */


/* Main and location configuration: gates, pages, endpoints */


static ngx_uint_t ngx_http_phone_verify_only_variables(ngx_str_t *value);


void *
ngx_http_phone_verify_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_phone_verify_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_phone_verify_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&mcf->apps, cf->pool, 2,
                       sizeof(ngx_http_phone_verify_app_t *))
        != NGX_OK)
    {
        return NULL;
    }

    return mcf;
}


char *
ngx_http_phone_verify_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_phone_verify_main_conf_t *mcf = conf;

    ngx_uint_t                     i;
    ngx_http_phone_verify_app_t  **app;

    app = mcf->apps.elts;

    for (i = 0; i < mcf->apps.nelts; i++) {

        if (!app[i]->declared) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "unknown phone_verify_app \"%V\" in %V:%ui",
                          &app[i]->name, &app[i]->file, app[i]->line);
            return NGX_CONF_ERROR;
        }

        if (app[i]->poll == NGX_HTTP_PHONE_VERIFY_POLL_UNSET) {
            app[i]->poll = app[i]->callbacks ? 0 : NGX_HTTP_PHONE_VERIFY_POLL;
        }
    }

    ngx_http_phone_verify_lint_apps(cf, mcf);

    return NGX_CONF_OK;
}


void *
ngx_http_phone_verify_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_phone_verify_loc_conf_t  *lcf;

    lcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_phone_verify_loc_conf_t));
    if (lcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     lcf->optional = 0;
     *     lcf->demands = { 0 };
     *     lcf->where = NULL;
     *     lcf->inherited = 0;
     *     lcf->endpoint = NULL;
     *     lcf->handler = NULL;
     *     lcf->endpoint_demands = { 0 };
     *     lcf->check = 0;
     *     lcf->operators = NULL;
     */

    lcf->gate = NGX_CONF_UNSET_PTR;
    lcf->skip = NGX_CONF_UNSET_PTR;
    lcf->page = NGX_CONF_UNSET_PTR;

    return lcf;
}


char *
ngx_http_phone_verify_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_phone_verify_loc_conf_t *prev = parent;
    ngx_http_phone_verify_loc_conf_t *conf = child;

    ngx_http_core_loc_conf_t  *clcf;

    if (conf->gate == NGX_CONF_UNSET_PTR) {

        /* a gate is inherited whole, with its parameters */

        conf->gate = (prev->gate == NGX_CONF_UNSET_PTR) ? NULL : prev->gate;
        conf->optional = prev->optional;
        conf->demands = prev->demands;
        conf->where = prev->where;
        conf->inherited = 1;
    }

    ngx_conf_merge_ptr_value(conf->skip, prev->skip, NULL);
    ngx_conf_merge_ptr_value(conf->page, prev->page, NULL);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    /* "limit_except" and "if" are still the endpoint that they stand in */

    if (conf->handler == NULL && (clcf->lmt_excpt || clcf->noname)) {
        conf->endpoint = prev->endpoint;
        conf->handler = prev->handler;
        conf->endpoint_demands = prev->endpoint_demands;
        conf->check = prev->check;

        if (clcf->lmt_excpt && clcf->handler == NULL) {
            clcf->handler = conf->handler;
        }
    }

    /*
     * Of a body without a length nobody knows that it is too large until it is
     * here: where others may send any, an endpoint would keep all of it.
     */

    if (conf->handler
        && (clcf->client_max_body_size == 0
            || clcf->client_max_body_size > NGX_HTTP_PHONE_VERIFY_BODY_LIMIT))
    {
        clcf->client_max_body_size = NGX_HTTP_PHONE_VERIFY_BODY_LIMIT;
    }

    if (ngx_http_phone_verify_lint_location(cf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


ngx_http_phone_verify_app_t *
ngx_http_phone_verify_location_app(ngx_http_request_t *r)
{
    ngx_http_phone_verify_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_phone_verify_module);

    return lcf->endpoint ? lcf->endpoint : lcf->gate;
}


ngx_uint_t
ngx_http_phone_verify_is_endpoint(ngx_http_request_t *r)
{
    ngx_http_phone_verify_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_phone_verify_module);

    return lcf->handler && r->content_handler == lcf->handler;
}


ngx_http_phone_verify_app_t *
ngx_http_phone_verify_app_named(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_uint_t                           i;
    ngx_http_phone_verify_app_t         *app, **papp;
    ngx_http_phone_verify_main_conf_t   *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_phone_verify_module);

    papp = mcf->apps.elts;

    for (i = 0; i < mcf->apps.nelts; i++) {
        app = papp[i];

        if (app->name.len == name->len
            && ngx_strncmp(app->name.data, name->data, name->len) == 0)
        {
            return app;
        }
    }

    if (!ngx_http_phone_verify_is_token(name) || name->len > 64
        || (name->len == 3 && ngx_strncmp(name->data, "off", 3) == 0))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid phone_verify_app name \"%V\"", name);
        return NULL;
    }

    app = ngx_pcalloc(cf->pool, sizeof(ngx_http_phone_verify_app_t));
    if (app == NULL) {
        return NULL;
    }

    app->name = *name;
    app->file = cf->conf_file->file.name;
    app->line = cf->conf_file->line;

    papp = ngx_array_push(&mcf->apps);
    if (papp == NULL) {
        return NULL;
    }

    *papp = app;

    return app;
}


ngx_uint_t
ngx_http_phone_verify_is_token(ngx_str_t *name)
{
    u_char  ch;
    size_t  i;

    for (i = 0; i < name->len; i++) {
        ch = name->data[i];

        if (ch <= ' ' || ch >= 0x7f
            || ngx_strchr("()<>@,;:\\\"/[]?={}", ch) != NULL)
        {
            return 0;
        }
    }

    return name->len != 0;
}


char *
ngx_http_phone_verify_gate_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_loc_conf_t *lcf = conf;

    char                               *rv;
    ngx_str_t                          *value;
    ngx_uint_t                          i;
    ngx_http_phone_verify_main_conf_t  *mcf;

    if (lcf->gate != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        if (cf->args->nelts != 2) {
            return "takes no parameters with \"off\"";
        }

        lcf->gate = NULL;
        return NGX_CONF_OK;
    }

    lcf->gate = ngx_http_phone_verify_app_named(cf, &value[1]);
    lcf->where = ngx_pcalloc(cf->pool, sizeof(ngx_http_phone_verify_place_t));

    if (lcf->gate == NULL || lcf->where == NULL) {
        return NGX_CONF_ERROR;
    }

    lcf->where->file = cf->conf_file->file.name;
    lcf->where->line = cf->conf_file->line;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "optional") == 0) {
            lcf->optional = 1;
            continue;
        }

        rv = ngx_http_phone_verify_demand(cf, &value[i], &lcf->demands);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (lcf->optional
        && (lcf->demands.max_age || lcf->demands.methods
            || lcf->demands.number))
    {
        return "cannot demand anything with \"optional\", "
               "which never refuses";
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_phone_verify_module);
    mcf->gates = 1;

    return NGX_CONF_OK;
}


char *
ngx_http_phone_verify_skip_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_loc_conf_t *lcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (lcf->skip != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->skip = NULL;
        return NGX_CONF_OK;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        /* "off" beside others, or a forgotten "$", would be no gate at all */

        if (ngx_http_script_variables_count(&value[i]) == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "value \"%V\" in \"phone_verify_skip\" has no "
                               "variable", &value[i]);
            return NGX_CONF_ERROR;
        }

        /* nor is a value with text in it ever empty */

        if (!ngx_http_phone_verify_only_variables(&value[i])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "value \"%V\" in \"phone_verify_skip\" has text "
                               "beside its variables", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    ngx_http_phone_verify_lint_skip(cf);

    return ngx_http_set_predicate_slot(cf, cmd, conf);
}


static ngx_uint_t
ngx_http_phone_verify_only_variables(ngx_str_t *value)
{
    u_char      *p, *last;
    ngx_uint_t   braces;

    p = value->data;
    last = p + value->len;

    while (p < last) {

        if (*p++ != '$') {
            return 0;
        }

        braces = (p < last && *p == '{');
        p += braces;

        while (p < last
               && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')
                   || (*p >= '0' && *p <= '9') || *p == '_'))
        {
            p++;
        }

        if (braces && p < last && *p == '}') {
            p++;
        }
    }

    return 1;
}


char *
ngx_http_phone_verify_page_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_loc_conf_t *lcf = conf;

    ngx_str_t  *value;

    if (lcf->page != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "is empty";
    }

    if (ngx_strcmp(value[1].data, "off") == 0) {
        lcf->page = NULL;
        return NGX_CONF_OK;
    }

    return ngx_http_set_complex_value_slot(cf, cmd, conf);
}


char *
ngx_http_phone_verify_endpoint_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_loc_conf_t *lcf = conf;

    char                      *rv;
    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_http_core_loc_conf_t  *clcf;

    if (lcf->handler) {
        return "cannot stand beside another endpoint in one location";
    }

    value = cf->args->elts;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    lcf->handler = (ngx_http_handler_pt) cmd->post;
    clcf->handler = lcf->handler;

    if (cf->args->nelts == 1) {

        /* metrics are of all apps */

        lcf->operators = &cmd->name;

        return NGX_CONF_OK;
    }

    lcf->endpoint = ngx_http_phone_verify_app_named(cf, &value[1]);
    if (lcf->endpoint == NULL) {
        return NGX_CONF_ERROR;
    }

    lcf->check = (ngx_strcmp(cmd->name.data, "phone_verify_check") == 0);

    if (ngx_strcmp(cmd->name.data, "phone_verify_admin") == 0
        || ngx_strcmp(cmd->name.data, "phone_verify_query") == 0)
    {
        lcf->operators = &cmd->name;
    }

    for (i = 2; i < cf->args->nelts; i++) {

        /* a check demands what a gate may; a start takes a number */

        if (!lcf->check && ngx_strncmp(value[i].data, "number=", 7) != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        rv = ngx_http_phone_verify_demand(cf, &value[i],
                                          &lcf->endpoint_demands);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (ngx_strcmp(cmd->name.data, "phone_verify_callback") == 0) {
        lcf->endpoint->callbacks = 1;
    }

    return NGX_CONF_OK;
}
