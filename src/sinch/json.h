
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_SINCH_JSON_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_SINCH_JSON_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <cjson/cJSON.h>


/* Reading JSON that nobody vouches for: Sinch's answers, clients' bodies */


#define NGX_HTTP_PHONE_VERIFY_JSON_DEPTH    16
#define NGX_HTTP_PHONE_VERIFY_JSON_VALUES   1024
#define NGX_HTTP_PHONE_VERIFY_JSON_STRICT   64      /* values, when strict */


/*
 * Parses a text as RFC 8259 has it.  Refused are, besides what is no JSON:
 * NUL bytes and "\u0000", which would cut a string short; invalid UTF-8;
 * anything but white space after the value; nesting deeper than JSON_DEPTH;
 * more than JSON_VALUES values.
 *
 * With "strict", for those who can be held to what they were told, also a byte
 * order mark, more than JSON_STRICT values, a number that is too large for a
 * double, and two members of one name, however they are escaped, at any depth.
 *
 * Returns the value, which is freed with the pool; or NULL.  Strings of it end
 * with a NUL and hold no other.  It is not to be changed or freed.
 */

cJSON *ngx_http_phone_verify_json_parse(ngx_pool_t *pool, ngx_str_t *text,
    ngx_uint_t strict);


/*
 * The member of an object that is called "name", upper or lower case.  NGX_OK
 * and *value; NGX_DECLINED: there is none, or it is null, or "object" is no
 * object; NGX_ERROR: there is more than one.
 */

ngx_int_t ngx_http_phone_verify_json_member(const cJSON *object,
    const char *name, cJSON **value);


/* The number of characters of a text, or NGX_ERROR: it is not UTF-8. */

ngx_int_t ngx_http_phone_verify_utf8_length(const ngx_str_t *text);


#endif /* _NGX_HTTP_PHONE_VERIFY_SINCH_JSON_H_INCLUDED_ */
