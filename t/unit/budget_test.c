
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "store_fixture.h"
#include "verification/policy/budget.h"
#include "verification/policy/rule.h"


/* A budget's window, under a clock that comes round. */


void ngx_http_phone_verify_unit_budget(ngx_http_phone_verify_unit_t *u);


void
ngx_http_phone_verify_unit_budget(ngx_http_phone_verify_unit_t *u)
{
    uint32_t                            dry;
    ngx_str_t                           currency;
    ngx_uint_t                          ends;
    ngx_http_phone_verify_money_t       money;
    ngx_http_phone_verify_price_t       price;
    ngx_http_phone_verify_unit_store_t  f;

    ngx_http_phone_verify_unit_store(u, &f, 131072);

    ngx_memzero(&money, sizeof(ngx_http_phone_verify_money_t));
    ngx_memzero(&price, sizeof(ngx_http_phone_verify_price_t));
    ngx_str_set(&currency, "EUR");

    money.currency = currency;
    money.nbudgets = 1;
    money.budgets[0].amount = NGX_HTTP_PHONE_VERIFY_MONEY;
    money.budgets[0].period = 3600;

    price.currency = &currency;
    price.amount = 1;
    price.has = 1;

    /* milliseconds of 32 bits: 4294967 seconds are the last */

    ngx_current_msec = 4294960000;

    is(u, ngx_http_phone_verify_budget_charge(&f.zone, &money,
                                              name_of("reference", 1), NUMBER,
                                              &price, 1, 0, &dry),
       NGX_HTTP_PHONE_VERIFY_NO_RULE, "all of it");
    is(u, ngx_http_phone_verify_budget_spent(&f.zone, &money.budgets[0],
                                             &ends),
       NGX_HTTP_PHONE_VERIFY_MONEY, "is spent");
    is(u, ends, 3600, "for an hour");

    ngx_current_msec = 2000;

    is(u, ngx_http_phone_verify_budget_spent(&f.zone, &money.budgets[0],
                                             &ends),
       NGX_HTTP_PHONE_VERIFY_MONEY, "in the new time, too");
    is(u, ends, 3600, "for no longer than a window is");

    ngx_current_msec = 3601000;

    is(u, ngx_http_phone_verify_budget_charge(&f.zone, &money,
                                              name_of("reference", 2), NUMBER,
                                              &price, 1, 0, &dry),
       NGX_HTTP_PHONE_VERIFY_RULE_BUDGET, "and up to its end");

    ngx_current_msec = 3602000;

    is(u, ngx_http_phone_verify_budget_charge(&f.zone, &money,
                                              name_of("reference", 2), NUMBER,
                                              &price, 1, 0, &dry),
       NGX_HTTP_PHONE_VERIFY_NO_RULE, "then not");

    /* the event that was denied comes again, when there is room */

    is(u, start(&f, 3, 3, NUMBER, SMS, 0), NEW, "a start");
    is(u, ngx_http_phone_verify_budget_charge(&f.zone, &money,
                                              name_of("reference", 3), NUMBER,
                                              &price, 1, 0, &dry),
       NGX_HTTP_PHONE_VERIFY_RULE_BUDGET, "there is no room for it");
    is(u, event(&f, 3, "id-3", DENIED,
                NGX_HTTP_PHONE_VERIFY_REASON_CALLBACK_DENIED),
       NGX_OK, "so it has ended");

    ngx_http_phone_verify_budget_reset(&f.zone);

    is(u, ngx_http_phone_verify_budget_charge(&f.zone, &money,
                                              name_of("reference", 3), NUMBER,
                                              &price, 1, 1, &dry),
       NGX_HTTP_PHONE_VERIFY_RULE_BUDGET, "and stays so");
    is(u, ngx_http_phone_verify_budget_spent(&f.zone, &money.budgets[0],
                                             &ends),
       0, "nothing is spent");
    is(u, ngx_http_phone_verify_budget_charge(&f.zone, &money,
                                              name_of("reference", 4), NUMBER,
                                              &price, 1, 0, &dry),
       NGX_HTTP_PHONE_VERIFY_NO_RULE, "on what another one may");

    ngx_http_phone_verify_unit_store_done(&f);
}
