
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/conf.h"
#include "conf/app.h"
#include "sinch/sign.h"


/* phone_verify_app NAME { }: its directives, and the app they make */


#define NGX_HTTP_PHONE_VERIFY_API  "https://verification.api.sinch.com"


static char *ngx_http_phone_verify_app_directive(ngx_conf_t *cf,
    ngx_command_t *dummy, void *conf);
static char *ngx_http_phone_verify_app_finish(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf);
static char *ngx_http_phone_verify_app_sinch(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf);
static char *ngx_http_phone_verify_app_secret(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf);
static char *ngx_http_phone_verify_app_cookies(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf);
static char *ngx_http_phone_verify_app_header(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf);

static char *ngx_http_phone_verify_app_api(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_phone_verify_app_resolver(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_phone_verify_app_methods(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_phone_verify_app_resend(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_phone_verify_app_cookie(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);


static ngx_conf_enum_t  ngx_http_phone_verify_auth[] = {
    { ngx_string("signed"), NGX_HTTP_PHONE_VERIFY_AUTH_SIGNED },
    { ngx_string("basic"), NGX_HTTP_PHONE_VERIFY_AUTH_BASIC },
    { ngx_null_string, 0 }
};


static ngx_conf_num_bounds_t  ngx_http_phone_verify_attempts_bounds = {
    ngx_conf_check_num_bounds, 1, 100
};


static ngx_command_t  ngx_http_phone_verify_app_commands[] = {

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

    { ngx_string("zone"),
      NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      0,
      offsetof(ngx_http_phone_verify_app_conf_t, zone_size),
      NULL },

    { ngx_string("methods"),
      NGX_CONF_1MORE,
      ngx_http_phone_verify_app_methods,
      0,
      0,
      NULL },

    { ngx_string("attempts"),
      NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      0,
      offsetof(ngx_http_phone_verify_app_conf_t, attempts),
      &ngx_http_phone_verify_attempts_bounds },

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

    { ngx_string("session_key_file"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_phone_verify_app_conf_t, session_key_file),
      NULL },

    { ngx_string("session_ttl"),
      NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      0,
      offsetof(ngx_http_phone_verify_app_conf_t, session_ttl),
      NULL },

    { ngx_string("cookie"),
      NGX_CONF_TAKE123,
      ngx_http_phone_verify_app_cookie,
      0,
      0,
      NULL },

    { ngx_string("header"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_phone_verify_app_conf_t, header),
      NULL },

      ngx_null_command
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
    acf->resolver_timeout = NGX_CONF_UNSET_MSEC;
    acf->connect_timeout = NGX_CONF_UNSET_MSEC;
    acf->timeout = NGX_CONF_UNSET_MSEC;
    acf->zone_size = NGX_CONF_UNSET_SIZE;
    acf->attempts = NGX_CONF_UNSET;
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

    return ngx_http_phone_verify_app_finish(cf, acf);
}


/* What ngx_conf_handler() does for a directive, over the block's own table. */

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

    for (cmd = ngx_http_phone_verify_app_commands; cmd->name.len; cmd++) {

        if (cmd->name.len != value[0].len
            || ngx_strncmp(cmd->name.data, value[0].data, value[0].len) != 0)
        {
            continue;
        }

        if (!(cmd->type & NGX_CONF_1MORE && n > 1)
            && !(n <= NGX_CONF_MAX_ARGS
                 && cmd->type & ngx_http_phone_verify_argument_number[n - 1]))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid number of arguments in \"%V\" "
                               "directive", &value[0]);
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

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown directive \"%V\" in phone_verify_app",
                       &value[0]);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_phone_verify_app_finish(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf)
{
    ngx_uint_t                    i, fallback;
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

    if (ngx_http_phone_verify_app_sinch(cf, acf) != NGX_CONF_OK
        || ngx_http_phone_verify_app_cookies(cf, acf) != NGX_CONF_OK
        || ngx_http_phone_verify_app_header(cf, acf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (app->nmethods == 0) {
        app->methods[app->nmethods++] = NGX_HTTP_PHONE_VERIFY_SMS;
    }

    ngx_conf_init_value(acf->session_ttl, 12 * 60 * 60);
    ngx_conf_init_value(acf->attempts, 5);
    ngx_conf_init_msec_value(acf->pending_ttl, 300000);

    if (acf->session_ttl < 1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"session_ttl\" must be at least 1 second");
        return NGX_CONF_ERROR;
    }

    if (acf->pending_ttl < 30000 || acf->pending_ttl > 600000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"pending_ttl\" must be between 30s and 10m");
        return NGX_CONF_ERROR;
    }

    app->session_ttl = acf->session_ttl;
    app->policy.attempts = acf->attempts;
    app->policy.ttl = acf->pending_ttl;

    /* a start may ask twice: the message, and what became of it */

    app->policy.call_timeout = 2 * app->sinch.origin->timeout + 2000;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_RESENDS; i++) {
        app->policy.resend[i] = acf->nresends ? acf->resend[i] : resend[i];
    }

    fallback = 0;

    if (acf->session_key_file.len
        && ngx_conf_full_name(cf->cycle, &acf->session_key_file, 1) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    app->keys = ngx_http_phone_verify_keys_create(cf, &app->name,
                                                  &acf->session_key_file,
                                                  &fallback);
    if (app->keys == NULL) {
        return NGX_CONF_ERROR;
    }

    if (fallback) {
        ngx_conf_log_error(NGX_LOG_NOTICE, cf, 0,
                           "phone_verify_app \"%V\" has no "
                           "\"session_key_file\": its sessions end with this "
                           "master process", &app->name);
    }

    app->zone = ngx_http_phone_verify_zone_create(cf, &app->name,
                                               acf->zone_size,
                                               &ngx_http_phone_verify_module);
    if (app->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_phone_verify_app_sinch(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf)
{
    u_char                           ch;
    size_t                           i;
    ngx_http_phone_verify_sinch_t   *sinch;
    ngx_http_phone_verify_origin_t  *origin;

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

    if (ngx_http_phone_verify_app_secret(cf, acf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

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

    sinch->origin = origin;

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
ngx_http_phone_verify_app_cookies(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf)
{
    u_char                       *p;
    ngx_str_t                    *name;
    ngx_uint_t                    host, secure;
    ngx_http_phone_verify_app_t  *app;

    app = acf->app;
    name = &acf->cookie;

    if (name->len == 0) {
        if (acf->cookie_domain.len) {
            ngx_str_set(name, "__Secure-phone_verify");

        } else if (acf->cookie_insecure) {
            ngx_str_set(name, "phone_verify");

        } else {
            ngx_str_set(name, "__Host-phone_verify");
        }
    }

    if (!ngx_http_phone_verify_is_token(name) || name->len > 64) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid cookie name \"%V\"", name);
        return NGX_CONF_ERROR;
    }

    /* what browsers demand of these prefixes, case-insensitively */

    host = (name->len > 7
            && ngx_strncasecmp(name->data, (u_char *) "__Host-", 7) == 0);
    secure = (name->len > 9
              && ngx_strncasecmp(name->data, (u_char *) "__Secure-", 9) == 0);

    if (acf->cookie_insecure && (host || secure)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "cookie \"%V\" cannot be \"insecure\": browsers "
                           "demand Secure of that prefix", name);
        return NGX_CONF_ERROR;
    }

    if (acf->cookie_domain.len && host) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "cookie \"%V\" cannot have a \"domain\": browsers "
                           "demand none of that prefix, use \"__Secure-\"",
                           name);
        return NGX_CONF_ERROR;
    }

    app->grant_cookie = *name;
    app->cookie_domain = acf->cookie_domain;
    app->cookie_insecure = acf->cookie_insecure;

    app->pending_cookie.len = name->len + sizeof("_pending") - 1;
    app->pending_cookie.data = ngx_pnalloc(cf->pool, app->pending_cookie.len);
    if (app->pending_cookie.data == NULL) {
        return NGX_CONF_ERROR;
    }

    p = ngx_cpymem(app->pending_cookie.data, name->data, name->len);
    ngx_memcpy(p, "_pending", sizeof("_pending") - 1);

    return NGX_CONF_OK;
}


static char *
ngx_http_phone_verify_app_header(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf)
{
    ngx_http_phone_verify_app_t  *app;

    app = acf->app;

    if (acf->header.len == 0) {
        ngx_str_set(&acf->header, "X-Phone-Verify");
    }

    if (!ngx_http_phone_verify_is_token(&acf->header)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid header name \"%V\"", &acf->header);
        return NGX_CONF_ERROR;
    }

    app->header = acf->header;

    app->header_lowcase = ngx_pnalloc(cf->pool, app->header.len);
    if (app->header_lowcase == NULL) {
        return NGX_CONF_ERROR;
    }

    app->header_hash = ngx_hash_strlow(app->header_lowcase, app->header.data,
                                       app->header.len);

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


static char *
ngx_http_phone_verify_app_resend(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    ngx_int_t    time;
    ngx_str_t   *value;
    ngx_uint_t   i, n;

    if (acf->nresends) {
        return "is duplicate";
    }

    value = cf->args->elts;
    n = cf->args->nelts - 1;

    if (n > NGX_HTTP_PHONE_VERIFY_RESENDS) {
        return "takes at most four times";
    }

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_RESENDS; i++) {

        /* the last wait goes on */

        time = ngx_parse_time(&value[ngx_min(i, n - 1) + 1], 0);

        if (time == NGX_ERROR || time < 1000) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid time \"%V\"",
                               &value[ngx_min(i, n - 1) + 1]);
            return NGX_CONF_ERROR;
        }

        acf->resend[i] = (ngx_msec_t) time;
    }

    acf->nresends = n;

    return NGX_CONF_OK;
}


static char *
ngx_http_phone_verify_app_cookie(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    u_char      ch;
    size_t      n;
    ngx_str_t  *value, *domain;
    ngx_uint_t  i;

    if (acf->cookie.data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    acf->cookie = value[1];

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "insecure") == 0) {
            acf->cookie_insecure = 1;
            continue;
        }

        if (ngx_strncmp(value[i].data, "domain=", 7) == 0) {
            domain = &acf->cookie_domain;
            domain->data = value[i].data + 7;
            domain->len = value[i].len - 7;

            for (n = 0; n < domain->len; n++) {
                ch = ngx_tolower(domain->data[n]);

                if ((ch < 'a' || ch > 'z') && (ch < '0' || ch > '9')
                    && ch != '-' && ch != '.')
                {
                    break;
                }
            }

            if (n && n == domain->len) {
                continue;
            }
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\"", &value[i]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
