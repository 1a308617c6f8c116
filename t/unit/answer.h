
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_UNIT_ANSWER_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_UNIT_ANSWER_H_INCLUDED_


#include "data.h"
#include "sinch/answer.h"


/* Reading answers of Sinch, for answer_test.c and nonsense_test.c. */


#define START   NGX_HTTP_PHONE_VERIFY_ASKED_START
#define REPORT  NGX_HTTP_PHONE_VERIFY_ASKED_REPORT
#define STATUS  NGX_HTTP_PHONE_VERIFY_ASKED_STATUS

#define ANSWERED  NGX_HTTP_PHONE_VERIFY_SINCH_ANSWERED
#define REFUSED   NGX_HTTP_PHONE_VERIFY_SINCH_REFUSED
#define NONSENSE  NGX_HTTP_PHONE_VERIFY_SINCH_NONSENSE

#define SMS        NGX_HTTP_PHONE_VERIFY_SMS
#define FLASHCALL  NGX_HTTP_PHONE_VERIFY_FLASHCALL
#define CALLOUT    NGX_HTTP_PHONE_VERIFY_CALLOUT
#define SEAMLESS   NGX_HTTP_PHONE_VERIFY_SEAMLESS
#define WHATSAPP   NGX_HTTP_PHONE_VERIFY_WHATSAPP
#define ANY        NGX_HTTP_PHONE_VERIFY_NO_METHOD


/* What is read of a body that came with this status of HTTP. */

ngx_http_phone_verify_sinch_answer_t *ngx_http_phone_verify_unit_answer_read(
    ngx_http_phone_verify_unit_t *u, ngx_uint_t what, ngx_uint_t method,
    ngx_uint_t http_status, const ngx_str_t *body);


#define answer(u, what, method, text)                                         \
    ngx_http_phone_verify_unit_answer_read(u, what, method, 200, str(u, text))

#define failure(u, status, text)                                              \
    ngx_http_phone_verify_unit_answer_read(u, START, SMS, status, str(u, text))


#endif /* _NGX_HTTP_PHONE_VERIFY_UNIT_ANSWER_H_INCLUDED_ */
