
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "fuzz.h"
#include "sinch/answer.h"


/*
 * Sinch's answers: the first byte says what was asked, the second by which
 * method, the third the HTTP status; the rest is the body.
 */


static ngx_uint_t  said(const ngx_str_t *body, const char *word);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_str_t                             body;
    ngx_pool_t                           *pool;
    ngx_http_phone_verify_asked_t         asked;
    ngx_http_phone_verify_sinch_answer_t  answer;

    static const ngx_uint_t  statuses[] = {
        200, 201, 204, 301, 400, 401, 402, 403, 404, 409, 422, 429, 500, 501,
        502, 503
    };

    if (size < 3) {
        return 0;
    }

    pool = ngx_http_phone_verify_fuzz_pool();
    body = ngx_http_phone_verify_fuzz_copy(pool, data + 3, size - 3);

    ngx_memzero(&asked, sizeof(asked));
    ngx_memzero(&answer, sizeof(answer));

    asked.what = data[0] % 3;
    asked.method = data[1] % (NGX_HTTP_PHONE_VERIFY_METHODS + 1);
    answer.http_status = statuses[data[2] % 16];

    /* a start is always by a method */

    if (asked.method == NGX_HTTP_PHONE_VERIFY_METHODS) {
        asked.method = (asked.what == NGX_HTTP_PHONE_VERIFY_ASKED_START)
                       ? NGX_HTTP_PHONE_VERIFY_SMS
                       : NGX_HTTP_PHONE_VERIFY_NO_METHOD;
    }

    if (data[0] & 4) {
        ngx_str_set(&asked.id, "1234567890");
    }

    if (data[0] & 8) {
        ngx_str_set(&asked.number, "+46700000000");
    }

    ngx_http_phone_verify_sinch_answer_read(pool, &asked, &body, &answer);

    must(answer.outcome == NGX_HTTP_PHONE_VERIFY_SINCH_ANSWERED
         || answer.outcome == NGX_HTTP_PHONE_VERIFY_SINCH_REFUSED
         || answer.outcome == NGX_HTTP_PHONE_VERIFY_SINCH_NONSENSE);

    must(ngx_http_phone_verify_fuzz_text(&answer.id));
    must(ngx_http_phone_verify_fuzz_text(&answer.target_uri));

    if (answer.outcome == NGX_HTTP_PHONE_VERIFY_SINCH_ANSWERED) {
        must(answer.http_status == 200);
        must(asked.id.len == 0 || answer.id.len == 0
             || answer.id.len == asked.id.len);

    } else {
        must(answer.status == NGX_HTTP_PHONE_VERIFY_NONE);
    }

    /* what opens a gate, Sinch has said, and not of a start */

    if (answer.status == NGX_HTTP_PHONE_VERIFY_SUCCESSFUL) {
        must(asked.what != NGX_HTTP_PHONE_VERIFY_ASKED_START);
        must(said(&body, "SUCCESSFUL"));
    }

    if (answer.target_uri.len) {
        must(answer.target_uri.len > 8
             && ngx_strncasecmp(answer.target_uri.data, (u_char *) "https://",
                                8)
                == 0);
    }

    ngx_destroy_pool(pool);

    return 0;
}


/* Whether a word is in a body, each letter as it is or as "\u00XX". */

static ngx_uint_t
said(const ngx_str_t *body, const char *word)
{
    u_char      *p, *q, *last;
    ngx_int_t    ch;
    const char  *w;

    last = body->data + body->len;

    for (p = body->data; p < last; p++) {

        for (q = p, w = word; *w && q < last; w++) {

            if (last - q >= 6 && ngx_memcmp(q, "\\u00", 4) == 0) {
                ch = ngx_hextoi(q + 4, 2);
                q += 6;

            } else {
                ch = *q++;
            }

            if (ch != (u_char) *w) {
                break;
            }
        }

        if (*w == '\0') {
            return 1;
        }
    }

    return 0;
}
