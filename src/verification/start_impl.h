
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_START_IMPL_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_START_IMPL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/operation_impl.h"


/* What start.c asks for and start_end.c answers; nobody else has it. */


typedef struct {
    ngx_http_phone_verify_operation_t      operation;    /* first */

    ngx_http_phone_verify_sinch_request_t  request;
    ngx_http_phone_verify_admission_t      admission;
    u_char                                 session[
                                             NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    u_char                                 own[
                                             NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    u_char                                 reference[
                                             NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];
    u_char                                 bind[NGX_HTTP_PHONE_VERIFY_BIND_LEN];

    ngx_uint_t                             error;    /* if it was not sent */

    unsigned                               has_own:1;
    unsigned                               settled:1;    /* an earlier one */
    unsigned                               test:1;       /* a test number */
} ngx_http_phone_verify_start_t;


/*
 * Writes down how our own start ended, as Sinch says; "id" may be NULL.  It
 * does not matter here whether the record was settled by a callback before, or
 * is gone: _serve() looks.
 */

void ngx_http_phone_verify_start_ended(ngx_http_phone_verify_start_t *start,
    ngx_uint_t status, ngx_uint_t reason, ngx_str_t *id);

/*
 * The client gets its pending token, if there is still something pending;
 * "what" is how, for the log.
 */

void ngx_http_phone_verify_start_serve(ngx_http_phone_verify_start_t *start,
    const char *what);


#endif /* _NGX_HTTP_PHONE_VERIFY_START_IMPL_H_INCLUDED_ */
