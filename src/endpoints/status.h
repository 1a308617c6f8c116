
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_STATUS_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_STATUS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "session/session.h"


/*
 * How things stand for a visitor: what is pending, else what is verified.
 * "claimed" 1: a grant was given with this very request.
 */

void ngx_http_phone_verify_status_view(ngx_http_phone_verify_session_t *s,
    const ngx_http_phone_verify_app_t *app, ngx_uint_t claimed,
    ngx_http_phone_verify_view_t *view);


#endif /* _NGX_HTTP_PHONE_VERIFY_STATUS_H_INCLUDED_ */
