
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_BODY_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_BODY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * The body that was read, in one piece of memory of its own, with a NUL
 * behind.  It may have been put into a file (by its size, or by
 * client_body_in_file_only).  NGX_OK, NGX_DECLINED: more than "max" bytes,
 * NGX_ERROR.
 */

ngx_int_t ngx_http_phone_verify_body(ngx_http_request_t *r, size_t max,
    ngx_str_t *text);


#endif /* _NGX_HTTP_PHONE_VERIFY_BODY_H_INCLUDED_ */
