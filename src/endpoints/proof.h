
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_PROOF_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_PROOF_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/number/number.h"


#define NGX_HTTP_PHONE_VERIFY_PROOF_LEN  NGX_HTTP_PHONE_VERIFY_NUMBER_LEN


/*
 * Reads what people type for the proof of "method" into "proof", with
 * room for PROOF_LEN bytes at proof->data.  "text" is UTF-8.
 *
 * Of a code blanks of any kind are dropped, and the digits of other scripts
 * are written as ASCII ones: phones have such keyboards.  A dash stays, for
 * Sinch's codes may have one.  A caller's number is an international one.
 *
 * NGX_OK, or NGX_DECLINED for what can never be right.
 */

ngx_int_t ngx_http_phone_verify_proof_read(ngx_uint_t method, ngx_str_t *text,
    ngx_str_t *proof);


#endif /* _NGX_HTTP_PHONE_VERIFY_PROOF_H_INCLUDED_ */
