
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "session/bind.h"
#include "verification/policy/rule.h"


static ngx_int_t ngx_http_phone_verify_bind_hash(
    const ngx_http_phone_verify_app_t *app, ngx_str_t *value, u_char *bind);


/* An empty value is one like any other: only an empty one is the same. */

static const char  ngx_http_phone_verify_bind_label[] = "bind";


ngx_int_t
ngx_http_phone_verify_bind(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app, u_char *bind)
{
    ngx_str_t  value;

    if (app->bind == NULL) {
        ngx_memzero(bind, NGX_HTTP_PHONE_VERIFY_BIND_LEN);
        return NGX_OK;
    }

    if (ngx_http_complex_value(r, app->bind, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_phone_verify_bind_hash(app, &value, bind);
}


ngx_uint_t
ngx_http_phone_verify_bound(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app, u_char *bind)
{
    u_char      now[NGX_HTTP_PHONE_VERIFY_BIND_LEN];
    ngx_str_t   value, none;

    if (app->bind == NULL) {
        ngx_memzero(bind, NGX_HTTP_PHONE_VERIFY_BIND_LEN);
        return 1;
    }

    if (ngx_http_complex_value(r, app->bind, &value) != NGX_OK
        || ngx_http_phone_verify_bind_hash(app, &value, now) != NGX_OK)
    {
        return 0;
    }

    if (ngx_memcmp(now, bind, sizeof(now)) == 0) {
        return 1;
    }

    /* it may be older than the key that is the first now */

    ngx_str_null(&none);

    if (!ngx_http_phone_verify_hash_matches(app->keys,
                                            ngx_http_phone_verify_bind_label,
                                            &value, &none, bind, sizeof(now)))
    {
        if (!app->bind_dry) {
            return 0;
        }

        ngx_http_phone_verify_rule_refused(app, NGX_HTTP_PHONE_VERIFY_RULE_BIND,
                                           1, 0, NULL, r->connection->log);
    }

    ngx_memcpy(bind, now, sizeof(now));

    return 1;
}


static ngx_int_t
ngx_http_phone_verify_bind_hash(const ngx_http_phone_verify_app_t *app,
    ngx_str_t *value, u_char *bind)
{
    u_char     hash[NGX_HTTP_PHONE_VERIFY_HASH_LEN];
    ngx_str_t  none;

    ngx_str_null(&none);

    if (ngx_http_phone_verify_hash(app->keys,
                                   ngx_http_phone_verify_bind_label, value,
                                   &none, hash)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memcpy(bind, hash, NGX_HTTP_PHONE_VERIFY_BIND_LEN);

    return NGX_OK;
}
