
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "endpoints/admin_reset.h"
#include "verification/policy/budget.h"
#include "verification/policy/conversion.h"
#include "verification/policy/limiter.h"
#include "verification/policy/outage.h"


static void ngx_http_phone_verify_admin_reset_log(
    ngx_http_phone_verify_input_t *in, const char *what);


ngx_int_t
ngx_http_phone_verify_admin_reset_limits(ngx_http_phone_verify_input_t *in)
{
    ngx_int_t                       rc;
    ngx_http_phone_verify_number_t  number;

    if (in->fields.number.data && in->fields.address.data) {
        return NGX_DECLINED;
    }

    if (in->fields.number.data) {
        number = ngx_http_phone_verify_number_parse(&in->fields.number);

        if (number == 0) {
            return NGX_DECLINED;
        }

        ngx_http_phone_verify_limiter_reset_number(in->app, number);

        ngx_http_phone_verify_admin_reset_log(in, "limits of a number");

        return NGX_OK;
    }

    if (in->fields.address.data) {
        rc = ngx_http_phone_verify_limiter_reset_address(in->app,
                                                         &in->fields.address);
        if (rc == NGX_OK) {
            ngx_http_phone_verify_admin_reset_log(in, "limits of an address");
        }

        return rc;
    }

    ngx_http_phone_verify_limiter_reset_all(in->app);

    ngx_http_phone_verify_admin_reset_log(in, "all limits");

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_admin_reset_breaker(ngx_http_phone_verify_input_t *in)
{
    u_char       c;
    uint64_t     id;
    ngx_str_t   *text;
    ngx_uint_t   i;

    text = &in->fields.breaker;
    id = 0;

    if (text->data) {

        if (text->len != 16) {
            return NGX_DECLINED;
        }

        for (i = 0; i < text->len; i++) {
            c = text->data[i];

            if (c >= '0' && c <= '9') {
                id = id << 4 | (uint64_t) (c - '0');

            } else if (c >= 'a' && c <= 'f') {
                id = id << 4 | (uint64_t) (c - 'a' + 10);

            } else {
                return NGX_DECLINED;
            }
        }

        /* 0 is all of them, which has to be meant */

        if (id == 0) {
            return NGX_DECLINED;
        }
    }

    if (ngx_http_phone_verify_conversion_reset(in->app->zone, id) == 0
        && id)
    {
        return NGX_DECLINED;
    }

    ngx_http_phone_verify_admin_reset_log(in, id ? "a breaker"
                                                 : "all breakers");
    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_admin_reset_outage(ngx_http_phone_verify_input_t *in)
{
    ngx_http_phone_verify_outage_reset(in->app,
                                       in->request->connection->log);

    ngx_http_phone_verify_admin_reset_log(in, "the outage");

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_admin_reset_budgets(ngx_http_phone_verify_input_t *in)
{
    ngx_http_phone_verify_budget_reset(in->app->zone);

    ngx_http_phone_verify_admin_reset_log(in, "all budgets");

    return NGX_OK;
}


static void
ngx_http_phone_verify_admin_reset_log(ngx_http_phone_verify_input_t *in,
    const char *what)
{
    ngx_log_error(NGX_LOG_NOTICE, in->request->connection->log, 0,
                  "phone_verify: app \"%V\", an operator has reset %s",
                  &in->app->name, what);
}
