
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_CODE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_CODE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/token/token.h"


/*
 * Codes of our own ("own_codes"): derived from the seed of a verification
 * under the session key, whenever they are needed, and never stored.
 */

#define NGX_HTTP_PHONE_VERIFY_CODE_MIN  6     /* 20 bits: OWASP ASVS 6.5.4 */
#define NGX_HTTP_PHONE_VERIFY_CODE_MAX  10    /* what Sinch takes */


/*
 * Writes the code of "length" digits that belongs to "seed" (RANDOM_LEN
 * bytes).  NGX_OK or NGX_ERROR.
 */

ngx_int_t ngx_http_phone_verify_code_write(ngx_http_phone_verify_keys_t *keys,
    const u_char *seed, ngx_uint_t length, u_char *code);


/*
 * 1 where "text" may be that code, compared in constant time: of its length,
 * under any of the keys, because both may have been changed since it was sent.
 * Sinch knows which code it was given.
 */

ngx_uint_t ngx_http_phone_verify_code_matches(
    ngx_http_phone_verify_keys_t *keys, const u_char *seed, ngx_str_t *text);


#endif /* _NGX_HTTP_PHONE_VERIFY_CODE_H_INCLUDED_ */
