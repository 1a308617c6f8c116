
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_CONF_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_CONF_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "verification/app.h"


typedef struct {
    ngx_array_t                   apps;    /* of app_t *, by first mention */
    ngx_uint_t                    gates;   /* there is a gate somewhere */
    ngx_array_t                   gated;   /* servers, lint_listeners.c */
    ngx_array_t                   admins;  /* locations, the same */
} ngx_http_phone_verify_main_conf_t;


/* Where a gate stands, for those who are told of it. */

typedef struct {
    ngx_str_t                     file;
    ngx_uint_t                    line;
    ngx_uint_t                    said;    /* lint.c: what was told already */
} ngx_http_phone_verify_place_t;


/* Seconds: ten years.  No proof lasts longer, and no sum of times overflows. */

#define NGX_HTTP_PHONE_VERIFY_AGE_MAX  (10 * 365 * 24 * 60 * 60)


/* What a gate demands of a grant. */

typedef struct {
    time_t                        max_age;         /* 0: any */
    ngx_uint_t                    methods;         /* bits, 0: any */
    ngx_http_complex_value_t     *number;          /* NULL: any */
} ngx_http_phone_verify_demands_t;


/* Const after configuration: nothing writes here at request time. */

typedef struct {

    /*
     * phone_verify APP|off [optional] [max_age=TIME] [methods=METHOD,...]
     *              [number=VALUE]
     */

    ngx_http_phone_verify_app_t      *gate;        /* NULL: off */
    ngx_uint_t                        optional;
    ngx_http_phone_verify_demands_t   demands;
    ngx_http_phone_verify_place_t     *where;
    ngx_uint_t                        inherited;   /* not said here */

    /* phone_verify_skip VALUE...|off */

    ngx_array_t                      *skip;        /* NULL: off */

    /* phone_verify_page URI|off */

    ngx_http_complex_value_t         *page;        /* NULL: none */

    /*
     * phone_verify_start APP [number=VALUE],
     * phone_verify_check APP [max_age=TIME] [methods=METHOD,...]
     *                    [number=VALUE], _report APP, _status APP, ...
     */

    ngx_http_phone_verify_app_t      *endpoint;    /* NULL: none, or metrics */
    ngx_http_handler_pt               handler;     /* NULL: no endpoint */
    ngx_http_phone_verify_demands_t   endpoint_demands;
    ngx_uint_t                        check;       /* it is _check */
    ngx_str_t                        *operators;   /* its name, if theirs */
} ngx_http_phone_verify_loc_conf_t;


extern ngx_module_t  ngx_http_phone_verify_module;


/*
 * The app of a location: that of its endpoint, else that of its gate, else
 * NULL.  What variables and answers refer to.
 */

ngx_http_phone_verify_app_t *ngx_http_phone_verify_location_app(
    ngx_http_request_t *r);


/* 1 where the request is served by an endpoint of ours. */

ngx_uint_t ngx_http_phone_verify_is_endpoint(ngx_http_request_t *r);


/*
 * The app called "name".  Made where it is not there yet: an app may be named
 * before it is declared, and _init_main_conf() refuses those that never are.
 */

ngx_http_phone_verify_app_t *ngx_http_phone_verify_app_named(ngx_conf_t *cf,
    ngx_str_t *name);


/* 1 where "name" is a token of RFC 9110: a header's or a cookie's name. */

ngx_uint_t ngx_http_phone_verify_is_token(ngx_str_t *name);


/*
 * "value" is a parameter of a gate or an endpoint, "max_age=TIME" say: what it
 * demands, into "demands".  NGX_CONF_OK, or NGX_CONF_ERROR with words in the
 * log.
 */

char *ngx_http_phone_verify_demand(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_phone_verify_demands_t *demands);


/* Handlers of directives; see docs/directives.md. */

char *ngx_http_phone_verify_app_block(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_phone_verify_gate_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_phone_verify_skip_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_phone_verify_page_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_phone_verify_endpoint_directive(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);


/* Before there are workers, or new ones: what must be read by then. */

ngx_int_t ngx_http_phone_verify_init_module(ngx_cycle_t *cycle);


void *ngx_http_phone_verify_create_main_conf(ngx_conf_t *cf);
char *ngx_http_phone_verify_init_main_conf(ngx_conf_t *cf, void *conf);
void *ngx_http_phone_verify_create_loc_conf(ngx_conf_t *cf);
char *ngx_http_phone_verify_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);


#endif /* _NGX_HTTP_PHONE_VERIFY_CONF_H_INCLUDED_ */
