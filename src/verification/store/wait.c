
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store/standing.h"


/* Who waits for a session: the last that has asked, at whichever worker. */


ngx_uint_t
ngx_http_phone_verify_store_wait_begin(ngx_http_phone_verify_zone_t *zone,
    const u_char *session)
{
    ngx_uint_t                      held, wait;
    ngx_http_phone_verify_snode_t  *s;

    wait = 0;

    ngx_http_phone_verify_zone_lock(zone);

    s = ngx_http_phone_verify_pending_session(
                                ngx_http_phone_verify_pending(zone), session);

    if (s) {

        /* odd while somebody waits; a byte, so that it comes round */

        held = s->waits & 1;
        s->waits = (u_char) ((s->waits + 1) | 1);
        wait = s->waits;

        if (held) {
            /* at another worker, or at one that died */

            ngx_http_phone_verify_changed(zone, session);
        }
    }

    ngx_http_phone_verify_zone_unlock(zone);

    return wait;
}


void
ngx_http_phone_verify_store_wait_end(ngx_http_phone_verify_zone_t *zone,
    const u_char *session, ngx_uint_t wait)
{
    ngx_http_phone_verify_snode_t  *s;

    ngx_http_phone_verify_zone_lock(zone);

    s = ngx_http_phone_verify_pending_session(
                                ngx_http_phone_verify_pending(zone), session);

    if (s && wait && s->waits == wait) {
        s->waits++;
    }

    ngx_http_phone_verify_zone_unlock(zone);
}
