
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_PENDING_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_PENDING_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/words.h"
#include "verification/number/number.h"
#include "verification/store/zone_map.h"
#include "verification/token/token.h"


/*
 * The nodes of what is pending, and how they are found; what they mean is in
 * standing.h.  All of it inside the zone's critical section.
 *
 * Verifications and sessions lie in a ring each: a node is taken at the head
 * and goes at the tail, in order, since all live for the same time.  Nothing
 * goes early, so there is neither a free list nor a queue that a crash could
 * break.  The lower half of a node's place in the sequence of all nodes ever
 * names it, "seq": of what has gone nothing is found under its name.
 *
 * Indexes are chains of nodes: place in the ring + 1, and 0 for the end.
 */


/* A node outlives what it is of, tokens included, by this. */

#define NGX_HTTP_PHONE_VERIFY_MARGIN  60000    /* msec */

/* Workers cache the time: one that stood still may be behind by as much. */

#define NGX_HTTP_PHONE_VERIFY_BEHIND  86400000    /* msec */


typedef struct {
    ngx_http_phone_verify_number_t  number;
    ngx_msec_t                      created;

    uint32_t                        by_number;       /* chains */
    uint32_t                        by_reference;

    uint32_t                        next;            /* seq, if SUPERSEDED */
    uint32_t                        prev;            /* seq, if SUPERSEDES */
    uint32_t                        session;         /* seq: who won, or */
                                                     /* the only one */

    uint32_t                        ttl;             /* msec after "created" */
    uint32_t                        resend;
    uint32_t                        start_over;      /* the call, if STARTING */
    uint32_t                        report_over;     /* the last of "flights" */

    uint32_t                        verified;        /* wall clock */
    uint32_t                        address;         /* hash; 0: not known */

    unsigned                        status:4;
    unsigned                        reason:4;
    unsigned                        method:4;
    unsigned                        sends:6;
    unsigned                        flights:4;       /* reports under way */
    unsigned                        id_len:6;

    uint16_t                        flags;
    uint16_t                        attempts;        /* of this code, no */
                                                     /* more than fit */

    u_char                          reference[
                                           NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];
    u_char                          seed[NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];
                                                     /* of a code of our own */
    u_char                          id[NGX_HTTP_PHONE_VERIFY_ID_MAX];
} ngx_http_phone_verify_vnode_t;


#define NGX_HTTP_PHONE_VERIFY_STARTING    0x0001    /* the call is under way */
#define NGX_HTTP_PHONE_VERIFY_UNSETTLED   0x0002    /* was it sent? */
#define NGX_HTTP_PHONE_VERIFY_LOCKED      0x0004    /* its attempts are used */
#define NGX_HTTP_PHONE_VERIFY_NOTED       0x0008    /* success, in flight */
#define NGX_HTTP_PHONE_VERIFY_DOUBTFUL    0x0010    /* how a report ended */
#define NGX_HTTP_PHONE_VERIFY_WON         0x0020    /* by "session" */
#define NGX_HTTP_PHONE_VERIFY_SHARED      0x0040    /* not one session's */
#define NGX_HTTP_PHONE_VERIFY_NUMBERED    0x0080    /* in "by_number" */
#define NGX_HTTP_PHONE_VERIFY_SUPERSEDED  0x0100
#define NGX_HTTP_PHONE_VERIFY_SUPERSEDES  0x0200
#define NGX_HTTP_PHONE_VERIFY_OWN_CODE    0x0400    /* Sinch was given ours */
#define NGX_HTTP_PHONE_VERIFY_ADMITTED    0x0800    /* by the rules, counted */
#define NGX_HTTP_PHONE_VERIFY_PRICED      0x1000    /* its price was counted */
#define NGX_HTTP_PHONE_VERIFY_DESCRIBED   0x2000    /* flashcall.h, behind id */
#define NGX_HTTP_PHONE_VERIFY_DELIVERED   0x4000    /* its SMS has arrived */
#define NGX_HTTP_PHONE_VERIFY_UNSENT      0x8000    /* nor ever: a test's */


typedef struct {
    ngx_msec_t                      created;
    u_char                          id[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    u_char                          grant[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    u_char                          code[8];         /* if BY_CODE */

    uint32_t                        by_id;           /* chain */
    uint32_t                        verification;    /* seq */
    uint32_t                        ttl;             /* msec after "created" */
    uint32_t                        consumed;        /* the same, if CONSUMED */
    uint32_t                        since;           /* wall clock */

    u_char                          attempts;        /* no more than fit */
    u_char                          limit;           /* 0: any */
    u_char                          flags;
    u_char                          waits;           /* odd: one is held */
} ngx_http_phone_verify_snode_t;


#define NGX_HTTP_PHONE_VERIFY_CONSUMED    0x01      /* "grant" is its grant */
#define NGX_HTTP_PHONE_VERIFY_BY_CODE     0x02
#define NGX_HTTP_PHONE_VERIFY_DEAD        0x04
#define NGX_HTTP_PHONE_VERIFY_OWNER       0x08      /* of the number, before */
#define NGX_HTTP_PHONE_VERIFY_DRY_RUN     0x10      /* of "limit" */


typedef struct ngx_http_phone_verify_pending_s  ngx_http_phone_verify_pending_t;


#define ngx_http_phone_verify_pending(zone)                                   \
    ((ngx_http_phone_verify_pending_t *)                                      \
         ngx_http_phone_verify_zone_region(zone, PENDING))


/* Found nodes, or NULL.  Of a number the one that was started last. */

ngx_http_phone_verify_vnode_t *ngx_http_phone_verify_pending_number(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_number_t number);
ngx_http_phone_verify_vnode_t *ngx_http_phone_verify_pending_reference(
    ngx_http_phone_verify_pending_t *p, const u_char *reference);
ngx_http_phone_verify_snode_t *ngx_http_phone_verify_pending_session(
    ngx_http_phone_verify_pending_t *p, const u_char *id);

ngx_http_phone_verify_vnode_t *ngx_http_phone_verify_pending_vnode(
    ngx_http_phone_verify_pending_t *p, uint32_t seq);
ngx_http_phone_verify_snode_t *ngx_http_phone_verify_pending_snode(
    ngx_http_phone_verify_pending_t *p, uint32_t seq);

uint32_t ngx_http_phone_verify_pending_vseq(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_vnode_t *v);
uint32_t ngx_http_phone_verify_pending_sseq(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_snode_t *s);


/* Counts what became of a verification; "what" is a row's counter. */

void ngx_http_phone_verify_pending_count(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_vnode_t *v, ngx_uint_t what);

/* Tells the breakers, once, that what was sent has converted. */

void ngx_http_phone_verify_pending_converted(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_vnode_t *v);


/* Lets a few nodes go that have ended: what was found before may be gone. */

void ngx_http_phone_verify_pending_expire(ngx_http_phone_verify_pending_t *p,
    ngx_msec_t now);


/* Whether there is room for so many verifications and a session: 1 or 0. */

ngx_uint_t ngx_http_phone_verify_pending_room(
    ngx_http_phone_verify_pending_t *p, ngx_uint_t verifications);


/*
 * The next node of a ring that has room, zeroed.  It has its seq already, and
 * is there once it was added, with its key, "ttl" and "created" set.
 */

ngx_http_phone_verify_vnode_t *ngx_http_phone_verify_pending_next_vnode(
    ngx_http_phone_verify_pending_t *p);
ngx_http_phone_verify_snode_t *ngx_http_phone_verify_pending_next_snode(
    ngx_http_phone_verify_pending_t *p);

void ngx_http_phone_verify_pending_add_vnode(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_vnode_t *v);
void ngx_http_phone_verify_pending_add_snode(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_snode_t *s);


/* Makes a verification the one that is found by its number. */

void ngx_http_phone_verify_pending_set_number(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_vnode_t *v);


#endif /* _NGX_HTTP_PHONE_VERIFY_PENDING_H_INCLUDED_ */
