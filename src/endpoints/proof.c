
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "endpoints/proof.h"
#include "sinch/check.h"
#include "sinch/words.h"


static void ngx_http_phone_verify_proof_code(ngx_str_t *text,
    ngx_str_t *proof);
static uint32_t ngx_http_phone_verify_proof_char(uint32_t c);


ngx_int_t
ngx_http_phone_verify_proof_read(ngx_uint_t method, ngx_str_t *text,
    ngx_str_t *proof)
{
    ngx_http_phone_verify_number_t  number;

    if (method == NGX_HTTP_PHONE_VERIFY_FLASHCALL) {
        number = ngx_http_phone_verify_number_parse(text);

        if (number == 0) {
            return NGX_DECLINED;
        }

        proof->len = ngx_http_phone_verify_number_write(proof->data, number)
                     - proof->data;

    } else {
        ngx_http_phone_verify_proof_code(text, proof);
    }

    return ngx_http_phone_verify_check_proof(method, proof);
}


/* Empty where there is more than fits, or what no code has. */

static void
ngx_http_phone_verify_proof_code(ngx_str_t *text, ngx_str_t *proof)
{
    u_char    *p, *last;
    uint32_t   c;

    proof->len = 0;

    p = text->data;
    last = p + text->len;

    while (p < last) {
        c = (*p < 0x80) ? *p++ : ngx_utf8_decode(&p, last - p);
        c = ngx_http_phone_verify_proof_char(c);

        if (c == ' ') {
            continue;
        }

        if (c > 0x7f || proof->len == NGX_HTTP_PHONE_VERIFY_PROOF_LEN) {
            proof->len = 0;
            return;
        }

        proof->data[proof->len++] = (u_char) c;
    }
}


static uint32_t
ngx_http_phone_verify_proof_char(uint32_t c)
{
    ngx_uint_t  i;

    /* Arabic, Persian and Urdu, Devanagari, Bengali, Thai, full width */

    static const uint32_t  zeroes[] = {
        0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50, 0xff10
    };

    for (i = 0; i < sizeof(zeroes) / sizeof(zeroes[0]); i++) {
        if (c >= zeroes[i] && c <= zeroes[i] + 9) {
            return c - zeroes[i] + '0';
        }
    }

    /*
     * No-break, en to hair, zero width and marks of direction, narrow, word
     * joiners and isolates, wide, byte order mark: what messengers put around
     * what is copied from them.
     */

    if (c == '\t' || c == 0xa0 || (c >= 0x2000 && c <= 0x200f)
        || (c >= 0x202a && c <= 0x202f) || (c >= 0x2060 && c <= 0x2069)
        || c == 0x3000 || c == 0xfeff)
    {
        return ' ';
    }

    return c;
}
