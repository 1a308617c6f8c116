
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_AUDIT_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_AUDIT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "verification/app.h"
#include "verification/token/token.h"


/*
 * One line of what became of a session outside of starts and reports, which
 * write their own: "what" happened to the session of "token".
 */

void ngx_http_phone_verify_audit(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app, const char *what,
    const ngx_http_phone_verify_token_t *token);


#endif /* _NGX_HTTP_PHONE_VERIFY_AUDIT_H_INCLUDED_ */
