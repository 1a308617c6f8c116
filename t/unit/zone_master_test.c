
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "store_fixture.h"


/*
 * A worker dies inside the zone while the master reads a configuration: the
 * master takes the mutex from it, for nobody would give it back, and mends.
 */


void ngx_http_phone_verify_unit_zone_master(ngx_http_phone_verify_unit_t *u);


void
ngx_http_phone_verify_unit_zone_master(ngx_http_phone_verify_unit_t *u)
{
    int                                 status;
    pid_t                               pid;
    ngx_uint_t                          process, use_stderr;
    siginfo_t                           info;
    ngx_http_phone_verify_unit_store_t  f;

    ngx_http_phone_verify_unit_store_shared(u, &f, 256 * 1024);

    running(&f, 1, 1, NUMBER);

    pid = fork();

    if (pid == 0) {
        ngx_pid = getpid();
        ngx_http_phone_verify_zone_lock(&f.zone);
        _exit(0);
    }

    /* dead, and not yet asked for its status */

    ok(u, waitid(P_PID, (id_t) pid, &info, WEXITED|WNOWAIT) == 0, "it died");
    is(u, *f.zone.shpool->mutex.lock, pid, "with the mutex");

    /* that the zone was mended goes to the log alone */

    use_stderr = ngx_use_stderr;
    ngx_use_stderr = 0;

    process = ngx_process;
    ngx_process = NGX_PROCESS_MASTER;

    running(&f, 2, 2, NUMBER + 1);

    ngx_process = process;
    ngx_use_stderr = use_stderr;

    is(u, f.zone.sh->mended, 1, "the master has taken it, and mended");
    is(u, look(&f, 1), NGX_OK, "what was there is there");
    is(u, look(&f, 2), NGX_OK, "and what is new");
    is(u, *f.zone.shpool->mutex.lock, 0, "the mutex is free");
    is(u, waitpid(pid, &status, 0), pid, "whose it was can be asked for still");

    ngx_http_phone_verify_unit_store_done(&f);
}
