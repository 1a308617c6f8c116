
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/error.h"
#include "verification/policy/admission.h"
#include "verification/policy/budget.h"
#include "verification/store/pending.h"
#include "verification/store/zone_map.h"


#define NGX_HTTP_PHONE_VERIFY_PRICE_MAX  400000.0    /* is no price */


typedef struct {
    uint64_t                        spent;
    uint32_t                        period;     /* 0: free */
    uint32_t                        ends;
    u_char                          country[2];
} ngx_http_phone_verify_purse_t;


/* Twice as many as an app has: those of the configuration before, too. */

#define NGX_HTTP_PHONE_VERIFY_PURSES  (2 * NGX_HTTP_PHONE_VERIFY_BUDGETS)


static ngx_int_t ngx_http_phone_verify_budget_take(
    ngx_http_phone_verify_admission_t *admission, time_t now);
static ngx_http_phone_verify_purse_t *ngx_http_phone_verify_budget_purse(
    ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_budget_t *budget, uint32_t now);
static ngx_uint_t ngx_http_phone_verify_budget_applies(
    const ngx_http_phone_verify_budget_t *budget, const u_char *country);
static ngx_uint_t ngx_http_phone_verify_budget_judge(
    ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_money_t *money, const u_char *country,
    uint64_t price, uint32_t now, uint32_t *dry);


const ngx_http_phone_verify_admission_rule_t
    ngx_http_phone_verify_budget_rule =
{
    NULL,
    ngx_http_phone_verify_budget_take,
    NULL,
    NULL
};


ngx_int_t
ngx_http_phone_verify_budget_init(void *region, size_t size)
{
    ngx_memzero(region, size);

    return size < NGX_HTTP_PHONE_VERIFY_PURSES
                  * sizeof(ngx_http_phone_verify_purse_t)
           ? NGX_ERROR : NGX_OK;
}


void
ngx_http_phone_verify_budget_mend(void *region)
{
    /* there is no index to make anew */

    (void) region;
}


/* What a message will cost is not known yet: something must be left. */

static ngx_int_t
ngx_http_phone_verify_budget_take(
    ngx_http_phone_verify_admission_t *admission, time_t now)
{
    ngx_uint_t                             i;
    ngx_http_phone_verify_purse_t         *purse;
    const ngx_http_phone_verify_money_t   *money;
    const ngx_http_phone_verify_budget_t  *budget;

    if (admission->joins) {
        return NGX_OK;
    }

    money = &admission->app->money;

    for (i = 0; i < money->nbudgets; i++) {
        budget = &money->budgets[i];

        if (!ngx_http_phone_verify_budget_applies(budget,
                                              admission->numbering.country))
        {
            continue;
        }

        purse = ngx_http_phone_verify_budget_purse(admission->app->zone,
                                                   budget, (uint32_t) now);

        if (purse->spent >= budget->amount
            && ngx_http_phone_verify_admission_refuse(admission,
                                    NGX_HTTP_PHONE_VERIFY_RULE_BUDGET,
                                    NGX_HTTP_PHONE_VERIFY_TOO_MANY_REQUESTS,
                                    purse->ends - (uint32_t) now, budget->dry)
               != NGX_OK)
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_phone_verify_budget_charge(ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_money_t *money, const u_char *reference,
    ngx_http_phone_verify_number_t number,
    const ngx_http_phone_verify_price_t *price, ngx_uint_t deny,
    ngx_uint_t replay, uint32_t *dry)
{
    uint32_t                            now;
    uint64_t                            amount;
    ngx_uint_t                          i, rule;
    ngx_http_phone_verify_vnode_t      *v;
    ngx_http_phone_verify_numbering_t   numbering;

    *dry = 0;

    if ((money->nbudgets == 0 && money->max_price == 0)
        || (!price->has && !price->bad))
    {
        return NGX_HTTP_PHONE_VERIFY_NO_RULE;
    }

    amount = NGX_MAX_UINT32_VALUE;

    if (!price->bad && price->amount >= 0
        && price->amount <= NGX_HTTP_PHONE_VERIFY_PRICE_MAX
        && price->currency->len == money->currency.len
        && ngx_strncmp(price->currency->data, money->currency.data,
                       money->currency.len)
           == 0)
    {
        /* up, for a fraction is money, too */

        amount = (uint64_t) (price->amount * NGX_HTTP_PHONE_VERIFY_MONEY
                             + 0.9999);

    } else if (!deny) {
        return NGX_HTTP_PHONE_VERIFY_NO_RULE;
    }

    ngx_http_phone_verify_numbering(number, &numbering);

    now = (uint32_t) (ngx_current_msec / 1000);
    rule = NGX_HTTP_PHONE_VERIFY_NO_RULE;

    ngx_http_phone_verify_zone_lock(zone);

    v = ngx_http_phone_verify_pending_reference(
                                ngx_http_phone_verify_pending(zone), reference);

    if (v && v->flags & NGX_HTTP_PHONE_VERIFY_PRICED) {
        goto done;
    }

    if (deny) {
        rule = ngx_http_phone_verify_budget_judge(zone, money,
                                                  numbering.country, amount,
                                                  now, dry);

        /* asked again when there is room by now: its start has ended */

        if (rule == NGX_HTTP_PHONE_VERIFY_NO_RULE
            && v
            && v->status == NGX_HTTP_PHONE_VERIFY_DENIED
            && v->reason == NGX_HTTP_PHONE_VERIFY_REASON_CALLBACK_DENIED)
        {
            rule = NGX_HTTP_PHONE_VERIFY_RULE_BUDGET;
        }

        if (rule != NGX_HTTP_PHONE_VERIFY_NO_RULE) {
            goto done;
        }
    }

    if (v == NULL && (!deny || replay)) {

        /* nobody knows whether it was counted, or it was */

        goto done;
    }

    if (amount == NGX_MAX_UINT32_VALUE) {

        /* of a dry run: nothing that could be added */

        goto done;
    }

    for (i = 0; i < money->nbudgets; i++) {
        if (ngx_http_phone_verify_budget_applies(&money->budgets[i],
                                                 numbering.country))
        {
            ngx_http_phone_verify_budget_purse(zone, &money->budgets[i], now)
                ->spent += amount;
        }
    }

    if (v) {
        v->flags |= NGX_HTTP_PHONE_VERIFY_PRICED;
    }

done:

    ngx_http_phone_verify_zone_unlock(zone);

    return rule;
}


static ngx_uint_t
ngx_http_phone_verify_budget_judge(ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_money_t *money, const u_char *country,
    uint64_t price, uint32_t now, uint32_t *dry)
{
    ngx_uint_t                             i;
    const ngx_http_phone_verify_budget_t  *budget;

    if (money->max_price && price > money->max_price) {

        if (!money->max_dry) {
            return NGX_HTTP_PHONE_VERIFY_RULE_PRICE;
        }

        *dry |= (uint32_t) 1 << NGX_HTTP_PHONE_VERIFY_RULE_PRICE;
    }

    for (i = 0; i < money->nbudgets; i++) {
        budget = &money->budgets[i];

        if (!ngx_http_phone_verify_budget_applies(budget, country)
            || (price != NGX_MAX_UINT32_VALUE
                && ngx_http_phone_verify_budget_purse(zone, budget, now)->spent
                   + price <= budget->amount))
        {
            continue;
        }

        if (!budget->dry) {
            return NGX_HTTP_PHONE_VERIFY_RULE_BUDGET;
        }

        *dry |= (uint32_t) 1 << NGX_HTTP_PHONE_VERIFY_RULE_BUDGET;
    }

    return NGX_HTTP_PHONE_VERIFY_NO_RULE;
}


static ngx_uint_t
ngx_http_phone_verify_budget_applies(
    const ngx_http_phone_verify_budget_t *budget, const u_char *country)
{
    return budget->country[0] == 0
           || ngx_memcmp(budget->country, country, 2) == 0;
}


/* That of a period and a country: a reload may change the amount. */

static ngx_http_phone_verify_purse_t *
ngx_http_phone_verify_budget_purse(ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_budget_t *budget, uint32_t now)
{
    ngx_uint_t                      i;
    ngx_http_phone_verify_purse_t  *purse, *oldest;

    purse = ngx_http_phone_verify_zone_region(zone, BUDGET);
    oldest = purse;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_PURSES; i++) {

        if (purse[i].period == budget->period
            && ngx_memcmp(purse[i].country, budget->country, 2) == 0)
        {
            break;
        }

        if (oldest->period
            && (purse[i].period == 0
                || (int32_t) (purse[i].ends - oldest->ends) < 0))
        {
            oldest = &purse[i];
        }
    }

    if (i < NGX_HTTP_PHONE_VERIFY_PURSES) {
        oldest = &purse[i];

        if ((int32_t) (oldest->ends - now) > 0 && oldest->spent) {

            /*
             * Milliseconds of 32 bits come round in 49 days, and with them
             * "now": no window has more left than it is long.
             */

            if (oldest->ends - now > budget->period) {
                oldest->ends = now + budget->period;
            }

            return oldest;
        }
    }

    oldest->spent = 0;
    oldest->ends = now + budget->period;
    oldest->period = budget->period;
    ngx_memcpy(oldest->country, budget->country, 2);

    return oldest;
}


uint64_t
ngx_http_phone_verify_budget_spent(ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_budget_t *budget, ngx_uint_t *ends)
{
    uint32_t                        now;
    uint64_t                        spent;
    ngx_http_phone_verify_purse_t  *purse;

    now = (uint32_t) (ngx_current_msec / 1000);

    ngx_http_phone_verify_zone_lock(zone);

    purse = ngx_http_phone_verify_budget_purse(zone, budget, now);

    spent = purse->spent;
    *ends = purse->ends - now;

    ngx_http_phone_verify_zone_unlock(zone);

    return spent;
}


void
ngx_http_phone_verify_budget_reset(ngx_http_phone_verify_zone_t *zone)
{
    ngx_http_phone_verify_zone_lock(zone);

    ngx_memzero(ngx_http_phone_verify_zone_region(zone, BUDGET),
                NGX_HTTP_PHONE_VERIFY_PURSES
                * sizeof(ngx_http_phone_verify_purse_t));

    ngx_http_phone_verify_zone_unlock(zone);
}
