
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/answer.h"
#include "sinch/check.h"
#include "sinch/member.h"


#define NGX_HTTP_PHONE_VERIFY_DAY         86400   /* seconds */
#define NGX_HTTP_PHONE_VERIFY_TARGET_MAX   2048


static void ngx_http_phone_verify_answer_refusal(const cJSON *json,
    ngx_http_phone_verify_sinch_answer_t *a);
static ngx_int_t ngx_http_phone_verify_answer_error_code(const cJSON *json,
    ngx_http_phone_verify_sinch_answer_t *a);
static char *ngx_http_phone_verify_answer_verification(const cJSON *json,
    const ngx_http_phone_verify_asked_t *asked,
    ngx_http_phone_verify_sinch_answer_t *a);
static ngx_int_t ngx_http_phone_verify_answer_status(const cJSON *json,
    ngx_http_phone_verify_sinch_answer_t *a);
static ngx_int_t ngx_http_phone_verify_answer_texts(const cJSON *json,
    ngx_http_phone_verify_sinch_answer_t *a);
static ngx_int_t ngx_http_phone_verify_answer_price(const cJSON *json,
    ngx_http_phone_verify_sinch_answer_t *a);
static char *ngx_http_phone_verify_answer_extras(const cJSON *json,
    ngx_uint_t method, ngx_http_phone_verify_sinch_answer_t *a);
static ngx_uint_t ngx_http_phone_verify_answer_other(
    const ngx_http_phone_verify_asked_t *asked,
    ngx_http_phone_verify_sinch_answer_t *a);
static ngx_int_t ngx_http_phone_verify_answer_target(ngx_str_t *uri);


typedef struct {
    const char    *name;
    size_t         max;
    ngx_uint_t     offset;
} ngx_http_phone_verify_answer_text_t;


static const ngx_http_phone_verify_answer_text_t
    ngx_http_phone_verify_answer_members[] =
{
    { "reference", NGX_HTTP_PHONE_VERIFY_SINCH_REFERENCE_MAX,
      offsetof(ngx_http_phone_verify_sinch_answer_t, reference) },

    { "source", 32,
      offsetof(ngx_http_phone_verify_sinch_answer_t, source) },

    { "countryId", 2,
      offsetof(ngx_http_phone_verify_sinch_answer_t, country) },

    { "verificationTimestamp", 40,
      offsetof(ngx_http_phone_verify_sinch_answer_t, timestamp) },

    { "callResult", 32,
      offsetof(ngx_http_phone_verify_sinch_answer_t, call_result) },

    { NULL, 0, 0 }
};


void
ngx_http_phone_verify_sinch_answer_read(ngx_pool_t *pool,
    const ngx_http_phone_verify_asked_t *asked, ngx_str_t *body,
    ngx_http_phone_verify_sinch_answer_t *a)
{
    char   *nonsense;
    cJSON  *json;

    json = ngx_http_phone_verify_json_parse(pool, body, 0);

    if (a->http_status >= 400) {
        ngx_http_phone_verify_answer_refusal(json, a);
        return;
    }

    if (a->http_status != 200) {
        nonsense = "not an answer of the API";

    } else if (json == NULL) {
        nonsense = "not JSON";

    } else {
        nonsense = ngx_http_phone_verify_answer_verification(json, asked, a);
    }

    if (nonsense == NULL) {
        a->outcome = NGX_HTTP_PHONE_VERIFY_SINCH_ANSWERED;
        return;
    }

    a->outcome = NGX_HTTP_PHONE_VERIFY_SINCH_NONSENSE;
    a->status = NGX_HTTP_PHONE_VERIFY_NONE;
    a->reason = NGX_HTTP_PHONE_VERIFY_REASON_NONE;
    a->error.data = (u_char *) nonsense;
    a->error.len = ngx_strlen(nonsense);
}


static void
ngx_http_phone_verify_answer_refusal(const cJSON *json,
    ngx_http_phone_verify_sinch_answer_t *a)
{
    ngx_str_t  support;

    a->outcome = NGX_HTTP_PHONE_VERIFY_SINCH_REFUSED;

    /* a gateway may answer with anything: then the HTTP status has to do */

    if (ngx_http_phone_verify_answer_error_code(json, a) != NGX_OK) {
        a->error_code = 0;
    }

    if (ngx_http_phone_verify_member_text(json, "reference",
                                     NGX_HTTP_PHONE_VERIFY_SINCH_REFERENCE_MAX,
                                     &support)
        == NGX_OK
        && ngx_http_phone_verify_check_segment(&support,
                                     NGX_HTTP_PHONE_VERIFY_SINCH_REFERENCE_MAX)
           == NGX_OK)
    {
        a->support = support;
    }

    a->error = *ngx_http_phone_verify_sinch_error(a->http_status,
                                                  a->error_code);
}


/* An integer, or the same as a string: the documents differ. */

static ngx_int_t
ngx_http_phone_verify_answer_error_code(const cJSON *json,
    ngx_http_phone_verify_sinch_answer_t *a)
{
    ngx_int_t  n;
    ngx_str_t  text;

    if (ngx_http_phone_verify_member_count(json, "errorCode", 99999,
                                           &a->error_code)
        == NGX_OK)
    {
        return NGX_OK;
    }

    if (ngx_http_phone_verify_member_text(json, "errorCode", 5, &text)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    n = ngx_atoi(text.data, text.len);
    if (n == NGX_ERROR) {
        return NGX_DECLINED;
    }

    a->error_code = (ngx_uint_t) n;

    return NGX_OK;
}


/* What is wrong with it, or NULL: nothing. */

static char *
ngx_http_phone_verify_answer_verification(const cJSON *json,
    const ngx_http_phone_verify_asked_t *asked,
    ngx_http_phone_verify_sinch_answer_t *a)
{
    cJSON       *id, *identity;
    ngx_int_t    rc;
    ngx_str_t    name;
    ngx_uint_t   start;

    start = (asked->what == NGX_HTTP_PHONE_VERIFY_ASKED_START);

    if (!cJSON_IsObject(json)) {
        return "not an object";
    }

    /* an id that is there has to be good, because it goes into paths */

    rc = ngx_http_phone_verify_json_member(json, "id", &id);

    if (rc == NGX_ERROR || (rc == NGX_DECLINED && start)) {
        return "no id, or two";
    }

    if (rc == NGX_OK
        && (ngx_http_phone_verify_member_text(json, "id",
                                      NGX_HTTP_PHONE_VERIFY_SINCH_ID_MAX,
                                      &a->id)
            != NGX_OK
            || ngx_http_phone_verify_check_segment(&a->id,
                                           NGX_HTTP_PHONE_VERIFY_SINCH_ID_MAX)
               != NGX_OK))
    {
        ngx_str_null(&a->id);
        return "malformed id";
    }

    a->method = NGX_HTTP_PHONE_VERIFY_NO_METHOD;

    rc = ngx_http_phone_verify_member_text(json, "method", 32, &name);

    if (rc == NGX_OK) {
        a->method = ngx_http_phone_verify_method(&name);
    }

    if (rc == NGX_ERROR
        || ngx_http_phone_verify_answer_texts(json, a) == NGX_ERROR)
    {
        return "a member stands twice";
    }

    rc = ngx_http_phone_verify_member_object(json, "identity", &identity);

    if (rc == NGX_OK) {
        rc = ngx_http_phone_verify_member_text(identity, "endpoint", 32,
                                               &a->number);
    }

    if (rc == NGX_ERROR) {
        return "two identities";
    }

    if (start) {

        /* not told, and were it told, a start could not be a success */

        a->status = NGX_HTTP_PHONE_VERIFY_PENDING;

    } else if (ngx_http_phone_verify_answer_status(json, a) != NGX_OK) {
        return "no status, or two";
    }

    if (ngx_http_phone_verify_answer_other(asked, a)) {
        return "of another verification";
    }

    if (start) {
        return ngx_http_phone_verify_answer_extras(json, asked->method, a);
    }

    if (ngx_http_phone_verify_answer_price(json, a) == NGX_ERROR) {
        return "two prices";
    }

    return NULL;
}


static ngx_int_t
ngx_http_phone_verify_answer_status(const cJSON *json,
    ngx_http_phone_verify_sinch_answer_t *a)
{
    ngx_int_t   rc;
    ngx_str_t   status, reason;

    /* of any length: a word that is not known is not a mistake */

    rc = ngx_http_phone_verify_member_text(json, "status", NGX_MAX_INT32_VALUE,
                                           &status);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_phone_verify_member_text(json, "reason", NGX_MAX_INT32_VALUE,
                                           &reason);
    if (rc == NGX_ERROR) {
        return rc;
    }

    a->status = ngx_http_phone_verify_status(&status);

    if (rc == NGX_OK) {
        a->reason = ngx_http_phone_verify_reason(&reason);
    }

    return NGX_OK;
}


/* Members that are good to know, and no harm when they are not. */

static ngx_int_t
ngx_http_phone_verify_answer_texts(const cJSON *json,
    ngx_http_phone_verify_sinch_answer_t *a)
{
    cJSON                                      *complete;
    u_char                                     *base;
    ngx_int_t                                   rc;
    const ngx_http_phone_verify_answer_text_t  *t;

    base = (u_char *) a;

    for (t = ngx_http_phone_verify_answer_members; t->name; t++) {
        rc = ngx_http_phone_verify_member_text(json, t->name, t->max,
                                            (ngx_str_t *) (base + t->offset));
        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }
    }

    /* ISO 3166-1 alpha-2; it may end up in a header */

    if (a->country.len != 2
        || a->country.data[0] < 'A' || a->country.data[0] > 'Z'
        || a->country.data[1] < 'A' || a->country.data[1] > 'Z')
    {
        ngx_str_null(&a->country);
    }

    rc = ngx_http_phone_verify_json_member(json, "callComplete", &complete);

    if (rc == NGX_OK && cJSON_IsBool(complete)) {
        a->has_call_complete = 1;
        a->call_complete = cJSON_IsTrue(complete) ? 1 : 0;
    }

    return rc;
}


static ngx_int_t
ngx_http_phone_verify_answer_price(const cJSON *json,
    ngx_http_phone_verify_sinch_answer_t *a)
{
    cJSON       *price;
    ngx_int_t    rc;
    ngx_uint_t   invalid;

    rc = ngx_http_phone_verify_member_object(json, "price", &price);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_phone_verify_member_money(price, "verificationPrice",
                                            &a->currency, &a->price,
                                            &invalid);
    if (rc == NGX_OK) {
        a->has_price = 1;
    }

    return rc;
}


/* What a start's answer tells the client; what is wrong with it, or NULL. */

static char *
ngx_http_phone_verify_answer_extras(const cJSON *json, ngx_uint_t method,
    ngx_http_phone_verify_sinch_answer_t *a)
{
    cJSON       *object;
    ngx_int_t    rc;
    const char  *name;

    name = (char *) ngx_http_phone_verify_methods[method].object.data;

    rc = ngx_http_phone_verify_member_object(json, name, &object);
    if (rc == NGX_DECLINED) {
        object = NULL;
    }

    if (rc == NGX_ERROR) {
        return "a member stands twice";
    }

    switch (method) {

    case NGX_HTTP_PHONE_VERIFY_FLASHCALL:

        if (ngx_http_phone_verify_member_text(object, "cliFilter", 256,
                                              &a->cli_filter)
            == NGX_ERROR)
        {
            return "two cliFilters";
        }

        a->has_report_timeout =
            ngx_http_phone_verify_member_count(object, "reportTimeout",
                                              NGX_HTTP_PHONE_VERIFY_DAY,
                                              &a->report_timeout)
            == NGX_OK;

        a->has_deny_call_after =
            ngx_http_phone_verify_member_count(object, "denyCallAfter",
                                              NGX_HTTP_PHONE_VERIFY_DAY,
                                              &a->deny_call_after)
            == NGX_OK;

        /* fall through */

    case NGX_HTTP_PHONE_VERIFY_SMS:

        a->has_interception_timeout =
            ngx_http_phone_verify_member_count(object, "interceptionTimeout",
                                              NGX_HTTP_PHONE_VERIFY_DAY,
                                              &a->interception_timeout)
            == NGX_OK;
        break;

    case NGX_HTTP_PHONE_VERIFY_SEAMLESS:

        if (ngx_http_phone_verify_member_text(object, "targetUri",
                                              NGX_HTTP_PHONE_VERIFY_TARGET_MAX,
                                              &a->target_uri)
            != NGX_OK
            || ngx_http_phone_verify_answer_target(&a->target_uri) != NGX_OK)
        {
            ngx_str_null(&a->target_uri);
            return "no targetUri of https";
        }

        break;
    }

    return NULL;
}


/* Whether an answer is about another verification than the one asked for. */

static ngx_uint_t
ngx_http_phone_verify_answer_other(const ngx_http_phone_verify_asked_t *asked,
    ngx_http_phone_verify_sinch_answer_t *a)
{
    if (asked->method != NGX_HTTP_PHONE_VERIFY_NO_METHOD
        && a->method != NGX_HTTP_PHONE_VERIFY_NO_METHOD
        && a->method != asked->method)
    {
        return 1;
    }

    if (asked->id.len && a->id.len
        && (a->id.len != asked->id.len
            || ngx_strncasecmp(a->id.data, asked->id.data, a->id.len) != 0))
    {
        return 1;
    }

    if (asked->reference.len && a->reference.len
        && (a->reference.len != asked->reference.len
            || ngx_memcmp(a->reference.data, asked->reference.data,
                          a->reference.len)
               != 0))
    {
        return 1;
    }

    if (asked->number.len && a->number.len
        && (a->number.len != asked->number.len
            || ngx_memcmp(a->number.data, asked->number.data, a->number.len)
               != 0))
    {
        return 1;
    }

    return 0;
}


/*
 * A client is sent to this address, so it is one of https, in visible ASCII,
 * and its host is what it looks like.
 */

static ngx_int_t
ngx_http_phone_verify_answer_target(ngx_str_t *uri)
{
    u_char      ch;
    size_t      i, scheme;
    ngx_uint_t  host;

    scheme = sizeof("https://") - 1;

    if (uri->len <= scheme
        || ngx_strncasecmp(uri->data, (u_char *) "https://", scheme) != 0)
    {
        return NGX_DECLINED;
    }

    host = 1;

    for (i = scheme; i < uri->len; i++) {
        ch = uri->data[i];

        if (ch <= ' ' || ch >= 0x7f || ngx_strchr("\"'<>\\^`{|}", ch)) {
            return NGX_DECLINED;
        }

        if (ch == '/' || ch == '?' || ch == '#') {

            if (i == scheme) {
                return NGX_DECLINED;
            }

            host = 0;
        }

        if (host && ch == '@') {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}
