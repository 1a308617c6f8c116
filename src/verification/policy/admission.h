
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_ADMISSION_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_ADMISSION_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/app.h"
#include "verification/number/numbering.h"
#include "verification/policy/rule.h"


/*
 * Whether a start may send a message.
 *
 * Rules are asked in the order of the table in admission.c, at two moments:
 * before anything else, by what the number alone says; and inside the zone's
 * critical section, when the store has decided that a message is to be sent, or
 * that the session joins a running verification: there they count it, either
 * all of them or none.
 */


/* Who asks, as far as rules want to know.  Hashes are under the session key. */

typedef struct {
    uint64_t          address;      /* hash, of an IPv6 one's /64; 0: none */
    uint64_t          session;      /* hash of the client's session; 0: none */
    const uint64_t   *values;       /* hashes of the limits' variables */
    unsigned          private:1;    /* loopback, or a private network */
    unsigned          owner:1;      /* has verified this very number before */
} ngx_http_phone_verify_client_t;


typedef struct ngx_http_phone_verify_admission_s {
    const ngx_http_phone_verify_app_t  *app;
    ngx_http_phone_verify_client_t      client;
    ngx_http_phone_verify_number_t      number;
    ngx_http_phone_verify_numbering_t   numbering;
    ngx_uint_t                          method;
    uint64_t                            session;    /* hash of the new one */
    uint64_t                            limit_key[
                                            NGX_HTTP_PHONE_VERIFY_LIMITS_MAX];

    unsigned                            joins:1;    /* nothing is sent */

    /* what came of it */

    ngx_uint_t                          rule;     /* who refused, or NO_RULE */
    ngx_uint_t                          error;    /* what the client is told */
    ngx_uint_t                          retry_after;    /* seconds */
    uint32_t                            dry;      /* rules that would have */
    uint32_t                            uncounted;    /* limits, by index */
    uint32_t                            opened;   /* breakers, a bit each */
    uint32_t                            closed;
    unsigned                            country:1;  /* new to its address */
    unsigned                            taken:1;
    unsigned                            denied:1;   /* Sinch was asked */
} ngx_http_phone_verify_admission_t;


/* A rule is a file with one of these; what it has nothing to do at is NULL. */

typedef struct {

    /* before anything else: NGX_OK or NGX_DECLINED by _refuse() */

    ngx_int_t  (*check)(ngx_http_phone_verify_admission_t *admission);

    /*
     * Inside the critical section at "now" (seconds, monotonic): counts the
     * message, or where admission->joins the session, and returns NGX_OK, or
     * counts nothing and returns NGX_DECLINED by _refuse().
     */

    ngx_int_t  (*take)(ngx_http_phone_verify_admission_t *admission,
                       time_t now);

    /* inside the critical section: it was not sent after all */

    void       (*give_back)(ngx_http_phone_verify_admission_t *admission,
                            time_t now);

    /* outside of it: what else there is to be written down */

    void       (*log)(ngx_http_phone_verify_admission_t *admission,
                      ngx_log_t *log);
} ngx_http_phone_verify_admission_rule_t;


/* The rules, a file of policy/ each. */

extern const ngx_http_phone_verify_admission_rule_t
    ngx_http_phone_verify_destination_rule;
extern const ngx_http_phone_verify_admission_rule_t
    ngx_http_phone_verify_conversion_rule;
extern const ngx_http_phone_verify_admission_rule_t
    ngx_http_phone_verify_start_limits_rule;
extern const ngx_http_phone_verify_admission_rule_t
    ngx_http_phone_verify_outage_rule;
extern const ngx_http_phone_verify_admission_rule_t
    ngx_http_phone_verify_budget_rule;


/*
 * What a rule returns when it says no: NGX_DECLINED, or in its dry run NGX_OK.
 * "error" is what the client is told.
 */

ngx_int_t ngx_http_phone_verify_admission_refuse(
    ngx_http_phone_verify_admission_t *admission, ngx_uint_t rule,
    ngx_uint_t error, ngx_uint_t retry_after, ngx_uint_t dry_run);


/*
 * Begins an admission and asks what needs no counters.  "client" may be NULL;
 * "session" is the id that the new session will have.
 * NGX_OK, or NGX_DECLINED: admission->error tells why.
 */

ngx_int_t ngx_http_phone_verify_admission_begin(
    ngx_http_phone_verify_admission_t *admission,
    const ngx_http_phone_verify_app_t *app,
    const ngx_http_phone_verify_client_t *client,
    ngx_http_phone_verify_number_t number, ngx_uint_t method,
    const u_char *session);


/* Called by the store inside its critical section.  As _begin(). */

ngx_int_t ngx_http_phone_verify_admission_take(
    ngx_http_phone_verify_admission_t *admission, ngx_uint_t joins);


/*
 * Nothing was sent after all: it does not count, if it did.  With
 * admission->denied Sinch was asked, and who made us ask goes on counting.
 */

void ngx_http_phone_verify_admission_give_back(
    ngx_http_phone_verify_admission_t *admission);


/* One line for each rule that refused, or would have. */

void ngx_http_phone_verify_admission_log(
    ngx_http_phone_verify_admission_t *admission, ngx_log_t *log);


#endif /* _NGX_HTTP_PHONE_VERIFY_ADMISSION_H_INCLUDED_ */
