
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/writer.h"


static u_char *ngx_http_phone_verify_writer_take(
    ngx_http_phone_verify_writer_t *w, size_t size);
static void ngx_http_phone_verify_writer_name(
    ngx_http_phone_verify_writer_t *w, const char *name);


void
ngx_http_phone_verify_writer_init(ngx_http_phone_verify_writer_t *w,
    ngx_pool_t *pool, size_t size)
{
    w->start = ngx_pnalloc(pool, size);
    w->pos = w->start;
    w->last = w->start ? w->start + size : NULL;
    w->comma = 0;
}


void
ngx_http_phone_verify_writer_open(ngx_http_phone_verify_writer_t *w,
    const char *name, u_char bracket)
{
    u_char  *p;

    ngx_http_phone_verify_writer_name(w, name);

    p = ngx_http_phone_verify_writer_take(w, 1);
    if (p) {
        *p = bracket;
    }

    w->comma = 0;
}


void
ngx_http_phone_verify_writer_close(ngx_http_phone_verify_writer_t *w,
    u_char bracket)
{
    u_char  *p;

    p = ngx_http_phone_verify_writer_take(w, 1);
    if (p) {
        *p = bracket;
    }

    w->comma = 1;
}


void
ngx_http_phone_verify_writer_close_unless_empty(
    ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_writer_t *before, u_char bracket)
{
    if (w->last && !w->comma) {
        *w = *before;
        return;
    }

    ngx_http_phone_verify_writer_close(w, bracket);
}


void
ngx_http_phone_verify_writer_string(ngx_http_phone_verify_writer_t *w,
    const char *name, const ngx_str_t *value)
{
    u_char  *p;
    size_t   len;

    ngx_http_phone_verify_writer_name(w, name);

    len = value->len + ngx_escape_json(NULL, value->data, value->len);

    p = ngx_http_phone_verify_writer_take(w, len + 2);
    if (p == NULL) {
        return;
    }

    *p++ = '"';
    p = (u_char *) ngx_escape_json(p, value->data, value->len);
    *p = '"';
}


void
ngx_http_phone_verify_writer_number(ngx_http_phone_verify_writer_t *w,
    const char *name, ngx_uint_t value)
{
    u_char  *p, text[NGX_INT_T_LEN];
    size_t   len;

    ngx_http_phone_verify_writer_name(w, name);

    len = ngx_sprintf(text, "%ui", value) - text;

    p = ngx_http_phone_verify_writer_take(w, len);
    if (p) {
        ngx_memcpy(p, text, len);
    }
}


void
ngx_http_phone_verify_writer_option(ngx_http_phone_verify_writer_t *w,
    const char *name, const ngx_str_t *value)
{
    if (value->len) {
        ngx_http_phone_verify_writer_string(w, name, value);
    }
}


void
ngx_http_phone_verify_writer_count(ngx_http_phone_verify_writer_t *w,
    const char *name, ngx_uint_t value)
{
    if (value) {
        ngx_http_phone_verify_writer_number(w, name, value);
    }
}


void
ngx_http_phone_verify_writer_flag(ngx_http_phone_verify_writer_t *w,
    const char *name, ngx_uint_t value)
{
    u_char  *p;

    if (value) {
        ngx_http_phone_verify_writer_name(w, name);

        p = ngx_http_phone_verify_writer_take(w, 4);
        if (p) {
            ngx_memcpy(p, "true", 4);
        }
    }
}


ngx_int_t
ngx_http_phone_verify_writer_end(ngx_http_phone_verify_writer_t *w,
    ngx_str_t *text)
{
    if (w->last == NULL) {
        return NGX_ERROR;
    }

    text->data = w->start;
    text->len = w->pos - w->start;

    return NGX_OK;
}


/* Room for so many bytes, or NULL from now on. */

static u_char *
ngx_http_phone_verify_writer_take(ngx_http_phone_verify_writer_t *w,
    size_t size)
{
    u_char  *p;

    if (w->last == NULL || (size_t) (w->last - w->pos) < size) {
        w->last = NULL;
        return NULL;
    }

    p = w->pos;
    w->pos += size;

    return p;
}


/* The comma before a member or element, and its name. */

static void
ngx_http_phone_verify_writer_name(ngx_http_phone_verify_writer_t *w,
    const char *name)
{
    u_char  *p;
    size_t   len;

    if (w->comma) {
        p = ngx_http_phone_verify_writer_take(w, 1);
        if (p) {
            *p = ',';
        }
    }

    w->comma = 1;

    if (name == NULL) {
        return;
    }

    len = ngx_strlen(name);

    p = ngx_http_phone_verify_writer_take(w, len + 3);
    if (p) {
        ngx_sprintf(p, "\"%s\":", name);
    }
}
