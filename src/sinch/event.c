
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/callback.h"
#include "sinch/check.h"
#include "sinch/member.h"


#define NGX_HTTP_PHONE_VERIFY_WORD_MAX  128


static ngx_int_t ngx_http_phone_verify_event_kind(const cJSON *json,
    ngx_uint_t *kind);
static ngx_int_t ngx_http_phone_verify_event_verification(const cJSON *json,
    ngx_http_phone_verify_event_t *event);
static ngx_int_t ngx_http_phone_verify_event_optional(const cJSON *json,
    const char *name, size_t max, ngx_str_t *value);
static ngx_int_t ngx_http_phone_verify_event_request(const cJSON *json,
    ngx_http_phone_verify_event_t *event);
static ngx_int_t ngx_http_phone_verify_event_result(const cJSON *json,
    ngx_http_phone_verify_event_t *event);
static ngx_int_t ngx_http_phone_verify_event_delivery(const cJSON *json,
    ngx_http_phone_verify_event_t *event);


ngx_int_t
ngx_http_phone_verify_event_read(ngx_pool_t *pool, ngx_str_t *body,
    ngx_http_phone_verify_event_t *event)
{
    cJSON  *json;

    ngx_memzero(event, sizeof(ngx_http_phone_verify_event_t));

    event->method = NGX_HTTP_PHONE_VERIFY_NO_METHOD;

    json = ngx_http_phone_verify_json_parse(pool, body, 0);

    if (json == NULL
        || ngx_http_phone_verify_event_kind(json, &event->event) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (event->event == NGX_HTTP_PHONE_VERIFY_EVENT_OTHER) {
        return NGX_OK;
    }

    if (ngx_http_phone_verify_event_verification(json, event) != NGX_OK) {
        return NGX_DECLINED;
    }

    switch (event->event) {

    case NGX_HTTP_PHONE_VERIFY_EVENT_REQUEST:
        return ngx_http_phone_verify_event_request(json, event);

    case NGX_HTTP_PHONE_VERIFY_EVENT_RESULT:
        return ngx_http_phone_verify_event_result(json, event);

    default: /* NGX_HTTP_PHONE_VERIFY_EVENT_SMS_DELIVERED */
        return ngx_http_phone_verify_event_delivery(json, event);
    }
}


static ngx_int_t
ngx_http_phone_verify_event_kind(const cJSON *json, ngx_uint_t *kind)
{
    ngx_str_t         name;
    ngx_uint_t        i;

    static const ngx_str_t  names[] = {
        ngx_null_string,
        ngx_string("VerificationRequestEvent"),
        ngx_string("VerificationResultEvent"),
        ngx_string("VerificationSmsDeliveredEvent")
    };

    if (ngx_http_phone_verify_member_text(json, "event",
                                          NGX_HTTP_PHONE_VERIFY_WORD_MAX,
                                          &name)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    *kind = NGX_HTTP_PHONE_VERIFY_EVENT_OTHER;

    for (i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].len == name.len
            && ngx_memcmp(names[i].data, name.data, name.len) == 0)
        {
            *kind = i;
        }
    }

    return NGX_OK;
}


/* What all three have: which verification it is about. */

static ngx_int_t
ngx_http_phone_verify_event_verification(const cJSON *json,
    ngx_http_phone_verify_event_t *event)
{
    cJSON      *identity;
    ngx_str_t   method, type;

    if (ngx_http_phone_verify_member_text(json, "id",
                                          NGX_HTTP_PHONE_VERIFY_SINCH_ID_MAX,
                                          &event->id)
        != NGX_OK
        || ngx_http_phone_verify_check_segment(&event->id,
                                           NGX_HTTP_PHONE_VERIFY_SINCH_ID_MAX)
           != NGX_OK
        || ngx_http_phone_verify_member_text(json, "method",
                                             NGX_HTTP_PHONE_VERIFY_WORD_MAX,
                                             &method)
           != NGX_OK
        || ngx_http_phone_verify_member_object(json, "identity", &identity)
           != NGX_OK
        || ngx_http_phone_verify_member_text(identity, "type",
                                             NGX_HTTP_PHONE_VERIFY_WORD_MAX,
                                             &type)
           != NGX_OK
        || ngx_http_phone_verify_member_text(identity, "endpoint",
                                             NGX_HTTP_PHONE_VERIFY_WORD_MAX,
                                             &event->number)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (type.len != 6
        || ngx_strncasecmp(type.data, (u_char *) "number", 6) != 0
        || ngx_http_phone_verify_check_number(&event->number) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    event->method = ngx_http_phone_verify_method(&method);

    /* as long as they may be: of others than us, too */

    if (ngx_http_phone_verify_event_optional(json, "reference", 4096,
                                             &event->reference)
        != NGX_OK
        || ngx_http_phone_verify_event_optional(json, "custom",
                                4 * NGX_HTTP_PHONE_VERIFY_SINCH_CUSTOM_MAX,
                                &event->custom)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* NGX_OK: a string, or not there, or null. */

static ngx_int_t
ngx_http_phone_verify_event_optional(const cJSON *json, const char *name,
    size_t max, ngx_str_t *value)
{
    cJSON      *member;
    ngx_int_t   rc;

    rc = ngx_http_phone_verify_json_member(json, name, &member);

    if (rc != NGX_OK) {
        return (rc == NGX_DECLINED) ? NGX_OK : NGX_DECLINED;
    }

    return ngx_http_phone_verify_member_text(json, name, max, value);
}


static ngx_int_t
ngx_http_phone_verify_event_request(const cJSON *json,
    ngx_http_phone_verify_event_t *event)
{
    ngx_int_t   rc;
    ngx_uint_t  bad;

    rc = ngx_http_phone_verify_member_money(json, "price", &event->currency,
                                            &event->price, &bad);

    /*
     * A price that cannot be right is no reason not to answer, but whoever
     * sets a limit will want to know.
     */

    event->has_price = (rc == NGX_OK);
    event->bad_price = bad || rc == NGX_ERROR;

    return NGX_OK;
}


static ngx_int_t
ngx_http_phone_verify_event_result(const cJSON *json,
    ngx_http_phone_verify_event_t *event)
{
    ngx_str_t  status, reason;

    ngx_str_null(&reason);

    if (ngx_http_phone_verify_member_text(json, "status",
                                          NGX_MAX_INT32_VALUE, &status)
        != NGX_OK
        || ngx_http_phone_verify_event_optional(json, "reason",
                                                NGX_MAX_INT32_VALUE, &reason)
           != NGX_OK
        || ngx_http_phone_verify_event_optional(json, "source",
                                                NGX_HTTP_PHONE_VERIFY_WORD_MAX,
                                                &event->source)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    event->status = ngx_http_phone_verify_status(&status);
    event->reason = ngx_http_phone_verify_reason(&reason);

    return NGX_OK;
}


static ngx_int_t
ngx_http_phone_verify_event_delivery(const cJSON *json,
    ngx_http_phone_verify_event_t *event)
{
    ngx_str_t  result;

    if (ngx_http_phone_verify_member_text(json, "smsResult",
                                          NGX_HTTP_PHONE_VERIFY_WORD_MAX,
                                          &result)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (result.len == sizeof("Successful") - 1
        && ngx_strncmp(result.data, "Successful", result.len) == 0)
    {
        event->delivery = NGX_HTTP_PHONE_VERIFY_DELIVERY_SUCCESSFUL;

    } else if (result.len == sizeof("Failed") - 1
               && ngx_strncmp(result.data, "Failed", result.len) == 0)
    {
        event->delivery = NGX_HTTP_PHONE_VERIFY_DELIVERY_FAILED;
    }

    return NGX_OK;
}
