
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "session/grace.h"
#include "session/verdict.h"
#include "verification/error.h"


static ngx_uint_t ngx_http_phone_verify_judge(
    const ngx_http_phone_verify_demands_t *demands,
    const ngx_http_phone_verify_token_t *grant,
    ngx_http_phone_verify_number_t number);
static ngx_int_t ngx_http_phone_verify_demanded_number(ngx_http_request_t *r,
    ngx_http_complex_value_t *cv, ngx_http_phone_verify_number_t *number,
    ngx_uint_t log);


ngx_int_t
ngx_http_phone_verify_verdict(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s,
    const ngx_http_phone_verify_demands_t *demands, ngx_uint_t *error)
{
    ngx_int_t                             rc;
    ngx_uint_t                            by_grace, dry_run;
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

    *error = ngx_http_phone_verify_judge(demands, grant, number);

    if (*error != NGX_HTTP_PHONE_VERIFY_OK
        && (grant == NULL
            || *error == NGX_HTTP_PHONE_VERIFY_VERIFICATION_TOO_OLD))
    {
        grant = ngx_http_phone_verify_session_grace(s, demands->max_age,
                                                    &dry_run);

        if (grant) {
            by_grace = ngx_http_phone_verify_judge(demands, grant, number);

            if (by_grace == NGX_HTTP_PHONE_VERIFY_OK
                || by_grace == NGX_HTTP_PHONE_VERIFY_VERIFICATION_TOO_OLD)
            {
                by_grace = NGX_HTTP_PHONE_VERIFY_OK;
                ngx_http_phone_verify_session_let_in(s, grant);
            }

            if (!dry_run) {
                *error = by_grace;
            }
        }
    }

    return NGX_OK;
}


/* OK, or what a grant lacks; "number" is the one that is demanded, or 0. */

static ngx_uint_t
ngx_http_phone_verify_judge(const ngx_http_phone_verify_demands_t *demands,
    const ngx_http_phone_verify_token_t *grant,
    ngx_http_phone_verify_number_t number)
{
    if (grant == NULL) {
        return NGX_HTTP_PHONE_VERIFY_VERIFICATION_REQUIRED;
    }

    if (number && grant->number != number) {
        return NGX_HTTP_PHONE_VERIFY_VERIFICATION_DENIED;
    }

    if (demands->methods
        && !(demands->methods & ((ngx_uint_t) 1 << grant->method)))
    {
        return NGX_HTTP_PHONE_VERIFY_VERIFICATION_REQUIRED;
    }

    if (demands->max_age && ngx_time() - grant->issued > demands->max_age) {
        return NGX_HTTP_PHONE_VERIFY_VERIFICATION_TOO_OLD;
    }

    return NGX_HTTP_PHONE_VERIFY_OK;
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
