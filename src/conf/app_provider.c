
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/app.h"
#include "conf/conf.h"
#include "sinch/sign.h"
#include "verification/file.h"


/* The provider's side of an app: credentials, API, methods */


#define NGX_HTTP_PHONE_VERIFY_SECRETS_MAX  2

#define NGX_HTTP_PHONE_VERIFY_API  "https://verification.api.sinch.com"


static char *ngx_http_phone_verify_app_secret(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf);
static char *ngx_http_phone_verify_app_secrets(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf, ngx_str_t *text);
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
      NGX_CONF_TAKE123,
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

    if (ngx_http_phone_verify_app_secrets(cf, acf, &text) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (open) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "the secret in \"%V\" can be read by all users of "
                           "this machine", &acf->secret_file);
    }

    return NGX_CONF_OK;
}


/* The first line signs; callbacks may be signed with any of them. */

static char *
ngx_http_phone_verify_app_secrets(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf, ngx_str_t *text)
{
    u_char                              *p, *last, *end;
    ngx_str_t                            line, secret;
    ngx_uint_t                           n;
    ngx_http_phone_verify_app_t         *app;
    ngx_http_phone_verify_credential_t  *c;

    app = acf->app;

    c = ngx_pcalloc(cf->pool, NGX_HTTP_PHONE_VERIFY_SECRETS_MAX
                              * sizeof(ngx_http_phone_verify_credential_t));
    if (c == NULL) {
        return NGX_CONF_ERROR;
    }

    n = 0;
    p = text->data;
    last = p + text->len;

    while (p < last) {

        end = memchr(p, LF, last - p);
        if (end == NULL) {
            end = last;
        }

        line.data = p;
        line.len = end - p;
        p = end + 1;

        while (line.len && line.data[line.len - 1] <= ' ') {
            line.len--;
        }

        if (line.len == 0) {
            continue;
        }

        if (n == NGX_HTTP_PHONE_VERIFY_SECRETS_MAX
            || ngx_http_phone_verify_secret_decode(cf->pool, &line, &secret)
               != NGX_OK)
        {
            n = 0;
            break;
        }

        c[n].secret = ngx_http_phone_verify_hmac_create(cf->pool, &secret);
        if (c[n].secret == NULL) {
            return NGX_CONF_ERROR;
        }

        c[n++].key = acf->key;

        if (n == 1) {
            app->sinch.secret = line;
            app->sinch.hmac = c[0].secret;
        }
    }

    if (n == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" does not hold a Sinch application secret: "
                           "one line of base64 is expected, or two while it "
                           "is being changed", &acf->secret_file);
        return NGX_CONF_ERROR;
    }

    app->credentials = c;
    app->ncredentials = n;

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
    origin->http2 = acf->http2;
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

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (acf->api.data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    acf->api = value[1];

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "insecure") == 0) {
            acf->insecure = 1;
            continue;
        }

        if (ngx_strcmp(value[i].data, "http1") == 0) {
            acf->http2 = 0;
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                           &value[i]);
        return NGX_CONF_ERROR;
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
