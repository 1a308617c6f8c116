
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/ask.h"
#include "verification/limit.h"
#include "verification/zone_map.h"


typedef struct {
    const ngx_http_phone_verify_app_t  *app;
    ngx_http_phone_verify_number_t      number;
    u_char                              reference[
                                            NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];
} ngx_http_phone_verify_question_t;


static time_t ngx_http_phone_verify_ask_due(
    const ngx_http_phone_verify_app_t *app, const u_char *reference);
static void ngx_http_phone_verify_asked(void *data,
    ngx_http_phone_verify_sinch_answer_t *answer);
static void ngx_http_phone_verify_ask_log(
    const ngx_http_phone_verify_question_t *q,
    const ngx_http_phone_verify_sinch_answer_t *answer);


time_t
ngx_http_phone_verify_ask(const ngx_http_phone_verify_app_t *app,
    const ngx_http_phone_verify_view_t *view, ngx_log_t *log)
{
    time_t                                wait;
    ngx_str_t                             id;
    ngx_uint_t                            outcome;
    ngx_http_phone_verify_question_t     *q;
    ngx_http_phone_verify_sinch_call_t   *call;

    if (view->id_len == 0) {
        return app->poll;
    }

    wait = ngx_http_phone_verify_ask_due(app, view->reference);

    if (wait) {
        return wait;
    }

    q = ngx_alloc(sizeof(ngx_http_phone_verify_question_t), log);
    if (q == NULL) {
        return app->poll;
    }

    q->app = app;
    q->number = view->number;
    ngx_memcpy(q->reference, view->reference,
               NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);

    id.data = (u_char *) view->id;
    id.len = view->id_len;

    call = ngx_http_phone_verify_sinch_by_id(&app->sinch, &id,
                                             ngx_http_phone_verify_asked, q,
                                             log, &outcome);
    if (call == NULL) {
        ngx_free(q);
        return app->poll;
    }

    /* nobody waits for this very answer: those who wait look at the zone */

    ngx_http_phone_verify_sinch_detach(call);

    return app->poll;
}


/* In how many seconds it is; 0: now, and it was taken. */

static time_t
ngx_http_phone_verify_ask_due(const ngx_http_phone_verify_app_t *app,
    const u_char *reference)
{
    ngx_uint_t                      taken, wait;
    ngx_http_phone_verify_limit_t   limit;

    /* references are random, and what else is in the table is a hash */

    ngx_memcpy(&limit.key, reference, sizeof(limit.key));
    limit.key |= 1;
    limit.count = 1;
    limit.period = app->poll;

    ngx_http_phone_verify_zone_lock(app->zone);

    taken = ngx_http_phone_verify_limits_take(
                    ngx_http_phone_verify_zone_region(app->zone, REPLAYS),
                    &limit, 1, ngx_current_msec / 1000, &wait);

    ngx_http_phone_verify_zone_unlock(app->zone);

    return (taken == 1) ? 0 : (time_t) ngx_max(wait, 1);
}


static void
ngx_http_phone_verify_asked(void *data,
    ngx_http_phone_verify_sinch_answer_t *answer)
{
    ngx_http_phone_verify_question_t *q = data;

    ngx_int_t                      rc;
    uint32_t                       dry;
    ngx_http_phone_verify_price_t  price;

    if (answer->outcome == NGX_HTTP_PHONE_VERIFY_SINCH_ANSWERED) {
        price.currency = &answer->currency;
        price.amount = answer->price;
        price.has = answer->has_price;
        price.bad = 0;

        (void) ngx_http_phone_verify_budget_charge(q->app->zone,
                                                   &q->app->money,
                                                   q->reference, q->number,
                                                   &price, 0, &dry);

        rc = ngx_http_phone_verify_store_event(q->app->zone, q->reference,
                                             &answer->id, q->number,
                                             NGX_HTTP_PHONE_VERIFY_NO_METHOD,
                                             answer->status, answer->reason);

        if (rc == NGX_OK && answer->status != NGX_HTTP_PHONE_VERIFY_PENDING) {
            ngx_http_phone_verify_ask_log(q, answer);
        }

    } else {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "phone_verify: app \"%V\": Sinch was asked how a "
                      "verification stands: HTTP status %ui, %V",
                      &q->app->name, answer->http_status, &answer->error);
    }

    ngx_free(q);
}


/* As of a callback: nobody else writes down what was found out by asking. */

static void
ngx_http_phone_verify_ask_log(const ngx_http_phone_verify_question_t *q,
    const ngx_http_phone_verify_sinch_answer_t *answer)
{
    size_t  len;
    u_char  number[NGX_HTTP_PHONE_VERIFY_NUMBER_LEN];

    len = ngx_http_phone_verify_number_mask(number, q->number) - number;

    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                  "phone_verify: app \"%V\", %*s: Sinch says %V%s%V",
                  &q->app->name, len, number,
                  ngx_http_phone_verify_status_name(answer->status),
                  answer->reason ? ", " : "",
                  ngx_http_phone_verify_reason_name(answer->reason));
}
