
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_NUMBER_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_NUMBER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * A phone number is kept as the decimal value of its E.164 digits: the first
 * digit is never 0, so the value tells the number, and 15 digits fit.
 * Zero is "no number".
 */

typedef uint64_t  ngx_http_phone_verify_number_t;


#define NGX_HTTP_PHONE_VERIFY_NUMBER_LEN  (sizeof("+123456789012345") - 1)


/*
 * Reads "+46 70-000 00.00": '+', a first digit 1 to 9, 7 to 15 ASCII digits
 * in all, after removing spaces, dots, dashes and brackets.  "(0)" is an
 * error, as is any other byte.  Returns 0 for what is not a number.
 */

ngx_http_phone_verify_number_t ngx_http_phone_verify_number_parse(
    ngx_str_t *text);


/*
 * Writes "+46700000000" or, masked, "+46*****000" (fewer digits are shown of
 * short numbers), at most NUMBER_LEN bytes, no final NUL.  Returns the end.
 */

u_char *ngx_http_phone_verify_number_write(u_char *p,
    ngx_http_phone_verify_number_t number);
u_char *ngx_http_phone_verify_number_mask(u_char *p,
    ngx_http_phone_verify_number_t number);


#endif /* _NGX_HTTP_PHONE_VERIFY_NUMBER_H_INCLUDED_ */
