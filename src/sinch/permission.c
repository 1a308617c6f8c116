
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/callback.h"
#include "sinch/writer.h"


static void ngx_http_phone_verify_permission_options(
    ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_permission_t *permission);
static void ngx_http_phone_verify_permission_languages(
    ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_permission_t *permission);


ngx_int_t
ngx_http_phone_verify_permission_write(ngx_pool_t *pool,
    const ngx_http_phone_verify_permission_t *permission, ngx_str_t *body)
{
    size_t                                 size;
    ngx_uint_t                             i;
    ngx_http_phone_verify_writer_t         w, before;
    const ngx_http_phone_verify_method_t  *method;

    static const ngx_str_t  allow = ngx_string("allow");
    static const ngx_str_t  deny = ngx_string("deny");

    /* a byte becomes at most six, as in "\u001f" */

    size = 256 + 6 * (permission->code.len + permission->code_type.len
                      + permission->expiry.len + permission->cli.len
                      + permission->locale.len);

    for (i = 0; i < permission->nlanguages; i++) {
        size += 6 * permission->languages[i].len + sizeof("\"\",");
    }

    ngx_http_phone_verify_writer_init(&w, pool, size);
    ngx_http_phone_verify_writer_open(&w, NULL, '{');
    ngx_http_phone_verify_writer_string(&w, "action",
                                        permission->allow ? &allow : &deny);

    if (permission->allow
        && permission->method < NGX_HTTP_PHONE_VERIFY_METHODS)
    {
        method = &ngx_http_phone_verify_methods[permission->method];
        before = w;

        ngx_http_phone_verify_writer_open(&w, (char *) method->object.data,
                                          '{');
        ngx_http_phone_verify_permission_options(&w, permission);
        ngx_http_phone_verify_writer_close_unless_empty(&w, &before, '}');
    }

    ngx_http_phone_verify_writer_close(&w, '}');

    return ngx_http_phone_verify_writer_end(&w, body);
}


static void
ngx_http_phone_verify_permission_options(ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_permission_t *permission)
{
    ngx_http_phone_verify_writer_t  before;

    switch (permission->method) {

    case NGX_HTTP_PHONE_VERIFY_SMS:
        ngx_http_phone_verify_writer_option(w, "code", &permission->code);
        ngx_http_phone_verify_writer_option(w, "codeType",
                                            &permission->code_type);
        ngx_http_phone_verify_writer_option(w, "expiry", &permission->expiry);
        ngx_http_phone_verify_permission_languages(w, permission);
        break;

    case NGX_HTTP_PHONE_VERIFY_FLASHCALL:
        ngx_http_phone_verify_writer_option(w, "cli", &permission->cli);
        ngx_http_phone_verify_writer_count(w, "dialTimeout",
                                           permission->dial_timeout);
        ngx_http_phone_verify_writer_count(w, "interceptionTimeout",
                                           permission->interception_timeout);
        break;

    case NGX_HTTP_PHONE_VERIFY_CALLOUT:
        ngx_http_phone_verify_writer_option(w, "code", &permission->code);

        before = *w;

        ngx_http_phone_verify_writer_open(w, "speech", '{');
        ngx_http_phone_verify_writer_option(w, "locale", &permission->locale);
        ngx_http_phone_verify_writer_close_unless_empty(w, &before, '}');
        break;

    case NGX_HTTP_PHONE_VERIFY_WHATSAPP:
        ngx_http_phone_verify_writer_option(w, "codeType",
                                            &permission->code_type);
        ngx_http_phone_verify_permission_languages(w, permission);
        break;
    }
}


static void
ngx_http_phone_verify_permission_languages(ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_permission_t *permission)
{
    ngx_uint_t                      i;
    ngx_http_phone_verify_writer_t  before;

    before = *w;

    ngx_http_phone_verify_writer_open(w, "acceptLanguage", '[');

    for (i = 0; i < permission->nlanguages; i++) {
        ngx_http_phone_verify_writer_string(w, NULL,
                                            &permission->languages[i]);
    }

    ngx_http_phone_verify_writer_close_unless_empty(w, &before, ']');
}
