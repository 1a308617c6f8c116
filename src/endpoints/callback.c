
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/conf.h"
#include "endpoints/body.h"
#include "endpoints/endpoint.h"
#include "endpoints/input.h"
#include "session/answer.h"
#include "verification/callback.h"
#include "verification/code.h"
#include "verification/replay.h"
#include "verification/store/meter.h"


/* phone_verify_callback: what Sinch sends, and what it is answered */


#define NGX_HTTP_PHONE_VERIFY_CALLBACK_MAX  65536


static void ngx_http_phone_verify_callback_body(ngx_http_request_t *r);
static ngx_int_t ngx_http_phone_verify_callback_answer(ngx_http_request_t *r);
static ngx_int_t ngx_http_phone_verify_callback_signed(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app, ngx_str_t *body,
    ngx_str_t *authorization, ngx_uint_t *heard);
static ngx_int_t ngx_http_phone_verify_callback_refuse(ngx_http_request_t *r,
    ngx_uint_t heard);
static void ngx_http_phone_verify_callback_heard(ngx_http_request_t *r,
    ngx_uint_t heard);
static ngx_int_t ngx_http_phone_verify_single_header(ngx_http_request_t *r,
    const char *name, ngx_str_t *value);


ngx_int_t
ngx_http_phone_verify_callback_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;
    ngx_str_t  authorization;

    if (r != r->main) {
        return NGX_HTTP_FORBIDDEN;
    }

    if (r->method != NGX_HTTP_POST) {
        return ngx_http_phone_verify_not_allowed(r, NGX_HTTP_POST);
    }

    /* a flood without a signature costs no more than this */

    if (ngx_http_phone_verify_single_header(r, "authorization", &authorization)
        != NGX_OK || authorization.len == 0)
    {
        return ngx_http_phone_verify_callback_refuse(r,
                                         NGX_HTTP_PHONE_VERIFY_HEARD_UNSIGNED);
    }

    if (r->headers_in.content_length_n > NGX_HTTP_PHONE_VERIFY_CALLBACK_MAX) {
        ngx_http_phone_verify_callback_heard(r,
                                        NGX_HTTP_PHONE_VERIFY_HEARD_TOO_LARGE);
        return ngx_http_phone_verify_send_problem(r,
                                     NGX_HTTP_PHONE_VERIFY_TOO_LARGE, 0, NULL);
    }

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r,
                                          ngx_http_phone_verify_callback_body);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


static void
ngx_http_phone_verify_callback_body(ngx_http_request_t *r)
{
    ngx_http_finalize_request(r, ngx_http_phone_verify_callback_answer(r));
}


static ngx_int_t
ngx_http_phone_verify_callback_answer(ngx_http_request_t *r)
{
    u_char                               code[NGX_HTTP_PHONE_VERIFY_CODE_MAX];
    ngx_int_t                            rc;
    ngx_str_t                            body, answer, authorization;
    ngx_uint_t                           replay, heard;
    ngx_http_phone_verify_event_t        event;
    ngx_http_phone_verify_permission_t   permission;
    const ngx_http_phone_verify_app_t   *app;

    app = ngx_http_phone_verify_location_app(r);

    rc = ngx_http_phone_verify_body(r, NGX_HTTP_PHONE_VERIFY_CALLBACK_MAX,
                                    &body);
    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_DECLINED) {
        ngx_http_phone_verify_callback_heard(r,
                                        NGX_HTTP_PHONE_VERIFY_HEARD_TOO_LARGE);
        return ngx_http_phone_verify_send_problem(r,
                                     NGX_HTTP_PHONE_VERIFY_TOO_LARGE, 0, NULL);
    }

    if (ngx_http_phone_verify_callback_signed(r, app, &body, &authorization,
                                              &heard)
        != NGX_OK)
    {
        return ngx_http_phone_verify_callback_refuse(r, heard);
    }

    /* only now is it worth being parsed */

    if (ngx_http_phone_verify_event_read(r->pool, &body, &event) != NGX_OK) {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "phone_verify: a callback that is signed makes no "
                      "sense");
        ngx_http_phone_verify_callback_heard(r,
                                        NGX_HTTP_PHONE_VERIFY_HEARD_MALFORMED);
        return ngx_http_phone_verify_send_problem(r,
                               NGX_HTTP_PHONE_VERIFY_INVALID_REQUEST, 0, NULL);
    }

    /*
     * The same bytes once more: Sinch repeats what was not answered in time,
     * so a request is decided again, as before; a result has been heard.  The
     * signature tells, not the header, whose scheme may be spelled anyhow.
     */

    authorization.data += authorization.len
                          - NGX_HTTP_PHONE_VERIFY_SIGNATURE_LEN;
    authorization.len = NGX_HTTP_PHONE_VERIFY_SIGNATURE_LEN;

    replay = ngx_http_phone_verify_replayed(app, &authorization);

    if (replay && event.event != NGX_HTTP_PHONE_VERIFY_EVENT_REQUEST) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "phone_verify: a callback was repeated");

        ngx_http_phone_verify_callback_heard(r,
                                         NGX_HTTP_PHONE_VERIFY_HEARD_REPLAYED);

        ngx_str_set(&answer, "{}");
        return ngx_http_phone_verify_send_json(r, NGX_HTTP_OK, &answer);
    }

    ngx_memzero(&permission, sizeof(ngx_http_phone_verify_permission_t));

    ngx_http_phone_verify_callback(app, &event, replay, &permission, code,
                                   r->connection->log);

    switch (event.event) {

    case NGX_HTTP_PHONE_VERIFY_EVENT_REQUEST:
        heard = permission.allow ? NGX_HTTP_PHONE_VERIFY_HEARD_ALLOWED
                                 : NGX_HTTP_PHONE_VERIFY_HEARD_DENIED;
        break;

    case NGX_HTTP_PHONE_VERIFY_EVENT_RESULT:
        heard = NGX_HTTP_PHONE_VERIFY_HEARD_RESULT;
        break;

    case NGX_HTTP_PHONE_VERIFY_EVENT_SMS_DELIVERED:
        heard = NGX_HTTP_PHONE_VERIFY_HEARD_DELIVERY;
        break;

    default:
        heard = NGX_HTTP_PHONE_VERIFY_HEARD_OTHER;
        break;
    }

    ngx_http_phone_verify_callback_heard(r, heard);

    if (heard == NGX_HTTP_PHONE_VERIFY_HEARD_ALLOWED && event.has_price
        && !replay)
    {
        ngx_http_phone_verify_meter_cost(app->zone, &event.currency,
                                         event.price);
    }

    if (event.event != NGX_HTTP_PHONE_VERIFY_EVENT_REQUEST) {
        ngx_str_set(&answer, "{}");

    } else if (ngx_http_phone_verify_permission_write(r->pool, &permission,
                                                      &answer)
               != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_phone_verify_send_json(r, NGX_HTTP_OK, &answer);
}


/* NGX_OK: it is Sinch's; NGX_DECLINED: *heard tells what is wrong. */

static ngx_int_t
ngx_http_phone_verify_callback_signed(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app, ngx_str_t *body,
    ngx_str_t *authorization, ngx_uint_t *heard)
{
    u_char                          *query;
    int64_t                          now, sent;
    ngx_time_t                      *tp;
    ngx_http_phone_verify_signed_t   what;

    if (ngx_http_phone_verify_single_header(r, "authorization", authorization)
        != NGX_OK
        || ngx_http_phone_verify_single_header(r, "x-timestamp",
                                               &what.timestamp)
           != NGX_OK
        || ngx_http_phone_verify_single_header(r, "content-type",
                                               &what.content_type)
           != NGX_OK)
    {
        *heard = NGX_HTTP_PHONE_VERIFY_HEARD_MALFORMED;
        return NGX_DECLINED;
    }

    what.verb = r->method_name;
    what.body = *body;

    /* the path as Sinch sent it, or as it had it before a proxy rewrote it */

    if (app->callback_path.len) {
        what.path = app->callback_path;

    } else {
        what.path = r->unparsed_uri;

        query = memchr(what.path.data, '?', what.path.len);
        if (query) {
            what.path.len = query - what.path.data;
        }
    }

    tp = ngx_timeofday();
    now = (int64_t) tp->sec * 1000 + tp->msec;

    switch (ngx_http_phone_verify_callback_check(app->credentials,
                                                 app->ncredentials, &what,
                                                 authorization, now,
                                                 app->callback_skew, &sent))
    {
    case NGX_HTTP_PHONE_VERIFY_CALLBACK_VALID:
        return NGX_OK;

    case NGX_HTTP_PHONE_VERIFY_CALLBACK_STALE:
        *heard = NGX_HTTP_PHONE_VERIFY_HEARD_STALE;
        break;

    case NGX_HTTP_PHONE_VERIFY_CALLBACK_UNKNOWN:
        *heard = NGX_HTTP_PHONE_VERIFY_HEARD_UNKNOWN_KEY;
        break;

    case NGX_HTTP_PHONE_VERIFY_CALLBACK_UNSIGNED:
        *heard = NGX_HTTP_PHONE_VERIFY_HEARD_UNSIGNED;
        break;

    default:
        *heard = NGX_HTTP_PHONE_VERIFY_HEARD_BAD_SIGNATURE;
        break;
    }

    return NGX_DECLINED;
}


/* Whoever it is learns nothing from the answer. */

static ngx_int_t
ngx_http_phone_verify_callback_refuse(ngx_http_request_t *r, ngx_uint_t heard)
{
    ngx_str_t    none;
    ngx_uint_t   level;
    const char  *why;

    level = NGX_LOG_INFO;

    switch (heard) {

    case NGX_HTTP_PHONE_VERIFY_HEARD_STALE:

        /* strangers cannot sign: it is the operator's to mend */

        level = NGX_LOG_WARN;
        why = "is signed, but its time is too far from this machine's: "
              "check the clock";
        break;

    case NGX_HTTP_PHONE_VERIFY_HEARD_UNKNOWN_KEY:
        why = "is signed with another application's key";
        break;

    case NGX_HTTP_PHONE_VERIFY_HEARD_UNSIGNED:
        why = "is not signed";
        break;

    case NGX_HTTP_PHONE_VERIFY_HEARD_MALFORMED:
        why = "has a header twice";
        break;

    default:
        why = "has a wrong signature";
        break;
    }

    ngx_log_error(level, r->connection->log, 0,
                  "phone_verify: refused a callback that %s", why);

    ngx_http_phone_verify_callback_heard(r, heard);

    ngx_str_set(&none, "{}");

    return ngx_http_phone_verify_send_json(r, NGX_HTTP_UNAUTHORIZED, &none);
}


static void
ngx_http_phone_verify_callback_heard(ngx_http_request_t *r, ngx_uint_t heard)
{
    ngx_http_phone_verify_meter_count(
                                 ngx_http_phone_verify_location_app(r)->zone,
                                 NGX_HTTP_PHONE_VERIFY_METER_CALLBACKS + heard);
}


/* NGX_OK and the value, empty where absent; NGX_DECLINED: it stands twice. */

static ngx_int_t
ngx_http_phone_verify_single_header(ngx_http_request_t *r, const char *name,
    ngx_str_t *value)
{
    size_t            len;
    ngx_uint_t        i, n;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    n = 0;
    len = ngx_strlen(name);

    ngx_str_null(value);

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == len && ngx_memcmp(h[i].lowcase_key, name, len) == 0)
        {
            *value = h[i].value;
            n++;
        }
    }

    return n > 1 ? NGX_DECLINED : NGX_OK;
}
