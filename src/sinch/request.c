
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/request.h"
#include "sinch/writer.h"


static void ngx_http_phone_verify_request_options(
    ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_sinch_request_t *request);


static const ngx_str_t  ngx_http_phone_verify_request_root =
    ngx_string("/verification/v1/verifications");


ngx_int_t
ngx_http_phone_verify_request_start(ngx_pool_t *pool,
    const ngx_http_phone_verify_sinch_request_t *request, ngx_str_t *body)
{
    size_t                                 size;
    ngx_http_phone_verify_writer_t         w, before;
    const ngx_http_phone_verify_method_t  *method;

    static const ngx_str_t  type = ngx_string("number");

    method = &ngx_http_phone_verify_methods[request->method];

    /* a byte becomes at most six, as in "\u001f" */

    size = 256 + 6 * (request->number.len + request->reference.len
                      + request->custom.len + request->code_type.len
                      + request->expiry.len + request->application_hash.len
                      + request->locale.len);

    ngx_http_phone_verify_writer_init(&w, pool, size);
    ngx_http_phone_verify_writer_open(&w, NULL, '{');

    ngx_http_phone_verify_writer_open(&w, "identity", '{');
    ngx_http_phone_verify_writer_string(&w, "type", &type);
    ngx_http_phone_verify_writer_string(&w, "endpoint", &request->number);
    ngx_http_phone_verify_writer_close(&w, '}');

    ngx_http_phone_verify_writer_string(&w, "method", &method->name);
    ngx_http_phone_verify_writer_option(&w, "reference", &request->reference);
    ngx_http_phone_verify_writer_option(&w, "custom", &request->custom);

    if (method->options.len) {
        before = w;

        ngx_http_phone_verify_writer_open(&w, (char *) method->options.data,
                                          '{');
        ngx_http_phone_verify_request_options(&w, request);
        ngx_http_phone_verify_writer_close_unless_empty(&w, &before, '}');
    }

    ngx_http_phone_verify_writer_close(&w, '}');

    return ngx_http_phone_verify_writer_end(&w, body);
}


static void
ngx_http_phone_verify_request_options(ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_sinch_request_t *request)
{
    ngx_http_phone_verify_writer_t  before;

    switch (request->method) {

    case NGX_HTTP_PHONE_VERIFY_SMS:
        ngx_http_phone_verify_writer_option(w, "codeType",
                                            &request->code_type);
        ngx_http_phone_verify_writer_option(w, "expiry", &request->expiry);
        ngx_http_phone_verify_writer_option(w, "applicationHash",
                                            &request->application_hash);
        break;

    case NGX_HTTP_PHONE_VERIFY_FLASHCALL:
        ngx_http_phone_verify_writer_count(w, "dialTimeout",
                                           request->dial_timeout);
        ngx_http_phone_verify_writer_count(w, "interceptionTimeout",
                                           request->interception_timeout);
        break;

    case NGX_HTTP_PHONE_VERIFY_CALLOUT:
        before = *w;

        ngx_http_phone_verify_writer_open(w, "speech", '{');
        ngx_http_phone_verify_writer_option(w, "locale", &request->locale);
        ngx_http_phone_verify_writer_close_unless_empty(w, &before, '}');
        break;

    case NGX_HTTP_PHONE_VERIFY_WHATSAPP:
        ngx_http_phone_verify_writer_option(w, "codeType",
                                            &request->code_type);
        break;
    }
}


ngx_int_t
ngx_http_phone_verify_request_report(ngx_pool_t *pool, ngx_uint_t method,
    ngx_str_t *proof, ngx_str_t *body)
{
    ngx_http_phone_verify_writer_t         w;
    const ngx_http_phone_verify_method_t  *m;

    m = &ngx_http_phone_verify_methods[method];

    ngx_http_phone_verify_writer_init(&w, pool, 128 + 6 * proof->len);
    ngx_http_phone_verify_writer_open(&w, NULL, '{');
    ngx_http_phone_verify_writer_string(&w, "method", &m->name);

    ngx_http_phone_verify_writer_open(&w, (char *) m->object.data, '{');
    ngx_http_phone_verify_writer_string(&w, (char *) m->proof.data, proof);
    ngx_http_phone_verify_writer_close(&w, '}');

    ngx_http_phone_verify_writer_close(&w, '}');

    return ngx_http_phone_verify_writer_end(&w, body);
}


ngx_int_t
ngx_http_phone_verify_request_path(ngx_pool_t *pool,
    const ngx_str_t *segments, ngx_uint_t n, ngx_str_t *path)
{
    u_char      *p;
    size_t       len;
    ngx_uint_t   i;

    len = ngx_http_phone_verify_request_root.len;

    for (i = 0; i < n; i++) {
        len += 1 + segments[i].len;
    }

    path->data = ngx_pnalloc(pool, len);
    if (path->data == NULL) {
        return NGX_ERROR;
    }

    path->len = len;

    p = ngx_cpymem(path->data, ngx_http_phone_verify_request_root.data,
                   ngx_http_phone_verify_request_root.len);

    for (i = 0; i < n; i++) {
        *p++ = '/';
        p = ngx_cpymem(p, segments[i].data, segments[i].len);
    }

    return NGX_OK;
}
