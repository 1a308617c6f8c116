
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_GATE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_GATE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * The access phase handler.  NGX_OK: the visitor has proved a number, which
 * under "satisfy any" is enough; NGX_DECLINED: no gate, or no opinion; else
 * the request is refused.
 */

ngx_int_t ngx_http_phone_verify_access_handler(ngx_http_request_t *r);


/* Registers $phone_verify_*; docs/directives.md lists them. */

ngx_int_t ngx_http_phone_verify_add_variables(ngx_conf_t *cf);


#endif /* _NGX_HTTP_PHONE_VERIFY_GATE_H_INCLUDED_ */
