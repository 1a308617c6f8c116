
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_SINCH_ANSWER_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_SINCH_ANSWER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/client.h"


/* What Sinch answers.  Sinch Verification API, sections 3 to 7, 10 and 11 */


typedef enum {
    NGX_HTTP_PHONE_VERIFY_ASKED_START = 0,
    NGX_HTTP_PHONE_VERIFY_ASKED_REPORT,
    NGX_HTTP_PHONE_VERIFY_ASKED_STATUS
} ngx_http_phone_verify_asked_e;


/*
 * What was asked, and of which verification.  An answer about another one is
 * no answer; what is empty, or NO_METHOD, is not compared.
 */

typedef struct {
    ngx_uint_t    what;
    ngx_uint_t    method;
    ngx_str_t     id;
    ngx_str_t     reference;
    ngx_str_t     number;
} ngx_http_phone_verify_asked_t;


/*
 * Reads the answer to a request that came with HTTP status answer->http_status
 * and this body.  Sets the outcome, ANSWERED, REFUSED or NONSENSE, words for
 * the log unless it is ANSWERED, and all that the body has; the rest of
 * *answer is left as it is.  Strings live as long as "pool".
 */

void ngx_http_phone_verify_sinch_answer_read(ngx_pool_t *pool,
    const ngx_http_phone_verify_asked_t *asked, ngx_str_t *body,
    ngx_http_phone_verify_sinch_answer_t *answer);


/* What an error means, in a few words; error_code 0: not told. */

const ngx_str_t *ngx_http_phone_verify_sinch_error(ngx_uint_t http_status,
    ngx_uint_t error_code);


#endif /* _NGX_HTTP_PHONE_VERIFY_SINCH_ANSWER_H_INCLUDED_ */
