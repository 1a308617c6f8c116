
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_SINCH_TIMESTAMP_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_SINCH_TIMESTAMP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* The times of x-timestamp.  Sinch Verification API, section 2.1. */


#define NGX_HTTP_PHONE_VERIFY_TIMESTAMP_LEN                                   \
    (sizeof("2026-01-15T09:30:00.123Z") - 1)


/*
 * Writes a time as "2026-01-15T09:30:00.123Z", TIMESTAMP_LEN bytes.  Returns
 * the end.
 */

u_char *ngx_http_phone_verify_timestamp_write(u_char *p, time_t sec,
    ngx_uint_t msec);


/*
 * Reads a time in UTC, "2026-01-15T09:30:00" with up to nine decimals and "Z"
 * or "+00:00", as milliseconds since 1970; what is finer is cut off.  NGX_OK,
 * or NGX_DECLINED for anything else.
 */

ngx_int_t ngx_http_phone_verify_timestamp_parse(ngx_str_t *text,
    int64_t *msec);


#endif /* _NGX_HTTP_PHONE_VERIFY_SINCH_TIMESTAMP_H_INCLUDED_ */
