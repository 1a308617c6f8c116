
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "answer.h"


/* Every answer of the documents, and what is tolerated. */


void ngx_http_phone_verify_unit_answer(ngx_http_phone_verify_unit_t *u);


/*
 * An example.  Those with a placeholder for an id are no answers as they are,
 * because its blank cannot stand in a path; with an id they have to be.
 */

static ngx_http_phone_verify_sinch_answer_t *
ngx_http_phone_verify_unit_answer_example(ngx_http_phone_verify_unit_t *u,
    const char *name, ngx_uint_t what, ngx_uint_t method)
{
    ngx_str_t                             *body;
    ngx_http_phone_verify_sinch_answer_t  *a;

    body = ngx_http_phone_verify_unit_example(u, name);

    if (ngx_strnstr(body->data, "\"the id\"", body->len)) {

        a = ngx_http_phone_verify_unit_answer_read(u, what, method, 200, body);
        is(u, a->outcome, NONSENSE, "%s: \"the id\"", name);

        body = ngx_http_phone_verify_unit_replace(u, body, "\"the id\"",
                                                  "\"the-id\"");
    }

    if (ngx_strnstr(body->data, "\"target URI\"", body->len)) {

        a = ngx_http_phone_verify_unit_answer_read(u, what, method, 200, body);
        is(u, a->outcome, NONSENSE, "%s: \"target URI\"", name);

        body = ngx_http_phone_verify_unit_replace(u, body, "target URI",
                                                  "https://target/URI");
    }

    a = ngx_http_phone_verify_unit_answer_read(u, what, method, 200, body);

    is(u, a->outcome, ANSWERED, "%s is an answer", name);

    if (what == START) {
        is(u, a->status, NGX_HTTP_PHONE_VERIFY_PENDING, "%s is PENDING", name);
    }

    return a;
}


#define example(u, name, what, method)                                        \
    ngx_http_phone_verify_unit_answer_example(u, name, what, method)


static void
ngx_http_phone_verify_unit_answer_starts(ngx_http_phone_verify_unit_t *u)
{
    ngx_str_t                             *body;
    ngx_http_phone_verify_sinch_answer_t  *a;

    a = example(u, "start-response-sms", START, SMS);
    is_str(u, &a->id, "the-id", "its id");
    is(u, a->method, SMS, "its method");
    is(u, a->has_interception_timeout, 1, "a timeout");
    is(u, a->interception_timeout, 298, "of so many seconds");

    a = example(u, "start-response-flashcall", START, FLASHCALL);
    is(u, a->method, FLASHCALL, "its method");
    is_str(u, &a->cli_filter, "(.*)5312(.*)", "cliFilter");
    is(u, a->has_interception_timeout, 1, "interceptionTimeout");
    is(u, a->interception_timeout, 45, "in seconds");
    is(u, a->has_report_timeout, 1, "reportTimeout");
    is(u, a->report_timeout, 75, "in seconds");
    is(u, a->has_deny_call_after, 1, "denyCallAfter");
    is(u, a->deny_call_after, 0, "which is zero");

    a = example(u, "start-response-callout", START, CALLOUT);
    is(u, a->method, CALLOUT, "its method");
    is(u, a->has_interception_timeout, 0, "no timeout");

    a = example(u, "start-response-seamless", START, SEAMLESS);
    is(u, a->method, SEAMLESS, "its method");
    is_str(u, &a->target_uri, "https://target/URI", "targetUri");

    a = example(u, "start-response-whatsapp", START, WHATSAPP);
    is(u, a->method, WHATSAPP, "its method");

    a = example(u, "asserted-start-response-sms-swedish", START, SMS);
    is_str(u, &a->id, "1ce0ffee-c0de-5eed-d00d-f00dfeed1337", "its id");
    is(u, a->interception_timeout, 198, "a timeout");

    a = example(u, "asserted-start-response-flashcall-extra-callid", START,
                FLASHCALL);
    is_str(u, &a->cli_filter, "(.*)8156(.*)", "cliFilter");
    is(u, a->report_timeout, 75, "reportTimeout");

    a = example(u, "asserted-start-response-callout", START, CALLOUT);
    is_str(u, &a->id, "1ce0ffee-c0de-5eed-d11d-f00dfeed1337", "its id");

    a = example(u, "asserted-start-response-whatsapp-empty-object", START,
                WHATSAPP);
    is_str(u, &a->id, "1ce0ffee-c0de-5eed-d33d-f00dfeed1337", "its id");

    a = example(u, "legacy-start-response-flashcall", START, FLASHCALL);
    is(u, a->method, ANY, "no method is told");
    is_str(u, &a->id, "1234567876", "digits are an id");
    is_str(u, &a->cli_filter, "(.*)70123(.*)", "cliFilter");
    is(u, a->interception_timeout, 120, "a timeout");
    is(u, a->has_report_timeout, 0, "and no other");

    a = example(u, "legacy-start-response-sms-localized", START, SMS);
    is(u, a->interception_timeout, 120, "a timeout");

    a = example(u, "legacy-start-response-callout-polling", START, CALLOUT);
    is_str(u, &a->id, "1234567890", "its id");

    a = example(u, "legacy-start-response-seamless", START, SEAMLESS);
    is_str(u, &a->target_uri, "https://sinch.com/data-verification",
           "targetUri");

    body = ngx_http_phone_verify_unit_example(u, "start-response-links-only");
    a = ngx_http_phone_verify_unit_answer_read(u, START, SMS, 200, body);
    is(u, a->outcome, NONSENSE, "links alone are none");
}


static void
ngx_http_phone_verify_unit_answer_reports(ngx_http_phone_verify_unit_t *u)
{
    ngx_uint_t                             i;
    ngx_http_phone_verify_sinch_answer_t  *a;

    static const struct {
        const char  *name;
        ngx_uint_t   method;
        ngx_uint_t   status;
        ngx_uint_t   reason;
        ngx_uint_t   has_complete;
        ngx_uint_t   complete;
    } reports[] = {
        { "report-response-sms-fail-expired", SMS,
          NGX_HTTP_PHONE_VERIFY_FAIL, NGX_HTTP_PHONE_VERIFY_REASON_EXPIRED,
          0, 0 },
        { "report-response-flashcall-fail-fraud", FLASHCALL,
          NGX_HTTP_PHONE_VERIFY_FAIL, NGX_HTTP_PHONE_VERIFY_REASON_FRAUD,
          1, 1 },
        { "report-response-callout-fail-invalid-cli", CALLOUT,
          NGX_HTTP_PHONE_VERIFY_FAIL, NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CLI,
          1, 1 },
        { "report-response-whatsapp-fail-expired", WHATSAPP,
          NGX_HTTP_PHONE_VERIFY_FAIL, NGX_HTTP_PHONE_VERIFY_REASON_EXPIRED,
          0, 0 },
        { "asserted-report-response-sms-successful", SMS,
          NGX_HTTP_PHONE_VERIFY_SUCCESSFUL, 0, 0, 0 },
        { "asserted-report-response-callout-successful", CALLOUT,
          NGX_HTTP_PHONE_VERIFY_SUCCESSFUL, 0, 1, 1 },
        { "asserted-report-response-flashcall-successful-with-reference",
          FLASHCALL, NGX_HTTP_PHONE_VERIFY_SUCCESSFUL, 0, 1, 1 },
        { "asserted-report-response-flashcall-fail-expired", FLASHCALL,
          NGX_HTTP_PHONE_VERIFY_FAIL, NGX_HTTP_PHONE_VERIFY_REASON_EXPIRED,
          1, 1 }
    };

    for (i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
        a = example(u, reports[i].name, REPORT, reports[i].method);

        is(u, a->method, reports[i].method, "its method");
        is(u, a->status, reports[i].status, "its status");
        is(u, a->reason, reports[i].reason, "its reason");
        is(u, a->has_call_complete, reports[i].has_complete, "callComplete");
        is(u, a->call_complete, reports[i].complete, "or not");
    }
}


static void
ngx_http_phone_verify_unit_answer_states(ngx_http_phone_verify_unit_t *u)
{
    ngx_uint_t                             i;
    ngx_http_phone_verify_sinch_answer_t  *a;

    static const struct {
        const char  *name;
        ngx_uint_t   method;
        ngx_uint_t   status;
        ngx_uint_t   reason;
        const char  *reference;
        const char  *number;
        const char  *source;
        const char  *country;
        const char  *timestamp;
        const char  *call_result;
        const char  *currency;
        double       price;
    } states[] = {
        { "status-response-sms", SMS, NGX_HTTP_PHONE_VERIFY_FAIL,
          NGX_HTTP_PHONE_VERIFY_REASON_FRAUD, "my reference",
          "endpoint value", "intercepted", "ES", "2024-05-22T09:38:59.5590437",
          "", "verificationPrice currency id", 3.141516 },
        { "status-response-flashcall", FLASHCALL, NGX_HTTP_PHONE_VERIFY_FAIL,
          NGX_HTTP_PHONE_VERIFY_REASON_FRAUD, "my reference",
          "endpoint value", "manual", "ES", "2024-05-22T09:38:59.5590437",
          "ANSWERED", "verificationPrice currency id", 3.141516 },
        { "status-response-callout", CALLOUT, NGX_HTTP_PHONE_VERIFY_FAIL,
          NGX_HTTP_PHONE_VERIFY_REASON_FRAUD, "my reference",
          "endpoint value", "", "ES", "2024-05-22T09:38:59.5590437",
          "ANSWERED", "verificationPrice currency id", 3.141516 },
        { "status-response-whatsapp", WHATSAPP, NGX_HTTP_PHONE_VERIFY_FAIL,
          NGX_HTTP_PHONE_VERIFY_REASON_FRAUD, "my reference",
          "+33123456789", "intercepted", "ES", "2024-05-22T09:38:59.5590437",
          "", "verificationPrice currency id", 3.141516 },
        { "asserted-status-response-sms", SMS,
          NGX_HTTP_PHONE_VERIFY_SUCCESSFUL, 0, "", "+33612345678", "", "FR",
          "2024-06-06T09:08:41.4784877", "", "EUR", 0.0453 },
        { "asserted-status-response-callout", CALLOUT,
          NGX_HTTP_PHONE_VERIFY_SUCCESSFUL, 0, "", "+33612345678", "", "FR",
          "2024-06-06T09:10:27.7264837", "ANSWERED", "EUR", 0.1852 },
        { "asserted-status-response-flashcall", FLASHCALL,
          NGX_HTTP_PHONE_VERIFY_SUCCESSFUL, 0,
          "flashcall-verification-test-e2e", "+33612345678", "", "FR",
          "2024-06-06T09:07:32.3554646", "ANSWERED", "EUR", 0.0205 },
        { "legacy-status-response-by-reference", SMS,
          NGX_HTTP_PHONE_VERIFY_SUCCESSFUL, 0, "abc_123", "", "manual", "",
          "", "", "", -1 },
        { "legacy-status-response-callout-by-identity", CALLOUT,
          NGX_HTTP_PHONE_VERIFY_SUCCESSFUL, 0, "abc_123", "", "", "", "", "",
          "", -1 },
        { "legacy-status-response-source-intercept", SMS,
          NGX_HTTP_PHONE_VERIFY_SUCCESSFUL, 0, "", "", "intercept", "", "",
          "", "", -1 }
    };

    for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        a = example(u, states[i].name, STATUS, ANY);

        is(u, a->method, states[i].method, "its method");
        is(u, a->status, states[i].status, "its status");
        is(u, a->reason, states[i].reason, "its reason");
        is_str(u, &a->reference, states[i].reference, "its reference");
        is_str(u, &a->number, states[i].number, "its number");
        is_str(u, &a->source, states[i].source, "its source");
        is_str(u, &a->country, states[i].country, "its country");
        is_str(u, &a->timestamp, states[i].timestamp, "its time");
        is_str(u, &a->call_result, states[i].call_result, "its result");
        is_str(u, &a->currency, states[i].currency, "its currency");
        is(u, a->has_price, states[i].price >= 0, "a price, or none");

        if (a->has_price) {
            ok(u, a->price == states[i].price, "its price");
        }
    }

    a = example(u, "status-response-flashcall", STATUS, ANY);
    is(u, a->has_call_complete, 1, "callComplete");
    is(u, a->call_complete, 0, "is false");
}


/* Sections 10 and 11: names without case, what is missing, open enums. */

static void
ngx_http_phone_verify_unit_answer_tolerated(ngx_http_phone_verify_unit_t *u)
{
    ngx_http_phone_verify_sinch_answer_t  *a;

    a = answer(u, START, FLASHCALL,
               "{\"ID\":\"1\",\"Method\":\"flashCall\",\"FLASHCALL\":"
               "{\"clifilter\":\"x\",\"InterceptionTimeout\":null,"
               "\"reportTimeout\":\"75\",\"denyCallAfter\":-1}}");
    is(u, a->outcome, ANSWERED, "names in any case");
    is(u, a->method, FLASHCALL, "its method");
    is_str(u, &a->cli_filter, "x", "cliFilter");
    is(u, a->has_interception_timeout, 0, "null is no timeout");
    is(u, a->has_report_timeout, 0, "nor is a string");
    is(u, a->has_deny_call_after, 0, "nor is a negative number");

    a = answer(u, START, SMS, "{\"id\":\"1\",\"sms\":"
               "{\"interceptionTimeout\":1.5}}");
    is(u, a->has_interception_timeout, 0, "nor is a fraction");

    a = answer(u, START, SMS, "{\"id\":\"1\",\"sms\":"
               "{\"interceptionTimeout\":1e400}}");
    is(u, a->outcome, ANSWERED, "1e400 somewhere is no reason");
    is(u, a->has_interception_timeout, 0, "but no timeout");

    a = answer(u, START, SMS, "{\"id\":\"1\",\"sms\":[],\"_links\":{},"
               "\"x\":{\"y\":[1,2,{\"z\":null}]}}");
    is(u, a->outcome, ANSWERED, "what is unknown is passed over");

    a = answer(u, START, SMS, "{\"id\":\"1\",\"_links\":[{\"rel\":\"status\","
               "\"href\":\"http://169.254.169.254/\",\"method\":\"GET\"}]}");
    is(u, a->outcome, ANSWERED, "links are not looked at");

    a = answer(u, START, SMS, "{\"id\":\"1\",\"code\":\"1234\"}");
    is(u, a->outcome, ANSWERED, "nor is a code");

    a = answer(u, START, SMS, "{\"id\":\"1\",\"status\":\"SUCCESSFUL\"}");
    is(u, a->outcome, ANSWERED, "nor is the status of a start");
    is(u, a->status, NGX_HTTP_PHONE_VERIFY_PENDING, "it is PENDING");

    a = answer(u, START, SMS, "{\"id\":\"1\",\"method\":\"hologram\"}");
    is(u, a->outcome, ANSWERED, "an unknown method");
    is(u, a->method, ANY, "is none");

    a = answer(u, START, SMS, "\xef\xbb\xbf{\"id\":\"1\"}\r\n");
    is(u, a->outcome, ANSWERED, "a byte order mark");

    a = answer(u, REPORT, SMS, "{\"status\":\"SUCCESSFUL\"}");
    is(u, a->outcome, ANSWERED, "a status is enough");
    is(u, a->id.len, 0, "without an id");
    is(u, a->status, NGX_HTTP_PHONE_VERIFY_SUCCESSFUL, "SUCCESSFUL");

    a = answer(u, REPORT, SMS, "{\"status\":\"QUEUED\",\"reason\":\"Rain\"}");
    is(u, a->outcome, ANSWERED, "a status that is not known");
    is(u, a->status, NGX_HTTP_PHONE_VERIFY_UNKNOWN, "UNKNOWN");
    is(u, a->reason, NGX_HTTP_PHONE_VERIFY_REASON_OTHER, "and a reason");

    a = answer(u, REPORT, SMS, "{\"status\":\"successful\"}");
    is(u, a->status, NGX_HTTP_PHONE_VERIFY_UNKNOWN,
       "a status in lower case is another");

    a = answer(u, STATUS, ANY, "{\"status\":\"FAIL\",\"reason\":"
               "\"\xe2\x80\x9c" "Fraud\xe2\x80\x9d\",\"source\":7,"
               "\"countryId\":\"se\",\"identity\":null,\"price\":null,"
               "\"callComplete\":\"yes\",\"verificationTimestamp\":null}");
    is(u, a->outcome, ANSWERED, "members of other types");
    is(u, a->reason, NGX_HTTP_PHONE_VERIFY_REASON_FRAUD,
       "typographic quotes");
    is(u, a->source.len, 0, "no source");
    is(u, a->country.len, 0, "no country");
    is(u, a->has_call_complete, 0, "no callComplete");

    a = answer(u, STATUS, ANY, "{\"status\":\"PENDING\",\"countryId\":"
               "\"S\\r\",\"reason\":null,\"price\":{\"verificationPrice\":"
               "{\"currencyId\":\"EUR\",\"amount\":-1}}}");
    is(u, a->outcome, ANSWERED, "values that cannot be");
    is(u, a->status, NGX_HTTP_PHONE_VERIFY_PENDING, "PENDING");
    is(u, a->reason, NGX_HTTP_PHONE_VERIFY_REASON_NONE, "no reason");
    is(u, a->country.len, 0, "no country");
    is(u, a->has_price, 0, "no price");
}


void
ngx_http_phone_verify_unit_answer(ngx_http_phone_verify_unit_t *u)
{
    ngx_http_phone_verify_unit_answer_starts(u);
    ngx_http_phone_verify_unit_answer_reports(u);
    ngx_http_phone_verify_unit_answer_states(u);
    ngx_http_phone_verify_unit_answer_tolerated(u);
}
