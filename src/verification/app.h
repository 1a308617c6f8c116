
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_APP_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_APP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/callback.h"
#include "sinch/client.h"
#include "verification/policy/budget.h"
#include "verification/policy/conversion.h"
#include "verification/policy/destination.h"
#include "verification/policy/limits.h"
#include "verification/store/store.h"


/* policy/outage.h; times in msec */

typedef struct {
    ngx_uint_t    failures;    /* in a row; 0: off */
    ngx_msec_t    window;      /* in which they happen */
    ngx_msec_t    probe;       /* time between probes */
    ngx_msec_t    hold;        /* how long a probe may take */
    time_t        grace;       /* seconds, see session/grace.h; 0: none */
    unsigned      dry:1;
    unsigned      grace_dry:1;
} ngx_http_phone_verify_outage_policy_t;


/*
 * An app: one Sinch Verification application with its policy, as declared by
 * phone_verify_app NAME { }.  Const after configuration.
 */

typedef struct {
    ngx_str_t                        name;

    ngx_http_phone_verify_sinch_t    sinch;
    ngx_http_phone_verify_credential_t  *credentials;    /* of callbacks */
    ngx_uint_t                       ncredentials;
    ngx_msec_t                       callback_skew;
    ngx_str_t                        callback_path;   /* empty: as received */
    ngx_uint_t                       callback_unknown;    /* 1: allow */
    ngx_uint_t                       callbacks;   /* there is an endpoint */
    ngx_uint_t                       poll;        /* seconds, 0: never */
    ngx_uint_t                       own_codes;
    ngx_uint_t                       code_length;

    ngx_http_phone_verify_keys_t    *keys;
    ngx_http_phone_verify_zone_t    *zone;
    ngx_http_phone_verify_policy_t   policy;
    ngx_open_file_t                 *revocation_file;    /* NULL: none */

    ngx_uint_t                       reuse_count;    /* 0: any */
    ngx_uint_t                       reuse_period;   /* seconds */
    ngx_uint_t                       reuse_dry_run;
    ngx_http_phone_verify_destinations_t  destinations;
    ngx_http_phone_verify_money_t    money;
    ngx_http_phone_verify_breaker_t  breakers[NGX_HTTP_PHONE_VERIFY_BREAKERS];
    ngx_array_t                     *limits;      /* policy/limits.h */
    ngx_uint_t                       nvariables;  /* of limits */
    ngx_http_phone_verify_guesses_t  guesses;
    ngx_http_phone_verify_outage_policy_t  outage;

    ngx_uint_t                       methods[NGX_HTTP_PHONE_VERIFY_METHODS];
    ngx_uint_t                       nmethods;    /* the first is the default */

    ngx_array_t                     *test_numbers;    /* test_number.h */

    time_t                           session_ttl;

    ngx_str_t                        grant_cookie;
    ngx_str_t                        pending_cookie;
    ngx_str_t                        cookie_domain;
    ngx_uint_t                       cookie_insecure;
    ngx_str_t                        header;
    u_char                          *header_lowcase;
    ngx_uint_t                       header_hash;

    void                            *bind;        /* session/bind.c, or NULL */
    ngx_uint_t                       bind_dry;

    ngx_str_t                       *origins;     /* of other sites' pages */
    ngx_uint_t                       norigins;
    ngx_uint_t                       origins_dry;     /* any other's, too */

    struct ngx_http_phone_verify_values_s  *values;    /* conf/options.c */

    ngx_uint_t                       declared;
    ngx_str_t                        file;        /* where it was declared, */
    ngx_uint_t                       line;        /* else first named */
} ngx_http_phone_verify_app_t;


#endif /* _NGX_HTTP_PHONE_VERIFY_APP_H_INCLUDED_ */
