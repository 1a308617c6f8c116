
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "fuzz.h"
#include "transport/answer.h"


/*
 * An answer as libcurl hands it over.  The first byte says how many bytes of
 * headers have come before (times 64); then a line for each call: one that
 * begins with ">" is part of the body, any other a line of the header, also
 * behind the body, where trailers are.
 */


#define MAX_HEADERS  16384
#define MAX_BODY     64


typedef struct {
    ngx_http_phone_verify_exchange_t   e;
    ngx_http_phone_verify_transfer_t   t;
    ngx_http_phone_verify_origin_t     origin;

    size_t                             len;      /* the body, as we know it */
    u_char                             body[MAX_BODY];
} answer_t;


static ngx_uint_t  header(answer_t *a, ngx_str_t *line);
static ngx_uint_t  body(answer_t *a, ngx_str_t *part);
static void  field(answer_t *a, const ngx_str_t *value);
static void  retry_after(answer_t *a, const ngx_str_t *line);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    answer_t     a;
    ngx_str_t    line;
    ngx_pool_t  *pool;
    ngx_uint_t   more;

    if (size == 0) {
        return 0;
    }

    ngx_memzero(&a, sizeof(a));

    a.origin.max_response = MAX_BODY;

    a.t.pool = ngx_http_phone_verify_fuzz_pool();
    a.t.log = a.t.pool->log;
    a.t.origin = &a.origin;
    a.t.retry_after = -1;

    a.e.transfer = &a.t;
    a.e.header_size = data[0] * 64;

    data++;
    size--;
    more = 1;

    while (size && more) {

        /* libcurl's buffer does not outlive the call */

        pool = ngx_http_phone_verify_fuzz_pool();
        line = ngx_http_phone_verify_fuzz_part(pool, &data, &size, '\n');

        if (line.len && line.data[0] == '>') {
            line.data++;
            line.len--;
            more = body(&a, &line);

        } else {
            more = header(&a, &line);
        }

        ngx_destroy_pool(pool);

        must(more == (a.e.why.len == 0));
        must(a.t.answer.len == a.len);
        must(a.len == 0 || ngx_memcmp(a.t.answer.data, a.body, a.len) == 0);
        must(a.t.retry_after >= -1);

        field(&a, &a.t.content_type);
        field(&a, &a.t.content_language);
    }

    ngx_http_phone_verify_answer_forget(&a.e);

    must(a.t.answer.len == 0 && a.t.retry_after == -1
         && a.t.content_type.len == 0 && a.t.content_language.len == 0);

    ngx_destroy_pool(a.t.pool);

    return 0;
}


static ngx_uint_t
header(answer_t *a, ngx_str_t *line)
{
    size_t      n, seen;
    time_t      retry;
    ngx_str_t   type, language;
    ngx_uint_t  last;

    seen = a->e.header_size + line->len;
    retry = a->t.retry_after;
    type = a->t.content_type;
    language = a->t.content_language;

    n = ngx_http_phone_verify_answer_header((char *) line->data, 1, line->len,
                                            &a->e);

    last = seen > MAX_HEADERS;

    must(a->e.header_size == seen);
    must(last == (a->e.why.len != 0));
    must(n == (last ? 0 : line->len));

    if (last) {
        return 0;
    }

    if (line->len >= 5 && ngx_memcmp(line->data, "HTTP/", 5) == 0) {
        a->len = 0;
        must(a->t.retry_after == -1 && a->t.content_type.len == 0
             && a->t.content_language.len == 0);
        return 1;
    }

    /* trailers are not headers */

    if (a->len) {
        must(a->t.retry_after == retry);
        must(a->t.content_type.data == type.data
             && a->t.content_type.len == type.len);
        must(a->t.content_language.data == language.data
             && a->t.content_language.len == language.len);
        return 1;
    }

    retry_after(a, line);

    return 1;
}


/* Seconds are taken as they are, also at the edge of what they can be. */

static void
retry_after(answer_t *a, const ngx_str_t *line)
{
    char    text[32];
    size_t  len;

    static const size_t  name = sizeof("Retry-After: ") - 1;

    if (line->len <= name || line->len - name > 18
        || ngx_memcmp(line->data, "Retry-After: ", name) != 0)
    {
        return;
    }

    len = line->len - name;
    ngx_memcpy(text, line->data + name, len);
    text[len] = '\0';

    if (strspn(text, "0123456789") == len) {
        must(a->t.retry_after == (time_t) strtoll(text, NULL, 10));
    }
}


static ngx_uint_t
body(answer_t *a, ngx_str_t *part)
{
    size_t      n;
    ngx_uint_t  last;

    n = ngx_http_phone_verify_answer_body((char *) part->data, 1, part->len,
                                          &a->e);

    last = part->len > MAX_BODY - a->len;

    must(last == (a->e.why.len != 0));
    must(n == (last ? 0 : part->len));
    must(a->e.answer_alloc <= MAX_BODY);

    if (last) {
        return 0;
    }

    ngx_memcpy(a->body + a->len, part->data, n);
    a->len += n;

    return 1;
}


/* A copy of its own, without what stands around a value. */

static void
field(answer_t *a, const ngx_str_t *value)
{
    u_char  first, last;

    if (value->len == 0) {
        return;
    }

    first = value->data[0];
    last = value->data[value->len - 1];

    must(value->len <= a->e.header_size);
    must(first != ' ' && first != '\t');
    must(last != ' ' && last != '\t' && last != CR && last != LF);
    must(memchr(value->data, LF, value->len) == NULL);
}
