
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/app.h"
#include "conf/conf.h"
#include "verification/token/token.h"


/* The visitor's side of an app: keys, cookies, header */


static char *ngx_http_phone_verify_app_keys(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf);
static char *ngx_http_phone_verify_app_cookies(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf);
static char *ngx_http_phone_verify_app_header(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf);
static char *ngx_http_phone_verify_app_cookie(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_phone_verify_app_bind(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


ngx_command_t  ngx_http_phone_verify_app_session_commands[] = {

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

    { ngx_string("bind"),
      NGX_CONF_TAKE12,
      ngx_http_phone_verify_app_bind,
      0,
      0,
      NULL },

      ngx_null_command
};


char *
ngx_http_phone_verify_app_session(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf)
{
    ngx_conf_init_value(acf->session_ttl, 12 * 60 * 60);

    /* a token has room for some more, and arithmetic for much more */

    if (acf->session_ttl < 1
        || acf->session_ttl > NGX_HTTP_PHONE_VERIFY_AGE_MAX)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"session_ttl\" must be at least 1 second, and at "
                           "most 10 years");
        return NGX_CONF_ERROR;
    }

    acf->app->session_ttl = acf->session_ttl;

    if (ngx_http_phone_verify_app_keys(cf, acf) != NGX_CONF_OK
        || ngx_http_phone_verify_app_cookies(cf, acf) != NGX_CONF_OK
        || ngx_http_phone_verify_app_header(cf, acf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_phone_verify_app_keys(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf)
{
    ngx_uint_t                    fallback;
    ngx_http_phone_verify_app_t  *app;

    app = acf->app;
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
    u_char                        ch;
    size_t                        i;
    ngx_http_phone_verify_app_t  *app;

    app = acf->app;

    if (acf->header.len == 0) {
        ngx_str_set(&acf->header, "X-Phone-Verify");
    }

    /* others are tokens as well, but nginx drops such headers */

    for (i = 0; i < acf->header.len; i++) {
        ch = ngx_tolower(acf->header.data[i]);

        if ((ch < 'a' || ch > 'z') && (ch < '0' || ch > '9') && ch != '-') {
            break;
        }
    }

    if (i != acf->header.len) {
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

            if (domain->data) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "duplicate parameter \"%V\"", &value[i]);
                return NGX_CONF_ERROR;
            }

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


static char *
ngx_http_phone_verify_app_bind(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    ngx_str_t                         *value;
    ngx_http_compile_complex_value_t   ccv;

    if (acf->bind_set) {
        return "is duplicate";
    }

    acf->bind_set = 1;

    value = cf->args->elts;

    if (cf->args->nelts == 3) {

        if (ngx_strcmp(value[2].data, "dry_run") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"", &value[2]);
            return NGX_CONF_ERROR;
        }

        acf->app->bind_dry = 1;

    } else if (ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    acf->app->bind = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (acf->app->bind == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[1];
    ccv.complex_value = acf->app->bind;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ccv.complex_value->lengths == NULL) {
        return "must have a variable, the same value for all binds nobody";
    }

    return NGX_CONF_OK;
}
