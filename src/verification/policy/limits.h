
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_LIMITS_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_LIMITS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/number/number.h"
#include "verification/store/limit.h"


/*
 * How often something may happen: the windows of limit.h, by what is counted.
 *
 * Of starts, the keys of a number (number, prefix, country, all) count
 * messages; those of a client (address, session, variables) count sessions
 * too, those that join a running verification without a message.  What is
 * refused counts nowhere, and an address and a prefix get back what was
 * verified by a report: they count what did not become a visitor.
 *
 * Who has verified a number before has windows of his own for it: nobody else
 * can use them up.
 */


#define NGX_HTTP_PHONE_VERIFY_LIMITS_MAX   16    /* of an app */
#define NGX_HTTP_PHONE_VERIFY_LIMIT_RATES  4     /* of a limit */


typedef struct {
    ngx_uint_t    count;
    ngx_uint_t    period;          /* seconds */
} ngx_http_phone_verify_rate_t;


typedef struct {
    ngx_uint_t                      rule;       /* of rule.h */
    ngx_str_t                       name;       /* the key, as written */
    void                           *value;      /* conf/app_limits.c, */
    ngx_uint_t                      variable;   /* and its index */
    ngx_uint_t                      nrates;     /* 0: off */
    ngx_http_phone_verify_rate_t    rate[NGX_HTTP_PHONE_VERIFY_LIMIT_RATES];
    unsigned                        dry_run:1;
    unsigned                        private:1;  /* private addresses, too */
} ngx_http_phone_verify_limited_t;


/* Reports, besides what each session and each code has. */

typedef struct {
    ngx_http_phone_verify_rate_t    number;     /* count 0: off */
    ngx_http_phone_verify_rate_t    all;
    ngx_uint_t                      dry_run;
} ngx_http_phone_verify_guesses_t;


/* A report's windows, and what came of them and of the attempts. */

typedef struct {
    ngx_http_phone_verify_limit_t   window[2];
    ngx_uint_t                      n;
    ngx_uint_t                      dry_run;
    ngx_uint_t                      owner;     /* has verified it before */

    ngx_uint_t                      used;           /* the attempts; a dry */
                                                    /* run, so it goes on */
    ngx_uint_t                      refused;        /* or would have been */
    ngx_uint_t                      retry_after;    /* seconds */
    ngx_uint_t                      taken;
} ngx_http_phone_verify_guess_t;


#endif /* _NGX_HTTP_PHONE_VERIFY_LIMITS_H_INCLUDED_ */
