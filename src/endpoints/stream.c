
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "endpoints/reply.h"
#include "endpoints/status.h"
#include "endpoints/stream.h"
#include "endpoints/wait.h"
#include "session/answer.h"


static ngx_int_t ngx_http_phone_verify_stream_ready(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s, ngx_uint_t over);
static ngx_int_t ngx_http_phone_verify_stream_event(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s, const ngx_http_phone_verify_app_t *app,
    ngx_uint_t last, ngx_uint_t *status);


ngx_uint_t
ngx_http_phone_verify_stream_wanted(ngx_http_request_t *r)
{
    ngx_str_t  *accept;

    if (r->method != NGX_HTTP_GET) {
        return 0;
    }

    accept = ngx_http_phone_verify_request_header(r, "accept",
                                                  sizeof("accept") - 1);

    return accept
           && ngx_strlcasestrn(accept->data, accept->data + accept->len,
                               (u_char *) "text/event-stream",
                               sizeof("text/event-stream") - 2)
              != NULL;
}


ngx_int_t
ngx_http_phone_verify_stream(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s, const ngx_http_phone_verify_app_t *app)
{
    ngx_int_t   rc;
    ngx_str_t   no;
    ngx_uint_t  status;

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_phone_verify_no_store(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* a proxy before us must not keep events back */

    ngx_str_set(&no, "no");

    if (ngx_http_phone_verify_push_header(r, "X-Accel-Buffering", &no)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = NGX_HTTP_OK;
    ngx_str_set(&r->headers_out.content_type, "text/event-stream");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    ngx_http_clear_content_length(r);

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    rc = ngx_http_phone_verify_stream_event(r, s, app, 0, &status);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (status == NGX_HTTP_PHONE_VERIFY_PENDING) {

        rc = ngx_http_phone_verify_wait(r, s, app,
                                        NGX_HTTP_PHONE_VERIFY_WAIT_MAX,
                                        ngx_http_phone_verify_stream_ready);
        if (rc == NGX_DONE) {
            return NGX_DONE;
        }
    }

    return ngx_http_send_special(r, NGX_HTTP_LAST);
}


static ngx_int_t
ngx_http_phone_verify_stream_ready(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s, ngx_uint_t over)
{
    ngx_uint_t  status;

    if (ngx_http_phone_verify_stream_event(r, s,
                                     ngx_http_phone_verify_location_app(r),
                                     over, &status)
        == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    if (!over && status == NGX_HTTP_PHONE_VERIFY_PENDING) {
        return NGX_AGAIN;
    }

    return ngx_http_send_special(r, NGX_HTTP_LAST);
}


/* "over": nothing has changed, so nothing is said. */

static ngx_int_t
ngx_http_phone_verify_stream_event(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s, const ngx_http_phone_verify_app_t *app,
    ngx_uint_t over, ngx_uint_t *status)
{
    size_t                                len;
    ngx_buf_t                            *b;
    ngx_str_t                             json;
    ngx_chain_t                           out;
    ngx_http_phone_verify_view_t          view;
    const ngx_http_phone_verify_view_t   *known;
    ngx_http_phone_verify_sinch_answer_t  answer;

    if (over) {
        *status = NGX_HTTP_PHONE_VERIFY_PENDING;
        return NGX_OK;
    }

    ngx_http_phone_verify_status_view(s, app, 0, &view);

    /* a success that waits to be fetched: the next request has its grant */

    known = ngx_http_phone_verify_session_view(s);

    if (known && known->claimable) {
        view = *known;
    }

    *status = view.status;

    ngx_http_phone_verify_status_answer(&view,
                                     ngx_http_phone_verify_session_pending(s),
                                     &answer);

    if (ngx_http_phone_verify_status_json(r->pool, &view, &answer, &json)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    len = sizeof("event: status\ndata: \n\n") - 1 + json.len;

    b = ngx_create_temp_buf(r->pool, len);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->last = ngx_sprintf(b->last, "event: status\ndata: %V\n\n", &json);
    b->flush = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}
