
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_CONF_APP_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_CONF_APP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/app.h"


/* What the directives of phone_verify_app say, while the block is read. */

#define NGX_HTTP_PHONE_VERIFY_POLL        3          /* seconds */
#define NGX_HTTP_PHONE_VERIFY_POLL_UNSET  ((ngx_uint_t) -1)


typedef struct {
    ngx_http_phone_verify_app_t  *app;

    ngx_str_t                     key;
    ngx_str_t                     secret_file;
    ngx_uint_t                    auth;
    ngx_str_t                     api;
    ngx_uint_t                    insecure;
    ngx_uint_t                    http2;
    ngx_str_t                     trusted_certificate;
    ngx_resolver_t               *resolver;
    ngx_msec_t                    resolver_timeout;
    ngx_msec_t                    connect_timeout;
    ngx_msec_t                    timeout;

    ngx_msec_t                    callback_skew;
    ngx_str_t                     callback_path;
    ngx_uint_t                    callback_unknown;
    time_t                        poll;
    ngx_flag_t                    own_codes;
    ngx_int_t                     code_length;

    size_t                        zone_size;
    ngx_uint_t                    attempts_set;
    ngx_uint_t                    on_outage_set;
    ngx_msec_t                    pending_ttl;
    ngx_uint_t                    resend_set;
    ngx_msec_t                    resend[NGX_HTTP_PHONE_VERIFY_RESENDS];

    ngx_uint_t                    countries_off;  /* deny, allow: a bit each */
    ngx_uint_t                    classes_set;    /* by deny_classes */
    ngx_uint_t                    breakers_set;   /* a bit each */
    ngx_uint_t                    failures_set;   /* provider_failures */
    ngx_uint_t                    budget_off;
    ngx_uint_t                    max_price_set;

    ngx_str_t                     session_key_file;
    time_t                        session_ttl;
    ngx_str_t                     cookie;
    ngx_uint_t                    cookie_insecure;
    ngx_str_t                     cookie_domain;
    ngx_str_t                     header;
    ngx_uint_t                    bind_set;
    ngx_uint_t                    revocation_file_set;
    ngx_uint_t                    number_reuse_set;
    ngx_uint_t                    origins_set;
} ngx_http_phone_verify_app_conf_t;


/*
 * The parts of the block.  Each has a table of directives, and a function that
 * completes its part of the app when the block ends: defaults, checks, and
 * what is made of it.  Those return NGX_CONF_OK, or NGX_CONF_ERROR after
 * logging at [emerg].
 */

extern ngx_command_t  ngx_http_phone_verify_app_provider_commands[];
extern ngx_command_t  ngx_http_phone_verify_app_callback_commands[];
extern ngx_command_t  ngx_http_phone_verify_app_options_commands[];
extern ngx_command_t  ngx_http_phone_verify_app_session_commands[];
extern ngx_command_t  ngx_http_phone_verify_app_policy_commands[];
extern ngx_command_t  ngx_http_phone_verify_app_origins_commands[];
extern ngx_command_t  ngx_http_phone_verify_app_revocation_commands[];
extern ngx_command_t  ngx_http_phone_verify_app_reuse_commands[];
extern ngx_command_t  ngx_http_phone_verify_app_test_number_commands[];
extern ngx_command_t  ngx_http_phone_verify_app_destination_commands[];
extern ngx_command_t  ngx_http_phone_verify_app_conversion_commands[];
extern ngx_command_t  ngx_http_phone_verify_app_limits_commands[];
extern ngx_command_t  ngx_http_phone_verify_app_outage_commands[];
extern ngx_command_t  ngx_http_phone_verify_app_money_commands[];

char *ngx_http_phone_verify_app_provider(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf);
char *ngx_http_phone_verify_app_callback(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf);
char *ngx_http_phone_verify_app_session(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf);
char *ngx_http_phone_verify_app_limits(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf);
char *ngx_http_phone_verify_app_policy(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf);
char *ngx_http_phone_verify_app_destination(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf);
char *ngx_http_phone_verify_app_conversion(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf);
char *ngx_http_phone_verify_app_outage(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf);


#endif /* _NGX_HTTP_PHONE_VERIFY_CONF_APP_H_INCLUDED_ */
