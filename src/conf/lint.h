
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_LINT_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_LINT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/conf.h"


/*
 * Warnings of what is allowed and probably not meant: gates that are passed
 * by, cookies that no browser keeps, verifications that nobody hears of.  They
 * change nothing, and a good configuration has none; docs/directives.md lists
 * them.
 */


/* Each is called once: when its part of the configuration is complete. */

void ngx_http_phone_verify_lint_skip(ngx_conf_t *cf);
void ngx_http_phone_verify_lint_apps(ngx_conf_t *cf,
    ngx_http_phone_verify_main_conf_t *mcf);
void ngx_http_phone_verify_lint_listeners(ngx_conf_t *cf,
    ngx_http_phone_verify_main_conf_t *mcf);


/*
 * A location (or what a server has for all of them), merged.  NGX_OK or
 * NGX_ERROR: no memory.
 */

ngx_int_t ngx_http_phone_verify_lint_location(ngx_conf_t *cf,
    ngx_http_phone_verify_loc_conf_t *conf);


#endif /* _NGX_HTTP_PHONE_VERIFY_LINT_H_INCLUDED_ */
