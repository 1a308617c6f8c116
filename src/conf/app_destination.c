
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/app.h"
#include "verification/policy/destination.h"


/* Where an app's messages may go */


static char *ngx_http_phone_verify_app_countries(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_phone_verify_app_classes(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static ngx_uint_t ngx_http_phone_verify_app_dry_run(ngx_conf_t *cf);


static ngx_uint_t  ngx_http_phone_verify_app_allow = 1;
static ngx_uint_t  ngx_http_phone_verify_app_deny = 0;


ngx_command_t  ngx_http_phone_verify_app_destination_commands[] = {

    { ngx_string("allow_countries"),
      NGX_CONF_1MORE,
      ngx_http_phone_verify_app_countries,
      0,
      0,
      &ngx_http_phone_verify_app_allow },

    { ngx_string("deny_countries"),
      NGX_CONF_1MORE,
      ngx_http_phone_verify_app_countries,
      0,
      0,
      &ngx_http_phone_verify_app_deny },

    { ngx_string("deny_classes"),
      NGX_CONF_1MORE,
      ngx_http_phone_verify_app_classes,
      0,
      0,
      NULL },

      ngx_null_command
};


char *
ngx_http_phone_verify_app_destination(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf)
{
    if (!acf->classes_set) {
        acf->app->destinations.classes = NGX_HTTP_PHONE_VERIFY_DENIED_CLASSES;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_phone_verify_app_countries(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    u_char                                 country[2];
    ngx_str_t                             *value;
    ngx_uint_t                             i, n, allow;
    ngx_http_phone_verify_destinations_t  *destinations;

    allow = *(ngx_uint_t *) cmd->post;
    destinations = &acf->app->destinations;
    value = cf->args->elts;

    if (acf->countries_off & ((ngx_uint_t) 1 << allow)) {
        return "is duplicate";
    }

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        acf->countries_off |= (ngx_uint_t) 1 << allow;

        return (destinations->listed && destinations->allow == allow)
               ? "is duplicate" : NGX_CONF_OK;
    }

    if (destinations->listed) {
        return (destinations->allow == allow)
               ? "is duplicate"
               : "cannot stand beside the other list: \"allow_countries\" "
                 "lets in what it names and nothing else, "
                 "\"deny_countries\" everything else";
    }

    destinations->listed = 1;
    destinations->allow = allow;
    destinations->countries_dry = ngx_http_phone_verify_app_dry_run(cf);

    n = cf->args->nelts - destinations->countries_dry;

    if (n < 2) {
        return "names no country";
    }

    for (i = 1; i < n; i++) {

        if (ngx_http_phone_verify_numbering_country(&value[i], country)
            != NGX_OK)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown country \"%V\" in \"%V\", it must "
                               "be one of ISO 3166-1 that has numbers, of "
                               "two letters, XX (services of no country) or "
                               "ZZ (nobody known)", &value[i], &value[0]);
            return NGX_CONF_ERROR;
        }

        if (!ngx_http_phone_verify_destination_add(destinations, country)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate country \"%V\" in \"%V\"",
                               &value[i], &value[0]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_phone_verify_app_classes(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    ngx_str_t                             *value;
    ngx_uint_t                             i, n, class;
    ngx_http_phone_verify_destinations_t  *destinations;

    destinations = &acf->app->destinations;

    if (acf->classes_set) {
        return "is duplicate";
    }

    acf->classes_set = 1;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    destinations->classes_dry = ngx_http_phone_verify_app_dry_run(cf);

    n = cf->args->nelts - destinations->classes_dry;

    if (n < 2) {
        return "names no class";
    }

    for (i = 1; i < n; i++) {
        class = ngx_http_phone_verify_numbering_class(&value[i]);

        if (class == NGX_HTTP_PHONE_VERIFY_NO_CLASS) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown class \"%V\" in \"deny_classes\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        if (destinations->classes & (1u << class)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate class \"%V\" in \"deny_classes\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        destinations->classes |= 1u << class;
    }

    return NGX_CONF_OK;
}


/* Whether "dry_run" is the last word: 1 or 0. */

static ngx_uint_t
ngx_http_phone_verify_app_dry_run(ngx_conf_t *cf)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    return ngx_strcmp(value[cf->args->nelts - 1].data, "dry_run") == 0;
}
