
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_SINCH_MEMBER_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_SINCH_MEMBER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/json.h"


/*
 * Members of what Sinch sends.  Names are read without case, and a member that
 * stands twice is an error.
 *
 * All return NGX_OK and the value; NGX_DECLINED, and then the value is left as
 * it is: not there, null, of another type or out of bounds; or NGX_ERROR: it
 * is there twice.
 */

/* At most "max" bytes; points into the tree. */

ngx_int_t ngx_http_phone_verify_member_text(const cJSON *object,
    const char *name, size_t max, ngx_str_t *value);

/* A whole number from 0 to "max". */

ngx_int_t ngx_http_phone_verify_member_count(const cJSON *object,
    const char *name, ngx_uint_t max, ngx_uint_t *value);

/* An object. */

ngx_int_t ngx_http_phone_verify_member_object(const cJSON *object,
    const char *name, cJSON **value);

/*
 * Money, {"currencyId":"EUR","amount":0.0453}: both parts, the amount finite
 * and not below zero.  *invalid is set to 1 where there is money that is not.
 */

ngx_int_t ngx_http_phone_verify_member_money(const cJSON *object,
    const char *name, ngx_str_t *currency, double *amount,
    ngx_uint_t *invalid);


#endif /* _NGX_HTTP_PHONE_VERIFY_SINCH_MEMBER_H_INCLUDED_ */
