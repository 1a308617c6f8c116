
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/policy/conversion.h"
#include "verification/store/meter.h"
#include "verification/store/pending_impl.h"


#define NGX_HTTP_PHONE_VERIFY_EXPIRE   4     /* nodes of a ring at once */
#define NGX_HTTP_PHONE_VERIFY_NODES    16    /* at least */


static ngx_uint_t ngx_http_phone_verify_pending_over(ngx_msec_t created,
    uint32_t ttl, ngx_msec_t now);

static uint32_t ngx_http_phone_verify_ring_seq(
    ngx_http_phone_verify_ring_t *ring, uint32_t i);
static ngx_int_t ngx_http_phone_verify_ring_find(
    ngx_http_phone_verify_ring_t *ring, uint32_t seq, uint32_t *i);


ngx_int_t
ngx_http_phone_verify_pending_init(void *region, size_t size)
{
    ngx_http_phone_verify_pending_t *p = region;

    size_t    node;
    uint64_t  n;

    node = sizeof(ngx_http_phone_verify_vnode_t)
           + sizeof(ngx_http_phone_verify_snode_t)
           + 3 * sizeof(uint32_t);

    if (size < sizeof(ngx_http_phone_verify_pending_t)
               + NGX_HTTP_PHONE_VERIFY_NODES * node)
    {
        return NGX_ERROR;
    }

    /* 8 bytes to align the nodes by */

    n = (size - sizeof(ngx_http_phone_verify_pending_t) - 8) / node;
    n = ngx_min(n, 0x7fffffff);

    ngx_memzero(p, sizeof(ngx_http_phone_verify_pending_t));

    p->verifications.n = (uint32_t) n;
    p->sessions.n = (uint32_t) n;
    p->buckets = (uint32_t) n;

    p->vnodes = ngx_align(sizeof(ngx_http_phone_verify_pending_t)
                          + 3 * sizeof(uint32_t) * n, 8);
    p->snodes = p->vnodes + n * sizeof(ngx_http_phone_verify_vnode_t);

    ngx_memzero(ngx_http_phone_verify_pending_table(p, 0),
                3 * sizeof(uint32_t) * n);

    return ngx_http_phone_verify_random((u_char *) p->secret,
                                        sizeof(p->secret));
}


/* The rings are the truth: a node is written before the head goes past it. */

void
ngx_http_phone_verify_pending_mend(void *region)
{
    ngx_http_phone_verify_pending_t *p = region;

    uint64_t                        i;
    ngx_http_phone_verify_ring_t   *ring;
    ngx_http_phone_verify_vnode_t  *v;

    ngx_memzero(ngx_http_phone_verify_pending_table(p, 0),
                3 * sizeof(uint32_t) * (size_t) p->buckets);

    ring = &p->verifications;

    for (i = ring->tail; i < ring->head; i++) {
        v = &ngx_http_phone_verify_pending_vnodes(p)[i % ring->n];

        ngx_http_phone_verify_pending_link_reference(p, v);

        /* should two of a number say that they are it, the later one is */

        if (v->flags & NGX_HTTP_PHONE_VERIFY_NUMBERED) {
            ngx_http_phone_verify_pending_set_number(p, v);
        }
    }

    ring = &p->sessions;

    for (i = ring->tail; i < ring->head; i++) {
        ngx_http_phone_verify_pending_link_session(p,
                      &ngx_http_phone_verify_pending_snodes(p)[i % ring->n]);
    }
}


void
ngx_http_phone_verify_pending_usage(void *region,
    ngx_http_phone_verify_zone_usage_t *usage)
{
    ngx_http_phone_verify_pending_t *p = region;

    usage->verifications = p->verifications.head - p->verifications.tail;
    usage->verifications_max = p->verifications.n;
    usage->sessions = p->sessions.head - p->sessions.tail;
    usage->sessions_max = p->sessions.n;

    usage->bytes_per_pending = sizeof(ngx_http_phone_verify_vnode_t)
                               + sizeof(ngx_http_phone_verify_snode_t)
                               + 3 * sizeof(uint32_t);
}


void
ngx_http_phone_verify_pending_metered(void *region, void *meter)
{
    ngx_http_phone_verify_pending_t *p = region;

    p->meter = (u_char *) meter - (u_char *) p;
}


void
ngx_http_phone_verify_pending_converts(void *region, void *conversions)
{
    ngx_http_phone_verify_pending_t *p = region;

    p->conversions = (u_char *) conversions - (u_char *) p;
}


void
ngx_http_phone_verify_pending_converted(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_vnode_t *v)
{
    if (p->conversions && v->flags & NGX_HTTP_PHONE_VERIFY_ADMITTED) {
        v->flags &= ~NGX_HTTP_PHONE_VERIFY_ADMITTED;

        ngx_http_phone_verify_conversion_succeeded(
                                            (u_char *) p + p->conversions,
                                            v->number, v->address, v->sends,
                                            ngx_current_msec / 1000);
    }
}


void
ngx_http_phone_verify_pending_count(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_vnode_t *v, ngx_uint_t what)
{
    /* these count messages, and what became of them */

    if (p->meter && !(v->flags & NGX_HTTP_PHONE_VERIFY_UNSENT)) {
        ngx_http_phone_verify_meter_row(
              (ngx_http_phone_verify_meter_t *) ((u_char *) p + p->meter),
              v->number, v->method, what);
    }
}


ngx_http_phone_verify_vnode_t *
ngx_http_phone_verify_pending_vnode(ngx_http_phone_verify_pending_t *p,
    uint32_t seq)
{
    uint32_t  i;

    if (ngx_http_phone_verify_ring_find(&p->verifications, seq, &i)
        != NGX_OK)
    {
        return NULL;
    }

    return &ngx_http_phone_verify_pending_vnodes(p)[i];
}


ngx_http_phone_verify_snode_t *
ngx_http_phone_verify_pending_snode(ngx_http_phone_verify_pending_t *p,
    uint32_t seq)
{
    uint32_t  i;

    if (ngx_http_phone_verify_ring_find(&p->sessions, seq, &i) != NGX_OK) {
        return NULL;
    }

    return &ngx_http_phone_verify_pending_snodes(p)[i];
}


uint32_t
ngx_http_phone_verify_pending_vseq(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_vnode_t *v)
{
    return ngx_http_phone_verify_ring_seq(&p->verifications,
                    (uint32_t) (v - ngx_http_phone_verify_pending_vnodes(p)));
}


uint32_t
ngx_http_phone_verify_pending_sseq(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_snode_t *s)
{
    return ngx_http_phone_verify_ring_seq(&p->sessions,
                    (uint32_t) (s - ngx_http_phone_verify_pending_snodes(p)));
}


void
ngx_http_phone_verify_pending_expire(ngx_http_phone_verify_pending_t *p,
    ngx_msec_t now)
{
    ngx_uint_t                      i;
    ngx_http_phone_verify_ring_t   *ring;
    ngx_http_phone_verify_vnode_t  *v;
    ngx_http_phone_verify_snode_t  *s;

    ring = &p->verifications;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_EXPIRE; i++) {

        if (ring->tail == ring->head) {
            break;
        }

        v = &ngx_http_phone_verify_pending_vnodes(p)[ring->tail % ring->n];

        if (!ngx_http_phone_verify_pending_over(v->created, v->ttl, now)) {
            break;
        }

        ngx_http_phone_verify_pending_unlink_reference(p, v);

        if (v->flags & NGX_HTTP_PHONE_VERIFY_NUMBERED) {
            ngx_http_phone_verify_pending_unlink_number(p, v);
        }

        ring->tail++;
    }

    ring = &p->sessions;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_EXPIRE; i++) {

        if (ring->tail == ring->head) {
            break;
        }

        s = &ngx_http_phone_verify_pending_snodes(p)[ring->tail % ring->n];

        if (!ngx_http_phone_verify_pending_over(s->created, s->ttl, now)) {
            break;
        }

        ngx_http_phone_verify_pending_unlink_session(p, s);

        ring->tail++;
    }
}


ngx_uint_t
ngx_http_phone_verify_pending_room(ngx_http_phone_verify_pending_t *p,
    ngx_uint_t verifications)
{
    return p->verifications.head - p->verifications.tail + verifications
           <= p->verifications.n
           && p->sessions.head - p->sessions.tail < p->sessions.n;
}


ngx_http_phone_verify_vnode_t *
ngx_http_phone_verify_pending_next_vnode(ngx_http_phone_verify_pending_t *p)
{
    ngx_http_phone_verify_ring_t   *ring;
    ngx_http_phone_verify_vnode_t  *v;

    ring = &p->verifications;
    v = &ngx_http_phone_verify_pending_vnodes(p)[ring->head % ring->n];

    ngx_memzero(v, sizeof(ngx_http_phone_verify_vnode_t));

    return v;
}


ngx_http_phone_verify_snode_t *
ngx_http_phone_verify_pending_next_snode(ngx_http_phone_verify_pending_t *p)
{
    ngx_http_phone_verify_ring_t   *ring;
    ngx_http_phone_verify_snode_t  *s;

    ring = &p->sessions;
    s = &ngx_http_phone_verify_pending_snodes(p)[ring->head % ring->n];

    ngx_memzero(s, sizeof(ngx_http_phone_verify_snode_t));

    return s;
}


void
ngx_http_phone_verify_pending_add_vnode(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_vnode_t *v)
{
    ngx_memory_barrier();

    p->verifications.head++;

    ngx_http_phone_verify_pending_link_reference(p, v);

    if (v->flags & NGX_HTTP_PHONE_VERIFY_NUMBERED) {
        ngx_http_phone_verify_pending_set_number(p, v);
    }
}


void
ngx_http_phone_verify_pending_add_snode(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_snode_t *s)
{
    ngx_memory_barrier();

    p->sessions.head++;

    ngx_http_phone_verify_pending_link_session(p, s);
}


/* Before "created" by more is an age that 32 bits have no room for. */

static ngx_uint_t
ngx_http_phone_verify_pending_over(ngx_msec_t created, uint32_t ttl,
    ngx_msec_t now)
{
    ngx_msec_int_t  age;

    age = (ngx_msec_int_t) (now - created);

    if (age < 0) {
        return age < -NGX_HTTP_PHONE_VERIFY_BEHIND;
    }

    return (ngx_msec_t) age > (ngx_msec_t) ttl + NGX_HTTP_PHONE_VERIFY_MARGIN;
}


static uint32_t
ngx_http_phone_verify_ring_seq(ngx_http_phone_verify_ring_t *ring, uint32_t i)
{
    uint32_t  first;

    first = (uint32_t) (ring->tail % ring->n);

    return (uint32_t) (ring->tail + (i >= first ? i - first
                                                : i + (ring->n - first)));
}


static ngx_int_t
ngx_http_phone_verify_ring_find(ngx_http_phone_verify_ring_t *ring,
    uint32_t seq, uint32_t *i)
{
    uint32_t  back;

    back = (uint32_t) ring->head - seq;

    if (back == 0 || back > ring->head - ring->tail) {
        return NGX_DECLINED;
    }

    *i = (uint32_t) ((ring->head - back) % ring->n);

    return NGX_OK;
}
