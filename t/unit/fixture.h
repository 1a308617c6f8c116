
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_UNIT_FIXTURE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_UNIT_FIXTURE_H_INCLUDED_


#include "data.h"
#include "verification/token/token.h"


/* Keys for tests, and what is logged while they are read. */


#define NGX_HTTP_PHONE_VERIFY_UNIT_KEY_A                                      \
    "ad2bb7a5a0f5c3d1e54a1c0b6f0c58f6f8b1c6d13e0f7a9b2c4d6e8f0a1b2c3d"
#define NGX_HTTP_PHONE_VERIFY_UNIT_KEY_B                                      \
    "0123456789abcdef0123456789ABCDEF"
#define NGX_HTTP_PHONE_VERIFY_UNIT_KEY_C                                      \
    "Zm9yIHRlc3RzIG9ubHksIG5vdCBhIHNlY3JldCBhdCBhbGw="


typedef struct {
    ngx_conf_t    cf;         /* of the test's pool and of this log */
    ngx_log_t     log;
    u_char        buf[4096];
    size_t        len;
    ngx_str_t     file;
    ngx_uint_t    fallback;
} ngx_http_phone_verify_unit_fixture_t;


void ngx_http_phone_verify_unit_fixture(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_fixture_t *f);

/* Keys of an app from a file with this text, of this mode; NULL: no file. */

ngx_http_phone_verify_keys_t *ngx_http_phone_verify_unit_make_keys(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_fixture_t *f,
    const char *app, const ngx_str_t *text, mode_t mode);

/* The same of a file that is there, or not; "file" may be NULL. */

ngx_http_phone_verify_keys_t *ngx_http_phone_verify_unit_read_keys(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_fixture_t *f,
    const char *app, ngx_str_t *file);

/* Whether this stands in the log. */

ngx_uint_t ngx_http_phone_verify_unit_logged(
    ngx_http_phone_verify_unit_fixture_t *f, const char *text);


#endif /* _NGX_HTTP_PHONE_VERIFY_UNIT_FIXTURE_H_INCLUDED_ */
