
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/conf.h"
#include "endpoints/endpoint.h"
#include "endpoints/reply.h"
#include "session/answer.h"
#include "sinch/writer.h"
#include "verification/store/meter.h"


static ngx_int_t ngx_http_phone_verify_reply_members(ngx_http_request_t *r,
    ngx_uint_t error, const ngx_http_phone_verify_view_t *view,
    ngx_str_t *members);
static void ngx_http_phone_verify_reply_extras(
    ngx_http_phone_verify_writer_t *w, ngx_uint_t method,
    const ngx_http_phone_verify_sinch_answer_t *answer);


ngx_int_t
ngx_http_phone_verify_reply_error(ngx_http_phone_verify_input_t *in,
    ngx_uint_t error, ngx_uint_t retry_after,
    const ngx_http_phone_verify_view_t *view)
{
    ngx_str_t            members;
    ngx_http_request_t  *r;

    r = in->request;

    if (ngx_http_phone_verify_reply_by_page(in)) {
        return ngx_http_phone_verify_reply_page(in, error);
    }

    if (ngx_http_phone_verify_reply_members(r, error, view, &members)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_phone_verify_send_problem(r, error, retry_after, &members);
}


ngx_int_t
ngx_http_phone_verify_reply_refused(ngx_http_phone_verify_input_t *in,
    ngx_uint_t error, const ngx_http_phone_verify_view_t *view)
{
    ngx_uint_t                               level;
    const ngx_http_phone_verify_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(in->request,
                                       ngx_http_phone_verify_module);

    level = (error == NGX_HTTP_PHONE_VERIFY_INTERNAL_ERROR) ? NGX_LOG_ERR
                                                            : NGX_LOG_INFO;

    /* that of another site is a rule's, which has told of it */

    if (error != NGX_HTTP_PHONE_VERIFY_CROSS_SITE) {
        ngx_log_error(level, in->request->connection->log, 0,
                      "phone_verify: refused, %V, app \"%V\"",
                      &ngx_http_phone_verify_errors[error].code,
                      &in->app->name);
    }

    if (lcf->handler == ngx_http_phone_verify_start_handler) {
        ngx_http_phone_verify_meter_count(in->app->zone,
                                   NGX_HTTP_PHONE_VERIFY_METER_STARTS + error);

    } else if (lcf->handler == ngx_http_phone_verify_report_handler) {
        ngx_http_phone_verify_meter_count(in->app->zone,
                                  NGX_HTTP_PHONE_VERIFY_METER_REPORTS + error);
    }

    return ngx_http_phone_verify_reply_error(in, error, 0, view);
}


/*
 * "status" is the HTTP status in a problem object (RFC 9457), so that of the
 * verification has a longer name there.
 */

static ngx_int_t
ngx_http_phone_verify_reply_members(ngx_http_request_t *r, ngx_uint_t error,
    const ngx_http_phone_verify_view_t *view, ngx_str_t *members)
{
    const ngx_str_t                 *reason;
    ngx_http_phone_verify_writer_t   w;

    if (view == NULL || view->status == NGX_HTTP_PHONE_VERIFY_NONE) {
        ngx_str_null(members);
        return NGX_OK;
    }

    ngx_http_phone_verify_writer_init(&w, r->pool, 256);

    w.comma = 1;

    ngx_http_phone_verify_writer_string(&w, "verification_status",
                              ngx_http_phone_verify_status_name(view->status));

    reason = ngx_http_phone_verify_reason_name(view->reason);

    if (reason->len) {
        ngx_http_phone_verify_writer_string(&w, "reason", reason);
    }

    if (error == NGX_HTTP_PHONE_VERIFY_INVALID_CODE && !view->attempts_off) {
        ngx_http_phone_verify_writer_number(&w, "attempts_left",
                                            view->attempts_left);
    }

    return ngx_http_phone_verify_writer_end(&w, members);
}


ngx_int_t
ngx_http_phone_verify_reply_status(ngx_http_request_t *r,
    const ngx_http_phone_verify_view_t *view,
    const ngx_http_phone_verify_sinch_answer_t *answer)
{
    ngx_str_t  body;

    if (ngx_http_phone_verify_status_json(r->pool, view, answer, &body)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_phone_verify_send_json(r, NGX_HTTP_OK, &body);
}


ngx_int_t
ngx_http_phone_verify_status_json(ngx_pool_t *pool,
    const ngx_http_phone_verify_view_t *view,
    const ngx_http_phone_verify_sinch_answer_t *answer, ngx_str_t *body)
{
    u_char                           text[NGX_HTTP_PHONE_VERIFY_NUMBER_LEN];
    size_t                           size;
    ngx_str_t                        number;
    const ngx_str_t                 *reason;
    ngx_http_phone_verify_writer_t   w;

    size = 1024;

    if (answer) {

        /* as many bytes as an escape may need */

        size += 6 * (answer->cli_filter.len + answer->target_uri.len);
    }

    ngx_http_phone_verify_writer_init(&w, pool, size);
    ngx_http_phone_verify_writer_open(&w, NULL, '{');

    ngx_http_phone_verify_writer_string(&w, "status",
                              ngx_http_phone_verify_status_name(view->status));

    reason = ngx_http_phone_verify_reason_name(view->reason);

    if (reason->len) {
        ngx_http_phone_verify_writer_string(&w, "reason", reason);
    }

    if (view->status != NGX_HTTP_PHONE_VERIFY_NONE) {
        ngx_http_phone_verify_writer_string(&w, "method",
                           &ngx_http_phone_verify_methods[view->method].name);

        number.data = text;
        number.len = ngx_http_phone_verify_number_mask(text, view->number)
                     - text;

        ngx_http_phone_verify_writer_string(&w, "number", &number);
        ngx_http_phone_verify_writer_number(&w, "expires_in",
                                            view->expires_in);
    }

    if (view->status == NGX_HTTP_PHONE_VERIFY_PENDING) {
        ngx_http_phone_verify_writer_flag(&w, "delivered", view->delivered);
        ngx_http_phone_verify_writer_number(&w, "resend_in", view->resend_in);

        if (!view->attempts_off) {
            ngx_http_phone_verify_writer_number(&w, "attempts_left",
                                                view->attempts_left);
        }

        if (answer) {
            ngx_http_phone_verify_reply_extras(&w, view->method, answer);
        }
    }

    ngx_http_phone_verify_writer_close(&w, '}');

    return ngx_http_phone_verify_writer_end(&w, body);
}


/* What the client needs for its part of a method (section 3, the answer). */

static void
ngx_http_phone_verify_reply_extras(ngx_http_phone_verify_writer_t *w,
    ngx_uint_t method, const ngx_http_phone_verify_sinch_answer_t *answer)
{
    u_char                          *start;
    ngx_http_phone_verify_writer_t   before;

    if (method != NGX_HTTP_PHONE_VERIFY_FLASHCALL
        && method != NGX_HTTP_PHONE_VERIFY_SEAMLESS)
    {
        return;
    }

    before = *w;

    ngx_http_phone_verify_writer_open(w,
                   (char *) ngx_http_phone_verify_methods[method].object.data,
                   '{');
    start = w->pos;

    if (method == NGX_HTTP_PHONE_VERIFY_FLASHCALL) {

        if (answer->cli_filter.len) {
            ngx_http_phone_verify_writer_string(w, "cliFilter",
                                                &answer->cli_filter);
        }

        if (answer->has_interception_timeout) {
            ngx_http_phone_verify_writer_number(w, "interceptionTimeout",
                                                answer->interception_timeout);
        }

        if (answer->has_report_timeout) {
            ngx_http_phone_verify_writer_number(w, "reportTimeout",
                                                answer->report_timeout);
        }

        if (answer->has_deny_call_after) {
            ngx_http_phone_verify_writer_number(w, "denyCallAfter",
                                                answer->deny_call_after);
        }
    }

    if (method == NGX_HTTP_PHONE_VERIFY_SEAMLESS && answer->target_uri.len) {
        ngx_http_phone_verify_writer_string(w, "targetUri",
                                            &answer->target_uri);
    }

    if (w->pos == start) {
        *w = before;
        return;
    }

    ngx_http_phone_verify_writer_close(w, '}');
}


ngx_uint_t
ngx_http_phone_verify_reply_by_page(ngx_http_phone_verify_input_t *in)
{
    const ngx_http_phone_verify_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(in->request,
                                       ngx_http_phone_verify_module);

    /* as at a gate: with an empty value there is no page */

    return in->browser && lcf->page
           && ngx_http_complex_value(in->request, lcf->page, &in->page)
              == NGX_OK
           && in->page.len;
}


ngx_int_t
ngx_http_phone_verify_reply_page(ngx_http_phone_verify_input_t *in,
    ngx_uint_t error)
{
    return ngx_http_phone_verify_send_to_page(in->request, &in->page, error,
                                              &in->return_path);
}


ngx_int_t
ngx_http_phone_verify_reply_return(ngx_http_phone_verify_input_t *in)
{
    return ngx_http_phone_verify_send_redirect(in->request, &in->return_path);
}
