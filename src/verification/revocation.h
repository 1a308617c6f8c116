
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_REVOCATION_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_REVOCATION_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/zone.h"


/*
 * Revoked ids (16 random bytes, session ids) until a wall clock time.
 *
 * _revoked() reads one atomic word without a lock; only where that is set (an
 * id that shares it was revoked) it takes the mutex.  Room is reserved in the
 * zone: nothing else can use it up, and it cannot be used up silently.
 */

/*
 * NGX_OK, or NGX_ERROR when no room was found: the id is not revoked.  What has
 * ended goes a few at a time, so asking again may find some.  "until" may be in
 * the past.
 */

ngx_int_t ngx_http_phone_verify_revoke(ngx_http_phone_verify_zone_t *zone,
    const u_char *id, time_t until);

/* 1 or 0. */

ngx_uint_t ngx_http_phone_verify_revoked(ngx_http_phone_verify_zone_t *zone,
    const u_char *id);


#endif /* _NGX_HTTP_PHONE_VERIFY_REVOCATION_H_INCLUDED_ */
