
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_ERROR_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_ERROR_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* What a client is told when something does not go its way. */

typedef enum {
    NGX_HTTP_PHONE_VERIFY_OK = 0,
    NGX_HTTP_PHONE_VERIFY_INVALID_REQUEST,
    NGX_HTTP_PHONE_VERIFY_INVALID_NUMBER,
    NGX_HTTP_PHONE_VERIFY_INVALID_METHOD,
    NGX_HTTP_PHONE_VERIFY_METHOD_NOT_ALLOWED,
    NGX_HTTP_PHONE_VERIFY_TOO_LARGE,
    NGX_HTTP_PHONE_VERIFY_UNSUPPORTED_TYPE,
    NGX_HTTP_PHONE_VERIFY_CROSS_SITE,
    NGX_HTTP_PHONE_VERIFY_DESTINATION_DENIED,
    NGX_HTTP_PHONE_VERIFY_NO_VERIFICATION,
    NGX_HTTP_PHONE_VERIFY_INVALID_CODE,
    NGX_HTTP_PHONE_VERIFY_VERIFICATION_EXPIRED,
    NGX_HTTP_PHONE_VERIFY_VERIFICATION_FAILED,
    NGX_HTTP_PHONE_VERIFY_VERIFICATION_DENIED,    /* "denied" */
    NGX_HTTP_PHONE_VERIFY_TOO_MANY_REQUESTS,
    NGX_HTTP_PHONE_VERIFY_BUSY_NOW,               /* "busy" */
    NGX_HTTP_PHONE_VERIFY_PROVIDER_ERROR,
    NGX_HTTP_PHONE_VERIFY_PROVIDER_UNAVAILABLE,
    NGX_HTTP_PHONE_VERIFY_VERIFICATION_REQUIRED,
                                     /* "phone_verification_required" */
    NGX_HTTP_PHONE_VERIFY_VERIFICATION_TOO_OLD,
                                     /* "phone_verification_expired" */
    NGX_HTTP_PHONE_VERIFY_INTERNAL_ERROR,
    NGX_HTTP_PHONE_VERIFY_NOT_FOUND,
    NGX_HTTP_PHONE_VERIFY_TOO_EARLY,
    NGX_HTTP_PHONE_VERIFY_ERRORS
} ngx_http_phone_verify_error_e;


/* What the "type" of a problem begins with; its code follows. */

#define NGX_HTTP_PHONE_VERIFY_PROBLEM  "urn:nginx-phone-verify:"


typedef struct {
    ngx_str_t     code;      /* stable, for programs: "invalid_number" */
    ngx_uint_t    status;    /* HTTP */
    ngx_str_t     problem;   /* the JSON object that a client gets */
} ngx_http_phone_verify_error_t;


/* Indexed by ngx_http_phone_verify_error_e; OK is empty. */

extern const ngx_http_phone_verify_error_t  ngx_http_phone_verify_errors[];


/* The code that "code" names, or OK where it is none of ours. */

ngx_uint_t ngx_http_phone_verify_error(ngx_str_t *code);


#endif /* _NGX_HTTP_PHONE_VERIFY_ERROR_H_INCLUDED_ */
