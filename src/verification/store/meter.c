
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/number/numbering.h"
#include "verification/store/meter.h"
#include "verification/store/zone_map.h"


#define NGX_HTTP_PHONE_VERIFY_METER_WORKERS  128


/* 0: free; else the country's letters and the method + 1. */

typedef struct {
    ngx_atomic_t    key;
    ngx_atomic_t    count[NGX_HTTP_PHONE_VERIFY_ROW_COUNTERS];
} ngx_http_phone_verify_meter_row_t;


typedef struct {
    ngx_atomic_t    key;           /* 0: free; else the letters */
    ngx_atomic_t    millionths;
} ngx_http_phone_verify_meter_cost_t;


/* Written by one worker alone. */

typedef struct {
    ngx_pid_t       pid;
    int32_t         now[NGX_HTTP_PHONE_VERIFY_NOW];
} ngx_http_phone_verify_meter_worker_t;


struct ngx_http_phone_verify_meter_s {
    ngx_atomic_t                          counter[
                                                NGX_HTTP_PHONE_VERIFY_METERS];
    ngx_http_phone_verify_meter_cost_t    cost[
                                            NGX_HTTP_PHONE_VERIFY_CURRENCIES];
    ngx_http_phone_verify_meter_worker_t  worker[
                                         NGX_HTTP_PHONE_VERIFY_METER_WORKERS];
    ngx_uint_t                            nrows;

    /* the first ones, one of each method, are "other" */

    ngx_http_phone_verify_meter_row_t     rows[1];
};


#define NGX_HTTP_PHONE_VERIFY_METER_LEAST                                     \
    (offsetof(ngx_http_phone_verify_meter_t, rows)                            \
     + NGX_HTTP_PHONE_VERIFY_METHODS                                          \
       * sizeof(ngx_http_phone_verify_meter_row_t))


/* What is fixed must fit. */

typedef u_char  ngx_http_phone_verify_meter_fits[
    NGX_HTTP_PHONE_VERIFY_METER_LEAST
    <= NGX_HTTP_PHONE_VERIFY_METER_BYTES ? 1 : -1];


static ngx_http_phone_verify_meter_row_t *ngx_http_phone_verify_meter_find(
    ngx_http_phone_verify_meter_t *meter, const u_char country[2],
    ngx_uint_t method);
static ngx_uint_t ngx_http_phone_verify_meter_result(
    const ngx_http_phone_verify_sinch_sight_t *sight);


#define ngx_http_phone_verify_meter(zone)                                     \
    ((ngx_http_phone_verify_meter_t *)                                        \
         ngx_http_phone_verify_zone_atomics(zone, METER))


const ngx_uint_t  ngx_http_phone_verify_buckets[] = {
    25, 50, 100, 250, 500, 1000, 2500, 5000, 10000
};


ngx_int_t
ngx_http_phone_verify_meter_init(void *region, size_t size)
{
    ngx_http_phone_verify_meter_t *meter = region;

    if (size < NGX_HTTP_PHONE_VERIFY_METER_LEAST) {
        return NGX_ERROR;
    }

    ngx_memzero(region, size);

    meter->nrows = (size - offsetof(ngx_http_phone_verify_meter_t, rows))
                   / sizeof(ngx_http_phone_verify_meter_row_t);

    return NGX_OK;
}


void
ngx_http_phone_verify_meter_mend(void *region)
{
    /* each word stands for itself */

    (void) region;
}


size_t
ngx_http_phone_verify_meter_size(void)
{
    return NGX_HTTP_PHONE_VERIFY_METER_LEAST;
}


void
ngx_http_phone_verify_meter_add(ngx_http_phone_verify_zone_t *zone,
    ngx_uint_t counter, ngx_uint_t n)
{
    (void) ngx_atomic_fetch_add(
                         &ngx_http_phone_verify_meter(zone)->counter[counter],
                         n);
}


void
ngx_http_phone_verify_meter_row(ngx_http_phone_verify_meter_t *meter,
    ngx_http_phone_verify_number_t number, ngx_uint_t method, ngx_uint_t what)
{
    ngx_http_phone_verify_numbering_t   numbering;
    ngx_http_phone_verify_meter_row_t  *row;

    ngx_http_phone_verify_numbering(number, &numbering);

    row = ngx_http_phone_verify_meter_find(meter, numbering.country, method);

    (void) ngx_atomic_fetch_add(&row->count[what], 1);
}


/* A row is taken by whoever is the first to write its key, and never freed. */

static ngx_http_phone_verify_meter_row_t *
ngx_http_phone_verify_meter_find(ngx_http_phone_verify_meter_t *meter,
    const u_char country[2], ngx_uint_t method)
{
    ngx_uint_t                          i, n, key, others;
    ngx_http_phone_verify_meter_row_t  *row;

    others = NGX_HTTP_PHONE_VERIFY_METHODS;

    key = ((ngx_uint_t) country[0] << 16) + ((ngx_uint_t) country[1] << 8)
          + method + 1;

    n = meter->nrows - others;

    for (i = 0; i < n; i++) {
        row = &meter->rows[others + (key * 31 + i) % n];

        if (row->key == key) {
            return row;
        }

        if (row->key == 0 && ngx_atomic_cmp_set(&row->key, 0, key)) {
            return row;
        }

        /* somebody else has taken it, maybe for this very key */

        if (row->key == key) {
            return row;
        }
    }

    return &meter->rows[method];
}


void
ngx_http_phone_verify_meter_cost(ngx_http_phone_verify_zone_t *zone,
    const ngx_str_t *currency, double price)
{
    int64_t                              millionths;
    ngx_uint_t                           i, key;
    ngx_http_phone_verify_meter_t       *meter;
    ngx_http_phone_verify_meter_cost_t  *cost;

    meter = ngx_http_phone_verify_meter(zone);

    if (!(price > 0 && price < 1000000)) {
        return;
    }

    key = 0;

    if (currency->len == 3) {
        for (i = 0; i < 3; i++) {

            if (currency->data[i] < 'A' || currency->data[i] > 'Z') {
                key = 0;
                break;
            }

            key = (key << 8) + currency->data[i];
        }
    }

    cost = &meter->cost[0];

    for (i = 1; key && i < NGX_HTTP_PHONE_VERIFY_CURRENCIES; i++) {

        if (meter->cost[i].key == 0) {
            (void) ngx_atomic_cmp_set(&meter->cost[i].key, 0, key);
        }

        if (meter->cost[i].key == key) {
            cost = &meter->cost[i];
            break;
        }
    }

    /* some prices are more than a word of 32 bits can hold */

    millionths = (int64_t) (price * 1000000 + 0.5);

    (void) ngx_atomic_fetch_add(&cost->millionths,
                                (ngx_atomic_int_t) millionths);
}


/*
 * A worker that dies leaves what it has counted: so each has words of its own,
 * by the place that the master gives it, and only those of the living count.
 */

void
ngx_http_phone_verify_meter_now(ngx_http_phone_verify_zone_t *zone,
    ngx_uint_t what, ngx_int_t change)
{
    ngx_http_phone_verify_meter_worker_t  *worker;

    worker = &ngx_http_phone_verify_meter(zone)->worker[
                     ngx_process_slot % NGX_HTTP_PHONE_VERIFY_METER_WORKERS];

    if (worker->pid != ngx_pid) {
        ngx_memzero(worker, sizeof(ngx_http_phone_verify_meter_worker_t));
        worker->pid = ngx_pid;
    }

    worker->now[what] += (int32_t) change;
}


ngx_uint_t
ngx_http_phone_verify_meter_running(ngx_http_phone_verify_zone_t *zone,
    ngx_uint_t what)
{
    ngx_uint_t                             i, n;
    ngx_http_phone_verify_meter_worker_t  *worker;

    worker = ngx_http_phone_verify_meter(zone)->worker;
    n = 0;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_METER_WORKERS; i++) {

        if (worker[i].pid && worker[i].now[what] > 0
            && (worker[i].pid == ngx_pid
                || kill(worker[i].pid, 0) == 0 || ngx_errno == NGX_EPERM))
        {
            n += worker[i].now[what];
        }
    }

    return n;
}


void
ngx_http_phone_verify_meter_watch(void *data,
    const ngx_http_phone_verify_sinch_sight_t *sight)
{
    ngx_http_phone_verify_zone_t *zone = data;

    ngx_uint_t  i;

    if (sight->stage == NGX_HTTP_PHONE_VERIFY_SIGHT_BEGINS) {
        ngx_http_phone_verify_meter_now(zone,
                                        NGX_HTTP_PHONE_VERIFY_NOW_CALLING, 1);
        return;
    }

    ngx_http_phone_verify_meter_count(zone,
                          NGX_HTTP_PHONE_VERIFY_METER_CALLS
                          + sight->asked * NGX_HTTP_PHONE_VERIFY_CALL_RESULTS
                          + ngx_http_phone_verify_meter_result(sight));

    if (sight->stage != NGX_HTTP_PHONE_VERIFY_SIGHT_ENDS) {
        return;
    }

    ngx_http_phone_verify_meter_now(zone, NGX_HTTP_PHONE_VERIFY_NOW_CALLING,
                                    -1);

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_BUCKETS - 1; i++) {
        if (sight->elapsed <= ngx_http_phone_verify_buckets[i]) {
            break;
        }
    }

    ngx_http_phone_verify_meter_count(zone,
                               NGX_HTTP_PHONE_VERIFY_METER_LATENCY
                               + sight->asked * NGX_HTTP_PHONE_VERIFY_BUCKETS
                               + i);
    ngx_http_phone_verify_meter_add(zone,
                               NGX_HTTP_PHONE_VERIFY_METER_MSEC + sight->asked,
                               sight->elapsed);

    if (sight->opened) {
        ngx_http_phone_verify_meter_count(zone,
                                          NGX_HTTP_PHONE_VERIFY_METER_OPENED);

    } else if (sight->reused) {
        ngx_http_phone_verify_meter_count(zone,
                                          NGX_HTTP_PHONE_VERIFY_METER_REUSED);
    }
}


static ngx_uint_t
ngx_http_phone_verify_meter_result(
    const ngx_http_phone_verify_sinch_sight_t *sight)
{
    switch (sight->outcome) {

    case NGX_HTTP_PHONE_VERIFY_SINCH_ANSWERED:
        return NGX_HTTP_PHONE_VERIFY_CALL_ANSWERED;

    case NGX_HTTP_PHONE_VERIFY_SINCH_NOT_SENT:
        return NGX_HTTP_PHONE_VERIFY_CALL_NOT_SENT;

    case NGX_HTTP_PHONE_VERIFY_SINCH_AMBIGUOUS:
        return NGX_HTTP_PHONE_VERIFY_CALL_AMBIGUOUS;

    case NGX_HTTP_PHONE_VERIFY_SINCH_NONSENSE:
        return NGX_HTTP_PHONE_VERIFY_CALL_NONSENSE;

    case NGX_HTTP_PHONE_VERIFY_SINCH_BUSY:
        return NGX_HTTP_PHONE_VERIFY_CALL_BUSY;
    }

    switch (sight->http_status) {

    case 400:
        return NGX_HTTP_PHONE_VERIFY_CALL_400;

    case 401:
        return NGX_HTTP_PHONE_VERIFY_CALL_401;

    case 402:
        return NGX_HTTP_PHONE_VERIFY_CALL_402;

    case 403:
        return NGX_HTTP_PHONE_VERIFY_CALL_403;

    case 404:
        return NGX_HTTP_PHONE_VERIFY_CALL_404;

    case 422:
        return NGX_HTTP_PHONE_VERIFY_CALL_422;

    case 429:
        return NGX_HTTP_PHONE_VERIFY_CALL_429;
    }

    return (sight->http_status >= 500) ? NGX_HTTP_PHONE_VERIFY_CALL_5XX
                                       : NGX_HTTP_PHONE_VERIFY_CALL_4XX;
}


ngx_atomic_uint_t
ngx_http_phone_verify_meter_read(ngx_http_phone_verify_zone_t *zone,
    ngx_uint_t counter)
{
    return ngx_http_phone_verify_meter(zone)->counter[counter];
}


ngx_int_t
ngx_http_phone_verify_meter_row_at(ngx_http_phone_verify_zone_t *zone,
    ngx_uint_t i, ngx_http_phone_verify_row_t *row)
{
    ngx_uint_t                          key, n, sum;
    ngx_http_phone_verify_meter_t      *meter;
    ngx_http_phone_verify_meter_row_t  *r;

    meter = ngx_http_phone_verify_meter(zone);

    if (i >= meter->nrows) {
        return NGX_DONE;
    }

    r = &meter->rows[i];

    key = (i < NGX_HTTP_PHONE_VERIFY_METHODS) ? i + 1 : r->key;

    if (key == 0) {
        return NGX_DECLINED;
    }

    row->country[0] = (u_char) (key >> 16);
    row->country[1] = (u_char) (key >> 8);
    row->method = (key & 0xff) - 1;

    sum = 0;

    for (n = 0; n < NGX_HTTP_PHONE_VERIFY_ROW_COUNTERS; n++) {
        row->count[n] = r->count[n];
        sum |= row->count[n];
    }

    return sum ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_http_phone_verify_meter_cost_at(ngx_http_phone_verify_zone_t *zone,
    ngx_uint_t i, ngx_http_phone_verify_cost_t *cost)
{
    ngx_uint_t                           key;
    ngx_http_phone_verify_meter_cost_t  *c;

    if (i >= NGX_HTTP_PHONE_VERIFY_CURRENCIES) {
        return NGX_DONE;
    }

    c = &ngx_http_phone_verify_meter(zone)->cost[i];

    key = c->key;

    cost->currency[0] = (u_char) (key >> 16);
    cost->currency[1] = (u_char) (key >> 8);
    cost->currency[2] = (u_char) key;
    cost->millionths = c->millionths;

    return cost->millionths ? NGX_OK : NGX_DECLINED;
}
