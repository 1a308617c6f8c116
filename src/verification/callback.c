
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/callback.h"
#include "verification/code.h"
#include "verification/policy/rule.h"


static void ngx_http_phone_verify_callback_permit(
    const ngx_http_phone_verify_app_t *app,
    const ngx_http_phone_verify_event_t *event, ngx_uint_t replay,
    const u_char *reference, ngx_http_phone_verify_number_t number,
    ngx_http_phone_verify_permission_t *permission, u_char *code,
    ngx_log_t *log);


void
ngx_http_phone_verify_callback(const ngx_http_phone_verify_app_t *app,
    const ngx_http_phone_verify_event_t *event, ngx_uint_t replay,
    ngx_http_phone_verify_permission_t *permission, u_char *code,
    ngx_log_t *log)
{
    u_char                          masked[NGX_HTTP_PHONE_VERIFY_NUMBER_LEN];
    u_char                          random[NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];
    u_char                         *reference;
    ngx_int_t                       rc;
    ngx_str_t                       m;
    ngx_uint_t                      status, reason;
    ngx_http_phone_verify_number_t  number;

    reference = NULL;

    if (ngx_http_phone_verify_reference_check(app->keys,
                                           (ngx_str_t *) &event->reference,
                                           random)
        == NGX_OK)
    {
        reference = random;
    }

    number = ngx_http_phone_verify_number_parse((ngx_str_t *) &event->number);

    m.data = masked;
    m.len = number ? ngx_http_phone_verify_number_mask(masked, number) - masked
                   : 0;

    switch (event->event) {

    case NGX_HTTP_PHONE_VERIFY_EVENT_REQUEST:
        ngx_http_phone_verify_callback_permit(app, event, replay, reference,
                                              number, permission, code, log);
        status = NGX_HTTP_PHONE_VERIFY_PENDING;
        reason = NGX_HTTP_PHONE_VERIFY_REASON_NONE;

        if (reference && !permission->allow) {

            /* what Sinch will say of it, later: nothing is sent */

            status = NGX_HTTP_PHONE_VERIFY_DENIED;
            reason = NGX_HTTP_PHONE_VERIFY_REASON_CALLBACK_DENIED;
        }

        break;

    case NGX_HTTP_PHONE_VERIFY_EVENT_RESULT:
        status = event->status;
        reason = event->reason;
        break;

    case NGX_HTTP_PHONE_VERIFY_EVENT_SMS_DELIVERED:

        ngx_log_error(NGX_LOG_INFO, log, 0,
                      "phone_verify: app \"%V\", %V: the SMS was %s",
                      &app->name, &m,
                      event->delivery
                      == NGX_HTTP_PHONE_VERIFY_DELIVERY_SUCCESSFUL
                      ? "delivered" : "not delivered");

        /* of one that was not, the result tells whether that is the end */

        if (event->delivery == NGX_HTTP_PHONE_VERIFY_DELIVERY_SUCCESSFUL
            && number && event->method == NGX_HTTP_PHONE_VERIFY_SMS)
        {
            (void) ngx_http_phone_verify_store_delivered(app->zone, reference,
                                           (ngx_str_t *) &event->id, number,
                                           event->method);
        }

        return;

    default:
        return;
    }

    if (number == 0 || (event->method == NGX_HTTP_PHONE_VERIFY_NO_METHOD)) {

        /* without them nobody can tell that it is the record's */

        return;
    }

    rc = ngx_http_phone_verify_store_event(app->zone, reference,
                                           (ngx_str_t *) &event->id, number,
                                           event->method, status, reason);

    if (event->event == NGX_HTTP_PHONE_VERIFY_EVENT_RESULT) {
        ngx_log_error(NGX_LOG_INFO, log, 0,
                      "phone_verify: app \"%V\", %V: Sinch says %V%s%V%s",
                      &app->name, &m,
                      ngx_http_phone_verify_status_name(event->status),
                      event->reason ? ", " : "",
                      ngx_http_phone_verify_reason_name(event->reason),
                      rc == NGX_OK ? "" : ", of no verification of ours");
    }
}


static void
ngx_http_phone_verify_callback_permit(const ngx_http_phone_verify_app_t *app,
    const ngx_http_phone_verify_event_t *event, ngx_uint_t replay,
    const u_char *reference, ngx_http_phone_verify_number_t number,
    ngx_http_phone_verify_permission_t *permission, u_char *code,
    ngx_log_t *log)
{
    u_char                           seed[NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];
    uint32_t                         dry;
    ngx_uint_t                       i, rule;
    ngx_http_phone_verify_price_t    price;

    permission->method = event->method;

    if (reference == NULL) {

        /* a device's SDK that uses the same application, or somebody else */

        permission->allow = app->callback_unknown;

        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "phone_verify: app \"%V\": %s a verification that was "
                      "not started here", &app->name,
                      permission->allow ? "allowed" : "denied");
        return;
    }

    /* the reference proves itself: no record is needed, on any node */

    permission->allow = 1;

    price.currency = &event->currency;
    price.amount = event->price;
    price.has = event->has_price;
    price.bad = event->bad_price;

    rule = ngx_http_phone_verify_budget_charge(app->zone, &app->money,
                                               reference, number, &price, 1,
                                               replay, &dry);

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_RULES; i++) {
        if (dry & ((uint32_t) 1 << i)) {
            ngx_http_phone_verify_rule_refused(app, i, 1, number, NULL, log);
        }
    }

    if (rule != NGX_HTTP_PHONE_VERIFY_NO_RULE) {
        ngx_http_phone_verify_rule_refused(app, rule, 0, number, NULL, log);
        permission->allow = 0;
        return;
    }

    if (!app->own_codes
        || event->method == NGX_HTTP_PHONE_VERIFY_NO_METHOD
        || !ngx_http_phone_verify_methods[event->method].own_code)
    {
        return;
    }

    /*
     * The record remembers that this answer carried the code; without one
     * Sinch chooses it, and guesses go to Sinch.
     */

    if (ngx_http_phone_verify_store_own_code(app->zone, reference, number,
                                             event->method, seed)
        != NGX_OK)
    {
        return;
    }

    if (ngx_http_phone_verify_code_write(app->keys, seed, app->code_length,
                                         code)
        == NGX_OK)
    {
        permission->code.data = code;
        permission->code.len = app->code_length;

    } else {
        permission->allow = 0;
    }
}
