
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_WAIT_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_WAIT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "session/session.h"


#define NGX_HTTP_PHONE_VERIFY_WAIT_MAX  60    /* seconds */


/*
 * Answers a request whose wait has ended: the state has changed, or "over" is
 * 1, for the time is up, the worker exits, or the same session waits anew.
 * Returns what a content handler returns; NGX_AGAIN: it waits on.
 */

typedef ngx_int_t (*ngx_http_phone_verify_wait_pt)(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s, ngx_uint_t over);


/*
 * Holds a request until the state of its pending session changes, at most for
 * so many seconds.  One wait a session: the newer one ends the older, at once
 * or, at another worker, within a tenth of a second, as all changes there are
 * seen.
 *
 * NGX_DONE: it is held, and "handler" will be called, once or until it no
 * longer returns NGX_AGAIN, unless the client goes first.  NGX_DECLINED:
 * nothing to wait for, or too many wait already.  NGX_ERROR: no memory.
 */

ngx_int_t ngx_http_phone_verify_wait(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s, const ngx_http_phone_verify_app_t *app,
    ngx_uint_t seconds, ngx_http_phone_verify_wait_pt handler);


#endif /* _NGX_HTTP_PHONE_VERIFY_WAIT_H_INCLUDED_ */
