
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <curl/curl.h>

#include "transport/origin.h"
#include "transport/trust.h"


/*
 * A connection that its peer has just closed costs an exchange: what was
 * written to it may or may not have been read.  Idle connections are therefore
 * given up before any usual peer gives them up; the shortest common limit is
 * the 5 seconds of Node.js and Apache, nginx and load balancers wait for 60
 * or more.  What is lost is little, since the TLS session is kept for much
 * longer than its connection.
 */

#define NGX_HTTP_PHONE_VERIFY_ORIGIN_KEEPALIVE  4000


static ngx_int_t ngx_http_phone_verify_origin_libcurl(ngx_conf_t *cf);
static ngx_int_t ngx_http_phone_verify_origin_parse(ngx_conf_t *cf,
    ngx_http_phone_verify_origin_t *origin);
static ngx_int_t ngx_http_phone_verify_origin_host(ngx_conf_t *cf,
    ngx_http_phone_verify_origin_t *origin, ngx_str_t *host);
static ngx_int_t ngx_http_phone_verify_origin_base(ngx_conf_t *cf,
    ngx_http_phone_verify_origin_t *origin, ngx_str_t *base);
static ngx_int_t ngx_http_phone_verify_origin_addrs(ngx_conf_t *cf,
    ngx_http_phone_verify_origin_t *origin);


ngx_int_t
ngx_http_phone_verify_origin_init(ngx_conf_t *cf,
    ngx_http_phone_verify_origin_t *origin)
{
    if (origin->resolver_timeout == 0) {
        origin->resolver_timeout = 30000;
    }

    if (origin->connect_timeout == 0) {
        origin->connect_timeout = 2000;
    }

    if (origin->timeout == 0) {
        origin->timeout = 8000;
    }

    if (origin->keepalive_timeout == 0) {
        origin->keepalive_timeout = NGX_HTTP_PHONE_VERIFY_ORIGIN_KEEPALIVE;
    }

    if (origin->max_response == 0) {
        origin->max_response = 64 * 1024;
    }

    if (origin->max_transfers == 0) {
        origin->max_transfers = 4096;
    }

    if (ngx_http_phone_verify_origin_libcurl(cf) != NGX_OK
        || ngx_http_phone_verify_origin_parse(cf, origin) != NGX_OK
        || ngx_http_phone_verify_origin_addrs(cf, origin) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (origin->https
        && ngx_http_phone_verify_trust_read(cf, &origin->trusted_certificate,
                                            &origin->trust)
           == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_phone_verify_origin_libcurl(ngx_conf_t *cf)
{
    curl_version_info_data  *info;

    info = curl_version_info(CURLVERSION_NOW);

    if (info->version_num < 0x075100) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "libcurl 7.81.0 or later is required, "
                           "this is %s", info->version);
        return NGX_ERROR;
    }

    if (info->version_num == 0x081400) {

        /* its wake-up descriptor is never drained: curl issue 21547 */

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "libcurl 8.20.0 keeps a worker process busy "
                           "all the time, another version is required");
        return NGX_ERROR;
    }

    /* certificates that OpenSSL has parsed are handed over to libcurl */

    if (info->ssl_version == NULL
        || ngx_strncmp(info->ssl_version, "OpenSSL/", 8) != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "libcurl must use OpenSSL, but this one has \"%s\"",
                           info->ssl_version ? info->ssl_version : "no TLS");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_phone_verify_origin_parse(ngx_conf_t *cf,
    ngx_http_phone_verify_origin_t *origin)
{
    u_char      *p;
    ngx_str_t    rest;
    ngx_url_t    u;
    const char  *scheme;

    rest = origin->url;

    if (rest.len > 8
        && ngx_strncasecmp(rest.data, (u_char *) "https://", 8) == 0)
    {
        origin->https = 1;
        scheme = "https";
        rest.data += 8;
        rest.len -= 8;

    } else if (rest.len > 7
               && ngx_strncasecmp(rest.data, (u_char *) "http://", 7) == 0)
    {
        if (!origin->insecure) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is not https, which must be allowed "
                               "with \"insecure\"", &origin->url);
            return NGX_ERROR;
        }

        scheme = "http";
        rest.data += 7;
        rest.len -= 7;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid URL \"%V\": it must start with "
                           "\"https://\"", &origin->url);
        return NGX_ERROR;
    }

    if (rest.len >= 5
        && ngx_strncasecmp(rest.data, (u_char *) "unix:", 5) == 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid URL \"%V\": a unix socket is not "
                           "supported", &origin->url);
        return NGX_ERROR;
    }

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = rest;
    u.default_port = origin->https ? 443 : 80;
    u.uri_part = 1;
    u.no_resolve = 1;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid URL \"%V\": %s", &origin->url,
                           u.err ? u.err : "no memory");
        return NGX_ERROR;
    }

    origin->port = u.port;

    if (u.naddrs) {
        origin->literal = 1;
        origin->fixed = 1;
        origin->addrs = u.addrs;
        origin->naddrs = u.naddrs;
    }

    if (ngx_http_phone_verify_origin_host(cf, origin, &u.host) != NGX_OK
        || ngx_http_phone_verify_origin_base(cf, origin, &u.uri) != NGX_OK)
    {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(cf->pool, u.host.len + sizeof("https://:65535/"));
    if (p == NULL) {
        return NGX_ERROR;
    }

    origin->target.data = p;
    p = ngx_sprintf(p, "%s://%V:%ui/", scheme, &origin->host,
                    (ngx_uint_t) origin->port);
    origin->target.len = p - origin->target.data;
    *p = '\0';

    return NGX_OK;
}


/*
 * The host becomes part of a URL and of the "host:port:address" that hands
 * the addresses to libcurl, and both must understand it in the same way: so
 * letters, digits, "-", "_" and ".", and no last label that libcurl could take
 * for a number and so for an address ("127.1", "0x7f000001").
 */

static ngx_int_t
ngx_http_phone_verify_origin_host(ngx_conf_t *cf,
    ngx_http_phone_verify_origin_t *origin, ngx_str_t *host)
{
    u_char  *p, *last, *label;

    origin->host.len = host->len;
    origin->host.data = ngx_pnalloc(cf->pool, host->len);
    if (origin->host.data == NULL) {
        return NGX_ERROR;
    }

    ngx_strlow(origin->host.data, host->data, host->len);

    if (origin->literal) {
        return NGX_OK;
    }

    label = origin->host.data;
    last = label + host->len;

    for (p = label; p < last; p++) {

        if (*p == '.') {
            if (p == label) {
                goto invalid;
            }

            label = p + 1;
            continue;
        }

        if ((*p < 'a' || *p > 'z') && (*p < '0' || *p > '9')
            && *p != '-' && *p != '_')
        {
            goto invalid;
        }
    }

    if (label == last || (*label >= '0' && *label <= '9')
        || host->len > 253)
    {
        goto invalid;
    }

    return NGX_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid URL \"%V\": invalid host", &origin->url);
    return NGX_ERROR;
}


static ngx_int_t
ngx_http_phone_verify_origin_base(ngx_conf_t *cf,
    ngx_http_phone_verify_origin_t *origin, ngx_str_t *base)
{
    size_t  i;

    origin->base = *base;

    while (origin->base.len
           && origin->base.data[origin->base.len - 1] == '/')
    {
        origin->base.len--;
    }

    for (i = 0; i < origin->base.len; i++) {
        if (base->data[i] <= ' ' || base->data[i] >= 0x7f
            || base->data[i] == '?' || base->data[i] == '#')
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid URL \"%V\": invalid path",
                               &origin->url);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_phone_verify_origin_addrs(ngx_conf_t *cf,
    ngx_http_phone_verify_origin_t *origin)
{
    ngx_url_t         u;
    ngx_str_t         host;
    static ngx_str_t  localhost = ngx_string("localhost");

    if (origin->literal) {
        return NGX_OK;
    }

    host = origin->host;

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = host;
    u.default_port = origin->port;

    if (ngx_parse_url(cf->pool, &u) == NGX_OK) {
        origin->addrs = u.addrs;
        origin->naddrs = u.naddrs;
    }

    /* nginx's resolver asks DNS servers alone, which do not know this one */

    if (host.len == localhost.len
        && ngx_strncmp(host.data, localhost.data, host.len) == 0)
    {
        origin->fixed = 1;
    }

    if (origin->naddrs == 0) {

        if (origin->resolver == NULL || origin->fixed) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in \"%V\"",
                               u.err ? u.err : "host not found",
                               &origin->url);
            return NGX_ERROR;
        }

        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "%s in \"%V\", left to the resolver",
                           u.err ? u.err : "host not found", &origin->url);
        return NGX_OK;
    }

    if (origin->resolver == NULL) {

        if (!origin->fixed) {
            ngx_conf_log_error(NGX_LOG_NOTICE, cf, 0,
                               "the addresses of \"%V\" stay the same until "
                               "a reload, as there is no resolver",
                               &origin->host);
        }

        origin->fixed = 1;
    }

    return NGX_OK;
}
