
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/check.h"
#include "sinch/json.h"


static ngx_int_t ngx_http_phone_verify_check_text(const ngx_str_t *text,
    const char *others, size_t min, size_t max);


ngx_int_t
ngx_http_phone_verify_check_request(
    const ngx_http_phone_verify_sinch_request_t *r)
{
    ngx_int_t  length;

    if (r->method >= NGX_HTTP_PHONE_VERIFY_METHODS
        || ngx_http_phone_verify_check_number(&r->number) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (r->reference.len
        && ngx_http_phone_verify_check_segment(&r->reference,
                                  NGX_HTTP_PHONE_VERIFY_SINCH_REFERENCE_MAX)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    length = ngx_http_phone_verify_utf8_length(&r->custom);

    if (length == NGX_ERROR
        || length > NGX_HTTP_PHONE_VERIFY_SINCH_CUSTOM_MAX)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_check_number(const ngx_str_t *number)
{
    size_t  i;

    if (number->len < sizeof("+1234567") - 1
        || number->len > sizeof("+123456789012345") - 1
        || number->data[0] != '+'
        || number->data[1] == '0')
    {
        return NGX_DECLINED;
    }

    for (i = 1; i < number->len; i++) {
        if (number->data[i] < '0' || number->data[i] > '9') {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_check_segment(const ngx_str_t *text, size_t max)
{
    /* "." and ".." are segments of their own kind */

    if (text->len <= 2 && ngx_strncmp(text->data, "..", text->len) == 0) {
        return NGX_DECLINED;
    }

    return ngx_http_phone_verify_check_text(text, ".-_~", 1, max);
}


ngx_int_t
ngx_http_phone_verify_check_proof(ngx_uint_t method, const ngx_str_t *proof)
{
    switch (method) {

    case NGX_HTTP_PHONE_VERIFY_SMS:
    case NGX_HTTP_PHONE_VERIFY_CALLOUT:
    case NGX_HTTP_PHONE_VERIFY_WHATSAPP:
        return ngx_http_phone_verify_check_text(proof, "-", 1,
                                        NGX_HTTP_PHONE_VERIFY_SINCH_CODE_MAX);

    case NGX_HTTP_PHONE_VERIFY_FLASHCALL:
        return ngx_http_phone_verify_check_number(proof);

    default:
        return NGX_DECLINED;
    }
}


/* ASCII letters, digits and "others" only, from min to max of them. */

static ngx_int_t
ngx_http_phone_verify_check_text(const ngx_str_t *text, const char *others,
    size_t min, size_t max)
{
    u_char  ch;
    size_t  i;

    if (text->len < min || text->len > max) {
        return NGX_DECLINED;
    }

    for (i = 0; i < text->len; i++) {
        ch = ngx_tolower(text->data[i]);

        if ((ch < 'a' || ch > 'z') && (ch < '0' || ch > '9')
            && (ch == '\0' || ngx_strchr(others, ch) == NULL))
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}
