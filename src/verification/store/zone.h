
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_ZONE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_ZONE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * The shared memory of an app.  Only zone.c takes the mutex (through
 * ngx_http_phone_verify_zone_lock() and _unlock()); only the files of this
 * folder, and the rules of policy/ that count something, look inside; and no
 * pointer to a node leaves them: what goes in and out are values, so that a
 * shared store can stand behind them.
 */

typedef struct ngx_http_phone_verify_zone_s  ngx_http_phone_verify_zone_t;


/*
 * Declares an app's zone of "size" bytes at configuration time.  "name" is
 * the app's name, "tag" the module.  The memory is kept over a reload that
 * keeps name and size.  Returns NULL after logging at [emerg].
 */

ngx_http_phone_verify_zone_t *ngx_http_phone_verify_zone_create(ngx_conf_t *cf,
    ngx_str_t *name, size_t size, void *tag);


typedef struct {
    ngx_uint_t    verifications;         /* slots in use */
    ngx_uint_t    verifications_max;
    ngx_uint_t    sessions;
    ngx_uint_t    sessions_max;
    ngx_uint_t    revocations;
    ngx_uint_t    revocations_max;
    ngx_uint_t    windows;               /* of limits: a sample of the table */
    ngx_uint_t    windows_max;
    ngx_uint_t    mended;                /* times */
    size_t        size;
    size_t        bytes_per_pending;     /* one of each, indexes included */
} ngx_http_phone_verify_zone_usage_t;


void ngx_http_phone_verify_zone_usage(ngx_http_phone_verify_zone_t *zone,
    ngx_http_phone_verify_zone_usage_t *usage);


/*
 * Counts every change that somebody may be waiting for, over all workers.
 * Read without a lock.
 */

ngx_atomic_uint_t ngx_http_phone_verify_zone_changes(
    ngx_http_phone_verify_zone_t *zone);


#endif /* _NGX_HTTP_PHONE_VERIFY_ZONE_H_INCLUDED_ */
