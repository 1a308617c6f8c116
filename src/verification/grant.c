
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/grant.h"
#include "verification/policy/reuse.h"
#include "verification/revoke.h"
#include "verification/store/meter.h"
#include "verification/store/revocation.h"


ngx_int_t
ngx_http_phone_verify_grant(const ngx_http_phone_verify_app_t *app,
    const ngx_http_phone_verify_grant_t *grant,
    const ngx_http_phone_verify_receipt_t *receipt,
    ngx_http_phone_verify_token_t *token, ngx_uint_t *retry_after,
    ngx_log_t *log)
{
    /* one that is given again may have been revoked in between */

    if (ngx_http_phone_verify_revoked_grant(app->zone, app->keys,
                                            grant->session, grant->number,
                                            grant->verified))
    {
        return NGX_DECLINED;
    }

    if (receipt->fresh && !receipt->renews
        && ngx_http_phone_verify_reuse(app, grant->number, retry_after, log)
           != NGX_OK)
    {
        /*
         * Nor may it be given again, for which no room is needed; and who has
         * asked at the same time may have got it by now: it is worth nothing.
         */

        (void) ngx_http_phone_verify_store_forget(app->zone, grant->pending);

        (void) ngx_http_phone_verify_revoke_session(app, grant->session,
                                                    grant->verified
                                                    + app->session_ttl
                                                    + app->outage.grace);
        return NGX_BUSY;
    }

    if (receipt->fresh) {
        ngx_http_phone_verify_meter_count(app->zone,
                                          NGX_HTTP_PHONE_VERIFY_METER_GRANTS);
    }

    ngx_memzero(token, sizeof(ngx_http_phone_verify_token_t));

    ngx_memcpy(token->session, grant->session, sizeof(token->session));
    ngx_memcpy(token->bind, receipt->bind, sizeof(token->bind));

    token->number = grant->number;
    token->method = grant->method;
    token->issued = grant->verified;
    token->expires = grant->verified + app->session_ttl;

    return NGX_OK;
}
