
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_TEST_NUMBER_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_TEST_NUMBER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/app.h"


/*
 * Numbers that are verified by a code of the configuration ("test_number"):
 * Sinch is never asked, and no rule counts them.
 */

#define NGX_HTTP_PHONE_VERIFY_TEST_CODE_MIN  4
#define NGX_HTTP_PHONE_VERIFY_TEST_CODE_MAX  10


typedef struct {
    ngx_http_phone_verify_number_t  number;
    ngx_str_t                       code;      /* digits */
} ngx_http_phone_verify_test_number_t;


/* 1 where "number" is one. */

ngx_uint_t ngx_http_phone_verify_test_number(
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number);


/*
 * What Sinch would say of "proof": the code, or for flashcall the number of a
 * caller that ends in it.  Compared in constant time.  NGX_OK: "status" and
 * "reason" are set; NGX_DECLINED: it is no test number.
 */

ngx_int_t ngx_http_phone_verify_test_report(
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number, ngx_uint_t method,
    const ngx_str_t *proof, ngx_uint_t *status, ngx_uint_t *reason);


#endif /* _NGX_HTTP_PHONE_VERIFY_TEST_NUMBER_H_INCLUDED_ */
