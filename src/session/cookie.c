
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "compat.h"
#include "session/answer.h"
#include "session/cookie.h"


static ngx_uint_t ngx_http_phone_verify_cookie_line(ngx_str_t *line,
    const ngx_str_t *name, ngx_str_t *values, ngx_uint_t n);


ngx_uint_t
ngx_http_phone_verify_cookies(ngx_http_request_t *r, const ngx_str_t *name,
    ngx_str_t *values)
{
    ngx_uint_t                        n;
    ngx_table_elt_t                  *h;
    ngx_http_phone_verify_cookies_t   iter;

    n = 0;

    for (h = ngx_http_phone_verify_cookie_first(r, &iter);
         h && n < NGX_HTTP_PHONE_VERIFY_COOKIES_MAX;
         h = ngx_http_phone_verify_cookie_next(r, &iter))
    {
        n = ngx_http_phone_verify_cookie_line(&h->value, name, values, n);
    }

    return n;
}


static ngx_uint_t
ngx_http_phone_verify_cookie_line(ngx_str_t *line, const ngx_str_t *name,
    ngx_str_t *values, ngx_uint_t n)
{
    u_char  *p, *last, *end, *value;
    size_t   len;

    p = line->data;
    last = p + line->len;

    while (p < last) {

        while (p < last && (*p == ' ' || *p == ';')) {
            p++;
        }

        end = memchr(p, ';', last - p);
        if (end == NULL) {
            end = last;
        }

        if ((size_t) (end - p) > name->len
            && p[name->len] == '='
            && ngx_memcmp(p, name->data, name->len) == 0)
        {
            value = p + name->len + 1;
            len = end - value;

            while (len && value[len - 1] == ' ') {
                len--;
            }

            if (len && len <= NGX_HTTP_PHONE_VERIFY_TOKEN_MAX) {
                values[n].data = value;
                values[n].len = len;

                if (++n == NGX_HTTP_PHONE_VERIFY_COOKIES_MAX) {
                    return n;
                }
            }
        }

        p = end;
    }

    return n;
}


ngx_int_t
ngx_http_phone_verify_set_cookie(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app, const ngx_str_t *name,
    ngx_str_t *value, time_t max_age)
{
    u_char     *p, *last;
    size_t      len;
    ngx_str_t   cookie;

    static u_char  attributes[] = "=; Path=/; Max-Age=; Expires=; HttpOnly; "
                                  "SameSite=Lax; Secure; Domain=";

    len = name->len + value->len + app->cookie_domain.len
          + sizeof(attributes) - 1 + NGX_TIME_T_LEN
          + sizeof("Thu, 31-Dec-37 23:55:55 GMT") + 8;

    cookie.data = ngx_pnalloc(r->pool, len);
    if (cookie.data == NULL) {
        return NGX_ERROR;
    }

    p = cookie.data;
    last = p + len;

    p = ngx_slprintf(p, last, "%V=%V; Path=/; Max-Age=%T; Expires=", name,
                     value, max_age);

    p = ngx_http_cookie_time(p, max_age ? ngx_time() + max_age : 0);

    p = ngx_slprintf(p, last, "; HttpOnly; SameSite=Lax");

    if (!app->cookie_insecure) {
        p = ngx_slprintf(p, last, "; Secure");
    }

    if (app->cookie_domain.len) {
        p = ngx_slprintf(p, last, "; Domain=%V", &app->cookie_domain);
    }

    cookie.len = p - cookie.data;

    return ngx_http_phone_verify_push_header(r, "Set-Cookie", &cookie);
}
