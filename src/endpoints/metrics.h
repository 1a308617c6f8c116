
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_METRICS_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_METRICS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "endpoints/exposition.h"
#include "verification/app.h"
#include "verification/store/meter.h"


/* The apps, and what is written. */

typedef struct {
    ngx_http_phone_verify_exposition_t    x;
    ngx_http_phone_verify_app_t         **apps;
    ngx_uint_t                            n;
} ngx_http_phone_verify_metrics_t;


/* Begins a line of an app; adds a label to it. */

void ngx_http_phone_verify_metrics_line(
    ngx_http_phone_verify_metrics_t *m, const char *name, ngx_uint_t app);
void ngx_http_phone_verify_metrics_text(
    ngx_http_phone_verify_metrics_t *m, const char *name, const char *value);


/* metrics_rules.c: breakers, the outage, budgets, as they stand. */

void ngx_http_phone_verify_metrics_rules(
    ngx_http_phone_verify_metrics_t *m);


/* metrics_counted.c: all that meter.h counts. */

void ngx_http_phone_verify_metrics_counted(
    ngx_http_phone_verify_metrics_t *m);


#endif /* _NGX_HTTP_PHONE_VERIFY_METRICS_H_INCLUDED_ */
