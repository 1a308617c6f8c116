
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "unit.h"


/* What the tests call: checks that print TAP, and small helps. */


#define NGX_HTTP_PHONE_VERIFY_UNIT_SHOWN  512


static void ngx_http_phone_verify_unit_print(ngx_http_phone_verify_unit_t *u,
    const char *text);
static ngx_uint_t ngx_http_phone_verify_unit_result(
    ngx_http_phone_verify_unit_t *u, ngx_uint_t passed, const char *file,
    int line, const char *name, va_list args);
static void ngx_http_phone_verify_unit_show(ngx_http_phone_verify_unit_t *u,
    const char *what, const void *data, size_t len);
static void ngx_http_phone_verify_unit_free(void *data);


static void
ngx_http_phone_verify_unit_print(ngx_http_phone_verify_unit_t *u,
    const char *text)
{
    size_t  len;

    len = strlen(text);

    if (ngx_write_fd(u->fd, (void *) text, len) != (ssize_t) len) {
        ngx_log_error(NGX_LOG_EMERG, u->log, ngx_errno, "cannot write TAP");
        u->failed++;
    }
}


static ngx_uint_t
ngx_http_phone_verify_unit_result(ngx_http_phone_verify_unit_t *u,
    ngx_uint_t passed, const char *file, int line, const char *name,
    va_list args)
{
    char  *p, text[1024], what[512];

    u->tests++;

    (void) vsnprintf(what, sizeof(what), name, args);

    /* names may quote what a test is fed, and have to stay in their line */

    for (p = what; *p; p++) {
        if (*p < ' ' || *p >= 0x7f) {
            *p = '?';
        }
    }

    (void) snprintf(text, sizeof(text), "%sok %u - %s: %s\n",
                    passed ? "" : "not ", (unsigned) u->tests, u->file, what);

    ngx_http_phone_verify_unit_print(u, text);

    if (!passed) {
        u->failed++;
        ngx_http_phone_verify_unit_note(u, "at %s line %d", file, line);
    }

    return passed;
}


ngx_uint_t
ngx_http_phone_verify_unit_ok(ngx_http_phone_verify_unit_t *u,
    ngx_uint_t passed, const char *file, int line, const char *name, ...)
{
    va_list  args;

    va_start(args, name);
    passed = ngx_http_phone_verify_unit_result(u, passed, file, line, name,
                                               args);
    va_end(args);

    return passed;
}


ngx_uint_t
ngx_http_phone_verify_unit_is(ngx_http_phone_verify_unit_t *u, int64_t got,
    int64_t expected, const char *file, int line, const char *name, ...)
{
    va_list     args;
    ngx_uint_t  passed;

    va_start(args, name);
    passed = ngx_http_phone_verify_unit_result(u, got == expected, file, line,
                                               name, args);
    va_end(args);

    if (!passed) {
        ngx_http_phone_verify_unit_note(u, "     got: %lld", (long long) got);
        ngx_http_phone_verify_unit_note(u, "expected: %lld",
                                        (long long) expected);
    }

    return passed;
}


ngx_uint_t
ngx_http_phone_verify_unit_is_mem(ngx_http_phone_verify_unit_t *u,
    const void *got, size_t len, const void *expected, size_t expected_len,
    const char *file, int line, const char *name, ...)
{
    va_list     args;
    ngx_uint_t  passed;

    passed = (len == expected_len
              && (len == 0 || ngx_memcmp(got, expected, len) == 0));

    va_start(args, name);
    passed = ngx_http_phone_verify_unit_result(u, passed, file, line, name,
                                               args);
    va_end(args);

    if (!passed) {
        ngx_http_phone_verify_unit_show(u, "     got", got, len);
        ngx_http_phone_verify_unit_show(u, "expected", expected, expected_len);
    }

    return passed;
}


void
ngx_http_phone_verify_unit_note(ngx_http_phone_verify_unit_t *u,
    const char *text, ...)
{
    char     line[2048];
    va_list  args;

    ngx_http_phone_verify_unit_print(u, "#   ");

    va_start(args, text);
    (void) vsnprintf(line, sizeof(line), text, args);
    va_end(args);

    ngx_http_phone_verify_unit_print(u, line);
    ngx_http_phone_verify_unit_print(u, "\n");
}


static void
ngx_http_phone_verify_unit_show(ngx_http_phone_verify_unit_t *u,
    const char *what, const void *data, size_t len)
{
    char          *p, text[NGX_HTTP_PHONE_VERIFY_UNIT_SHOWN * 4 + 1];
    size_t         i;
    const u_char  *bytes;

    p = text;
    bytes = data;

    for (i = 0; i < len && i < NGX_HTTP_PHONE_VERIFY_UNIT_SHOWN; i++) {

        if (bytes[i] >= 0x20 && bytes[i] < 0x7f && bytes[i] != '\\') {
            *p++ = (char) bytes[i];

        } else {
            p += snprintf(p, 5, "\\x%02x", bytes[i]);
        }
    }

    *p = '\0';

    ngx_http_phone_verify_unit_note(u, "%s: \"%.1900s\" (%lu bytes)", what,
                                    text, (unsigned long) len);
}


ngx_str_t *
ngx_http_phone_verify_unit_str(ngx_http_phone_verify_unit_t *u,
    const char *text)
{
    ngx_str_t  *str;

    str = ngx_palloc(u->pool, sizeof(ngx_str_t));
    if (str == NULL) {
        abort();
    }

    str->len = ngx_strlen(text);
    str->data = ngx_pnalloc(u->pool, str->len ? str->len : 1);

    if (str->data == NULL) {
        abort();
    }

    ngx_memcpy(str->data, text, str->len);

    return str;
}


ngx_shm_zone_t *
ngx_http_phone_verify_unit_zone(ngx_http_phone_verify_unit_t *u, size_t size)
{
    ngx_shm_zone_t      *zone;
    ngx_slab_pool_t     *shpool;
    ngx_pool_cleanup_t  *cln;

    zone = ngx_pcalloc(u->pool, sizeof(ngx_shm_zone_t));
    if (zone == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(u->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    shpool = ngx_memalign(ngx_pagesize, size, u->log);
    if (shpool == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_phone_verify_unit_free;
    cln->data = shpool;

    ngx_memzero(shpool, size);

    /* what ngx_init_zone_pool() does */

    shpool->end = (u_char *) shpool + size;
    shpool->min_shift = 3;
    shpool->addr = shpool;

    if (ngx_shmtx_create(&shpool->mutex, &shpool->lock, NULL) != NGX_OK) {
        return NULL;
    }

    ngx_slab_init(shpool);

    ngx_str_set(&zone->shm.name, "unit");
    zone->shm.addr = (u_char *) shpool;
    zone->shm.size = size;
    zone->shm.log = u->log;

    return zone;
}


static void
ngx_http_phone_verify_unit_free(void *data)
{
    ngx_free(data);
}
