
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_BUDGET_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_BUDGET_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/number/number.h"
#include "verification/store/zone.h"


/*
 * Money: what messages cost, by the prices that Sinch tells, against budgets.
 *
 * A request event tells the price before anything is sent: one that would go
 * beyond a budget, or costs too much, is denied there, and what is allowed is
 * added in the same critical section, so that no number of parallel starts
 * goes beyond it.  A price that a status answer tells is added after the fact.
 * Each verification counts once.  Starts are refused while nothing is left.
 *
 * A budget's window begins with the first price and lasts for its period, by
 * the monotonic clock.
 */


#define NGX_HTTP_PHONE_VERIFY_BUDGETS  16
#define NGX_HTTP_PHONE_VERIFY_MONEY    10000    /* parts of a unit */


/* Amounts are in ten thousandths of the currency's unit. */

typedef struct {
    uint64_t      amount;
    uint32_t      period;        /* seconds */
    u_char        country[2];    /* zeroes: all */
    unsigned      dry:1;
} ngx_http_phone_verify_budget_t;


typedef struct {
    ngx_http_phone_verify_budget_t  budgets[NGX_HTTP_PHONE_VERIFY_BUDGETS];
    ngx_uint_t                      nbudgets;
    ngx_str_t                       currency;
    uint64_t                        max_price;    /* 0: none */
    unsigned                        max_dry:1;
} ngx_http_phone_verify_money_t;


/* As Sinch tells it. */

typedef struct {
    const ngx_str_t  *currency;
    double            amount;
    unsigned          has:1;
    unsigned          bad:1;       /* there is one that cannot be right */
} ngx_http_phone_verify_price_t;


ngx_int_t ngx_http_phone_verify_budget_init(void *region, size_t size);
void ngx_http_phone_verify_budget_mend(void *region);


/*
 * Counts the price of the verification of "reference" once.  With "deny" it
 * may still be denied: returns the rule that says so, then nothing is counted,
 * or NO_RULE; *dry are those that would have, a bit each.  With "replay" it is
 * told once more: where there is no record, it has been counted before.  A
 * price that cannot be right, or is in another currency, is too high for any
 * budget; one that is not told is not known and lets pass.
 */

ngx_uint_t ngx_http_phone_verify_budget_charge(
    ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_money_t *money, const u_char *reference,
    ngx_http_phone_verify_number_t number,
    const ngx_http_phone_verify_price_t *price, ngx_uint_t deny,
    ngx_uint_t replay, uint32_t *dry);


/* What a budget has spent in its window, which ends in *ends seconds. */

uint64_t ngx_http_phone_verify_budget_spent(ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_budget_t *budget, ngx_uint_t *ends);

/* All windows begin anew. */

void ngx_http_phone_verify_budget_reset(ngx_http_phone_verify_zone_t *zone);


#endif /* _NGX_HTTP_PHONE_VERIFY_BUDGET_H_INCLUDED_ */
