
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/call.h"
#include "sinch/check.h"
#include "sinch/request.h"


static ngx_http_phone_verify_sinch_call_t *ngx_http_phone_verify_call_query(
    const ngx_http_phone_verify_sinch_t *sinch,
    ngx_http_phone_verify_asked_t *asked, const ngx_str_t *segments,
    ngx_uint_t n, ngx_http_phone_verify_sinch_handler_pt handler, void *data,
    ngx_log_t *log, ngx_uint_t *outcome);
static ngx_int_t ngx_http_phone_verify_call_language(
    ngx_http_phone_verify_sinch_call_t *call, const ngx_str_t *language);


ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_sinch_start(const ngx_http_phone_verify_sinch_t *sinch,
    const ngx_http_phone_verify_sinch_request_t *request,
    ngx_http_phone_verify_sinch_handler_pt handler, void *data,
    ngx_log_t *log, ngx_uint_t *outcome)
{
    ngx_http_phone_verify_asked_t        asked;
    ngx_http_phone_verify_sinch_call_t  *call;

    *outcome = NGX_HTTP_PHONE_VERIFY_SINCH_NOT_SENT;

    if (ngx_http_phone_verify_check_request(request) != NGX_OK) {
        return NULL;
    }

    ngx_memzero(&asked, sizeof(ngx_http_phone_verify_asked_t));

    asked.what = NGX_HTTP_PHONE_VERIFY_ASKED_START;
    asked.method = request->method;

    call = ngx_http_phone_verify_call_create(sinch, "POST", &asked, handler,
                                             data);
    if (call == NULL) {
        return NULL;
    }

    if (ngx_http_phone_verify_request_path(call->pool, NULL, 0, &call->path)
        != NGX_OK
        || ngx_http_phone_verify_request_start(call->pool, request,
                                               &call->body)
           != NGX_OK
        || ngx_http_phone_verify_call_language(call, &request->language)
           != NGX_OK)
    {
        return ngx_http_phone_verify_call_discard(call);
    }

    return ngx_http_phone_verify_call_send(call, log, outcome);
}


ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_sinch_report(const ngx_http_phone_verify_sinch_t *sinch,
    ngx_str_t *id, ngx_str_t *number, ngx_uint_t method, ngx_str_t *proof,
    ngx_http_phone_verify_sinch_handler_pt handler, void *data,
    ngx_log_t *log, ngx_uint_t *outcome)
{
    ngx_str_t                            segments[2];
    ngx_http_phone_verify_asked_t        asked;
    ngx_http_phone_verify_sinch_call_t  *call;

    *outcome = NGX_HTTP_PHONE_VERIFY_SINCH_NOT_SENT;

    ngx_memzero(&asked, sizeof(ngx_http_phone_verify_asked_t));

    asked.what = NGX_HTTP_PHONE_VERIFY_ASKED_REPORT;
    asked.method = method;

    if (id->len) {
        if (ngx_http_phone_verify_check_segment(id,
                                            NGX_HTTP_PHONE_VERIFY_SINCH_ID_MAX)
            != NGX_OK)
        {
            return NULL;
        }

        asked.id = *id;

        ngx_str_set(&segments[0], "id");
        segments[1] = *id;

    } else {
        if (ngx_http_phone_verify_check_number(number) != NGX_OK) {
            return NULL;
        }

        asked.number = *number;

        ngx_str_set(&segments[0], "number");
        segments[1] = *number;
    }

    if (ngx_http_phone_verify_check_proof(method, proof) != NGX_OK) {
        return NULL;
    }

    call = ngx_http_phone_verify_call_create(sinch, "PUT", &asked, handler,
                                             data);
    if (call == NULL) {
        return NULL;
    }

    if (ngx_http_phone_verify_request_path(call->pool, segments, 2,
                                           &call->path)
        != NGX_OK
        || ngx_http_phone_verify_request_report(call->pool, method,
                                                proof, &call->body)
           != NGX_OK)
    {
        return ngx_http_phone_verify_call_discard(call);
    }

    return ngx_http_phone_verify_call_send(call, log, outcome);
}


ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_sinch_by_id(const ngx_http_phone_verify_sinch_t *sinch,
    ngx_str_t *id, ngx_http_phone_verify_sinch_handler_pt handler, void *data,
    ngx_log_t *log, ngx_uint_t *outcome)
{
    ngx_str_t                      segments[2];
    ngx_http_phone_verify_asked_t  asked;

    *outcome = NGX_HTTP_PHONE_VERIFY_SINCH_NOT_SENT;

    if (ngx_http_phone_verify_check_segment(id,
                                            NGX_HTTP_PHONE_VERIFY_SINCH_ID_MAX)
        != NGX_OK)
    {
        return NULL;
    }

    ngx_memzero(&asked, sizeof(ngx_http_phone_verify_asked_t));

    asked.method = NGX_HTTP_PHONE_VERIFY_NO_METHOD;
    asked.id = *id;

    ngx_str_set(&segments[0], "id");
    segments[1] = *id;

    return ngx_http_phone_verify_call_query(sinch, &asked, segments, 2,
                                            handler, data, log, outcome);
}


ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_sinch_by_reference(
    const ngx_http_phone_verify_sinch_t *sinch, ngx_str_t *reference,
    ngx_http_phone_verify_sinch_handler_pt handler, void *data,
    ngx_log_t *log, ngx_uint_t *outcome)
{
    ngx_str_t                      segments[2];
    ngx_http_phone_verify_asked_t  asked;

    *outcome = NGX_HTTP_PHONE_VERIFY_SINCH_NOT_SENT;

    if (ngx_http_phone_verify_check_segment(reference,
                                     NGX_HTTP_PHONE_VERIFY_SINCH_REFERENCE_MAX)
        != NGX_OK)
    {
        return NULL;
    }

    ngx_memzero(&asked, sizeof(ngx_http_phone_verify_asked_t));

    asked.method = NGX_HTTP_PHONE_VERIFY_NO_METHOD;
    asked.reference = *reference;

    ngx_str_set(&segments[0], "reference");
    segments[1] = *reference;

    return ngx_http_phone_verify_call_query(sinch, &asked, segments, 2,
                                            handler, data, log, outcome);
}


ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_sinch_by_number(
    const ngx_http_phone_verify_sinch_t *sinch, ngx_uint_t method,
    ngx_str_t *number, ngx_http_phone_verify_sinch_handler_pt handler,
    void *data, ngx_log_t *log, ngx_uint_t *outcome)
{
    ngx_str_t                      segments[3];
    ngx_http_phone_verify_asked_t  asked;

    *outcome = NGX_HTTP_PHONE_VERIFY_SINCH_NOT_SENT;

    if (method >= NGX_HTTP_PHONE_VERIFY_METHODS
        || ngx_http_phone_verify_check_number(number) != NGX_OK)
    {
        return NULL;
    }

    ngx_memzero(&asked, sizeof(ngx_http_phone_verify_asked_t));

    asked.method = method;
    asked.number = *number;

    segments[0] = ngx_http_phone_verify_methods[method].name;
    ngx_str_set(&segments[1], "number");
    segments[2] = *number;

    return ngx_http_phone_verify_call_query(sinch, &asked, segments, 3,
                                            handler, data, log, outcome);
}


void
ngx_http_phone_verify_sinch_detach(ngx_http_phone_verify_sinch_call_t *call)
{
    ngx_http_phone_verify_transfer_detach(call->transfer);
}


static ngx_http_phone_verify_sinch_call_t *
ngx_http_phone_verify_call_query(const ngx_http_phone_verify_sinch_t *sinch,
    ngx_http_phone_verify_asked_t *asked, const ngx_str_t *segments,
    ngx_uint_t n, ngx_http_phone_verify_sinch_handler_pt handler, void *data,
    ngx_log_t *log, ngx_uint_t *outcome)
{
    ngx_http_phone_verify_sinch_call_t  *call;

    asked->what = NGX_HTTP_PHONE_VERIFY_ASKED_STATUS;

    call = ngx_http_phone_verify_call_create(sinch, "GET", asked, handler,
                                             data);
    if (call == NULL) {
        return NULL;
    }

    if (ngx_http_phone_verify_request_path(call->pool, segments, n,
                                           &call->path)
        != NGX_OK)
    {
        return ngx_http_phone_verify_call_discard(call);
    }

    return ngx_http_phone_verify_call_send(call, log, outcome);
}


static ngx_int_t
ngx_http_phone_verify_call_language(ngx_http_phone_verify_sinch_call_t *call,
    const ngx_str_t *language)
{
    if (language->len == 0) {
        return NGX_OK;
    }

    call->language.len = language->len;
    call->language.data = ngx_pnalloc(call->pool, language->len);

    if (call->language.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(call->language.data, language->data, language->len);

    return NGX_OK;
}
