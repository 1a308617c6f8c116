
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store/meter.h"
#include "verification/store/revocation.h"
#include "verification/store/zone_map.h"
#include "verification/token/token.h"


/*
 * A table of nodes in chains, and a bitmap of 16 bits for each chain.  The
 * same part of an id gives its bit and, without the low four bits, its chain.
 */

#define NGX_HTTP_PHONE_VERIFY_REVOCATION_BITS   16
#define NGX_HTTP_PHONE_VERIFY_REVOCATION_SWEEP  4     /* nodes at a time */
#define NGX_HTTP_PHONE_VERIFY_REVOCATION_SLACK  60    /* seconds */
#define NGX_HTTP_PHONE_VERIFY_REVOCATION_NODES  16    /* at least */

#define NGX_HTTP_PHONE_VERIFY_REVOCATION_WORD   (8 * sizeof(ngx_atomic_t))


typedef struct {
    u_char            id[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    uint32_t          until;      /* wall clock, 0: free */
    uint32_t          next;       /* + 1, in a chain or of the free ones */
} ngx_http_phone_verify_revocation_t;


/*
 * The id of a number: the hash of it, a mark, and up to when its grants are
 * revoked (wall clock).  What it is found by is all but the last.
 */

#define NGX_HTTP_PHONE_VERIFY_REVOCATION_NUMBER  12

static const u_char  ngx_http_phone_verify_revocation_mark_of_number[] = {
    0x6e, 0x75, 0x6d, 0x00
};

#define ngx_http_phone_verify_revocation_of_number(id)                        \
    (ngx_memcmp((id) + 8, ngx_http_phone_verify_revocation_mark_of_number, 4) \
     == 0)


/* Followed by the bitmap, the chains' first nodes, and the nodes. */

typedef struct {
    uint32_t          n;          /* nodes, and chains */
    uint32_t          used;
    uint32_t          free;       /* + 1 */
    uint32_t          hand;       /* where the sweep goes on */
    uint32_t          soonest;    /* no node's "until" is before */
    size_t            chains;     /* offsets */
    size_t            nodes;
    ngx_atomic_t      numbers;    /* nodes of numbers */
    ngx_atomic_t      before;     /* wall clock: no grant up to it counts */
} ngx_http_phone_verify_revocations_t;


#define ngx_http_phone_verify_revocation_over(until, now)                     \
    ((until)                                                                  \
     && (time_t) (until) + NGX_HTTP_PHONE_VERIFY_REVOCATION_SLACK < (now))

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
    ngx_http_phone_verify_revocations_t *t, const u_char *id, size_t len);
static ngx_int_t ngx_http_phone_verify_revocation_add(
    ngx_http_phone_verify_zone_t *zone, const u_char *id, size_t len,
    time_t until);
static ngx_int_t ngx_http_phone_verify_revocation_insert(
    ngx_http_phone_verify_revocations_t *t, const u_char *id, uint32_t until,
    time_t now);
static void ngx_http_phone_verify_revocation_place(u_char *id);
static void ngx_http_phone_verify_revocation_no_place(
    ngx_http_phone_verify_revocations_t *t);
static ngx_uint_t ngx_http_phone_verify_revocation_maybe(
    ngx_http_phone_verify_revocations_t *t, const u_char *id);
static ngx_uint_t ngx_http_phone_verify_revoked_number(
    ngx_http_phone_verify_zone_t *zone, uint64_t hash, time_t issued);
static void ngx_http_phone_verify_revocation_number(uint64_t hash, time_t at,
    u_char *id);
static uint32_t ngx_http_phone_verify_revocation_at(const u_char *id);
static void ngx_http_phone_verify_revocation_drop(
    ngx_http_phone_verify_revocations_t *t,
    ngx_http_phone_verify_revocation_t *node);
static uint32_t ngx_http_phone_verify_revocation_sweep(
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
    ngx_uint_t                           numbers;
    ngx_http_phone_verify_revocation_t  *node;

    ngx_memzero(ngx_http_phone_verify_revocation_chains(t),
                t->n * sizeof(uint32_t));

    t->used = 0;
    t->free = 0;
    t->soonest = 0xffffffff;
    numbers = 0;

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
        t->soonest = ngx_min(t->soonest, node->until);
        numbers += ngx_http_phone_verify_revocation_of_number(node->id);

        ngx_http_phone_verify_revocation_mark(t, bit, 1);
    }

    t->numbers = numbers;
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
    return ngx_http_phone_verify_revocation_add(zone, id,
                                            NGX_HTTP_PHONE_VERIFY_SESSION_LEN,
                                            until);
}


ngx_int_t
ngx_http_phone_verify_revoke_numbers(ngx_http_phone_verify_zone_t *zone,
    uint64_t hash, time_t at, time_t until)
{
    u_char  id[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];

    ngx_http_phone_verify_revocation_number(hash, at, id);

    return ngx_http_phone_verify_revocation_add(zone, id,
                                      NGX_HTTP_PHONE_VERIFY_REVOCATION_NUMBER,
                                      until);
}


void
ngx_http_phone_verify_revoke_before(ngx_http_phone_verify_zone_t *zone,
    time_t at)
{
    ngx_http_phone_verify_revocations_t  *t;

    ngx_http_phone_verify_zone_lock(zone);

    t = ngx_http_phone_verify_zone_region(zone, REVOCATIONS);

    if ((ngx_atomic_uint_t) at > t->before) {
        t->before = (ngx_atomic_uint_t) at;
    }

    ngx_http_phone_verify_zone_unlock(zone);
}


/*
 * What keeps it is a node of nobody's id, which ends by itself should this
 * process die.
 */

ngx_int_t
ngx_http_phone_verify_revoke_room(ngx_http_phone_verify_zone_t *zone,
    const u_char *id, uint64_t hash)
{
    size_t                                len;
    u_char                                buf[
                                             NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    time_t                                now;
    ngx_int_t                             rc;
    ngx_http_phone_verify_revocations_t  *t;

    len = NGX_HTTP_PHONE_VERIFY_SESSION_LEN;

    if (id == NULL) {
        ngx_http_phone_verify_revocation_number(hash, 0, buf);

        id = buf;
        len = NGX_HTTP_PHONE_VERIFY_REVOCATION_NUMBER;
    }

    now = ngx_time();
    rc = NGX_OK;

    ngx_http_phone_verify_zone_lock(zone);

    t = ngx_http_phone_verify_zone_region(zone, REVOCATIONS);

    ngx_http_phone_verify_revocation_no_place(t);

    if (*ngx_http_phone_verify_revocation_find(t, id, len) == 0) {
        ngx_http_phone_verify_revocation_place(buf);
        rc = ngx_http_phone_verify_revocation_insert(t, buf, (uint32_t) now,
                                                     now);
    }

    ngx_http_phone_verify_zone_unlock(zone);

    return rc;
}


void
ngx_http_phone_verify_revoke_no_room(ngx_http_phone_verify_zone_t *zone)
{
    ngx_http_phone_verify_zone_lock(zone);

    ngx_http_phone_verify_revocation_no_place(
                         ngx_http_phone_verify_zone_region(zone, REVOCATIONS));

    ngx_http_phone_verify_zone_unlock(zone);
}


static void
ngx_http_phone_verify_revocation_place(u_char *id)
{
    ngx_memzero(id, NGX_HTTP_PHONE_VERIFY_SESSION_LEN);
    ngx_memcpy(id, &ngx_pid, sizeof(ngx_pid));
}


static void
ngx_http_phone_verify_revocation_no_place(
    ngx_http_phone_verify_revocations_t *t)
{
    u_char    id[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    uint32_t  i;

    ngx_http_phone_verify_revocation_place(id);

    i = *ngx_http_phone_verify_revocation_find(t, id, sizeof(id));

    if (i) {
        ngx_http_phone_verify_revocation_drop(t,
                         &ngx_http_phone_verify_revocation_nodes(t)[i - 1]);
    }
}


static ngx_int_t
ngx_http_phone_verify_revocation_add(ngx_http_phone_verify_zone_t *zone,
    const u_char *id, size_t len, time_t until)
{
    time_t                                now;
    uint32_t                             *link, end;
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

    ngx_http_phone_verify_zone_lock(zone);

    t = ngx_http_phone_verify_zone_region(zone, REVOCATIONS);

    ngx_http_phone_verify_revocation_no_place(t);

    (void) ngx_http_phone_verify_revocation_sweep(t,
                                   NGX_HTTP_PHONE_VERIFY_REVOCATION_SWEEP,
                                   now);

    link = ngx_http_phone_verify_revocation_find(t, id, len);

    if (*link) {
        node = &ngx_http_phone_verify_revocation_nodes(t)[*link - 1];
        node->until = ngx_max(node->until, end);

        if (ngx_http_phone_verify_revocation_of_number(id)
            && ngx_http_phone_verify_revocation_at(id)
               > ngx_http_phone_verify_revocation_at(node->id))
        {
            ngx_memcpy(node->id, id, NGX_HTTP_PHONE_VERIFY_SESSION_LEN);
        }

        goto done;
    }

    rc = ngx_http_phone_verify_revocation_insert(t, id, end, now);

    if (rc == NGX_OK) {
        ngx_http_phone_verify_meter_count(zone,
                                     NGX_HTTP_PHONE_VERIFY_METER_REVOCATIONS);
    }

done:

    ngx_http_phone_verify_zone_unlock(zone);

    return rc;
}


/* An id that is not there yet. */

static ngx_int_t
ngx_http_phone_verify_revocation_insert(
    ngx_http_phone_verify_revocations_t *t, const u_char *id, uint32_t until,
    time_t now)
{
    uint32_t                            *link, i;
    ngx_http_phone_verify_revocation_t  *node;

    if (t->free == 0 && ngx_http_phone_verify_revocation_over(t->soonest, now))
    {
        /* all of them: for times are seconds, at most once in a second */

        t->soonest = ngx_http_phone_verify_revocation_sweep(t, t->n, now);
    }

    i = t->free;

    if (i == 0) {
        return NGX_ERROR;
    }

    node = &ngx_http_phone_verify_revocation_nodes(t)[i - 1];

    t->free = node->next;

    ngx_memcpy(node->id, id, NGX_HTTP_PHONE_VERIFY_SESSION_LEN);

    ngx_memory_barrier();

    node->until = until;

    link = ngx_http_phone_verify_revocation_find(t, id,
                                            NGX_HTTP_PHONE_VERIFY_SESSION_LEN);

    node->next = 0;
    *link = i;

    t->used++;
    t->soonest = ngx_min(t->soonest, until);
    t->numbers += ngx_http_phone_verify_revocation_of_number(id);

    ngx_http_phone_verify_revocation_mark(t,
                            ngx_http_phone_verify_revocation_bit(t, id), 1);

    return NGX_OK;
}


ngx_uint_t
ngx_http_phone_verify_revoked(ngx_http_phone_verify_zone_t *zone,
    const u_char *id)
{
    ngx_uint_t                            revoked;
    ngx_http_phone_verify_revocations_t  *t;

    t = ngx_http_phone_verify_zone_atomics(zone, REVOCATIONS);

    if (!ngx_http_phone_verify_revocation_maybe(t, id)) {
        return 0;
    }

    ngx_http_phone_verify_zone_lock(zone);

    t = ngx_http_phone_verify_zone_region(zone, REVOCATIONS);

    revoked = (*ngx_http_phone_verify_revocation_find(t, id,
                                            NGX_HTTP_PHONE_VERIFY_SESSION_LEN)
               != 0);

    ngx_http_phone_verify_zone_unlock(zone);

    return revoked;
}


ngx_uint_t
ngx_http_phone_verify_revoked_grant(ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_keys_t *keys, const u_char *id,
    ngx_http_phone_verify_number_t number, time_t issued)
{
    uint64_t                              hash;
    ngx_uint_t                            i;
    ngx_http_phone_verify_revocations_t  *t;

    t = ngx_http_phone_verify_zone_atomics(zone, REVOCATIONS);

    if (issued <= (time_t) t->before
        || ngx_http_phone_verify_revoked(zone, id))
    {
        return 1;
    }

    if (t->numbers == 0) {
        return 0;
    }

    /* it may have been revoked under a key that was the first one then */

    for (i = 0;
         ngx_http_phone_verify_number_hash(keys, i, number, &hash) == NGX_OK;
         i++)
    {
        if (ngx_http_phone_verify_revoked_number(zone, hash, issued)) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_phone_verify_revoked_number(ngx_http_phone_verify_zone_t *zone,
    uint64_t hash, time_t issued)
{
    u_char                                id[
                                             NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    uint32_t                              i;
    ngx_uint_t                            revoked;
    ngx_http_phone_verify_revocations_t  *t;

    t = ngx_http_phone_verify_zone_atomics(zone, REVOCATIONS);

    ngx_http_phone_verify_revocation_number(hash, 0, id);

    if (!ngx_http_phone_verify_revocation_maybe(t, id)) {
        return 0;
    }

    ngx_http_phone_verify_zone_lock(zone);

    t = ngx_http_phone_verify_zone_region(zone, REVOCATIONS);

    i = *ngx_http_phone_verify_revocation_find(t, id,
                                     NGX_HTTP_PHONE_VERIFY_REVOCATION_NUMBER);

    revoked = i
              && issued <= (time_t) ngx_http_phone_verify_revocation_at(
                           ngx_http_phone_verify_revocation_nodes(t)[i - 1].id);

    ngx_http_phone_verify_zone_unlock(zone);

    return revoked;
}


static void
ngx_http_phone_verify_revocation_number(uint64_t hash, time_t at, u_char *id)
{
    uint32_t  t;

    t = (uint32_t) at;

    ngx_memcpy(id, &hash, 8);
    ngx_memcpy(id + 8, ngx_http_phone_verify_revocation_mark_of_number, 4);
    ngx_memcpy(id + NGX_HTTP_PHONE_VERIFY_REVOCATION_NUMBER, &t, 4);
}


static uint32_t
ngx_http_phone_verify_revocation_at(const u_char *id)
{
    uint32_t  at;

    ngx_memcpy(&at, id + NGX_HTTP_PHONE_VERIFY_REVOCATION_NUMBER, 4);

    return at;
}


/* By one atomic word, without a lock: 0 where an id is not revoked. */

static ngx_uint_t
ngx_http_phone_verify_revocation_maybe(ngx_http_phone_verify_revocations_t *t,
    const u_char *id)
{
    uint64_t           bit;
    ngx_atomic_uint_t  word;

    bit = ngx_http_phone_verify_revocation_bit(t, id);

    word = ngx_http_phone_verify_revocation_words(t)[
                                  bit / NGX_HTTP_PHONE_VERIFY_REVOCATION_WORD];

    return (word >> (bit % NGX_HTTP_PHONE_VERIFY_REVOCATION_WORD)) & 1;
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
    const u_char *id, size_t len)
{
    uint32_t                            *link;
    ngx_http_phone_verify_revocation_t  *nodes;

    nodes = ngx_http_phone_verify_revocation_nodes(t);

    link = &ngx_http_phone_verify_revocation_chains(t)[
                            ngx_http_phone_verify_revocation_bit(t, id)
                            / NGX_HTTP_PHONE_VERIFY_REVOCATION_BITS];

    while (*link && ngx_memcmp(nodes[*link - 1].id, id, len) != 0) {
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

    link = ngx_http_phone_verify_revocation_find(t, node->id,
                                            NGX_HTTP_PHONE_VERIFY_SESSION_LEN);
    i = *link;
    *link = node->next;

    node->until = 0;
    node->next = t->free;
    t->free = i;

    t->used--;
    t->numbers -= ngx_http_phone_verify_revocation_of_number(node->id);

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


/*
 * A hand that goes round, and takes out what it finds past its time.  Returns
 * when the first of the others ends.
 */

static uint32_t
ngx_http_phone_verify_revocation_sweep(ngx_http_phone_verify_revocations_t *t,
    ngx_uint_t n, time_t now)
{
    uint32_t                             soonest;
    ngx_http_phone_verify_revocation_t  *node;

    soonest = 0xffffffff;

    while (n--) {
        node = &ngx_http_phone_verify_revocation_nodes(t)[t->hand];

        t->hand = (t->hand + 1 < t->n) ? t->hand + 1 : 0;

        if (ngx_http_phone_verify_revocation_over(node->until, now)) {
            ngx_http_phone_verify_revocation_drop(t, node);

        } else if (node->until) {
            soonest = ngx_min(soonest, node->until);
        }
    }

    return soonest;
}
