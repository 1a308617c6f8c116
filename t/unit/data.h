
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_UNIT_DATA_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_UNIT_DATA_H_INCLUDED_


#include <cjson/cJSON.h>
#include "unit.h"


/*
 * A file of t/data, whole, with a NUL behind it that len does not count.  One
 * that cannot be read is a failed test and an empty text.
 */

ngx_str_t *ngx_http_phone_verify_unit_data(ngx_http_phone_verify_unit_t *u,
    const char *name);


/* The same of sinch-examples/NAME.json. */

ngx_str_t *ngx_http_phone_verify_unit_example(ngx_http_phone_verify_unit_t *u,
    const char *name);


/* The same as JSON, parsed by cJSON alone; NULL is a failed test. */

cJSON *ngx_http_phone_verify_unit_data_json(ngx_http_phone_verify_unit_t *u,
    const char *name);
cJSON *ngx_http_phone_verify_unit_example_json(
    ngx_http_phone_verify_unit_t *u, const char *name);


/* A string member of an object; an empty one where there is none. */

ngx_str_t *ngx_http_phone_verify_unit_member(ngx_http_phone_verify_unit_t *u,
    const cJSON *object, const char *name);


/* A text n bytes long, all of them "ch". */

ngx_str_t *ngx_http_phone_verify_unit_fill(ngx_http_phone_verify_unit_t *u,
    u_char ch, size_t n);


/* A text in which the first "from" is replaced. */

ngx_str_t *ngx_http_phone_verify_unit_replace(ngx_http_phone_verify_unit_t *u,
    const ngx_str_t *text, const char *from, const char *to);


#define str(u, text)        ngx_http_phone_verify_unit_str(u, text)
#define bytes(u, text)                                                        \
    ngx_http_phone_verify_unit_bytes(u, text, sizeof(text) - 1)


/* A text that may hold NUL bytes, copied. */

ngx_str_t *ngx_http_phone_verify_unit_bytes(ngx_http_phone_verify_unit_t *u,
    const void *data, size_t len);


#endif /* _NGX_HTTP_PHONE_VERIFY_UNIT_DATA_H_INCLUDED_ */
