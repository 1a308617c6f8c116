
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "endpoints/methods.h"
#include "session/answer.h"
#include "session/origin.h"


static ngx_int_t ngx_http_phone_verify_methods_list(ngx_pool_t *pool,
    ngx_uint_t methods, ngx_str_t *list);


ngx_int_t
ngx_http_phone_verify_methods_check(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app, ngx_uint_t methods)
{
    ngx_int_t  rc;
    ngx_str_t  list;

    rc = ngx_http_phone_verify_cors(r, app);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (r->method & methods) {
        return NGX_DECLINED;
    }

    if (rc != NGX_OK || r->method != NGX_HTTP_OPTIONS) {
        return ngx_http_phone_verify_not_allowed(r, methods);
    }

    if (ngx_http_phone_verify_methods_list(r->pool, methods, &list) != NGX_OK
        || ngx_http_phone_verify_cors_preflight(r, app, &list) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_phone_verify_send_json(r, NGX_HTTP_NO_CONTENT, NULL);
}


ngx_int_t
ngx_http_phone_verify_not_allowed(ngx_http_request_t *r, ngx_uint_t methods)
{
    ngx_str_t  allow;

    if (ngx_http_phone_verify_methods_list(r->pool, methods, &allow) != NGX_OK
        || ngx_http_phone_verify_push_header(r, "Allow", &allow) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_phone_verify_send_problem(r,
                                      NGX_HTTP_PHONE_VERIFY_METHOD_NOT_ALLOWED,
                                      0, NULL);
}


static ngx_int_t
ngx_http_phone_verify_methods_list(ngx_pool_t *pool, ngx_uint_t methods,
    ngx_str_t *list)
{
    u_char      *p;
    ngx_uint_t   i;

    static const struct {
        ngx_uint_t   method;
        ngx_str_t    name;
    } names[] = {
        { NGX_HTTP_GET,  ngx_string("GET") },
        { NGX_HTTP_HEAD, ngx_string("HEAD") },
        { NGX_HTTP_POST, ngx_string("POST") },
        { NGX_HTTP_PUT,  ngx_string("PUT") }
    };

    p = ngx_pnalloc(pool, sizeof("GET, HEAD, POST, PUT, "));
    if (p == NULL) {
        return NGX_ERROR;
    }

    list->data = p;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (methods & names[i].method) {
            p = ngx_sprintf(p, "%V, ", &names[i].name);
        }
    }

    list->len = p - list->data - (sizeof(", ") - 1);

    return NGX_OK;
}
