
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_ACCEPTED_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_ACCEPTED_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "session/session.h"


/*
 * The grant that may be told of in the location of "r", or NULL.  NGX_OK, or
 * NGX_ERROR when there is no memory.
 */

ngx_int_t ngx_http_phone_verify_accepted_grant(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s,
    const ngx_http_phone_verify_token_t **grant);


#endif /* _NGX_HTTP_PHONE_VERIFY_ACCEPTED_H_INCLUDED_ */
