
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_BASE64URL_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_BASE64URL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* Text of n bytes, and bytes of n characters; there is never any padding. */

#define ngx_http_phone_verify_base64url_length(n)   (((n) * 4 + 2) / 3)
#define ngx_http_phone_verify_base64url_bytes(n)    ((n) * 3 / 4)


/*
 * Decodes "len" characters into base64url_bytes(len) bytes at "dst".  There is
 * exactly one text for any bytes: padding, other characters and left-over bits
 * that are not zero are refused.  NGX_OK or NGX_DECLINED; then "dst" has been
 * written to all the same.
 */

ngx_int_t ngx_http_phone_verify_base64url_decode(u_char *dst,
    const u_char *src, size_t len);


#endif /* _NGX_HTTP_PHONE_VERIFY_BASE64URL_H_INCLUDED_ */
