
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "answer.h"


ngx_http_phone_verify_sinch_answer_t *
ngx_http_phone_verify_unit_answer_read(ngx_http_phone_verify_unit_t *u,
    ngx_uint_t what, ngx_uint_t method, ngx_uint_t http_status,
    const ngx_str_t *body)
{
    ngx_http_phone_verify_asked_t          asked;
    ngx_http_phone_verify_sinch_answer_t  *a;

    ngx_memzero(&asked, sizeof(asked));

    asked.what = what;
    asked.method = method;

    a = ngx_pcalloc(u->pool, sizeof(ngx_http_phone_verify_sinch_answer_t));
    if (a == NULL) {
        abort();
    }

    a->outcome = 1000;
    a->http_status = http_status;

    /* a copy, so that reading beyond its end can be seen */

    ngx_http_phone_verify_sinch_answer_read(u->pool, &asked,
           ngx_http_phone_verify_unit_bytes(u, body->data, body->len), a);

    is(u, a->error.len != 0, a->outcome != ANSWERED,
       "words for the log, unless it is an answer");

    if (a->outcome != ANSWERED) {
        is(u, a->status, NGX_HTTP_PHONE_VERIFY_NONE,
           "and a status only if it is");
    }

    return a;
}
