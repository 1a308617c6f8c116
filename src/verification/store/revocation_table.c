
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store/revocation_impl.h"


static void ngx_http_phone_verify_revocation_mark(
    ngx_http_phone_verify_revocations_t *t, uint64_t bit, ngx_uint_t set);


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


uint64_t
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


uint32_t *
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


ngx_int_t
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


void
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


uint32_t
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
