
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/policy/reuse.h"
#include "verification/policy/rule.h"
#include "verification/store/limit.h"
#include "verification/store/zone_map.h"
#include "verification/test_number.h"


/* Of all that is counted in the zone's limits, this is about reuse. */

#define NGX_HTTP_PHONE_VERIFY_REUSE_KEY  0x7265757365ULL


ngx_int_t
ngx_http_phone_verify_reuse(const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number, ngx_uint_t *retry_after,
    ngx_log_t *log)
{
    uint64_t                        hash;
    ngx_uint_t                      refused;
    ngx_http_phone_verify_limit_t   limit;

    if (app->reuse_count == 0
        || ngx_http_phone_verify_test_number(app, number)
        || ngx_http_phone_verify_number_hash(app->keys, 0, number, &hash)
           != NGX_OK)
    {
        return NGX_OK;
    }

    limit.key = hash ^ NGX_HTTP_PHONE_VERIFY_REUSE_KEY;
    limit.key = limit.key ? limit.key : 1;
    limit.count = app->reuse_count;
    limit.period = app->reuse_period;

    ngx_http_phone_verify_zone_lock(app->zone);

    refused = ngx_http_phone_verify_limits_take(
                          ngx_http_phone_verify_zone_region(app->zone, LIMITS),
                          &limit, 1, ngx_current_msec / 1000, retry_after)
              == 0;

    ngx_http_phone_verify_zone_unlock(app->zone);

    if (!refused) {
        return NGX_OK;
    }

    ngx_http_phone_verify_rule_refused(app, NGX_HTTP_PHONE_VERIFY_RULE_REUSE,
                                       app->reuse_dry_run, number, NULL, log);

    return app->reuse_dry_run ? NGX_OK : NGX_DECLINED;
}
