
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "endpoints/language.h"
#include "session/answer.h"


#define NGX_HTTP_PHONE_VERIFY_TAG_MIN   2
#define NGX_HTTP_PHONE_VERIFY_TAG_MAX   35     /* RFC 5646, section 4.4.1 */

#define NGX_HTTP_PHONE_VERIFY_TAGS_MAX  32     /* that are looked at */


static u_char *ngx_http_phone_verify_language_trim(u_char *p, u_char **last);
static ngx_uint_t ngx_http_phone_verify_language_tag(u_char *p, u_char *last);
static ngx_uint_t ngx_http_phone_verify_language_weight(u_char *p,
    u_char *last);


void
ngx_http_phone_verify_language(ngx_http_request_t *r, ngx_str_t *language)
{
    u_char      *p, *tag, *end, *semicolon, *last, *next;
    ngx_str_t   *header;
    ngx_uint_t   n, q, best;

    ngx_str_null(language);

    header = ngx_http_phone_verify_request_header(r, "accept-language",
                                              sizeof("accept-language") - 1);
    if (header == NULL) {
        return;
    }

    p = header->data;
    last = p + header->len;
    best = 0;

    for (n = 0; p < last && n < NGX_HTTP_PHONE_VERIFY_TAGS_MAX; n++) {

        next = ngx_strlchr(p, last, ',');
        if (next == NULL) {
            next = last;
        }

        semicolon = ngx_strlchr(p, next, ';');

        end = semicolon ? semicolon : next;
        tag = ngx_http_phone_verify_language_trim(p, &end);

        q = semicolon ? ngx_http_phone_verify_language_weight(semicolon + 1,
                                                              next)
                      : 1000;

        if (q > best && ngx_http_phone_verify_language_tag(tag, end)) {
            best = q;
            language->data = tag;
            language->len = end - tag;
        }

        p = next + 1;
    }
}


static u_char *
ngx_http_phone_verify_language_trim(u_char *p, u_char **last)
{
    while (p < *last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    while (*last > p && ((*last)[-1] == ' ' || (*last)[-1] == '\t')) {
        (*last)--;
    }

    return p;
}


/* Subtags of one to eight letters or digits, the first of letters alone. */

static ngx_uint_t
ngx_http_phone_verify_language_tag(u_char *p, u_char *last)
{
    u_char      ch;
    size_t      len;
    ngx_uint_t  first;

    if (last - p < NGX_HTTP_PHONE_VERIFY_TAG_MIN
        || last - p > NGX_HTTP_PHONE_VERIFY_TAG_MAX)
    {
        return 0;
    }

    first = 1;
    len = 0;

    for ( /* void */ ; p < last; p++) {

        ch = ngx_tolower(*p);

        if (ch == '-') {

            if (len == 0) {
                return 0;
            }

            first = 0;
            len = 0;
            continue;
        }

        if ((ch < 'a' || ch > 'z') && (first || ch < '0' || ch > '9')) {
            return 0;
        }

        if (++len > 8) {
            return 0;
        }
    }

    return len > 0;
}


/* Thousandths; 0: not acceptable, or no weight. */

static ngx_uint_t
ngx_http_phone_verify_language_weight(u_char *p, u_char *last)
{
    ngx_uint_t  q, unit;

    p = ngx_http_phone_verify_language_trim(p, &last);

    if (last - p < 3 || last - p > 7
        || ngx_tolower(p[0]) != 'q' || p[1] != '='
        || (p[2] != '0' && p[2] != '1'))
    {
        return 0;
    }

    q = (p[2] - '0') * 1000;
    unit = 100;

    p += 3;

    if (p < last && *p++ != '.') {
        return 0;
    }

    for ( /* void */ ; p < last; p++) {

        if (*p < '0' || *p > '9') {
            return 0;
        }

        q += (*p - '0') * unit;
        unit /= 10;
    }

    return q <= 1000 ? q : 0;
}
