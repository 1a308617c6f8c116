
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_INPUT_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_INPUT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "endpoints/fields.h"
#include "endpoints/methods.h"
#include "session/session.h"


/* A request to an endpoint that changes something. */

typedef struct ngx_http_phone_verify_input_s  ngx_http_phone_verify_input_t;


/* Returns what a content handler returns, NGX_DONE to hold the request. */

typedef ngx_int_t (*ngx_http_phone_verify_input_handler_pt)(
    ngx_http_phone_verify_input_t *in);


struct ngx_http_phone_verify_input_s {
    ngx_http_request_t                      *request;
    const ngx_http_phone_verify_app_t       *app;
    ngx_http_phone_verify_session_t         *session;
    ngx_http_phone_verify_fields_t           fields;
    ngx_str_t                                return_path;  /* valid, or "/" */
    ngx_str_t                                page;  /* by reply_by_page() */

    ngx_http_phone_verify_input_handler_pt   handler;

    unsigned                                 json:1;
    unsigned                                 form:1;
    unsigned                                 browser:1;    /* wants a page */
    unsigned                                 optional:1;
};


/*
 * Checks the request (method, origin, type, size), reads its body and calls
 * "handler" with it, now or later.  What is wrong is answered here.  An empty
 * body is wrong unless "optional".
 *
 * Returns what a content handler returns.
 */

ngx_int_t ngx_http_phone_verify_input(ngx_http_request_t *r,
    ngx_uint_t methods, ngx_uint_t optional,
    ngx_http_phone_verify_input_handler_pt handler);


#endif /* _NGX_HTTP_PHONE_VERIFY_INPUT_H_INCLUDED_ */
