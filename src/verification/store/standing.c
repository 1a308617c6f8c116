
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store/meter.h"
#include "verification/store/standing.h"


static void ngx_http_phone_verify_standing_infer(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_vnode_t *v);
static ngx_uint_t ngx_http_phone_verify_standing_left(uint32_t end,
    ngx_msec_t age);


ngx_msec_t
ngx_http_phone_verify_age(ngx_msec_t created, ngx_msec_t now)
{
    ngx_msec_int_t  age;

    age = (ngx_msec_int_t) (now - created);

    if (age < -NGX_HTTP_PHONE_VERIFY_BEHIND) {

        /* as in pending.c: it has come round, and is over */

        return NGX_MAX_INT32_VALUE;
    }

    return (age > 0) ? (ngx_msec_t) age : 0;
}


ngx_http_phone_verify_vnode_t *
ngx_http_phone_verify_standing(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_snode_t *s, ngx_msec_t now)
{
    ngx_uint_t                      hops;
    ngx_http_phone_verify_vnode_t  *v, *next;

    v = ngx_http_phone_verify_pending_vnode(p, s->verification);

    if (v == NULL) {
        return NULL;
    }

    ngx_http_phone_verify_standing_touch(p, v, now);

    for (hops = 0; hops < NGX_HTTP_PHONE_VERIFY_SENDS_MAX; hops++) {

        if (!(v->flags & NGX_HTTP_PHONE_VERIFY_SUPERSEDED)
            || ngx_http_phone_verify_standing_won(p, v, s))
        {
            break;
        }

        next = ngx_http_phone_verify_pending_vnode(p, v->next);
        if (next == NULL) {
            break;
        }

        v = next;

        ngx_http_phone_verify_standing_touch(p, v, now);

        /* one that may never have been sent may have to give it back */

        if (!(v->flags & (NGX_HTTP_PHONE_VERIFY_STARTING
                          |NGX_HTTP_PHONE_VERIFY_UNSETTLED)))
        {
            s->verification = ngx_http_phone_verify_pending_vseq(p, v);
        }
    }

    return v;
}


void
ngx_http_phone_verify_standing_touch(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_vnode_t *v, ngx_msec_t now)
{
    if (ngx_http_phone_verify_standing_in_flight(v, now)) {
        return;
    }

    if (v->flights) {

        /* whoever was to tell how they ended has died */

        v->flights = 0;
        v->flags |= NGX_HTTP_PHONE_VERIFY_DOUBTFUL;
    }

    if (v->flags & NGX_HTTP_PHONE_VERIFY_NOTED) {
        ngx_http_phone_verify_standing_infer(p, v);
    }
}


ngx_uint_t
ngx_http_phone_verify_standing_running(ngx_http_phone_verify_vnode_t *v,
    ngx_msec_t now)
{
    return v->status == NGX_HTTP_PHONE_VERIFY_PENDING
           && ngx_http_phone_verify_age(v->created, now) < v->ttl;
}


ngx_uint_t
ngx_http_phone_verify_standing_in_flight(ngx_http_phone_verify_vnode_t *v,
    ngx_msec_t now)
{
    return v->flights
           && ngx_http_phone_verify_age(v->created, now) < v->report_over;
}


ngx_uint_t
ngx_http_phone_verify_standing_won(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_vnode_t *v, ngx_http_phone_verify_snode_t *s)
{
    return v->status == NGX_HTTP_PHONE_VERIFY_SUCCESSFUL
           && (v->flags & NGX_HTTP_PHONE_VERIFY_WON)
           && v->session == ngx_http_phone_verify_pending_sseq(p, s);
}


void
ngx_http_phone_verify_standing_sent(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_vnode_t *v)
{
    if (v->flags & (NGX_HTTP_PHONE_VERIFY_STARTING
                    |NGX_HTTP_PHONE_VERIFY_UNSETTLED))
    {
        v->flags &= ~(NGX_HTTP_PHONE_VERIFY_STARTING
                      |NGX_HTTP_PHONE_VERIFY_UNSETTLED);

        ngx_http_phone_verify_pending_count(p, v,
                                            NGX_HTTP_PHONE_VERIFY_ROW_STARTED);
    }
}


void
ngx_http_phone_verify_standing_succeed(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_vnode_t *v, ngx_http_phone_verify_snode_t *s)
{
    if (v->status != NGX_HTTP_PHONE_VERIFY_SUCCESSFUL) {
        v->verified = (uint32_t) ngx_time();

        ngx_http_phone_verify_pending_count(p, v,
                                         NGX_HTTP_PHONE_VERIFY_ROW_SUCCESSFUL);
        ngx_http_phone_verify_pending_converted(p, v);
    }

    ngx_http_phone_verify_standing_sent(p, v);

    v->flags &= ~NGX_HTTP_PHONE_VERIFY_NOTED;

    if (s) {
        v->session = ngx_http_phone_verify_pending_sseq(p, s);

        ngx_memory_barrier();

        v->flags |= NGX_HTTP_PHONE_VERIFY_WON;

        /* it may have gone along to a later one */

        if (!(s->flags & NGX_HTTP_PHONE_VERIFY_CONSUMED)) {
            s->verification = ngx_http_phone_verify_pending_vseq(p, v);
        }
    }

    ngx_memory_barrier();

    v->reason = NGX_HTTP_PHONE_VERIFY_REASON_NONE;
    v->status = NGX_HTTP_PHONE_VERIFY_SUCCESSFUL;
}


void
ngx_http_phone_verify_standing_inferred(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_vnode_t *v, ngx_msec_t now)
{
    if (v->status == NGX_HTTP_PHONE_VERIFY_SUCCESSFUL) {
        return;
    }

    v->flags |= NGX_HTTP_PHONE_VERIFY_NOTED;

    ngx_http_phone_verify_standing_touch(p, v, now);
}


static void
ngx_http_phone_verify_standing_infer(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_vnode_t *v)
{
    ngx_uint_t                      shared;
    ngx_http_phone_verify_snode_t  *s;

    s = NULL;
    shared = v->flags & NGX_HTTP_PHONE_VERIFY_SHARED;

    /*
     * Where there is no proof to report nobody can join: whatever it replaces,
     * only who started it was told what to fetch.  Not so at another node.
     */

    if (ngx_http_phone_verify_methods[v->method].proof.len == 0 && v->session) {
        shared = 0;
    }

    if (!shared) {
        s = ngx_http_phone_verify_pending_snode(p, v->session);

        /* all that it ever reported was wrong: it was not this one */

        if (s && ngx_http_phone_verify_standing_strict(s)
            && s->attempts >= s->limit
            && !(v->flags & NGX_HTTP_PHONE_VERIFY_DOUBTFUL))
        {
            s = NULL;
        }
    }

    ngx_http_phone_verify_standing_succeed(p, v, s);
}


void
ngx_http_phone_verify_standing_end(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_vnode_t *v, ngx_uint_t status, ngx_uint_t reason)
{
    ngx_uint_t                      sent, what;
    ngx_http_phone_verify_vnode_t  *prev;

    /* the other ends are of what was not, and end nothing at Sinch */

    sent = (status == NGX_HTTP_PHONE_VERIFY_FAIL
            || status == NGX_HTTP_PHONE_VERIFY_ABORTED);

    if (!sent
        && (v->flags & (NGX_HTTP_PHONE_VERIFY_STARTING
                        |NGX_HTTP_PHONE_VERIFY_UNSETTLED))
        && (v->flags & NGX_HTTP_PHONE_VERIFY_SUPERSEDES))
    {
        prev = ngx_http_phone_verify_pending_vnode(p, v->prev);

        if (prev && prev->status == NGX_HTTP_PHONE_VERIFY_PENDING) {
            prev->flags &= ~NGX_HTTP_PHONE_VERIFY_SUPERSEDED;

            if (v->flags & NGX_HTTP_PHONE_VERIFY_NUMBERED) {
                ngx_http_phone_verify_pending_set_number(p, prev);
            }
        }
    }

    ngx_memory_barrier();

    v->reason = reason;
    v->status = status;

    if (sent) {
        ngx_http_phone_verify_standing_sent(p, v);
    }

    switch (status) {

    case NGX_HTTP_PHONE_VERIFY_FAIL:
        what = NGX_HTTP_PHONE_VERIFY_ROW_FAIL;
        break;

    case NGX_HTTP_PHONE_VERIFY_DENIED:
        what = NGX_HTTP_PHONE_VERIFY_ROW_DENIED;
        break;

    case NGX_HTTP_PHONE_VERIFY_ABORTED:
        what = NGX_HTTP_PHONE_VERIFY_ROW_ABORTED;
        break;

    default:
        what = NGX_HTTP_PHONE_VERIFY_ROW_ERROR;
        break;
    }

    ngx_http_phone_verify_pending_count(p, v, what);

    v->flags &= ~(NGX_HTTP_PHONE_VERIFY_STARTING
                  |NGX_HTTP_PHONE_VERIFY_UNSETTLED);
}


void
ngx_http_phone_verify_standing_changed(ngx_http_phone_verify_zone_t *zone,
    ngx_http_phone_verify_vnode_t *v)
{
    ngx_http_phone_verify_snode_t    *s;
    ngx_http_phone_verify_vnode_t    *prev;
    ngx_http_phone_verify_pending_t  *p;

    p = ngx_http_phone_verify_pending(zone);

    ngx_http_phone_verify_changed(zone, v->reference);

    if ((v->flags & NGX_HTTP_PHONE_VERIFY_SUPERSEDES)
        && v->status == NGX_HTTP_PHONE_VERIFY_PENDING)
    {
        prev = ngx_http_phone_verify_pending_vnode(p, v->prev);

        if (prev) {
            ngx_http_phone_verify_changed(zone, prev->reference);
        }
    }

    if (v->flags & NGX_HTTP_PHONE_VERIFY_WON) {
        s = ngx_http_phone_verify_pending_snode(p, v->session);

        if (s) {
            ngx_http_phone_verify_changed(zone, s->id);
        }
    }
}


void
ngx_http_phone_verify_standing_learn(ngx_http_phone_verify_vnode_t *v,
    ngx_str_t *id)
{
    if (id == NULL || id->len == 0 || id->len > NGX_HTTP_PHONE_VERIFY_ID_MAX) {
        return;
    }

    v->id_len = 0;
    v->flags &= ~NGX_HTTP_PHONE_VERIFY_DESCRIBED;

    ngx_memcpy(v->id, id->data, id->len);

    ngx_memory_barrier();

    v->id_len = id->len;
}


void
ngx_http_phone_verify_standing_limit(ngx_http_phone_verify_snode_t *s,
    const ngx_http_phone_verify_policy_t *policy)
{
    s->limit = (u_char) ngx_min(policy->attempts, 255);

    if (policy->attempts_dry) {
        s->flags |= NGX_HTTP_PHONE_VERIFY_DRY_RUN;

    } else {
        s->flags &= ~NGX_HTTP_PHONE_VERIFY_DRY_RUN;
    }
}


void
ngx_http_phone_verify_standing_view(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_snode_t *s, ngx_http_phone_verify_vnode_t *v,
    ngx_msec_t now, ngx_http_phone_verify_view_t *view)
{
    ngx_uint_t  limit, shared;
    ngx_msec_t  age, sage;

    ngx_memzero(view, sizeof(ngx_http_phone_verify_view_t));

    limit = s->limit;

    view->created = s->since;
    view->wait = s->waits;
    view->attempts_off = (limit == 0);

    sage = ngx_http_phone_verify_age(s->created, now);

    if (s->flags & NGX_HTTP_PHONE_VERIFY_CONSUMED) {

        if (v == NULL
            || sage > s->consumed + NGX_HTTP_PHONE_VERIFY_GRANT_REPEAT * 1000)
        {
            /* NONE: all that there was has been given away */
            return;
        }

    } else if (v == NULL) {
        view->status = NGX_HTTP_PHONE_VERIFY_FAIL;
        view->reason = NGX_HTTP_PHONE_VERIFY_REASON_EXPIRED;
        return;
    }

    view->method = v->method;
    view->number = v->number;
    view->sends = v->sends;
    view->id_len = v->id_len;

    ngx_memcpy(view->id, v->id, v->id_len);
    ngx_memcpy(view->reference, v->reference,
               NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);

    if (v->flags & NGX_HTTP_PHONE_VERIFY_OWN_CODE) {
        view->own_code = 1;
        ngx_memcpy(view->seed, v->seed, NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);
    }

    if (s->attempts < limit) {
        view->attempts_left = limit - s->attempts;
    }

    if (!(s->flags & NGX_HTTP_PHONE_VERIFY_OWNER)) {
        shared = limit * NGX_HTTP_PHONE_VERIFY_SHARED_ATTEMPTS;

        shared = (v->flags & NGX_HTTP_PHONE_VERIFY_LOCKED
                  || v->attempts >= shared)
                 ? 0 : shared - v->attempts;

        view->attempts_left = ngx_min(view->attempts_left, shared);
    }

    if (v->status == NGX_HTTP_PHONE_VERIFY_SUCCESSFUL) {

        if (ngx_http_phone_verify_standing_won(p, v, s)) {
            view->status = NGX_HTTP_PHONE_VERIFY_SUCCESSFUL;
            view->claimable
                           = !(s->flags & NGX_HTTP_PHONE_VERIFY_CONSUMED);

        } else {
            view->status = NGX_HTTP_PHONE_VERIFY_ABORTED;
        }

        return;
    }

    if (v->status != NGX_HTTP_PHONE_VERIFY_PENDING) {
        view->status = v->status;
        view->reason = v->reason;
        return;
    }

    if (!ngx_http_phone_verify_standing_running(v, now) || sage >= s->ttl) {
        view->status = NGX_HTTP_PHONE_VERIFY_FAIL;
        view->reason = NGX_HTTP_PHONE_VERIFY_REASON_EXPIRED;
        return;
    }

    age = ngx_http_phone_verify_age(v->created, now);

    view->resend_in = ngx_http_phone_verify_standing_left(v->resend, age);

    if (view->attempts_left == 0
        && ngx_http_phone_verify_standing_strict(s)
        && !ngx_http_phone_verify_standing_in_flight(v, now))
    {
        view->status = NGX_HTTP_PHONE_VERIFY_FAIL;
        view->reason = NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CODE;
        return;
    }

    view->status = NGX_HTTP_PHONE_VERIFY_PENDING;

    /* that a phone is on is not for who joins what another has sent it */

    view->delivered = (v->flags & NGX_HTTP_PHONE_VERIFY_DELIVERED)
                      && v->session == ngx_http_phone_verify_pending_sseq(p, s);

    if (v->flags & NGX_HTTP_PHONE_VERIFY_DESCRIBED) {
        ngx_http_phone_verify_flashcall_read(v->id + v->id_len,
                                             sizeof(v->id) - v->id_len,
                                             &view->flashcall);
    }

    /* a token may end before a verification that was sent anew */

    view->expires_in = ngx_min(
                          ngx_http_phone_verify_standing_left(v->ttl, age),
                          ngx_http_phone_verify_standing_left(s->ttl, sage));
}


/* Seconds, of which a part is a whole one. */

static ngx_uint_t
ngx_http_phone_verify_standing_left(uint32_t end, ngx_msec_t age)
{
    return (age < end) ? (end - age + 999) / 1000 : 0;
}


ngx_int_t
ngx_http_phone_verify_standing_grant(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_snode_t *s, ngx_http_phone_verify_vnode_t *v,
    const u_char *fresh, ngx_uint_t repeat, ngx_msec_t now,
    ngx_http_phone_verify_grant_t *grant)
{
    ngx_msec_t  age;

    if (v == NULL
        || (s->flags & NGX_HTTP_PHONE_VERIFY_DEAD)
        || !ngx_http_phone_verify_standing_won(p, v, s))
    {
        return NGX_DECLINED;
    }

    age = ngx_http_phone_verify_age(s->created, now);

    if (s->flags & NGX_HTTP_PHONE_VERIFY_CONSUMED) {

        if (age > s->consumed + (ngx_msec_t) repeat * 1000) {
            return NGX_DECLINED;
        }

    } else {

        if (fresh == NULL) {
            return NGX_DECLINED;
        }

        ngx_memcpy(s->grant, fresh, NGX_HTTP_PHONE_VERIFY_SESSION_LEN);
        s->consumed = (uint32_t) age;

        ngx_memory_barrier();

        s->flags |= NGX_HTTP_PHONE_VERIFY_CONSUMED;
    }

    ngx_memcpy(grant->pending, s->id, NGX_HTTP_PHONE_VERIFY_SESSION_LEN);
    ngx_memcpy(grant->session, s->grant, NGX_HTTP_PHONE_VERIFY_SESSION_LEN);

    grant->number = v->number;
    grant->method = v->method;
    grant->verified = v->verified;

    return NGX_OK;
}
