
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "store_fixture.h"
#include "verification/grant.h"
#include "verification/revoke.h"
#include "verification/token/keys.h"


/*
 * Revocations by number and of all grants: those from before, and no others,
 * also when the keys have changed, and out of the file.  Abuse case 18.
 */


void ngx_http_phone_verify_unit_revoke(ngx_http_phone_verify_unit_t *u);

static ngx_uint_t ngx_http_phone_verify_unit_revoke_gone(
    ngx_http_phone_verify_app_t *app, ngx_http_phone_verify_number_t number,
    time_t issued);
static void ngx_http_phone_verify_unit_revoke_far(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_app_t *app);
static void ngx_http_phone_verify_unit_revoke_many(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_app_t *app);
static void ngx_http_phone_verify_unit_revoke_full(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_app_t *app);
static void ngx_http_phone_verify_unit_revoke_reuse(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_app_t *app);
static ngx_int_t ngx_http_phone_verify_unit_revoke_grant(
    ngx_http_phone_verify_app_t *app, ngx_http_phone_verify_unit_store_t *f);
static ngx_uint_t ngx_http_phone_verify_unit_revoke_used(
    ngx_http_phone_verify_app_t *app);
static off_t ngx_http_phone_verify_unit_revoke_size(
    ngx_http_phone_verify_app_t *app);


void
ngx_http_phone_verify_unit_revoke(ngx_http_phone_verify_unit_t *u)
{
    time_t                              now;
    ngx_str_t                           name, path;
    ngx_time_t                         *tp;
    ngx_uint_t                          fallback;
    ngx_open_file_t                     file;
    ngx_http_phone_verify_app_t         app, later;
    ngx_http_phone_verify_keys_t        rotated;
    ngx_http_phone_verify_unit_store_t  f, g;

    ngx_http_phone_verify_unit_store(u, &f, 131072);

    ngx_memzero(&app, sizeof(ngx_http_phone_verify_app_t));
    ngx_str_set(&name, "revoke");

    app.name = name;
    app.zone = &f.zone;
    app.session_ttl = 600;
    app.keys = ngx_http_phone_verify_keys_create(u->cf, &name, NULL,
                                                 &fallback);

    ngx_str_set(&path, "revocations");
    (void) ngx_conf_full_name(u->cf->cycle, &path, 0);

    ngx_memzero(&file, sizeof(ngx_open_file_t));

    file.name = path;
    (void) ngx_delete_file(path.data);
    file.fd = ngx_open_file(path.data, NGX_FILE_APPEND, NGX_FILE_CREATE_OR_OPEN,
                            NGX_FILE_DEFAULT_ACCESS);
    ok(u, file.fd != NGX_INVALID_FILE, "a file");

    app.revocation_file = &file;

    /* ahead of the machine's clock, which does not stand still */

    wait_msec(3600000);

    now = ngx_time();

    is(u, ngx_http_phone_verify_unit_revoke_gone(&app, NUMBER, now - 5), 0,
       "nothing is revoked");

    is(u, ngx_http_phone_verify_revoke_number(&app, NUMBER), NGX_OK,
       "a number");
    is(u, ngx_http_phone_verify_unit_revoke_gone(&app, NUMBER, now - 5), 1,
       "case 18: a grant from before");
    is(u, ngx_http_phone_verify_unit_revoke_gone(&app, NUMBER, now), 1,
       "case 18: of the same second");
    is(u, ngx_http_phone_verify_unit_revoke_gone(&app, NUMBER, now + 1), 0,
       "case 18: a later one");
    is(u, ngx_http_phone_verify_unit_revoke_gone(&app, NUMBER + 1, now - 5), 0,
       "another number");

    wait_msec(10000);

    is(u, ngx_http_phone_verify_revoke_number(&app, NUMBER), NGX_OK, "again");
    is(u, ngx_http_phone_verify_unit_revoke_gone(&app, NUMBER, now + 10), 1,
       "up to now");
    is(u, ngx_http_phone_verify_unit_revoke_gone(&app, NUMBER, now + 11), 0,
       "a later one");

    is(u, ngx_http_phone_verify_revoke_session(&app, name_of("grant", 7),
                                               now + 600),
       NGX_OK, "a session");

    /* the key is no longer the first one */

    ngx_memzero(&rotated, sizeof(ngx_http_phone_verify_keys_t));

    rotated.n = 2;
    rotated.key[1] = app.keys->key[0];
    rotated.key[0].number[0] = 1;

    later = app;
    later.keys = &rotated;

    is(u, ngx_http_phone_verify_unit_revoke_gone(&later, NUMBER, now), 1,
       "after a change of keys");
    is(u, ngx_http_phone_verify_unit_revoke_gone(&later, NUMBER + 1, now), 0,
       "another number");

    /* a worker has died inside */

    f.zone.sh->dirty = 1;
    (void) ngx_http_phone_verify_revoke(&f.zone, name_of("grant", 8),
                                        now + 600);
    is(u, f.zone.sh->mended, 1, "mended");
    is(u, ngx_http_phone_verify_unit_revoke_gone(&app, NUMBER, now), 1,
       "as it was");

    /* a restart: another zone, the same file */

    ngx_http_phone_verify_unit_store(u, &g, 131072);

    later = app;
    later.zone = &g.zone;

    is(u, ngx_http_phone_verify_unit_revoke_gone(&later, NUMBER, now), 0,
       "an empty zone");
    is(u, ngx_http_phone_verify_revocations_load(u->cf->cycle, &later, 1),
       NGX_OK, "the file");
    is(u, ngx_http_phone_verify_unit_revoke_gone(&later, NUMBER, now + 10), 1,
       "case 18: the number");
    is(u, ngx_http_phone_verify_unit_revoke_gone(&later, NUMBER, now + 11), 0,
       "case 18: a later grant");
    is(u, ngx_http_phone_verify_revoked(&g.zone, name_of("grant", 7)), 1,
       "case 18: the session");
    is(u, ngx_http_phone_verify_revoked(&g.zone, name_of("grant", 8)), 0,
       "what was not written down");

    /* this worker has not looked at the clock for a while, another has */

    now = ngx_time();
    tp = ngx_timeofday();
    tp->sec = time(NULL) - 30;

    is(u, ngx_http_phone_verify_revoke_number(&app, NUMBER + 2), NGX_OK,
       "a number, by a worker that is behind");
    is(u, ngx_http_phone_verify_unit_revoke_gone(&app, NUMBER + 2,
                                                 time(NULL) - 1), 1,
       "case 18: a grant that another worker gave a moment ago");
    is(u, ngx_http_phone_verify_revoke_all(&app), NGX_OK,
       "all, by a worker that is behind");
    is(u, ngx_http_phone_verify_unit_revoke_gone(&app, NUMBER + 3,
                                                 time(NULL) - 1), 1,
       "case 18: a grant that another worker gave a moment ago");

    tp->sec = now;

    /* all */

    is(u, ngx_http_phone_verify_revoke_all(&app), NGX_OK, "all");
    is(u, ngx_http_phone_verify_unit_revoke_gone(&app, NUMBER + 1,
                                                 ngx_time()), 1,
       "case 18: any grant");
    is(u, ngx_http_phone_verify_unit_revoke_gone(&app, NUMBER + 1,
                                                 ngx_time() + 1), 0,
       "case 18: a later one");
    is(u, ngx_http_phone_verify_revocations_load(u->cf->cycle, &later, 1),
       NGX_OK, "the file again");
    is(u, ngx_http_phone_verify_unit_revoke_gone(&later, NUMBER + 1,
                                                 ngx_time()), 1,
       "case 18: any grant");

    /* what cannot be written was not revoked */

    (void) ngx_close_file(file.fd);
    file.fd = ngx_open_file((u_char *) "/dev/full", NGX_FILE_APPEND,
                            NGX_FILE_OPEN, 0);

    is(u, ngx_http_phone_verify_revoke_number(&app, NUMBER + 2), NGX_ERROR,
       "a full disk: no number");
    is(u, ngx_http_phone_verify_unit_revoke_gone(&app, NUMBER + 2,
                                                 ngx_time() + 1), 0,
       "it is not revoked");
    is(u, ngx_http_phone_verify_revoke_all(&app), NGX_ERROR, "not all");
    is(u, ngx_http_phone_verify_revoke_session(&app, name_of("grant", 9),
                                               now + 600),
       NGX_ERROR, "no session");
    is(u, ngx_http_phone_verify_revoked(&f.zone, name_of("grant", 9)), 0,
       "it is not revoked");

    (void) ngx_close_file(file.fd);
    (void) ngx_delete_file(path.data);

    ngx_http_phone_verify_unit_revoke_far(u, &app);

    app.revocation_file = NULL;
    ngx_http_phone_verify_unit_revoke_many(u, &app);

    file.fd = ngx_open_file(path.data, NGX_FILE_APPEND, NGX_FILE_CREATE_OR_OPEN,
                            NGX_FILE_DEFAULT_ACCESS);
    app.revocation_file = &file;
    ngx_http_phone_verify_unit_revoke_full(u, &app);
    ngx_http_phone_verify_unit_revoke_reuse(u, &app);

    (void) ngx_close_file(file.fd);
    (void) ngx_delete_file(path.data);

    ngx_http_phone_verify_unit_store_done(&g);
    ngx_http_phone_verify_unit_store_done(&f);
}


/* Times of a file that somebody has edited: as far away as can be written. */

static void
ngx_http_phone_verify_unit_revoke_far(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_app_t *app)
{
    u_char                             *p;
    u_char                              text[256];
    uint64_t                            hash;
    ngx_open_file_t                    *file;
    ngx_http_phone_verify_app_t         later;
    ngx_http_phone_verify_unit_store_t  f;

    file = app->revocation_file;

    is(u, ngx_http_phone_verify_number_hash(app->keys, 0, NUMBER, &hash),
       NGX_OK, "a hash");

    p = ngx_cpymem(text, "S ", 2);
    p = ngx_hex_dump(p, name_of("grant", 7), 16);
    p = ngx_cpymem(p, " 9223372036854775807\nN ", 23);
    p = ngx_hex_dump(p, (u_char *) &hash, sizeof(hash));
    p = ngx_cpymem(p, " 4294967301 9223372036854775807\n", 32);

    file->fd = ngx_open_file(file->name.data, NGX_FILE_APPEND,
                             NGX_FILE_CREATE_OR_OPEN, NGX_FILE_DEFAULT_ACCESS);
    is(u, ngx_write_fd(file->fd, text, p - text), p - text, "a file");

    ngx_http_phone_verify_unit_store(u, &f, 131072);

    later = *app;
    later.zone = &f.zone;

    is(u, ngx_http_phone_verify_revocations_load(u->cf->cycle, &later, 1),
       NGX_OK, "the file");
    is(u, ngx_http_phone_verify_revoked(&f.zone, name_of("grant", 7)), 1,
       "a session, for ever");
    is(u, ngx_http_phone_verify_unit_revoke_gone(&later, NUMBER, ngx_time()),
       1, "a number, up to a time beyond 32 bits");
    is(u, ngx_http_phone_verify_unit_revoke_gone(&later, NUMBER + 1,
                                                 ngx_time()), 0,
       "another number");

    (void) ngx_close_file(file->fd);
    (void) ngx_delete_file(file->name.data);

    ngx_http_phone_verify_unit_store_done(&f);
}


/* Case 25: what is revoked of one number is of no other. */

static void
ngx_http_phone_verify_unit_revoke_many(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_app_t *app)
{
    time_t      t;
    ngx_uint_t  i, bad;

    wait_msec(10000);

    t = ngx_time();

    for (i = 0, bad = 0; i < 300; i++) {
        bad += (ngx_http_phone_verify_revoke_number(app, NUMBER + 2 * i)
                != NGX_OK);
    }

    is(u, bad, 0, "many numbers");

    for (i = 0, bad = 0; i < 100000; i++) {
        bad += (ngx_http_phone_verify_unit_revoke_gone(app, NUMBER + i, t)
                != (i < 600 && i % 2 == 0));
    }

    is(u, bad, 0, "case 25: those, and no others");

    /* they end, and with the last of them what they cost */

    wait_msec(31 * 24 * 3600 * (ngx_msec_t) 1000);

    for (i = 0; i < 10000; i++) {
        (void) ngx_http_phone_verify_revoke(app->zone, name_of("grant", i % 4),
                                            ngx_time() + 10);
    }

    for (i = 0, bad = 0; i < 600; i++) {
        bad += ngx_http_phone_verify_unit_revoke_gone(app, NUMBER + i, t);
    }

    is(u, bad, 0, "they have ended");
}


/* What the zone has no room for is not written down, either. */

static void
ngx_http_phone_verify_unit_revoke_full(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_app_t *app)
{
    off_t       size;
    time_t      until;
    ngx_fd_t    fd;
    ngx_uint_t  n, used;

    until = ngx_time() + 1000;

    /* what is not written down keeps no room */

    fd = app->revocation_file->fd;
    app->revocation_file->fd = ngx_open_file((u_char *) "/dev/full",
                                             NGX_FILE_APPEND, NGX_FILE_OPEN, 0);

    used = ngx_http_phone_verify_unit_revoke_used(app);

    is(u, ngx_http_phone_verify_revoke_session(app, name_of("full", 0), until),
       NGX_ERROR, "a full disk");
    is(u, ngx_http_phone_verify_unit_revoke_used(app), used,
       "the room is given back");

    (void) ngx_close_file(app->revocation_file->fd);
    app->revocation_file->fd = fd;

    is(u, ngx_http_phone_verify_revoke_number(app, NUMBER), NGX_OK,
       "a number");

    for (n = 0;
         ngx_http_phone_verify_revoke_session(app, name_of("full", n), until)
         == NGX_OK;
         n++)
    {
        /* void */
    }

    ok(u, n > 100, "a full zone: %u", (unsigned) n);

    size = ngx_http_phone_verify_unit_revoke_size(app);

    is(u, ngx_http_phone_verify_revoke_session(app, name_of("full", n), until),
       NGX_ERROR, "no session");
    is(u, ngx_http_phone_verify_revoke_number(app, NUMBER + 1), NGX_ERROR,
       "no number");
    is(u, ngx_http_phone_verify_unit_revoke_size(app), size,
       "and no line of them");

    /* what is there needs none */

    is(u, ngx_http_phone_verify_revoke_session(app, name_of("full", 1), until),
       NGX_OK, "one of them again");
    is(u, ngx_http_phone_verify_revoke_number(app, NUMBER), NGX_OK,
       "the number again");
    ok(u, ngx_http_phone_verify_unit_revoke_size(app) > size, "two lines");

    /* the room of a process that has died in between */

    wait_msec(1100000);

    is(u, ngx_http_phone_verify_revoke_session(app, name_of("full", n),
                                               ngx_time() + 1000),
       NGX_OK, "they have ended");

    for (n = 0; n < 5000; n++) {
        (void) ngx_http_phone_verify_revoke(app->zone, name_of("grant", 1),
                                            ngx_time() + 100);
    }

    used = ngx_http_phone_verify_unit_revoke_used(app);

    is(u, ngx_http_phone_verify_revoke_room(app->zone, name_of("full", 7), 0),
       NGX_OK, "room");
    is(u, ngx_http_phone_verify_unit_revoke_used(app), used + 1, "is kept");
    is(u, ngx_http_phone_verify_revoke_room(app->zone, NULL, 7), NGX_OK,
       "room again");
    is(u, ngx_http_phone_verify_unit_revoke_used(app), used + 1, "once");

    ngx_pid++;
    wait_msec(62000);

    for (n = 0; n < 5000; n++) {
        (void) ngx_http_phone_verify_revoke(app->zone, name_of("grant", 1),
                                            ngx_time() + 100);
    }

    ngx_pid--;

    is(u, ngx_http_phone_verify_unit_revoke_used(app), used, "for a minute");
}


/*
 * Case 25: what "number_reuse" refuses may be another request's grant already,
 * which has asked for the same session: nobody may have it.
 */

static void
ngx_http_phone_verify_unit_revoke_reuse(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_app_t *app)
{
    off_t                               size;
    time_t                              verified;
    ngx_uint_t                          i, n;
    ngx_http_phone_verify_app_t         one;
    ngx_http_phone_verify_unit_store_t  f;

    ngx_http_phone_verify_unit_store(u, &f, 131072);

    one = *app;
    one.zone = &f.zone;
    one.reuse_count = 1;
    one.reuse_period = 3600;

    for (i = 1; i <= 3; i++) {
        running(&f, i, i, NUMBER);
        is(u, report(&f, i, i, i), GO, "a report");
        is(u, reported(&f, i, i, SUCCESSFUL, NO_REASON, 0, i, i), NGX_OK,
           "of the right code");

        if (i == 1) {
            is(u, ngx_http_phone_verify_unit_revoke_grant(&one, &f), NGX_OK,
               "the first session of a number");
            continue;
        }

        if (i == 3) {

            /* no room for a revocation */

            for (n = 0;
                 ngx_http_phone_verify_revoke(&f.zone, name_of("full", n),
                                              ngx_time() + 1000)
                 == NGX_OK;
                 n++)
            {
                /* void */
            }
        }

        size = ngx_http_phone_verify_unit_revoke_size(&one);
        verified = f.grant.verified;

        is(u, ngx_http_phone_verify_unit_revoke_grant(&one, &f), NGX_BUSY,
           "case 25: no other");
        is(u, report(&f, i, i, i), ENDED, "case 25: not by a report again");
        is(u, f.view.status, NONE, "of which nothing is left");
        is(u, claim(&f, i, i), NGX_DECLINED, "case 25: nor by a claim");

        if (i == 3) {
            continue;
        }

        ok(u, ngx_http_phone_verify_unit_revoke_size(&one) > size,
           "written down");

        /* as long as it could have been good for somebody */

        wait_msec(one.session_ttl * (ngx_msec_t) 1000 - 1000);

        for (n = 0; n < 5000; n++) {
            (void) ngx_http_phone_verify_revoke(&f.zone, name_of("x", 1),
                                                ngx_time() + 100);
        }

        is(u, ngx_http_phone_verify_revoked_grant(&f.zone, one.keys,
                                                  name_of("grant", i), NUMBER,
                                                  verified),
           1, "case 25: for as long as a grant is good");
    }

    ngx_http_phone_verify_unit_store_done(&f);
}


/* What a report makes of its grant. */

static ngx_int_t
ngx_http_phone_verify_unit_revoke_grant(ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_unit_store_t *f)
{
    u_char                           bind[NGX_HTTP_PHONE_VERIFY_BIND_LEN];
    ngx_uint_t                       wait;
    ngx_http_phone_verify_token_t    token;
    ngx_http_phone_verify_receipt_t  receipt;

    ngx_memzero(bind, sizeof(bind));

    receipt.bind = bind;
    receipt.fresh = 1;
    receipt.renews = 0;

    return ngx_http_phone_verify_grant(app, &f->grant, &receipt, &token, &wait,
                                       f->u->log);
}


static ngx_uint_t
ngx_http_phone_verify_unit_revoke_used(ngx_http_phone_verify_app_t *app)
{
    ngx_http_phone_verify_zone_usage_t  usage;

    ngx_http_phone_verify_zone_usage(app->zone, &usage);

    return usage.revocations;
}


static off_t
ngx_http_phone_verify_unit_revoke_size(ngx_http_phone_verify_app_t *app)
{
    ngx_file_info_t  fi;

    return (ngx_fd_info(app->revocation_file->fd, &fi) == NGX_FILE_ERROR)
           ? -1 : ngx_file_size(&fi);
}


static ngx_uint_t
ngx_http_phone_verify_unit_revoke_gone(ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number, time_t issued)
{
    return ngx_http_phone_verify_revoked_grant(app->zone, app->keys,
                                               name_of("grant", 1000), number,
                                               issued);
}
