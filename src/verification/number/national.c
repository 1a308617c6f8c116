
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/number/national.h"


/* more digits than these are no number, whatever is put before them */

#define NGX_HTTP_PHONE_VERIFY_NATIONAL_LEN  24


typedef struct {
    char         country[3];
    char         trunk[7];     /* before a number inside the country: the */
                               /* last, and others where the length fits */
    uint16_t     code;         /* calling code */
    uint16_t     length;       /* of the longest mobile number, without trunk */
} ngx_http_phone_verify_national_t;


static const ngx_http_phone_verify_national_t *
    ngx_http_phone_verify_national(ngx_str_t *country);
static ngx_int_t ngx_http_phone_verify_national_digits(ngx_str_t *text,
    ngx_str_t *digits);
static void ngx_http_phone_verify_national_drop(ngx_str_t *digits,
    const ngx_http_phone_verify_national_t *national);
static ngx_uint_t ngx_http_phone_verify_national_begins(ngx_str_t *digits,
    const char *prefix, size_t len);


static const ngx_http_phone_verify_national_t
    ngx_http_phone_verify_nationals[] =
{
#include "verification/number/national_table.h"
};


ngx_http_phone_verify_number_t
ngx_http_phone_verify_number_parse_in(ngx_str_t *text, ngx_str_t *country)
{
    u_char                                  *p, code[NGX_INT_T_LEN];
    u_char                                   space[
                                           NGX_HTTP_PHONE_VERIFY_NATIONAL_LEN];
    u_char                                   buf[sizeof("+65535") - 1
                                        + NGX_HTTP_PHONE_VERIFY_NATIONAL_LEN];
    size_t                                   len;
    ngx_str_t                                digits, whole;
    const ngx_http_phone_verify_national_t  *national;

    digits.data = space;

    if (ngx_http_phone_verify_national_digits(text, &digits) != NGX_OK) {
        return ngx_http_phone_verify_number_parse(text);
    }

    national = ngx_http_phone_verify_national(country);
    if (national == NULL) {
        return 0;
    }

    buf[0] = '+';
    p = buf + 1;

    len = ngx_sprintf(code, "%ui", (ngx_uint_t) national->code) - code;

    if (national->code == 1
        && ngx_http_phone_verify_national_begins(&digits, "011", 3))
    {
        digits.data += 3;
        digits.len -= 3;

    } else if (ngx_http_phone_verify_national_begins(&digits, "00", 2)) {
        digits.data += 2;
        digits.len -= 2;

    } else if (digits.len <= national->length
               || !ngx_http_phone_verify_national_begins(&digits,
                                                         (char *) code, len))
    {
        p = ngx_cpymem(p, code, len);

        ngx_http_phone_verify_national_drop(&digits, national);
    }

    p = ngx_cpymem(p, digits.data, digits.len);

    whole.data = buf;
    whole.len = p - buf;

    return ngx_http_phone_verify_number_parse(&whole);
}


static const ngx_http_phone_verify_national_t *
ngx_http_phone_verify_national(ngx_str_t *country)
{
    u_char      id[2];
    ngx_int_t   rc;
    ngx_uint_t  low, high, middle;

    if (country->len != 2) {
        return NULL;
    }

    id[0] = ngx_toupper(country->data[0]);
    id[1] = ngx_toupper(country->data[1]);

    low = 0;
    high = sizeof(ngx_http_phone_verify_nationals)
           / sizeof(ngx_http_phone_verify_national_t);

    while (low < high) {
        middle = (low + high) / 2;

        rc = ngx_memcmp(id, ngx_http_phone_verify_nationals[middle].country, 2);

        if (rc == 0) {
            return &ngx_http_phone_verify_nationals[middle];
        }

        if (rc < 0) {
            high = middle;

        } else {
            low = middle + 1;
        }
    }

    return NULL;
}


/*
 * The digits of a number without a plus, into digits->data.  NGX_DECLINED
 * where there is a plus, or anything else that belongs to no such number.
 */

static ngx_int_t
ngx_http_phone_verify_national_digits(ngx_str_t *text, ngx_str_t *digits)
{
    u_char  ch;
    size_t  i;

    digits->len = 0;

    for (i = 0; i < text->len; i++) {
        ch = text->data[i];

        if (ch == ' ' || ch == '.' || ch == '-' || ch == '(' || ch == ')') {
            continue;
        }

        if (ch < '0' || ch > '9'
            || digits->len == NGX_HTTP_PHONE_VERIFY_NATIONAL_LEN)
        {
            return NGX_DECLINED;
        }

        digits->data[digits->len++] = ch;
    }

    return NGX_OK;
}


static void
ngx_http_phone_verify_national_drop(ngx_str_t *digits,
    const ngx_http_phone_verify_national_t *national)
{
    size_t       len;
    const char  *p, *end;

    for (p = national->trunk; /* void */ ; p = end + 1) {

        for (end = p; *end && *end != ' '; end++) { /* void */ }

        len = end - p;

        if (ngx_http_phone_verify_national_begins(digits, p, len)
            && (*end == '\0' || digits->len == len + national->length))
        {
            digits->data += len;
            digits->len -= len;
            return;
        }

        if (*end == '\0') {
            return;
        }
    }
}


static ngx_uint_t
ngx_http_phone_verify_national_begins(ngx_str_t *digits, const char *prefix,
    size_t len)
{
    return len && digits->len >= len
           && ngx_memcmp(digits->data, prefix, len) == 0;
}
