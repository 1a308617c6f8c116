
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_SINCH_CALLBACK_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_SINCH_CALLBACK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/sign.h"
#include "sinch/words.h"


/* Sinch's callbacks.  Sinch Verification API, section 8 */


/*
 * Whether a callback is Sinch's: section 8.4.
 *
 *   VALID      it is
 *   UNSIGNED   no signature: no Authorization, another scheme, malformed
 *   UNKNOWN    signed with an application key that is none of these
 *   FORGED     the signature is not that of this request
 *   STALE      signed, but more than the skew before or after now
 *   FAILED     too long to be checked, or OpenSSL failed
 *
 * The order is one of rising cost; all but VALID are refused in the same way.
 */

typedef enum {
    NGX_HTTP_PHONE_VERIFY_CALLBACK_VALID = 0,
    NGX_HTTP_PHONE_VERIFY_CALLBACK_UNSIGNED,
    NGX_HTTP_PHONE_VERIFY_CALLBACK_UNKNOWN,
    NGX_HTTP_PHONE_VERIFY_CALLBACK_FORGED,
    NGX_HTTP_PHONE_VERIFY_CALLBACK_STALE,
    NGX_HTTP_PHONE_VERIFY_CALLBACK_FAILED
} ngx_http_phone_verify_callback_e;


/*
 * An application that may sign.  While a secret is being changed at Sinch,
 * there are two of one key.
 */

typedef struct {
    ngx_str_t                        key;
    ngx_http_phone_verify_hmac_t    *secret;    /* the decoded one */
} ngx_http_phone_verify_credential_t;


/*
 * Checks a callback.  "what" is the request as it was received (its path as
 * Sinch has it, where a proxy rewrites; see sign.h), "authorization" the value
 * of that header; headers that are not there are empty, and a caller refuses
 * those that stand twice.  "now" and "skew" are in milliseconds; *sent is what
 * x-timestamp says, set where VALID or STALE.
 */

ngx_uint_t ngx_http_phone_verify_callback_check(
    const ngx_http_phone_verify_credential_t *credentials, ngx_uint_t n,
    const ngx_http_phone_verify_signed_t *what,
    const ngx_str_t *authorization, int64_t now, int64_t skew, int64_t *sent);


typedef enum {
    NGX_HTTP_PHONE_VERIFY_EVENT_OTHER = 0,
    NGX_HTTP_PHONE_VERIFY_EVENT_REQUEST,
    NGX_HTTP_PHONE_VERIFY_EVENT_RESULT,
    NGX_HTTP_PHONE_VERIFY_EVENT_SMS_DELIVERED
} ngx_http_phone_verify_event_e;


typedef enum {
    NGX_HTTP_PHONE_VERIFY_DELIVERY_OTHER = 0,    /* an unknown word */
    NGX_HTTP_PHONE_VERIFY_DELIVERY_SUCCESSFUL,
    NGX_HTTP_PHONE_VERIFY_DELIVERY_FAILED
} ngx_http_phone_verify_delivery_e;


/*
 * An event: section 8.1.  Of an OTHER event only "event" is set.  What is
 * optional and not there is empty.
 */

typedef struct {
    ngx_uint_t      event;
    ngx_str_t       id;
    ngx_uint_t      method;       /* NO_METHOD: an unknown word */
    ngx_str_t       number;       /* identity.endpoint */
    ngx_str_t       reference;
    ngx_str_t       custom;

    /* of a result */

    ngx_uint_t      status;
    ngx_uint_t      reason;
    ngx_str_t       source;

    /* of an SMS that was delivered, or not */

    ngx_uint_t      delivery;

    /* of a request */

    ngx_str_t       currency;
    double          price;

    unsigned        has_price:1;
    unsigned        bad_price:1;  /* there is one that cannot be right */
} ngx_http_phone_verify_event_t;


/*
 * Reads the body of a callback, after it was checked.  NGX_OK; NGX_DECLINED:
 * not JSON, a required member is missing, is there twice or is malformed.
 * Strings live as long as "pool".
 */

ngx_int_t ngx_http_phone_verify_event_read(ngx_pool_t *pool, ngx_str_t *body,
    ngx_http_phone_verify_event_t *event);


/*
 * The answer to a request event: section 8.2.  What is empty or zero is left
 * out, and so is what is not of the event's method.
 */

typedef struct {
    ngx_uint_t      allow;
    ngx_uint_t      method;
    ngx_str_t       code;                   /* sms, callout */
    ngx_str_t       code_type;              /* sms, whatsapp */
    ngx_str_t       expiry;                 /* sms, "HH:MM:SS" */
    ngx_str_t      *languages;              /* sms, whatsapp */
    ngx_uint_t      nlanguages;
    ngx_str_t       cli;                    /* flashcall */
    ngx_uint_t      dial_timeout;           /* flashcall, seconds */
    ngx_uint_t      interception_timeout;   /* flashcall, seconds */
    ngx_str_t       locale;                 /* callout */
} ngx_http_phone_verify_permission_t;


/* Writes it as JSON.  NGX_OK, or NGX_ERROR: no memory. */

ngx_int_t ngx_http_phone_verify_permission_write(ngx_pool_t *pool,
    const ngx_http_phone_verify_permission_t *permission, ngx_str_t *body);


#endif /* _NGX_HTTP_PHONE_VERIFY_SINCH_CALLBACK_H_INCLUDED_ */
