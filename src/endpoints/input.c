
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
#include "session/early.h"
#include "session/origin.h"
#include "verification/policy/rule.h"


#define NGX_HTTP_PHONE_VERIFY_BODY_MAX  4096


static ngx_uint_t ngx_http_phone_verify_input_check(
    ngx_http_phone_verify_input_t *in);
static void ngx_http_phone_verify_input_type(
    ngx_http_phone_verify_input_t *in);
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

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_phone_verify_module);

    rc = ngx_http_phone_verify_methods_check(r, lcf->endpoint, methods);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (ngx_http_phone_verify_is_early_data(r)
        || ngx_http_phone_verify_is_prefetch(r))
    {
        /* never by the page: a browser that is told so sends it again */

        return ngx_http_phone_verify_send_problem(r,
                                             NGX_HTTP_PHONE_VERIFY_TOO_EARLY,
                                             0, NULL);
    }

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
        return ngx_http_phone_verify_reply_refused(in, error, NULL);
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

    if (ngx_http_phone_verify_cross_site(r, in->app)) {
        ngx_http_phone_verify_rule_refused(in->app,
                                           NGX_HTTP_PHONE_VERIFY_RULE_ORIGIN,
                                           in->app->origins_dry, 0, NULL,
                                           r->connection->log);

        if (!in->app->origins_dry) {
            return NGX_HTTP_PHONE_VERIFY_CROSS_SITE;
        }
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
         : ngx_http_phone_verify_reply_refused(in, error, NULL);

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
