
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_LINT_IMPL_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_LINT_IMPL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/lint.h"


/* What lint.c and lint_listeners.c have in common; nobody else's. */


#define NGX_HTTP_PHONE_VERIFY_SAID_SATISFY  0x01
#define NGX_HTTP_PHONE_VERIFY_SAID_LISTEN   0x02


/* A gate is inherited by many locations, and told of once. */

ngx_uint_t ngx_http_phone_verify_lint_said(
    ngx_http_phone_verify_place_t *gate, ngx_uint_t what);


/*
 * The first word of another module's configuration.  That is its own, but
 * there is no other way to see it, and these have always begun as they do.
 */

void *ngx_http_phone_verify_lint_conf(ngx_conf_t *cf, void **loc_conf,
    const char *name);

/* One that this nginx may have been built without, or NULL. */

ngx_module_t *ngx_http_phone_verify_lint_module(ngx_conf_t *cf,
    const char *name);


/*
 * A location with a gate, and one that is for operators, by the directive's
 * "name": _lint_listeners() looks at them in the end.  NGX_OK or NGX_ERROR: no
 * memory.
 */

ngx_int_t ngx_http_phone_verify_lint_gated(ngx_conf_t *cf,
    ngx_http_phone_verify_loc_conf_t *conf);
ngx_int_t ngx_http_phone_verify_lint_admin(ngx_conf_t *cf, ngx_str_t *name);


/* 1 for an address of this machine alone. */

ngx_uint_t ngx_http_phone_verify_lint_local(struct sockaddr *sa);


#endif /* _NGX_HTTP_PHONE_VERIFY_LINT_IMPL_H_INCLUDED_ */
