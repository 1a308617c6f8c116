
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_REVOCATION_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_REVOCATION_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store/zone.h"
#include "verification/token/token.h"


/*
 * What the zone knows of revocations: ids (16 random bytes, session ids) until
 * a wall clock time, numbers by a keyed hash, and all grants up to a time.
 * Whoever wants to revoke something: revoke.h.
 *
 * _revoked() reads one atomic word without a lock; only where that is set (an
 * id that shares it was revoked) it takes the mutex.  Room is reserved in the
 * zone: nothing else can use it up, and it cannot be used up silently.
 */


/*
 * NGX_OK, or NGX_ERROR when there is no room and nothing in it has ended: the
 * id is not revoked.  "until" may be in the past.
 */

ngx_int_t ngx_http_phone_verify_revoke(ngx_http_phone_verify_zone_t *zone,
    const u_char *id, time_t until);


/*
 * The same for the grants of a number that were issued up to "at"; "hash" is
 * that of ngx_http_phone_verify_number_hash().
 */

ngx_int_t ngx_http_phone_verify_revoke_numbers(
    ngx_http_phone_verify_zone_t *zone, uint64_t hash, time_t at,
    time_t until);


/*
 * The same of either, which was counted when it was revoked and is not counted
 * again; "id" is NULL for a number.
 */

ngx_int_t ngx_http_phone_verify_revoke_again(
    ngx_http_phone_verify_zone_t *zone, const u_char *id, uint64_t hash,
    time_t at, time_t until);


/* All grants that were issued up to "at". */

void ngx_http_phone_verify_revoke_before(ngx_http_phone_verify_zone_t *zone,
    time_t at);


/*
 * Whether there is room for one more, which is kept for this process until it
 * revokes something, gives it back by _no_room(), or a minute is over.  An id
 * that is there already needs none; NULL: that of a number's hash.
 */

ngx_int_t ngx_http_phone_verify_revoke_room(ngx_http_phone_verify_zone_t *zone,
    const u_char *id, uint64_t hash);
void ngx_http_phone_verify_revoke_no_room(ngx_http_phone_verify_zone_t *zone);


/* 1 or 0: an id; a grant, by any of the three. */

ngx_uint_t ngx_http_phone_verify_revoked(ngx_http_phone_verify_zone_t *zone,
    const u_char *id);
ngx_uint_t ngx_http_phone_verify_revoked_grant(
    ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_keys_t *keys, const u_char *id,
    ngx_http_phone_verify_number_t number, time_t issued);


#endif /* _NGX_HTTP_PHONE_VERIFY_REVOCATION_H_INCLUDED_ */
