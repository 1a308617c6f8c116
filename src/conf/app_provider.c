
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/conf.h"
#include "conf/app.h"
#include "sinch/sign.h"
#include "verification/file.h"


/* The provider's side of an app: credentials, API, methods */


#define NGX_HTTP_PHONE_VERIFY_API  "https://verification.api.sinch.com"


static char *ngx_http_phone_verify_app_secret(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf);
static char *ngx_http_phone_verify_app_origin(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf);
static char *ngx_http_phone_verify_app_api(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_phone_verify_app_resolver(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_phone_verify_app_methods(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);


static ngx_conf_enum_t  ngx_http_phone_verify_auth[] = {
    { ngx_string("signed"), NGX_HTTP_PHONE_VERIFY_AUTH_SIGNED },
    { ngx_string("basic"), NGX_HTTP_PHONE_VERIFY_AUTH_BASIC },
    { ngx_null_string, 0 }
};


ngx_command_t  ngx_http_phone_verify_app_provider_commands[] = {

    { ngx_string("key"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_phone_verify_app_conf_t, key),
      NULL },

    { ngx_string("secret_file"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_phone_verify_app_conf_t, secret_file),
      NULL },

    { ngx_string("auth"),
      NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      0,
      offsetof(ngx_http_phone_verify_app_conf_t, auth),
      &ngx_http_phone_verify_auth },

    { ngx_string("api"),
      NGX_CONF_TAKE12,
      ngx_http_phone_verify_app_api,
      0,
      0,
      NULL },

    { ngx_string("trusted_certificate"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_phone_verify_app_conf_t, trusted_certificate),
      NULL },

    { ngx_string("resolver"),
      NGX_CONF_1MORE,
      ngx_http_phone_verify_app_resolver,
      0,
      0,
      NULL },

    { ngx_string("resolver_timeout"),
      NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      offsetof(ngx_http_phone_verify_app_conf_t, resolver_timeout),
      NULL },

    { ngx_string("connect_timeout"),
      NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      offsetof(ngx_http_phone_verify_app_conf_t, connect_timeout),
      NULL },

    { ngx_string("timeout"),
      NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      offsetof(ngx_http_phone_verify_app_conf_t, timeout),
      NULL },

    { ngx_string("methods"),
      NGX_CONF_1MORE,
      ngx_http_phone_verify_app_methods,
      0,
      0,
      NULL },

      ngx_null_command
};


char *
ngx_http_phone_verify_app_provider(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf)
{
    u_char                          ch;
    size_t                          i;
    ngx_http_phone_verify_sinch_t  *sinch;

    sinch = &acf->app->sinch;

    if (acf->key.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "phone_verify_app \"%V\" has no \"key\"",
                           &acf->app->name);
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < acf->key.len; i++) {
        ch = acf->key.data[i];

        if (ch <= ' ' || ch >= 0x7f || ch == ':') {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid \"key\" of phone_verify_app \"%V\"",
                               &acf->app->name);
            return NGX_CONF_ERROR;
        }
    }

    sinch->key = acf->key;

    ngx_conf_init_uint_value(acf->auth, NGX_HTTP_PHONE_VERIFY_AUTH_SIGNED);
    sinch->auth = acf->auth;

    if (ngx_http_phone_verify_app_secret(cf, acf) != NGX_CONF_OK
        || ngx_http_phone_verify_app_origin(cf, acf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (acf->app->nmethods == 0) {
        acf->app->methods[0] = NGX_HTTP_PHONE_VERIFY_SMS;
        acf->app->nmethods = 1;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_phone_verify_app_secret(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf)
{
    ngx_str_t   text;
    ngx_uint_t  open;

    if (acf->secret_file.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "phone_verify_app \"%V\" has no \"secret_file\"",
                           &acf->app->name);
        return NGX_CONF_ERROR;
    }

    if (ngx_conf_full_name(cf->cycle, &acf->secret_file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_phone_verify_file_read(cf, &acf->secret_file, &text, &open)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    while (text.len && text.data[text.len - 1] <= ' ') {
        text.len--;
    }

    if (ngx_http_phone_verify_secret_decode(cf->pool, &text,
                                            &acf->app->sinch.secret_bytes)
        != NGX_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" does not hold a Sinch application secret: "
                           "one line of base64 is expected",
                           &acf->secret_file);
        return NGX_CONF_ERROR;
    }

    acf->app->sinch.secret = text;

    if (open) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "the secret in \"%V\" can be read by all users of "
                           "this machine", &acf->secret_file);
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_phone_verify_app_origin(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf)
{
    ngx_http_phone_verify_origin_t  *origin;

    origin = ngx_pcalloc(cf->pool, sizeof(ngx_http_phone_verify_origin_t));
    if (origin == NULL) {
        return NGX_CONF_ERROR;
    }

    if (acf->api.len) {
        origin->url = acf->api;

    } else {
        ngx_str_set(&origin->url, NGX_HTTP_PHONE_VERIFY_API);
    }

    if (acf->trusted_certificate.len
        && ngx_conf_full_name(cf->cycle, &acf->trusted_certificate, 1)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    origin->insecure = acf->insecure;
    origin->trusted_certificate = acf->trusted_certificate;
    origin->resolver = acf->resolver;

    ngx_conf_init_msec_value(acf->resolver_timeout, 30000);
    ngx_conf_init_msec_value(acf->connect_timeout, 2000);
    ngx_conf_init_msec_value(acf->timeout, 8000);

    if (acf->resolver_timeout == 0 || acf->connect_timeout == 0
        || acf->timeout == 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a timeout of phone_verify_app \"%V\" is zero",
                           &acf->app->name);
        return NGX_CONF_ERROR;
    }

    origin->resolver_timeout = acf->resolver_timeout;
    origin->connect_timeout = acf->connect_timeout;
    origin->timeout = acf->timeout;

    if (ngx_http_phone_verify_origin_init(cf, origin) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    acf->app->sinch.origin = origin;

    return NGX_CONF_OK;
}


static char *
ngx_http_phone_verify_app_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    ngx_str_t  *value;

    if (acf->api.data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    acf->api = value[1];

    if (cf->args->nelts == 3) {
        if (ngx_strcmp(value[2].data, "insecure") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"", &value[2]);
            return NGX_CONF_ERROR;
        }

        acf->insecure = 1;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_phone_verify_app_resolver(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    ngx_str_t  *value;

    if (acf->resolver) {
        return "is duplicate";
    }

    value = cf->args->elts;

    acf->resolver = ngx_resolver_create(cf, &value[1], cf->args->nelts - 1);
    if (acf->resolver == NULL) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_phone_verify_app_methods(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    ngx_str_t                    *value;
    ngx_uint_t                    i, n, method;
    ngx_http_phone_verify_app_t  *app;

    app = acf->app;

    if (app->nmethods) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        method = ngx_http_phone_verify_method(&value[i]);

        if (method == NGX_HTTP_PHONE_VERIFY_NO_METHOD) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid method \"%V\", it must be one of "
                               "\"sms\", \"flashcall\", \"callout\", "
                               "\"seamless\", \"whatsapp\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        for (n = 0; n < app->nmethods; n++) {
            if (app->methods[n] == method) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "duplicate method \"%V\"", &value[i]);
                return NGX_CONF_ERROR;
            }
        }

        app->methods[app->nmethods++] = method;
    }

    return NGX_CONF_OK;
}
