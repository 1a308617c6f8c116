
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "session/answer.h"


#define NGX_HTTP_PHONE_VERIFY_RETURN_MAX  1024


static ngx_int_t ngx_http_phone_verify_challenge(ngx_http_request_t *r);
static ngx_int_t ngx_http_phone_verify_send(ngx_http_request_t *r,
    ngx_uint_t status, ngx_str_t *type, ngx_str_t *body);


ngx_int_t
ngx_http_phone_verify_send_json(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *body)
{
    static ngx_str_t  type = ngx_string("application/json");

    return ngx_http_phone_verify_send(r, status, &type, body);
}


ngx_int_t
ngx_http_phone_verify_send_problem(ngx_http_request_t *r, ngx_uint_t error,
    ngx_uint_t retry_after, ngx_str_t *members)
{
    u_char                               *p;
    ngx_str_t                             body, value;
    const ngx_http_phone_verify_error_t  *e;

    static ngx_str_t  type = ngx_string("application/problem+json");

    e = &ngx_http_phone_verify_errors[error];

    body = e->problem;

    if (members) {

        /* before the brace that ends the object */

        body.data = ngx_pnalloc(r->pool, body.len + members->len);
        if (body.data == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        p = ngx_cpymem(body.data, e->problem.data, body.len - 1);
        p = ngx_cpymem(p, members->data, members->len);
        *p++ = '}';

        body.len = p - body.data;
    }

    if (retry_after) {
        value.data = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
        if (value.data == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        value.len = ngx_sprintf(value.data, "%ui", retry_after) - value.data;

        if (ngx_http_phone_verify_push_header(r, "Retry-After", &value)
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return ngx_http_phone_verify_send(r, e->status, &type, &body);
}


ngx_int_t
ngx_http_phone_verify_send_refusal(ngx_http_request_t *r, ngx_uint_t error)
{
    if (ngx_http_phone_verify_errors[error].status == NGX_HTTP_UNAUTHORIZED
        && ngx_http_phone_verify_challenge(r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_phone_verify_send_problem(r, error, 0, NULL);
}


static ngx_int_t
ngx_http_phone_verify_challenge(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    ngx_str_set(&h->key, "WWW-Authenticate");
    ngx_str_set(&h->value, "PhoneVerify");

    r->headers_out.www_authenticate = h;

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_send_redirect(ngx_http_request_t *r, ngx_str_t *location)
{
    u_char     *p, ch;
    size_t      i;
    ngx_str_t   value, none;

    /* a path of ours or a variable may have what cannot stand in a header */

    value.data = ngx_pnalloc(r->pool, 3 * location->len);
    if (value.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = value.data;

    for (i = 0; i < location->len; i++) {
        ch = location->data[i];

        if (ch > ' ' && ch < 0x7f && ch != '"' && ch != '<' && ch != '>') {
            *p++ = ch;

        } else {
            p = ngx_sprintf(p, "%%%02Xi", (ngx_int_t) ch);
        }
    }

    value.len = p - value.data;

    /*
     * A plain header: behind the typed one nginx would put scheme, name and
     * port of the server, which a proxy before it may call otherwise.
     */

    if (ngx_http_phone_verify_push_header(r, "Location", &value) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_str_null(&none);

    return ngx_http_phone_verify_send(r, NGX_HTTP_SEE_OTHER, NULL, &none);
}


ngx_int_t
ngx_http_phone_verify_send_to_page(ngx_http_request_t *r, ngx_str_t *page,
    ngx_uint_t error, ngx_str_t *return_path)
{
    size_t      len;
    u_char     *p, separator;
    ngx_str_t   location, *code;
    ngx_uint_t  i;

    separator = '?';

    for (i = 0; i < page->len; i++) {
        if (page->data[i] == '?') {
            separator = '&';
            break;
        }
    }

    if (return_path
        && (return_path->len < 2
            || !ngx_http_phone_verify_return_valid(return_path)))
    {
        return_path = NULL;
    }

    len = page->len;
    code = NULL;

    if (error != NGX_HTTP_PHONE_VERIFY_OK) {
        code = (ngx_str_t *) &ngx_http_phone_verify_errors[error].code;
        len += sizeof("?error=") - 1 + code->len;
    }

    if (return_path) {
        len += sizeof("?return=") - 1 + return_path->len
               + 2 * ngx_escape_uri(NULL, return_path->data, return_path->len,
                                    NGX_ESCAPE_ARGS);
    }

    location.data = ngx_pnalloc(r->pool, len);
    if (location.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = ngx_cpymem(location.data, page->data, page->len);

    if (code) {
        *p++ = separator;
        p = ngx_cpymem(p, "error=", sizeof("error=") - 1);
        p = ngx_cpymem(p, code->data, code->len);
        separator = '&';
    }

    if (return_path) {
        *p++ = separator;
        p = ngx_cpymem(p, "return=", sizeof("return=") - 1);
        p = (u_char *) ngx_escape_uri(p, return_path->data, return_path->len,
                                      NGX_ESCAPE_ARGS);
    }

    location.len = p - location.data;

    return ngx_http_phone_verify_send_redirect(r, &location);
}


static ngx_int_t
ngx_http_phone_verify_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, ngx_str_t *body)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    /* a body that nobody reads must not be taken for the next request */

    r->expect_tested = 1;

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        r->keepalive = 0;
    }

    if (ngx_http_phone_verify_no_store(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* our status, and not that of the error_page that may have led here */

    r->err_status = 0;
    r->headers_out.status = status;

    /* it is of no version, and a 412 would take a grant out of its header */

    r->disable_not_modified = 1;

    r->headers_out.content_length_n = body ? body->len : 0;

    if (body == NULL) {
        r->header_only = 1;
    }

    if (type && body) {
        r->headers_out.content_type = *type;
        r->headers_out.content_type_len = type->len;
        r->headers_out.content_type_lowcase = NULL;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only || body == NULL) {
        return rc;
    }

    if (body->len == 0) {
        return ngx_http_send_special(r, NGX_HTTP_LAST);
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = 1;
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_uint_t
ngx_http_phone_verify_return_valid(ngx_str_t *path)
{
    size_t  i;

    if (path->len == 0 || path->len > NGX_HTTP_PHONE_VERIFY_RETURN_MAX
        || path->data[0] != '/')
    {
        return 0;
    }

    if (path->len > 1 && (path->data[1] == '/' || path->data[1] == '\\')) {
        return 0;
    }

    for (i = 0; i < path->len; i++) {
        if (path->data[i] < ' ' || path->data[i] == 0x7f) {
            return 0;
        }
    }

    return 1;
}


ngx_int_t
ngx_http_phone_verify_push_header(ngx_http_request_t *r, const char *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = *value;

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_no_store(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    static ngx_str_t  value = ngx_string("no-store");

    /* once is enough: a grant may have gone out with this answer already */

    part = &r->headers_out.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].value.data == value.data) {
            return NGX_OK;
        }
    }

    return ngx_http_phone_verify_push_header(r, "Cache-Control", &value);
}


ngx_uint_t
ngx_http_phone_verify_is_navigation(ngx_http_request_t *r)
{
    ngx_str_t  *mode;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return 0;
    }

    mode = ngx_http_phone_verify_request_header(r, "sec-fetch-mode",
                                               sizeof("sec-fetch-mode") - 1);
    if (mode) {
        return mode->len == sizeof("navigate") - 1
               && ngx_strncmp(mode->data, "navigate", mode->len) == 0;
    }

    return ngx_http_phone_verify_takes_html(r);
}


ngx_uint_t
ngx_http_phone_verify_takes_html(ngx_http_request_t *r)
{
    ngx_str_t  *accept;

    accept = ngx_http_phone_verify_request_header(r, "accept",
                                                  sizeof("accept") - 1);

    return accept
           && ngx_strlcasestrn(accept->data, accept->data + accept->len,
                               (u_char *) "text/html",
                               sizeof("text/html") - 2)
              != NULL;
}


ngx_str_t *
ngx_http_phone_verify_request_header(ngx_http_request_t *r,
    const char *lowcase_name, size_t len)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NULL;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == len
            && ngx_strncmp(h[i].lowcase_key, lowcase_name, len) == 0)
        {
            return &h[i].value;
        }
    }
}
