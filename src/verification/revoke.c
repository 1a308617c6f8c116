
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/file.h"
#include "verification/revoke.h"
#include "verification/store/revocation.h"


/*
 * A line of the file for each revocation, of hexadecimal digits and seconds:
 *
 *     S <session id> <until>          N <hash of number> <up to> <until>
 *     A <up to>
 *
 * Workers append it whole, by one write, before the zone knows of it: what was
 * not written is not revoked, so that who was told so asks again.  Room in the
 * zone is kept for it before: what is written has some, now and at the next
 * start.  It begins with a line end, too: a line that another write could not
 * finish (a full disk) spoils no other.
 */


/* Grants may be older than the "session_ttl" of now. */

#define NGX_HTTP_PHONE_VERIFY_REVOKE_MIN   (30 * 24 * 60 * 60)

#define NGX_HTTP_PHONE_VERIFY_REVOKE_LINE  128


typedef struct {
    const ngx_http_phone_verify_app_t  *app;
    time_t                              now;
    u_char                             *kept;    /* where the next line goes */
    ngx_uint_t                          dropped;
    ngx_uint_t                          malformed;
    ngx_uint_t                          failed;
} ngx_http_phone_verify_revocations_t;


static time_t ngx_http_phone_verify_revoke_now(void);
static time_t ngx_http_phone_verify_revoke_until(
    const ngx_http_phone_verify_app_t *app);
static ngx_int_t ngx_http_phone_verify_revoke_keep(
    const ngx_http_phone_verify_app_t *app, const u_char *id, uint64_t hash,
    u_char *line, u_char *last);
static ngx_int_t ngx_http_phone_verify_revoke_write(
    const ngx_http_phone_verify_app_t *app, u_char *line, u_char *last);
static ngx_int_t ngx_http_phone_verify_revocations_read(ngx_cycle_t *cycle,
    ngx_str_t *name, ngx_str_t *text);
static void ngx_http_phone_verify_revocations_lines(
    ngx_http_phone_verify_revocations_t *rs, ngx_str_t *text);
static ngx_int_t ngx_http_phone_verify_revocations_line(
    ngx_http_phone_verify_revocations_t *rs, ngx_str_t *line);
static ngx_int_t ngx_http_phone_verify_revocations_hex(u_char **p,
    u_char *last, u_char *out, size_t len);
static time_t ngx_http_phone_verify_revocations_time(u_char **p,
    u_char *last);


ngx_int_t
ngx_http_phone_verify_revoke_session(const ngx_http_phone_verify_app_t *app,
    const u_char *id, time_t expires)
{
    u_char  *p;
    u_char   line[NGX_HTTP_PHONE_VERIFY_REVOKE_LINE];

    if (expires == 0) {
        expires = ngx_http_phone_verify_revoke_until(app);
    }

    p = ngx_cpymem(line, "\nS ", 3);
    p = ngx_hex_dump(p, (u_char *) id, NGX_HTTP_PHONE_VERIFY_SESSION_LEN);
    p = ngx_sprintf(p, " %T", expires);

    if (ngx_http_phone_verify_revoke_keep(app, id, 0, line, p) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_phone_verify_revoke(app->zone, id, expires);
}


ngx_int_t
ngx_http_phone_verify_revoke_number(const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number)
{
    u_char    *p;
    u_char     line[NGX_HTTP_PHONE_VERIFY_REVOKE_LINE];
    time_t     now, until;
    uint64_t   hash;

    if (ngx_http_phone_verify_number_hash(app->keys, 0, number, &hash)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    now = ngx_http_phone_verify_revoke_now();
    until = ngx_http_phone_verify_revoke_until(app);

    p = ngx_cpymem(line, "\nN ", 3);
    p = ngx_hex_dump(p, (u_char *) &hash, sizeof(hash));
    p = ngx_sprintf(p, " %T %T", now, until);

    if (ngx_http_phone_verify_revoke_keep(app, NULL, hash, line, p) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_phone_verify_revoke_numbers(app->zone, hash, now, until);
}


/*
 * Not before any grant that a worker has given: this one may have been busy,
 * and others have looked at the clock since it did.
 */

static time_t
ngx_http_phone_verify_revoke_now(void)
{
    return ngx_max(ngx_time(), time(NULL));
}


/* When whatever was granted until now has ended. */

static time_t
ngx_http_phone_verify_revoke_until(const ngx_http_phone_verify_app_t *app)
{
    return ngx_time()
           + ngx_max(app->session_ttl, NGX_HTTP_PHONE_VERIFY_REVOKE_MIN)
           + app->outage.grace;
}


ngx_int_t
ngx_http_phone_verify_revoke_all(const ngx_http_phone_verify_app_t *app)
{
    u_char  *p;
    u_char   line[NGX_HTTP_PHONE_VERIFY_REVOKE_LINE];
    time_t   now;

    now = ngx_http_phone_verify_revoke_now();

    p = ngx_sprintf(line, "\nA %T", now);

    if (ngx_http_phone_verify_revoke_write(app, line, p) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_phone_verify_revoke_before(app->zone, now);

    return NGX_OK;
}


/* Writes the line, if there is room for what is to be revoked next. */

static ngx_int_t
ngx_http_phone_verify_revoke_keep(const ngx_http_phone_verify_app_t *app,
    const u_char *id, uint64_t hash, u_char *line, u_char *last)
{
    if (app->revocation_file == NULL) {
        return NGX_OK;
    }

    if (ngx_http_phone_verify_revoke_room(app->zone, id, hash) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_phone_verify_revoke_write(app, line, last) != NGX_OK) {
        ngx_http_phone_verify_revoke_no_room(app->zone);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_phone_verify_revoke_write(const ngx_http_phone_verify_app_t *app,
    u_char *line, u_char *last)
{
    size_t   len;
    ssize_t  n;

    if (app->revocation_file == NULL) {
        return NGX_OK;
    }

    *last++ = LF;
    len = last - line;

    n = ngx_write_fd(app->revocation_file->fd, line, len);

    if (n == (ssize_t) len) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, (n == -1) ? ngx_errno : 0,
                  "phone_verify: could not write to \"%V\", nothing was "
                  "revoked", &app->revocation_file->name);

    return NGX_ERROR;
}


ngx_int_t
ngx_http_phone_verify_revocations_load(ngx_cycle_t *cycle,
    const ngx_http_phone_verify_app_t *app, ngx_uint_t fresh)
{
    u_char                               *start;
    ngx_str_t                             text;
    ngx_open_file_t                      *file;
    ngx_http_phone_verify_revocations_t   rs;

    file = app->revocation_file;

    if (ngx_http_phone_verify_revocations_read(cycle, &file->name, &text)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memzero(&rs, sizeof(ngx_http_phone_verify_revocations_t));

    start = text.data;

    rs.app = app;
    rs.now = ngx_time();
    rs.kept = start;

    ngx_http_phone_verify_revocations_lines(&rs, &text);

    if (rs.malformed) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, 0,
                      "phone_verify: %ui lines of \"%V\" make no sense",
                      rs.malformed, &file->name);
    }

    if (rs.failed) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "the \"zone\" of phone_verify_app \"%V\" has no room for "
                      "%ui of the revocations in \"%V\"",
                      &app->name, rs.failed, &file->name);
    }

    /* what an older nginx may still be writing to is left as it is */

    if (fresh && rs.dropped + rs.malformed && rs.failed == 0
        && !ngx_test_config && !ngx_inherited)
    {
        text.len = rs.kept - start;
        ngx_http_phone_verify_file_renew(cycle, file, &text);
    }

    ngx_free(start);

    return rs.failed ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
ngx_http_phone_verify_revocations_read(ngx_cycle_t *cycle, ngx_str_t *name,
    ngx_str_t *text)
{
    ssize_t          n;
    ngx_int_t        rc;
    ngx_file_t       file;
    ngx_file_info_t  fi;

    ngx_memzero(&file, sizeof(ngx_file_t));

    file.name = *name;
    file.log = cycle->log;
    file.fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno,
                      ngx_open_file_n " \"%V\" failed", name);
        return NGX_ERROR;
    }

    rc = NGX_ERROR;
    text->data = NULL;

    if (ngx_fd_info(file.fd, &fi) == NGX_FILE_ERROR || !ngx_is_file(&fi)) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "\"%V\" is not a regular file", name);
        goto done;
    }

    text->len = (size_t) ngx_file_size(&fi);
    text->data = ngx_alloc(text->len + 1, cycle->log);

    if (text->data == NULL) {
        goto done;
    }

    n = ngx_read_file(&file, text->data, text->len, 0);

    if (n != (ssize_t) text->len) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "could not read \"%V\" whole", name);
        ngx_free(text->data);
        goto done;
    }

    rc = NGX_OK;

done:

    if (ngx_close_file(file.fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", name);
    }

    return rc;
}


/* In place: lines that still count go to the front of the text. */

static void
ngx_http_phone_verify_revocations_lines(
    ngx_http_phone_verify_revocations_t *rs, ngx_str_t *text)
{
    u_char     *p, *last, *end;
    ngx_int_t   rc;
    ngx_str_t   line;

    last = text->data + text->len;

    for (p = text->data; p < last; p = end + 1) {
        end = ngx_strlchr(p, last, LF);

        if (end == NULL) {
            end = last;
        }

        line.data = p;
        line.len = end - p;

        if (line.len == 0) {
            continue;
        }

        rc = ngx_http_phone_verify_revocations_line(rs, &line);

        switch (rc) {

        case NGX_DECLINED:
            rs->malformed++;
            continue;

        case NGX_DONE:
            rs->dropped++;
            continue;

        case NGX_ERROR:
            rs->failed++;
            break;
        }

        ngx_memmove(rs->kept, line.data, line.len);
        rs->kept += line.len;
        *rs->kept++ = LF;
    }
}


/*
 * NGX_OK: it counts; NGX_DONE: its time is over; NGX_DECLINED: it is none;
 * NGX_ERROR: it counts, and there is no room.
 */

static ngx_int_t
ngx_http_phone_verify_revocations_line(ngx_http_phone_verify_revocations_t *rs,
    ngx_str_t *line)
{
    u_char    *p, *last;
    u_char     id[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    time_t     at, until;
    uint64_t   hash;

    p = line->data;
    last = p + line->len;

    if (line->len < 2 || p[1] != ' ') {
        return NGX_DECLINED;
    }

    p++;
    at = 0;
    until = 0;
    hash = 0;
    ngx_memzero(id, sizeof(id));

    switch (line->data[0]) {

    case 'S':

        if (ngx_http_phone_verify_revocations_hex(&p, last, id, sizeof(id))
            != NGX_OK)
        {
            return NGX_DECLINED;
        }

        break;

    case 'N':

        if (ngx_http_phone_verify_revocations_hex(&p, last, (u_char *) &hash,
                                                  sizeof(hash))
            != NGX_OK)
        {
            return NGX_DECLINED;
        }

        /* fall through */

    case 'A':
        at = ngx_http_phone_verify_revocations_time(&p, last);
        break;

    default:
        return NGX_DECLINED;
    }

    if (line->data[0] != 'A') {
        until = ngx_http_phone_verify_revocations_time(&p, last);
    }

    if (p != last || at == NGX_ERROR || until == NGX_ERROR) {
        return NGX_DECLINED;
    }

    if (line->data[0] == 'A') {
        ngx_http_phone_verify_revoke_before(rs->app->zone, at);
        return NGX_OK;
    }

    if (until < rs->now - NGX_HTTP_PHONE_VERIFY_TOKEN_SKEW) {
        return NGX_DONE;
    }

    return ngx_http_phone_verify_revoke_again(rs->app->zone,
                                              (line->data[0] == 'N') ? NULL
                                                                     : id,
                                              hash, at, until);
}


/* A blank, and the digits of "len" bytes. */

static ngx_int_t
ngx_http_phone_verify_revocations_hex(u_char **p, u_char *last, u_char *out,
    size_t len)
{
    u_char     *q;
    ngx_int_t   n;

    if ((size_t) (last - *p) < 1 + 2 * len || **p != ' ') {
        return NGX_ERROR;
    }

    for (q = *p + 1; len--; q += 2) {
        n = ngx_hextoi(q, 2);

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        *out++ = (u_char) n;
    }

    *p = q;

    return NGX_OK;
}


/* A blank, and seconds; NGX_ERROR where there are none. */

static time_t
ngx_http_phone_verify_revocations_time(u_char **p, u_char *last)
{
    u_char  *start;

    if (*p == last || **p != ' ') {
        return NGX_ERROR;
    }

    start = ++*p;

    while (*p < last && **p >= '0' && **p <= '9') {
        (*p)++;
    }

    return ngx_atotm(start, *p - start);
}
