
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_GONE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_GONE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * From here on, a client of a request that is held is noticed when it goes
 * away, which ends the request.  One that has gone by now is noticed in the
 * next round of events, and not in this call.  NGX_OK or NGX_ERROR.
 */

ngx_int_t ngx_http_phone_verify_notice_gone(ngx_http_request_t *r);


#endif /* _NGX_HTTP_PHONE_VERIFY_GONE_H_INCLUDED_ */
