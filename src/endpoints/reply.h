
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_REPLY_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_REPLY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "endpoints/input.h"


/*
 * What endpoints answer: JSON to a program, and to a browser's form a way on.
 * All return what a content handler returns.
 */


/*
 * An error: a problem object with how the verification stands ("view", or
 * NULL), or the page.
 */

ngx_int_t ngx_http_phone_verify_reply_error(ngx_http_phone_verify_input_t *in,
    ngx_uint_t error, ngx_uint_t retry_after,
    const ngx_http_phone_verify_view_t *view);


/*
 * The same for what is refused before anything was begun: a line in the log,
 * and the answers of starts and reports are counted.
 */

ngx_int_t ngx_http_phone_verify_reply_refused(
    ngx_http_phone_verify_input_t *in, ngx_uint_t error,
    const ngx_http_phone_verify_view_t *view);


/*
 * How a verification stands, as JSON.  "answer" is Sinch's to a start, for
 * what only some methods have, or NULL.
 */

ngx_int_t ngx_http_phone_verify_reply_status(ngx_http_request_t *r,
    const ngx_http_phone_verify_view_t *view,
    const ngx_http_phone_verify_sinch_answer_t *answer);


/* The JSON of that alone.  NGX_OK or NGX_ERROR. */

ngx_int_t ngx_http_phone_verify_status_json(ngx_pool_t *pool,
    const ngx_http_phone_verify_view_t *view,
    const ngx_http_phone_verify_sinch_answer_t *answer, ngx_str_t *body);


/* 1 where it is a browser's form and there is a page to answer it. */

ngx_uint_t ngx_http_phone_verify_reply_by_page(
    ngx_http_phone_verify_input_t *in);

/* 303 to the page, and to where the visitor came from. */

ngx_int_t ngx_http_phone_verify_reply_page(ngx_http_phone_verify_input_t *in,
    ngx_uint_t error);
ngx_int_t ngx_http_phone_verify_reply_return(
    ngx_http_phone_verify_input_t *in);


#endif /* _NGX_HTTP_PHONE_VERIFY_REPLY_H_INCLUDED_ */
