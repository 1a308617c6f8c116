
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "store_fixture.h"
#include "verification/store/pending.h"


/*
 * What is in the zone is touched inside its critical section alone: a build
 * that looks (NGX_HTTP_PHONE_VERIFY_LOCKS) ends whoever is not.  This is the
 * negative control: with the mutex taken away each function is caught.
 */


void ngx_http_phone_verify_unit_zone_lock(ngx_http_phone_verify_unit_t *u);


#if (NGX_HTTP_PHONE_VERIFY_LOCKS)

typedef void (*ngx_http_phone_verify_unit_act_pt)(
    ngx_http_phone_verify_unit_store_t *f);


static void
ngx_http_phone_verify_unit_act_start(ngx_http_phone_verify_unit_store_t *f)
{
    (void) start(f, 9, 9, NUMBER + 9, SMS, 0);
}


static void
ngx_http_phone_verify_unit_act_started(ngx_http_phone_verify_unit_store_t *f)
{
    (void) started(f, 1, PENDING, "id");
}


static void
ngx_http_phone_verify_unit_act_report(ngx_http_phone_verify_unit_store_t *f)
{
    (void) report(f, 1, 1, 1);
}


static void
ngx_http_phone_verify_unit_act_reported(ngx_http_phone_verify_unit_store_t *f)
{
    (void) reported(f, 1, 1, FAIL, INVALID_CODE, 0, 1, 1);
}


static void
ngx_http_phone_verify_unit_act_unsent(ngx_http_phone_verify_unit_store_t *f)
{
    unsent(f, 1, 1, 0);
}


static void
ngx_http_phone_verify_unit_act_claim(ngx_http_phone_verify_unit_store_t *f)
{
    (void) claim(f, 1, 1);
}


static void
ngx_http_phone_verify_unit_act_look(ngx_http_phone_verify_unit_store_t *f)
{
    (void) look(f, 1);
}


static void
ngx_http_phone_verify_unit_act_event(ngx_http_phone_verify_unit_store_t *f)
{
    (void) event(f, 1, "id", SUCCESSFUL, NO_REASON);
}


static void
ngx_http_phone_verify_unit_act_forget(ngx_http_phone_verify_unit_store_t *f)
{
    forget(f, 1);
}


static void
ngx_http_phone_verify_unit_act_wait(ngx_http_phone_verify_unit_store_t *f)
{
    (void) ngx_http_phone_verify_store_wait_begin(&f->zone,
                                                  name_of("session", 1));
}


static void
ngx_http_phone_verify_unit_act_revoke(ngx_http_phone_verify_unit_store_t *f)
{
    (void) ngx_http_phone_verify_revoke(&f->zone, name_of("session", 1),
                                        ngx_time() + 60);
}


static void
ngx_http_phone_verify_unit_act_revoked(ngx_http_phone_verify_unit_store_t *f)
{
    /* a bit is set, so that the nodes are looked at */

    (void) ngx_http_phone_verify_revoked(&f->zone, name_of("session", 7));
}


static void
ngx_http_phone_verify_unit_act_before(ngx_http_phone_verify_unit_store_t *f)
{
    ngx_http_phone_verify_revoke_before(&f->zone, ngx_time());
}


static void
ngx_http_phone_verify_unit_act_twice(ngx_http_phone_verify_unit_store_t *f)
{
    f->zone.unlocked = 0;

    ngx_http_phone_verify_zone_lock(&f->zone);
    ngx_http_phone_verify_zone_lock(&f->zone);
}


static void
ngx_http_phone_verify_unit_act_unlock(ngx_http_phone_verify_unit_store_t *f)
{
    f->zone.unlocked = 0;

    ngx_http_phone_verify_zone_unlock(&f->zone);
}


/* Whoever believes to have the mutex, and has it not. */

static void
ngx_http_phone_verify_unit_act_believe(ngx_http_phone_verify_unit_store_t *f)
{
    f->zone.unlocked = 0;

    ngx_http_phone_verify_zone_lock(&f->zone);
    ngx_shmtx_unlock(&f->zone.shpool->mutex);

    (void) ngx_http_phone_verify_zone_region(&f->zone, PENDING);
}


static const struct {
    const char                         *name;
    ngx_http_phone_verify_unit_act_pt   act;
} ngx_http_phone_verify_unit_acts[] = {
    { "start",          ngx_http_phone_verify_unit_act_start },
    { "started",        ngx_http_phone_verify_unit_act_started },
    { "report",         ngx_http_phone_verify_unit_act_report },
    { "reported",       ngx_http_phone_verify_unit_act_reported },
    { "unsent",         ngx_http_phone_verify_unit_act_unsent },
    { "claim",          ngx_http_phone_verify_unit_act_claim },
    { "look",           ngx_http_phone_verify_unit_act_look },
    { "event",          ngx_http_phone_verify_unit_act_event },
    { "forget",         ngx_http_phone_verify_unit_act_forget },
    { "wait",           ngx_http_phone_verify_unit_act_wait },
    { "revoke",         ngx_http_phone_verify_unit_act_revoke },
    { "revoked",        ngx_http_phone_verify_unit_act_revoked },
    { "revoke before",  ngx_http_phone_verify_unit_act_before },
    { "lock twice",     ngx_http_phone_verify_unit_act_twice },
    { "unlock",         ngx_http_phone_verify_unit_act_unlock },
    { "belief",         ngx_http_phone_verify_unit_act_believe }
};


/* Whether it ends a process, in which the mutex is as "unlocked" says. */

static ngx_uint_t
ngx_http_phone_verify_unit_caught(ngx_http_phone_verify_unit_store_t *f,
    ngx_http_phone_verify_unit_act_pt act, ngx_uint_t unlocked)
{
    int    status;
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        (void) close(STDERR_FILENO);

        f->zone.unlocked = unlocked;
        ngx_cycle->log->log_level = 0;

        act(f);
        _exit(0);
    }

    return pid != -1 && waitpid(pid, &status, 0) == pid
           && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}


void
ngx_http_phone_verify_unit_zone_lock(ngx_http_phone_verify_unit_t *u)
{
    ngx_uint_t                          i, n;
    ngx_http_phone_verify_unit_store_t  f;

    ngx_http_phone_verify_unit_store(u, &f, 256 * 1024);

    running(&f, 1, 1, NUMBER);
    (void) ngx_http_phone_verify_revoke(&f.zone, name_of("session", 7),
                                        ngx_time() + 60);

    n = sizeof(ngx_http_phone_verify_unit_acts)
        / sizeof(ngx_http_phone_verify_unit_acts[0]);

    for (i = 0; i < n; i++) {
        is(u, ngx_http_phone_verify_unit_caught(&f,
                                   ngx_http_phone_verify_unit_acts[i].act, 1),
           1, "%s without the mutex is caught",
           ngx_http_phone_verify_unit_acts[i].name);

        /* the last three are wrong with it */

        is(u, ngx_http_phone_verify_unit_caught(&f,
                                   ngx_http_phone_verify_unit_acts[i].act, 0),
           i >= n - 3, "%s with it",
           ngx_http_phone_verify_unit_acts[i].name);
    }

    ngx_http_phone_verify_unit_store_done(&f);
}

#else

void
ngx_http_phone_verify_unit_zone_lock(ngx_http_phone_verify_unit_t *u)
{
    ok(u, 1, "# skip: this build does not look");
}

#endif
