
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_SINCH_CALL_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_SINCH_CALL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/answer.h"
#include "sinch/client.h"
#include "transport/transfer.h"


/*
 * A call: signed, sent, answered.  One that Sinch refuses because it has come
 * too late (40105) is signed and sent once more with a fresh timestamp: it was
 * refused before anything was done, so that nothing can happen twice (Sinch
 * Verification API, section 7).
 */

struct ngx_http_phone_verify_sinch_call_s {

    /* set by the caller, from "pool", between _create() and _send() */

    ngx_pool_t                              *pool;
    ngx_str_t                                path;
    ngx_str_t                                body;
    ngx_str_t                                language;

    ngx_http_phone_verify_transfer_t        *transfer;
    const ngx_http_phone_verify_sinch_t     *sinch;
    const char                              *verb;
    ngx_http_phone_verify_asked_t            asked;

    ngx_http_phone_verify_sinch_handler_pt   handler;
    void                                    *data;

    unsigned                                 probe:1;
    unsigned                                 again:1;
};


/* NULL: no memory.  "asked" and "verb" are kept, "log" is copied by _send(). */

ngx_http_phone_verify_sinch_call_t *ngx_http_phone_verify_call_create(
    const ngx_http_phone_verify_sinch_t *sinch, const char *verb,
    const ngx_http_phone_verify_asked_t *asked,
    ngx_http_phone_verify_sinch_handler_pt handler, void *data);


/* The call; or NULL, *outcome tells why, and there is no call any more. */

ngx_http_phone_verify_sinch_call_t *ngx_http_phone_verify_call_send(
    ngx_http_phone_verify_sinch_call_t *call, ngx_log_t *log,
    ngx_uint_t *outcome);


/* Before it was sent.  Always NULL. */

ngx_http_phone_verify_sinch_call_t *ngx_http_phone_verify_call_discard(
    ngx_http_phone_verify_sinch_call_t *call);


#endif /* _NGX_HTTP_PHONE_VERIFY_SINCH_CALL_H_INCLUDED_ */
