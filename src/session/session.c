
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "session/answer.h"
#include "session/audit.h"
#include "session/bind.h"
#include "session/early.h"
#include "session/session_impl.h"
#include "verification/grant.h"
#include "verification/store/revocation.h"


static void ngx_http_phone_verify_session_cleanup(void *data);
static void ngx_http_phone_verify_session_look_again(
    ngx_http_phone_verify_session_t *s);
static void ngx_http_phone_verify_session_read_header(
    ngx_http_phone_verify_session_t *s);


/*
 * Kept in a cleanup of the pool, as realip does: internal redirects zero
 * r->ctx, the request's own cleanups are gone before its log line is written,
 * and a request whose grant was taken must not lose it.
 */

ngx_http_phone_verify_session_t *
ngx_http_phone_verify_session(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app)
{
    ngx_pool_cleanup_t               *cln;
    ngx_http_phone_verify_session_t  *s, *first;

    r = r->main;
    first = NULL;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_phone_verify_session_cleanup) {
            first = cln->data;
            break;
        }
    }

    for (s = first; s; s = s->next) {
        if (s->app == app) {
            return s;
        }
    }

    s = ngx_pcalloc(r->pool, sizeof(ngx_http_phone_verify_session_t));
    if (s == NULL) {
        return NULL;
    }

    s->request = r;
    s->app = app;

    if (cln == NULL) {
        cln = ngx_pool_cleanup_add(r->pool, 0);
        if (cln == NULL) {
            return NULL;
        }

        cln->handler = ngx_http_phone_verify_session_cleanup;
    }

    s->next = first;
    cln->data = s;

    return s;
}


static void
ngx_http_phone_verify_session_cleanup(void *data)
{
    /* a label to find the session by; its memory is the request's */

    (void) data;
}


/*
 * The value of "bind" may be known after a variable has asked, as the user of
 * an "auth_request" is: what was not there for its value alone is looked for
 * anew in the next phase.  Never within one, for a variable must say the same
 * in both passes of a complex value.
 */

static void
ngx_http_phone_verify_session_look_again(ngx_http_phone_verify_session_t *s)
{
    if (s->phase == s->request->phase_handler) {
        return;
    }

    s->unbound = 0;

    if (s->grant == NULL) {
        s->grant_read = 0;
    }

    if (s->pending == NULL) {
        s->pending_read = 0;
        s->lapsed_read = 0;
        ngx_http_phone_verify_session_refresh(s);
    }
}


const ngx_http_phone_verify_token_t *
ngx_http_phone_verify_session_grant(ngx_http_phone_verify_session_t *s)
{
    if (s->unbound) {
        ngx_http_phone_verify_session_look_again(s);
    }

    if (!s->grant_read) {
        s->grant_read = 1;
        s->grant = ngx_http_phone_verify_session_read(s,
                             NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT, NGX_OK);
    }

    return s->grant;
}


const ngx_http_phone_verify_token_t *
ngx_http_phone_verify_session_pending(ngx_http_phone_verify_session_t *s)
{
    if (s->unbound) {
        ngx_http_phone_verify_session_look_again(s);
    }

    if (!s->pending_read) {
        s->pending_read = 1;
        s->pending = ngx_http_phone_verify_session_read(s,
                             NGX_HTTP_PHONE_VERIFY_TOKEN_PENDING, NGX_OK);
    }

    return s->pending;
}


const ngx_http_phone_verify_token_t *
ngx_http_phone_verify_session_lapsed(ngx_http_phone_verify_session_t *s)
{
    if (ngx_http_phone_verify_session_pending(s)) {
        return NULL;
    }

    if (!s->lapsed_read) {
        s->lapsed_read = 1;
        s->lapsed = ngx_http_phone_verify_session_read(s,
                             NGX_HTTP_PHONE_VERIFY_TOKEN_PENDING, NGX_DONE);

        /* who has no browser may send it for ever */

        if (s->lapsed
            && ngx_time() - s->lapsed->expires
               > NGX_HTTP_PHONE_VERIFY_COOKIE_KEEP)
        {
            s->lapsed = NULL;
        }
    }

    return s->lapsed;
}


const ngx_http_phone_verify_token_t *
ngx_http_phone_verify_session_read(ngx_http_phone_verify_session_t *s,
    ngx_uint_t purpose, ngx_int_t state)
{
    ngx_str_t                       texts[NGX_HTTP_PHONE_VERIFY_COOKIES_MAX];
    ngx_uint_t                      i, n;
    ngx_http_phone_verify_token_t  *token, found;

    n = ngx_http_phone_verify_session_texts(s, purpose, texts);

    for (i = 0; i < n; i++) {

        if (ngx_http_phone_verify_session_open(s, purpose, &texts[i], &found)
            != state)
        {
            continue;
        }

        if (!ngx_http_phone_verify_bound(s->request, s->app, found.bind)) {
            s->unbound = 1;
            s->phase = s->request->phase_handler;
            continue;
        }

        token = ngx_palloc(s->request->pool,
                           sizeof(ngx_http_phone_verify_token_t));
        if (token == NULL) {
            return NULL;
        }

        *token = found;

        return token;
    }

    return NULL;
}


ngx_int_t
ngx_http_phone_verify_session_open(ngx_http_phone_verify_session_t *s,
    ngx_uint_t purpose, ngx_str_t *text, ngx_http_phone_verify_token_t *token)
{
    ngx_int_t  rc;

    rc = ngx_http_phone_verify_token_open(s->app->keys, purpose, text,
                                          ngx_time(), token);

    if (rc != NGX_DECLINED
        && (purpose == NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT
            ? ngx_http_phone_verify_revoked_grant(s->app->zone, s->app->keys,
                                                  token->session,
                                                  token->number, token->issued)
            : ngx_http_phone_verify_revoked(s->app->zone, token->session)))
    {
        return NGX_DECLINED;
    }

    return rc;
}


ngx_uint_t
ngx_http_phone_verify_session_texts(ngx_http_phone_verify_session_t *s,
    ngx_uint_t purpose, ngx_str_t *texts)
{
    ngx_uint_t        n;
    const ngx_str_t  *name;

    name = (purpose == NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT)
           ? &s->app->grant_cookie : &s->app->pending_cookie;

    n = ngx_http_phone_verify_cookies(s->request, name, texts);

    if (n) {
        return n;
    }

    /* the header counts only for a client that sends no cookie */

    if (ngx_http_phone_verify_session_speaks_header(s) && s->header.len) {
        texts[0] = s->header;
        return 1;
    }

    return 0;
}


static void
ngx_http_phone_verify_session_read_header(ngx_http_phone_verify_session_t *s)
{
    ngx_uint_t                          i;
    ngx_list_part_t                    *part;
    ngx_table_elt_t                    *h;
    const ngx_http_phone_verify_app_t  *app;

    s->header_read = 1;

    app = s->app;
    part = &s->request->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].hash == app->header_hash
            && h[i].key.len == app->header.len
            && ngx_memcmp(h[i].lowcase_key, app->header_lowcase,
                          app->header.len)
               == 0)
        {
            s->by_header = 1;
            s->header = h[i].value;
            return;
        }
    }
}


ngx_uint_t
ngx_http_phone_verify_session_speaks_header(ngx_http_phone_verify_session_t *s)
{
    ngx_str_t  values[NGX_HTTP_PHONE_VERIFY_COOKIES_MAX];

    if (!s->header_read) {
        ngx_http_phone_verify_session_read_header(s);

        if (s->by_header
            && (ngx_http_phone_verify_cookies(s->request,
                                              &s->app->grant_cookie, values)
                || ngx_http_phone_verify_cookies(s->request,
                                            &s->app->pending_cookie, values)))
        {
            s->by_header = 0;
        }
    }

    return s->by_header;
}


const ngx_http_phone_verify_view_t *
ngx_http_phone_verify_session_view(ngx_http_phone_verify_session_t *s)
{
    const ngx_http_phone_verify_token_t  *pending;

    if (s->view_read) {
        return s->view;
    }

    s->view_read = 1;

    pending = ngx_http_phone_verify_session_pending(s);
    if (pending == NULL) {
        return NULL;
    }

    /* a request that waits looks many times, and must not grow by it */

    if (s->room == NULL) {
        s->room = ngx_palloc(s->request->pool,
                             sizeof(ngx_http_phone_verify_view_t));
        if (s->room == NULL) {
            return NULL;
        }
    }

    if (ngx_http_phone_verify_store_look(s->app->zone, &s->app->policy,
                                         pending->session, s->room)
        != NGX_DECLINED)
    {
        s->view = s->room;
    }

    return s->view;
}


void
ngx_http_phone_verify_session_refresh(ngx_http_phone_verify_session_t *s)
{
    s->view_read = 0;
    s->view = NULL;
}


ngx_int_t
ngx_http_phone_verify_session_claim(ngx_http_phone_verify_session_t *s)
{
    u_char                                fresh[
                                             NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    ngx_str_t                             text;
    ngx_uint_t                            wait;
    ngx_http_phone_verify_grant_t         grant;
    ngx_http_phone_verify_token_t        *token;
    ngx_http_phone_verify_receipt_t       receipt;
    const ngx_http_phone_verify_token_t  *pending, *old;

    pending = ngx_http_phone_verify_session_pending(s);
    if (pending == NULL) {
        return NGX_DECLINED;
    }

    /* an answer that nobody may ever look at is no place for a grant */

    if (ngx_http_phone_verify_is_prefetch(s->request)) {
        return NGX_DECLINED;
    }

    token = ngx_palloc(s->request->pool,
                       sizeof(ngx_http_phone_verify_token_t));
    text.data = ngx_pnalloc(s->request->pool, NGX_HTTP_PHONE_VERIFY_TOKEN_MAX);

    if (token == NULL || text.data == NULL
        || ngx_http_phone_verify_random(fresh, sizeof(fresh)) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_phone_verify_store_claim(s->app->zone, pending->session,
                                          fresh, &grant)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    old = ngx_http_phone_verify_session_grant(s);

    receipt.bind = pending->bind;
    receipt.fresh = ngx_memcmp(grant.session, fresh, sizeof(fresh)) == 0;
    receipt.renews = old && old->number == grant.number;

    if (ngx_http_phone_verify_grant(s->app, &grant, &receipt, token, &wait,
                                    s->request->connection->log)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (ngx_http_phone_verify_token_seal(s->app->keys,
                                         NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT,
                                         token, &text)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_phone_verify_session_give_grant(s, &text, token->expires)
        != NGX_OK
        || ngx_http_phone_verify_no_store(s->request) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_phone_verify_audit(s->request, s->app, "claimed", token);

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_session_give_grant(ngx_http_phone_verify_session_t *s,
    ngx_str_t *token, time_t expires)
{
    ngx_str_t                       none;
    ngx_http_request_t             *r;
    ngx_http_phone_verify_token_t  *grant;

    r = s->request;

    /* a 412 would take the grant out of its header */

    r->disable_not_modified = 1;

    if (ngx_http_phone_verify_session_speaks_header(s)) {

        if (ngx_http_phone_verify_push_header(r, (char *) s->app->header.data,
                                              token)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

    } else {

        ngx_str_null(&none);

        /* a browser must not drop what may still count while Sinch is away */

        expires += s->app->outage.grace;

        if (ngx_http_phone_verify_set_cookie(r, s->app, &s->app->grant_cookie,
                                             token, expires - ngx_time())
            != NGX_OK
            || ngx_http_phone_verify_set_cookie(r, s->app,
                                                &s->app->pending_cookie, &none,
                                                0)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    /* the log line is to speak of what was given */

    grant = ngx_palloc(r->pool, sizeof(ngx_http_phone_verify_token_t));
    if (grant == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_phone_verify_session_open(s,
                                           NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT,
                                           token, grant)
        == NGX_OK)
    {
        s->grant = grant;
        s->grant_read = 1;
        s->pending = NULL;
        s->pending_read = 1;
        s->lapsed = NULL;
        s->lapsed_read = 1;
        s->unbound = 0;
        ngx_http_phone_verify_session_refresh(s);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_session_give_pending(ngx_http_phone_verify_session_t *s,
    ngx_str_t *token, time_t expires)
{
    ngx_int_t                       rc;
    ngx_http_phone_verify_token_t  *pending;

    if (ngx_http_phone_verify_session_speaks_header(s)) {
        rc = ngx_http_phone_verify_push_header(s->request,
                                               (char *) s->app->header.data,
                                               token);
    } else {
        rc = ngx_http_phone_verify_set_cookie(s->request, s->app,
                                         &s->app->pending_cookie, token,
                                         expires - ngx_time()
                                         + NGX_HTTP_PHONE_VERIFY_COOKIE_KEEP);
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    /* the log line is to speak of what was given */

    pending = ngx_palloc(s->request->pool,
                         sizeof(ngx_http_phone_verify_token_t));
    if (pending == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_phone_verify_session_open(s,
                                          NGX_HTTP_PHONE_VERIFY_TOKEN_PENDING,
                                          token, pending)
        == NGX_OK)
    {
        s->pending = pending;
        s->pending_read = 1;
        s->unbound = 0;
        ngx_http_phone_verify_session_refresh(s);
    }

    return NGX_OK;
}


void
ngx_http_phone_verify_session_gate_says(ngx_http_phone_verify_session_t *s,
    const ngx_http_phone_verify_loc_conf_t *gate, ngx_uint_t let_in)
{
    s->gate = gate;
    s->let_in = let_in;
}


ngx_int_t
ngx_http_phone_verify_session_gate_said(
    const ngx_http_phone_verify_session_t *s,
    const ngx_http_phone_verify_loc_conf_t **gate)
{
    *gate = s->gate;

    if (s->gate == NULL) {
        return NGX_DONE;
    }

    return s->let_in ? NGX_OK : NGX_DECLINED;
}
