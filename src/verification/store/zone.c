
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/policy/budget.h"
#include "verification/policy/conversion_table.h"
#include "verification/store/limit.h"
#include "verification/store/pending.h"
#include "verification/store/zone_map.h"


#define NGX_HTTP_PHONE_VERIFY_ZONE_MAGIC   0x70767a31    /* "pvz1" */
#define NGX_HTTP_PHONE_VERIFY_ZONE_LAYOUT  1
#define NGX_HTTP_PHONE_VERIFY_ZONE_PREFIX  "phone_verify:"
#define NGX_HTTP_PHONE_VERIFY_ZONE_PAGES   16
#define NGX_HTTP_PHONE_VERIFY_ZONE_SHARES  64


/* Shares are of what is left when every region has its fixed bytes. */

typedef struct {
    ngx_uint_t    share;       /* of 64; 0 and no bytes: what is left */
    size_t        bytes;
    size_t        max;         /* both together; 0: any */
    ngx_int_t   (*init)(void *region, size_t size);
    void        (*mend)(void *region);
} ngx_http_phone_verify_zone_part_t;


static const ngx_http_phone_verify_zone_part_t
    ngx_http_phone_verify_zone_parts[NGX_HTTP_PHONE_VERIFY_ZONE_REGIONS] =
{
    { 8, 0, 0, ngx_http_phone_verify_revocations_init,
               ngx_http_phone_verify_revocations_mend },

    { 4, 0, 0, ngx_http_phone_verify_limits_init,
               ngx_http_phone_verify_limits_mend },

    { 8, 0, 0, ngx_http_phone_verify_limits_init,
               ngx_http_phone_verify_limits_mend },

    { 2, NGX_HTTP_PHONE_VERIFY_METER_BYTES,
         NGX_HTTP_PHONE_VERIFY_METER_MAX,
         ngx_http_phone_verify_meter_init,
         ngx_http_phone_verify_meter_mend },

    { 4, 0, 0, ngx_http_phone_verify_ctable_init,
               ngx_http_phone_verify_ctable_mend },

    { 0, NGX_HTTP_PHONE_VERIFY_OUTAGE_BYTES,
         NGX_HTTP_PHONE_VERIFY_OUTAGE_BYTES,
         ngx_http_phone_verify_outage_init,
         ngx_http_phone_verify_outage_mend },

    { 0, 1024, 0, ngx_http_phone_verify_budget_init,
                  ngx_http_phone_verify_budget_mend },

    { 1, NGX_HTTP_PHONE_VERIFY_CHANGES_BYTES,
         NGX_HTTP_PHONE_VERIFY_CHANGES_MAX,
         ngx_http_phone_verify_changes_init,
         ngx_http_phone_verify_changes_mend },

    { 0, 0, 0, ngx_http_phone_verify_pending_init,
               ngx_http_phone_verify_pending_mend }
};


static ngx_int_t ngx_http_phone_verify_zone_make(
    ngx_http_phone_verify_zone_t *zone, ngx_shm_zone_t *shm_zone);
static void ngx_http_phone_verify_zone_divide(
    ngx_http_phone_verify_zone_header_t *sh, size_t size);
static ngx_int_t ngx_http_phone_verify_zone_use(
    ngx_http_phone_verify_zone_t *zone,
    ngx_http_phone_verify_zone_header_t *sh, ngx_shm_zone_t *shm_zone);
static uint32_t ngx_http_phone_verify_zone_layout(void);
static void ngx_http_phone_verify_zone_take(ngx_shmtx_t *mutex);
#if (NGX_HTTP_PHONE_VERIFY_LOCKS)
static void ngx_http_phone_verify_zone_demand(
    ngx_http_phone_verify_zone_t *zone, ngx_uint_t inside);
#endif


#define ngx_http_phone_verify_zone_align(size)  ((size) & ~(size_t) 63)


ngx_http_phone_verify_zone_t *
ngx_http_phone_verify_zone_create(ngx_conf_t *cf, ngx_str_t *name, size_t size,
    void *tag)
{
    u_char                        *p;
    ngx_str_t                      full;
    ngx_shm_zone_t                *shm_zone;
    ngx_http_phone_verify_zone_t  *zone;

    if (size < NGX_HTTP_PHONE_VERIFY_ZONE_PAGES * ngx_pagesize) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"zone\" of app \"%V\" is too small: %uz bytes, "
                           "at least %uzk are needed", name, size,
                           (size_t) NGX_HTTP_PHONE_VERIFY_ZONE_PAGES
                           * ngx_pagesize / 1024);
        return NULL;
    }

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_http_phone_verify_zone_t));
    if (zone == NULL) {
        return NULL;
    }

    /* the name of an app may be that of somebody else's zone */

    full.len = sizeof(NGX_HTTP_PHONE_VERIFY_ZONE_PREFIX) - 1 + name->len;
    full.data = ngx_pnalloc(cf->pool, full.len);
    if (full.data == NULL) {
        return NULL;
    }

    p = ngx_cpymem(full.data, NGX_HTTP_PHONE_VERIFY_ZONE_PREFIX,
                   sizeof(NGX_HTTP_PHONE_VERIFY_ZONE_PREFIX) - 1);
    ngx_memcpy(p, name->data, name->len);

    shm_zone = ngx_shared_memory_add(cf, &full, size, tag);
    if (shm_zone == NULL) {
        return NULL;
    }

    if (shm_zone->data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"zone\" of app \"%V\" is duplicate", name);
        return NULL;
    }

    zone->app = *name;
    zone->size = size;

    shm_zone->init = ngx_http_phone_verify_zone_init;
    shm_zone->data = zone;

    return zone;
}


ngx_int_t
ngx_http_phone_verify_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_phone_verify_zone_t *ozone = data;

    ngx_http_phone_verify_zone_t  *zone;

    zone = shm_zone->data;
    zone->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (ozone) {
        return ngx_http_phone_verify_zone_use(zone, ozone->sh, shm_zone);
    }

    if (shm_zone->shm.exists) {
        return ngx_http_phone_verify_zone_use(zone, zone->shpool->data,
                                              shm_zone);
    }

    return ngx_http_phone_verify_zone_make(zone, shm_zone);
}


static ngx_int_t
ngx_http_phone_verify_zone_make(ngx_http_phone_verify_zone_t *zone,
    ngx_shm_zone_t *shm_zone)
{
    size_t                                size;
    u_char                               *p;
    ngx_uint_t                            i;
    ngx_slab_pool_t                      *shpool;
    ngx_http_phone_verify_zone_header_t  *sh;

    shpool = zone->shpool;
    shpool->log_nomem = 0;

    p = ngx_slab_alloc(shpool, sizeof(" in phone_verify_app \"\"")
                               + zone->app.len);
    if (p == NULL) {
        goto failed;
    }

    ngx_sprintf(p, " in phone_verify_app \"%V\"%Z", &zone->app);
    shpool->log_ctx = p;

    /* all the rest, in one piece */

    size = shpool->pfree * ngx_pagesize;

    if (size < sizeof(ngx_http_phone_verify_zone_header_t) + 128) {
        goto failed;
    }

    sh = ngx_slab_alloc(shpool, size);
    if (sh == NULL) {
        goto failed;
    }

    ngx_memzero(sh, sizeof(ngx_http_phone_verify_zone_header_t));

    sh->magic = NGX_HTTP_PHONE_VERIFY_ZONE_MAGIC;
    sh->layout = ngx_http_phone_verify_zone_layout();
    sh->size = shm_zone->shm.size;

    ngx_http_phone_verify_zone_divide(sh, size);

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_ZONE_REGIONS; i++) {

        if (ngx_http_phone_verify_zone_parts[i].init(
                                            (u_char *) sh
                                                + sh->region[i].offset,
                                            sh->region[i].size)
            != NGX_OK)
        {
            goto failed;
        }
    }

    ngx_http_phone_verify_pending_metered(
          (u_char *) sh + sh->region[NGX_HTTP_PHONE_VERIFY_ZONE_PENDING].offset,
          (u_char *) sh + sh->region[NGX_HTTP_PHONE_VERIFY_ZONE_METER].offset);
    ngx_http_phone_verify_pending_converts(
          (u_char *) sh + sh->region[NGX_HTTP_PHONE_VERIFY_ZONE_PENDING].offset,
          (u_char *) sh
          + sh->region[NGX_HTTP_PHONE_VERIFY_ZONE_CONVERSIONS].offset);

    shpool->data = sh;

    return ngx_http_phone_verify_zone_use(zone, sh, shm_zone);

failed:

    ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                  "the zone of phone_verify_app \"%V\", %uz bytes, could not "
                  "be set up", &zone->app, shm_zone->shm.size);

    return NGX_ERROR;
}


static void
ngx_http_phone_verify_zone_divide(ngx_http_phone_verify_zone_header_t *sh,
    size_t size)
{
    size_t                                    offset, left, bytes, rest;
    ngx_uint_t                                i, last;
    const ngx_http_phone_verify_zone_part_t  *part;

    offset = ngx_http_phone_verify_zone_align(
                             sizeof(ngx_http_phone_verify_zone_header_t) + 63);

    /* slabs of whole pages begin at a page */

    left = ngx_http_phone_verify_zone_align(size - offset);
    rest = left;
    last = 0;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_ZONE_REGIONS; i++) {
        part = &ngx_http_phone_verify_zone_parts[i];
        rest -= ngx_min(rest, ngx_http_phone_verify_zone_align(part->bytes
                                                               + 63));
    }

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_ZONE_REGIONS; i++) {
        part = &ngx_http_phone_verify_zone_parts[i];

        if (part->share == 0 && part->bytes == 0) {
            last = i;
            continue;
        }

        bytes = part->bytes + rest / NGX_HTTP_PHONE_VERIFY_ZONE_SHARES
                              * part->share;

        if (part->max) {
            bytes = ngx_min(bytes, part->max);
        }

        bytes = ngx_min(left, ngx_http_phone_verify_zone_align(bytes + 63));

        sh->region[i].offset = offset;
        sh->region[i].size = bytes;

        offset += bytes;
        left -= bytes;
    }

    sh->region[last].offset = offset;
    sh->region[last].size = left;
}


/*
 * The memory may be in use by the workers of the configuration before: it is
 * looked at, and left as it is.
 */

static ngx_int_t
ngx_http_phone_verify_zone_use(ngx_http_phone_verify_zone_t *zone,
    ngx_http_phone_verify_zone_header_t *sh, ngx_shm_zone_t *shm_zone)
{
    ngx_uint_t  i;

    if (sh == NULL
        || sh->magic != NGX_HTTP_PHONE_VERIFY_ZONE_MAGIC
        || sh->layout != ngx_http_phone_verify_zone_layout()
        || sh->size != shm_zone->shm.size)
    {
        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "the zone of phone_verify_app \"%V\" was made by another "
                      "version of the module, nginx must be restarted",
                      &zone->app);
        return NGX_ERROR;
    }

    zone->sh = sh;
    zone->size = sh->size;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_ZONE_REGIONS; i++) {
        zone->region[i] = (u_char *) sh + sh->region[i].offset;
    }

    return NGX_OK;
}


static uint32_t
ngx_http_phone_verify_zone_layout(void)
{
    return (NGX_HTTP_PHONE_VERIFY_ZONE_LAYOUT << 24)
           + (NGX_HTTP_PHONE_VERIFY_ZONE_REGIONS << 16)
           + (ngx_http_phone_verify_meter_size() << 12)
           + (sizeof(ngx_http_phone_verify_vnode_t) << 8)
           + sizeof(ngx_http_phone_verify_snode_t);
}


/*
 * While it reads a configuration the master hears of no worker's end, so it
 * looks itself whether the one that holds the mutex is dead: nobody else would
 * give it back.
 */

static void
ngx_http_phone_verify_zone_take(ngx_shmtx_t *mutex)
{
#if (NGX_HAVE_ATOMIC_OPS)

    pid_t      pid;
    siginfo_t  info;

    if (ngx_process == NGX_PROCESS_MASTER) {

        while (!ngx_shmtx_trylock(mutex)) {
            pid = (pid_t) *mutex->lock;

            ngx_memzero(&info, sizeof(siginfo_t));

            if (pid
                && waitid(P_PID, (id_t) pid, &info, WEXITED|WNOHANG|WNOWAIT)
                   == 0
                && info.si_pid == pid)
            {
                (void) ngx_shmtx_force_unlock(mutex, pid);

            } else {
                ngx_msleep(1);
            }
        }

        return;
    }

#endif

    ngx_shmtx_lock(mutex);
}


#if (NGX_HTTP_PHONE_VERIFY_LOCKS)

static void
ngx_http_phone_verify_zone_demand(ngx_http_phone_verify_zone_t *zone,
    ngx_uint_t inside)
{
    if (zone->inside == inside
#if (NGX_HAVE_ATOMIC_OPS)

        /* what it says of itself is one thing, the mutex is another */

        && (!inside
            || *zone->shpool->mutex.lock == (ngx_atomic_uint_t) ngx_pid)
#endif
       )
    {
        return;
    }

    ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                  "phone_verify: the mutex of app \"%V\" is %s",
                  &zone->app, inside ? "not held" : "taken twice");
    ngx_abort();
}


void *
ngx_http_phone_verify_zone_inside(ngx_http_phone_verify_zone_t *zone,
    ngx_uint_t region)
{
    ngx_http_phone_verify_zone_demand(zone, 1);

    return zone->region[region];
}

#endif


void
ngx_http_phone_verify_zone_lock(ngx_http_phone_verify_zone_t *zone)
{
    ngx_uint_t                            i;
    ngx_http_phone_verify_zone_header_t  *sh;

    sh = zone->sh;

#if (NGX_HTTP_PHONE_VERIFY_LOCKS)

    if (zone->unlocked) {
        return;
    }

    ngx_http_phone_verify_zone_demand(zone, 0);

    zone->inside = 1;

#endif

    ngx_http_phone_verify_zone_take(&zone->shpool->mutex);

    if (sh->dirty) {

        /*
         * Whoever was here before has died here, and the master has given the
         * mutex back.  If this process dies, too, the next one begins anew.
         */

        for (i = 0; i < NGX_HTTP_PHONE_VERIFY_ZONE_REGIONS; i++) {
            ngx_http_phone_verify_zone_parts[i].mend(zone->region[i]);
        }

        sh->mended++;
        zone->mended++;
    }

    sh->dirty = 1;

    ngx_memory_barrier();
}


void
ngx_http_phone_verify_zone_unlock(ngx_http_phone_verify_zone_t *zone)
{
    ngx_uint_t  mended;

#if (NGX_HTTP_PHONE_VERIFY_LOCKS)

    if (zone->unlocked) {
        return;
    }

    ngx_http_phone_verify_zone_demand(zone, 1);

    zone->inside = 0;

#endif

    ngx_memory_barrier();

    zone->sh->dirty = 0;

    mended = zone->mended;
    zone->mended = 0;

    ngx_shmtx_unlock(&zone->shpool->mutex);

    if (mended) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "phone_verify: a worker died inside the zone of app "
                      "\"%V\", its indexes were made anew", &zone->app);
    }
}


void
ngx_http_phone_verify_zone_usage(ngx_http_phone_verify_zone_t *zone,
    ngx_http_phone_verify_zone_usage_t *usage)
{
    ngx_memzero(usage, sizeof(ngx_http_phone_verify_zone_usage_t));

    usage->size = zone->size;

    ngx_http_phone_verify_zone_lock(zone);

    ngx_http_phone_verify_revocations_usage(
                      zone->region[NGX_HTTP_PHONE_VERIFY_ZONE_REVOCATIONS],
                      usage);
    ngx_http_phone_verify_pending_usage(
                      zone->region[NGX_HTTP_PHONE_VERIFY_ZONE_PENDING],
                      usage);
    ngx_http_phone_verify_limits_usage(
                      zone->region[NGX_HTTP_PHONE_VERIFY_ZONE_LIMITS],
                      ngx_current_msec / 1000, &usage->windows,
                      &usage->windows_max);

    usage->mended = zone->sh->mended;

    ngx_http_phone_verify_zone_unlock(zone);
}


ngx_atomic_uint_t
ngx_http_phone_verify_zone_changes(ngx_http_phone_verify_zone_t *zone)
{
    return zone->sh->changes;
}
