
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/error.h"


/* In the order of ngx_http_phone_verify_error_e. */

const ngx_http_phone_verify_error_t  ngx_http_phone_verify_errors[] = {

    { ngx_null_string, 0, ngx_null_string },

    { ngx_string("invalid_request"), 400,
      ngx_string("The request could not be understood") },

    { ngx_string("invalid_number"), 400,
      ngx_string("This is not a phone number in international format") },

    { ngx_string("invalid_method"), 400,
      ngx_string("This way of verifying is not offered here") },

    { ngx_string("method_not_allowed"), 405,
      ngx_string("This HTTP method is not allowed here") },

    { ngx_string("too_large"), 413,
      ngx_string("The request body is too large") },

    { ngx_string("unsupported_type"), 415,
      ngx_string("The request body must be JSON or a form") },

    { ngx_string("cross_site"), 403,
      ngx_string("Requests from other sites are not accepted") },

    { ngx_string("destination_denied"), 403,
      ngx_string("Phone numbers of this destination are not accepted") },

    { ngx_string("no_verification"), 409,
      ngx_string("No verification has been started") },

    { ngx_string("invalid_code"), 422,
      ngx_string("The code is not right") },

    { ngx_string("verification_expired"), 410,
      ngx_string("The verification has expired") },

    { ngx_string("verification_failed"), 422,
      ngx_string("The verification has failed") },

    { ngx_string("denied"), 403,
      ngx_string("The verification was denied") },

    { ngx_string("too_many_requests"), 429,
      ngx_string("Too many requests, try again later") },

    { ngx_string("busy"), 503,
      ngx_string("Too many verifications are going on, try again later") },

    { ngx_string("provider_error"), 502,
      ngx_string("The verification provider gave no usable answer") },

    { ngx_string("provider_unavailable"), 503,
      ngx_string("The verification provider cannot be reached now") },

    { ngx_string("phone_verification_required"), 401,
      ngx_string("A verified phone number is required") },

    { ngx_string("phone_verification_expired"), 401,
      ngx_string("The phone number must be verified again") },

    { ngx_string("internal_error"), 500,
      ngx_string("Something went wrong here") },

    { ngx_string("not_found"), 404,
      ngx_string("There is nothing here") }
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
