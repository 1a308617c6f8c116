
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "session/verdict.h"
#include "verification/error.h"


static ngx_int_t ngx_http_phone_verify_demanded_number(ngx_http_request_t *r,
    ngx_http_complex_value_t *cv, ngx_http_phone_verify_number_t *number,
    ngx_uint_t log);


ngx_int_t
ngx_http_phone_verify_verdict(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s,
    const ngx_http_phone_verify_demands_t *demands, ngx_uint_t *error)
{
    ngx_int_t                             rc;
    ngx_http_phone_verify_number_t        number;
    const ngx_http_phone_verify_token_t  *grant;

    number = 0;

    if (demands->number) {
        rc = ngx_http_phone_verify_demanded_number(r, demands->number,
                                                   &number, 0);
        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED) {
            *error = NGX_HTTP_PHONE_VERIFY_VERIFICATION_DENIED;
            return NGX_OK;
        }
    }

    grant = ngx_http_phone_verify_session_grant(s);

    if (grant == NULL) {
        *error = NGX_HTTP_PHONE_VERIFY_VERIFICATION_REQUIRED;

    } else if (number && grant->number != number) {
        *error = NGX_HTTP_PHONE_VERIFY_VERIFICATION_DENIED;

    } else if (demands->methods
               && !(demands->methods & ((ngx_uint_t) 1 << grant->method)))
    {
        *error = NGX_HTTP_PHONE_VERIFY_VERIFICATION_REQUIRED;

    } else if (demands->max_age
               && ngx_time() - grant->issued > demands->max_age)
    {
        *error = NGX_HTTP_PHONE_VERIFY_VERIFICATION_TOO_OLD;

    } else {
        *error = NGX_HTTP_PHONE_VERIFY_OK;
    }

    return NGX_OK;
}


void
ngx_http_phone_verify_verdict_log(ngx_http_request_t *r,
    const ngx_http_phone_verify_demands_t *demands, ngx_uint_t error)
{
    ngx_http_phone_verify_number_t  number;

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "phone_verify: %V, app \"%V\"",
                  &ngx_http_phone_verify_errors[error].code,
                  &ngx_http_phone_verify_location_app(r)->name);

    if (error == NGX_HTTP_PHONE_VERIFY_VERIFICATION_DENIED
        && demands->number)
    {
        (void) ngx_http_phone_verify_demanded_number(r, demands->number,
                                                     &number, 1);
    }
}


static ngx_int_t
ngx_http_phone_verify_demanded_number(ngx_http_request_t *r,
    ngx_http_complex_value_t *cv, ngx_http_phone_verify_number_t *number,
    ngx_uint_t log)
{
    ngx_str_t  value;

    if (ngx_http_complex_value(r, cv, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    *number = ngx_http_phone_verify_number_parse(&value);

    if (*number == 0) {
        if (log) {
            ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                          "phone_verify: \"number=\" gave %s, the gate stays "
                          "closed", value.len ? "no phone number" : "nothing");
        }

        return NGX_DECLINED;
    }

    return NGX_OK;
}
