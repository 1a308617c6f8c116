
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_EXPOSITION_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_EXPOSITION_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * Text in Prometheus' exposition format (0.0.4), in a chain of buffers: however
 * many apps and countries there are, no allocation is large.
 *
 *     ngx_http_phone_verify_exposition_init(&x, pool);
 *     ngx_http_phone_verify_exposition_family(&x, "a_total", "counter", "...");
 *     ngx_http_phone_verify_exposition_begin(&x, "a_total");
 *     ngx_http_phone_verify_exposition_label(&x, "app", &name);
 *     ngx_http_phone_verify_exposition_value(&x, 5, 0);
 *
 * When memory runs out, "failed" is set and nothing more is written.
 */

typedef struct {
    ngx_pool_t     *pool;
    ngx_chain_t    *first;
    ngx_chain_t   **last;
    ngx_buf_t      *buf;
    size_t          size;
    ngx_uint_t      labels;     /* of this line, so far */
    unsigned        failed:1;
} ngx_http_phone_verify_exposition_t;


void ngx_http_phone_verify_exposition_init(
    ngx_http_phone_verify_exposition_t *x, ngx_pool_t *pool);


/* HELP and TYPE.  "help" has neither backslash nor newline. */

void ngx_http_phone_verify_exposition_family(
    ngx_http_phone_verify_exposition_t *x, const char *name, const char *type,
    const char *help);


/*
 * A line: its name, any labels, its value, which is "value" / 10^"places".
 * What stands in a label's value is escaped.
 */

void ngx_http_phone_verify_exposition_begin(
    ngx_http_phone_verify_exposition_t *x, const char *name);
void ngx_http_phone_verify_exposition_label(
    ngx_http_phone_verify_exposition_t *x, const char *name,
    const ngx_str_t *value);
void ngx_http_phone_verify_exposition_value(
    ngx_http_phone_verify_exposition_t *x, uint64_t value, ngx_uint_t places);


#endif /* _NGX_HTTP_PHONE_VERIFY_EXPOSITION_H_INCLUDED_ */
