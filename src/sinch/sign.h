
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_SINCH_SIGN_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_SINCH_SIGN_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/hmac.h"


/*
 * Application signatures, the same for what is sent and for callbacks.
 * Sinch Verification API, sections 2.1 and 8.4.
 */


#define NGX_HTTP_PHONE_VERIFY_SIGNATURE_LEN    44    /* base64 of 32 bytes */

/* More than any request needs: verb, MD5, type, time and path in one. */

#define NGX_HTTP_PHONE_VERIFY_STRING_TO_SIGN_MAX  4096


/*
 * What a signature covers, each byte for byte as it is in the request.
 * Without a Content-Type header "content_type" is empty, and without a body
 * "body" is; "path" is absolute and has neither host nor query.
 */

typedef struct {
    ngx_str_t    verb;            /* "POST" */
    ngx_str_t    content_type;
    ngx_str_t    timestamp;       /* value of x-timestamp */
    ngx_str_t    path;
    ngx_str_t    body;
} ngx_http_phone_verify_signed_t;


/*
 * Writes the string to sign at p, at most up to "last".  Returns its end, or
 * NULL where it does not fit.
 */

u_char *ngx_http_phone_verify_string_to_sign(u_char *p, u_char *last,
    const ngx_http_phone_verify_signed_t *what);


/*
 * Writes the signature, SIGNATURE_LEN bytes of base64.  "secret" has the
 * decoded one.  NGX_OK, or NGX_ERROR: too long to be signed, or OpenSSL failed.
 */

ngx_int_t ngx_http_phone_verify_sign(ngx_http_phone_verify_hmac_t *secret,
    const ngx_http_phone_verify_signed_t *what, u_char *signature);


/*
 * Decodes an application secret: base64 as the dashboard shows it, padded or
 * not, into memory of "pool".  The result may hold NUL bytes and is followed
 * by none.  NGX_OK; NGX_DECLINED: not base64, or empty; NGX_ERROR: no memory.
 */

ngx_int_t ngx_http_phone_verify_secret_decode(ngx_pool_t *pool,
    ngx_str_t *text, ngx_str_t *secret);


#endif /* _NGX_HTTP_PHONE_VERIFY_SINCH_SIGN_H_INCLUDED_ */
