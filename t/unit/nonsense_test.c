
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "answer.h"


/* Answers that are none, answers about something else, errors. */


void ngx_http_phone_verify_unit_nonsense(ngx_http_phone_verify_unit_t *u);


static void
ngx_http_phone_verify_unit_nonsense_bodies(ngx_http_phone_verify_unit_t *u)
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
ngx_http_phone_verify_unit_nonsense_targets(ngx_http_phone_verify_unit_t *u)
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
ngx_http_phone_verify_unit_nonsense_others(ngx_http_phone_verify_unit_t *u)
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
ngx_http_phone_verify_unit_nonsense_errors(ngx_http_phone_verify_unit_t *u)
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
ngx_http_phone_verify_unit_nonsense(ngx_http_phone_verify_unit_t *u)
{
    ngx_http_phone_verify_unit_nonsense_bodies(u);
    ngx_http_phone_verify_unit_nonsense_targets(u);
    ngx_http_phone_verify_unit_nonsense_others(u);
    ngx_http_phone_verify_unit_nonsense_errors(u);
}
