
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_COMPAT_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_COMPAT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * What differs between nginx 1.22 and current ones, and nowhere else.
 *
 * Before 1.23.0 the Cookie lines of a request were an array of pointers, since
 * then they are a list; and ngx_http_parse_multi_header_lines() changed its
 * type in 1.23.0 and its meaning in 1.29.6, so cookies are read without it.
 */

#if (nginx_version >= 1023000)

typedef ngx_table_elt_t  *ngx_http_phone_verify_cookies_t;

static ngx_inline ngx_table_elt_t *
ngx_http_phone_verify_cookie_first(ngx_http_request_t *r,
    ngx_http_phone_verify_cookies_t *iter)
{
    *iter = r->headers_in.cookie;
    return *iter;
}

static ngx_inline ngx_table_elt_t *
ngx_http_phone_verify_cookie_next(ngx_http_request_t *r,
    ngx_http_phone_verify_cookies_t *iter)
{
    *iter = (*iter)->next;
    return *iter;
}

#else

typedef ngx_uint_t  ngx_http_phone_verify_cookies_t;

static ngx_inline ngx_table_elt_t *
ngx_http_phone_verify_cookie_first(ngx_http_request_t *r,
    ngx_http_phone_verify_cookies_t *iter)
{
    ngx_table_elt_t  **h;

    *iter = 0;
    h = r->headers_in.cookies.elts;

    return r->headers_in.cookies.nelts ? h[0] : NULL;
}

static ngx_inline ngx_table_elt_t *
ngx_http_phone_verify_cookie_next(ngx_http_request_t *r,
    ngx_http_phone_verify_cookies_t *iter)
{
    ngx_table_elt_t  **h;

    h = r->headers_in.cookies.elts;

    return ++(*iter) < r->headers_in.cookies.nelts ? h[*iter] : NULL;
}

#endif


#endif /* _NGX_HTTP_PHONE_VERIFY_COMPAT_H_INCLUDED_ */
