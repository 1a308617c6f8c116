
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_ZONE_MAP_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_ZONE_MAP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store/zone.h"


/*
 * What the files that keep something in the zone know of it; nobody else.
 *
 * All memory of a zone is taken when it is made and divided into regions, one
 * for each kind of thing: none can use up another's room, and nothing is ever
 * allocated or freed later.  A region holds offsets and indexes, no pointers.
 *
 * To keep something else in the zone: an entry here, and a line in the table
 * of zone.c that says how large it is, what makes it and what mends it.
 */

typedef enum {
    NGX_HTTP_PHONE_VERIFY_ZONE_REVOCATIONS = 0,
    NGX_HTTP_PHONE_VERIFY_ZONE_REPLAYS,
    NGX_HTTP_PHONE_VERIFY_ZONE_LIMITS,
    NGX_HTTP_PHONE_VERIFY_ZONE_METER,
    NGX_HTTP_PHONE_VERIFY_ZONE_CONVERSIONS,
    NGX_HTTP_PHONE_VERIFY_ZONE_OUTAGE,
    NGX_HTTP_PHONE_VERIFY_ZONE_BUDGET,
    NGX_HTTP_PHONE_VERIFY_ZONE_CHANGES,
    NGX_HTTP_PHONE_VERIFY_ZONE_PENDING,
    NGX_HTTP_PHONE_VERIFY_ZONE_REGIONS
} ngx_http_phone_verify_zone_region_e;


typedef struct {
    uint32_t          magic;
    uint32_t          layout;      /* version, and a sum of node sizes */
    size_t            size;        /* of the whole zone */

    struct {
        size_t        offset;      /* from this header */
        size_t        size;
    } region[NGX_HTTP_PHONE_VERIFY_ZONE_REGIONS];

    ngx_atomic_t      dirty;       /* somebody is inside, or died there */
    ngx_atomic_t      mended;      /* times */

    u_char            pad[64];     /* what all workers read now and then */
    ngx_atomic_t      changes;
} ngx_http_phone_verify_zone_header_t;


struct ngx_http_phone_verify_zone_s {
    ngx_str_t                             app;
    size_t                                size;
    ngx_slab_pool_t                      *shpool;
    ngx_http_phone_verify_zone_header_t  *sh;
    void                                 *region[
                                           NGX_HTTP_PHONE_VERIFY_ZONE_REGIONS];
    ngx_uint_t                            mended;     /* by this process */
#if (NGX_HTTP_PHONE_VERIFY_LOCKS)
    ngx_uint_t                            inside;     /* this process is */
    ngx_uint_t                            unlocked;   /* a test's: no mutex */
#endif
};


/*
 * What nginx calls for a zone; shm_zone->data is our zone, "data" that of the
 * configuration before.  NGX_OK, or NGX_ERROR after logging at [emerg].
 */

ngx_int_t ngx_http_phone_verify_zone_init(ngx_shm_zone_t *shm_zone,
    void *data);


/*
 * The one critical section of a zone.  Inside: no logging, no allocation, no
 * cryptography.  A worker that dies inside leaves at most a half-written node
 * and a broken chain: whoever comes next mends all indexes before going on,
 * which takes some 200 ms for a million.  So what makes a node count is always
 * written last.
 */

void ngx_http_phone_verify_zone_lock(ngx_http_phone_verify_zone_t *zone);
void ngx_http_phone_verify_zone_unlock(ngx_http_phone_verify_zone_t *zone);


/*
 * A region for who is inside the critical section, and one for who is not:
 * there only atomic words are read and written, each for itself.  With
 * NGX_HTTP_PHONE_VERIFY_LOCKS, as in the builds of the tests, a process ends
 * that takes the first one from outside, or the mutex twice.
 */

#if (NGX_HTTP_PHONE_VERIFY_LOCKS)

void *ngx_http_phone_verify_zone_inside(ngx_http_phone_verify_zone_t *zone,
    ngx_uint_t region);

#define ngx_http_phone_verify_zone_region(zone, name)                         \
    ngx_http_phone_verify_zone_inside(zone,                                   \
                                      NGX_HTTP_PHONE_VERIFY_ZONE_##name)

#else

#define ngx_http_phone_verify_zone_region(zone, name)                         \
    ((zone)->region[NGX_HTTP_PHONE_VERIFY_ZONE_##name])

#endif

#define ngx_http_phone_verify_zone_atomics(zone, name)                        \
    ((zone)->region[NGX_HTTP_PHONE_VERIFY_ZONE_##name])


/*
 * Something has changed that somebody may be waiting for: "name" is the id of
 * the session, or the reference of the verification.
 */

void ngx_http_phone_verify_changed(ngx_http_phone_verify_zone_t *zone,
    const u_char *name);


/*
 * The regions.  _init() makes one of "size" bytes, of any contents, aligned
 * to 64; NGX_ERROR: too small, or no random bytes.  _mend() makes all indexes
 * anew from the nodes.
 */

ngx_int_t ngx_http_phone_verify_revocations_init(void *region, size_t size);
void ngx_http_phone_verify_revocations_mend(void *region);
void ngx_http_phone_verify_revocations_usage(void *region,
    ngx_http_phone_verify_zone_usage_t *usage);

ngx_int_t ngx_http_phone_verify_meter_init(void *region, size_t size);
void ngx_http_phone_verify_meter_mend(void *region);
size_t ngx_http_phone_verify_meter_size(void);    /* without countries */

/* enough without countries, and for all of them by all methods */

#define NGX_HTTP_PHONE_VERIFY_METER_BYTES  4096
#define NGX_HTTP_PHONE_VERIFY_METER_MAX    (88 * 1024)

ngx_int_t ngx_http_phone_verify_outage_init(void *region, size_t size);
void ngx_http_phone_verify_outage_mend(void *region);

#define NGX_HTTP_PHONE_VERIFY_OUTAGE_BYTES  64

ngx_int_t ngx_http_phone_verify_changes_init(void *region, size_t size);
void ngx_http_phone_verify_changes_mend(void *region);

/* the most is what 100,000 changes a second leave between two looks */

#define NGX_HTTP_PHONE_VERIFY_CHANGES_BYTES  512
#define NGX_HTTP_PHONE_VERIFY_CHANGES_MAX    (128 * 1024)

ngx_int_t ngx_http_phone_verify_pending_init(void *region, size_t size);
void ngx_http_phone_verify_pending_mend(void *region);
void ngx_http_phone_verify_pending_usage(void *region,
    ngx_http_phone_verify_zone_usage_t *usage);

/* Where what becomes of verifications is counted. */

void ngx_http_phone_verify_pending_metered(void *region, void *meter);
void ngx_http_phone_verify_pending_converts(void *region, void *conversions);


/* Of n buckets, the one for a hash; n need not be a power of two. */

#define ngx_http_phone_verify_zone_bucket(hash, n)                            \
    ((uint32_t) (((uint64_t) (uint32_t) (hash) * (n)) >> 32))


#endif /* _NGX_HTTP_PHONE_VERIFY_ZONE_MAP_H_INCLUDED_ */
