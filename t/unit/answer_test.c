
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "data.h"
#include "sinch/answer.h"


/* Every answer of the documents, and many that are none. */


#define START   NGX_HTTP_PHONE_VERIFY_ASKED_START
#define REPORT  NGX_HTTP_PHONE_VERIFY_ASKED_REPORT
#define STATUS  NGX_HTTP_PHONE_VERIFY_ASKED_STATUS

#define ANSWERED  NGX_HTTP_PHONE_VERIFY_SINCH_ANSWERED
#define REFUSED   NGX_HTTP_PHONE_VERIFY_SINCH_REFUSED
#define NONSENSE  NGX_HTTP_PHONE_VERIFY_SINCH_NONSENSE

#define SMS        NGX_HTTP_PHONE_VERIFY_SMS
#define FLASHCALL  NGX_HTTP_PHONE_VERIFY_FLASHCALL
#define CALLOUT    NGX_HTTP_PHONE_VERIFY_CALLOUT
#define SEAMLESS   NGX_HTTP_PHONE_VERIFY_SEAMLESS
#define WHATSAPP   NGX_HTTP_PHONE_VERIFY_WHATSAPP
#define ANY        NGX_HTTP_PHONE_VERIFY_NO_METHOD


void ngx_http_phone_verify_unit_answer(ngx_http_phone_verify_unit_t *u);


static ngx_http_phone_verify_sinch_answer_t *
ngx_http_phone_verify_unit_answer_read(ngx_http_phone_verify_unit_t *u,
    ngx_uint_t what, ngx_uint_t method, ngx_uint_t http_status,
    const ngx_str_t *body)
{
    ngx_http_phone_verify_asked_t          asked;
    ngx_http_phone_verify_sinch_answer_t  *a;

    ngx_memzero(&asked, sizeof(asked));

    asked.what = what;
    asked.method = method;

    a = ngx_pcalloc(u->pool, sizeof(ngx_http_phone_verify_sinch_answer_t));
    if (a == NULL) {
        abort();
    }

    a->outcome = 1000;
    a->http_status = http_status;

    /* a copy, so that reading beyond its end can be seen */

    ngx_http_phone_verify_sinch_answer_read(u->pool, &asked,
           ngx_http_phone_verify_unit_bytes(u, body->data, body->len), a);

    is(u, a->error.len != 0, a->outcome != ANSWERED,
       "words for the log, unless it is an answer");

    if (a->outcome != ANSWERED) {
        is(u, a->status, NGX_HTTP_PHONE_VERIFY_NONE,
           "and a status only if it is");
    }

    return a;
}


#define answer(u, what, method, text)                                         \
    ngx_http_phone_verify_unit_answer_read(u, what, method, 200, str(u, text))

#define failure(u, status, text)                                              \
    ngx_http_phone_verify_unit_answer_read(u, START, SMS, status, str(u, text))


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


static void
ngx_http_phone_verify_unit_answer_nonsense(ngx_http_phone_verify_unit_t *u)
{
    ngx_uint_t                             i;
    ngx_http_phone_verify_sinch_answer_t  *a;

    static const char  *starts[] = {
        "",
        "{",
        "null",
        "\"id\"",
        "[]",
        "[{\"id\":\"1\"}]",
        "{}",
        "{\"id\":null}",
        "{\"id\":1}",
        "{\"id\":[\"1\"]}",
        "{\"id\":{\"id\":\"1\"}}",
        "{\"id\":true}",
        "{\"id\":\"\"}",
        "{\"id\":\".\"}",
        "{\"id\":\"..\"}",
        "{\"id\":\"../../x\"}",
        "{\"id\":\"a/b\"}",
        "{\"id\":\"a b\"}",
        "{\"id\":\"a\\r\\nb\"}",
        "{\"id\":\"a?b\"}",
        "{\"id\":\"a%2fb\"}",
        "{\"id\":\"a\\u0000b\"}",
        "{\"id\":\"\xc3\xa5\"}",
        ("{\"id\":\"12345678901234567890123456789012345678901234567890"
         "12345678901234\"}"),
        "{\"id\":\"1\",\"id\":\"1\"}",
        "{\"id\":\"1\",\"ID\":\"2\"}",
        "{\"id\":\"1\",\"\\u0069d\":\"2\"}",
        "{\"id\":\"1\",\"method\":\"sms\",\"method\":\"sms\"}",
        "{\"id\":\"1\",\"sms\":{},\"SMS\":{}}",
        "{\"id\":\"1\",\"reference\":\"a\",\"reference\":\"b\"}",
        "{\"id\":\"1\",\"identity\":{},\"identity\":{}}",
        "{\"id\":\"1\",\"identity\":{\"endpoint\":\"a\",\"endpoint\":\"b\"}}",
        "{\"id\":\"1\",\"callComplete\":true,\"callComplete\":false}",
        "{\"id\":\"1\",\"method\":\"callout\"}",
        "{\"id\":\"1\"}x",
        "{\"id\":\"1\"}{}",
        "{\"errorCode\":40400,\"message\":\"x\"}",
        "<html>200 OK</html>",
        "code=1234"
    };

    static const char  *reports[] = {
        "",
        "{}",
        "{\"id\":\"1\"}",
        "{\"id\":\"1\",\"status\":null}",
        "{\"id\":\"1\",\"status\":true}",
        "{\"id\":\"1\",\"status\":[\"SUCCESSFUL\"]}",
        "{\"id\":\"1\",\"status\":{\"status\":\"SUCCESSFUL\"}}",
        "{\"id\":\"1\",\"sms\":{\"status\":\"SUCCESSFUL\"}}",
        "{\"status\":\"FAIL\",\"status\":\"SUCCESSFUL\"}",
        "{\"status\":\"SUCCESSFUL\",\"status\":\"FAIL\"}",
        "{\"status\":\"FAIL\",\"Status\":\"SUCCESSFUL\"}",
        "{\"status\":\"SUCCESSFUL\",\"st\\u0061tus\":\"FAIL\"}",
        "{\"status\":\"FAIL\",\"reason\":\"Fraud\",\"reason\":\"Expired\"}",
        "{\"status\":\"SUCCESSFUL\\u0000\"}",
        "{\"status\":\"SUCCESSFUL\\u00zz\"}",
        "{\"status\":\"SUCCESSFUL\",\"id\":7}",
        "{\"status\":\"SUCCESSFUL\",\"id\":\"a/b\"}",
        "{\"status\":\"SUCCESSFUL\",\"id\":\"\"}",
        "{\"status\":\"SUCCESSFUL\",\"method\":\"callout\"}",
        "{\"status\":\"SUCCESSFUL\"",
        "[{\"status\":\"SUCCESSFUL\"}]",
        "\"SUCCESSFUL\"",
        "SUCCESSFUL"
    };

    for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        a = answer(u, START, SMS, starts[i]);
        is(u, a->outcome, NONSENSE, "start: %s", starts[i]);
    }

    for (i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
        a = answer(u, REPORT, SMS, reports[i]);
        is(u, a->outcome, NONSENSE, "report: %s", reports[i]);
    }

    a = ngx_http_phone_verify_unit_answer_read(u, REPORT, SMS, 200,
                          bytes(u, "{\"status\":\"SUCCESSFUL\0FAIL\"}"));
    is(u, a->outcome, NONSENSE, "a NUL byte");

    a = answer(u, STATUS, ANY, "{\"status\":\"FAIL\",\"price\":"
               "{\"verificationPrice\":{},\"verificationPrice\":{}}}");
    is(u, a->outcome, NONSENSE, "two prices");

    /* whatever the status line says that is neither 200 nor an error */

    for (i = 100; i < 400; i++) {
        a = ngx_http_phone_verify_unit_answer_read(u, REPORT, SMS, i,
                          str(u, "{\"id\":\"1\",\"status\":\"SUCCESSFUL\"}"));

        is(u, a->outcome, (i == 200) ? ANSWERED : NONSENSE, "HTTP %d",
           (int) i);
    }
}


static void
ngx_http_phone_verify_unit_answer_targets(ngx_http_phone_verify_unit_t *u)
{
    char                                   body[4096];
    ngx_str_t                             *text;
    ngx_uint_t                             i;
    ngx_http_phone_verify_sinch_answer_t  *a;

    static const struct {
        const char  *uri;
        ngx_uint_t   taken;
    } targets[] = {
        { "https://sinch.com/data-verification", 1 },
        { "https://a.example:8443/x?y=1&z=%20@#f", 1 },
        { "HTTPS://a.example", 1 },
        { "http://a.example/", 0 },
        { "https:/a.example/", 0 },
        { "https:a.example", 0 },
        { "https://", 0 },
        { "https:///x", 0 },
        { "https://?x", 0 },
        { "//a.example/", 0 },
        { "/x", 0 },
        { "", 0 },
        { " https://a.example/", 0 },
        { "https://a.example/ x", 0 },
        { "https://a.example/\\r\\nSet-Cookie: x", 0 },
        { "https://a.example/\\t", 0 },
        { "https://good.example@evil.example/", 0 },
        { "https://good.example\\\\@evil.example/", 0 },
        { "https://a.example/\\\"><script>", 0 },
        { "https://\xc3\xa5.example/", 0 },
        { "javascript:alert(1)", 0 },
        { "javascript://https://a.example/", 0 },
        { "data:text/html,x", 0 },
        { "file:///etc/passwd", 0 },
        { "ftp://a.example/", 0 },
        { "httpsx://a.example/", 0 }
    };

    for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        (void) snprintf(body, sizeof(body), "{\"id\":\"1\",\"method\":"
                        "\"seamless\",\"seamless\":{\"targetUri\":\"%s\"}}",
                        targets[i].uri);

        a = answer(u, START, SEAMLESS, body);

        is(u, a->outcome, targets[i].taken ? ANSWERED : NONSENSE, "%s",
           targets[i].uri);
        is(u, a->target_uri.len != 0, targets[i].taken, "given on, or not");
    }

    a = answer(u, START, SEAMLESS, "{\"id\":\"1\",\"method\":\"seamless\"}");
    is(u, a->outcome, NONSENSE, "none");

    a = answer(u, START, SEAMLESS, "{\"id\":\"1\",\"seamless\":"
               "{\"targetUri\":\"https://a.example/\","
               "\"targetUri\":\"https://b.example/\"}}");
    is(u, a->outcome, NONSENSE, "two");

    text = ngx_http_phone_verify_unit_fill(u, 'x', 3000);
    (void) snprintf(body, sizeof(body), "{\"id\":\"1\",\"seamless\":"
                    "{\"targetUri\":\"https://a.example/%.*s\"}}",
                    (int) text->len, text->data);

    a = answer(u, START, SEAMLESS, body);
    is(u, a->outcome, NONSENSE, "a long one");

    a = answer(u, START, SMS, "{\"id\":\"1\",\"method\":\"sms\",\"seamless\":"
               "{\"targetUri\":\"https://a.example/\"}}");
    is(u, a->outcome, ANSWERED, "one that was not asked for");
    is(u, a->target_uri.len, 0, "is not given on");
}


static void
ngx_http_phone_verify_unit_answer_others(ngx_http_phone_verify_unit_t *u)
{
    ngx_uint_t                             i;
    ngx_http_phone_verify_asked_t          asked;
    ngx_http_phone_verify_sinch_answer_t   a;

    static const struct {
        const char  *id;
        const char  *reference;
        const char  *number;
        ngx_uint_t   method;
        const char  *body;
        ngx_uint_t   outcome;
    } others[] = {
        { "ab-1", "", "", ANY, "{\"id\":\"ab-1\",\"status\":\"SUCCESSFUL\"}",
          ANSWERED },
        { "ab-1", "", "", ANY, "{\"id\":\"AB-1\",\"status\":\"SUCCESSFUL\"}",
          ANSWERED },
        { "ab-1", "", "", ANY, "{\"id\":\"ab-2\",\"status\":\"SUCCESSFUL\"}",
          NONSENSE },
        { "ab-1", "", "", ANY, "{\"id\":\"ab-11\",\"status\":\"SUCCESSFUL\"}",
          NONSENSE },
        { "ab-11", "", "", ANY, "{\"id\":\"ab-1\",\"status\":\"SUCCESSFUL\"}",
          NONSENSE },
        { "ab-1", "", "", SMS, "{\"method\":\"SMS\",\"status\":\"FAIL\"}",
          ANSWERED },
        { "ab-1", "", "", SMS, "{\"method\":\"callout\",\"status\":\"FAIL\"}",
          NONSENSE },
        { "", "r-1", "", ANY, "{\"id\":\"7\",\"status\":\"FAIL\"}", ANSWERED },
        { "", "r-1", "", ANY,
          "{\"status\":\"FAIL\",\"reference\":\"r-1\"}", ANSWERED },
        { "", "r-1", "", ANY,
          "{\"status\":\"SUCCESSFUL\",\"reference\":\"R-1\"}", NONSENSE },
        { "", "r-1", "", ANY,
          "{\"status\":\"SUCCESSFUL\",\"reference\":\"r-2\"}", NONSENSE },
        { "", "", "+46700000000", SMS, "{\"status\":\"FAIL\",\"identity\":"
          "{\"endpoint\":\"+46700000000\"}}", ANSWERED },
        { "", "", "+46700000000", SMS, "{\"status\":\"SUCCESSFUL\","
          "\"identity\":{\"endpoint\":\"+46700000001\"}}", NONSENSE },
        { "", "r-11", "", ANY,
          "{\"status\":\"SUCCESSFUL\",\"reference\":\"r-1\"}", NONSENSE },
        { "", "", "+46700000000", SMS, "{\"status\":\"FAIL\"}", ANSWERED },
        { "", "", "+46700000000", SMS, "{\"status\":\"SUCCESSFUL\","
          "\"identity\":{\"endpoint\":\"+4670000000\"}}", NONSENSE }
    };

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {

        ngx_memzero(&asked, sizeof(asked));
        ngx_memzero(&a, sizeof(a));

        asked.what = STATUS;
        asked.method = others[i].method;
        asked.id = *str(u, others[i].id);
        asked.reference = *str(u, others[i].reference);
        asked.number = *str(u, others[i].number);

        a.http_status = 200;

        ngx_http_phone_verify_sinch_answer_read(u->pool, &asked,
                                                str(u, others[i].body), &a);

        is(u, a.outcome, others[i].outcome, "asked for %s%s%s: %s",
           others[i].id, others[i].reference, others[i].number,
           others[i].body);
        is(u, a.status != NGX_HTTP_PHONE_VERIFY_NONE,
           others[i].outcome == ANSWERED, "a status, or none");
    }
}


static void
ngx_http_phone_verify_unit_answer_errors(ngx_http_phone_verify_unit_t *u)
{
    ngx_str_t                             *body;
    ngx_uint_t                             i;
    const ngx_str_t                       *words;
    ngx_http_phone_verify_sinch_answer_t  *a;

    static const ngx_uint_t  codes[] = {
        40001, 40002, 40003, 40004, 40005, 40100, 40101, 40102, 40103, 40104,
        40105, 40106, 40107, 40108, 40200, 40300, 40301, 40302, 40303, 40400,
        40900, 42200, 42201, 42202, 42900, 42901, 50000, 50100, 50101, 50300,
        50301
    };

    static const struct {
        const char  *body;
        ngx_uint_t   error_code;
        const char  *support;
    } errors[] = {
        { "{\"errorCode\":\"40102\",\"message\":\"Invalid Signature\"}",
          40102, "" },
        { "{\"ErrorCode\":40102,\"Reference\":\"ab-1\"}", 40102, "ab-1" },
        { "{\"errorCode\":40001,\"message\":"
          "\"Number +4813 is invalid. Too short.\",\"reference\":null}",
          40001, "" },
        { "{\"errorCode\":40102.5}", 0, "" },
        { "{\"errorCode\":-1}", 0, "" },
        { "{\"errorCode\":1e10}", 0, "" },
        { "{\"errorCode\":\"4010x\"}", 0, "" },
        { "{\"errorCode\":\"401020\"}", 0, "" },
        { "{\"errorCode\":\"\"}", 0, "" },
        { "{\"errorCode\":true}", 0, "" },
        { "{\"errorCode\":40102,\"errorCode\":40200}", 0, "" },
        { "{\"status\":\"404 Not Found\"}", 0, "" },
        { "{\"reference\":\"x\\r\\n[emerg] y\"}", 0, "" },
        { "{\"reference\":\"a b\"}", 0, "" },
        { "{\"reference\":7}", 0, "" },
        { "{\"reference\":\"a\",\"reference\":\"b\"}", 0, "" },
        { "{}", 0, "" },
        { "[]", 0, "" },
        { "null", 0, "" },
        { "{", 0, "" },
        { "<html><h1>502 Bad Gateway</h1></html>", 0, "" },
        { "", 0, "" }
    };

    body = ngx_http_phone_verify_unit_example(u, "error-40400");
    a = ngx_http_phone_verify_unit_answer_read(u, STATUS, ANY, 404, body);

    is(u, a->outcome, REFUSED, "an error");
    is(u, a->error_code, 40400, "its code");
    is(u, a->support.len, 0, "\"a reference\" is no reference");

    body = ngx_http_phone_verify_unit_example(u,
                                        "asserted-error-403-40300-seamless");
    a = ngx_http_phone_verify_unit_answer_read(u, START, SEAMLESS, 403, body);

    is(u, a->outcome, REFUSED, "an error");
    is(u, a->error_code, 40300, "its code");
    is_str(u, &a->support, "c01dc0de-c4db-44f1-5ca1-da9159d21c191",
           "Sinch's reference");

    for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        a = failure(u, 401, errors[i].body);

        is(u, a->outcome, REFUSED, "%s", errors[i].body);
        is(u, a->error_code, errors[i].error_code, "its code");
        is_str(u, &a->support, errors[i].support, "Sinch's reference");
        ok(u, ngx_strlchr(a->error.data, a->error.data + a->error.len, '+')
              == NULL,
           "no number in the words for the log");
    }

    /* an error is one, whatever else is in it */

    for (i = 400; i < 600; i++) {
        a = ngx_http_phone_verify_unit_answer_read(u, REPORT, SMS, i,
                          str(u, "{\"id\":\"1\",\"status\":\"SUCCESSFUL\"}"));

        is(u, a->outcome, REFUSED, "HTTP %d", (int) i);
    }

    words = ngx_http_phone_verify_sinch_error(499, 49999);

    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        ok(u, ngx_http_phone_verify_sinch_error(codes[i] / 100, codes[i])
              != words,
           "words for %d", (int) codes[i]);
    }

    ok(u, ngx_http_phone_verify_sinch_error(499, 49999)
          == ngx_http_phone_verify_sinch_error(401, 12345),
       "and for any other");
    ok(u, ngx_http_phone_verify_sinch_error(401, 0) != words,
       "words for an HTTP status");
}


void
ngx_http_phone_verify_unit_answer(ngx_http_phone_verify_unit_t *u)
{
    ngx_http_phone_verify_unit_answer_starts(u);
    ngx_http_phone_verify_unit_answer_reports(u);
    ngx_http_phone_verify_unit_answer_states(u);
    ngx_http_phone_verify_unit_answer_tolerated(u);
    ngx_http_phone_verify_unit_answer_nonsense(u);
    ngx_http_phone_verify_unit_answer_targets(u);
    ngx_http_phone_verify_unit_answer_others(u);
    ngx_http_phone_verify_unit_answer_errors(u);
}
