
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_TRANSPORT_TRUST_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_TRANSPORT_TRUST_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <curl/curl.h>


/*
 * Trust: the certificates that an origin's own must lead to, parsed once, when
 * nginx is configured.  Left to libcurl they would be parsed in a worker, for
 * every connection or after every idle while, and the usual system's file
 * takes more than 20 ms, in which no client is served.  It would also have to
 * be readable for workers.
 */

typedef struct ngx_http_phone_verify_trust_s  ngx_http_phone_verify_trust_t;


/*
 * Reads the PEM file "name"; an empty one stands for the system's.  Freed with
 * cf->pool.
 *
 * Returns NGX_OK and the trust; NGX_DECLINED if the system has no such file,
 * where libcurl does by itself what it can; NGX_ERROR after it has logged what
 * is wrong.
 */

ngx_int_t ngx_http_phone_verify_trust_read(ngx_conf_t *cf, ngx_str_t *name,
    ngx_http_phone_verify_trust_t **trust);


/* Makes a handle verify by it. */

CURLcode ngx_http_phone_verify_trust_apply(CURL *easy,
    ngx_http_phone_verify_trust_t *trust);


#endif /* _NGX_HTTP_PHONE_VERIFY_TRANSPORT_TRUST_H_INCLUDED_ */
