
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_GRACE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_GRACE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "session/session.h"


/*
 * "on_outage grace": while Sinch is out of reach, nobody can verify again; so
 * a grant whose time ran out after the outage began, not longer ago than the
 * app allows, still counts.  "max_age" is the gate's, 0: any.
 *
 * Returns the grant, or NULL.  Asked only on the way to a refusal.  *dry_run is
 * 1 where that is what it is, and the refusal stands.
 */

const ngx_http_phone_verify_token_t *ngx_http_phone_verify_session_grace(
    ngx_http_phone_verify_session_t *s, time_t max_age, ngx_uint_t *dry_run);


/*
 * From then on it is the session's grant, unless in a dry run; it is counted,
 * and the log says so, once a request.
 */

void ngx_http_phone_verify_session_let_in(ngx_http_phone_verify_session_t *s,
    const ngx_http_phone_verify_token_t *grant);


#endif /* _NGX_HTTP_PHONE_VERIFY_GRACE_H_INCLUDED_ */
