
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "fuzz.h"
#include "session/cookie.h"


/* The Cookie lines of a request, a line of input each. */


#define LINES  8


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_str_t            values[NGX_HTTP_PHONE_VERIFY_COOKIES_MAX];
    ngx_uint_t           i, j, n, lines, inside;
    ngx_pool_t          *pool;
    ngx_table_elt_t      h[LINES];
    ngx_http_request_t   r;

    static const ngx_str_t  name = ngx_string("__Host-phone_verify");

    pool = ngx_http_phone_verify_fuzz_pool();

    ngx_memzero(&r, sizeof(r));
    ngx_memzero(h, sizeof(h));

    r.pool = pool;

    for (lines = 0; lines < LINES && size; lines++) {
        h[lines].value = ngx_http_phone_verify_fuzz_part(pool, &data, &size,
                                                         '\n');
        if (lines) {
            h[lines - 1].next = &h[lines];
        }
    }

    r.headers_in.cookie = lines ? &h[0] : NULL;

    n = ngx_http_phone_verify_cookies(&r, &name, values);

    must(n <= NGX_HTTP_PHONE_VERIFY_COOKIES_MAX);

    for (i = 0; i < n; i++) {
        must(values[i].len > 0
             && values[i].len <= NGX_HTTP_PHONE_VERIFY_TOKEN_MAX);
        must(memchr(values[i].data, ';', values[i].len) == NULL);

        inside = 0;

        for (j = 0; j < lines; j++) {
            inside |= values[i].data >= h[j].value.data
                      && values[i].data + values[i].len
                         <= h[j].value.data + h[j].value.len;
        }

        must(inside);
    }

    ngx_destroy_pool(pool);

    return 0;
}
