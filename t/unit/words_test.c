
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "data.h"
#include "sinch/words.h"


void ngx_http_phone_verify_unit_words(ngx_http_phone_verify_unit_t *u);


typedef struct {
    const char  *word;
    ngx_uint_t   value;
} ngx_http_phone_verify_unit_word_t;


static const ngx_http_phone_verify_unit_word_t
    ngx_http_phone_verify_unit_methods[] =
{
    { "sms", NGX_HTTP_PHONE_VERIFY_SMS },
    { "flashcall", NGX_HTTP_PHONE_VERIFY_FLASHCALL },
    { "flashCall", NGX_HTTP_PHONE_VERIFY_FLASHCALL },
    { "FLASHCALL", NGX_HTTP_PHONE_VERIFY_FLASHCALL },
    { "callout", NGX_HTTP_PHONE_VERIFY_CALLOUT },
    { "seamless", NGX_HTTP_PHONE_VERIFY_SEAMLESS },
    { "whatsapp", NGX_HTTP_PHONE_VERIFY_WHATSAPP },
    { "whatsApp", NGX_HTTP_PHONE_VERIFY_WHATSAPP },
    { "phonecall", NGX_HTTP_PHONE_VERIFY_NO_METHOD },
    { "smss", NGX_HTTP_PHONE_VERIFY_NO_METHOD },
    { "sm", NGX_HTTP_PHONE_VERIFY_NO_METHOD },
    { "", NGX_HTTP_PHONE_VERIFY_NO_METHOD },
    { NULL, 0 }
};


static const ngx_http_phone_verify_unit_word_t
    ngx_http_phone_verify_unit_statuses[] =
{
    { "PENDING", NGX_HTTP_PHONE_VERIFY_PENDING },
    { "SUCCESSFUL", NGX_HTTP_PHONE_VERIFY_SUCCESSFUL },
    { "FAIL", NGX_HTTP_PHONE_VERIFY_FAIL },
    { "DENIED", NGX_HTTP_PHONE_VERIFY_DENIED },
    { "ABORTED", NGX_HTTP_PHONE_VERIFY_ABORTED },
    { "ERROR", NGX_HTTP_PHONE_VERIFY_ERROR },
    { "successful", NGX_HTTP_PHONE_VERIFY_UNKNOWN },
    { "SUCCESSFULLY", NGX_HTTP_PHONE_VERIFY_UNKNOWN },
    { "SUCCESSFUL ", NGX_HTTP_PHONE_VERIFY_UNKNOWN },
    { "SUCCESS", NGX_HTTP_PHONE_VERIFY_UNKNOWN },
    { "NONE", NGX_HTTP_PHONE_VERIFY_UNKNOWN },
    { "UNKNOWN", NGX_HTTP_PHONE_VERIFY_UNKNOWN },
    { "QUEUED", NGX_HTTP_PHONE_VERIFY_UNKNOWN },
    { "", NGX_HTTP_PHONE_VERIFY_UNKNOWN },
    { NULL, 0 }
};


static const ngx_http_phone_verify_unit_word_t
    ngx_http_phone_verify_unit_reasons[] =
{
    { "", NGX_HTTP_PHONE_VERIFY_REASON_NONE },
    { "Fraud", NGX_HTTP_PHONE_VERIFY_REASON_FRAUD },
    { "\xe2\x80\x9c" "Fraud\xe2\x80\x9d", NGX_HTTP_PHONE_VERIFY_REASON_FRAUD },
    { "\xe2\x80\x9c\xe2\x80\x9d", NGX_HTTP_PHONE_VERIFY_REASON_NONE },
    { "\xe2\x80\x9d", NGX_HTTP_PHONE_VERIFY_REASON_OTHER },
    { "Not enough credit", NGX_HTTP_PHONE_VERIFY_REASON_CREDIT },
    { "Blocked", NGX_HTTP_PHONE_VERIFY_REASON_BLOCKED },
    { "Denied by callback", NGX_HTTP_PHONE_VERIFY_REASON_CALLBACK_DENIED },
    { "Invalid callback", NGX_HTTP_PHONE_VERIFY_REASON_CALLBACK_INVALID },
    { "Internal error", NGX_HTTP_PHONE_VERIFY_REASON_INTERNAL },
    { "Destination denied", NGX_HTTP_PHONE_VERIFY_REASON_DESTINATION },
    { "Network error or number unreachable",
      NGX_HTTP_PHONE_VERIFY_REASON_NETWORK },
    { "Failed pending", NGX_HTTP_PHONE_VERIFY_REASON_FAILED_PENDING },
    { "SMS delivery failure", NGX_HTTP_PHONE_VERIFY_REASON_SMS_DELIVERY },
    { "Invalid CLI", NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CLI },
    { "Invalid code", NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CODE },
    { "Expired", NGX_HTTP_PHONE_VERIFY_REASON_EXPIRED },
    { "Hung up without entering valid code",
      NGX_HTTP_PHONE_VERIFY_REASON_HUNG_UP },
    { "invalid code", NGX_HTTP_PHONE_VERIFY_REASON_OTHER },
    { "Invalid  code", NGX_HTTP_PHONE_VERIFY_REASON_OTHER },
    { "Bad weather", NGX_HTTP_PHONE_VERIFY_REASON_OTHER },
    { NULL, 0 }
};


void
ngx_http_phone_verify_unit_words(ngx_http_phone_verify_unit_t *u)
{
    ngx_uint_t                                i;
    const ngx_http_phone_verify_method_t     *m;
    const ngx_http_phone_verify_unit_word_t  *w;

    for (w = ngx_http_phone_verify_unit_methods; w->word; w++) {
        is(u, ngx_http_phone_verify_method(str(u, w->word)), w->value,
           "method \"%s\"", w->word);
    }

    for (w = ngx_http_phone_verify_unit_statuses; w->word; w++) {
        is(u, ngx_http_phone_verify_status(str(u, w->word)), w->value,
           "status \"%s\"", w->word);
    }

    for (w = ngx_http_phone_verify_unit_reasons; w->word; w++) {
        is(u, ngx_http_phone_verify_reason(str(u, w->word)), w->value,
           "reason \"%s\"", w->word);
    }

    /* and back */

    for (i = NGX_HTTP_PHONE_VERIFY_PENDING; i < NGX_HTTP_PHONE_VERIFY_UNKNOWN;
         i++)
    {
        is(u, ngx_http_phone_verify_status(
                      (ngx_str_t *) ngx_http_phone_verify_status_name(i)),
           i, "status %d has a name", (int) i);
    }

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_REASON_OTHER; i++) {
        is(u, ngx_http_phone_verify_reason(
                      (ngx_str_t *) ngx_http_phone_verify_reason_name(i)),
           i, "reason %d has a name", (int) i);
    }

    is_str(u, ngx_http_phone_verify_status_name(NGX_HTTP_PHONE_VERIFY_NONE),
           "NONE", "no status");
    is_str(u, ngx_http_phone_verify_status_name(1000), "NONE",
           "a status out of range");
    is_str(u, ngx_http_phone_verify_reason_name(0), "", "no reason");
    is_str(u, ngx_http_phone_verify_reason_name(1000), "",
           "a reason out of range");

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_METHODS; i++) {
        m = &ngx_http_phone_verify_methods[i];

        is(u, ngx_http_phone_verify_method((ngx_str_t *) &m->object), i,
           "the object of %s is its name without case", m->name.data);
    }

    m = ngx_http_phone_verify_methods;

    is_str(u, &m[NGX_HTTP_PHONE_VERIFY_FLASHCALL].object, "flashCall",
           "a flash call's object");
    is_str(u, &m[NGX_HTTP_PHONE_VERIFY_WHATSAPP].options, "whatsappOptions",
           "WhatsApp's options have a small \"a\"");
    is(u, m[NGX_HTTP_PHONE_VERIFY_SEAMLESS].options.len, 0,
       "seamless has no options");
    is(u, m[NGX_HTTP_PHONE_VERIFY_SEAMLESS].proof.len, 0,
       "and nothing to report");
    is(u, m[NGX_HTTP_PHONE_VERIFY_WHATSAPP].own_code, 0,
       "WhatsApp takes no code of ours");
}
