
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_CALLBACK_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_CALLBACK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/callback.h"
#include "verification/app.h"


/*
 * Takes an event that was checked (Sinch Verification API, section 8), writes
 * down what it says and, for a request event, decides: "permission" is the
 * answer, its code in "code" (room for CODE_MAX bytes).
 *
 * "replay": the very same event was taken before.  Its price counts once.
 *
 * Nothing here waits for anything: the start that a request event belongs to
 * may be waiting for this very answer, in this worker or another.  Events may
 * come twice and in any order.
 */

void ngx_http_phone_verify_callback(const ngx_http_phone_verify_app_t *app,
    const ngx_http_phone_verify_event_t *event, ngx_uint_t replay,
    ngx_http_phone_verify_permission_t *permission, u_char *code,
    ngx_log_t *log);


#endif /* _NGX_HTTP_PHONE_VERIFY_CALLBACK_H_INCLUDED_ */
