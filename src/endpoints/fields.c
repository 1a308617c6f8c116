
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "endpoints/fields.h"
#include "sinch/json.h"


typedef struct {
    ngx_str_t    name;
    size_t       offset;
} ngx_http_phone_verify_field_t;


static ngx_int_t ngx_http_phone_verify_fields_pair(ngx_str_t *pair,
    ngx_http_phone_verify_fields_t *fields);
static ngx_int_t ngx_http_phone_verify_fields_decode(u_char *dst,
    ngx_str_t *text);
static void ngx_http_phone_verify_fields_plus(ngx_str_t *number);


static const ngx_http_phone_verify_field_t  ngx_http_phone_verify_field[] = {

    { ngx_string("number"),
      offsetof(ngx_http_phone_verify_fields_t, number) },

    { ngx_string("country"),
      offsetof(ngx_http_phone_verify_fields_t, country) },

    { ngx_string("method"),
      offsetof(ngx_http_phone_verify_fields_t, method) },

    { ngx_string("language"),
      offsetof(ngx_http_phone_verify_fields_t, language) },

    { ngx_string("code"),
      offsetof(ngx_http_phone_verify_fields_t, code) },

    { ngx_string("cli"),
      offsetof(ngx_http_phone_verify_fields_t, cli) },

    { ngx_string("return"),
      offsetof(ngx_http_phone_verify_fields_t, return_path) },

    { ngx_string("action"),
      offsetof(ngx_http_phone_verify_fields_t, action) },

    { ngx_string("session"),
      offsetof(ngx_http_phone_verify_fields_t, session) },

    { ngx_string("address"),
      offsetof(ngx_http_phone_verify_fields_t, address) },

    { ngx_string("breaker"),
      offsetof(ngx_http_phone_verify_fields_t, breaker) },

    { ngx_null_string, 0 }
};


ngx_int_t
ngx_http_phone_verify_fields_json(ngx_pool_t *pool, ngx_str_t *text,
    ngx_http_phone_verify_fields_t *fields)
{
    cJSON                                *json, *value;
    ngx_int_t                             rc;
    ngx_str_t                            *s;
    const ngx_http_phone_verify_field_t  *field;

    ngx_memzero(fields, sizeof(ngx_http_phone_verify_fields_t));

    json = ngx_http_phone_verify_json_parse(pool, text, 1);

    if (json == NULL || !cJSON_IsObject(json)) {
        return NGX_DECLINED;
    }

    for (field = ngx_http_phone_verify_field; field->name.len; field++) {

        rc = ngx_http_phone_verify_json_member(json, (char *) field->name.data,
                                               &value);
        if (rc == NGX_DECLINED) {
            continue;
        }

        if (rc != NGX_OK || !cJSON_IsString(value)) {
            return NGX_DECLINED;
        }

        s = (ngx_str_t *) ((u_char *) fields + field->offset);

        s->data = (u_char *) value->valuestring;
        s->len = ngx_strlen(s->data);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_fields_form(ngx_str_t *text,
    ngx_http_phone_verify_fields_t *fields)
{
    u_char     *p, *last;
    ngx_str_t   pair;

    ngx_memzero(fields, sizeof(ngx_http_phone_verify_fields_t));

    p = text->data;
    last = p + text->len;

    while (p < last) {
        pair.data = p;

        p = ngx_strlchr(p, last, '&');
        if (p == NULL) {
            p = last;
        }

        pair.len = p - pair.data;
        p++;

        if (pair.len
            && ngx_http_phone_verify_fields_pair(&pair, fields) != NGX_OK)
        {
            return NGX_DECLINED;
        }
    }

    ngx_http_phone_verify_fields_plus(&fields->cli);

    if (fields->country.len == 0) {
        ngx_http_phone_verify_fields_plus(&fields->number);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_phone_verify_fields_pair(ngx_str_t *pair,
    ngx_http_phone_verify_fields_t *fields)
{
    u_char     *last, *equals;
    ngx_str_t   name, value, *s;

    last = pair->data + pair->len;

    equals = ngx_strlchr(pair->data, last, '=');

    name.data = pair->data;
    name.len = (equals ? equals : last) - name.data;

    value.data = equals ? equals + 1 : last;
    value.len = last - value.data;

    /* decoded they are not longer, and the body is nobody else's */

    if (ngx_http_phone_verify_fields_decode(name.data, &name) != NGX_OK
        || ngx_http_phone_verify_fields_decode(value.data, &value) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    s = ngx_http_phone_verify_fields_named(fields, &name);

    if (s == NULL) {
        return NGX_OK;
    }

    if (s->data) {
        return NGX_DECLINED;
    }

    *s = value;

    return NGX_OK;
}


ngx_str_t *
ngx_http_phone_verify_fields_named(ngx_http_phone_verify_fields_t *fields,
    const ngx_str_t *name)
{
    const ngx_http_phone_verify_field_t  *field;

    for (field = ngx_http_phone_verify_field; field->name.len; field++) {

        if (field->name.len == name->len
            && ngx_strncmp(field->name.data, name->data, name->len) == 0)
        {
            return (ngx_str_t *) ((u_char *) fields + field->offset);
        }
    }

    return NULL;
}


/* In place; refuses what is not text of one line. */

static ngx_int_t
ngx_http_phone_verify_fields_decode(u_char *dst, ngx_str_t *text)
{
    u_char     *p, *last;
    ngx_int_t   n;

    p = text->data;
    last = p + text->len;

    text->data = dst;

    while (p < last) {

        if (*p == '%') {

            if (last - p < 3) {
                return NGX_DECLINED;
            }

            n = ngx_hextoi(p + 1, 2);
            if (n == NGX_ERROR) {
                return NGX_DECLINED;
            }

            *dst = (u_char) n;
            p += 3;

        } else {
            *dst = (*p == '+') ? ' ' : *p;
            p++;
        }

        if (*dst < ' ' || *dst == 0x7f) {
            return NGX_DECLINED;
        }

        dst++;
    }

    text->len = dst - text->data;

    return (ngx_http_phone_verify_utf8_length(text) == NGX_ERROR)
           ? NGX_DECLINED : NGX_OK;
}


static void
ngx_http_phone_verify_fields_plus(ngx_str_t *number)
{
    if (number->len > 1
        && number->data[0] == ' '
        && number->data[1] >= '0' && number->data[1] <= '9')
    {
        number->data[0] = '+';
    }
}
