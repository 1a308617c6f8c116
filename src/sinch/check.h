
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_SINCH_CHECK_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_SINCH_CHECK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/client.h"


/*
 * What Sinch is known to refuse, so that it is not asked.  Sinch Verification
 * API, sections 2.1, 3, 4 and 9.  All return NGX_OK or NGX_DECLINED.
 */


#define NGX_HTTP_PHONE_VERIFY_SINCH_CODE_MAX        10
#define NGX_HTTP_PHONE_VERIFY_SINCH_CUSTOM_MAX      4096  /* characters */
#define NGX_HTTP_PHONE_VERIFY_SINCH_ID_MAX          63
#define NGX_HTTP_PHONE_VERIFY_SINCH_REFERENCE_MAX   128


/*
 * What every start must be right in: method, number, reference, custom.  The
 * values of options are left to whoever takes them from a user.
 */

ngx_int_t ngx_http_phone_verify_check_request(
    const ngx_http_phone_verify_sinch_request_t *request);


/* A number as it is sent: '+' and 7 to 15 digits, not 0 first. */

ngx_int_t ngx_http_phone_verify_check_number(const ngx_str_t *number);


/*
 * What is reported of a method: for flashcall a number as above, for those
 * with a code 1 to 10 of A-Z a-z 0-9 '-'.
 */

ngx_int_t ngx_http_phone_verify_check_proof(ngx_uint_t method,
    const ngx_str_t *proof);


/*
 * An id or a reference, which goes into a path: 1 to max of A-Z a-z 0-9 . _ ~
 * and '-', so that nobody can disagree on how it is encoded.
 */

ngx_int_t ngx_http_phone_verify_check_segment(const ngx_str_t *text,
    size_t max);


#endif /* _NGX_HTTP_PHONE_VERIFY_SINCH_CHECK_H_INCLUDED_ */
