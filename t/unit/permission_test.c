
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "data.h"
#include "sinch/callback.h"


void ngx_http_phone_verify_unit_permission(ngx_http_phone_verify_unit_t *u);


void
ngx_http_phone_verify_unit_permission(ngx_http_phone_verify_unit_t *u)
{
    cJSON                               *json, *example, *object, *speech;
    ngx_str_t                            body, languages[2];
    ngx_uint_t                           i;
    ngx_http_phone_verify_permission_t   p;

    static const struct {
        const char   *file;
        const char   *object;
        ngx_uint_t    method;
    } answers[] = {
        { "callback-answer-sms", "sms",
          NGX_HTTP_PHONE_VERIFY_SMS },
        { "callback-answer-flashcall", "flashCall",
          NGX_HTTP_PHONE_VERIFY_FLASHCALL },
        { "callback-answer-callout", "callout",
          NGX_HTTP_PHONE_VERIFY_CALLOUT },
        { "callback-answer-whatsapp", "whatsapp",
          NGX_HTTP_PHONE_VERIFY_WHATSAPP },
        { "callback-answer-allow-only", NULL,
          NGX_HTTP_PHONE_VERIFY_SEAMLESS },
        { "callback-answer-allow-only", NULL,
          NGX_HTTP_PHONE_VERIFY_NO_METHOD }
    };

    ngx_memzero(&p, sizeof(p));

    ngx_str_set(&languages[0], "a language");
    ngx_str_set(&languages[1], "es-ES");

    /* all at once: only what is of the method goes out */

    p.allow = 1;
    p.languages = languages;
    p.nlanguages = 1;
    ngx_str_set(&p.code_type, "Numeric");
    ngx_str_set(&p.expiry, "01:02:03");
    ngx_str_set(&p.cli, "cli code");
    ngx_str_set(&p.locale, "the locale");
    p.dial_timeout = 123;
    p.interception_timeout = 456;

    for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {

        example = ngx_http_phone_verify_unit_example_json(u, answers[i].file);

        /* what the originals have to show that it is tolerated */

        if (answers[i].object) {
            object = cJSON_GetObjectItemCaseSensitive(example,
                                                      answers[i].object);
            ok(u, object != NULL, "%s", answers[i].object);
            cJSON_DeleteItemFromObjectCaseSensitive(object, "my key");
        }

        p.method = answers[i].method;
        p.code = *str(u, (p.method == NGX_HTTP_PHONE_VERIFY_SMS) ? "5666"
                                                                 : "4567");

        is(u, ngx_http_phone_verify_permission_write(u->pool, &p, &body),
           NGX_OK, "an answer");

        json = cJSON_ParseWithLength((char *) body.data, body.len);

        if (!ok(u, json && cJSON_Compare(json, example, 1), "%s",
                answers[i].file))
        {
            ngx_http_phone_verify_unit_note(u, "%.*s", (int) body.len,
                                            body.data);
        }

        cJSON_Delete(json);

        /* who is denied is told nothing else */

        p.allow = 0;

        (void) ngx_http_phone_verify_permission_write(u->pool, &p, &body);
        is_str(u, &body, "{\"action\":\"deny\"}", "denied");

        p.allow = 1;
    }

    ngx_memzero(&p, sizeof(p));

    for (i = 0; i <= NGX_HTTP_PHONE_VERIFY_NO_METHOD; i++) {
        p.allow = 1;
        p.method = i;

        (void) ngx_http_phone_verify_permission_write(u->pool, &p, &body);
        is_str(u, &body, "{\"action\":\"allow\"}",
               "nothing to set: no object, method %d", (int) i);
    }

    p.method = NGX_HTTP_PHONE_VERIFY_SMS;
    p.languages = languages;
    p.nlanguages = 2;
    ngx_str_set(&p.code, "12345");

    (void) ngx_http_phone_verify_permission_write(u->pool, &p, &body);
    is_str(u, &body, "{\"action\":\"allow\",\"sms\":{\"code\":\"12345\","
           "\"acceptLanguage\":[\"a language\",\"es-ES\"]}}", "languages");

    /* the older documents */

    p.languages = &languages[1];
    p.nlanguages = 1;

    (void) ngx_http_phone_verify_permission_write(u->pool, &p, &body);

    json = cJSON_ParseWithLength((char *) body.data, body.len);
    ok(u, cJSON_Compare(json, ngx_http_phone_verify_unit_example_json(u,
                            "legacy-callback-answer-sms-language"), 1),
       "a code and a language of 2021");
    cJSON_Delete(json);

    ngx_memzero(&p, sizeof(p));

    p.allow = 1;
    p.method = NGX_HTTP_PHONE_VERIFY_FLASHCALL;
    ngx_str_set(&p.cli, "+4445874587");

    (void) ngx_http_phone_verify_permission_write(u->pool, &p, &body);

    json = cJSON_ParseWithLength((char *) body.data, body.len);
    ok(u, cJSON_Compare(json, ngx_http_phone_verify_unit_example_json(u,
                            "legacy-callback-answer-flashcall-cli"), 1),
       "a caller's number of 2021");
    cJSON_Delete(json);

    /*
     * A call in which a digit is pressed: its language we would say in the
     * way of today, and of the rest nothing.
     */

    example = ngx_http_phone_verify_unit_example_json(u,
                                    "legacy-callback-answer-callout-ttsmenu");
    object = cJSON_GetObjectItemCaseSensitive(example, "callout");

    ngx_memzero(&p, sizeof(p));

    p.allow = 1;
    p.method = NGX_HTTP_PHONE_VERIFY_CALLOUT;
    p.locale = *str(u, cJSON_GetStringValue(
                         cJSON_GetObjectItemCaseSensitive(object, "locale")));

    (void) ngx_http_phone_verify_permission_write(u->pool, &p, &body);

    speech = cJSON_AddObjectToObject(object, "speech");
    cJSON_AddItemToObject(speech, "locale",
                          cJSON_DetachItemFromObjectCaseSensitive(object,
                                                                  "locale"));

    json = cJSON_ParseWithLength((char *) body.data, body.len);
    ok(u, !cJSON_Compare(json, example, 1), "a menu of 2021 is not sent");

    cJSON_DeleteItemFromObjectCaseSensitive(object, "ttsMenu");
    cJSON_DeleteItemFromObjectCaseSensitive(object, "pin");
    cJSON_DeleteItemFromObjectCaseSensitive(object, "timeout");

    ok(u, cJSON_Compare(json, example, 1), "but its language is");
    cJSON_Delete(json);

    p.allow = 0;

    (void) ngx_http_phone_verify_permission_write(u->pool, &p, &body);

    json = cJSON_ParseWithLength((char *) body.data, body.len);
    ok(u, cJSON_Compare(json, ngx_http_phone_verify_unit_example_json(u,
                            "legacy-callback-answer-deny"), 1),
       "a denial of 2021");
    cJSON_Delete(json);
}
