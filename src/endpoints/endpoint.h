
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_ENDPOINT_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_ENDPOINT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* Content handlers, one for each endpoint directive; see docs/api.md. */

ngx_int_t ngx_http_phone_verify_start_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_phone_verify_report_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_phone_verify_status_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_phone_verify_revoke_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_phone_verify_callback_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_phone_verify_query_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_phone_verify_check_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_phone_verify_admin_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_phone_verify_metrics_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_PHONE_VERIFY_ENDPOINT_H_INCLUDED_ */
