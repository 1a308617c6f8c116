
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include "store_fixture.h"


/*
 * A worker is killed inside of the zone: at one machine instruction after
 * another of each function, by a debugger's single steps.  Whatever was half
 * done, those who come next find a zone that is sound, everybody else where
 * they were, and themselves either before or behind what was to be done.
 */


void ngx_http_phone_verify_unit_store_crash(ngx_http_phone_verify_unit_t *u);


#define SAMPLES  20    /* of each function */


typedef struct {
    const char   *name;
    void        (*prepare)(ngx_http_phone_verify_unit_store_t *f, uint64_t n);
    void        (*run)(ngx_http_phone_verify_unit_store_t *f, uint64_t n);
    const char *(*check)(ngx_http_phone_verify_unit_store_t *f, uint64_t n);
} ngx_http_phone_verify_unit_crash_t;


static ngx_uint_t ngx_http_phone_verify_unit_crash_possible(void);
static ngx_uint_t ngx_http_phone_verify_unit_crash(
    ngx_http_phone_verify_unit_store_t *f,
    const ngx_http_phone_verify_unit_crash_t *c, uint64_t n, ngx_uint_t steps);
static ngx_uint_t ngx_http_phone_verify_unit_crash_step(pid_t pid);
static void ngx_http_phone_verify_unit_crash_kill(pid_t pid);


/* Each has its own numbers: 100 * n is a session, a verification, a number. */

#define N  (100 * n)


static void
crash_nothing(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    /* void */
}


static void
crash_running(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    (void) start(f, N, N, NUMBER + N, SMS, 0);
    (void) started(f, N, PENDING, "id");
}


static void
crash_reported(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    crash_running(f, n);
    (void) report(f, N, N, 7);
}


/* A first start: nothing, or one that nobody knows the end of. */

static void
crash_start(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    (void) start(f, N, N, NUMBER + N, SMS, 0);
}


static const char *
crash_start_check(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    switch (start(f, N + 1, N + 1, NUMBER + N, SMS, 0)) {

    case NEW:
        return (look(f, N) == NGX_DECLINED) ? NULL : "both";

    case JOINED:
        wait_msec(10000);

        if (start(f, N + 2, N + 2, NUMBER + N, SMS, 0) != UNSETTLED_START) {
            return "not unsettled";
        }

        if (started(f, N, ERROR, "") != NGX_OK) {
            return "not settled";
        }

        return (start(f, N + 2, N + 2, NUMBER + N, SMS, 0) == NEW)
               ? NULL : "not free";
    }

    return "neither";
}


/* A resend: the first one, or the second one that nobody knows the end of. */

static void
crash_resend_prepare(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    crash_running(f, n);
    wait_msec(30000);
}


static void
crash_resend(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    (void) start(f, N + 1, N + 1, NUMBER + N, SMS, N);
}


static const char *
crash_resend_check(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    uint64_t  v;

    if (!stands(f, N, PENDING, NO_REASON)) {
        return "not pending";
    }

    wait_msec(10000);

    switch (start(f, N + 2, N + 2, NUMBER + N, SMS, N)) {

    case NEW:
        return (f->view.sends == 2) ? NULL : "not the second";

    case UNSETTLED_START:

        if (started(f, N + 1, PENDING, "id-2") != NGX_OK) {
            return "not settled";
        }

        /* the link between them is written last, and may be missing */

        if (!stands(f, N, PENDING, NO_REASON)) {
            return "not pending any more";
        }

        v = (ngx_memcmp(f->view.reference, name_of("reference", N), 16) == 0)
            ? N : N + 1;

        return (report(f, N, v, 7) == GO
                && reported(f, N, v, SUCCESSFUL, NO_REASON, 0, 7, 7) == NGX_OK)
               ? NULL : "not verified";
    }

    return "neither";
}


/* The answer to a start: as if it had not come, or it has. */

static void
crash_started(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    (void) started(f, N, PENDING, "an-id-of-some-length");
}


static const char *
crash_started_check(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    if (!stands(f, N, PENDING, NO_REASON)) {
        return "not pending";
    }

    if (f->view.id_len
        && (f->view.id_len != 20
            || ngx_memcmp(f->view.id, "an-id-of-some-length", 20) != 0))
    {
        return "a part of an id";
    }

    (void) started(f, N, PENDING, "an-id-of-some-length");

    if (!stands(f, N, PENDING, NO_REASON) || f->view.id_len != 20) {
        return "no id";
    }

    return (start(f, N + 1, N + 1, NUMBER + N, SMS, 0) == JOINED)
           ? NULL : "not running";
}


/* A report: an attempt, or none. */

static void
crash_report(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    (void) report(f, N, N, 7);
}


static const char *
crash_report_check(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    if (!stands(f, N, PENDING, NO_REASON)
        || f->view.attempts_left < 4)
    {
        return "more than an attempt";
    }

    return (report(f, N, N, 7) == GO
            && reported(f, N, N, SUCCESSFUL, NO_REASON, 0, 7, 7) == NGX_OK)
           ? NULL : "not verified";
}


/* Without a record. */

static const char *
crash_adopt_check(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    return (report(f, N, N, 7) == GO
            && reported(f, N, N, SUCCESSFUL, NO_REASON, 0, 7, 7) == NGX_OK
            && claim(f, N, 8) == NGX_OK
            && ngx_memcmp(f->grant.session, name_of("grant", 7), 16) == 0)
           ? NULL : "not verified";
}


/* The right code: it is a success, or it is asked for again; one grant. */

static void
crash_success(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    (void) reported(f, N, N, SUCCESSFUL, NO_REASON, 0, 7, 7);
}


static const char *
crash_success_check(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    ngx_uint_t  status;

    if (look(f, N) != NGX_OK) {
        return "no session";
    }

    status = f->view.status;

    if (status == PENDING) {
        return (claim(f, N, 8) == NGX_DECLINED
                && report(f, N, N, 7) == GO
                && reported(f, N, N, SUCCESSFUL, NO_REASON, 1, 7, 8) == NGX_OK)
               ? NULL : "not found by a query";
    }

    if (status != SUCCESSFUL || claim(f, N, 8) != NGX_OK) {
        return "neither";
    }

    /* a grant that nobody got is the same for who comes again */

    if (ngx_memcmp(f->grant.session, name_of("grant", 7), 16) != 0
        && ngx_memcmp(f->grant.session, name_of("grant", 8), 16) != 0)
    {
        return "a part of a grant";
    }

    if (f->grant.verified != ngx_time() || f->grant.number != NUMBER + N) {
        return "another's grant";
    }

    wait_msec(10001);

    return (claim(f, N, 9) == NGX_DECLINED) ? NULL : "given twice";
}


static void
crash_event(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    (void) event(f, N, "id", SUCCESSFUL, NO_REASON);
}


static const char *
crash_event_check(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    (void) event(f, N, "id", SUCCESSFUL, NO_REASON);

    return crash_success_check(f, n);
}


static void
crash_claim_prepare(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    crash_running(f, n);
    (void) event(f, N, "id", SUCCESSFUL, NO_REASON);
}


static void
crash_claim(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    (void) claim(f, N, 7);
}


/* A resend that is refused: the first one goes on. */

static void
crash_refused_prepare(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    crash_resend_prepare(f, n);
    crash_resend(f, n);
}


static void
crash_refused(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    (void) started(f, N + 1, ERROR, "");
}


static const char *
crash_refused_check(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    if (!stands(f, N, PENDING, NO_REASON)) {
        return "not pending";
    }

    (void) started(f, N + 1, ERROR, "");

    if (!stands(f, N + 1, ERROR, NO_REASON)) {
        return "not refused";
    }

    if (!stands(f, N, PENDING, NO_REASON)
        || ngx_memcmp(f->view.reference, name_of("reference", N), 16) != 0)
    {
        return "the first one does not go on";
    }

    return (start(f, N + 2, N + 2, NUMBER + N, SMS, N) == NEW)
           ? NULL : "not free";
}


/* Those that have ended go, when somebody else comes. */

static void
crash_expire_prepare(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    uint64_t  i;

    for (i = 0; i < 4; i++) {
        (void) start(f, N + i, N + i, NUMBER + N + i, SMS, 0);
    }

    wait_msec(360001);
}


static void
crash_expire(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    (void) start(f, N + 10, N + 10, NUMBER + N + 10, SMS, 0);
}


static const char *
crash_expire_check(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    uint64_t  i;

    if (start(f, N + 20, N + 20, NUMBER + N + 20, SMS, 0) != NEW
        || start(f, N + 21, N + 21, NUMBER + N + 21, SMS, 0) != NEW)
    {
        return "no room";
    }

    for (i = 0; i < 4; i++) {

        if (look(f, N + i) != NGX_DECLINED
            || event(f, N + i, "", PENDING, NO_REASON) != NGX_DECLINED)
        {
            return "not gone";
        }
    }

    return NULL;
}


static void
crash_revoke(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    (void) ngx_http_phone_verify_revoke(&f->zone, name_of("grant", N),
                                        ngx_time() + 5);
}


static const char *
crash_revoke_check(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    crash_revoke(f, n);

    if (!ngx_http_phone_verify_revoked(&f->zone, name_of("grant", N))) {
        return "not revoked";
    }

    return ngx_http_phone_verify_revoked(&f->zone, name_of("grant", N + 50))
           ? "another revoked" : NULL;
}


/* Some that have ended are in the way of the hand. */

static void
crash_sweep_prepare(ngx_http_phone_verify_unit_store_t *f, uint64_t n)
{
    uint64_t  i;

    for (i = 1; i < 20; i++) {
        (void) ngx_http_phone_verify_revoke(&f->zone, name_of("grant", N + i),
                                            ngx_time() - 50);
    }

    wait_msec(20000);
}


static const ngx_http_phone_verify_unit_crash_t
    ngx_http_phone_verify_unit_crashes[] =
{
    { "start", crash_nothing, crash_start, crash_start_check },
    { "resend", crash_resend_prepare, crash_resend, crash_resend_check },
    { "started", crash_start, crash_started, crash_started_check },
    { "report", crash_running, crash_report, crash_report_check },
    { "adopt", crash_nothing, crash_report, crash_adopt_check },
    { "success", crash_reported, crash_success, crash_success_check },
    { "event", crash_running, crash_event, crash_event_check },
    { "claim", crash_claim_prepare, crash_claim, crash_success_check },
    { "refused", crash_refused_prepare, crash_refused, crash_refused_check },
    { "expire", crash_expire_prepare, crash_expire, crash_expire_check },
    { "revoke", crash_nothing, crash_revoke, crash_revoke_check },
    { "sweep", crash_sweep_prepare, crash_revoke, crash_revoke_check },
    { NULL, NULL, NULL, NULL }
};


void
ngx_http_phone_verify_unit_store_crash(ngx_http_phone_verify_unit_t *u)
{
    uint64_t                                   n;
    ngx_uint_t                                 i, steps, all, use_stderr;
    const char                                *wrong;
    ngx_atomic_uint_t                          mended;
    ngx_http_phone_verify_unit_store_t         f;
    const ngx_http_phone_verify_unit_crash_t  *c;

    if (!ngx_http_phone_verify_unit_crash_possible()) {
        ngx_http_phone_verify_unit_note(u, "no process may be traced here: "
                                        "nobody is killed");
        return;
    }

    /* each time the zone says that it was mended */

    use_stderr = ngx_use_stderr;
    ngx_use_stderr = 0;

    n = 0;

    for (c = ngx_http_phone_verify_unit_crashes; c->name; c++) {

        ngx_http_phone_verify_unit_store_shared(u, &f, 1024 * 1024);

        /* somebody else, revoked and not, who is not to be touched */

        running(&f, 1, 1, NUMBER);
        (void) ngx_http_phone_verify_revoke(&f.zone, name_of("grant", 1),
                                            ngx_time() + 1000000);

        /* how long it is from the lock to the end */

        all = ngx_http_phone_verify_unit_crash(&f, c, ++n, 0);

        ok(u, all > 10, "%s: %u instructions inside", c->name, (unsigned) all);

        mended = f.zone.sh->mended;
        wrong = NULL;

        for (i = 0; i < SAMPLES && wrong == NULL; i++) {
            f.zone.sh->mended = 0;
            n++;

            steps = 1 + i * (all - 1) / SAMPLES;

            (void) ngx_http_phone_verify_unit_crash(&f, c, n, steps);

            wrong = c->check(&f, n);

            if (wrong == NULL && f.zone.sh->mended != 1) {
                wrong = "it was not mended";
            }

            if (wrong == NULL) {
                wrong = sound(&f.zone);
            }

            if (wrong == NULL
                && !ngx_http_phone_verify_revoked(&f.zone,
                                                  name_of("grant", 1)))
            {
                wrong = "somebody's revocation is lost";
            }

            /* who was there before, as long as the time is */

            if (wrong == NULL && look(&f, 1) == NGX_OK
                && f.view.reason != EXPIRED
                && !stands(&f, 1, PENDING, NO_REASON))
            {
                wrong = "somebody else is not pending any more";
            }

            if (wrong) {
                ngx_http_phone_verify_unit_note(u, "killed after %u of %u",
                                                (unsigned) steps,
                                                (unsigned) all);
            }
        }

        is(u, mended, 0, "%s: it takes its end", c->name);
        ok(u, wrong == NULL, "%s: killed anywhere%s%s", c->name,
           wrong ? ": " : "", wrong ? wrong : "");

        ngx_http_phone_verify_unit_store_done(&f);
    }

    ngx_use_stderr = use_stderr;
}


static ngx_uint_t
ngx_http_phone_verify_unit_crash_possible(void)
{
    int    status;
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        _exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1 ? 1 : 0);
    }

    return pid != -1 && waitpid(pid, &status, 0) == pid
           && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}


/*
 * Runs a function in another process, and kills that after so many steps
 * inside of the zone; 0: never.  Returns the steps that were made.
 */

static ngx_uint_t
ngx_http_phone_verify_unit_crash(ngx_http_phone_verify_unit_store_t *f,
    const ngx_http_phone_verify_unit_crash_t *c, uint64_t n, ngx_uint_t steps)
{
    pid_t       pid;
    ngx_uint_t  made;

    c->prepare(f, n);

    pid = fork();

    if (pid == -1) {
        abort();
    }

    if (pid == 0) {
        ngx_pid = getpid();

        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1) {
            _exit(1);
        }

        (void) raise(SIGSTOP);

        c->run(f, n);

        (void) raise(SIGKILL);
    }

    if (waitpid(pid, NULL, 0) != pid) {
        abort();
    }

    while (!f->zone.sh->dirty) {

        if (!ngx_http_phone_verify_unit_crash_step(pid)) {
            return 0;
        }
    }

    for (made = 0; f->zone.sh->dirty; made++) {

        if (steps && made == steps) {
            ngx_http_phone_verify_unit_crash_kill(pid);

            /* what the master does */

            (void) ngx_shmtx_force_unlock(&f->zone.shpool->mutex, pid);

            return made;
        }

        if (!ngx_http_phone_verify_unit_crash_step(pid)) {
            return made;
        }
    }

    /* on to the end, for it has still got the mutex */

    (void) ptrace(PTRACE_CONT, pid, NULL, NULL);
    (void) waitpid(pid, NULL, 0);

    return made;
}


/* 1, or 0 where the process has ended. */

static ngx_uint_t
ngx_http_phone_verify_unit_crash_step(pid_t pid)
{
    int  status;

    if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == -1
        || waitpid(pid, &status, 0) != pid)
    {
        return 0;
    }

    return WIFSTOPPED(status) ? 1 : 0;
}


static void
ngx_http_phone_verify_unit_crash_kill(pid_t pid)
{
    int  status;

    (void) kill(pid, SIGKILL);

    while (waitpid(pid, &status, 0) == pid && !WIFSIGNALED(status)) {
        (void) ptrace(PTRACE_CONT, pid, NULL, NULL);
    }
}
