
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_CLIENT_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_CLIENT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "session/session.h"
#include "verification/policy/admission.h"


/*
 * Who asks, as rules want to know it: the address as realip has left it, the
 * session, the values that "limit" names, and whether the grant that comes
 * with the request is of this very number.  NGX_OK or NGX_ERROR.
 */

ngx_int_t ngx_http_phone_verify_client(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s, const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number,
    ngx_http_phone_verify_client_t *client);


#endif /* _NGX_HTTP_PHONE_VERIFY_CLIENT_H_INCLUDED_ */
