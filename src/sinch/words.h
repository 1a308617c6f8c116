
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_SINCH_WORDS_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_SINCH_WORDS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* Sinch's words as data: methods, statuses, reasons */


typedef enum {
    NGX_HTTP_PHONE_VERIFY_SMS = 0,
    NGX_HTTP_PHONE_VERIFY_FLASHCALL,
    NGX_HTTP_PHONE_VERIFY_CALLOUT,
    NGX_HTTP_PHONE_VERIFY_SEAMLESS,
    NGX_HTTP_PHONE_VERIFY_WHATSAPP,
    NGX_HTTP_PHONE_VERIFY_METHODS
} ngx_http_phone_verify_method_e;

#define NGX_HTTP_PHONE_VERIFY_NO_METHOD  NGX_HTTP_PHONE_VERIFY_METHODS


typedef struct {
    ngx_str_t    name;         /* "flashcall", on the wire and in nginx.conf */
    ngx_str_t    options;      /* "flashCallOptions", empty: no options */
    ngx_str_t    object;       /* "flashCall", key in reports and answers */
    ngx_str_t    proof;        /* "code" or "cli", empty: nothing to report */
    ngx_uint_t   own_code;     /* a callback answer may set the code */
} ngx_http_phone_verify_method_t;


/* Indexed by ngx_http_phone_verify_method_e. */

extern const ngx_http_phone_verify_method_t  ngx_http_phone_verify_methods[];


/*
 * The status decides, and only SUCCESSFUL opens a gate.  UNKNOWN is any word
 * that Sinch may add: it is kept apart from PENDING and never succeeds.
 */

typedef enum {
    NGX_HTTP_PHONE_VERIFY_NONE = 0,
    NGX_HTTP_PHONE_VERIFY_PENDING,
    NGX_HTTP_PHONE_VERIFY_SUCCESSFUL,
    NGX_HTTP_PHONE_VERIFY_FAIL,
    NGX_HTTP_PHONE_VERIFY_DENIED,
    NGX_HTTP_PHONE_VERIFY_ABORTED,
    NGX_HTTP_PHONE_VERIFY_ERROR,
    NGX_HTTP_PHONE_VERIFY_UNKNOWN
} ngx_http_phone_verify_status_e;


/* The fourteen reasons; 0 is "none", and an unknown reason is OTHER. */

typedef enum {
    NGX_HTTP_PHONE_VERIFY_REASON_NONE = 0,
    NGX_HTTP_PHONE_VERIFY_REASON_FRAUD,
    NGX_HTTP_PHONE_VERIFY_REASON_CREDIT,
    NGX_HTTP_PHONE_VERIFY_REASON_BLOCKED,
    NGX_HTTP_PHONE_VERIFY_REASON_CALLBACK_DENIED,
    NGX_HTTP_PHONE_VERIFY_REASON_CALLBACK_INVALID,
    NGX_HTTP_PHONE_VERIFY_REASON_INTERNAL,
    NGX_HTTP_PHONE_VERIFY_REASON_DESTINATION,
    NGX_HTTP_PHONE_VERIFY_REASON_NETWORK,
    NGX_HTTP_PHONE_VERIFY_REASON_FAILED_PENDING,
    NGX_HTTP_PHONE_VERIFY_REASON_SMS_DELIVERY,
    NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CLI,
    NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CODE,
    NGX_HTTP_PHONE_VERIFY_REASON_EXPIRED,
    NGX_HTTP_PHONE_VERIFY_REASON_HUNG_UP,
    NGX_HTTP_PHONE_VERIFY_REASON_OTHER
} ngx_http_phone_verify_reason_e;


/*
 * Words to numbers.  Methods are compared without case ("flashCall" is
 * "flashcall"), statuses and reasons exactly, typographic quotes stripped.
 * Return NO_METHOD, UNKNOWN and OTHER for what is not known; an empty reason
 * is REASON_NONE.  Sinch Verification API, sections 3, 6 and 10.
 */

ngx_uint_t ngx_http_phone_verify_method(ngx_str_t *name);
ngx_uint_t ngx_http_phone_verify_status(ngx_str_t *name);
ngx_uint_t ngx_http_phone_verify_reason(ngx_str_t *name);


/*
 * Numbers to Sinch's exact words.  A value out of range, NONE and
 * REASON_NONE give "NONE" and an empty string.
 */

const ngx_str_t *ngx_http_phone_verify_status_name(ngx_uint_t status);
const ngx_str_t *ngx_http_phone_verify_reason_name(ngx_uint_t reason);


#endif /* _NGX_HTTP_PHONE_VERIFY_SINCH_WORDS_H_INCLUDED_ */
