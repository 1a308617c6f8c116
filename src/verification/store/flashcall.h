
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_FLASHCALL_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_FLASHCALL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/client.h"


/*
 * What a client has to know of a flash call to recognise it (Sinch
 * Verification API, section 3, the answer), small enough to be kept beside the
 * verification for sessions that join it.
 */

#define NGX_HTTP_PHONE_VERIFY_CLI_FILTER_MAX  31

typedef struct {
    uint16_t    interception_timeout;    /* seconds */
    uint16_t    report_timeout;
    uint16_t    deny_call_after;

    unsigned    has_interception_timeout:1;
    unsigned    has_report_timeout:1;
    unsigned    has_deny_call_after:1;
    unsigned    filter_len:5;            /* 0: none, or too long to be kept */

    u_char      filter[NGX_HTTP_PHONE_VERIFY_CLI_FILTER_MAX];
} ngx_http_phone_verify_flashcall_t;


/*
 * Writes what Sinch has answered, or as much as goes into "room" bytes: all
 * but a filter that is too long.  Returns the number of bytes, 0: nothing.
 */

size_t ngx_http_phone_verify_flashcall_write(u_char *p, size_t room,
    const ngx_http_phone_verify_sinch_answer_t *answer);

/* Reads it; what is malformed is left out. */

void ngx_http_phone_verify_flashcall_read(const u_char *p, size_t room,
    ngx_http_phone_verify_flashcall_t *call);

/* The same as if Sinch had just answered it; its text stays in "call". */

void ngx_http_phone_verify_flashcall_answer(
    const ngx_http_phone_verify_flashcall_t *call,
    ngx_http_phone_verify_sinch_answer_t *answer);


#endif /* _NGX_HTTP_PHONE_VERIFY_FLASHCALL_H_INCLUDED_ */
