
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_SESSION_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_SESSION_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/conf.h"


/*
 * The visitor of a request, per app: the tokens that came with it, read once
 * and only when asked for, and those that go out.  It belongs to the main
 * request and outlives internal redirects (which zero r->ctx).
 */

typedef struct ngx_http_phone_verify_session_s  ngx_http_phone_verify_session_t;


/* The visitor, or NULL when there is no memory. */

ngx_http_phone_verify_session_t *ngx_http_phone_verify_session(
    ngx_http_request_t *r, const ngx_http_phone_verify_app_t *app);


/*
 * The valid grant (sealed by us, in its time, not revoked), or NULL; the
 * valid pending token, or NULL.  The first valid one of at most four.
 */

const ngx_http_phone_verify_token_t *ngx_http_phone_verify_session_grant(
    ngx_http_phone_verify_session_t *s);
const ngx_http_phone_verify_token_t *ngx_http_phone_verify_session_pending(
    ngx_http_phone_verify_session_t *s);


/*
 * The pending token that has expired, where there is no valid one, or NULL: to
 * tell a visitor who comes back to its cookie, which outlives it by COOKIE_KEEP
 * seconds, and to start again for the same number.  It opens nothing.
 */

#define NGX_HTTP_PHONE_VERIFY_COOKIE_KEEP  600

const ngx_http_phone_verify_token_t *ngx_http_phone_verify_session_lapsed(
    ngx_http_phone_verify_session_t *s);


/*
 * What the store knows of the pending session, looked up once for a request,
 * or NULL without a pending token or a record.  Consumes nothing.
 */

const ngx_http_phone_verify_view_t *ngx_http_phone_verify_session_view(
    ngx_http_phone_verify_session_t *s);


/* Looks it up anew: for a request that waits for a change. */

void ngx_http_phone_verify_session_refresh(ngx_http_phone_verify_session_t *s);


/*
 * If the pending session's verification has succeeded, takes its grant (once),
 * puts it into the response and returns NGX_OK: _session_grant() is then that
 * grant.  NGX_DECLINED: there is none, or it is a prefetch, which takes
 * none.  NGX_ERROR: no memory.
 */

ngx_int_t ngx_http_phone_verify_session_claim(
    ngx_http_phone_verify_session_t *s);


/*
 * Put a sealed token into the response: as a cookie, or for a client that
 * speaks by header in the header of the app's name.  A grant clears the
 * pending cookie.  NGX_OK or NGX_ERROR.
 */

ngx_int_t ngx_http_phone_verify_session_give_grant(
    ngx_http_phone_verify_session_t *s, ngx_str_t *token, time_t expires);
ngx_int_t ngx_http_phone_verify_session_give_pending(
    ngx_http_phone_verify_session_t *s, ngx_str_t *token, time_t expires);


/*
 * Ends it: grant revoked for all workers, pending session dead, both cookies
 * cleared in the response.  NGX_OK; NGX_BUSY when the revocation could not be
 * recorded (nothing is cleared then); NGX_ERROR.
 */

ngx_int_t ngx_http_phone_verify_session_revoke(
    ngx_http_phone_verify_session_t *s);


/*
 * What the gate of the location "gate" has said, which is the verdict on the
 * request: it stands, however old the grant becomes meanwhile.  _gate_said():
 * NGX_OK, NGX_DECLINED, or before any gate of the app has spoken NGX_DONE.
 */

void ngx_http_phone_verify_session_gate_says(
    ngx_http_phone_verify_session_t *s,
    const ngx_http_phone_verify_loc_conf_t *gate, ngx_uint_t let_in);
ngx_int_t ngx_http_phone_verify_session_gate_said(
    const ngx_http_phone_verify_session_t *s,
    const ngx_http_phone_verify_loc_conf_t **gate);


#endif /* _NGX_HTTP_PHONE_VERIFY_SESSION_H_INCLUDED_ */
