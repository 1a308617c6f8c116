
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_FIELDS_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_FIELDS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * What a client may send, as JSON or as a form.  "data" of what it did not
 * send is NULL.  All of it is UTF-8 without a NUL, and nothing else is known
 * of it.
 */

typedef struct {
    ngx_str_t    number;
    ngx_str_t    country;        /* of a number without "+" */
    ngx_str_t    method;
    ngx_str_t    language;
    ngx_str_t    code;
    ngx_str_t    cli;
    ngx_str_t    return_path;    /* "return" */

    /* an operator's */

    ngx_str_t    action;
    ngx_str_t    session;
    ngx_str_t    address;
    ngx_str_t    breaker;
} ngx_http_phone_verify_fields_t;


/*
 * Read a body, a form in place.  Names that are not known are passed over, so
 * that a client may be newer than this.  NGX_OK, or NGX_DECLINED where it is
 * malformed, a known name comes twice, or a value is no string.
 *
 * In a form "+" is a blank, but a number or cli that begins with a blank and a
 * digit is taken to begin with a "+" that somebody forgot to escape, unless a
 * country is named.
 */

ngx_int_t ngx_http_phone_verify_fields_json(ngx_pool_t *pool, ngx_str_t *text,
    ngx_http_phone_verify_fields_t *fields);
ngx_int_t ngx_http_phone_verify_fields_form(ngx_str_t *text,
    ngx_http_phone_verify_fields_t *fields);


/* The field called "name", or NULL. */

ngx_str_t *ngx_http_phone_verify_fields_named(
    ngx_http_phone_verify_fields_t *fields, const ngx_str_t *name);


#endif /* _NGX_HTTP_PHONE_VERIFY_FIELDS_H_INCLUDED_ */
