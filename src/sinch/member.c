
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <math.h>
#include "sinch/member.h"


#define NGX_HTTP_PHONE_VERIFY_CURRENCY_MAX  32


ngx_int_t
ngx_http_phone_verify_member_text(const cJSON *object, const char *name,
    size_t max, ngx_str_t *value)
{
    size_t      len;
    cJSON      *member;
    ngx_int_t   rc;

    rc = ngx_http_phone_verify_json_member(object, name, &member);
    if (rc != NGX_OK) {
        return rc;
    }

    if (!cJSON_IsString(member)) {
        return NGX_DECLINED;
    }

    len = ngx_strlen(member->valuestring);

    if (len > max) {
        return NGX_DECLINED;
    }

    value->data = (u_char *) member->valuestring;
    value->len = len;

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_member_count(const cJSON *object, const char *name,
    ngx_uint_t max, ngx_uint_t *value)
{
    double      n;
    cJSON      *member;
    ngx_int_t   rc;

    rc = ngx_http_phone_verify_json_member(object, name, &member);
    if (rc != NGX_OK) {
        return rc;
    }

    n = member->valuedouble;

    if (!cJSON_IsNumber(member) || !(n >= 0 && n <= (double) max)) {
        return NGX_DECLINED;
    }

    /* within bounds, so that the conversion is defined */

    if (n != (double) (ngx_uint_t) n) {
        return NGX_DECLINED;
    }

    *value = (ngx_uint_t) n;

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_member_object(const cJSON *object, const char *name,
    cJSON **value)
{
    cJSON      *member;
    ngx_int_t   rc;

    rc = ngx_http_phone_verify_json_member(object, name, &member);
    if (rc != NGX_OK) {
        return rc;
    }

    if (!cJSON_IsObject(member)) {
        return NGX_DECLINED;
    }

    *value = member;

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_member_money(const cJSON *object, const char *name,
    ngx_str_t *currency, double *amount, ngx_uint_t *invalid)
{
    cJSON      *money, *number;
    ngx_int_t   rc;
    ngx_str_t   text;

    *invalid = 0;

    rc = ngx_http_phone_verify_json_member(object, name, &money);
    if (rc != NGX_OK) {
        return rc;
    }

    *invalid = 1;

    rc = ngx_http_phone_verify_json_member(money, "amount", &number);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_phone_verify_member_text(money, "currencyId",
                                           NGX_HTTP_PHONE_VERIFY_CURRENCY_MAX,
                                           &text);
    if (rc != NGX_OK) {
        return rc;
    }

    if (!cJSON_IsNumber(number) || !isfinite(number->valuedouble)
        || number->valuedouble < 0 || text.len == 0)
    {
        return NGX_DECLINED;
    }

    *invalid = 0;
    *amount = number->valuedouble;
    *currency = text;

    return NGX_OK;
}
