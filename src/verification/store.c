
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store.h"
#include "verification/store_ring.h"


/* A verification from start to grant, as visitors see it; see store.h. */


static ngx_uint_t ngx_http_phone_verify_store_running(
    ngx_http_phone_verify_map_t *map,
    const ngx_http_phone_verify_policy_t *policy, uint32_t seq,
    const u_char *own, ngx_http_phone_verify_view_t *view);
static void ngx_http_phone_verify_store_refuse(
    ngx_http_phone_verify_map_t *map, ngx_http_phone_verify_record_t *v,
    ngx_uint_t status, ngx_uint_t reason);
static ngx_int_t ngx_http_phone_verify_store_adopt(
    ngx_http_phone_verify_map_t *map,
    const ngx_http_phone_verify_policy_t *policy,
    const ngx_http_phone_verify_token_t *token, uint32_t *session);
static void ngx_http_phone_verify_store_success(
    ngx_http_phone_verify_map_t *map, ngx_http_phone_verify_record_t *v,
    uint32_t winner);
static ngx_int_t ngx_http_phone_verify_store_grant(
    ngx_http_phone_verify_map_t *map, uint32_t session, const u_char *fresh,
    ngx_http_phone_verify_grant_t *grant);


#define NGX_HTTP_PHONE_VERIFY_RUNNING_NOT  100


ngx_uint_t
ngx_http_phone_verify_store_start(ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_policy_t *policy, const u_char *session,
    const u_char *reference, ngx_http_phone_verify_number_t number,
    ngx_uint_t method, const u_char *own, ngx_http_phone_verify_view_t *view)
{
    uint32_t                          now;
    uint32_t                          old, seq, sseq, oseq;
    ngx_uint_t                        rc, wait;
    ngx_http_phone_verify_map_t      *map;
    ngx_http_phone_verify_record_t   *v, *o;

    map = ngx_http_phone_verify_ring_enter(zone);
    now = ngx_http_phone_verify_ring_now();

    old = ngx_http_phone_verify_ring_running(map, number);

    rc = old ? ngx_http_phone_verify_store_running(map, policy, old, own, view)
             : NGX_HTTP_PHONE_VERIFY_RUNNING_NOT;

    if (rc == NGX_HTTP_PHONE_VERIFY_START_JOINED) {

        sseq = ngx_http_phone_verify_ring_visitor(map, policy, session, old);

        if (sseq == 0) {
            rc = NGX_HTTP_PHONE_VERIFY_START_BUSY;

        } else {
            ngx_http_phone_verify_ring_record(map, old)->sessions++;
            ngx_http_phone_verify_ring_view(map, sseq, view);
        }
    }

    if (rc != NGX_HTTP_PHONE_VERIFY_RUNNING_NOT) {
        ngx_http_phone_verify_zone_unlock(zone);
        return rc;
    }

    seq = ngx_http_phone_verify_ring_verification(map, policy, number,
                                                  reference);
    sseq = seq ? ngx_http_phone_verify_ring_visitor(map, policy, session, seq)
               : 0;

    if (sseq == 0) {

        if (seq) {
            ngx_http_phone_verify_ring_record(map, seq)->status
                                               = NGX_HTTP_PHONE_VERIFY_ABORTED;
        }

        ngx_http_phone_verify_zone_unlock(zone);
        return NGX_HTTP_PHONE_VERIFY_START_BUSY;
    }

    v = ngx_http_phone_verify_ring_record(map, seq);

    v->method = (uint8_t) method;
    v->flags = NGX_HTTP_PHONE_VERIFY_STARTING;
    v->start_until = now + (uint32_t) (policy->call_timeout / 1000) + 1;
    v->first = sseq;
    v->sessions = 1;
    v->sends = 1;

    ngx_memcpy(v->seed, reference, NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);

    o = ngx_http_phone_verify_ring_record(map, old);

    if (o) {

        /* sent anew: the sessions of the one that runs go along */

        v->sends = (uint8_t) ngx_min(o->sends + 1, 255);
        v->sessions += o->sessions;
        v->prev = old;

        oseq = own ? ngx_http_phone_verify_ring_session(map, own) : 0;

        if (oseq
            && ngx_http_phone_verify_ring_resolve(map,
                          ngx_http_phone_verify_ring_guest(map, oseq)->record)
               == old)
        {
            /* who asked before keeps the code, and what was guessed of it */

            ngx_memcpy(v->seed, o->seed, NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);
            v->attempts = o->attempts;
        }

        o->next = seq;
    }

    wait = ngx_min((ngx_uint_t) v->sends, NGX_HTTP_PHONE_VERIFY_RESENDS) - 1;
    v->resend_at = now + (uint32_t) (policy->resend[wait] / 1000);

    ngx_http_phone_verify_ring_view(map, sseq, view);
    ngx_http_phone_verify_ring_changed(map);

    ngx_http_phone_verify_zone_unlock(zone);

    return NGX_HTTP_PHONE_VERIFY_START_NEW;
}


/* What a number's running verification means for another start of it. */

static ngx_uint_t
ngx_http_phone_verify_store_running(ngx_http_phone_verify_map_t *map,
    const ngx_http_phone_verify_policy_t *policy, uint32_t seq,
    const u_char *own, ngx_http_phone_verify_view_t *view)
{
    uint32_t                          now;
    uint32_t                          sseq;
    ngx_http_phone_verify_record_t   *v;
    ngx_http_phone_verify_visitor_t  *s;

    v = ngx_http_phone_verify_ring_record(map, seq);
    now = ngx_http_phone_verify_ring_now();

    ngx_http_phone_verify_ring_view_record(v, view);

    if ((v->flags & NGX_HTTP_PHONE_VERIFY_UNSETTLED)
        || ((v->flags & NGX_HTTP_PHONE_VERIFY_STARTING)
            && (int32_t) (v->start_until - now) <= 0))
    {
        return NGX_HTTP_PHONE_VERIFY_START_UNSETTLED;
    }

    if ((int32_t) (v->resend_at - now) <= 0
        && !(v->flags & NGX_HTTP_PHONE_VERIFY_STARTING))
    {
        return NGX_HTTP_PHONE_VERIFY_RUNNING_NOT;
    }

    if (ngx_http_phone_verify_methods[v->method].proof.len == 0) {
        return NGX_HTTP_PHONE_VERIFY_START_WAIT;
    }

    sseq = own ? ngx_http_phone_verify_ring_session(map, own) : 0;
    s = ngx_http_phone_verify_ring_guest(map, sseq);

    if (s && !s->dead
        && ngx_http_phone_verify_ring_resolve(map, s->record) == seq)
    {
        return NGX_HTTP_PHONE_VERIFY_START_WAIT;
    }

    return NGX_HTTP_PHONE_VERIFY_START_JOINED;
}


ngx_int_t
ngx_http_phone_verify_store_started(ngx_http_phone_verify_zone_t *zone,
    const u_char *reference, ngx_uint_t status, ngx_uint_t reason,
    ngx_str_t *id)
{
    ngx_int_t                        rc;
    ngx_http_phone_verify_map_t     *map;
    ngx_http_phone_verify_record_t  *v;

    map = ngx_http_phone_verify_ring_enter(zone);

    v = ngx_http_phone_verify_ring_record(map,
                              ngx_http_phone_verify_ring_reference(map,
                                                                   reference));

    if (v == NULL) {
        ngx_http_phone_verify_zone_unlock(zone);
        return NGX_DECLINED;
    }

    rc = (v->status == NGX_HTTP_PHONE_VERIFY_PENDING) ? NGX_OK : NGX_DECLINED;

    switch (status) {

    case NGX_HTTP_PHONE_VERIFY_NONE:
        v->flags |= NGX_HTTP_PHONE_VERIFY_UNSETTLED;
        break;

    case NGX_HTTP_PHONE_VERIFY_PENDING:
        v->flags &= ~(NGX_HTTP_PHONE_VERIFY_STARTING
                      |NGX_HTTP_PHONE_VERIFY_UNSETTLED);

        if (id && id->len && id->len <= NGX_HTTP_PHONE_VERIFY_ID_MAX) {
            ngx_memcpy(v->id, id->data, id->len);
            v->id_len = (uint8_t) id->len;
        }

        break;

    default:
        v->flags &= ~(NGX_HTTP_PHONE_VERIFY_STARTING
                      |NGX_HTTP_PHONE_VERIFY_UNSETTLED);

        if (rc == NGX_OK) {
            ngx_http_phone_verify_store_refuse(map, v, status, reason);
        }
    }

    ngx_http_phone_verify_ring_changed(map);
    ngx_http_phone_verify_zone_unlock(zone);

    return rc;
}


/*
 * The message was never sent.  Where it was to replace another one, that one
 * still stands, and its sessions are with it again.
 */

static void
ngx_http_phone_verify_store_refuse(ngx_http_phone_verify_map_t *map,
    ngx_http_phone_verify_record_t *v, ngx_uint_t status, ngx_uint_t reason)
{
    ngx_http_phone_verify_record_t  *o;

    v->status = (uint8_t) status;
    v->reason = (uint8_t) reason;

    o = ngx_http_phone_verify_ring_record(map, v->prev);

    if (o) {
        o->next = 0;
    }
}


ngx_uint_t
ngx_http_phone_verify_store_report(ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_policy_t *policy,
    const ngx_http_phone_verify_token_t *token, const u_char *code,
    ngx_http_phone_verify_view_t *view, ngx_http_phone_verify_grant_t *grant)
{
    uint32_t                          now, sseq;
    ngx_uint_t                        rc;
    ngx_http_phone_verify_map_t      *map;
    ngx_http_phone_verify_record_t   *v;
    ngx_http_phone_verify_visitor_t  *s;

    map = ngx_http_phone_verify_ring_enter(zone);
    now = ngx_http_phone_verify_ring_now();

    sseq = ngx_http_phone_verify_ring_session(map, token->session);

    if (sseq == 0
        && ngx_http_phone_verify_store_adopt(map, policy, token, &sseq)
           != NGX_OK)
    {
        ngx_http_phone_verify_zone_unlock(zone);
        return NGX_HTTP_PHONE_VERIFY_REPORT_BUSY;
    }

    s = ngx_http_phone_verify_ring_guest(map, sseq);
    v = ngx_http_phone_verify_ring_record(map,
                              ngx_http_phone_verify_ring_resolve(map,
                                                                 s->record));

    ngx_http_phone_verify_ring_view(map, sseq, view);

    rc = NGX_HTTP_PHONE_VERIFY_REPORT_ENDED;

    if (s->granted && !s->dead) {

        if (now - s->consumed <= NGX_HTTP_PHONE_VERIFY_CODE_REPEAT
            && ngx_memcmp(s->code, code, sizeof(s->code)) == 0
            && ngx_http_phone_verify_store_grant(map, sseq, NULL, grant)
               == NGX_OK)
        {
            rc = NGX_HTTP_PHONE_VERIFY_REPORT_AGAIN;
        }

    } else if (view->status == NGX_HTTP_PHONE_VERIFY_PENDING) {

        rc = NGX_HTTP_PHONE_VERIFY_REPORT_GO;

        s->attempts++;
        v->attempts++;

        if (v->reporter && v->reporter != sseq
            && (int32_t) (v->report_until - now) > 0)
        {
            v->flags |= NGX_HTTP_PHONE_VERIFY_CONTESTED;
        }

        v->reporter = sseq;
        v->report_until = now + (uint32_t) (policy->call_timeout / 1000) + 1;

        if (view->attempts_left) {
            view->attempts_left--;
        }

    } else if (view->attempts_left == 0
               && view->reason == NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CODE)
    {
        rc = NGX_HTTP_PHONE_VERIFY_REPORT_LOCKED;
    }

    ngx_http_phone_verify_zone_unlock(zone);

    return rc;
}


/* Another node's session, or one of a zone that was lost. */

static ngx_int_t
ngx_http_phone_verify_store_adopt(ngx_http_phone_verify_map_t *map,
    const ngx_http_phone_verify_policy_t *policy,
    const ngx_http_phone_verify_token_t *token, uint32_t *session)
{
    uint32_t                         seq;
    ngx_http_phone_verify_record_t  *v;

    seq = ngx_http_phone_verify_ring_reference(map, token->reference);

    if (seq == 0) {
        seq = ngx_http_phone_verify_ring_verification(map, policy,
                                                      token->number,
                                                      token->reference);
        if (seq == 0) {
            return NGX_BUSY;
        }

        v = ngx_http_phone_verify_ring_record(map, seq);

        v->method = (uint8_t) token->method;
        v->flags = NGX_HTTP_PHONE_VERIFY_ADOPTED;
        v->sends = 1;
        v->resend_at = v->created + (uint32_t) (policy->resend[0] / 1000);
        v->id_len = (uint8_t) ngx_min(token->id_len,
                                      NGX_HTTP_PHONE_VERIFY_ID_MAX);
        ngx_memcpy(v->id, token->id, v->id_len);
    }

    *session = ngx_http_phone_verify_ring_visitor(map, policy, token->session,
                                                  seq);
    if (*session == 0) {
        return NGX_BUSY;
    }

    v = ngx_http_phone_verify_ring_record(map, seq);

    if (v->sessions++ == 0) {
        v->first = *session;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_store_reported(ngx_http_phone_verify_zone_t *zone,
    const u_char *session, const u_char *reference, ngx_uint_t status,
    ngx_uint_t reason, ngx_uint_t inferred, const u_char *code,
    const u_char *fresh, ngx_http_phone_verify_view_t *view,
    ngx_http_phone_verify_grant_t *grant)
{
    uint32_t                          sseq;
    ngx_int_t                         rc;
    ngx_uint_t                        wrong;
    ngx_http_phone_verify_map_t      *map;
    ngx_http_phone_verify_record_t   *v;
    ngx_http_phone_verify_visitor_t  *s;

    map = ngx_http_phone_verify_ring_enter(zone);

    rc = NGX_DECLINED;

    sseq = ngx_http_phone_verify_ring_session(map, session);
    s = ngx_http_phone_verify_ring_guest(map, sseq);
    v = ngx_http_phone_verify_ring_record(map,
                              ngx_http_phone_verify_ring_reference(map,
                                                                   reference));

    if (s == NULL || v == NULL || s->dead) {
        ngx_memzero(view, sizeof(ngx_http_phone_verify_view_t));
        ngx_http_phone_verify_zone_unlock(zone);
        return NGX_DECLINED;
    }

    wrong = (status == NGX_HTTP_PHONE_VERIFY_FAIL
             && (reason == NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CODE
                 || reason == NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CLI));

    switch (status) {

    case NGX_HTTP_PHONE_VERIFY_SUCCESSFUL:

        if (!inferred) {

            /* Sinch's answer to this very session */

            if (v->winner == 0 || v->winner == sseq) {
                ngx_http_phone_verify_store_success(map, v, sseq);
                ngx_memcpy(s->code, code, sizeof(s->code));
                s->record = ngx_http_phone_verify_ring_reference(map,
                                                                 reference);
            }

        } else if (v->status != NGX_HTTP_PHONE_VERIFY_SUCCESSFUL) {
            ngx_http_phone_verify_store_success(map, v, 0);
        }

        break;

    case NGX_HTTP_PHONE_VERIFY_NONE:
    case NGX_HTTP_PHONE_VERIFY_PENDING:
    case NGX_HTTP_PHONE_VERIFY_UNKNOWN:
        break;

    default:

        if (!inferred || !wrong) {

            if (v->reporter == sseq
                && !(v->flags & NGX_HTTP_PHONE_VERIFY_CONTESTED))
            {
                v->reporter = 0;
            }
        }

        if (!wrong && v->status == NGX_HTTP_PHONE_VERIFY_PENDING
            && v->next == 0)
        {
            v->status = (uint8_t) status;
            v->reason = (uint8_t) reason;
        }
    }

    if (status != NGX_HTTP_PHONE_VERIFY_NONE && v->reporter == sseq) {
        v->report_until = ngx_http_phone_verify_ring_now();
    }

    ngx_http_phone_verify_ring_note(map, v);

    if (fresh) {
        rc = ngx_http_phone_verify_store_grant(map, sseq, fresh, grant);
    }

    ngx_http_phone_verify_ring_view(map, sseq, view);
    ngx_http_phone_verify_ring_changed(map);

    ngx_http_phone_verify_zone_unlock(zone);

    return rc;
}


/* "winner" 0: the one that it can only have been, or nobody. */

static void
ngx_http_phone_verify_store_success(ngx_http_phone_verify_map_t *map,
    ngx_http_phone_verify_record_t *v, uint32_t winner)
{
    v->status = NGX_HTTP_PHONE_VERIFY_SUCCESSFUL;
    v->reason = NGX_HTTP_PHONE_VERIFY_REASON_NONE;
    v->flags &= ~(NGX_HTTP_PHONE_VERIFY_NOTED|NGX_HTTP_PHONE_VERIFY_STARTING
                  |NGX_HTTP_PHONE_VERIFY_UNSETTLED);

    if (v->verified == 0) {
        v->verified = (uint32_t) ngx_time();
    }

    if (winner == 0 && v->winner == 0) {

        if (v->reporter) {
            winner = (v->flags & NGX_HTTP_PHONE_VERIFY_CONTESTED)
                     ? 0 : v->reporter;

        } else if (v->sessions == 1) {
            winner = v->first;
        }
    }

    if (winner) {
        v->winner = winner;
    }
}


/*
 * The grant of a session that has succeeded: once, and for GRANT_REPEAT
 * seconds again.  Without "fresh" only again, within CODE_REPEAT.
 */

static ngx_int_t
ngx_http_phone_verify_store_grant(ngx_http_phone_verify_map_t *map,
    uint32_t session, const u_char *fresh,
    ngx_http_phone_verify_grant_t *grant)
{
    uint32_t                          now;
    ngx_http_phone_verify_record_t   *v;
    ngx_http_phone_verify_visitor_t  *s;

    s = ngx_http_phone_verify_ring_guest(map, session);

    if (s == NULL || s->dead) {
        return NGX_DECLINED;
    }

    now = ngx_http_phone_verify_ring_now();

    v = ngx_http_phone_verify_ring_record(map,
                              ngx_http_phone_verify_ring_resolve(map,
                                                                 s->record));

    if (v == NULL || v->status != NGX_HTTP_PHONE_VERIFY_SUCCESSFUL
        || v->winner != session)
    {
        return NGX_DECLINED;
    }

    if (s->granted) {

        if (now - s->consumed > (fresh ? NGX_HTTP_PHONE_VERIFY_GRANT_REPEAT
                                       : NGX_HTTP_PHONE_VERIFY_CODE_REPEAT))
        {
            return NGX_DECLINED;
        }

    } else {

        if (fresh == NULL) {
            return NGX_DECLINED;
        }

        ngx_memcpy(s->grant, fresh, NGX_HTTP_PHONE_VERIFY_SESSION_LEN);
        s->consumed = now;
        s->granted = 1;

        ngx_http_phone_verify_ring_changed(map);
    }

    ngx_memcpy(grant->session, s->grant, NGX_HTTP_PHONE_VERIFY_SESSION_LEN);
    grant->number = v->number;
    grant->method = v->method;
    grant->verified = v->verified;

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_store_claim(ngx_http_phone_verify_zone_t *zone,
    const u_char *session, const u_char *fresh,
    ngx_http_phone_verify_grant_t *grant)
{
    uint32_t                          sseq;
    ngx_int_t                         rc;
    ngx_http_phone_verify_map_t      *map;
    ngx_http_phone_verify_visitor_t  *s;

    map = ngx_http_phone_verify_ring_enter(zone);

    rc = NGX_DECLINED;

    sseq = ngx_http_phone_verify_ring_session(map, session);
    s = ngx_http_phone_verify_ring_guest(map, sseq);

    if (s) {
        ngx_http_phone_verify_ring_note(map,
                 ngx_http_phone_verify_ring_record(map,
                          ngx_http_phone_verify_ring_resolve(map, s->record)));

        rc = ngx_http_phone_verify_store_grant(map, sseq, fresh, grant);
    }

    ngx_http_phone_verify_zone_unlock(zone);

    return rc;
}


ngx_int_t
ngx_http_phone_verify_store_look(ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_policy_t *policy, const u_char *session,
    ngx_http_phone_verify_view_t *view)
{
    uint32_t                      sseq;
    ngx_http_phone_verify_map_t  *map;

    map = ngx_http_phone_verify_ring_enter(zone);

    sseq = ngx_http_phone_verify_ring_session(map, session);

    if (sseq) {
        ngx_http_phone_verify_ring_view(map, sseq, view);
    }

    ngx_http_phone_verify_zone_unlock(zone);

    return sseq ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_http_phone_verify_store_event(ngx_http_phone_verify_zone_t *zone,
    const u_char *reference, ngx_str_t *id,
    ngx_http_phone_verify_number_t number, ngx_uint_t method,
    ngx_uint_t status, ngx_uint_t reason)
{
    uint32_t                         seq;
    ngx_http_phone_verify_map_t     *map;
    ngx_http_phone_verify_record_t  *v;

    map = ngx_http_phone_verify_ring_enter(zone);

    seq = reference ? ngx_http_phone_verify_ring_reference(map, reference)
                    : ngx_http_phone_verify_ring_id(map, number, id);

    v = ngx_http_phone_verify_ring_record(map, seq);

    if (v == NULL
        || (number && number != v->number)
        || (method != NGX_HTTP_PHONE_VERIFY_NO_METHOD && method != v->method)
        || (id && id->len && v->id_len
            && (id->len != v->id_len
                || ngx_memcmp(id->data, v->id, v->id_len) != 0)))
    {
        ngx_http_phone_verify_zone_unlock(zone);
        return NGX_DECLINED;
    }

    if (v->id_len == 0 && id && id->len
        && id->len <= NGX_HTTP_PHONE_VERIFY_ID_MAX)
    {
        ngx_memcpy(v->id, id->data, id->len);
        v->id_len = (uint8_t) id->len;
    }

    switch (status) {

    case NGX_HTTP_PHONE_VERIFY_SUCCESSFUL:

        if (v->status == NGX_HTTP_PHONE_VERIFY_SUCCESSFUL) {
            break;
        }

        if (v->reporter
            && (int32_t) (v->report_until - ngx_http_phone_verify_ring_now())
               > 0)
        {
            v->flags |= NGX_HTTP_PHONE_VERIFY_NOTED;
            break;
        }

        ngx_http_phone_verify_store_success(map, v, 0);
        break;

    case NGX_HTTP_PHONE_VERIFY_NONE:
    case NGX_HTTP_PHONE_VERIFY_PENDING:
    case NGX_HTTP_PHONE_VERIFY_UNKNOWN:
        break;

    default:

        /* a wrong code is told to who reported it; it may be tried again */

        if (v->status == NGX_HTTP_PHONE_VERIFY_PENDING
            && !(status == NGX_HTTP_PHONE_VERIFY_FAIL
                 && (reason == NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CODE
                     || reason == NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CLI)))
        {
            v->status = (uint8_t) status;
            v->reason = (uint8_t) reason;
        }
    }

    ngx_http_phone_verify_ring_changed(map);
    ngx_http_phone_verify_zone_unlock(zone);

    return NGX_OK;
}


void
ngx_http_phone_verify_store_forget(ngx_http_phone_verify_zone_t *zone,
    const u_char *session)
{
    ngx_http_phone_verify_map_t      *map;
    ngx_http_phone_verify_visitor_t  *s;

    map = ngx_http_phone_verify_ring_enter(zone);

    s = ngx_http_phone_verify_ring_guest(map,
                               ngx_http_phone_verify_ring_session(map,
                                                                  session));
    if (s) {
        s->dead = 1;
        ngx_http_phone_verify_ring_changed(map);
    }

    ngx_http_phone_verify_zone_unlock(zone);
}
