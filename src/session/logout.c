
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "session/audit.h"
#include "session/session_impl.h"
#include "verification/revoke.h"


/* The end of a session by its client */


static ngx_int_t ngx_http_phone_verify_session_revoke_all(
    ngx_http_phone_verify_session_t *s, ngx_uint_t purpose);


ngx_int_t
ngx_http_phone_verify_session_revoke(ngx_http_phone_verify_session_t *s)
{
    ngx_int_t  rc;
    ngx_str_t  none;

    /* the pending one first: with it gone, nothing gives a grant again */

    rc = ngx_http_phone_verify_session_revoke_all(s,
                                        NGX_HTTP_PHONE_VERIFY_TOKEN_PENDING);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_phone_verify_session_revoke_all(s,
                                          NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT);
    if (rc != NGX_OK) {
        return rc;
    }

    s->grant = NULL;
    s->grant_read = 1;
    s->pending = NULL;
    s->pending_read = 1;
    s->lapsed = NULL;
    s->lapsed_read = 1;
    s->view = NULL;
    s->view_read = 1;
    s->unbound = 0;

    if (ngx_http_phone_verify_session_speaks_header(s)) {
        return NGX_OK;
    }

    ngx_str_null(&none);

    if (ngx_http_phone_verify_set_cookie(s->request, s->app,
                                         &s->app->grant_cookie, &none, 0)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_phone_verify_set_cookie(s->request, s->app,
                                            &s->app->pending_cookie, &none, 0);
}


/* All that came with the request: of a second cookie, too, nothing is left. */

static ngx_int_t
ngx_http_phone_verify_session_revoke_all(ngx_http_phone_verify_session_t *s,
    ngx_uint_t purpose)
{
    ngx_int_t                      rc;
    ngx_str_t                      texts[NGX_HTTP_PHONE_VERIFY_COOKIES_MAX];
    ngx_uint_t                     i, n;
    ngx_http_phone_verify_token_t  token;

    n = ngx_http_phone_verify_session_texts(s, purpose, texts);

    for (i = 0; i < n; i++) {

        rc = ngx_http_phone_verify_session_open(s, purpose, &texts[i], &token);

        /*
         * While Sinch is out of reach, an expired grant may be good again.  But
         * not for ever, or one would add lines to "revocation_file" for ever.
         */

        if (rc == NGX_DECLINED
            || (rc == NGX_DONE
                && (purpose == NGX_HTTP_PHONE_VERIFY_TOKEN_PENDING
                    || s->app->outage.grace == 0
                    || token.expires + s->app->outage.grace
                       < ngx_time() - NGX_HTTP_PHONE_VERIFY_TOKEN_SKEW)))
        {
            continue;
        }

        /*
         * A pending session that has a record dies there: anybody can start
         * and log out, and must not use up the room for revocations by it.
         */

        if (purpose == NGX_HTTP_PHONE_VERIFY_TOKEN_PENDING
            && ngx_http_phone_verify_store_forget(s->app->zone, token.session)
               == NGX_OK)
        {
            continue;
        }

        if (ngx_http_phone_verify_revoke_session(s->app, token.session,
                                                 token.expires
                                                 + s->app->outage.grace)
            != NGX_OK)
        {
            return NGX_BUSY;
        }

        ngx_http_phone_verify_audit(s->request, s->app, "revoked", &token);
    }

    return NGX_OK;
}
