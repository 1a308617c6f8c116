
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store_ring.h"


/* Slots outlive their tokens by this, so that no token outlives its slot. */

#define NGX_HTTP_PHONE_VERIFY_MARGIN  60

#define NGX_HTTP_PHONE_VERIFY_EXPIRE  4     /* slots at once */
#define NGX_HTTP_PHONE_VERIFY_HOPS    64    /* messages to one number */


static void ngx_http_phone_verify_ring_expire(
    ngx_http_phone_verify_map_t *map);
static void ngx_http_phone_verify_ring_unlink(uint32_t *bucket, uint32_t slot,
    u_char *base, size_t size, size_t offset);
static uint32_t ngx_http_phone_verify_ring_seq(uint64_t tail, uint32_t n,
    uint32_t slot);
static ngx_uint_t ngx_http_phone_verify_ring_over(uint32_t created,
    uint32_t ttl);


ngx_http_phone_verify_map_t *
ngx_http_phone_verify_ring_enter(ngx_http_phone_verify_zone_t *zone)
{
    ngx_http_phone_verify_map_t  *map;

    map = ngx_http_phone_verify_zone_lock(zone);

    ngx_http_phone_verify_ring_expire(map);

    return map;
}


uint32_t
ngx_http_phone_verify_ring_now(void)
{
    return (uint32_t) (ngx_current_msec / 1000);
}


void
ngx_http_phone_verify_ring_changed(ngx_http_phone_verify_map_t *map)
{
    map->changes++;
}


ngx_http_phone_verify_record_t *
ngx_http_phone_verify_ring_record(ngx_http_phone_verify_map_t *map,
    uint32_t seq)
{
    uint64_t  whole;

    whole = map->rtail + (uint32_t) (seq - (uint32_t) map->rtail);

    if (seq == 0 || whole >= map->rhead) {
        return NULL;
    }

    return &map->records[whole % map->n];
}


ngx_http_phone_verify_visitor_t *
ngx_http_phone_verify_ring_guest(ngx_http_phone_verify_map_t *map,
    uint32_t seq)
{
    uint64_t  whole;

    whole = map->vtail + (uint32_t) (seq - (uint32_t) map->vtail);

    if (seq == 0 || whole >= map->vhead) {
        return NULL;
    }

    return &map->visitors[whole % map->n];
}


uint32_t
ngx_http_phone_verify_ring_session(ngx_http_phone_verify_map_t *map,
    const u_char *id)
{
    uint32_t  slot;

    for (slot = *ngx_http_phone_verify_zone_session_bucket(map, id);
         slot != NGX_HTTP_PHONE_VERIFY_NIL;
         slot = map->visitors[slot].next)
    {
        if (ngx_memcmp(map->visitors[slot].id, id,
                       NGX_HTTP_PHONE_VERIFY_SESSION_LEN)
            == 0)
        {
            return ngx_http_phone_verify_ring_seq(map->vtail, map->n, slot);
        }
    }

    return 0;
}


uint32_t
ngx_http_phone_verify_ring_reference(ngx_http_phone_verify_map_t *map,
    const u_char *reference)
{
    uint32_t  slot;

    for (slot = *ngx_http_phone_verify_zone_reference_bucket(map, reference);
         slot != NGX_HTTP_PHONE_VERIFY_NIL;
         slot = map->records[slot].next_reference)
    {
        if (ngx_memcmp(map->records[slot].reference, reference,
                       NGX_HTTP_PHONE_VERIFY_RANDOM_LEN)
            == 0)
        {
            return ngx_http_phone_verify_ring_seq(map->rtail, map->n, slot);
        }
    }

    return 0;
}


uint32_t
ngx_http_phone_verify_ring_id(ngx_http_phone_verify_map_t *map,
    ngx_http_phone_verify_number_t number, ngx_str_t *id)
{
    uint32_t                         slot;
    ngx_http_phone_verify_record_t  *v;

    if (id->len == 0) {
        return 0;
    }

    for (slot = *ngx_http_phone_verify_zone_number_bucket(map, number);
         slot != NGX_HTTP_PHONE_VERIFY_NIL;
         slot = map->records[slot].next_number)
    {
        v = &map->records[slot];

        if (v->number == number && v->id_len == id->len
            && ngx_memcmp(v->id, id->data, id->len) == 0)
        {
            return ngx_http_phone_verify_ring_seq(map->rtail, map->n, slot);
        }
    }

    return 0;
}


uint32_t
ngx_http_phone_verify_ring_running(ngx_http_phone_verify_map_t *map,
    ngx_http_phone_verify_number_t number)
{
    uint32_t                         slot, seq, found;
    ngx_uint_t                       adopted;
    ngx_http_phone_verify_record_t  *v;

    found = 0;
    adopted = 0;

    for (slot = *ngx_http_phone_verify_zone_number_bucket(map, number);
         slot != NGX_HTTP_PHONE_VERIFY_NIL;
         slot = map->records[slot].next_number)
    {
        v = &map->records[slot];

        if (v->number != number || v->next
            || v->status != NGX_HTTP_PHONE_VERIFY_PENDING
            || ngx_http_phone_verify_ring_over(v->created, v->ttl))
        {
            continue;
        }

        seq = ngx_http_phone_verify_ring_seq(map->rtail, map->n, slot);

        /* the chain begins with the latest */

        if (found == 0
            || (adopted && !(v->flags & NGX_HTTP_PHONE_VERIFY_ADOPTED)))
        {
            found = seq;
            adopted = v->flags & NGX_HTTP_PHONE_VERIFY_ADOPTED;
        }
    }

    return found;
}


uint32_t
ngx_http_phone_verify_ring_resolve(ngx_http_phone_verify_map_t *map,
    uint32_t seq)
{
    ngx_uint_t                       hops;
    ngx_http_phone_verify_record_t  *v;

    for (hops = 0; hops < NGX_HTTP_PHONE_VERIFY_HOPS; hops++) {

        v = ngx_http_phone_verify_ring_record(map, seq);

        if (v == NULL) {
            return 0;
        }

        if (v->next == 0 || v->status == NGX_HTTP_PHONE_VERIFY_SUCCESSFUL) {
            return seq;
        }

        seq = v->next;
    }

    return 0;
}


uint32_t
ngx_http_phone_verify_ring_verification(ngx_http_phone_verify_map_t *map,
    const ngx_http_phone_verify_policy_t *policy,
    ngx_http_phone_verify_number_t number, const u_char *reference)
{
    uint64_t                         seq;
    ngx_http_phone_verify_record_t  *v;

    if (map->rhead - map->rtail == map->n) {
        return 0;
    }

    seq = map->rhead;

    v = &map->records[seq % map->n];

    ngx_memzero(v, sizeof(ngx_http_phone_verify_record_t));

    v->number = number;
    v->status = NGX_HTTP_PHONE_VERIFY_PENDING;
    v->created = ngx_http_phone_verify_ring_now();
    v->ttl = (uint32_t) (policy->ttl / 1000);
    ngx_memcpy(v->reference, reference, NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);

    ngx_memory_barrier();

    map->rhead = seq + 1;

    ngx_http_phone_verify_zone_link_record(map, seq);

    /* once in four thousand million: 0 is none, so that slot is let go */

    return (uint32_t) seq
           ? (uint32_t) seq
           : ngx_http_phone_verify_ring_verification(map, policy, number,
                                                     reference);
}


uint32_t
ngx_http_phone_verify_ring_visitor(ngx_http_phone_verify_map_t *map,
    const ngx_http_phone_verify_policy_t *policy, const u_char *id,
    uint32_t record)
{
    uint64_t                          seq;
    ngx_http_phone_verify_visitor_t  *s;

    if (map->vhead - map->vtail == map->n) {
        return 0;
    }

    seq = map->vhead;

    s = &map->visitors[seq % map->n];

    ngx_memzero(s, sizeof(ngx_http_phone_verify_visitor_t));

    s->record = record;
    s->created = ngx_http_phone_verify_ring_now();
    s->ttl = (uint32_t) (policy->ttl / 1000);
    s->allowed = (uint8_t) policy->attempts;
    ngx_memcpy(s->id, id, NGX_HTTP_PHONE_VERIFY_SESSION_LEN);

    ngx_memory_barrier();

    map->vhead = seq + 1;

    ngx_http_phone_verify_zone_link_visitor(map, seq);

    return (uint32_t) seq
           ? (uint32_t) seq
           : ngx_http_phone_verify_ring_visitor(map, policy, id, record);
}


/* What has ended goes from the tail, a few at a time. */

static void
ngx_http_phone_verify_ring_expire(ngx_http_phone_verify_map_t *map)
{
    uint32_t                          slot;
    ngx_uint_t                        i;
    ngx_http_phone_verify_record_t   *v;
    ngx_http_phone_verify_visitor_t  *s;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_EXPIRE; i++) {

        if (map->rtail == map->rhead) {
            break;
        }

        slot = (uint32_t) (map->rtail % map->n);
        v = &map->records[slot];

        if (!ngx_http_phone_verify_ring_over(v->created,
                                     v->ttl + NGX_HTTP_PHONE_VERIFY_MARGIN))
        {
            break;
        }

        ngx_http_phone_verify_ring_unlink(
            ngx_http_phone_verify_zone_number_bucket(map, v->number), slot,
            (u_char *) map->records, sizeof(ngx_http_phone_verify_record_t),
            offsetof(ngx_http_phone_verify_record_t, next_number));

        ngx_http_phone_verify_ring_unlink(
            ngx_http_phone_verify_zone_reference_bucket(map, v->reference),
            slot, (u_char *) map->records,
            sizeof(ngx_http_phone_verify_record_t),
            offsetof(ngx_http_phone_verify_record_t, next_reference));

        map->rtail++;
    }

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_EXPIRE; i++) {

        if (map->vtail == map->vhead) {
            break;
        }

        slot = (uint32_t) (map->vtail % map->n);
        s = &map->visitors[slot];

        if (!ngx_http_phone_verify_ring_over(s->created,
                                     s->ttl + NGX_HTTP_PHONE_VERIFY_MARGIN))
        {
            break;
        }

        ngx_http_phone_verify_ring_unlink(
            ngx_http_phone_verify_zone_session_bucket(map, s->id), slot,
            (u_char *) map->visitors, sizeof(ngx_http_phone_verify_visitor_t),
            offsetof(ngx_http_phone_verify_visitor_t, next));

        map->vtail++;
    }
}


static void
ngx_http_phone_verify_ring_unlink(uint32_t *bucket, uint32_t slot,
    u_char *base, size_t size, size_t offset)
{
    uint32_t  *p;

    p = bucket;

    while (*p != NGX_HTTP_PHONE_VERIFY_NIL && *p != slot) {
        p = (uint32_t *) (base + *p * size + offset);
    }

    if (*p == slot) {
        *p = *(uint32_t *) (base + slot * size + offset);
    }
}


/* The number of what is in a slot that is in use. */

static uint32_t
ngx_http_phone_verify_ring_seq(uint64_t tail, uint32_t n, uint32_t slot)
{
    uint32_t  first;

    first = (uint32_t) (tail % n);

    return (uint32_t) (tail + (slot >= first ? slot - first
                                             : slot + n - first));
}


/* Workers cache the clock, so "created" may be a second ahead of it. */

static ngx_uint_t
ngx_http_phone_verify_ring_over(uint32_t created, uint32_t ttl)
{
    return (int32_t) (ngx_http_phone_verify_ring_now() - created)
           >= (int32_t) ttl;
}


void
ngx_http_phone_verify_ring_note(ngx_http_phone_verify_map_t *map,
    ngx_http_phone_verify_record_t *v)
{
    if (v == NULL || !(v->flags & NGX_HTTP_PHONE_VERIFY_NOTED)
        || (v->reporter
            && (int32_t) (v->report_until - ngx_http_phone_verify_ring_now())
               > 0))
    {
        return;
    }

    v->flags &= ~NGX_HTTP_PHONE_VERIFY_NOTED;

    if (v->status == NGX_HTTP_PHONE_VERIFY_SUCCESSFUL) {
        return;
    }

    v->status = NGX_HTTP_PHONE_VERIFY_SUCCESSFUL;
    v->reason = NGX_HTTP_PHONE_VERIFY_REASON_NONE;
    v->verified = (uint32_t) ngx_time();

    if (v->flags & NGX_HTTP_PHONE_VERIFY_CONTESTED) {
        return;
    }

    if (v->reporter) {
        v->winner = v->reporter;

    } else if (v->sessions == 1) {
        v->winner = v->first;
    }
}


void
ngx_http_phone_verify_ring_view_record(const ngx_http_phone_verify_record_t *v,
    ngx_http_phone_verify_view_t *view)
{
    int32_t  left;

    ngx_memzero(view, sizeof(ngx_http_phone_verify_view_t));

    view->status = v->status;
    view->reason = v->reason;
    view->method = v->method;
    view->number = v->number;
    view->sends = v->sends;

    ngx_memcpy(view->reference, v->reference,
               NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);
    ngx_memcpy(view->id, v->id, v->id_len);
    view->id_len = v->id_len;

    left = (int32_t) (v->created + v->ttl - ngx_http_phone_verify_ring_now());
    view->expires_in = ngx_max(left, 0);

    left = (int32_t) (v->resend_at - ngx_http_phone_verify_ring_now());
    view->resend_in = ngx_max(left, 0);

    if (view->status == NGX_HTTP_PHONE_VERIFY_PENDING
        && view->expires_in == 0)
    {
        view->status = NGX_HTTP_PHONE_VERIFY_FAIL;
        view->reason = NGX_HTTP_PHONE_VERIFY_REASON_EXPIRED;
    }

    if (view->status != NGX_HTTP_PHONE_VERIFY_PENDING) {
        view->resend_in = 0;
    }
}


void
ngx_http_phone_verify_ring_view(ngx_http_phone_verify_map_t *map,
    uint32_t session, ngx_http_phone_verify_view_t *view)
{
    ngx_int_t                         own, all;
    ngx_http_phone_verify_record_t   *v;
    ngx_http_phone_verify_visitor_t  *s;

    s = ngx_http_phone_verify_ring_guest(map, session);
    v = ngx_http_phone_verify_ring_record(map,
                              ngx_http_phone_verify_ring_resolve(map,
                                                                 s->record));

    if (s->dead || v == NULL) {
        ngx_memzero(view, sizeof(ngx_http_phone_verify_view_t));

        if (!s->dead) {
            view->status = NGX_HTTP_PHONE_VERIFY_FAIL;
            view->reason = NGX_HTTP_PHONE_VERIFY_REASON_EXPIRED;
        }

        return;
    }

    ngx_http_phone_verify_ring_note(map, v);
    ngx_http_phone_verify_ring_view_record(v, view);

    view->created = ngx_time()
                    - (int32_t) (ngx_http_phone_verify_ring_now()
                                 - s->created);

    /* of the session's own, and of three times that for all who share it */

    own = (ngx_int_t) s->allowed - s->attempts;
    all = 3 * (ngx_int_t) s->allowed - v->attempts;

    own = ngx_min(own, all);
    view->attempts_left = ngx_max(own, 0);

    if (v->status == NGX_HTTP_PHONE_VERIFY_SUCCESSFUL) {

        if (v->winner != session) {
            view->status = NGX_HTTP_PHONE_VERIFY_ABORTED;

        } else if (!s->granted) {
            view->claimable = 1;

        } else if (ngx_http_phone_verify_ring_now() - s->consumed
                   > NGX_HTTP_PHONE_VERIFY_CODE_REPEAT)
        {
            ngx_memzero(view, sizeof(ngx_http_phone_verify_view_t));
        }

    } else if (view->status == NGX_HTTP_PHONE_VERIFY_PENDING
               && view->attempts_left == 0)
    {
        view->status = NGX_HTTP_PHONE_VERIFY_FAIL;
        view->reason = NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CODE;
    }
}
