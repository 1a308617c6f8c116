
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


/*
 * What only some methods have, as far as it is known of what is pending, in
 * the words of Sinch's answer to its start.  "token" is the pending one, or
 * NULL.  Its text lives as long as both.
 */

void ngx_http_phone_verify_status_answer(
    const ngx_http_phone_verify_view_t *view,
    const ngx_http_phone_verify_token_t *token,
    ngx_http_phone_verify_sinch_answer_t *answer);


#endif /* _NGX_HTTP_PHONE_VERIFY_STATUS_H_INCLUDED_ */
