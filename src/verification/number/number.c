
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/number/number.h"


#define NGX_HTTP_PHONE_VERIFY_DIGITS_MIN  7
#define NGX_HTTP_PHONE_VERIFY_DIGITS_MAX  15

/* of a masked number: digits shown in front, most at the end, least hidden */

#define NGX_HTTP_PHONE_VERIFY_MASK_HEAD   2
#define NGX_HTTP_PHONE_VERIFY_MASK_TAIL   3
#define NGX_HTTP_PHONE_VERIFY_MASK_HIDDEN 5


static ngx_uint_t ngx_http_phone_verify_number_digits(
    ngx_http_phone_verify_number_t number, u_char *digits);


ngx_http_phone_verify_number_t
ngx_http_phone_verify_number_parse(ngx_str_t *text)
{
    u_char                          ch;
    size_t                          i;
    ngx_uint_t                      digits, plus, bracket;
    ngx_http_phone_verify_number_t  number;

    number = 0;
    digits = 0;
    plus = 0;
    bracket = 0;    /* 0: none is open, else digits since it was, plus one */

    for (i = 0; i < text->len; i++) {
        ch = text->data[i];

        switch (ch) {

        case ' ':
        case '.':
        case '-':
            continue;

        case '(':
            bracket = digits + 1;
            continue;

        case ')':

            /*
             * "(0)" is to be dialled inside the country only: it is not part
             * of the number, and who writes it may mean more by it.
             */

            if (bracket && digits == bracket && number % 10 == 0) {
                return 0;
            }

            bracket = 0;
            continue;

        case '+':
            if (plus || digits) {
                return 0;
            }

            plus = 1;
            continue;
        }

        if (ch < '0' || ch > '9' || !plus) {
            return 0;
        }

        if (digits == 0 && ch == '0') {
            return 0;
        }

        if (++digits > NGX_HTTP_PHONE_VERIFY_DIGITS_MAX) {
            return 0;
        }

        number = number * 10 + (ch - '0');
    }

    if (digits < NGX_HTTP_PHONE_VERIFY_DIGITS_MIN) {
        return 0;
    }

    return number;
}


u_char *
ngx_http_phone_verify_number_write(u_char *p,
    ngx_http_phone_verify_number_t number)
{
    u_char      digits[NGX_INT64_LEN];
    ngx_uint_t  n;

    n = ngx_http_phone_verify_number_digits(number, digits);

    *p++ = '+';

    return ngx_cpymem(p, digits, n);
}


u_char *
ngx_http_phone_verify_number_mask(u_char *p,
    ngx_http_phone_verify_number_t number)
{
    u_char      digits[NGX_INT64_LEN];
    ngx_uint_t  n, tail;

    n = ngx_http_phone_verify_number_digits(number, digits);

    /* always five stars: how many digits there are is not shown either */

    tail = NGX_HTTP_PHONE_VERIFY_MASK_HEAD + NGX_HTTP_PHONE_VERIFY_MASK_HIDDEN;
    tail = (n > tail) ? ngx_min(n - tail, NGX_HTTP_PHONE_VERIFY_MASK_TAIL) : 0;

    *p++ = '+';
    p = ngx_cpymem(p, digits, ngx_min(n, NGX_HTTP_PHONE_VERIFY_MASK_HEAD));
    p = ngx_cpymem(p, "*****", NGX_HTTP_PHONE_VERIFY_MASK_HIDDEN);

    return ngx_cpymem(p, digits + n - tail, tail);
}


/* Writes the digits, at most NGX_INT64_LEN, and returns how many. */

static ngx_uint_t
ngx_http_phone_verify_number_digits(ngx_http_phone_verify_number_t number,
    u_char *digits)
{
    ngx_uint_t  n;

    n = ngx_sprintf(digits, "%uL", number) - digits;

    return ngx_min(n, NGX_HTTP_PHONE_VERIFY_DIGITS_MAX);
}
