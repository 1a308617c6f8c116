
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "session/answer.h"
#include "session/origin.h"


static const ngx_str_t *ngx_http_phone_verify_allowed_origin(
    ngx_http_request_t *r, const ngx_http_phone_verify_app_t *app);
static ngx_uint_t ngx_http_phone_verify_own_origin(ngx_http_request_t *r,
    ngx_str_t *origin);
static void ngx_http_phone_verify_origin_split(u_char *p, u_char *last,
    ngx_str_t *host, ngx_str_t *port);


/*
 * A browser says by Sec-Fetch-Site where a request comes from; one that is too
 * old for it, or that came by plain http, at least names the origin.  Who sends
 * neither is no browser.  "same-site" is not enough: a sibling of our domain
 * may be somebody else's.
 */

ngx_uint_t
ngx_http_phone_verify_cross_site(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app)
{
    ngx_str_t  *site, *origin;

    if (ngx_http_phone_verify_allowed_origin(r, app)) {
        return 0;
    }

    site = ngx_http_phone_verify_request_header(r, "sec-fetch-site",
                                               sizeof("sec-fetch-site") - 1);
    if (site) {
        return !((site->len == sizeof("same-origin") - 1
                  && ngx_strncmp(site->data, "same-origin", site->len) == 0)
                 || (site->len == sizeof("none") - 1
                     && ngx_strncmp(site->data, "none", site->len) == 0));
    }

    origin = ngx_http_phone_verify_request_header(r, "origin",
                                                  sizeof("origin") - 1);

    return origin && !ngx_http_phone_verify_own_origin(r, origin);
}


ngx_int_t
ngx_http_phone_verify_cors(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app)
{
    ngx_str_t         value;
    const ngx_str_t  *origin;

    if (app->norigins == 0) {
        return NGX_DECLINED;
    }

    /* a cache must not give one origin's answer to another */

    ngx_str_set(&value, "Origin");

    if (ngx_http_phone_verify_push_header(r, "Vary", &value) != NGX_OK) {
        return NGX_ERROR;
    }

    origin = ngx_http_phone_verify_allowed_origin(r, app);

    if (origin == NULL) {
        return NGX_DECLINED;
    }

    value = *origin;

    if (ngx_http_phone_verify_push_header(r, "Access-Control-Allow-Origin",
                                          &value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_str_set(&value, "true");

    if (ngx_http_phone_verify_push_header(r,
                                          "Access-Control-Allow-Credentials",
                                          &value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    value.data = ngx_pnalloc(r->pool, app->header.len
                                      + sizeof(", Retry-After") - 1);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "%V, Retry-After", &app->header)
                - value.data;

    return ngx_http_phone_verify_push_header(r,
                                             "Access-Control-Expose-Headers",
                                             &value);
}


ngx_int_t
ngx_http_phone_verify_cors_preflight(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app, ngx_str_t *methods)
{
    ngx_str_t  value;

    if (ngx_http_phone_verify_push_header(r, "Access-Control-Allow-Methods",
                                          methods)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    value.data = ngx_pnalloc(r->pool, app->header.len
                                      + sizeof("Content-Type, ") - 1);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "Content-Type, %V", &app->header)
                - value.data;

    if (ngx_http_phone_verify_push_header(r, "Access-Control-Allow-Headers",
                                          &value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_str_set(&value, "600");

    return ngx_http_phone_verify_push_header(r, "Access-Control-Max-Age",
                                             &value);
}


/* Browsers write an origin in one way only. */

static const ngx_str_t *
ngx_http_phone_verify_allowed_origin(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app)
{
    ngx_str_t   *origin;
    ngx_uint_t   i;

    if (app == NULL || app->norigins == 0) {
        return NULL;
    }

    origin = ngx_http_phone_verify_request_header(r, "origin",
                                                  sizeof("origin") - 1);
    if (origin == NULL) {
        return NULL;
    }

    for (i = 0; i < app->norigins; i++) {

        if (app->origins[i].len == origin->len
            && ngx_memcmp(app->origins[i].data, origin->data, origin->len)
               == 0)
        {
            return &app->origins[i];
        }
    }

    return NULL;
}


/*
 * Whether an origin is the host and port that the request names.  Not the
 * scheme: before a proxy that ends TLS it is another one.
 */

static ngx_uint_t
ngx_http_phone_verify_own_origin(ngx_http_request_t *r, ngx_str_t *origin)
{
    u_char     *p, *last;
    ngx_str_t   host, port, own, own_port, preset;

    last = origin->data + origin->len;

    if (origin->len > 8
        && ngx_strncasecmp(origin->data, (u_char *) "https://", 8) == 0)
    {
        p = origin->data + 8;
        ngx_str_set(&preset, "443");

    } else if (origin->len > 7
               && ngx_strncasecmp(origin->data, (u_char *) "http://", 7) == 0)
    {
        p = origin->data + 7;
        ngx_str_set(&preset, "80");

    } else {
        /* "null" among them */

        return 0;
    }

    ngx_http_phone_verify_origin_split(p, last, &host, &port);

    if (host.len == 0
        || host.len != r->headers_in.server.len
        || ngx_strncasecmp(host.data, r->headers_in.server.data, host.len)
           != 0)
    {
        return 0;
    }

    /* HTTP/3 has an authority, of which nginx makes no header */

    if (r->headers_in.host) {
        p = r->headers_in.host->value.data;
        last = p + r->headers_in.host->value.len;

    } else {
        p = r->host_start;
        last = r->host_end;
    }

    if (p == NULL) {
        return 1;
    }

    ngx_http_phone_verify_origin_split(p, last, &own, &own_port);

    if (port.len == 0) {
        port = preset;
    }

    if (own_port.len == 0) {
        own_port = preset;
    }

    return port.len == own_port.len
           && ngx_memcmp(port.data, own_port.data, port.len) == 0;
}


/* "name:port", and not at the colons of an IPv6 address. */

static void
ngx_http_phone_verify_origin_split(u_char *p, u_char *last, ngx_str_t *host,
    ngx_str_t *port)
{
    u_char  *colon;

    host->data = p;
    host->len = last - p;
    ngx_str_null(port);

    for (colon = last; colon > p; colon--) {

        if (colon[-1] == ']') {
            return;
        }

        if (colon[-1] == ':') {
            host->len = colon - 1 - p;
            port->data = colon;
            port->len = last - colon;
            return;
        }
    }
}
