
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_SINCH_REQUEST_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_SINCH_REQUEST_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/client.h"


/* What is sent to Sinch.  Sinch Verification API, sections 1, 3 and 4 */


/*
 * The body of a start, and of a report, in memory of "pool", with members in
 * the order of the documents.  Only options of the request's own method are
 * written.  NGX_OK, or NGX_ERROR: no memory.
 */

ngx_int_t ngx_http_phone_verify_request_start(ngx_pool_t *pool,
    const ngx_http_phone_verify_sinch_request_t *request, ngx_str_t *body);
ngx_int_t ngx_http_phone_verify_request_report(ngx_pool_t *pool,
    ngx_uint_t method, ngx_str_t *proof, ngx_str_t *body);


/*
 * A path: "/verification/v1/verifications" and n segments.  NGX_OK, or
 * NGX_ERROR: no memory.
 */

ngx_int_t ngx_http_phone_verify_request_path(ngx_pool_t *pool,
    const ngx_str_t *segments, ngx_uint_t n, ngx_str_t *path);


#endif /* _NGX_HTTP_PHONE_VERIFY_SINCH_REQUEST_H_INCLUDED_ */
