
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_EARLY_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_EARLY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* Requests that came before anybody meant them. */


/*
 * 1 where a browser fetches ahead what its user may never look at, by the
 * header Sec-Purpose or its forerunners.
 */

ngx_uint_t ngx_http_phone_verify_is_prefetch(ngx_http_request_t *r);


/*
 * 1 where it came in TLS early data (RFC 8470), here or at a proxy before us:
 * whoever has recorded it can send it again.
 */

ngx_uint_t ngx_http_phone_verify_is_early_data(ngx_http_request_t *r);


#endif /* _NGX_HTTP_PHONE_VERIFY_EARLY_H_INCLUDED_ */
