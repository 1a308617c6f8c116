
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_REVOCATION_IMPL_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_REVOCATION_IMPL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store/revocation.h"
#include "verification/store/zone_map.h"
#include "verification/token/token.h"


/*
 * What revocation.c (what is revoked) and revocation_table.c (where it lies)
 * share; nobody else.  All of it inside the zone's critical section, but for
 * the words of the bitmap.
 */


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


/* The bit of an id, of a session or of a number. */

uint64_t ngx_http_phone_verify_revocation_bit(
    ngx_http_phone_verify_revocations_t *t, const u_char *id);


/*
 * The link to the node whose id begins with the "len" bytes of "id", or the
 * last of its chain, which is 0.
 */

uint32_t *ngx_http_phone_verify_revocation_find(
    ngx_http_phone_verify_revocations_t *t, const u_char *id, size_t len);


/* An id that is not there yet.  NGX_OK, or NGX_ERROR: there is no room. */

ngx_int_t ngx_http_phone_verify_revocation_insert(
    ngx_http_phone_verify_revocations_t *t, const u_char *id, uint32_t until,
    time_t now);
void ngx_http_phone_verify_revocation_drop(
    ngx_http_phone_verify_revocations_t *t,
    ngx_http_phone_verify_revocation_t *node);


/*
 * A hand that goes round: takes out what has ended of the next "n" nodes, and
 * returns when the first of the others ends.
 */

uint32_t ngx_http_phone_verify_revocation_sweep(
    ngx_http_phone_verify_revocations_t *t, ngx_uint_t n, time_t now);


#endif /* _NGX_HTTP_PHONE_VERIFY_REVOCATION_IMPL_H_INCLUDED_ */
