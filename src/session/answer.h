
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_ANSWER_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_ANSWER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "verification/error.h"


/*
 * Answers in this module's own form, for gate and endpoints: JSON, errors as
 * application/problem+json (RFC 9457), always "Cache-Control: no-store", a
 * relative Location.
 */


/*
 * Send "body" as application/json with "status"; NULL body: no content.
 * Return what a content handler returns.
 */

ngx_int_t ngx_http_phone_verify_send_json(ngx_http_request_t *r,
    ngx_uint_t status, ngx_str_t *body);


/*
 * Send an error of verification/error.h.  "members" are further members of
 * the problem object, each as ,"name":value, or NULL.  "retry_after" seconds,
 * 0: no header.
 */

ngx_int_t ngx_http_phone_verify_send_problem(ngx_http_request_t *r,
    ngx_uint_t error, ngx_uint_t retry_after, ngx_str_t *members);


/* Refuse as a gate does: a problem, which as a 401 has a challenge. */

ngx_int_t ngx_http_phone_verify_send_refusal(ngx_http_request_t *r,
    ngx_uint_t error);


/*
 * 303 to a path of this host, or to a page: sent as it is, but for bytes that
 * have no place in a header, which are escaped.
 */

ngx_int_t ngx_http_phone_verify_send_redirect(ngx_http_request_t *r,
    ngx_str_t *location);


/*
 * 303 to PAGE?error=CODE&return=PATH, where "error" is OK without the first
 * and where "return_path" is NULL, "/" or not valid without the second.
 * Numbers never stand in a URL.
 */

ngx_int_t ngx_http_phone_verify_send_to_page(ngx_http_request_t *r,
    ngx_str_t *page, ngx_uint_t error, ngx_str_t *return_path);


/*
 * 1 where "path" may be returned to: one leading '/', then neither '/' nor
 * '\', no control byte, at most 1,024 bytes.
 */

ngx_uint_t ngx_http_phone_verify_return_valid(ngx_str_t *path);


/* Pushes a response header, zeroed as nginx 1.23 and later need it. */

ngx_int_t ngx_http_phone_verify_push_header(ngx_http_request_t *r,
    const char *name, ngx_str_t *value);


/* Pushes "Cache-Control: no-store", once. */

ngx_int_t ngx_http_phone_verify_no_store(ngx_http_request_t *r);


/* 1 where the request is a page navigation (design: "Gate, closed"). */

ngx_uint_t ngx_http_phone_verify_is_navigation(ngx_http_request_t *r);


/* 1 where Accept names text/html: a browser that wants to show something. */

ngx_uint_t ngx_http_phone_verify_takes_html(ngx_http_request_t *r);


/* The value of a request header, NULL where absent; the first of several. */

ngx_str_t *ngx_http_phone_verify_request_header(ngx_http_request_t *r,
    const char *lowcase_name, size_t len);


#endif /* _NGX_HTTP_PHONE_VERIFY_ANSWER_H_INCLUDED_ */
