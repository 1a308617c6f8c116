
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_ZONE_MAP_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_ZONE_MAP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/limit.h"
#include "verification/store.h"
#include "verification/zone.h"


/* What store.c and revocation.c know of the zone's memory; nobody else. */


#define NGX_HTTP_PHONE_VERIFY_NIL  0xffffffff


/*
 * Verifications and sessions live in rings: a slot is taken at the head and
 * expires at the tail, in order, since all live for the same time.  A sequence
 * number names a slot for good (slot = seq % n), and is valid while
 * tail <= seq < head; the rings keep its lower half, 0 is none.
 */

typedef struct {
    ngx_http_phone_verify_number_t  number;

    uint32_t                        next;         /* superseded by this one, */
    uint32_t                        prev;         /* as it supersedes that */
    uint32_t                        first;        /* session */
    uint32_t                        winner;       /* session */
    uint32_t                        reporter;     /* session */

    uint32_t                        created;      /* seconds, as are these */
    uint32_t                        ttl;
    uint32_t                        resend_at;
    uint32_t                        start_until;
    uint32_t                        report_until;
    uint32_t                        verified;     /* wall clock */

    uint32_t                        next_number;  /* slots in chains */
    uint32_t                        next_reference;

    uint32_t                        sessions;     /* that ever pointed here */
    uint16_t                        attempts;
    uint8_t                         flags;
    uint8_t                         sends;
    uint8_t                         method;
    uint8_t                         status;
    uint8_t                         reason;
    uint8_t                         id_len;
    u_char                          reference[
                                           NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];
    u_char                          seed[NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];
    u_char                          id[NGX_HTTP_PHONE_VERIFY_ID_MAX + 1];
} ngx_http_phone_verify_record_t;


#define NGX_HTTP_PHONE_VERIFY_STARTING   0x01
#define NGX_HTTP_PHONE_VERIFY_UNSETTLED  0x02    /* nobody knows */
#define NGX_HTTP_PHONE_VERIFY_CONTESTED  0x04    /* two reported at once */
#define NGX_HTTP_PHONE_VERIFY_NOTED      0x08    /* SUCCESSFUL, in flight */
#define NGX_HTTP_PHONE_VERIFY_ADOPTED    0x10    /* made from a token */
#define NGX_HTTP_PHONE_VERIFY_OWN_CODE   0x20    /* Sinch was given ours */


typedef struct {
    uint32_t                        record;       /* its verification */
    uint32_t                        created;
    uint32_t                        ttl;
    uint32_t                        consumed;     /* when the grant was given */
    uint32_t                        next;
    uint16_t                        attempts;
    uint8_t                         dead;
    uint8_t                         granted;
    uint8_t                         allowed;      /* attempts */
    u_char                          id[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    u_char                          grant[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    u_char                          code[8];      /* zeroes: by no code */
} ngx_http_phone_verify_visitor_t;


typedef struct {
    u_char                          id[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    time_t                          until;
    uint32_t                        next;
    uint32_t                        used;
} ngx_http_phone_verify_revocation_t;


typedef struct {
    uint32_t                            magic;
    uint32_t                            version;
    size_t                              size;

    ngx_atomic_t                        dirty;    /* somebody is inside */
    ngx_atomic_t                        changes;

    uint64_t                            secret;   /* of the hash */

    uint32_t                            n;        /* slots of each ring */
    uint32_t                            mask;     /* buckets - 1 */
    uint32_t                            nrevocations;
    uint32_t                            rmask;

    uint64_t                            rhead;    /* records */
    uint64_t                            rtail;
    uint64_t                            vhead;    /* visitors */
    uint64_t                            vtail;

    ngx_http_phone_verify_limits_t     *replays;
    ngx_http_phone_verify_limits_t     *limits;

    uint32_t                            revoked;
    uint32_t                            hand;     /* where to look for ended */

    ngx_http_phone_verify_record_t     *records;
    ngx_http_phone_verify_visitor_t    *visitors;
    ngx_http_phone_verify_revocation_t *revocations;
    uint32_t                           *by_number;
    uint32_t                           *by_reference;
    uint32_t                           *by_session;
    uint32_t                           *by_revoked;
} ngx_http_phone_verify_map_t;


struct ngx_http_phone_verify_zone_s {
    ngx_http_phone_verify_map_t  *map;
    ngx_slab_pool_t              *shpool;
    size_t                        size;
    ngx_str_t                     app;
};


/*
 * The only places where the mutex is taken and given back.  _lock() mends what
 * a worker that died inside has left.
 */

ngx_http_phone_verify_map_t *ngx_http_phone_verify_zone_lock(
    ngx_http_phone_verify_zone_t *zone);
void ngx_http_phone_verify_zone_unlock(ngx_http_phone_verify_zone_t *zone);


/* Chains: the bucket of a key, and a slot into its buckets. */

uint32_t *ngx_http_phone_verify_zone_number_bucket(
    ngx_http_phone_verify_map_t *map, ngx_http_phone_verify_number_t number);
uint32_t *ngx_http_phone_verify_zone_reference_bucket(
    ngx_http_phone_verify_map_t *map, const u_char *reference);
uint32_t *ngx_http_phone_verify_zone_session_bucket(
    ngx_http_phone_verify_map_t *map, const u_char *id);
uint32_t *ngx_http_phone_verify_zone_revoked_bucket(
    ngx_http_phone_verify_map_t *map, const u_char *id);

void ngx_http_phone_verify_zone_link_record(ngx_http_phone_verify_map_t *map,
    uint64_t seq);
void ngx_http_phone_verify_zone_link_visitor(ngx_http_phone_verify_map_t *map,
    uint64_t seq);


#endif /* _NGX_HTTP_PHONE_VERIFY_ZONE_MAP_H_INCLUDED_ */
