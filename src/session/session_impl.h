
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_SESSION_IMPL_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_SESSION_IMPL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "session/cookie.h"
#include "session/session.h"
#include "verification/policy/outage.h"


/* What session.c, logout.c and grace.c have in common; nobody else's. */


struct ngx_http_phone_verify_session_s {
    ngx_http_request_t                 *request;     /* the main one */
    const ngx_http_phone_verify_app_t  *app;
    ngx_http_phone_verify_session_t    *next;        /* of another app */

    const ngx_http_phone_verify_token_t  *grant;     /* NULL: none */
    const ngx_http_phone_verify_token_t  *pending;
    const ngx_http_phone_verify_token_t  *lapsed;
    const ngx_http_phone_verify_view_t   *view;

    ngx_http_phone_verify_view_t       *room;        /* of "view" */

    ngx_http_phone_verify_outage_state_t  outage;    /* when it was asked */

    ngx_str_t                           header;      /* the token in it */

    ngx_int_t                           phase;       /* of "unbound" */

    const ngx_http_phone_verify_loc_conf_t  *gate;   /* that has spoken */

    unsigned                            grant_read:1;
    unsigned                            pending_read:1;
    unsigned                            lapsed_read:1;
    unsigned                            view_read:1;
    unsigned                            header_read:1;
    unsigned                            by_header:1;
    unsigned                            unbound:1;   /* by "bind" alone */
    unsigned                            outage_read:1;
    unsigned                            grace_told:1;
    unsigned                            let_in:1;    /* by "gate" */
};


/*
 * The first token of "purpose" that is as "state" says, see token_open(): a
 * copy, or NULL.
 */

const ngx_http_phone_verify_token_t *ngx_http_phone_verify_session_read(
    ngx_http_phone_verify_session_t *s, ngx_uint_t purpose, ngx_int_t state);


/* All texts that may be tokens of "purpose"; returns how many. */

ngx_uint_t ngx_http_phone_verify_session_texts(
    ngx_http_phone_verify_session_t *s, ngx_uint_t purpose, ngx_str_t *texts);


/* As token_open(); one that is revoked is none. */

ngx_int_t ngx_http_phone_verify_session_open(
    ngx_http_phone_verify_session_t *s, ngx_uint_t purpose, ngx_str_t *text,
    ngx_http_phone_verify_token_t *token);


/* 1 where the client sends its token in the header, and no cookie. */

ngx_uint_t ngx_http_phone_verify_session_speaks_header(
    ngx_http_phone_verify_session_t *s);


#endif /* _NGX_HTTP_PHONE_VERIFY_SESSION_IMPL_H_INCLUDED_ */
