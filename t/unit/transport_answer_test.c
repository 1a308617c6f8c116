
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "transport/answer.h"
#include "unit.h"


/* The body of an answer, in the parts that libcurl has got: within bounds. */


void ngx_http_phone_verify_unit_transport_answer(
    ngx_http_phone_verify_unit_t *u);


#define part(text)                                                            \
    ngx_http_phone_verify_answer_body(text, 1, sizeof(text) - 1, &e)


void
ngx_http_phone_verify_unit_transport_answer(ngx_http_phone_verify_unit_t *u)
{
    ngx_http_phone_verify_origin_t    origin;
    ngx_http_phone_verify_exchange_t  e;
    ngx_http_phone_verify_transfer_t  t;

    ngx_memzero(&origin, sizeof(ngx_http_phone_verify_origin_t));
    ngx_memzero(&e, sizeof(ngx_http_phone_verify_exchange_t));
    ngx_memzero(&t, sizeof(ngx_http_phone_verify_transfer_t));

    origin.max_response = 10;
    t.pool = u->pool;
    t.origin = &origin;
    e.transfer = &t;

    /* nothing is added to a room that is not there: for UBSan */

    is(u, part(""), 0, "an empty part, first");
    ok(u, t.answer.data == NULL && e.answer_alloc == 0, "takes no room");

    is(u, part("12345"), 5, "a part");
    is(u, part(""), 0, "an empty one");
    is(u, part("67890"), 5, "as much as may be");
    is(u, part(""), 0, "nothing more");
    is(u, e.why.len, 0, "is fine");
    is_mem(u, t.answer.data, t.answer.len, "1234567890", 10, "the body");

    is(u, part("1"), 0, "a byte more");
    is_mem(u, e.why.data, e.why.len, "too large answer", 16, "is too large");
}
