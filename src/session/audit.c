
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "session/audit.h"


void
ngx_http_phone_verify_audit(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app, const char *what,
    const ngx_http_phone_verify_token_t *token)
{
    size_t  len;
    u_char  number[NGX_HTTP_PHONE_VERIFY_NUMBER_LEN];

    len = ngx_http_phone_verify_number_mask(number, token->number) - number;

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "phone_verify: %s, app \"%V\", number %*s, method %V",
                  what, &app->name, len, number,
                  &ngx_http_phone_verify_methods[token->method].name);
}
