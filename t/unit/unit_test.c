
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "unit.h"


/* That the means of the other tests work. */


void ngx_http_phone_verify_unit_unit(ngx_http_phone_verify_unit_t *u);


void
ngx_http_phone_verify_unit_unit(ngx_http_phone_verify_unit_t *u)
{
    void             *p;
    ngx_str_t        *str;
    ngx_shm_zone_t   *zone;
    ngx_slab_pool_t  *shpool;

    str = ngx_http_phone_verify_unit_str(u, "text");

    is_str(u, str, "text", "a string is copied");
    is_mem(u, str->data, 2, "te", 2, "bytes are compared");
    is(u, str->len, 4, "integers are compared");

    zone = ngx_http_phone_verify_unit_zone(u, 64 * 1024);

    if (!ok(u, zone != NULL, "there is a zone")) {
        return;
    }

    shpool = (ngx_slab_pool_t *) zone->shm.addr;
    p = ngx_slab_alloc(shpool, 100);

    ok(u, p != NULL, "a zone has room");
    ok(u, (u_char *) p > zone->shm.addr
          && (u_char *) p < zone->shm.addr + zone->shm.size,
       "which is inside of it");

    ok(u, ngx_slab_alloc(shpool, 128 * 1024) == NULL, "but not without end");
}
