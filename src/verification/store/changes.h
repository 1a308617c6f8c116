
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_CHANGES_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_CHANGES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store/zone.h"


/*
 * What has changed lately, in the order of the changes, which
 * ngx_http_phone_verify_zone_changes() counts: so that a worker with many that
 * wait looks only at those that a change may be of.
 */


/*
 * Names are random: eight bytes of a session's id, or of a verification's
 * reference, tell it from any other.
 */

#define ngx_http_phone_verify_change_of(name, change)                         \
    ngx_memcpy(change, name, sizeof(uint64_t))


/*
 * The changes after *seen, which moves on; at most "max" of them.  Returns how
 * many, or NGX_DECLINED where they are no longer kept: then anything may have
 * changed, and *seen is the last of them.  Takes no lock.
 */

ngx_int_t ngx_http_phone_verify_changes_read(
    ngx_http_phone_verify_zone_t *zone, ngx_atomic_uint_t *seen,
    uint64_t *changes, ngx_uint_t max);


#endif /* _NGX_HTTP_PHONE_VERIFY_CHANGES_H_INCLUDED_ */
