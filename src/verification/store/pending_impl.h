
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_PENDING_IMPL_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_PENDING_IMPL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store/pending.h"


/* What pending.c (rings) and pending_index.c (chains) share; nobody else. */


typedef struct {
    uint64_t                         head;       /* tail <= alive < head */
    uint64_t                         tail;
    uint32_t                         n;
} ngx_http_phone_verify_ring_t;


/* Followed by three tables of buckets, and the nodes. */

struct ngx_http_phone_verify_pending_s {
    ngx_http_phone_verify_ring_t     verifications;
    ngx_http_phone_verify_ring_t     sessions;

    uint64_t                         secret[2];  /* of the numbers' hash */

    uint32_t                         buckets;    /* in each table */
    size_t                           vnodes;     /* offsets */
    size_t                           snodes;
    ptrdiff_t                        meter;      /* from here; 0: none */
    ptrdiff_t                        conversions;
};


#define ngx_http_phone_verify_pending_table(p, i)                             \
    ((uint32_t *) ((p) + 1) + (i) * (size_t) (p)->buckets)

#define ngx_http_phone_verify_pending_vnodes(p)                               \
    ((ngx_http_phone_verify_vnode_t *) ((u_char *) (p) + (p)->vnodes))

#define ngx_http_phone_verify_pending_snodes(p)                               \
    ((ngx_http_phone_verify_snode_t *) ((u_char *) (p) + (p)->snodes))


/* The chains of one node; a number is linked by _set_number(). */

void ngx_http_phone_verify_pending_link_reference(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_vnode_t *v);
void ngx_http_phone_verify_pending_unlink_reference(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_vnode_t *v);
void ngx_http_phone_verify_pending_unlink_number(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_vnode_t *v);
void ngx_http_phone_verify_pending_link_session(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_snode_t *s);
void ngx_http_phone_verify_pending_unlink_session(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_snode_t *s);


#endif /* _NGX_HTTP_PHONE_VERIFY_PENDING_IMPL_H_INCLUDED_ */
