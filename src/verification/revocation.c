
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/meter.h"
#include "verification/revocation.h"
#include "verification/token.h"
#include "verification/zone_map.h"


/*
 * A table of nodes in chains, and a bitmap of 16 bits for each chain.  The
 * same part of an id gives its bit and, without the low four bits, its chain.
 */

#define NGX_HTTP_PHONE_VERIFY_REVOCATION_BITS   16
#define NGX_HTTP_PHONE_VERIFY_REVOCATION_SWEEP  4     /* nodes at a time, */
#define NGX_HTTP_PHONE_VERIFY_REVOCATION_LOOK   64    /* if none is free */
#define NGX_HTTP_PHONE_VERIFY_REVOCATION_SLACK  60    /* seconds */
#define NGX_HTTP_PHONE_VERIFY_REVOCATION_NODES  16    /* at least */

#define NGX_HTTP_PHONE_VERIFY_REVOCATION_WORD   (8 * sizeof(ngx_atomic_t))


typedef struct {
    u_char            id[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    uint32_t          until;      /* wall clock, 0: free */
    uint32_t          next;       /* + 1, in a chain or of the free ones */
} ngx_http_phone_verify_revocation_t;


/* Followed by the bitmap, the chains' first nodes, and the nodes. */

typedef struct {
    uint32_t          n;          /* nodes, and chains */
    uint32_t          used;
    uint32_t          free;       /* + 1 */
    uint32_t          hand;       /* where the sweep goes on */
    size_t            chains;     /* offsets */
    size_t            nodes;
} ngx_http_phone_verify_revocations_t;


#define ngx_http_phone_verify_revocation_words(t)                             \
    ((ngx_atomic_t *) ((t) + 1))

#define ngx_http_phone_verify_revocation_chains(t)                            \
    ((uint32_t *) ((u_char *) (t) + (t)->chains))

#define ngx_http_phone_verify_revocation_nodes(t)                             \
    ((ngx_http_phone_verify_revocation_t *) ((u_char *) (t) + (t)->nodes))


static uint64_t ngx_http_phone_verify_revocation_bit(
    ngx_http_phone_verify_revocations_t *t, const u_char *id);
static void ngx_http_phone_verify_revocation_mark(
    ngx_http_phone_verify_revocations_t *t, uint64_t bit, ngx_uint_t set);
static uint32_t *ngx_http_phone_verify_revocation_find(
    ngx_http_phone_verify_revocations_t *t, const u_char *id);
static void ngx_http_phone_verify_revocation_drop(
    ngx_http_phone_verify_revocations_t *t,
    ngx_http_phone_verify_revocation_t *node);
static void ngx_http_phone_verify_revocation_sweep(
    ngx_http_phone_verify_revocations_t *t, ngx_uint_t n, time_t now);


ngx_int_t
ngx_http_phone_verify_revocations_init(void *region, size_t size)
{
    ngx_http_phone_verify_revocations_t *t = region;

    size_t    head, node, words;
    uint64_t  n;

    head = sizeof(ngx_http_phone_verify_revocations_t);
    node = sizeof(ngx_http_phone_verify_revocation_t) + sizeof(uint32_t)
           + NGX_HTTP_PHONE_VERIFY_REVOCATION_BITS / 8;

    /* the last word of the bitmap may be a part of one */

    if (size < head + 2 * sizeof(ngx_atomic_t)
               + NGX_HTTP_PHONE_VERIFY_REVOCATION_NODES * node)
    {
        return NGX_ERROR;
    }

    n = (size - head - 2 * sizeof(ngx_atomic_t)) / node;
    n = ngx_min(n, 0x0fffffff);

    words = (size_t) (n * NGX_HTTP_PHONE_VERIFY_REVOCATION_BITS
                      / NGX_HTTP_PHONE_VERIFY_REVOCATION_WORD + 1);

    ngx_memzero(t, size);

    t->n = (uint32_t) n;
    t->chains = head + words * sizeof(ngx_atomic_t);
    t->nodes = ngx_align(t->chains + n * sizeof(uint32_t), 4);

    ngx_http_phone_verify_revocations_mend(t);

    return NGX_OK;
}


/* Bits are only ever set here: others read them without the mutex. */

void
ngx_http_phone_verify_revocations_mend(void *region)
{
    ngx_http_phone_verify_revocations_t *t = region;

    uint32_t                            *chain, i;
    uint64_t                             bit;
    ngx_http_phone_verify_revocation_t  *node;

    ngx_memzero(ngx_http_phone_verify_revocation_chains(t),
                t->n * sizeof(uint32_t));

    t->used = 0;
    t->free = 0;

    for (i = t->n; i > 0; i--) {
        node = &ngx_http_phone_verify_revocation_nodes(t)[i - 1];

        if (node->until == 0) {
            node->next = t->free;
            t->free = i;
            continue;
        }

        bit = ngx_http_phone_verify_revocation_bit(t, node->id);

        chain = &ngx_http_phone_verify_revocation_chains(t)[
                                bit / NGX_HTTP_PHONE_VERIFY_REVOCATION_BITS];
        node->next = *chain;
        *chain = i;

        t->used++;

        ngx_http_phone_verify_revocation_mark(t, bit, 1);
    }
}


void
ngx_http_phone_verify_revocations_usage(void *region,
    ngx_http_phone_verify_zone_usage_t *usage)
{
    ngx_http_phone_verify_revocations_t *t = region;

    usage->revocations = t->used;
    usage->revocations_max = t->n;
}


ngx_int_t
ngx_http_phone_verify_revoke(ngx_http_phone_verify_zone_t *zone,
    const u_char *id, time_t until)
{
    time_t                                now;
    uint32_t                             *link, i, end;
    ngx_int_t                             rc;
    ngx_http_phone_verify_revocation_t   *node;
    ngx_http_phone_verify_revocations_t  *t;

    now = ngx_time();

    if (until + NGX_HTTP_PHONE_VERIFY_REVOCATION_SLACK < now) {
        return NGX_OK;
    }

    end = (uint32_t) ngx_min((uint64_t) until, 0xffffffff);
    end = ngx_max(end, 1);

    rc = NGX_OK;
    t = zone->region[NGX_HTTP_PHONE_VERIFY_ZONE_REVOCATIONS];

    ngx_http_phone_verify_zone_lock(zone);

    ngx_http_phone_verify_revocation_sweep(t,
                                   NGX_HTTP_PHONE_VERIFY_REVOCATION_SWEEP,
                                   now);

    link = ngx_http_phone_verify_revocation_find(t, id);

    if (*link) {
        node = &ngx_http_phone_verify_revocation_nodes(t)[*link - 1];
        node->until = ngx_max(node->until, end);
        goto done;
    }

    if (t->free == 0) {
        ngx_http_phone_verify_revocation_sweep(t,
                                   NGX_HTTP_PHONE_VERIFY_REVOCATION_LOOK, now);
    }

    i = t->free;

    if (i == 0) {
        rc = NGX_ERROR;
        goto done;
    }

    node = &ngx_http_phone_verify_revocation_nodes(t)[i - 1];

    t->free = node->next;

    ngx_memcpy(node->id, id, NGX_HTTP_PHONE_VERIFY_SESSION_LEN);

    ngx_memory_barrier();

    node->until = end;

    /* the sweep may have taken out what the link was in */

    link = ngx_http_phone_verify_revocation_find(t, id);

    node->next = 0;
    *link = i;

    t->used++;

    ngx_http_phone_verify_revocation_mark(t,
                            ngx_http_phone_verify_revocation_bit(t, id), 1);

    ngx_http_phone_verify_meter_count(zone,
                                     NGX_HTTP_PHONE_VERIFY_METER_REVOCATIONS);

done:

    ngx_http_phone_verify_zone_unlock(zone);

    return rc;
}


ngx_uint_t
ngx_http_phone_verify_revoked(ngx_http_phone_verify_zone_t *zone,
    const u_char *id)
{
    uint64_t                              bit;
    ngx_uint_t                            revoked;
    ngx_atomic_uint_t                     word;
    ngx_http_phone_verify_revocations_t  *t;

    t = zone->region[NGX_HTTP_PHONE_VERIFY_ZONE_REVOCATIONS];

    bit = ngx_http_phone_verify_revocation_bit(t, id);

    word = ngx_http_phone_verify_revocation_words(t)[
                                  bit / NGX_HTTP_PHONE_VERIFY_REVOCATION_WORD];

    if (!((word >> (bit % NGX_HTTP_PHONE_VERIFY_REVOCATION_WORD)) & 1)) {
        return 0;
    }

    ngx_http_phone_verify_zone_lock(zone);

    revoked = (*ngx_http_phone_verify_revocation_find(t, id) != 0);

    ngx_http_phone_verify_zone_unlock(zone);

    return revoked;
}


static uint64_t
ngx_http_phone_verify_revocation_bit(ngx_http_phone_verify_revocations_t *t,
    const u_char *id)
{
    uint32_t  hash;

    ngx_memcpy(&hash, id, sizeof(hash));

    return ((uint64_t) hash * t->n * NGX_HTTP_PHONE_VERIFY_REVOCATION_BITS)
           >> 32;
}


/* Writers have the mutex, readers have not: a word is written whole. */

static void
ngx_http_phone_verify_revocation_mark(ngx_http_phone_verify_revocations_t *t,
    uint64_t bit, ngx_uint_t set)
{
    ngx_atomic_t       *word;
    ngx_atomic_uint_t   mask;

    word = &ngx_http_phone_verify_revocation_words(t)[
                                  bit / NGX_HTTP_PHONE_VERIFY_REVOCATION_WORD];
    mask = (ngx_atomic_uint_t) 1
           << (bit % NGX_HTTP_PHONE_VERIFY_REVOCATION_WORD);

    *word = set ? (*word | mask) : (*word & ~mask);

    ngx_memory_barrier();
}


/* The link to the node of "id", or the last of its chain, which is 0. */

static uint32_t *
ngx_http_phone_verify_revocation_find(ngx_http_phone_verify_revocations_t *t,
    const u_char *id)
{
    uint32_t                            *link;
    ngx_http_phone_verify_revocation_t  *nodes;

    nodes = ngx_http_phone_verify_revocation_nodes(t);

    link = &ngx_http_phone_verify_revocation_chains(t)[
                            ngx_http_phone_verify_revocation_bit(t, id)
                            / NGX_HTTP_PHONE_VERIFY_REVOCATION_BITS];

    while (*link && ngx_memcmp(nodes[*link - 1].id, id,
                               NGX_HTTP_PHONE_VERIFY_SESSION_LEN)
                    != 0)
    {
        link = &nodes[*link - 1].next;
    }

    return link;
}


static void
ngx_http_phone_verify_revocation_drop(ngx_http_phone_verify_revocations_t *t,
    ngx_http_phone_verify_revocation_t *node)
{
    uint32_t                            *link, i;
    uint64_t                             bit;
    ngx_http_phone_verify_revocation_t  *nodes;

    nodes = ngx_http_phone_verify_revocation_nodes(t);
    bit = ngx_http_phone_verify_revocation_bit(t, node->id);

    link = ngx_http_phone_verify_revocation_find(t, node->id);
    i = *link;
    *link = node->next;

    node->until = 0;
    node->next = t->free;
    t->free = i;

    t->used--;

    /* another id of the chain may have the same bit */

    for (i = ngx_http_phone_verify_revocation_chains(t)[
                                bit / NGX_HTTP_PHONE_VERIFY_REVOCATION_BITS];
         i;
         i = nodes[i - 1].next)
    {
        if (ngx_http_phone_verify_revocation_bit(t, nodes[i - 1].id) == bit) {
            return;
        }
    }

    ngx_http_phone_verify_revocation_mark(t, bit, 0);
}


/* A hand that goes round, and takes out what it finds past its time. */

static void
ngx_http_phone_verify_revocation_sweep(ngx_http_phone_verify_revocations_t *t,
    ngx_uint_t n, time_t now)
{
    ngx_http_phone_verify_revocation_t  *node;

    while (n--) {
        node = &ngx_http_phone_verify_revocation_nodes(t)[t->hand];

        t->hand = (t->hand + 1 < t->n) ? t->hand + 1 : 0;

        if (node->until
            && (time_t) node->until + NGX_HTTP_PHONE_VERIFY_REVOCATION_SLACK
               < now)
        {
            ngx_http_phone_verify_revocation_drop(t, node);
        }
    }
}
