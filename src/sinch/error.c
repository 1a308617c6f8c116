
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/answer.h"


typedef struct {
    ngx_uint_t    code;       /* errorCode, or HTTP status */
    ngx_str_t     words;
} ngx_http_phone_verify_sinch_error_t;


/*
 * Sinch Verification API, section 7.  The messages that Sinch sends are not
 * logged, because numbers stand in them.
 */

static const ngx_http_phone_verify_sinch_error_t
    ngx_http_phone_verify_sinch_errors[] =
{
    { 40001, ngx_string("a parameter is not valid") },
    { 40002, ngx_string("a parameter is missing") },
    { 40003, ngx_string("the request is not valid") },
    { 40004, ngx_string("the application key is not valid") },
    { 40005, ngx_string("the number has no leading plus") },

    { 40100, ngx_string("the authorization header is not valid") },
    { 40101, ngx_string("the timestamp is not valid") },
    { 40102, ngx_string("the signature is not valid") },
    { 40103, ngx_string("it was authorized already") },
    { 40104, ngx_string("authorization is required") },
    { 40105, ngx_string("the authorization has expired") },
    { 40106, ngx_string("the user is barred") },
    { 40107, ngx_string("the authorization is not valid") },
    { 40108, ngx_string("the credentials are not valid") },

    { 40200, ngx_string("there is not enough credit") },

    { 40300, ngx_string("it is forbidden for this destination") },
    { 40301, ngx_string("the authorization scheme is not valid") },
    { 40302, ngx_string("the privileges are insufficient") },
    { 40303, ngx_string("the authorization requirement is not met") },

    { 40400, ngx_string("there is no such verification") },

    { 40900, ngx_string("it is in conflict with another request") },

    { 42200, ngx_string("the application is not configured for it") },
    { 42201, ngx_string("the application is not available") },
    { 42202, ngx_string("the callback was not answered as it must be") },

    { 42900, ngx_string("the capacity is exceeded") },
    { 42901, ngx_string("there were too many for this number") },

    { 50000, ngx_string("an internal error") },
    { 50100, ngx_string("it is not implemented") },
    { 50101, ngx_string("it is not implemented") },
    { 50300, ngx_string("the service is down for a while") },
    { 50301, ngx_string("the service is not configured") },

    /* what a gateway answers, without an errorCode */

    { 401, ngx_string("it is not authorized") },
    { 402, ngx_string("there is not enough credit") },
    { 403, ngx_string("it is forbidden") },
    { 404, ngx_string("there is no such resource") },
    { 429, ngx_string("there were too many requests") },
    { 500, ngx_string("an error of the server") },
    { 502, ngx_string("an error of a gateway") },
    { 503, ngx_string("the service is down for a while") },
    { 504, ngx_string("a gateway has lost patience") },

    { 0, ngx_string("an error that is not documented") }
};


const ngx_str_t *
ngx_http_phone_verify_sinch_error(ngx_uint_t http_status,
    ngx_uint_t error_code)
{
    ngx_uint_t                                  code;
    const ngx_http_phone_verify_sinch_error_t  *e;

    code = error_code ? error_code : http_status;

    for (e = ngx_http_phone_verify_sinch_errors; e->code; e++) {
        if (e->code == code) {
            break;
        }
    }

    return &e->words;
}


ngx_uint_t
ngx_http_phone_verify_sinch_knows_none(
    const ngx_http_phone_verify_sinch_answer_t *answer)
{
    return answer->outcome == NGX_HTTP_PHONE_VERIFY_SINCH_REFUSED
           && answer->http_status == 404
           && answer->error_code / 100 == 404;
}
