
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_SINCH_WRITER_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_SINCH_WRITER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * Writing JSON.  What does not fit is found at the end, once:
 *
 *     ngx_http_phone_verify_writer_init(&w, pool, 512);
 *     ngx_http_phone_verify_writer_open(&w, NULL, '{');
 *     ngx_http_phone_verify_writer_string(&w, "method", &method);
 *     ngx_http_phone_verify_writer_close(&w, '}');
 *     rc = ngx_http_phone_verify_writer_end(&w, &text);
 */

typedef struct {
    u_char       *start;
    u_char       *pos;
    u_char       *last;       /* NULL: it does not fit, or no memory */
    ngx_uint_t    comma;      /* a member or element stands before */
} ngx_http_phone_verify_writer_t;


/* Names are plain ASCII, and NULL for the whole and for elements of arrays. */

void ngx_http_phone_verify_writer_init(ngx_http_phone_verify_writer_t *w,
    ngx_pool_t *pool, size_t size);

void ngx_http_phone_verify_writer_open(ngx_http_phone_verify_writer_t *w,
    const char *name, u_char bracket);
void ngx_http_phone_verify_writer_close(ngx_http_phone_verify_writer_t *w,
    u_char bracket);

/* As _close(), but undoes an empty one; "before" is *w as before _open(). */

void ngx_http_phone_verify_writer_close_unless_empty(
    ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_writer_t *before, u_char bracket);

/* "value" is UTF-8. */

void ngx_http_phone_verify_writer_string(ngx_http_phone_verify_writer_t *w,
    const char *name, const ngx_str_t *value);
void ngx_http_phone_verify_writer_number(ngx_http_phone_verify_writer_t *w,
    const char *name, ngx_uint_t value);

/* The same, or true, and nothing at all of an empty string and of zero. */

void ngx_http_phone_verify_writer_option(ngx_http_phone_verify_writer_t *w,
    const char *name, const ngx_str_t *value);
void ngx_http_phone_verify_writer_count(ngx_http_phone_verify_writer_t *w,
    const char *name, ngx_uint_t value);
void ngx_http_phone_verify_writer_flag(ngx_http_phone_verify_writer_t *w,
    const char *name, ngx_uint_t value);

/* NGX_OK and the text, or NGX_ERROR: it did not fit, or no memory. */

ngx_int_t ngx_http_phone_verify_writer_end(ngx_http_phone_verify_writer_t *w,
    ngx_str_t *text);


#endif /* _NGX_HTTP_PHONE_VERIFY_SINCH_WRITER_H_INCLUDED_ */
