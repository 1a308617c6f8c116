
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/zone_map.h"


#define NGX_HTTP_PHONE_VERIFY_MAGIC    0x70766572
#define NGX_HTTP_PHONE_VERIFY_LAYOUT   1

#define NGX_HTTP_PHONE_VERIFY_SLOTS_MIN  16


static ngx_int_t ngx_http_phone_verify_zone_init(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_int_t ngx_http_phone_verify_zone_lay_out(
    ngx_http_phone_verify_map_t *map, u_char *p, size_t size);
static void ngx_http_phone_verify_zone_mend(ngx_http_phone_verify_map_t *map);


ngx_http_phone_verify_zone_t *
ngx_http_phone_verify_zone_create(ngx_conf_t *cf, ngx_str_t *name, size_t size,
    void *tag)
{
    u_char                        *p;
    ngx_str_t                      full;
    ngx_shm_zone_t                *shm_zone;
    ngx_http_phone_verify_zone_t  *zone;

    if (size < 16 * ngx_pagesize) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the \"zone\" of phone_verify_app \"%V\" is too "
                           "small, it must be at least %uz bytes", name,
                           (size_t) (16 * ngx_pagesize));
        return NULL;
    }

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_http_phone_verify_zone_t));
    if (zone == NULL) {
        return NULL;
    }

    full.len = sizeof("phone_verify_") - 1 + name->len;
    full.data = ngx_pnalloc(cf->pool, full.len);
    if (full.data == NULL) {
        return NULL;
    }

    p = ngx_cpymem(full.data, "phone_verify_", sizeof("phone_verify_") - 1);
    ngx_memcpy(p, name->data, name->len);

    shm_zone = ngx_shared_memory_add(cf, &full, size, tag);
    if (shm_zone == NULL) {
        return NULL;
    }

    if (shm_zone->data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "zone \"%V\" is declared twice", &full);
        return NULL;
    }

    zone->app = *name;
    zone->size = size;

    shm_zone->init = ngx_http_phone_verify_zone_init;
    shm_zone->data = zone;

    return zone;
}


static ngx_int_t
ngx_http_phone_verify_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_phone_verify_zone_t *ozone = data;

    size_t                         size;
    u_char                        *p;
    ngx_http_phone_verify_map_t   *map;
    ngx_http_phone_verify_zone_t  *zone;

    zone = shm_zone->data;

    if (ozone) {
        zone->map = ozone->map;
        zone->shpool = ozone->shpool;
        return NGX_OK;
    }

    zone->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (shm_zone->shm.exists) {
        map = zone->shpool->data;

        if (map == NULL || map->magic != NGX_HTTP_PHONE_VERIFY_MAGIC
            || map->version != NGX_HTTP_PHONE_VERIFY_LAYOUT)
        {
            ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                          "zone \"%V\" is of another version of the module",
                          &shm_zone->shm.name);
            return NGX_ERROR;
        }

        zone->map = map;
        return NGX_OK;
    }

    zone->shpool->log_nomem = 0;

    map = ngx_slab_calloc(zone->shpool, sizeof(ngx_http_phone_verify_map_t));
    if (map == NULL) {
        return NGX_ERROR;
    }

    /* all that is left, in one piece: nothing is ever allocated again */

    size = zone->shpool->pfree * ngx_pagesize;
    p = NULL;

    while (size >= 8 * ngx_pagesize) {
        p = ngx_slab_alloc(zone->shpool, size);
        if (p) {
            break;
        }

        size -= ngx_pagesize;
    }

    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(p, size);

    if (ngx_http_phone_verify_random((u_char *) &map->secret,
                                     sizeof(map->secret))
        != NGX_OK
        || ngx_http_phone_verify_zone_lay_out(map, p, size) != NGX_OK)
    {
        return NGX_ERROR;
    }

    map->size = size;
    map->version = NGX_HTTP_PHONE_VERIFY_LAYOUT;
    map->magic = NGX_HTTP_PHONE_VERIFY_MAGIC;

    zone->shpool->data = map;
    zone->map = map;

    return NGX_OK;
}


/*
 * An eighth for revocations, a quarter for counters, the rest for what is
 * pending: none of them can eat up another.
 */

static ngx_int_t
ngx_http_phone_verify_zone_lay_out(ngx_http_phone_verify_map_t *map,
    u_char *p, size_t size)
{
    size_t      share, slot;
    uint32_t    i, n, buckets;

    share = size / 8;

    for (buckets = 64;
         (size_t) buckets * 2 * (sizeof(uint32_t)
             + sizeof(ngx_http_phone_verify_revocation_t) / 4)
         <= share;
         buckets *= 2)
    {
        /* void */
    }

    map->rmask = buckets - 1;
    map->by_revoked = (uint32_t *) p;
    p += buckets * sizeof(uint32_t);

    map->nrevocations = (uint32_t) ((share - buckets * sizeof(uint32_t))
                                / sizeof(ngx_http_phone_verify_revocation_t));
    map->revocations = (ngx_http_phone_verify_revocation_t *) p;
    p += map->nrevocations * sizeof(ngx_http_phone_verify_revocation_t);

    size -= share;

    /* replays and limits */

    share = size / 8;
    n = ngx_http_phone_verify_limits_fit(share);
    map->replays = (ngx_http_phone_verify_limits_t *) p;
    ngx_http_phone_verify_limits_init(map->replays, n);
    p += share & ~(size_t) 7;

    map->limits = (ngx_http_phone_verify_limits_t *) p;
    ngx_http_phone_verify_limits_init(map->limits, n);
    p += share & ~(size_t) 7;

    size -= 2 * share;

    slot = sizeof(ngx_http_phone_verify_record_t)
           + sizeof(ngx_http_phone_verify_visitor_t);

    /* a bucket in each of three tables for each slot, or up to two */

    n = (uint32_t) (size / (slot + 3 * sizeof(uint32_t)));

    for (buckets = 16; buckets * 2 <= n; buckets *= 2) { /* void */ }

    n = (uint32_t) ((size - 3 * buckets * sizeof(uint32_t)) / slot);

    if (n < NGX_HTTP_PHONE_VERIFY_SLOTS_MIN) {
        return NGX_ERROR;
    }

    map->n = n;
    map->mask = buckets - 1;

    map->records = (ngx_http_phone_verify_record_t *) p;
    p += n * sizeof(ngx_http_phone_verify_record_t);

    map->visitors = (ngx_http_phone_verify_visitor_t *) p;
    p += n * sizeof(ngx_http_phone_verify_visitor_t);

    map->by_number = (uint32_t *) p;
    map->by_reference = map->by_number + buckets;
    map->by_session = map->by_reference + buckets;

    for (i = 0; i < 3 * buckets; i++) {
        map->by_number[i] = NGX_HTTP_PHONE_VERIFY_NIL;
    }

    for (i = 0; i <= map->rmask; i++) {
        map->by_revoked[i] = NGX_HTTP_PHONE_VERIFY_NIL;
    }

    map->rhead = map->rtail = 1;
    map->vhead = map->vtail = 1;

    return NGX_OK;
}


ngx_http_phone_verify_map_t *
ngx_http_phone_verify_zone_lock(ngx_http_phone_verify_zone_t *zone)
{
    ngx_http_phone_verify_map_t  *map;

    ngx_shmtx_lock(&zone->shpool->mutex);

    map = zone->map;

    if (map->dirty) {

        /* the last one who was here has died here */

        ngx_http_phone_verify_zone_mend(map);
    }

    map->dirty = 1;
    ngx_memory_barrier();

    return map;
}


void
ngx_http_phone_verify_zone_unlock(ngx_http_phone_verify_zone_t *zone)
{
    ngx_memory_barrier();
    zone->map->dirty = 0;

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


/* The rings are the truth, the chains are made of them anew. */

static void
ngx_http_phone_verify_zone_mend(ngx_http_phone_verify_map_t *map)
{
    uint32_t  i, slot, *bucket;
    uint64_t  seq;

    for (i = 0; i < 3 * (map->mask + 1); i++) {
        map->by_number[i] = NGX_HTTP_PHONE_VERIFY_NIL;
    }

    for (seq = map->rtail; seq < map->rhead; seq++) {
        ngx_http_phone_verify_zone_link_record(map, seq);
    }

    for (seq = map->vtail; seq < map->vhead; seq++) {
        ngx_http_phone_verify_zone_link_visitor(map, seq);
    }

    for (i = 0; i <= map->rmask; i++) {
        map->by_revoked[i] = NGX_HTTP_PHONE_VERIFY_NIL;
    }

    map->revoked = 0;

    for (slot = 0; slot < map->nrevocations; slot++) {

        if (!map->revocations[slot].used) {
            continue;
        }

        bucket = ngx_http_phone_verify_zone_revoked_bucket(map,
                                                 map->revocations[slot].id);
        map->revocations[slot].next = *bucket;
        *bucket = slot;
        map->revoked++;
    }
}


void
ngx_http_phone_verify_zone_link_record(ngx_http_phone_verify_map_t *map,
    uint64_t seq)
{
    uint32_t                         slot, *bucket;
    ngx_http_phone_verify_record_t  *v;

    slot = (uint32_t) (seq % map->n);
    v = &map->records[slot];

    bucket = ngx_http_phone_verify_zone_number_bucket(map, v->number);
    v->next_number = *bucket;
    *bucket = slot;

    bucket = ngx_http_phone_verify_zone_reference_bucket(map, v->reference);
    v->next_reference = *bucket;
    *bucket = slot;
}


void
ngx_http_phone_verify_zone_link_visitor(ngx_http_phone_verify_map_t *map,
    uint64_t seq)
{
    uint32_t                          slot, *bucket;
    ngx_http_phone_verify_visitor_t  *s;

    slot = (uint32_t) (seq % map->n);
    s = &map->visitors[slot];

    bucket = ngx_http_phone_verify_zone_session_bucket(map, s->id);
    s->next = *bucket;
    *bucket = slot;
}


uint32_t *
ngx_http_phone_verify_zone_number_bucket(ngx_http_phone_verify_map_t *map,
    ngx_http_phone_verify_number_t number)
{
    uint64_t  h;

    /* people choose numbers, so the mix has a secret (splitmix64) */

    h = number ^ map->secret;
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9ULL;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebULL;
    h = h ^ (h >> 31);

    return &map->by_number[h & map->mask];
}


/* References and session ids are random already. */

uint32_t *
ngx_http_phone_verify_zone_reference_bucket(ngx_http_phone_verify_map_t *map,
    const u_char *reference)
{
    uint32_t  h;

    ngx_memcpy(&h, reference, sizeof(h));

    return &map->by_reference[h & map->mask];
}


uint32_t *
ngx_http_phone_verify_zone_session_bucket(ngx_http_phone_verify_map_t *map,
    const u_char *id)
{
    uint32_t  h;

    ngx_memcpy(&h, id, sizeof(h));

    return &map->by_session[h & map->mask];
}


uint32_t *
ngx_http_phone_verify_zone_revoked_bucket(ngx_http_phone_verify_map_t *map,
    const u_char *id)
{
    uint32_t  h;

    ngx_memcpy(&h, id, sizeof(h));

    return &map->by_revoked[h & map->rmask];
}


void
ngx_http_phone_verify_zone_usage(ngx_http_phone_verify_zone_t *zone,
    ngx_http_phone_verify_zone_usage_t *usage)
{
    ngx_http_phone_verify_map_t  *map;

    map = ngx_http_phone_verify_zone_lock(zone);

    usage->verifications = (ngx_uint_t) (map->rhead - map->rtail);
    usage->verifications_max = map->n;
    usage->sessions = (ngx_uint_t) (map->vhead - map->vtail);
    usage->sessions_max = map->n;
    usage->revocations = map->revoked;
    usage->revocations_max = map->nrevocations;
    usage->size = zone->size;
    usage->bytes_per_pending = sizeof(ngx_http_phone_verify_record_t)
                               + sizeof(ngx_http_phone_verify_visitor_t)
                               + 3 * sizeof(uint32_t)
                                 * ((size_t) map->mask + 1) / map->n;

    ngx_http_phone_verify_zone_unlock(zone);
}


ngx_atomic_uint_t
ngx_http_phone_verify_zone_changes(ngx_http_phone_verify_zone_t *zone)
{
    return zone->map->changes;
}
