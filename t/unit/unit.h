
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_UNIT_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_UNIT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * Unit tests run inside a real nginx, at "nginx -t", so that pools, logs and
 * shared memory are real ones.
 *
 * To add some: write t/unit/NAME_test.c with one function,
 *
 *     #include "unit.h"
 *
 *     void
 *     ngx_http_phone_verify_unit_NAME(ngx_http_phone_verify_unit_t *u)
 *     {
 *         ok(u, 1 + 1 == 2, "one and one is two");
 *     }
 *
 * and nothing else: the build finds it by the name of its file.
 */

typedef struct {
    ngx_pool_t   *pool;          /* of this file alone, gone after it */
    ngx_log_t    *log;
    ngx_conf_t   *cf;
    const char   *file;          /* NAME */
    ngx_fd_t      fd;            /* where TAP goes */
    ngx_uint_t    tests;
    ngx_uint_t    failed;
} ngx_http_phone_verify_unit_t;


/* Each is one test, returns whether it passed; the name is a format. */

#define ok(u, condition, ...)                                                 \
    ngx_http_phone_verify_unit_ok(u, (condition) ? 1 : 0, __FILE__, __LINE__, \
                                  __VA_ARGS__)

/* Integers of any kind. */

#define is(u, got, expected, ...)                                             \
    ngx_http_phone_verify_unit_is(u, (int64_t) (got), (int64_t) (expected),   \
                                  __FILE__, __LINE__, __VA_ARGS__)

/* An ngx_str_t * against a C string. */

#define is_str(u, got, expected, ...)                                         \
    ngx_http_phone_verify_unit_is_mem(u, (got)->data, (got)->len, expected,   \
                                      ngx_strlen(expected), __FILE__,         \
                                      __LINE__, __VA_ARGS__)

/* Bytes against bytes. */

#define is_mem(u, got, len, expected, expected_len, ...)                      \
    ngx_http_phone_verify_unit_is_mem(u, got, len, expected, expected_len,    \
                                      __FILE__, __LINE__, __VA_ARGS__)


ngx_uint_t ngx_http_phone_verify_unit_ok(ngx_http_phone_verify_unit_t *u,
    ngx_uint_t passed, const char *file, int line, const char *name, ...)
    __attribute__((format(printf, 5, 6)));
ngx_uint_t ngx_http_phone_verify_unit_is(ngx_http_phone_verify_unit_t *u,
    int64_t got, int64_t expected, const char *file, int line,
    const char *name, ...)
    __attribute__((format(printf, 6, 7)));
ngx_uint_t ngx_http_phone_verify_unit_is_mem(ngx_http_phone_verify_unit_t *u,
    const void *got, size_t len, const void *expected, size_t expected_len,
    const char *file, int line, const char *name, ...)
    __attribute__((format(printf, 8, 9)));


/* A line of explanation, shown by prove -v. */

void ngx_http_phone_verify_unit_note(ngx_http_phone_verify_unit_t *u,
    const char *text, ...)
    __attribute__((format(printf, 2, 3)));


/* Text as an ngx_str_t, copied into the pool with no NUL behind it. */

ngx_str_t *ngx_http_phone_verify_unit_str(ngx_http_phone_verify_unit_t *u,
    const char *text);


/*
 * A zone of "size" bytes with a working slab pool, as a module's init
 * function gets it (shm.exists is 0); NULL if there is no memory.  It is of
 * this process alone and goes with the pool.
 */

ngx_shm_zone_t *ngx_http_phone_verify_unit_zone(
    ngx_http_phone_verify_unit_t *u, size_t size);


#endif /* _NGX_HTTP_PHONE_VERIFY_UNIT_H_INCLUDED_ */
