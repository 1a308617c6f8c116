
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "fixture.h"


static void ngx_http_phone_verify_unit_writer(ngx_log_t *log,
    ngx_uint_t level, u_char *buf, size_t len);


void
ngx_http_phone_verify_unit_fixture(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_fixture_t *f)
{
    ngx_memzero(f, sizeof(ngx_http_phone_verify_unit_fixture_t));

    f->log.log_level = NGX_LOG_DEBUG;
    f->log.writer = ngx_http_phone_verify_unit_writer;
    f->log.wdata = f;

    f->cf = *u->cf;
    f->cf.pool = u->pool;
    f->cf.log = &f->log;
}


static void
ngx_http_phone_verify_unit_writer(ngx_log_t *log, ngx_uint_t level,
    u_char *buf, size_t len)
{
    ngx_http_phone_verify_unit_fixture_t *f = log->wdata;

    len = ngx_min(len, sizeof(f->buf) - 1 - f->len);

    ngx_memcpy(f->buf + f->len, buf, len);

    f->len += len;
    f->buf[f->len] = '\0';
}


ngx_http_phone_verify_keys_t *
ngx_http_phone_verify_unit_make_keys(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_fixture_t *f, const char *app,
    const ngx_str_t *text, mode_t mode)
{
    char                          *name;
    ngx_fd_t                       fd;
    ngx_http_phone_verify_keys_t  *keys;

    if (text == NULL) {
        return ngx_http_phone_verify_unit_read_keys(u, f, app, NULL);
    }

    name = (char *) ngx_pstrdup(u->pool,
                                bytes(u, "/tmp/phone_verify_unit.XXXXXX\0"));
    if (name == NULL) {
        abort();
    }

    fd = mkstemp(name);

    ok(u, fd != NGX_INVALID_FILE
          && ngx_write_fd(fd, text->data, text->len) == (ssize_t) text->len
          && fchmod(fd, mode) == 0
          && ngx_close_file(fd) != NGX_FILE_ERROR,
       "%s is written", name);

    f->file.data = (u_char *) name;
    f->file.len = ngx_strlen(name);

    keys = ngx_http_phone_verify_unit_read_keys(u, f, app, &f->file);

    (void) ngx_delete_file(name);

    return keys;
}


ngx_http_phone_verify_keys_t *
ngx_http_phone_verify_unit_read_keys(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_fixture_t *f, const char *app, ngx_str_t *file)
{
    ngx_uint_t                     use_stderr;
    ngx_http_phone_verify_keys_t  *keys;

    f->len = 0;
    f->buf[0] = '\0';
    f->fallback = 2;

    /* what is expected here would alarm whoever reads the output of nginx */

    use_stderr = ngx_use_stderr;
    ngx_use_stderr = 0;

    keys = ngx_http_phone_verify_keys_create(&f->cf, str(u, app), file,
                                             &f->fallback);

    ngx_use_stderr = use_stderr;

    return keys;
}


ngx_uint_t
ngx_http_phone_verify_unit_logged(ngx_http_phone_verify_unit_fixture_t *f,
    const char *text)
{
    return ngx_strstr(f->buf, text) != NULL;
}
