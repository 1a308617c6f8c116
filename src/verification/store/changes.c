
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store/changes.h"
#include "verification/store/zone_map.h"


/* A ring: that of number i is at i % n.  Nothing points into it. */

typedef struct {
    uint64_t    n;
    uint64_t    changes[1];
} ngx_http_phone_verify_changes_t;


ngx_int_t
ngx_http_phone_verify_changes_init(void *region, size_t size)
{
    ngx_http_phone_verify_changes_t *ring = region;

    if (size < NGX_HTTP_PHONE_VERIFY_CHANGES_BYTES) {
        return NGX_ERROR;
    }

    ring->n = size / sizeof(uint64_t) - 1;

    return NGX_OK;
}


void
ngx_http_phone_verify_changes_mend(void *region)
{
    /* what was not written to its end was not counted either */

    (void) region;
}


void
ngx_http_phone_verify_changed(ngx_http_phone_verify_zone_t *zone,
    const u_char *name)
{
    ngx_atomic_uint_t                 n;
    ngx_http_phone_verify_changes_t  *ring;

    ring = ngx_http_phone_verify_zone_region(zone, CHANGES);

    n = zone->sh->changes;

    ngx_http_phone_verify_change_of(name, &ring->changes[n % ring->n]);

    /* it is there before it counts; nobody else is in here */

    ngx_memory_barrier();

    zone->sh->changes = n + 1;
}


ngx_int_t
ngx_http_phone_verify_changes_read(ngx_http_phone_verify_zone_t *zone,
    ngx_atomic_uint_t *seen, uint64_t *changes, ngx_uint_t max)
{
    ngx_uint_t                        i, n;
    ngx_atomic_uint_t                 last;
    ngx_http_phone_verify_changes_t  *ring;

    ring = ngx_http_phone_verify_zone_atomics(zone, CHANGES);

    last = zone->sh->changes;

    ngx_memory_barrier();

    n = ngx_min(last - *seen, max);

    for (i = 0; i < n; i++) {
        changes[i] = ring->changes[(*seen + i) % ring->n];
    }

    ngx_memory_barrier();

    /* the place of the oldest is being written to before the next one counts */

    last = zone->sh->changes;

    if (last - *seen >= ring->n) {
        *seen = last;
        return NGX_DECLINED;
    }

    *seen += n;

    return n;
}
