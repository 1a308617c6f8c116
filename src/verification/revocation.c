
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/revocation.h"
#include "verification/zone_map.h"


#define NGX_HTTP_PHONE_VERIFY_SWEEP  8


static void ngx_http_phone_verify_revocation_drop(
    ngx_http_phone_verify_map_t *map, uint32_t slot);


ngx_int_t
ngx_http_phone_verify_revoke(ngx_http_phone_verify_zone_t *zone,
    const u_char *id, time_t until)
{
    time_t                               now;
    uint32_t                             i, slot, *bucket, room;
    ngx_http_phone_verify_map_t         *map;
    ngx_http_phone_verify_revocation_t  *r;

    now = ngx_time();

    map = ngx_http_phone_verify_zone_lock(zone);

    bucket = ngx_http_phone_verify_zone_revoked_bucket(map, id);

    for (slot = *bucket;
         slot != NGX_HTTP_PHONE_VERIFY_NIL;
         slot = map->revocations[slot].next)
    {
        r = &map->revocations[slot];

        if (ngx_memcmp(r->id, id, NGX_HTTP_PHONE_VERIFY_SESSION_LEN) == 0) {
            r->until = ngx_max(r->until, until);
            ngx_http_phone_verify_zone_unlock(zone);
            return NGX_OK;
        }
    }

    /*
     * The hand goes round and takes out what has ended, a few at a time; only
     * a table that seems full is searched whole.
     */

    room = NGX_HTTP_PHONE_VERIFY_NIL;

    for (i = 0; i < map->nrevocations; i++) {

        if (i >= NGX_HTTP_PHONE_VERIFY_SWEEP
            && room != NGX_HTTP_PHONE_VERIFY_NIL)
        {
            break;
        }

        slot = map->hand;
        map->hand = (slot + 1) % map->nrevocations;

        r = &map->revocations[slot];

        if (r->used && r->until <= now) {
            ngx_http_phone_verify_revocation_drop(map, slot);
        }

        if (!r->used) {
            room = slot;
        }
    }

    if (room == NGX_HTTP_PHONE_VERIFY_NIL) {
        ngx_http_phone_verify_zone_unlock(zone);
        return NGX_ERROR;
    }

    r = &map->revocations[room];

    ngx_memcpy(r->id, id, NGX_HTTP_PHONE_VERIFY_SESSION_LEN);
    r->until = until;
    r->next = *bucket;
    r->used = 1;

    ngx_memory_barrier();

    *bucket = room;
    map->revoked++;

    ngx_http_phone_verify_zone_unlock(zone);

    return NGX_OK;
}


static void
ngx_http_phone_verify_revocation_drop(ngx_http_phone_verify_map_t *map,
    uint32_t slot)
{
    uint32_t  *p;

    p = ngx_http_phone_verify_zone_revoked_bucket(map,
                                                  map->revocations[slot].id);

    while (*p != NGX_HTTP_PHONE_VERIFY_NIL && *p != slot) {
        p = &map->revocations[*p].next;
    }

    if (*p == slot) {
        *p = map->revocations[slot].next;
        map->revoked--;
    }

    map->revocations[slot].used = 0;
}


ngx_uint_t
ngx_http_phone_verify_revoked(ngx_http_phone_verify_zone_t *zone,
    const u_char *id)
{
    uint32_t                      slot;
    ngx_uint_t                    revoked;
    volatile uint32_t            *bucket;
    ngx_http_phone_verify_map_t  *map;

    bucket = ngx_http_phone_verify_zone_revoked_bucket(zone->map, id);

    if (*bucket == NGX_HTTP_PHONE_VERIFY_NIL) {
        return 0;
    }

    revoked = 0;

    map = ngx_http_phone_verify_zone_lock(zone);

    for (slot = *bucket;
         slot != NGX_HTTP_PHONE_VERIFY_NIL;
         slot = map->revocations[slot].next)
    {
        if (ngx_memcmp(map->revocations[slot].id, id,
                       NGX_HTTP_PHONE_VERIFY_SESSION_LEN)
            == 0)
        {
            revoked = 1;
            break;
        }
    }

    ngx_http_phone_verify_zone_unlock(zone);

    return revoked;
}
