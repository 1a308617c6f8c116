
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_OVERVIEW_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_OVERVIEW_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/writer.h"
#include "verification/app.h"


/*
 * How an app is doing, as a JSON object (docs/api.md, "admin").  Numbers of
 * phones are not in it.  NGX_OK or NGX_ERROR.
 */

ngx_int_t ngx_http_phone_verify_overview(ngx_pool_t *pool,
    const ngx_http_phone_verify_app_t *app, ngx_str_t *body);


/* Its parts on rules, in overview_rules.c. */

void ngx_http_phone_verify_overview_limits(ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_app_t *app);
void ngx_http_phone_verify_overview_breakers(ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_app_t *app);
void ngx_http_phone_verify_overview_outage(ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_app_t *app);
void ngx_http_phone_verify_overview_budgets(ngx_http_phone_verify_writer_t *w,
    const ngx_http_phone_verify_app_t *app);


#endif /* _NGX_HTTP_PHONE_VERIFY_OVERVIEW_H_INCLUDED_ */
