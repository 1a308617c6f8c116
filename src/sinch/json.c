
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <math.h>
#include "sinch/json.h"


static ngx_int_t ngx_http_phone_verify_json_scan(u_char *p, u_char *last,
    ngx_uint_t max);
static u_char *ngx_http_phone_verify_json_string(u_char *p, u_char *last);
static u_char *ngx_http_phone_verify_json_escape(u_char *p, u_char *last);
static u_char *ngx_http_phone_verify_json_number(u_char *p, u_char *last);
static u_char *ngx_http_phone_verify_json_digits(u_char *p, u_char *last);
static ngx_int_t ngx_http_phone_verify_json_strict(const cJSON *json);
static void ngx_http_phone_verify_json_cleanup(void *data);


cJSON *
ngx_http_phone_verify_json_parse(ngx_pool_t *pool, ngx_str_t *text,
    ngx_uint_t strict)
{
    u_char              *p, *last;
    cJSON               *json;
    const char          *end;
    ngx_uint_t           max;
    ngx_pool_cleanup_t  *cln;

    p = text->data;
    last = p + text->len;

    if (!strict && text->len >= 3 && ngx_memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        p += 3;
    }

    max = strict ? NGX_HTTP_PHONE_VERIFY_JSON_STRICT
                 : NGX_HTTP_PHONE_VERIFY_JSON_VALUES;

    if (ngx_http_phone_verify_utf8_length(text) == NGX_ERROR
        || ngx_http_phone_verify_json_scan(p, last, max) != NGX_OK)
    {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    json = cJSON_ParseWithLengthOpts((char *) p, last - p, &end, 0);
    if (json == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_phone_verify_json_cleanup;
    cln->data = json;

    for (p = (u_char *) end; p < last; p++) {
        if (*p > ' ') {
            return NULL;
        }
    }

    if (strict && ngx_http_phone_verify_json_strict(json) != NGX_OK) {
        return NULL;
    }

    return json;
}


ngx_int_t
ngx_http_phone_verify_json_member(const cJSON *object, const char *name,
    cJSON **value)
{
    cJSON  *child, *found;

    if (!cJSON_IsObject(object)) {
        return NGX_DECLINED;
    }

    found = NULL;

    for (child = object->child; child; child = child->next) {

        if (ngx_strcasecmp((u_char *) child->string, (u_char *) name) != 0) {
            continue;
        }

        if (found) {
            return NGX_ERROR;
        }

        found = child;
    }

    if (found == NULL || cJSON_IsNull(found)) {
        return NGX_DECLINED;
    }

    *value = found;

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_utf8_length(const ngx_str_t *text)
{
    u_char    *p, *last, first, second;
    size_t     n;
    ngx_int_t  length;

    p = text->data;
    last = p + text->len;

    for (length = 0; p < last; length++) {

        first = *p++;

        if (first < 0x80) {
            continue;
        }

        if (first >= 0xc2 && first <= 0xdf) {
            n = 1;

        } else if (first >= 0xe0 && first <= 0xef) {
            n = 2;

        } else if (first >= 0xf0 && first <= 0xf4) {
            n = 3;

        } else {
            return NGX_ERROR;
        }

        if ((size_t) (last - p) < n) {
            return NGX_ERROR;
        }

        second = *p;

        /* longer than need be, surrogates, beyond U+10FFFF */

        if ((first == 0xe0 && second < 0xa0)
            || (first == 0xed && second > 0x9f)
            || (first == 0xf0 && second < 0x90)
            || (first == 0xf4 && second > 0x8f))
        {
            return NGX_ERROR;
        }

        while (n--) {
            if ((*p++ & 0xc0) != 0x80) {
                return NGX_ERROR;
            }
        }
    }

    return length;
}


/*
 * Looks for what the parser would let pass, before it allocates anything:
 * NULs, depth and size, control bytes, numbers such as "01" and "1.".
 */

static ngx_int_t
ngx_http_phone_verify_json_scan(u_char *p, u_char *last, ngx_uint_t max)
{
    ngx_uint_t  depth, values;

    depth = 0;
    values = 1;

    while (p < last) {

        switch (*p) {

        case '"':
            p = ngx_http_phone_verify_json_string(p + 1, last);
            if (p == NULL) {
                return NGX_DECLINED;
            }

            continue;

        case '{':
        case '[':
            if (++depth > NGX_HTTP_PHONE_VERIFY_JSON_DEPTH) {
                return NGX_DECLINED;
            }

            /* its first */

            values++;
            break;

        case '}':
        case ']':
            if (depth-- == 0) {
                return NGX_DECLINED;
            }

            break;

        case ',':
            values++;
            break;

        case '-':
        case '0': case '1': case '2': case '3': case '4':
        case '5': case '6': case '7': case '8': case '9':
            p = ngx_http_phone_verify_json_number(p, last);
            if (p == NULL) {
                return NGX_DECLINED;
            }

            continue;

        case ' ':
        case '\t':
        case CR:
        case LF:
            break;

        default:
            if (*p < ' ' || *p >= 0x7f) {
                return NGX_DECLINED;
            }
        }

        if (values > max) {
            return NGX_DECLINED;
        }

        p++;
    }

    /* before a text that ends too early some versions look behind its end */

    return depth ? NGX_DECLINED : NGX_OK;
}


/* From behind the first quote to behind the last one, or NULL. */

static u_char *
ngx_http_phone_verify_json_string(u_char *p, u_char *last)
{
    for ( /* void */ ; p < last; p++) {

        if (*p == '"') {
            return p + 1;
        }

        if (*p < ' ') {
            return NULL;
        }

        if (*p != '\\') {
            continue;
        }

        p = ngx_http_phone_verify_json_escape(p + 1, last);
        if (p == NULL) {
            return NULL;
        }
    }

    return NULL;
}


/*
 * From behind a backslash to the last character of what is escaped, or NULL.
 * The parser takes digits that are none, as in "\u00zz", for a NUL.
 */

static u_char *
ngx_http_phone_verify_json_escape(u_char *p, u_char *last)
{
    ngx_int_t  code;

    if (p == last || *p == '\0') {
        return NULL;
    }

    if (*p != 'u') {
        return ngx_strchr("\"\\/bfnrt", *p) ? p : NULL;
    }

    if (last - p < 5) {
        return NULL;
    }

    code = ngx_hextoi(p + 1, 4);

    return (code == NGX_ERROR || code == 0) ? NULL : p + 4;
}


static u_char *
ngx_http_phone_verify_json_number(u_char *p, u_char *last)
{
    if (*p == '-') {
        p++;
    }

    if (p < last && *p == '0') {
        p++;

    } else {
        p = ngx_http_phone_verify_json_digits(p, last);
    }

    if (p && p < last && *p == '.') {
        p = ngx_http_phone_verify_json_digits(p + 1, last);
    }

    if (p && p < last && (*p == 'e' || *p == 'E')) {
        p++;

        if (p < last && (*p == '+' || *p == '-')) {
            p++;
        }

        p = ngx_http_phone_verify_json_digits(p, last);
    }

    /* not a number and a bit */

    if (p && p < last && ((*p >= '0' && *p <= '9') || *p == '.')) {
        return NULL;
    }

    return p;
}


/* The end of one digit or more, or NULL where there is none. */

static u_char *
ngx_http_phone_verify_json_digits(u_char *p, u_char *last)
{
    if (p == last || *p < '0' || *p > '9') {
        return NULL;
    }

    while (p < last && *p >= '0' && *p <= '9') {
        p++;
    }

    return p;
}


/* Depth and number of values are bounded by now. */

static ngx_int_t
ngx_http_phone_verify_json_strict(const cJSON *json)
{
    const cJSON  *child, *other;

    if (cJSON_IsNumber(json) && !isfinite(json->valuedouble)) {
        return NGX_DECLINED;
    }

    for (child = json->child; child; child = child->next) {

        if (child->string) {
            for (other = child->next; other; other = other->next) {
                if (ngx_strcmp(child->string, other->string) == 0) {
                    return NGX_DECLINED;
                }
            }
        }

        if (ngx_http_phone_verify_json_strict(child) != NGX_OK) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static void
ngx_http_phone_verify_json_cleanup(void *data)
{
    cJSON_Delete(data);
}
