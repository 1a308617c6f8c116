
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <curl/curl.h>

#include "transport/answer.h"


/* all header lines of an answer together */

#define NGX_HTTP_PHONE_VERIFY_ANSWER_MAX_HEADERS  (16 * 1024)


static ngx_int_t ngx_http_phone_verify_answer_field(
    ngx_http_phone_verify_transfer_t *t, ngx_str_t *name, ngx_str_t *value);


size_t
ngx_http_phone_verify_answer_header(char *buf, size_t size, size_t n,
    void *data)
{
    u_char                            *p, *last;
    ngx_str_t                          name, value;
    ngx_http_phone_verify_exchange_t  *e = data;

    n *= size;
    e->header_size += n;

    if (e->header_size > NGX_HTTP_PHONE_VERIFY_ANSWER_MAX_HEADERS) {
        ngx_str_set(&e->why, "too large header in the answer");
        return 0;
    }

    p = (u_char *) buf;
    last = p + n;

    if (n >= 5 && ngx_strncmp(p, "HTTP/", 5) == 0) {

        /* what came before was an interim answer */

        ngx_http_phone_verify_answer_forget(e);
        return n;
    }

    name.data = p;
    p = ngx_strlchr(p, last, ':');

    if (p == NULL || e->transfer->answer.len) {
        return n;
    }

    name.len = p++ - name.data;

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    while (last > p && (last[-1] == LF || last[-1] == CR
                        || last[-1] == ' ' || last[-1] == '\t'))
    {
        last--;
    }

    value.data = p;
    value.len = last - p;

    if (ngx_http_phone_verify_answer_field(e->transfer, &name, &value)
        != NGX_OK)
    {
        ngx_str_set(&e->why, "no memory");
        return 0;
    }

    return n;
}


static ngx_int_t
ngx_http_phone_verify_answer_field(ngx_http_phone_verify_transfer_t *t,
    ngx_str_t *name, ngx_str_t *value)
{
    time_t      when;
    ngx_str_t  *field;

    if (name->len == 11
        && ngx_strncasecmp(name->data, (u_char *) "Retry-After", 11) == 0)
    {
        t->retry_after = ngx_atotm(value->data, value->len);

        if (t->retry_after == NGX_ERROR) {
            when = ngx_parse_http_time(value->data, value->len);

            t->retry_after = (when == NGX_ERROR) ? -1
                                                 : ngx_max(when - ngx_time(),
                                                           0);
        }

        return NGX_OK;
    }

    if (name->len == 12
        && ngx_strncasecmp(name->data, (u_char *) "Content-Type", 12) == 0)
    {
        field = &t->content_type;

    } else if (name->len == 16
               && ngx_strncasecmp(name->data, (u_char *) "Content-Language",
                                  16) == 0)
    {
        field = &t->content_language;

    } else {
        return NGX_OK;
    }

    field->data = ngx_pstrdup(t->pool, value);
    if (field->data == NULL) {
        return NGX_ERROR;
    }

    field->len = value->len;

    return NGX_OK;
}


size_t
ngx_http_phone_verify_answer_body(char *buf, size_t size, size_t n,
    void *data)
{
    u_char                            *p;
    size_t                             max, alloc;
    ngx_str_t                         *answer;
    ngx_http_phone_verify_exchange_t  *e = data;

    answer = &e->transfer->answer;
    max = e->transfer->origin->max_response;

    n *= size;

    /* of an empty body libcurl may tell, too: then there is no room yet */

    if (n == 0) {
        return 0;
    }

    if (n > max - answer->len) {
        ngx_str_set(&e->why, "too large answer");
        return 0;
    }

    if (n > e->answer_alloc - answer->len) {
        alloc = ngx_max(answer->len + n, 2 * e->answer_alloc);
        alloc = ngx_min(alloc, max);

        p = ngx_pnalloc(e->transfer->pool, alloc);
        if (p == NULL) {
            ngx_str_set(&e->why, "no memory");
            return 0;
        }

        if (answer->data) {
            ngx_memcpy(p, answer->data, answer->len);
            (void) ngx_pfree(e->transfer->pool, answer->data);
        }

        answer->data = p;
        e->answer_alloc = alloc;
    }

    ngx_memcpy(answer->data + answer->len, buf, n);
    answer->len += n;

    return n;
}


void
ngx_http_phone_verify_answer_forget(ngx_http_phone_verify_exchange_t *e)
{
    ngx_http_phone_verify_transfer_t  *t;

    t = e->transfer;

    t->status = 0;
    t->answer.len = 0;
    t->retry_after = -1;

    ngx_str_null(&t->content_type);
    ngx_str_null(&t->content_language);
}
