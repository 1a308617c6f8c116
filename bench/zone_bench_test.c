
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <valgrind/callgrind.h>
#include "store_fixture.h"


/*
 * The work that bench/zone measures, inside an nginx like the unit tests.
 *
 *   BENCH_JOB       lookups (under callgrind), expiry (the same), hold
 *   BENCH_ENTRIES   verifications with a session each: the zone is full
 */


#define LOOKUPS    2000
#define WORKERS    2
#define VISITS     200000        /* of each worker */
#define SLOTS      32            /* by powers of two of nanoseconds */


typedef struct {
    uint64_t    max;             /* nanoseconds, by the clock */
    uint64_t    max_cpu;         /* by what this process got of the CPU */
    uint64_t    n;
    uint64_t    slot[SLOTS];     /* of CPU time */
} ngx_http_phone_verify_bench_held_t;


void ngx_http_phone_verify_unit_zone_bench(ngx_http_phone_verify_unit_t *u);

void __real_ngx_http_phone_verify_zone_lock(
    ngx_http_phone_verify_zone_t *zone);
void __real_ngx_http_phone_verify_zone_unlock(
    ngx_http_phone_verify_zone_t *zone);
void __wrap_ngx_http_phone_verify_zone_lock(
    ngx_http_phone_verify_zone_t *zone);
void __wrap_ngx_http_phone_verify_zone_unlock(
    ngx_http_phone_verify_zone_t *zone);

static void ngx_http_phone_verify_bench_lookups(
    ngx_http_phone_verify_unit_store_t *f, ngx_uint_t entries);
static void ngx_http_phone_verify_bench_expiry(
    ngx_http_phone_verify_unit_store_t *f, ngx_uint_t entries);
static void ngx_http_phone_verify_bench_hold(
    ngx_http_phone_verify_unit_store_t *f, ngx_uint_t entries);
static void ngx_http_phone_verify_bench_work(
    ngx_http_phone_verify_unit_store_t *f, ngx_uint_t worker,
    ngx_uint_t entries);
static uint64_t ngx_http_phone_verify_bench_clock(clockid_t clock);
static uint64_t ngx_http_phone_verify_bench_random(uint64_t n);


static ngx_http_phone_verify_bench_held_t  *ngx_http_phone_verify_bench_held;
static uint64_t                             ngx_http_phone_verify_bench_since;
static uint64_t                             ngx_http_phone_verify_bench_cpu;
static uint64_t                             ngx_http_phone_verify_bench_state;


void
ngx_http_phone_verify_unit_zone_bench(ngx_http_phone_verify_unit_t *u)
{
    char                                id[32];
    const char                         *job;
    ngx_uint_t                          i, entries;
    ngx_http_phone_verify_zone_usage_t  usage;
    ngx_http_phone_verify_unit_store_t  f;

    job = getenv("BENCH_JOB");
    entries = strtoul(getenv("BENCH_ENTRIES"), NULL, 10);

    /* 27 of 64 shares are of other things */

    ngx_http_phone_verify_unit_store_shared(u, &f,
                                            entries * 430 + 256 * 1024);

    ngx_http_phone_verify_zone_usage(&f.zone, &usage);

    ngx_http_phone_verify_unit_note(u, "bytes %lu of %lu in a zone of %lu",
                                    (unsigned long) usage.bytes_per_pending,
                                    (unsigned long) usage.verifications_max,
                                    (unsigned long) usage.size);

    if (usage.verifications_max < entries) {
        ok(u, 0, "the zone has no room for %lu", (unsigned long) entries);
        return;
    }

    entries = usage.verifications_max;

    for (i = 1; i <= entries; i++) {
        (void) snprintf(id, sizeof(id), "id-%lu", (unsigned long) i);

        if (start(&f, i, i, NUMBER + i, SMS, 0) != NEW
            || started(&f, i, PENDING, id) != NGX_OK)
        {
            ok(u, 0, "entry %lu could not be made", (unsigned long) i);
            return;
        }
    }

    if (ngx_strcmp(job, "lookups") == 0) {
        ngx_http_phone_verify_bench_lookups(&f, entries);

    } else if (ngx_strcmp(job, "expiry") == 0) {
        ngx_http_phone_verify_bench_expiry(&f, entries);

    } else {
        ngx_http_phone_verify_bench_hold(&f, entries);
    }

    ok(u, 1, "measured");
}


/* What callgrind counts is between _ZERO_ and _DUMP_. */

static void
ngx_http_phone_verify_bench_lookups(ngx_http_phone_verify_unit_store_t *f,
    ngx_uint_t entries)
{
    u_char                             *name;
    uint64_t                            wanted[LOOKUPS];
    ngx_uint_t                          i, found;
    ngx_http_phone_verify_pending_t    *p;

    p = ngx_http_phone_verify_pending(&f->zone);

    for (i = 0; i < LOOKUPS; i++) {
        wanted[i] = 1 + ngx_http_phone_verify_bench_random(entries);
    }

    CALLGRIND_START_INSTRUMENTATION;

#define measured(what, code)                                                  \
    CALLGRIND_ZERO_STATS;                                                     \
    for (i = 0, found = 0; i < LOOKUPS; i++) {                                \
        code;                                                                 \
    }                                                                         \
    CALLGRIND_DUMP_STATS_AT(what);                                            \
    is(f->u, found, LOOKUPS, "%s", what)

    /* "none": what is around all the others */

    measured("none", name = name_of("session", wanted[i]);
                     found += (name != NULL));
    measured("session", name = name_of("session", wanted[i]);
             found += (ngx_http_phone_verify_pending_session(p, name)
                       != NULL));
    measured("reference", name = name_of("reference", wanted[i]);
             found += (ngx_http_phone_verify_pending_reference(p, name)
                       != NULL));
    measured("number", name = name_of("number", wanted[i]);
             found += (ngx_http_phone_verify_pending_number(p,
                                                        NUMBER + wanted[i])
                       != NULL) + (name == NULL));
    measured("absent", name = name_of("session", entries + wanted[i]);
             found += (ngx_http_phone_verify_pending_session(p, name)
                       == NULL));

#undef measured

    CALLGRIND_STOP_INSTRUMENTATION;
}


/* All have ended: how many go with one start, and what that costs. */

static void
ngx_http_phone_verify_bench_expiry(ngx_http_phone_verify_unit_store_t *f,
    ngx_uint_t entries)
{
    ngx_uint_t                          i, most;
    ngx_http_phone_verify_zone_usage_t  before, after;

    wait_msec(f->policy.ttl + NGX_HTTP_PHONE_VERIFY_MARGIN + 1);

    most = 0;

    for (i = 1; i <= LOOKUPS; i++) {
        ngx_http_phone_verify_zone_usage(&f->zone, &before);

        if (start(f, entries + i, entries + i, NUMBER + entries + i, SMS, 0)
            != NEW)
        {
            ok(f->u, 0, "no place of what has ended");
        }

        ngx_http_phone_verify_zone_usage(&f->zone, &after);

        /* it has itself added one of each */

        most = ngx_max(most, before.verifications + 1 - after.verifications);
        most = ngx_max(most, before.sessions + 1 - after.sessions);
    }

    ngx_http_phone_verify_unit_note(f->u, "expired %lu", (unsigned long) most);

    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;

    for (i = 1; i <= LOOKUPS; i++) {
        (void) start(f, 2 * entries + i, 2 * entries + i,
                     NUMBER + 2 * entries + i, SMS, 0);
    }

    CALLGRIND_DUMP_STATS_AT("start");
    CALLGRIND_STOP_INSTRUMENTATION;
}


/* Both workers do what people make them do, as fast as they can. */

static void
ngx_http_phone_verify_bench_hold(ngx_http_phone_verify_unit_store_t *f,
    ngx_uint_t entries)
{
    int                                  status;
    pid_t                                pid[WORKERS];
    uint64_t                             n, all, begin;
    ngx_uint_t                           i, k, slot;
    ngx_http_phone_verify_bench_held_t  *held, sum;

    held = mmap(NULL, WORKERS * sizeof(ngx_http_phone_verify_bench_held_t),
                PROT_READ|PROT_WRITE, MAP_ANON|MAP_SHARED, -1, 0);

    if (held == MAP_FAILED) {
        ok(f->u, 0, "memory");
        return;
    }

    /* so that there is always something to expire */

    wait_msec(f->policy.ttl + NGX_HTTP_PHONE_VERIFY_MARGIN + 1);

    begin = ngx_http_phone_verify_bench_clock(CLOCK_MONOTONIC);
    n = 0;

    for (i = 0; i < WORKERS; i++) {

        pid[i] = fork();

        if (pid[i] == 0) {
            /* what the kernel does at the first look is not the zone's */

            for (k = 0; k < f->zone.size; k += ngx_pagesize) {
                n += *((volatile u_char *) f->zone.shpool + k);
            }

            ngx_http_phone_verify_bench_held = &held[i];
            ngx_http_phone_verify_bench_state = i + 1;

            ngx_http_phone_verify_bench_work(f, i, entries);
            _exit(0);
        }
    }

    ngx_memzero(&sum, sizeof(sum));

    for (i = 0; i < WORKERS; i++) {
        (void) waitpid(pid[i], &status, 0);
        is(f->u, status, 0, "worker %lu", (unsigned long) i);

        sum.n += held[i].n;
        sum.max = ngx_max(sum.max, held[i].max);
        sum.max_cpu = ngx_max(sum.max_cpu, held[i].max_cpu);

        for (k = 0; k < SLOTS; k++) {
            sum.slot[k] += held[i].slot[k];
        }
    }

    n = 0;
    all = 0;
    slot = 0;

    for (k = 0; k < SLOTS; k++) {
        all += sum.slot[k];
    }

    for (k = 0; k < SLOTS && n * 1000 < all * 999; k++) {
        n += sum.slot[k];
        slot = k;
    }

    ngx_http_phone_verify_unit_note(f->u, "held %lu times in %lu msec: "
                       "p99.9 under %lu ns, max %lu ns, %lu ns by the clock",
                       (unsigned long) sum.n,
                       (unsigned long) ((ngx_http_phone_verify_bench_clock(
                                         CLOCK_MONOTONIC) - begin) / 1000000),
                       2UL << slot, (unsigned long) sum.max_cpu,
                       (unsigned long) sum.max);

    /* as after the death of one that held it */

    f->zone.sh->dirty = 1;
    begin = ngx_http_phone_verify_bench_clock(CLOCK_MONOTONIC);

    __real_ngx_http_phone_verify_zone_lock(&f->zone);
    __real_ngx_http_phone_verify_zone_unlock(&f->zone);

    ngx_http_phone_verify_unit_note(f->u, "mended in %lu ns",
                       (unsigned long) (ngx_http_phone_verify_bench_clock(
                                                   CLOCK_MONOTONIC) - begin));
}


static void
ngx_http_phone_verify_bench_work(ngx_http_phone_verify_unit_store_t *f,
    ngx_uint_t worker, ngx_uint_t entries)
{
    char        id[32];
    uint64_t    n, old;
    ngx_uint_t  i;

    for (i = 0; i < VISITS; i++) {
        n = (worker + 2) * 100000000 + i;
        old = 1 + ngx_http_phone_verify_bench_random(entries);

        (void) snprintf(id, sizeof(id), "id-%lu", (unsigned long) n);

        (void) start(f, n, n, NUMBER + n, SMS, 0);
        (void) started(f, n, PENDING, id);
        (void) look(f, n);
        (void) look(f, old);
        (void) start(f, n + 50000000, n + 50000000, NUMBER + n, SMS, 0);
        (void) event(f, old, "", SUCCESSFUL, NO_REASON);
        (void) claim(f, old, n);
        (void) report(f, n, n, n);
        (void) reported(f, n, n, SUCCESSFUL, NO_REASON, 0, n, n);

        if (i % 64 == 0) {
            wait_msec(1);
        }
    }
}


/* All calls but those of zone.c itself come here: -Wl,--wrap. */

void
__wrap_ngx_http_phone_verify_zone_lock(ngx_http_phone_verify_zone_t *zone)
{
    __real_ngx_http_phone_verify_zone_lock(zone);

    if (ngx_http_phone_verify_bench_held) {
        ngx_http_phone_verify_bench_since
                          = ngx_http_phone_verify_bench_clock(CLOCK_MONOTONIC);
        ngx_http_phone_verify_bench_cpu
                  = ngx_http_phone_verify_bench_clock(CLOCK_THREAD_CPUTIME_ID);
    }
}


void
__wrap_ngx_http_phone_verify_zone_unlock(ngx_http_phone_verify_zone_t *zone)
{
    uint64_t                             time, cpu;
    ngx_uint_t                           slot;
    ngx_http_phone_verify_bench_held_t  *held;

    held = ngx_http_phone_verify_bench_held;

    if (held) {
        cpu = ngx_http_phone_verify_bench_clock(CLOCK_THREAD_CPUTIME_ID)
              - ngx_http_phone_verify_bench_cpu;
        time = ngx_http_phone_verify_bench_clock(CLOCK_MONOTONIC)
               - ngx_http_phone_verify_bench_since;

        held->n++;
        held->max = ngx_max(held->max, time);
        held->max_cpu = ngx_max(held->max_cpu, cpu);

        for (slot = 0; slot < SLOTS - 1 && cpu >> (slot + 1); slot++) {
            /* void */
        }

        held->slot[slot]++;
    }

    __real_ngx_http_phone_verify_zone_unlock(zone);
}


static uint64_t
ngx_http_phone_verify_bench_clock(clockid_t clock)
{
    struct timespec  ts;

    (void) clock_gettime(clock, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + (uint64_t) ts.tv_nsec;
}


static uint64_t
ngx_http_phone_verify_bench_random(uint64_t n)
{
    uint64_t  *state = &ngx_http_phone_verify_bench_state;

    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;

    return (*state >> 33) % n;
}
