
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/ask.h"
#include "verification/refusal.h"
#include "verification/replay.h"
#include "verification/store/limit.h"
#include "verification/store/zone_map.h"


#define NGX_HTTP_PHONE_VERIFY_ASK_LATER_MAX  3600    /* seconds */


typedef struct {
    const ngx_http_phone_verify_app_t  *app;
    ngx_http_phone_verify_number_t      number;
    u_char                              reference[
                                            NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];
} ngx_http_phone_verify_question_t;


static ngx_msec_t ngx_http_phone_verify_ask_due(
    const ngx_http_phone_verify_app_t *app, const u_char *reference);
static uint64_t ngx_http_phone_verify_ask_key(const u_char *reference,
    ngx_uint_t later);
static void ngx_http_phone_verify_asked(void *data,
    ngx_http_phone_verify_sinch_answer_t *answer);
static void ngx_http_phone_verify_ask_refused(
    const ngx_http_phone_verify_question_t *q,
    const ngx_http_phone_verify_sinch_answer_t *answer);
static void ngx_http_phone_verify_ask_log(
    const ngx_http_phone_verify_question_t *q,
    const ngx_http_phone_verify_sinch_answer_t *answer);


ngx_msec_t
ngx_http_phone_verify_ask(const ngx_http_phone_verify_app_t *app,
    const ngx_http_phone_verify_view_t *view, ngx_log_t *log)
{
    ngx_str_t                             id;
    ngx_msec_t                            wait, poll;
    ngx_uint_t                            outcome;
    ngx_http_phone_verify_question_t     *q;
    ngx_http_phone_verify_sinch_call_t   *call;

    poll = app->poll * 1000 + NGX_HTTP_PHONE_VERIFY_REPLAYS_UNIT;

    if (view->id_len == 0) {
        return poll;
    }

    wait = ngx_http_phone_verify_ask_due(app, view->reference);

    if (wait) {
        return wait;
    }

    q = ngx_alloc(sizeof(ngx_http_phone_verify_question_t), log);
    if (q == NULL) {
        return poll;
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
        return poll;
    }

    /* nobody waits for this very answer: those who wait look at the zone */

    ngx_http_phone_verify_sinch_detach(call);

    return poll;
}


/* In how many milliseconds it is; 0: now, and it was taken. */

static ngx_msec_t
ngx_http_phone_verify_ask_due(const ngx_http_phone_verify_app_t *app,
    const u_char *reference)
{
    ngx_uint_t                       taken, wait;
    ngx_http_phone_verify_limit_t    limit, later;
    ngx_http_phone_verify_limits_t  *asked;

    limit.key = ngx_http_phone_verify_ask_key(reference, 0);
    limit.count = 1;

    /* one more, for the one that has begun already */

    limit.period = app->poll * 1000 / NGX_HTTP_PHONE_VERIFY_REPLAYS_UNIT + 1;

    later.key = ngx_http_phone_verify_ask_key(reference, 1);
    wait = limit.period;

    ngx_http_phone_verify_zone_lock(app->zone);

    asked = ngx_http_phone_verify_zone_region(app->zone, REPLAYS);

    if (ngx_http_phone_verify_limits_count(asked, &later,
                                          ngx_http_phone_verify_replays_now()))
    {
        taken = 0;

    } else {
        taken = ngx_http_phone_verify_limits_take(asked, &limit, 1,
                                          ngx_http_phone_verify_replays_now(),
                                          &wait);
    }

    ngx_http_phone_verify_zone_unlock(app->zone);

    return (taken == 1) ? 0 : wait * NGX_HTTP_PHONE_VERIFY_REPLAYS_UNIT;
}


/* References are random, and what else is in the table is a hash. */

static uint64_t
ngx_http_phone_verify_ask_key(const u_char *reference, ngx_uint_t later)
{
    uint64_t  key;

    ngx_memcpy(&key, reference + later * sizeof(key), sizeof(key));

    return key | 1;
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
                                                   &price, 0, 0, &dry);

        rc = ngx_http_phone_verify_store_event(q->app->zone, q->reference,
                                             &answer->id, q->number,
                                             NGX_HTTP_PHONE_VERIFY_NO_METHOD,
                                             answer->status, answer->reason);

        if (rc == NGX_OK && answer->status != NGX_HTTP_PHONE_VERIFY_PENDING) {
            ngx_http_phone_verify_ask_log(q, answer);
        }

    } else {
        ngx_http_phone_verify_ask_refused(q, answer);
    }

    ngx_free(q);
}


/* It is asked again; but not before the time that Sinch has named. */

static void
ngx_http_phone_verify_ask_refused(const ngx_http_phone_verify_question_t *q,
    const ngx_http_phone_verify_sinch_answer_t *answer)
{
    ngx_uint_t                              level, wait;
    const char                             *advice;
    ngx_http_phone_verify_limit_t           limit;
    const ngx_http_phone_verify_refusal_t  *refusal;

    level = NGX_LOG_WARN;
    advice = NULL;

    if (answer->outcome == NGX_HTTP_PHONE_VERIFY_SINCH_REFUSED) {
        refusal = ngx_http_phone_verify_refusal(answer->http_status,
                                                answer->error_code);
        advice = refusal->advice;

        if (advice) {
            level = refusal->level;
        }
    }

    ngx_http_phone_verify_refusal_log(level, ngx_cycle->log,
                                      "asked how a verification stands",
                                      &q->app->name, answer, advice);

    if (answer->retry_after == 0) {
        return;
    }

    limit.key = ngx_http_phone_verify_ask_key(q->reference, 1);
    limit.count = 1;
    limit.period = ngx_min(answer->retry_after,
                           NGX_HTTP_PHONE_VERIFY_ASK_LATER_MAX)
                   * 1000 / NGX_HTTP_PHONE_VERIFY_REPLAYS_UNIT + 1;

    ngx_http_phone_verify_zone_lock(q->app->zone);

    (void) ngx_http_phone_verify_limits_take(
                  ngx_http_phone_verify_zone_region(q->app->zone, REPLAYS),
                  &limit, 1, ngx_http_phone_verify_replays_now(), &wait);

    ngx_http_phone_verify_zone_unlock(q->app->zone);
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
