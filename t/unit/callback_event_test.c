
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "data.h"
#include "sinch/callback.h"


void ngx_http_phone_verify_unit_callback_event(ngx_http_phone_verify_unit_t *u);


static ngx_int_t
ngx_http_phone_verify_unit_event_read(ngx_http_phone_verify_unit_t *u,
    const ngx_str_t *body, ngx_http_phone_verify_event_t *e)
{
    /* a copy, so that reading beyond its end can be seen */

    return ngx_http_phone_verify_event_read(u->pool,
             ngx_http_phone_verify_unit_bytes(u, body->data, body->len), e);
}


static void
ngx_http_phone_verify_unit_event_examples(ngx_http_phone_verify_unit_t *u)
{
    ngx_str_t                      *body;
    ngx_uint_t                      i;
    ngx_http_phone_verify_event_t   e;

    static const struct {
        const char  *name;
        ngx_uint_t   event;
        const char  *id;
        const char  *number;
        const char  *reference;
        const char  *custom;
        ngx_uint_t   status;
        ngx_uint_t   reason;
        const char  *source;
        ngx_uint_t   delivery;
        const char  *currency;
        double       price;
    } events[] = {
        { "callback-request-event-sms", NGX_HTTP_PHONE_VERIFY_EVENT_REQUEST,
          "1234567890", "+11235551234", "reference string", "custom string",
          0, 0, "", 0, "USD", 10.5 },
        { "legacy-callback-request-event-sms",
          NGX_HTTP_PHONE_VERIFY_EVENT_REQUEST,
          "1234567890", "+46700000000", "", "", 0, 0, "", 0, "USD", 10.5 },
        { "asserted-callback-request-event-sms",
          NGX_HTTP_PHONE_VERIFY_EVENT_REQUEST,
          "1ce0ffee-c0de-5eed-d00d-f00dfeed1337", "+33612345678", "", "",
          0, 0, "", 0, "EUR", 0.0453 },
        { "callback-result-event-sms-captured",
          NGX_HTTP_PHONE_VERIFY_EVENT_RESULT,
          "018c25e1-7163-5677-b8fb-467d7b1cffa5", "+33628254417", "", "",
          NGX_HTTP_PHONE_VERIFY_FAIL, NGX_HTTP_PHONE_VERIFY_REASON_EXPIRED,
          "", 0, "", -1 },
        { "callback-result-event-sms-denied",
          NGX_HTTP_PHONE_VERIFY_EVENT_RESULT,
          "1234567890", "+11235551234", "reference string", "custom string",
          NGX_HTTP_PHONE_VERIFY_DENIED, NGX_HTTP_PHONE_VERIFY_REASON_FRAUD,
          "manual", 0, "", -1 },
        { "legacy-callback-result-event-sms",
          NGX_HTTP_PHONE_VERIFY_EVENT_RESULT,
          "1234567890", "+46700000000", "", "",
          NGX_HTTP_PHONE_VERIFY_SUCCESSFUL, 0, "", 0, "", -1 },
        { "callback-sms-delivered-event-failed",
          NGX_HTTP_PHONE_VERIFY_EVENT_SMS_DELIVERED,
          "1234567890", "+11235551234", "reference string", "custom string",
          0, 0, "", NGX_HTTP_PHONE_VERIFY_DELIVERY_FAILED, "", -1 },
        { "asserted-callback-sms-delivered-event",
          NGX_HTTP_PHONE_VERIFY_EVENT_SMS_DELIVERED,
          "0198511c-d1d1-8bf3-109b-85455d310123", "+33123456789", "", "",
          0, 0, "", NGX_HTTP_PHONE_VERIFY_DELIVERY_SUCCESSFUL, "", -1 }
    };

    for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {

        body = ngx_http_phone_verify_unit_example(u, events[i].name);

        is(u, ngx_http_phone_verify_unit_event_read(u, body, &e), NGX_OK,
           "%s", events[i].name);

        is(u, e.event, events[i].event, "its event");
        is(u, e.method, NGX_HTTP_PHONE_VERIFY_SMS, "its method");
        is_str(u, &e.id, events[i].id, "its id");
        is_str(u, &e.number, events[i].number, "its number");
        is_str(u, &e.reference, events[i].reference, "its reference");
        is_str(u, &e.custom, events[i].custom, "its custom");
        is(u, e.status, events[i].status, "its status");
        is(u, e.reason, events[i].reason, "its reason");
        is_str(u, &e.source, events[i].source, "its source");
        is(u, e.delivery, events[i].delivery, "delivered, or not");
        is_str(u, &e.currency, events[i].currency, "its currency");
        is(u, e.has_price, events[i].price >= 0, "a price, or none");
        is(u, e.bad_price, 0, "and not a bad one");

        if (e.has_price) {
            ok(u, e.price == events[i].price, "its price");
        }
    }
}


/* The bodies of the vectors, among them one that is not ASCII. */

static void
ngx_http_phone_verify_unit_event_vectors(ngx_http_phone_verify_unit_t *u)
{
    cJSON                          *v, *list;
    ngx_str_t                      *name;
    ngx_uint_t                      n;
    ngx_http_phone_verify_event_t   e;

    n = 0;
    list = cJSON_GetObjectItem(ngx_http_phone_verify_unit_data_json(u,
                                                     "signature-vectors.json"),
                               "vectors");

    cJSON_ArrayForEach(v, list) {
        name = ngx_http_phone_verify_unit_member(u, v, "name");

        if (ngx_strncmp(name->data, "callback-", 9) != 0) {
            continue;
        }

        is(u, ngx_http_phone_verify_unit_event_read(u,
                          ngx_http_phone_verify_unit_member(u, v, "body"),
                          &e),
           NGX_OK, "%.*s", (int) name->len, name->data);
        is_str(u, &e.number, "+46123456789", "its number");
        n++;

        if (e.event == NGX_HTTP_PHONE_VERIFY_EVENT_RESULT) {
            is(u, e.method, NGX_HTTP_PHONE_VERIFY_FLASHCALL, "its method");
            is(u, e.reason, NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CLI,
               "its reason");
            is_str(u, &e.custom, "\xc3\xa5\xc3\xa4\xc3\xb6 \xe2\x9c\x93",
                   "its custom");
        }
    }

    is(u, n, 2, "both");
}


#define EVENT(event, more)                                                    \
    "{\"event\":\"Verification" event "Event\",\"id\":\"1\",\"method\":"      \
    "\"sms\",\"identity\":{\"type\":\"number\",\"endpoint\":"                 \
    "\"+46700000000\"}" more "}"


static void
ngx_http_phone_verify_unit_event_refused(ngx_http_phone_verify_unit_t *u)
{
    ngx_str_t                      *body;
    ngx_uint_t                      i;
    ngx_http_phone_verify_event_t   e;

    static const char  *refused[] = {
        "",
        "{",
        "null",
        "[]",
        "{}",
        "[" EVENT("Request", "") "]",
        EVENT("Request", "") "x",
        EVENT("Request", "") EVENT("Request", ""),
        EVENT("Request", ",\"event\":\"VerificationResultEvent\""),
        EVENT("Request", ",\"Event\":\"x\""),
        EVENT("Request", ",\"id\":\"2\""),
        EVENT("Request", ",\"method\":\"callout\""),
        EVENT("Request", ",\"identity\":{\"type\":\"number\","
                         "\"endpoint\":\"+46700000001\"}"),
        EVENT("Request", ",\"reference\":\"a\",\"reference\":\"b\""),
        EVENT("Request", ",\"reference\":\"a\",\"Reference\":\"b\""),
        EVENT("Request", ",\"reference\":\"a\",\"r\\u0065ference\":\"b\""),
        EVENT("Request", ",\"reference\":7"),
        EVENT("Request", ",\"reference\":[\"a\"]"),
        EVENT("Request", ",\"reference\":\"a\\u0000b\""),
        EVENT("Request", ",\"custom\":{}"),
        EVENT("Request", ",\"custom\":\"\xff\""),
        EVENT("Result", ""),
        EVENT("Result", ",\"status\":null"),
        EVENT("Result", ",\"status\":true"),
        EVENT("Result", ",\"status\":\"FAIL\",\"status\":\"SUCCESSFUL\""),
        EVENT("Result", ",\"status\":\"SUCCESSFUL\",\"Status\":\"FAIL\""),
        EVENT("Result", ",\"status\":\"FAIL\",\"reason\":7"),
        EVENT("Result", ",\"status\":\"FAIL\",\"source\":7"),
        EVENT("SmsDelivered", ""),
        EVENT("SmsDelivered", ",\"smsResult\":1"),
        EVENT("SmsDelivered", ",\"smsResult\":null"),
        ("{\"id\":\"1\",\"method\":\"sms\",\"identity\":{\"type\":\"number\","
         "\"endpoint\":\"+46700000000\"}}"),
        "{\"event\":7}",
        "{\"event\":null}",
        "{\"event\":[\"VerificationRequestEvent\"]}"
    };

    static const struct {
        const char  *from;
        const char  *to;
    } changes[] = {
        { "\"id\":\"1\",", "" },
        { "\"id\":\"1\"", "\"id\":1" },
        { "\"id\":\"1\"", "\"id\":\"\"" },
        { "\"id\":\"1\"", "\"id\":\"a/b\"" },
        { "\"id\":\"1\"", "\"id\":\"a b\"" },
        { "\"id\":\"1\"", "\"id\":\"..\"" },
        { "\"id\":\"1\"", "\"id\":null" },
        { "\"method\":\"sms\",", "" },
        { "\"method\":\"sms\"", "\"method\":1" },
        { "\"type\":\"number\",", "" },
        { "\"type\":\"number\"", "\"type\":\"email\"" },
        { "\"type\":\"number\"", "\"type\":1" },
        { "\"endpoint\":\"+46700000000\"", "\"endpoint\":46700000000" },
        { "\"endpoint\":\"+46700000000\"", "\"endpoint\":\"46700000000\"" },
        { "\"endpoint\":\"+46700000000\"", "\"endpoint\":\"+46 700000000\"" },
        { "\"endpoint\":\"+46700000000\"", "\"endpoint\":\"\"" },
        { "\"endpoint\":\"+46700000000\"", "\"endpoint\":\"+46700000000\","
          "\"endpoint\":\"+46700000001\"" },
        { "\"endpoint\":\"+46700000000\"", "\"endpoint\":\"+46700000000\","
          "\"Endpoint\":\"+46700000001\"" },
        { ",\"endpoint\":\"+46700000000\"", "" },
        { "\"identity\":{", "\"identities\":{" },
        { "{\"type\":\"number\",\"endpoint\":\"+46700000000\"}",
          "\"+46700000000\"" }
    };

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        is(u, ngx_http_phone_verify_unit_event_read(u, str(u, refused[i]),
                                                    &e),
           NGX_DECLINED, "%s", refused[i]);
    }

    for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        body = ngx_http_phone_verify_unit_replace(u,
                    str(u, EVENT("Result", ",\"status\":\"SUCCESSFUL\"")),
                    changes[i].from, changes[i].to);

        is(u, ngx_http_phone_verify_unit_event_read(u, body, &e),
           NGX_DECLINED, "%s: %s", changes[i].from, changes[i].to);
    }

    body = ngx_http_phone_verify_unit_replace(u,
                  bytes(u, EVENT("Result", ",\"status\":\"SUCCESSFUL@\"")),
                  "@", " ");
    body->data[body->len - 3] = '\0';

    is(u, ngx_http_phone_verify_unit_event_read(u, body, &e), NGX_DECLINED,
       "a NUL byte");
}


static void
ngx_http_phone_verify_unit_event_tolerated(ngx_http_phone_verify_unit_t *u)
{
    ngx_http_phone_verify_event_t  e;

    is(u, ngx_http_phone_verify_unit_event_read(u,
              str(u, "{\"event\":\"VerificationPaintedEvent\"}"), &e),
       NGX_OK, "an event that is not known");
    is(u, e.event, NGX_HTTP_PHONE_VERIFY_EVENT_OTHER, "is another");
    is(u, e.id.len, 0, "of which nothing is said");

    is(u, ngx_http_phone_verify_unit_event_read(u,
              str(u, "{\"event\":\"verificationresultevent\"}"), &e),
       NGX_OK, "an event in lower case");
    is(u, e.event, NGX_HTTP_PHONE_VERIFY_EVENT_OTHER, "is another");

    is(u, ngx_http_phone_verify_unit_event_read(u,
              str(u, "{\"EVENT\":\"VerificationResultEvent\",\"ID\":\"a.b\","
                     "\"Method\":\"FlashCall\",\"Identity\":{\"TYPE\":"
                     "\"Number\",\"EndPoint\":\"+46700000000\"},"
                     "\"STATUS\":\"SUCCESSFUL\",\"reason\":null,"
                     "\"reference\":null,\"custom\":null,\"source\":null,"
                     "\"x\":[{}],\"__proto__\":{}}"), &e),
       NGX_OK, "names in any case, null for what is optional");
    is(u, e.event, NGX_HTTP_PHONE_VERIFY_EVENT_RESULT, "its event");
    is(u, e.method, NGX_HTTP_PHONE_VERIFY_FLASHCALL, "its method");
    is(u, e.status, NGX_HTTP_PHONE_VERIFY_SUCCESSFUL, "its status");

    is(u, ngx_http_phone_verify_unit_event_read(u,
              str(u, EVENT("Result", ",\"status\":\"MAYBE\",\"reason\":"
                                     "\"Because\"")), &e),
       NGX_OK, "a status that is not known");
    is(u, e.status, NGX_HTTP_PHONE_VERIFY_UNKNOWN, "UNKNOWN");
    is(u, e.reason, NGX_HTTP_PHONE_VERIFY_REASON_OTHER, "a reason");

    is(u, ngx_http_phone_verify_unit_event_read(u,
              str(u, EVENT("SmsDelivered", ",\"smsResult\":\"Lost\"")), &e),
       NGX_OK, "a result that is not known");
    is(u, e.delivery, NGX_HTTP_PHONE_VERIFY_DELIVERY_OTHER, "is another");

    is(u, ngx_http_phone_verify_unit_event_read(u,
              ngx_http_phone_verify_unit_replace(u,
                    str(u, EVENT("Request", "")), "\"sms\"", "\"pigeon\""),
              &e),
       NGX_OK, "a method that is not known");
    is(u, e.method, NGX_HTTP_PHONE_VERIFY_NO_METHOD, "is none");
    is(u, e.has_price, 0, "no price");
    is(u, e.bad_price, 0, "and no bad one");
}


static void
ngx_http_phone_verify_unit_event_prices(ngx_http_phone_verify_unit_t *u)
{
    ngx_str_t                      *body;
    ngx_uint_t                      i;
    ngx_http_phone_verify_event_t   e;

    static const struct {
        const char  *price;
        ngx_uint_t   has;
        double       amount;
    } prices[] = {
        { "{\"amount\":10.5,\"currencyId\":\"USD\"}", 1, 10.5 },
        { "{\"currencyId\":\"EUR\",\"amount\":0}", 1, 0 },
        { "{\"currencyId\":\"EUR\",\"amount\":0.0453,\"formatted\":\"x\"}", 1,
          0.0453 },
        { "{\"CurrencyID\":\"EUR\",\"Amount\":1e308}", 1, 1e308 },
        { "{\"currencyId\":\"EUR\",\"amount\":1e309}", 0, 0 },
        { "{\"currencyId\":\"EUR\",\"amount\":-0.01}", 0, 0 },
        { "{\"currencyId\":\"EUR\",\"amount\":\"1\"}", 0, 0 },
        { "{\"currencyId\":\"EUR\",\"amount\":null}", 0, 0 },
        { "{\"currencyId\":\"EUR\"}", 0, 0 },
        { "{\"amount\":1}", 0, 0 },
        { "{\"currencyId\":\"\",\"amount\":1}", 0, 0 },
        { "{\"currencyId\":7,\"amount\":1}", 0, 0 },
        { "{\"currencyId\":\"EUR\",\"amount\":1,\"amount\":2}", 0, 0 },
        { "{\"currencyId\":\"EUR\",\"currencyid\":\"USD\",\"amount\":1}", 0,
          0 },
        { "{\"currencyId\":\"EUR\",\"amount\":1},\"price\":{}", 0, 0 },
        { "{}", 0, 0 },
        { "[]", 0, 0 },
        { "1", 0, 0 },
        { "\"1\"", 0, 0 }
    };

    for (i = 0; i < sizeof(prices) / sizeof(prices[0]); i++) {

        body = ngx_http_phone_verify_unit_replace(u,
                                 str(u, EVENT("Request", ",\"price\":@")),
                                 "@", prices[i].price);

        is(u, ngx_http_phone_verify_unit_event_read(u, body, &e), NGX_OK,
           "an event, whatever its price");
        is(u, e.has_price, prices[i].has, "price %s", prices[i].price);
        is(u, e.bad_price, !prices[i].has, "or a bad one");
        ok(u, e.price == prices[i].amount, "its amount");
    }

    is(u, ngx_http_phone_verify_unit_event_read(u,
              str(u, EVENT("Request", ",\"price\":{\"amount\":NaN}")), &e),
       NGX_DECLINED, "NaN is no JSON");
}


void
ngx_http_phone_verify_unit_callback_event(ngx_http_phone_verify_unit_t *u)
{
    ngx_http_phone_verify_unit_event_examples(u);
    ngx_http_phone_verify_unit_event_vectors(u);
    ngx_http_phone_verify_unit_event_refused(u);
    ngx_http_phone_verify_unit_event_tolerated(u);
    ngx_http_phone_verify_unit_event_prices(u);
}
