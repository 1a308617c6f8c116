
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "store_fixture.h"


/*
 * Four workers at one zone, of which one after another is killed wherever it
 * happens to be, often enough with the mutex in its hands.  The others go on,
 * nothing is given to two, and in the end all is sound.
 */


void ngx_http_phone_verify_unit_store_stress(ngx_http_phone_verify_unit_t *u);


#define WORKERS   4
#define NUMBERS   50
#define DEATHS    40         /* inside */
#define KILLS     20000      /* at most */
#define STUCK     60000      /* milliseconds */
#define PLACES    (1 << 16)


/* What all of them see; times move as one of them says. */

typedef struct {
    ngx_atomic_t    msec;
    ngx_atomic_t    name;
    ngx_atomic_t    done;         /* operations */
    ngx_atomic_t    wrong;
    ngx_atomic_t    granted;
    ngx_atomic_t    busy;
    ngx_atomic_t    given[PLACES];         /* verifications */
} ngx_http_phone_verify_unit_stress_t;


static pid_t ngx_http_phone_verify_unit_stress_fork(
    ngx_http_phone_verify_unit_store_t *f,
    ngx_http_phone_verify_unit_stress_t *all, uint64_t seed);
static void ngx_http_phone_verify_unit_stress_work(
    ngx_http_phone_verify_unit_store_t *f,
    ngx_http_phone_verify_unit_stress_t *all, uint64_t seed);
static void ngx_http_phone_verify_unit_stress_visit(
    ngx_http_phone_verify_unit_store_t *f,
    ngx_http_phone_verify_unit_stress_t *all, uint64_t x);


void
ngx_http_phone_verify_unit_store_stress(ngx_http_phone_verify_unit_t *u)
{
    pid_t                                 pid[WORKERS];
    uint64_t                              x, before;
    ngx_uint_t                            i, kills, deaths, use_stderr;
    ngx_http_phone_verify_unit_store_t    f;
    ngx_http_phone_verify_unit_stress_t  *all;

    use_stderr = ngx_use_stderr;
    ngx_use_stderr = 0;

    ngx_http_phone_verify_unit_store_shared(u, &f, 256 * 1024);

    all = mmap(NULL, sizeof(ngx_http_phone_verify_unit_stress_t),
               PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANON, -1, 0);
    if (all == MAP_FAILED) {
        abort();
    }

    all->msec = ngx_current_msec;
    all->name = 1;

    for (i = 0; i < WORKERS; i++) {
        pid[i] = ngx_http_phone_verify_unit_stress_fork(&f, all, i + 1);
    }

    x = 88172645463325252ULL;
    deaths = 0;

    for (kills = 0; kills < KILLS && deaths < DEATHS; kills++) {

        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;

        /* work goes on between two deaths */

        before = all->done;

        for (i = 0; all->done < before + x % 300 && i < STUCK; i++) {
            ngx_msleep(1);
        }

        if (i == STUCK) {
            ok(u, 0, "work goes on");
            break;
        }

        i = (x >> 32) % WORKERS;

        (void) kill(pid[i], SIGKILL);
        (void) waitpid(pid[i], NULL, 0);

        /* what the master does */

        if (ngx_shmtx_force_unlock(&f.zone.shpool->mutex, pid[i])) {
            deaths++;
        }

        pid[i] = ngx_http_phone_verify_unit_stress_fork(&f, all,
                                                        kills + WORKERS + 1);
    }

    for (i = 0; i < WORKERS; i++) {
        (void) kill(pid[i], SIGKILL);
        (void) waitpid(pid[i], NULL, 0);
        (void) ngx_shmtx_force_unlock(&f.zone.shpool->mutex, pid[i]);
    }

    is(u, deaths, DEATHS, "so many died inside, of %u", (unsigned) kills);
    ok(u, f.zone.sh->mended >= DEATHS / 2, "mended %u times",
       (unsigned) f.zone.sh->mended);
    is(u, all->wrong, 0, "nothing is wrong in %u operations",
       (unsigned) all->done);
    ok(u, all->granted > 100, "%u grants", (unsigned) all->granted);
    ok(u, all->busy > 0, "and no room %u times", (unsigned) all->busy);

    ngx_current_msec = all->msec;

    ngx_http_phone_verify_zone_lock(&f.zone);
    ngx_http_phone_verify_zone_unlock(&f.zone);

    (void) munmap(all, sizeof(ngx_http_phone_verify_unit_stress_t));

    ngx_http_phone_verify_unit_store_done(&f);

    ngx_use_stderr = use_stderr;
}


static pid_t
ngx_http_phone_verify_unit_stress_fork(ngx_http_phone_verify_unit_store_t *f,
    ngx_http_phone_verify_unit_stress_t *all, uint64_t seed)
{
    pid_t  pid;

    pid = fork();

    if (pid == -1) {
        abort();
    }

    if (pid == 0) {
        ngx_pid = getpid();
        ngx_http_phone_verify_unit_stress_work(f, all, seed);
    }

    return pid;
}


static void
ngx_http_phone_verify_unit_stress_work(ngx_http_phone_verify_unit_store_t *f,
    ngx_http_phone_verify_unit_stress_t *all, uint64_t seed)
{
    uint64_t  x;

    x = seed * 0x9e3779b97f4a7c15ULL;

    for ( ;; ) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;

        ngx_current_msec = all->msec;

        ngx_http_phone_verify_unit_stress_visit(f, all, x);

        (void) ngx_atomic_fetch_add(&all->done, 1);

        /* all have ended, once in a while; else it goes slowly */

        (void) ngx_atomic_fetch_add(&all->msec, x % 1000 ? 20 : 200000);
    }
}


/* Somebody comes, and may get in; the names are nobody else's. */

static void
ngx_http_phone_verify_unit_stress_visit(ngx_http_phone_verify_unit_store_t *f,
    ngx_http_phone_verify_unit_stress_t *all, uint64_t x)
{
    u_char             reference[16];
    uint64_t           n, v;
    ngx_uint_t         rc;

    n = ngx_atomic_fetch_add(&all->name, 1);

    if (ngx_http_phone_verify_revoke(&f->zone, name_of("grant", n),
                                     ngx_time() + x % 3 - 61)
        == NGX_OK)
    {
        (void) ngx_http_phone_verify_revoked(&f->zone, name_of("grant", n));
    }

    rc = start(f, n, n, NUMBER + (x >> 8) % NUMBERS, SMS, 0);

    switch (rc) {

    case NEW:
        (void) started(f, n, (x >> 16) % 8 ? PENDING : NONE, "id");
        break;

    case JOINED:
        break;

    case UNSETTLED_START:
        ngx_memcpy(reference, f->view.reference, 16);
        (void) ngx_http_phone_verify_store_started(&f->zone, reference, ERROR,
                                                   NO_REASON, NULL);
        return;

    case BUSY:
        (void) ngx_atomic_fetch_add(&all->busy, 1);
        return;

    default:
        return;
    }

    if (look(f, n) != NGX_OK) {

        /* unless it has ended in the meantime, for all but this one */

        if (all->msec - ngx_current_msec < f->policy.ttl) {
            (void) ngx_atomic_fetch_add(&all->wrong, 1);
        }

        return;
    }

    if (report(f, n, n, n) != GO) {
        return;
    }

    ngx_memcpy(reference, f->view.reference, 16);

    if ((x >> 20) % 4) {
        (void) ngx_http_phone_verify_store_reported(&f->zone,
                                                    name_of("session", n),
                                                    reference, FAIL,
                                                    INVALID_CODE, 0,
                                                    name_of("code", n), NULL,
                                                    &f->view, &f->grant);
        return;
    }

    if (ngx_http_phone_verify_store_reported(&f->zone, name_of("session", n),
                                             reference, SUCCESSFUL, NO_REASON,
                                             0, name_of("code", n),
                                             name_of("grant", n), &f->view,
                                             &f->grant)
        != NGX_OK)
    {
        return;
    }

    (void) ngx_atomic_fetch_add(&all->granted, 1);

    if (ngx_memcmp(f->grant.session, name_of("grant", n), 16) != 0) {
        (void) ngx_atomic_fetch_add(&all->wrong, 1);
    }

    /* a verification is given once, in its time; some share a place */

    ngx_memcpy(&v, reference, sizeof(v));

    if (all->given[v % PLACES] == v
        && all->msec - ngx_current_msec < f->policy.ttl)
    {
        (void) ngx_atomic_fetch_add(&all->wrong, 1);
    }

    all->given[v % PLACES] = v;
}
