
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "fuzz.h"
#include "sinch/check.h"
#include "verification/number/number.h"


/*
 * The arguments of phone_verify_query, as endpoints/query.c takes them from a
 * request: found and unescaped by nginx, then checked.  What passes goes into
 * a path to Sinch, and is signed with it.
 */


static ngx_uint_t  argument(ngx_http_request_t *r, const char *name,
    ngx_str_t *value);
static void  segment(ngx_pool_t *pool, const ngx_str_t *value, size_t max);
static void  number(const ngx_str_t *value);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_str_t            value;
    ngx_pool_t          *pool;
    ngx_http_request_t   r;

    pool = ngx_http_phone_verify_fuzz_pool();

    ngx_memzero(&r, sizeof(r));

    r.pool = pool;
    r.args = ngx_http_phone_verify_fuzz_copy(pool, data, size);

    if (argument(&r, "id", &value)) {
        segment(pool, &value, NGX_HTTP_PHONE_VERIFY_SINCH_ID_MAX);
    }

    if (argument(&r, "reference", &value)) {
        segment(pool, &value, NGX_HTTP_PHONE_VERIFY_SINCH_REFERENCE_MAX);
    }

    if (argument(&r, "number", &value)) {
        number(&value);
    }

    ngx_destroy_pool(pool);

    return 0;
}


static ngx_uint_t
argument(ngx_http_request_t *r, const char *name, ngx_str_t *value)
{
    u_char  *dst, *src;

    if (ngx_http_arg(r, (u_char *) name, ngx_strlen(name), value) != NGX_OK) {
        return 0;
    }

    must(value->data >= r->args.data
         && value->data + value->len <= r->args.data + r->args.len);

    dst = ngx_pnalloc(r->pool, value->len + 1);
    must(dst != NULL);

    src = value->data;
    value->data = dst;

    ngx_unescape_uri(&dst, &src, value->len, 0);

    must((size_t) (dst - value->data) <= value->len);

    value->len = dst - value->data;

    return 1;
}


/* A segment that passes is its own escape, whoever escapes it. */

static void
segment(ngx_pool_t *pool, const ngx_str_t *value, size_t max)
{
    size_t     i;
    ngx_str_t  exact;

    /* without the byte behind it that query.c has */

    exact = ngx_http_phone_verify_fuzz_copy(pool, value->data, value->len);

    if (ngx_http_phone_verify_check_segment(&exact, max) != NGX_OK) {
        return;
    }

    must(exact.len > 0 && exact.len <= max);

    for (i = 0; i < exact.len; i++) {
        must(memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                    "0123456789._~-", exact.data[i], 66)
             != NULL);
    }

    must(!(exact.len == 1 && exact.data[0] == '.'));
    must(!(exact.len == 2 && exact.data[0] == '.' && exact.data[1] == '.'));

    must(ngx_escape_uri(NULL, exact.data, exact.len,
                        NGX_ESCAPE_URI_COMPONENT)
         == 0);
}


/* It goes out as a number that Sinch takes, whatever was typed. */

static void
number(const ngx_str_t *value)
{
    u_char                          buf[NGX_HTTP_PHONE_VERIFY_NUMBER_LEN];
    ngx_str_t                       text;
    ngx_http_phone_verify_number_t  n;

    n = ngx_http_phone_verify_number_parse((ngx_str_t *) value);

    if (n == 0) {
        return;
    }

    text.data = buf;
    text.len = ngx_http_phone_verify_number_write(buf, n) - buf;

    must(ngx_http_phone_verify_check_number(&text) == NGX_OK);
}
