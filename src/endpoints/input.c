
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "endpoints/body.h"
#include "endpoints/input.h"
#include "endpoints/reply.h"
#include "session/answer.h"


#define NGX_HTTP_PHONE_VERIFY_BODY_MAX  4096


static ngx_uint_t ngx_http_phone_verify_input_check(
    ngx_http_phone_verify_input_t *in);
static void ngx_http_phone_verify_input_type(
    ngx_http_phone_verify_input_t *in);
static ngx_uint_t ngx_http_phone_verify_cross_site(ngx_http_request_t *r);
static void ngx_http_phone_verify_input_body(ngx_http_request_t *r);
static ngx_uint_t ngx_http_phone_verify_input_read(
    ngx_http_phone_verify_input_t *in);


ngx_int_t
ngx_http_phone_verify_input(ngx_http_request_t *r, ngx_uint_t methods,
    ngx_uint_t optional, ngx_http_phone_verify_input_handler_pt handler)
{
    ngx_int_t                                rc;
    ngx_uint_t                               error;
    ngx_http_phone_verify_input_t           *in;
    const ngx_http_phone_verify_loc_conf_t  *lcf;

    /* an SSI include or an auth_request is nobody's wish to start anything */

    if (r != r->main) {
        return NGX_HTTP_FORBIDDEN;
    }

    if (!(r->method & methods)) {
        return ngx_http_phone_verify_not_allowed(r, methods);
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_phone_verify_module);

    in = ngx_pcalloc(r->pool, sizeof(ngx_http_phone_verify_input_t));
    if (in == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    in->request = r;
    in->app = lcf->endpoint;
    in->handler = handler;
    in->optional = optional;
    ngx_str_set(&in->return_path, "/");

    in->session = ngx_http_phone_verify_session(r, in->app);
    if (in->session == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    error = ngx_http_phone_verify_input_check(in);

    if (error != NGX_HTTP_PHONE_VERIFY_OK) {
        return ngx_http_phone_verify_reply_error(in, error, 0, NULL);
    }

    ngx_http_set_ctx(r, in, ngx_http_phone_verify_module);

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r,
                                           ngx_http_phone_verify_input_body);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


/* What can be told before the body is there. */

static ngx_uint_t
ngx_http_phone_verify_input_check(ngx_http_phone_verify_input_t *in)
{
    ngx_http_request_t  *r;

    r = in->request;

    ngx_http_phone_verify_input_type(in);

    in->browser = in->form && ngx_http_phone_verify_takes_html(r);

    if (ngx_http_phone_verify_cross_site(r)) {
        return NGX_HTTP_PHONE_VERIFY_CROSS_SITE;
    }

    /* of unknown length (-1) it may be empty, which comes before its type */

    if (r->headers_in.content_length_n > 0 && !in->json && !in->form) {
        return NGX_HTTP_PHONE_VERIFY_UNSUPPORTED_TYPE;
    }

    if (r->headers_in.content_length_n > NGX_HTTP_PHONE_VERIFY_BODY_MAX) {
        return NGX_HTTP_PHONE_VERIFY_TOO_LARGE;
    }

    return NGX_HTTP_PHONE_VERIFY_OK;
}


static void
ngx_http_phone_verify_input_type(ngx_http_phone_verify_input_t *in)
{
    u_char     *p, *last;
    ngx_str_t   type;

    static ngx_str_t  json = ngx_string("application/json");
    static ngx_str_t  form = ngx_string("application/x-www-form-urlencoded");

    if (in->request->headers_in.content_type == NULL
        || ngx_http_phone_verify_request_header(in->request,
                               "content-encoding",
                               sizeof("content-encoding") - 1) != NULL)
    {
        return;
    }

    type = in->request->headers_in.content_type->value;
    last = type.data + type.len;

    /* without its parameters */

    p = ngx_strlchr(type.data, last, ';');
    if (p) {
        last = p;
    }

    while (last > type.data && (last[-1] == ' ' || last[-1] == '\t')) {
        last--;
    }

    type.len = last - type.data;

    in->json = type.len == json.len
               && ngx_strncasecmp(type.data, json.data, json.len) == 0;
    in->form = type.len == form.len
               && ngx_strncasecmp(type.data, form.data, form.len) == 0;
}


/*
 * Another site's page must not send messages or end sessions in the name of
 * its visitors.  A browser says where a request comes from; one that is too
 * old for Sec-Fetch-Site, or that was reached by plain http, at least names
 * the origin.  Who sends neither is no browser.
 */

static ngx_uint_t
ngx_http_phone_verify_cross_site(ngx_http_request_t *r)
{
    u_char     *p, *last, *colon;
    ngx_str_t  *site, *origin, host;

    site = ngx_http_phone_verify_request_header(r, "sec-fetch-site",
                                               sizeof("sec-fetch-site") - 1);
    if (site) {
        return site->len == sizeof("cross-site") - 1
               && ngx_strncmp(site->data, "cross-site", site->len) == 0;
    }

    origin = ngx_http_phone_verify_request_header(r, "origin",
                                                  sizeof("origin") - 1);
    if (origin == NULL) {
        return 0;
    }

    /* "https://name:port"; "null" has no name */

    p = origin->data;
    last = p + origin->len;

    p = ngx_strnstr(p, "://", origin->len);
    if (p == NULL) {
        return 1;
    }

    host.data = p + sizeof("://") - 1;

    /* not the colons of an IPv6 address */

    for (colon = last; colon > host.data; colon--) {

        if (colon[-1] == ']') {
            break;
        }

        if (colon[-1] == ':') {
            last = colon - 1;
            break;
        }
    }

    host.len = last - host.data;

    return host.len == 0
           || host.len != r->headers_in.server.len
           || ngx_strncasecmp(host.data, r->headers_in.server.data, host.len)
              != 0;
}


static void
ngx_http_phone_verify_input_body(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_uint_t                      error;
    ngx_http_phone_verify_input_t  *in;

    in = ngx_http_get_module_ctx(r, ngx_http_phone_verify_module);

    error = ngx_http_phone_verify_input_read(in);

    rc = (error == NGX_HTTP_PHONE_VERIFY_OK)
         ? in->handler(in)
         : ngx_http_phone_verify_reply_error(in, error, 0, NULL);

    if (rc != NGX_DONE) {
        ngx_http_finalize_request(r, rc);
    }
}


static ngx_uint_t
ngx_http_phone_verify_input_read(ngx_http_phone_verify_input_t *in)
{
    ngx_int_t   rc;
    ngx_str_t   text;

    rc = ngx_http_phone_verify_body(in->request,
                                    NGX_HTTP_PHONE_VERIFY_BODY_MAX, &text);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_PHONE_VERIFY_INTERNAL_ERROR;
    }

    if (rc == NGX_DECLINED) {
        return NGX_HTTP_PHONE_VERIFY_TOO_LARGE;
    }

    if (text.len == 0) {
        return in->optional ? NGX_HTTP_PHONE_VERIFY_OK
                            : NGX_HTTP_PHONE_VERIFY_INVALID_REQUEST;
    }

    if (in->json) {
        rc = ngx_http_phone_verify_fields_json(in->request->pool, &text,
                                               &in->fields);
    } else if (in->form) {
        rc = ngx_http_phone_verify_fields_form(&text, &in->fields);

    } else {
        return NGX_HTTP_PHONE_VERIFY_UNSUPPORTED_TYPE;
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_PHONE_VERIFY_INVALID_REQUEST;
    }

    if (ngx_http_phone_verify_return_valid(&in->fields.return_path)) {
        in->return_path = in->fields.return_path;
    }

    return NGX_HTTP_PHONE_VERIFY_OK;
}


ngx_int_t
ngx_http_phone_verify_not_allowed(ngx_http_request_t *r, ngx_uint_t methods)
{
    u_char      *p;
    ngx_str_t    allow;
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

    p = ngx_pnalloc(r->pool, sizeof("GET, HEAD, POST, PUT, "));
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    allow.data = p;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (methods & names[i].method) {
            p = ngx_sprintf(p, "%V, ", &names[i].name);
        }
    }

    allow.len = p - allow.data - (sizeof(", ") - 1);

    if (ngx_http_phone_verify_push_header(r, "Allow", &allow) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_phone_verify_send_problem(r,
                                      NGX_HTTP_PHONE_VERIFY_METHOD_NOT_ALLOWED,
                                      0, NULL);
}
