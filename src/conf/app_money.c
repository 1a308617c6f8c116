
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/app.h"
#include "verification/number/numbering.h"
#include "verification/policy/budget.h"


/* What an app may spend */


static char *ngx_http_phone_verify_app_budget(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_phone_verify_app_max_price(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static ngx_int_t ngx_http_phone_verify_app_amount(
    ngx_http_phone_verify_money_t *money, u_char *p, u_char *last,
    uint64_t *amount);


ngx_command_t  ngx_http_phone_verify_app_money_commands[] = {

    { ngx_string("budget"),
      NGX_CONF_1MORE,
      ngx_http_phone_verify_app_budget,
      0,
      0,
      NULL },

    { ngx_string("max_price"),
      NGX_CONF_TAKE12,
      ngx_http_phone_verify_app_max_price,
      0,
      0,
      NULL },

      ngx_null_command
};


static char *
ngx_http_phone_verify_app_budget(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    u_char                          *slash, country[2];
    ngx_int_t                        period;
    ngx_str_t                       *value, s;
    ngx_uint_t                       i, j, first, dry;
    ngx_http_phone_verify_money_t   *money;
    ngx_http_phone_verify_budget_t  *budget;

    money = &acf->app->money;
    value = cf->args->elts;
    first = money->nbudgets;
    dry = 0;

    ngx_memzero(country, 2);

    if (acf->budget_off) {
        return "is duplicate";
    }

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        acf->budget_off = 1;
        return money->nbudgets ? "is duplicate" : NGX_CONF_OK;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "dry_run") == 0) {
            dry = 1;
            continue;
        }

        if (ngx_strncmp(value[i].data, "country=", 8) == 0) {
            s.data = value[i].data + 8;
            s.len = value[i].len - 8;

            if (country[0]) {

                /* the other one would have no budget */

                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "duplicate parameter \"%V\" in \"budget\"",
                                   &value[i]);
                return NGX_CONF_ERROR;
            }

            if (ngx_http_phone_verify_numbering_country(&s, country)
                == NGX_OK)
            {
                continue;
            }

            goto invalid;
        }

        slash = (u_char *) ngx_strchr(value[i].data, '/');

        if (slash == NULL) {
            goto invalid;
        }

        s.data = slash + 1;
        s.len = value[i].data + value[i].len - s.data;

        period = ngx_parse_time(&s, 1);

        if (period == NGX_ERROR || period < 60 || period > 31 * 86400) {
            goto invalid;
        }

        if (money->nbudgets == NGX_HTTP_PHONE_VERIFY_BUDGETS) {
            return "is one too many, an app has at most 16";
        }

        budget = &money->budgets[money->nbudgets++];
        budget->period = (uint32_t) period;

        if (ngx_http_phone_verify_app_amount(money, value[i].data, slash,
                                             &budget->amount)
            != NGX_OK)
        {
            goto invalid;
        }
    }

    if (money->nbudgets == first) {
        return "names no amount";
    }

    for (i = first; i < money->nbudgets; i++) {
        budget = &money->budgets[i];
        budget->dry = dry;
        ngx_memcpy(budget->country, country, 2);

        for (j = 0; j < i; j++) {
            if (money->budgets[j].period == budget->period
                && ngx_memcmp(money->budgets[j].country, country, 2) == 0)
            {
                return "is duplicate";
            }
        }
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" in \"budget\", amounts are "
                       "like \"50EUR/1d\", all in one currency", &value[i]);
    return NGX_CONF_ERROR;
}


static char *
ngx_http_phone_verify_app_max_price(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    ngx_str_t                      *value;
    ngx_http_phone_verify_money_t  *money;

    money = &acf->app->money;
    value = cf->args->elts;

    if (acf->max_price_set) {
        return "is duplicate";
    }

    acf->max_price_set = 1;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    if (cf->args->nelts == 3) {

        if (ngx_strcmp(value[2].data, "dry_run") != 0) {
            return "has an invalid parameter";
        }

        money->max_dry = 1;
    }

    if (ngx_http_phone_verify_app_amount(money, value[1].data,
                                         value[1].data + value[1].len,
                                         &money->max_price)
        != NGX_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid amount \"%V\" in \"max_price\", it must "
                           "be like \"0.25EUR\", all in one currency",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* "0.25EUR": at most four decimals, and the currency of all the others. */

static ngx_int_t
ngx_http_phone_verify_app_amount(ngx_http_phone_verify_money_t *money,
    u_char *p, u_char *last, uint64_t *amount)
{
    u_char     *q;
    ngx_int_t   n;

    if (last - p < 4) {
        return NGX_ERROR;
    }

    last -= 3;

    for (q = last; q < last + 3; q++) {
        if (*q < 'A' || *q > 'Z') {
            return NGX_ERROR;
        }
    }

    if (money->currency.len == 0) {
        money->currency.data = last;
        money->currency.len = 3;
    }

    n = ngx_atofp(p, last - p, 4);

    if (n <= 0 || n > 1000000000
        || ngx_strncmp(money->currency.data, last, 3) != 0)
    {
        return NGX_ERROR;
    }

    *amount = (uint64_t) n;

    return NGX_OK;
}
