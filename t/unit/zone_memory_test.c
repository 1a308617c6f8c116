
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "fixture.h"
#include "store_fixture.h"
#include "verification/store/pending_impl.h"


/* The zone: how it is declared, made, kept over a reload, and mended. */


void ngx_http_phone_verify_unit_zone_memory(ngx_http_phone_verify_unit_t *u);


static void ngx_http_phone_verify_unit_zone_declared(
    ngx_http_phone_verify_unit_t *u);
static ngx_int_t ngx_http_phone_verify_unit_zone_other(
    ngx_shm_zone_t *shm_zone, void *data);
static void ngx_http_phone_verify_unit_zone_sizes(
    ngx_http_phone_verify_unit_t *u);
static void ngx_http_phone_verify_unit_zone_kept(
    ngx_http_phone_verify_unit_t *u);
static void ngx_http_phone_verify_unit_zone_mended(
    ngx_http_phone_verify_unit_t *u);


void
ngx_http_phone_verify_unit_zone_memory(ngx_http_phone_verify_unit_t *u)
{
    ngx_uint_t  use_stderr;

    /* where what is logged on purpose would be taken for trouble */

    use_stderr = ngx_use_stderr;
    ngx_use_stderr = 0;

    ngx_http_phone_verify_unit_zone_declared(u);
    ngx_http_phone_verify_unit_zone_sizes(u);
    ngx_http_phone_verify_unit_zone_kept(u);
    ngx_http_phone_verify_unit_zone_mended(u);

    ngx_use_stderr = use_stderr;
}


static void
ngx_http_phone_verify_unit_zone_declared(ngx_http_phone_verify_unit_t *u)
{
    size_t                                least;
    ngx_str_t                             name, full;
    ngx_pool_t                           *pool;
    ngx_shm_zone_t                       *shm_zone;
    ngx_http_phone_verify_unit_fixture_t  f;

    static ngx_uint_t  tag, other;

    ngx_http_phone_verify_unit_fixture(u, &f);

    ngx_str_set(&name, "unit-declared");
    ngx_str_set(&full, "phone_verify:unit-declared");

    least = 16 * ngx_pagesize;

    ok(u, ngx_http_phone_verify_zone_create(&f.cf, &name, least - 1, &tag)
          == NULL, "too small");
    ok(u, ngx_http_phone_verify_unit_logged(&f, "\"zone\" of app "
                               "\"unit-declared\" is too small: "),
       "which it says");
    ok(u, ngx_http_phone_verify_unit_logged(&f, "at least 64k are needed")
          || ngx_pagesize != 4096, "and what would do");

    /* nginx itself makes these two, when all tests are through */

    pool = f.cf.pool;
    f.cf.pool = u->cf->pool;

    ok(u, ngx_http_phone_verify_zone_create(&f.cf, &name, least, &tag) != NULL,
       "the smallest");

    shm_zone = ngx_shared_memory_add(&f.cf, &name, least, &other);

    ok(u, shm_zone != NULL, "somebody else's zone has the app's name");
    shm_zone->init = ngx_http_phone_verify_unit_zone_other;

    f.cf.pool = pool;

    shm_zone = ngx_shared_memory_add(&f.cf, &full, least, &tag);
    ok(u, shm_zone && shm_zone->init == ngx_http_phone_verify_zone_init,
       "which is not that of the app");

    ok(u, ngx_http_phone_verify_zone_create(&f.cf, &name, least, &tag) == NULL,
       "the same app again");
    ok(u, ngx_http_phone_verify_unit_logged(&f, "\"zone\" of app "
                                            "\"unit-declared\" is duplicate"),
       "which it says");

    ok(u, ngx_http_phone_verify_zone_create(&f.cf, &name, 2 * least, &tag)
          == NULL, "of another size");
    ok(u, ngx_http_phone_verify_zone_create(&f.cf, &name, least, &other)
          == NULL, "of another module");
}


static ngx_int_t
ngx_http_phone_verify_unit_zone_other(ngx_shm_zone_t *shm_zone, void *data)
{
    return NGX_OK;
}


static void
ngx_http_phone_verify_unit_zone_sizes(ngx_http_phone_verify_unit_t *u)
{
    size_t                                sum;
    ngx_uint_t                            i, j;
    ngx_http_phone_verify_zone_usage_t    usage;
    ngx_http_phone_verify_unit_store_t    f;
    ngx_http_phone_verify_zone_header_t  *sh;

    static size_t  sizes[] = { 65536, 65536 + 1000, 131072, 1048576, 10485760 };

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        ngx_http_phone_verify_unit_store(u, &f, sizes[i]);

        sh = f.zone.sh;
        sum = sizeof(ngx_http_phone_verify_zone_header_t);

        for (j = 0; j < NGX_HTTP_PHONE_VERIFY_ZONE_REGIONS; j++) {
            sum += sh->region[j].size;

            ok(u, sh->region[j].offset % 64 == 0
                  && sh->region[j].size % 64 == 0
                  && sh->region[j].offset
                     >= sizeof(ngx_http_phone_verify_zone_header_t)
                  && (u_char *) sh + sh->region[j].offset + sh->region[j].size
                     <= f.zone.shpool->end,
               "region %u is inside", (unsigned) j);
        }

        /* a page for the pool's own, and what does not fill one */

        ok(u, sizes[i] - sum < 6 * ngx_pagesize + sizes[i] / 64,
           "all memory is used: %lu of %lu", (unsigned long) sum,
           (unsigned long) sizes[i]);

        ngx_http_phone_verify_zone_usage(&f.zone, &usage);

        is(u, usage.size, sizes[i], "the size");
        is(u, usage.verifications + usage.sessions + usage.revocations, 0,
           "nothing is in it");

        ok(u, usage.bytes_per_pending <= 256,
           "%u bytes for a verification with its session",
           (unsigned) usage.bytes_per_pending);

        sum = sh->region[NGX_HTTP_PHONE_VERIFY_ZONE_PENDING].size;

        ok(u, usage.verifications_max
              >= (sum - 512) / usage.bytes_per_pending,
           "%u fit", (unsigned) usage.verifications_max);

        ok(u, usage.revocations_max >= sizes[i] / 8 / 40,
           "%u revocations fit", (unsigned) usage.revocations_max);

        ngx_http_phone_verify_unit_store_done(&f);
    }
}


static void
ngx_http_phone_verify_unit_zone_kept(ngx_http_phone_verify_unit_t *u)
{
    uint32_t                              was;
    ngx_shm_zone_t                        shm_zone;
    ngx_slab_pool_t                      *shpool;
    ngx_http_phone_verify_zone_t          next;
    ngx_http_phone_verify_unit_store_t    f;
    ngx_http_phone_verify_unit_fixture_t  log;

    ngx_http_phone_verify_unit_store(u, &f, 131072);
    running(&f, 1, 1, NUMBER);

    /* a reload: another zone of ours at the same memory */

    ngx_http_phone_verify_unit_fixture(u, &log);

    shm_zone = *f.shm_zone;
    shm_zone.shm.log = &log.log;
    shm_zone.data = &next;

    ngx_memzero(&next, sizeof(next));
    ngx_str_set(&next.app, "unit");

    is(u, ngx_http_phone_verify_zone_init(&shm_zone, &f.zone), NGX_OK,
       "over a reload");
    ok(u, next.sh == f.zone.sh && next.shpool == f.zone.shpool
          && next.size == 131072, "it is the same");

    /* a new process that finds it there */

    shm_zone.shm.exists = 1;
    ngx_memzero(&next, sizeof(next));
    ngx_str_set(&next.app, "unit");

    is(u, ngx_http_phone_verify_zone_init(&shm_zone, NULL), NGX_OK, "found");
    is(u, log.len, 0, "not a word");

    f.zone = next;
    ok(u, stands(&f, 1, PENDING, NO_REASON), "what is pending is pending");

    /* what another version has made is not touched */

#define refused(what)                                                         \
    ngx_http_phone_verify_unit_fixture(u, &log);                              \
    shm_zone.shm.log = &log.log;                                              \
    is(u, ngx_http_phone_verify_zone_init(&shm_zone, NULL), NGX_ERROR, what); \
    is(u, ngx_http_phone_verify_zone_init(&shm_zone, &f.zone), NGX_ERROR,     \
       what " over a reload");                                                \
    ok(u, ngx_http_phone_verify_unit_logged(&log, "[emerg] ")                 \
          && ngx_http_phone_verify_unit_logged(&log,                          \
                           "the zone of phone_verify_app \"unit\" was made "  \
                           "by another version of the module, nginx must be " \
                           "restarted"),                                      \
       "which it says")

    was = f.zone.sh->magic;
    f.zone.sh->magic++;
    refused("another magic");
    f.zone.sh->magic = was;

    was = f.zone.sh->layout;
    f.zone.sh->layout ^= 0x00000100;
    refused("another size of a node");
    f.zone.sh->layout = was;

    f.zone.sh->size++;
    refused("another size");
    f.zone.sh->size--;

    is(u, ngx_http_phone_verify_zone_init(&shm_zone, NULL), NGX_OK,
       "and this version's own");

    /* memory that somebody else has used up */

    ngx_http_phone_verify_unit_fixture(u, &log);
    shm_zone = *ngx_http_phone_verify_unit_zone(u, 65536);
    shm_zone.shm.log = &log.log;
    shm_zone.data = &next;

    shpool = (ngx_slab_pool_t *) shm_zone.shm.addr;

    ok(u, ngx_slab_alloc(shpool, (shpool->pfree - 2) * ngx_pagesize) != NULL,
       "two pages are left");
    is(u, ngx_http_phone_verify_zone_init(&shm_zone, NULL), NGX_ERROR,
       "which is too little");
    ok(u, ngx_http_phone_verify_unit_logged(&log, "the zone of "
                        "phone_verify_app \"unit\", 65536 bytes, could not"),
       "which it says");

    is(u, shpool->pfree, 0, "none is left");
    is(u, ngx_http_phone_verify_zone_init(&shm_zone, NULL), NGX_ERROR,
       "which is too little, too");

    ngx_http_phone_verify_unit_store_done(&f);

#undef refused
}


static void
ngx_http_phone_verify_unit_zone_mended(ngx_http_phone_verify_unit_t *u)
{
    uint64_t                              i, n, bad;
    uint32_t                             *table;
    ngx_http_phone_verify_pending_t      *p;
    ngx_http_phone_verify_unit_store_t    f;
    ngx_http_phone_verify_zone_header_t  *sh;

    ngx_http_phone_verify_unit_store(u, &f, 131072);

    p = ngx_http_phone_verify_unit_pending(&f.zone);
    sh = f.zone.sh;
    n = p->verifications.n;
    bad = 0;

    is(u, sh->dirty, 0, "clean");

    ngx_http_phone_verify_zone_lock(&f.zone);
    is(u, sh->dirty, 1, "dirty while somebody is inside");
    ngx_http_phone_verify_zone_unlock(&f.zone);

    is(u, sh->dirty, 0, "clean again");
    is(u, sh->mended, 0, "never mended");

    /* all states: around the ring, sent anew, and by the same number */

    f.policy.ttl = 20000;
    f.policy.resend[0] = 5000;

    for (i = 1; i <= n / 2; i++) {
        bad += (start(&f, i, i, NUMBER + i, SMS, 0) != NEW);
    }

    f.policy.ttl = 300000;
    wait_msec(90000);

    for (i = n; i < n + n / 3; i++) {
        bad += (start(&f, i, i, NUMBER + i, SMS, 0) != NEW);
        bad += (started(&f, i, i % 2 ? PENDING : DENIED, "id") != NGX_OK);
    }

    wait_msec(5000);

    for (i = n; i < n + n / 3; i++) {
        bad += (start(&f, n + i, n + i, NUMBER + i, SMS, i % 4 ? i : 0)
                != NEW);
    }

    is(u, bad, 0, "many of them");

    /* and then the tables are nonsense */

    table = ngx_http_phone_verify_pending_table(p, 0);

    for (i = 0; i < 3 * n; i++) {
        table[i] = (uint32_t) (i * 2654435761U % (n + 1));
    }

    for (i = 0; i < n; i++) {
        ngx_http_phone_verify_pending_vnodes(p)[i].by_number = 1;
        ngx_http_phone_verify_pending_vnodes(p)[i].by_reference = 1;
        ngx_http_phone_verify_pending_snodes(p)[i].by_id = 1;
    }

    sh->dirty = 1;

    for (i = n, bad = 0; i < n + n / 3; i++) {
        bad += (look(&f, i) != NGX_OK);
        bad += (ngx_memcmp(f.view.reference,
                           name_of("reference", i % 2 ? n + i : i), 16) != 0);
        bad += (f.view.status != (i % 2 ? PENDING : DENIED));
        bad += (look(&f, n + i) != NGX_OK);
        bad += (start(&f, 3 * n + i, 3 * n + i, NUMBER + i, SMS, n + i)
                != WAIT);
        bad += (event(&f, n + i, "", PENDING, NO_REASON) != NGX_OK);
        bad += (event(&f, i, "", PENDING, NO_REASON) != NGX_OK);
        bad += (look(&f, 3 * n + i) != NGX_DECLINED);
    }

    is(u, bad, 0, "all is found again");
    is(u, sh->mended, 1, "it was mended once");
    is(u, sh->dirty, 0, "and is clean");

    ngx_http_phone_verify_unit_store_done(&f);
}
