
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/replay.h"
#include "verification/store/limit.h"
#include "verification/store/zone_map.h"


ngx_uint_t
ngx_http_phone_verify_replayed(const ngx_http_phone_verify_app_t *app,
    ngx_str_t *signature)
{
    u_char                           hash[NGX_HTTP_PHONE_VERIFY_HASH_LEN];
    ngx_str_t                        none;
    ngx_uint_t                       taken, wait;
    ngx_http_phone_verify_limit_t    limit;
    ngx_http_phone_verify_limits_t  *seen;

    ngx_str_null(&none);

    if (ngx_http_phone_verify_hash(app->keys, "replay", signature, &none, hash)
        != NGX_OK)
    {
        return 0;
    }

    /* one callback of a signature, as long as its time may be taken for now */

    ngx_memcpy(&limit.key, hash, sizeof(limit.key));
    limit.key |= 1;
    limit.count = 1;
    limit.period = 2 * app->callback_skew / NGX_HTTP_PHONE_VERIFY_REPLAYS_UNIT
                   + 1;

    ngx_http_phone_verify_zone_lock(app->zone);

    seen = ngx_http_phone_verify_zone_region(app->zone, REPLAYS);

    taken = ngx_http_phone_verify_limits_take(seen, &limit, 1,
                                          ngx_http_phone_verify_replays_now(),
                                          &wait);

    ngx_http_phone_verify_zone_unlock(app->zone);

    return taken == 0;
}
