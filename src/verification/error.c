
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/error.h"


/* RFC 9457's object is made here: a refusal at the gate should cost little. */

#define E(code, status, title)                                                \
    { ngx_string(code), status,                                               \
      ngx_string("{\"type\":\"" NGX_HTTP_PHONE_VERIFY_PROBLEM code "\","      \
                 "\"title\":\"" title "\",\"status\":" #status ","            \
                 "\"code\":\"" code "\"}") }


/* In the order of ngx_http_phone_verify_error_e. */

const ngx_http_phone_verify_error_t  ngx_http_phone_verify_errors[] = {

    { ngx_null_string, 0, ngx_null_string },

    E("invalid_request", 400, "The request could not be understood"),

    E("invalid_number", 400,
      "This is not a phone number in international format"),

    E("invalid_method", 400, "This way of verifying is not offered here"),

    E("method_not_allowed", 405, "This HTTP method is not allowed here"),

    E("too_large", 413, "The request body is too large"),

    E("unsupported_type", 415, "The request body must be JSON or a form"),

    E("cross_site", 403, "Requests from other sites are not accepted"),

    E("destination_denied", 403,
      "Phone numbers of this destination are not accepted"),

    E("no_verification", 409, "No verification has been started"),

    E("invalid_code", 422, "The code is not right"),

    E("verification_expired", 410, "The verification has expired"),

    E("verification_failed", 422, "The verification has failed"),

    E("denied", 403, "The verification was denied"),

    E("too_many_requests", 429, "Too many requests, try again later"),

    E("busy", 503, "Too many verifications are going on, try again later"),

    E("provider_error", 502, "The verification provider gave no usable answer"),

    E("provider_unavailable", 503,
      "The verification provider cannot be reached now"),

    E("phone_verification_required", 401,
      "A verified phone number is required"),

    E("phone_verification_expired", 401,
      "The phone number must be verified again"),

    E("internal_error", 500, "Something went wrong here"),

    E("not_found", 404, "There is nothing here"),

    E("too_early", 425, "This came before its time, send it again")
};


/* A code without a line of its own, or a line without a code, stops here. */

typedef u_char  ngx_http_phone_verify_errors_complete[
    sizeof(ngx_http_phone_verify_errors)
    / sizeof(ngx_http_phone_verify_error_t)
    == NGX_HTTP_PHONE_VERIFY_ERRORS ? 1 : -1];


ngx_uint_t
ngx_http_phone_verify_error(ngx_str_t *code)
{
    ngx_uint_t                            i;
    const ngx_http_phone_verify_error_t  *error;

    for (i = NGX_HTTP_PHONE_VERIFY_OK + 1; i < NGX_HTTP_PHONE_VERIFY_ERRORS;
         i++)
    {
        error = &ngx_http_phone_verify_errors[i];

        if (code->len == error->code.len
            && ngx_memcmp(code->data, error->code.data, code->len) == 0)
        {
            return i;
        }
    }

    return NGX_HTTP_PHONE_VERIFY_OK;
}
