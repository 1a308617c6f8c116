
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "endpoints/exposition.h"


#define NGX_HTTP_PHONE_VERIFY_EXPOSITION_BUFFER  8192


static void ngx_http_phone_verify_exposition_write(
    ngx_http_phone_verify_exposition_t *x, const u_char *data, size_t len);
static void ngx_http_phone_verify_exposition_text(
    ngx_http_phone_verify_exposition_t *x, const char *text);


void
ngx_http_phone_verify_exposition_init(ngx_http_phone_verify_exposition_t *x,
    ngx_pool_t *pool)
{
    ngx_memzero(x, sizeof(ngx_http_phone_verify_exposition_t));

    x->pool = pool;
    x->last = &x->first;
}


static void
ngx_http_phone_verify_exposition_write(ngx_http_phone_verify_exposition_t *x,
    const u_char *data, size_t len)
{
    size_t        n;
    ngx_chain_t  *cl;

    while (len && !x->failed) {

        if (x->buf == NULL || x->buf->last == x->buf->end) {

            cl = ngx_alloc_chain_link(x->pool);
            x->buf = ngx_create_temp_buf(x->pool,
                                      NGX_HTTP_PHONE_VERIFY_EXPOSITION_BUFFER);

            if (cl == NULL || x->buf == NULL) {
                x->failed = 1;
                return;
            }

            cl->buf = x->buf;
            cl->next = NULL;

            *x->last = cl;
            x->last = &cl->next;
        }

        n = ngx_min(len, (size_t) (x->buf->end - x->buf->last));

        x->buf->last = ngx_cpymem(x->buf->last, data, n);
        x->size += n;

        data += n;
        len -= n;
    }
}


static void
ngx_http_phone_verify_exposition_text(ngx_http_phone_verify_exposition_t *x,
    const char *text)
{
    ngx_http_phone_verify_exposition_write(x, (u_char *) text,
                                           ngx_strlen(text));
}


void
ngx_http_phone_verify_exposition_family(ngx_http_phone_verify_exposition_t *x,
    const char *name, const char *type, const char *help)
{
    ngx_http_phone_verify_exposition_text(x, "# HELP ");
    ngx_http_phone_verify_exposition_text(x, name);
    ngx_http_phone_verify_exposition_text(x, " ");
    ngx_http_phone_verify_exposition_text(x, help);
    ngx_http_phone_verify_exposition_text(x, "\n# TYPE ");
    ngx_http_phone_verify_exposition_text(x, name);
    ngx_http_phone_verify_exposition_text(x, " ");
    ngx_http_phone_verify_exposition_text(x, type);
    ngx_http_phone_verify_exposition_text(x, "\n");
}


void
ngx_http_phone_verify_exposition_begin(ngx_http_phone_verify_exposition_t *x,
    const char *name)
{
    ngx_http_phone_verify_exposition_text(x, name);

    x->labels = 0;
}


void
ngx_http_phone_verify_exposition_label(ngx_http_phone_verify_exposition_t *x,
    const char *name, const ngx_str_t *value)
{
    size_t  i;

    ngx_http_phone_verify_exposition_text(x, x->labels++ ? "," : "{");
    ngx_http_phone_verify_exposition_text(x, name);
    ngx_http_phone_verify_exposition_text(x, "=\"");

    for (i = 0; i < value->len; i++) {

        switch (value->data[i]) {

        case '\\':
            ngx_http_phone_verify_exposition_text(x, "\\\\");
            break;

        case '"':
            ngx_http_phone_verify_exposition_text(x, "\\\"");
            break;

        case '\n':
            ngx_http_phone_verify_exposition_text(x, "\\n");
            break;

        default:
            ngx_http_phone_verify_exposition_write(x, &value->data[i], 1);
            break;
        }
    }

    ngx_http_phone_verify_exposition_text(x, "\"");
}


void
ngx_http_phone_verify_exposition_value(ngx_http_phone_verify_exposition_t *x,
    uint64_t value, ngx_uint_t places)
{
    u_char     text[2 * NGX_INT64_LEN + 4], *p;
    uint64_t   unit;
    ngx_uint_t i;

    unit = 1;

    for (i = 0; i < places; i++) {
        unit *= 10;
    }

    p = ngx_sprintf(text, "%s %uL", x->labels ? "}" : "", value / unit);

    if (places) {
        *p++ = '.';

        for (i = 0; i < places; i++) {
            unit /= 10;
            *p++ = (u_char) ('0' + value / ngx_max(unit, 1) % 10);
        }
    }

    *p++ = '\n';

    ngx_http_phone_verify_exposition_write(x, text, p - text);
}
