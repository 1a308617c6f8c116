
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_STREAM_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_STREAM_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "session/session.h"


/* 1 where the client asks for text/event-stream. */

ngx_uint_t ngx_http_phone_verify_stream_wanted(ngx_http_request_t *r);


/*
 * Tells how a verification stands, and each change of it, as server-sent
 * events, until it has ended or a minute has gone (the client comes again by
 * itself).  A stream never gives a grant: its header has gone out long before.
 * Returns what a content handler returns.
 */

ngx_int_t ngx_http_phone_verify_stream(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s,
    const ngx_http_phone_verify_app_t *app);


#endif /* _NGX_HTTP_PHONE_VERIFY_STREAM_H_INCLUDED_ */
