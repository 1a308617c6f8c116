
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_SINCH_AUTHORIZATION_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_SINCH_AUTHORIZATION_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/client.h"
#include "sinch/sign.h"


/*
 * The value of the Authorization header of a request, in memory of "pool":
 * "Application KEY:SIGNATURE", or with basic authentication "Basic ...".
 * Sinch Verification API, sections 2.1 and 2.2.  NGX_OK or NGX_ERROR.
 */

ngx_int_t ngx_http_phone_verify_authorization(ngx_pool_t *pool,
    const ngx_http_phone_verify_sinch_t *sinch,
    const ngx_http_phone_verify_signed_t *what, ngx_str_t *value);


#endif /* _NGX_HTTP_PHONE_VERIFY_SINCH_AUTHORIZATION_H_INCLUDED_ */
