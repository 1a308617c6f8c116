
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "data.h"
#include "sinch/request.h"


/* Every request that can be sent, compared with its example. */


void ngx_http_phone_verify_unit_request(ngx_http_phone_verify_unit_t *u);

static void ngx_http_phone_verify_unit_request_starts(
    ngx_http_phone_verify_unit_t *u);
static void ngx_http_phone_verify_unit_request_reports(
    ngx_http_phone_verify_unit_t *u);
static void ngx_http_phone_verify_unit_request_options(
    ngx_http_phone_verify_unit_t *u);
static void ngx_http_phone_verify_unit_request_text(
    ngx_http_phone_verify_unit_t *u);
static void ngx_http_phone_verify_unit_request_paths(
    ngx_http_phone_verify_unit_t *u);
static void ngx_http_phone_verify_unit_request_same(
    ngx_http_phone_verify_unit_t *u, ngx_str_t *body, cJSON *example,
    const char *name);


void
ngx_http_phone_verify_unit_request(ngx_http_phone_verify_unit_t *u)
{
    ngx_http_phone_verify_unit_request_starts(u);
    ngx_http_phone_verify_unit_request_reports(u);
    ngx_http_phone_verify_unit_request_options(u);
    ngx_http_phone_verify_unit_request_text(u);
    ngx_http_phone_verify_unit_request_paths(u);
}


/* As JSON: the order of members does not matter, upper and lower case do. */

static void
ngx_http_phone_verify_unit_request_same(ngx_http_phone_verify_unit_t *u,
    ngx_str_t *body, cJSON *example, const char *name)
{
    cJSON  *json;

    json = cJSON_ParseWithLength((char *) body->data, body->len);

    if (!ok(u, json && example && cJSON_Compare(json, example, 1), "%s",
            name))
    {
        ngx_http_phone_verify_unit_note(u, "%.*s", (int) body->len,
                                        body->data);
    }

    cJSON_Delete(json);
}


static void
ngx_http_phone_verify_unit_request_starts(ngx_http_phone_verify_unit_t *u)
{
    cJSON                                   *example, *options;
    ngx_str_t                                body;
    ngx_uint_t                               i;
    ngx_http_phone_verify_sinch_request_t    r;

    static const struct {
        const char   *file;
        ngx_uint_t    method;
        const char   *options;
    } starts[] = {
        { "start-request-sms",
          NGX_HTTP_PHONE_VERIFY_SMS, "smsOptions" },
        { "start-request-flashcall",
          NGX_HTTP_PHONE_VERIFY_FLASHCALL, "flashCallOptions" },
        { "start-request-callout",
          NGX_HTTP_PHONE_VERIFY_CALLOUT, "calloutOptions" },
        { "start-request-seamless",
          NGX_HTTP_PHONE_VERIFY_SEAMLESS, NULL },
        { "start-request-whatsapp",
          NGX_HTTP_PHONE_VERIFY_WHATSAPP, "whatsappOptions" }
    };

    ngx_memzero(&r, sizeof(r));

    /* all options at once: only those of the method go out */

    ngx_str_set(&r.reference, "a reference");
    ngx_str_set(&r.custom, "a custom");
    ngx_str_set(&r.code_type, "Alphanumeric");
    ngx_str_set(&r.expiry, "01:02:03");
    ngx_str_set(&r.locale, "fr-FR");
    ngx_str_set(&r.language, "sv-SE");
    r.dial_timeout = 17;
    r.interception_timeout = 23;

    for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {

        example = ngx_http_phone_verify_unit_example_json(u, starts[i].file);

        r.method = starts[i].method;

        if (r.method == NGX_HTTP_PHONE_VERIFY_WHATSAPP) {
            ngx_str_set(&r.number, "+33123456789");

        } else {
            ngx_str_set(&r.number, "+endpoint");
        }

        /* what the originals have to show that it is tolerated */

        if (starts[i].options) {
            options = cJSON_GetObjectItemCaseSensitive(example,
                                                       starts[i].options);
            ok(u, options != NULL, "%s", starts[i].options);
            cJSON_DeleteItemFromObjectCaseSensitive(options, "my key");
        }

        is(u, ngx_http_phone_verify_request_start(u->pool, &r, &body), NGX_OK,
           "a start");

        ngx_http_phone_verify_unit_request_same(u, &body, example,
                                                starts[i].file);
    }

    /* options by themselves */

    r.method = NGX_HTTP_PHONE_VERIFY_SMS;

    (void) ngx_http_phone_verify_request_start(u->pool, &r, &body);

    options = cJSON_ParseWithLength((char *) body.data, body.len);
    example = ngx_http_phone_verify_unit_example_json(u,
                            "start-request-smsoptions-only");

    ok(u, cJSON_Compare(cJSON_GetObjectItem(options, "smsOptions"), example,
                        1),
       "smsOptions");

    example = ngx_http_phone_verify_unit_example_json(u,
               "start-request-smsoptions-with-unknown-keys");

    cJSON_DeleteItemFromObjectCaseSensitive(example, "a key");
    cJSON_DeleteItemFromObjectCaseSensitive(example, "secondKey");

    ok(u, cJSON_Compare(cJSON_GetObjectItem(options, "smsOptions"), example,
                        1),
       "smsOptions without what is unknown");

    cJSON_Delete(options);

    /* the older spelling of a flash call is the only difference */

    ngx_memzero(&r, sizeof(r));

    r.method = NGX_HTTP_PHONE_VERIFY_FLASHCALL;
    r.dial_timeout = 10;
    ngx_str_set(&r.number, "+46700000000");

    (void) ngx_http_phone_verify_request_start(u->pool, &r, &body);

    example = ngx_http_phone_verify_unit_example_json(u,
                        "legacy-start-request-flashcall-camelcase");

    cJSON_ReplaceItemInObjectCaseSensitive(example, "method",
                                           cJSON_CreateString("flashcall"));

    ngx_http_phone_verify_unit_request_same(u, &body, example,
                                            "a flash call of 2021");
}


static void
ngx_http_phone_verify_unit_request_reports(ngx_http_phone_verify_unit_t *u)
{
    cJSON       *example;
    ngx_str_t    body;
    ngx_uint_t   i;

    static const struct {
        const char   *file;
        ngx_uint_t    method;
        const char   *proof;
    } reports[] = {
        { "report-request-sms",
          NGX_HTTP_PHONE_VERIFY_SMS, "foo code" },
        { "report-request-flashcall",
          NGX_HTTP_PHONE_VERIFY_FLASHCALL, "foo cli" },
        { "report-request-callout",
          NGX_HTTP_PHONE_VERIFY_CALLOUT, "foo code" },
        { "report-request-whatsapp",
          NGX_HTTP_PHONE_VERIFY_WHATSAPP, "foo code" }
    };

    for (i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {

        is(u, ngx_http_phone_verify_request_report(u->pool, reports[i].method,
                                                   str(u, reports[i].proof),
                                                   &body),
           NGX_OK, "a report");

        example = ngx_http_phone_verify_unit_example_json(u, reports[i].file);

        ngx_http_phone_verify_unit_request_same(u, &body, example,
                                                reports[i].file);
    }

    (void) ngx_http_phone_verify_request_report(u->pool,
                                               NGX_HTTP_PHONE_VERIFY_FLASHCALL,
                                               str(u, "+46000000000"), &body);

    example = ngx_http_phone_verify_unit_example_json(u,
                        "legacy-report-request-flashcall-camelcase");

    cJSON_ReplaceItemInObjectCaseSensitive(example, "method",
                                           cJSON_CreateString("flashcall"));

    ngx_http_phone_verify_unit_request_same(u, &body, example,
                                            "a flash call of 2021");

    /* the bytes that are signed in the vectors */

    (void) ngx_http_phone_verify_request_report(u->pool,
                                                NGX_HTTP_PHONE_VERIFY_SMS,
                                                str(u, "1234"), &body);

    is_str(u, &body, "{\"method\":\"sms\",\"sms\":{\"code\":\"1234\"}}",
           "a report, byte for byte");

    (void) ngx_http_phone_verify_request_report(u->pool,
                                                NGX_HTTP_PHONE_VERIFY_SMS,
                                                str(u, "007"), &body);

    is_str(u, &body, "{\"method\":\"sms\",\"sms\":{\"code\":\"007\"}}",
           "a code is no number");
}


/* Every option by itself, and none; in every method. */

static void
ngx_http_phone_verify_unit_request_options(ngx_http_phone_verify_unit_t *u)
{
    ngx_str_t                               body;
    ngx_uint_t                              i;
    ngx_http_phone_verify_sinch_request_t   r;

    static const struct {
        ngx_uint_t    method;
        ngx_uint_t    option;
        const char   *body;
    } bodies[] = {
        { NGX_HTTP_PHONE_VERIFY_SMS, 0, "\"sms\"" },
        { NGX_HTTP_PHONE_VERIFY_SMS, 1,
          "\"sms\",\"smsOptions\":{\"codeType\":\"Alpha\"}" },
        { NGX_HTTP_PHONE_VERIFY_SMS, 2,
          "\"sms\",\"smsOptions\":{\"expiry\":\"00:05:00\"}" },
        { NGX_HTTP_PHONE_VERIFY_SMS, 3,
          "\"sms\",\"smsOptions\":{\"applicationHash\":\"0wjBaTjBink\"}" },
        { NGX_HTTP_PHONE_VERIFY_SMS, 4, "\"sms\"" },
        { NGX_HTTP_PHONE_VERIFY_SMS, 5, "\"sms\"" },
        { NGX_HTTP_PHONE_VERIFY_FLASHCALL, 0, "\"flashcall\"" },
        { NGX_HTTP_PHONE_VERIFY_FLASHCALL, 1, "\"flashcall\"" },
        { NGX_HTTP_PHONE_VERIFY_FLASHCALL, 5,
          "\"flashcall\",\"flashCallOptions\":{\"dialTimeout\":5}" },
        { NGX_HTTP_PHONE_VERIFY_FLASHCALL, 6,
          "\"flashcall\",\"flashCallOptions\":{\"interceptionTimeout\":120}"
        },
        { NGX_HTTP_PHONE_VERIFY_CALLOUT, 0, "\"callout\"" },
        { NGX_HTTP_PHONE_VERIFY_CALLOUT, 1, "\"callout\"" },
        { NGX_HTTP_PHONE_VERIFY_CALLOUT, 4,
          "\"callout\",\"calloutOptions\":{\"speech\":{\"locale\":\"en-US\"}}"
        },
        { NGX_HTTP_PHONE_VERIFY_SEAMLESS, 0, "\"seamless\"" },
        { NGX_HTTP_PHONE_VERIFY_SEAMLESS, 1, "\"seamless\"" },
        { NGX_HTTP_PHONE_VERIFY_WHATSAPP, 0, "\"whatsapp\"" },
        { NGX_HTTP_PHONE_VERIFY_WHATSAPP, 1,
          "\"whatsapp\",\"whatsappOptions\":{\"codeType\":\"Alpha\"}" },
        { NGX_HTTP_PHONE_VERIFY_WHATSAPP, 2, "\"whatsapp\"" }
    };

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {

        ngx_memzero(&r, sizeof(r));

        r.method = bodies[i].method;
        ngx_str_set(&r.number, "+46700000000");

        switch (bodies[i].option) {

        case 1:
            ngx_str_set(&r.code_type, "Alpha");
            break;

        case 2:
            ngx_str_set(&r.expiry, "00:05:00");
            break;

        case 3:
            ngx_str_set(&r.application_hash, "0wjBaTjBink");
            break;

        case 4:
            ngx_str_set(&r.locale, "en-US");
            break;

        case 5:
            r.dial_timeout = 5;
            break;

        case 6:
            r.interception_timeout = 120;
            break;
        }

        (void) ngx_http_phone_verify_request_start(u->pool, &r, &body);

        is_str(u, &body,
               (char *) ngx_http_phone_verify_unit_replace(u,
                     bytes(u, "{\"identity\":{\"type\":\"number\","
                              "\"endpoint\":\"+46700000000\"},"
                              "\"method\":@}\0"),
                     "@", bodies[i].body)->data,
               "%s", bodies[i].body);
    }
}


/* What users may write stays in its string. */

static void
ngx_http_phone_verify_unit_request_text(ngx_http_phone_verify_unit_t *u)
{
    cJSON                                  *json;
    ngx_str_t                               body, *text;
    ngx_uint_t                              i;
    ngx_http_phone_verify_sinch_request_t   r;

    ngx_memzero(&r, sizeof(r));

    ngx_str_set(&r.number, "+46123456789");
    ngx_str_set(&r.reference, "order-42");
    ngx_str_set(&r.custom, "cart=7");

    (void) ngx_http_phone_verify_request_start(u->pool, &r, &body);

    is_str(u, &body,
           "{\"identity\":{\"type\":\"number\",\"endpoint\":\"+46123456789\"},"
           "\"method\":\"sms\",\"reference\":\"order-42\","
           "\"custom\":\"cart=7\"}",
           "a start, byte for byte");

    text = ngx_http_phone_verify_unit_fill(u, ' ', 4096);

    for (i = 0; i < text->len; i++) {
        text->data[i] = (u_char) (1 + i % 0x7e);
    }

    r.custom = *text;

    is(u, ngx_http_phone_verify_request_start(u->pool, &r, &body), NGX_OK,
       "all of ASCII, 4096 times");

    json = cJSON_ParseWithLength((char *) body.data, body.len);

    ok(u, json != NULL, "it is JSON");
    text = ngx_http_phone_verify_unit_member(u, json, "custom");
    is_mem(u, text->data, text->len, r.custom.data, r.custom.len,
           "and says the same");

    cJSON_Delete(json);

    r.custom = *ngx_http_phone_verify_unit_fill(u, '\x1f', 16384);

    is(u, ngx_http_phone_verify_request_start(u->pool, &r, &body), NGX_OK,
       "the most that one character can grow");

    r.custom = *str(u, "\",\"method\":\"callout\",\"x\":\"");
    (void) ngx_http_phone_verify_request_start(u->pool, &r, &body);

    json = cJSON_ParseWithLength((char *) body.data, body.len);
    text = ngx_http_phone_verify_unit_member(u, json, "method");
    is_str(u, text, "sms", "nothing can be slipped in");
    cJSON_Delete(json);

    r.custom = *str(u, "\xc3\xa5\xe2\x9c\x93\xf0\x9f\x98\x80");
    (void) ngx_http_phone_verify_request_start(u->pool, &r, &body);

    json = cJSON_ParseWithLength((char *) body.data, body.len);
    text = ngx_http_phone_verify_unit_member(u, json, "custom");
    is_mem(u, text->data, text->len, r.custom.data, r.custom.len, "UTF-8");
    cJSON_Delete(json);
}


static void
ngx_http_phone_verify_unit_request_paths(ngx_http_phone_verify_unit_t *u)
{
    ngx_str_t  path, segments[3];

    ngx_str_set(&segments[0], "sms");
    ngx_str_set(&segments[1], "number");
    ngx_str_set(&segments[2], "+46700000000");

    is(u, ngx_http_phone_verify_request_path(u->pool, NULL, 0, &path), NGX_OK,
       "a path");
    is_str(u, &path, "/verification/v1/verifications", "of a start");

    (void) ngx_http_phone_verify_request_path(u->pool, segments, 3, &path);
    is_str(u, &path, "/verification/v1/verifications/sms/number/+46700000000",
           "of a query by identity");

    (void) ngx_http_phone_verify_request_path(u->pool, segments + 1, 2,
                                              &path);
    is_str(u, &path, "/verification/v1/verifications/number/+46700000000",
           "of a report by identity, the plus as it is");
}
