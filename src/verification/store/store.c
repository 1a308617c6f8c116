
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/policy/admission.h"
#include "verification/store/meter.h"
#include "verification/store/standing.h"


/* Starts: at most one message to a number at a time. */


static ngx_uint_t ngx_http_phone_verify_store_begin(
    ngx_http_phone_verify_pending_t *p,
    const ngx_http_phone_verify_policy_t *policy, const u_char *session,
    const u_char *reference, ngx_http_phone_verify_number_t number,
    ngx_uint_t method, const u_char *own,
    ngx_http_phone_verify_admission_t *admission,
    ngx_http_phone_verify_view_t *view);
static ngx_uint_t ngx_http_phone_verify_store_join(
    ngx_http_phone_verify_pending_t *p,
    const ngx_http_phone_verify_policy_t *policy, const u_char *session,
    ngx_http_phone_verify_vnode_t *v,
    ngx_http_phone_verify_admission_t *admission, ngx_msec_t now,
    ngx_http_phone_verify_view_t *view);
static ngx_uint_t ngx_http_phone_verify_store_new(
    ngx_http_phone_verify_pending_t *p,
    const ngx_http_phone_verify_policy_t *policy, const u_char *session,
    const u_char *reference, ngx_http_phone_verify_number_t number,
    ngx_uint_t method, ngx_http_phone_verify_vnode_t *prev,
    ngx_http_phone_verify_snode_t *own,
    ngx_http_phone_verify_admission_t *admission, ngx_msec_t now,
    ngx_http_phone_verify_view_t *view);
static ngx_http_phone_verify_snode_t *ngx_http_phone_verify_store_snode(
    ngx_http_phone_verify_pending_t *p,
    const ngx_http_phone_verify_policy_t *policy, const u_char *session,
    ngx_http_phone_verify_vnode_t *v,
    ngx_http_phone_verify_admission_t *admission, ngx_msec_t now);
static ngx_http_phone_verify_snode_t *ngx_http_phone_verify_store_own(
    ngx_http_phone_verify_pending_t *p, const u_char *own,
    ngx_http_phone_verify_vnode_t *v, ngx_msec_t now);
static ngx_uint_t ngx_http_phone_verify_store_starting(
    ngx_http_phone_verify_vnode_t *v, ngx_msec_t now);
static ngx_msec_t ngx_http_phone_verify_store_busy(
    ngx_http_phone_verify_vnode_t *v, ngx_msec_t now);


ngx_uint_t
ngx_http_phone_verify_store_start(ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_policy_t *policy, const u_char *session,
    const u_char *reference, ngx_http_phone_verify_number_t number,
    ngx_uint_t method, const u_char *own,
    ngx_http_phone_verify_admission_t *admission,
    ngx_http_phone_verify_view_t *view)
{
    ngx_uint_t                        rc;
    ngx_http_phone_verify_pending_t  *p;

    ngx_http_phone_verify_zone_lock(zone);

    p = ngx_http_phone_verify_pending(zone);

    rc = ngx_http_phone_verify_store_begin(p, policy, session, reference,
                                           number, method, own, admission,
                                           view);

    if (rc == NGX_HTTP_PHONE_VERIFY_START_NEW) {
        ngx_http_phone_verify_standing_changed(zone,
                        ngx_http_phone_verify_pending_reference(p, reference));
    }

    ngx_http_phone_verify_zone_unlock(zone);

    return rc;
}


static ngx_uint_t
ngx_http_phone_verify_store_begin(ngx_http_phone_verify_pending_t *p,
    const ngx_http_phone_verify_policy_t *policy, const u_char *session,
    const u_char *reference, ngx_http_phone_verify_number_t number,
    ngx_uint_t method, const u_char *own,
    ngx_http_phone_verify_admission_t *admission,
    ngx_http_phone_verify_view_t *view)
{
    ngx_uint_t                      rc;
    ngx_msec_t                      now, age, wait, busy;
    ngx_http_phone_verify_snode_t  *o;
    ngx_http_phone_verify_vnode_t  *v;

    now = ngx_current_msec;

    ngx_memzero(view, sizeof(ngx_http_phone_verify_view_t));

    ngx_http_phone_verify_pending_expire(p, now);

    v = policy->alone ? NULL : ngx_http_phone_verify_pending_number(p, number);

    if (v) {
        ngx_http_phone_verify_standing_touch(p, v, now);

        if (!ngx_http_phone_verify_standing_running(v, now)) {

            if (ngx_http_phone_verify_store_starting(v, now)) {

                /* a call that takes longer than what it is for may last */

                view->resend_in = 1;

                return NGX_HTTP_PHONE_VERIFY_START_WAIT;
            }

            v = NULL;
        }
    }

    if (v == NULL) {
        return ngx_http_phone_verify_store_new(p, policy, session, reference,
                                               number, method, NULL, NULL,
                                               admission, now, view);
    }

    view->status = NGX_HTTP_PHONE_VERIFY_PENDING;
    view->method = v->method;
    view->number = number;

    if ((v->flags & NGX_HTTP_PHONE_VERIFY_UNSETTLED)
        || ((v->flags & NGX_HTTP_PHONE_VERIFY_STARTING)
            && !ngx_http_phone_verify_store_starting(v, now)))
    {
        ngx_memcpy(view->reference, v->reference,
                   NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);

        return NGX_HTTP_PHONE_VERIFY_START_UNSETTLED;
    }

    o = ngx_http_phone_verify_store_own(p, own, v, now);

    age = ngx_http_phone_verify_age(v->created, now);

    busy = ngx_http_phone_verify_store_busy(v, now);
    wait = (age < v->resend) ? v->resend - age : 0;

    if (busy == 0 && (wait == 0 || policy->resend_dry)) {
        rc = ngx_http_phone_verify_store_new(p, policy, session, reference,
                                             number, method, v, o, admission,
                                             now, view);

        if (wait && admission && rc == NGX_HTTP_PHONE_VERIFY_START_NEW) {
            admission->dry |= (uint32_t) 1
                              << NGX_HTTP_PHONE_VERIFY_RULE_RESEND;
        }

        return rc;
    }

    if (o
        || ((v->flags & NGX_HTTP_PHONE_VERIFY_LOCKED)
            && policy->attempts && !policy->attempts_dry)
        || ngx_http_phone_verify_methods[v->method].proof.len == 0)
    {
        view->resend_in = (ngx_max(busy, wait) + 999) / 1000;

        if (busy == 0 && admission) {
            admission->rule = NGX_HTTP_PHONE_VERIFY_RULE_RESEND;
        }

        return NGX_HTTP_PHONE_VERIFY_START_WAIT;
    }

    return ngx_http_phone_verify_store_join(p, policy, session, v, admission,
                                            now, view);
}


static ngx_uint_t
ngx_http_phone_verify_store_join(ngx_http_phone_verify_pending_t *p,
    const ngx_http_phone_verify_policy_t *policy, const u_char *session,
    ngx_http_phone_verify_vnode_t *v,
    ngx_http_phone_verify_admission_t *admission, ngx_msec_t now,
    ngx_http_phone_verify_view_t *view)
{
    ngx_http_phone_verify_snode_t  *s;

    if (!ngx_http_phone_verify_pending_room(p, 0)) {
        return NGX_HTTP_PHONE_VERIFY_START_BUSY;
    }

    if (admission
        && ngx_http_phone_verify_admission_take(admission, 1) != NGX_OK)
    {
        return NGX_HTTP_PHONE_VERIFY_START_REFUSED;
    }

    v->flags |= NGX_HTTP_PHONE_VERIFY_SHARED;

    ngx_http_phone_verify_pending_count(p, v,
                                        NGX_HTTP_PHONE_VERIFY_ROW_JOINED);

    ngx_memory_barrier();

    s = ngx_http_phone_verify_store_snode(p, policy, session, v, admission,
                                          now);

    ngx_http_phone_verify_pending_add_snode(p, s);

    ngx_http_phone_verify_standing_view(p, s, v, now, view);

    return NGX_HTTP_PHONE_VERIFY_START_JOINED;
}


/* "prev" is what it replaces, "own" the asker's session on that; or NULL. */

static ngx_uint_t
ngx_http_phone_verify_store_new(ngx_http_phone_verify_pending_t *p,
    const ngx_http_phone_verify_policy_t *policy, const u_char *session,
    const u_char *reference, ngx_http_phone_verify_number_t number,
    ngx_uint_t method, ngx_http_phone_verify_vnode_t *prev,
    ngx_http_phone_verify_snode_t *own,
    ngx_http_phone_verify_admission_t *admission, ngx_msec_t now,
    ngx_http_phone_verify_view_t *view)
{
    ngx_uint_t                      i;
    ngx_http_phone_verify_snode_t  *s;
    ngx_http_phone_verify_vnode_t  *v;

    if (!ngx_http_phone_verify_pending_room(p, 1)) {
        return NGX_HTTP_PHONE_VERIFY_START_BUSY;
    }

    if (admission
        && ngx_http_phone_verify_admission_take(admission, 0) != NGX_OK)
    {
        return NGX_HTTP_PHONE_VERIFY_START_REFUSED;
    }

    v = ngx_http_phone_verify_pending_next_vnode(p);
    s = ngx_http_phone_verify_store_snode(p, policy, session, v, admission,
                                          now);

    v->number = number;
    v->created = now;
    v->session = ngx_http_phone_verify_pending_sseq(p, s);
    v->ttl = (uint32_t) policy->ttl;
    v->start_over = (uint32_t) policy->call_timeout;
    v->status = NGX_HTTP_PHONE_VERIFY_PENDING;
    v->method = method;
    v->sends = 1;
    v->flags = NGX_HTTP_PHONE_VERIFY_STARTING;

    if (admission) {
        v->flags |= NGX_HTTP_PHONE_VERIFY_ADMITTED;
        v->address = (uint32_t) admission->client.address;
    }

    v->flags |= policy->alone ? NGX_HTTP_PHONE_VERIFY_UNSENT
                              : NGX_HTTP_PHONE_VERIFY_NUMBERED;

    ngx_memcpy(v->reference, reference, NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);
    ngx_memcpy(v->seed, reference, NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);

    if (prev) {
        v->sends = prev->sends + 1;
        v->prev = ngx_http_phone_verify_pending_vseq(p, prev);
        v->flags |= NGX_HTTP_PHONE_VERIFY_SUPERSEDES;

        /*
         * The same code, so what was guessed of it still counts; but one of
         * which all attempts are used could not be reported by anybody.
         */

        if (own
            && (!(prev->flags & NGX_HTTP_PHONE_VERIFY_LOCKED)
                || policy->attempts == 0 || policy->attempts_dry))
        {
            ngx_memcpy(v->seed, prev->seed, NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);

            if (prev->flags & NGX_HTTP_PHONE_VERIFY_OWN_CODE) {
                v->attempts = prev->attempts;
            }
        }

        /* the client whose alone it was has only got another session */

        if (own == NULL
            || (prev->flags & NGX_HTTP_PHONE_VERIFY_SHARED)
            || prev->session != ngx_http_phone_verify_pending_sseq(p, own))
        {
            v->flags |= NGX_HTTP_PHONE_VERIFY_SHARED;
        }
    }

    i = ngx_min((ngx_uint_t) v->sends, NGX_HTTP_PHONE_VERIFY_RESENDS) - 1;
    v->resend = (uint32_t) policy->resend[i];

    ngx_http_phone_verify_pending_add_vnode(p, v);
    ngx_http_phone_verify_pending_add_snode(p, s);

    if (prev) {
        prev->next = ngx_http_phone_verify_pending_vseq(p, v);

        ngx_memory_barrier();

        prev->flags |= NGX_HTTP_PHONE_VERIFY_SUPERSEDED;
    }

    ngx_http_phone_verify_standing_view(p, s, v, now, view);

    return NGX_HTTP_PHONE_VERIFY_START_NEW;
}


/* A session's node, not yet added. */

static ngx_http_phone_verify_snode_t *
ngx_http_phone_verify_store_snode(ngx_http_phone_verify_pending_t *p,
    const ngx_http_phone_verify_policy_t *policy, const u_char *session,
    ngx_http_phone_verify_vnode_t *v,
    ngx_http_phone_verify_admission_t *admission, ngx_msec_t now)
{
    ngx_http_phone_verify_snode_t  *s;

    s = ngx_http_phone_verify_pending_next_snode(p);

    s->created = now;
    s->ttl = (uint32_t) policy->ttl;
    s->since = (uint32_t) ngx_time();
    s->verification = ngx_http_phone_verify_pending_vseq(p, v);

    ngx_http_phone_verify_standing_limit(s, policy);

    if (admission && admission->client.owner) {
        s->flags |= NGX_HTTP_PHONE_VERIFY_OWNER;
    }

    ngx_memcpy(s->id, session, NGX_HTTP_PHONE_VERIFY_SESSION_LEN);

    return s;
}


/* The asker's session, if it is one of this verification's. */

static ngx_http_phone_verify_snode_t *
ngx_http_phone_verify_store_own(ngx_http_phone_verify_pending_t *p,
    const u_char *own, ngx_http_phone_verify_vnode_t *v, ngx_msec_t now)
{
    ngx_http_phone_verify_snode_t  *s;

    if (own == NULL) {
        return NULL;
    }

    s = ngx_http_phone_verify_pending_session(p, own);

    if (s == NULL
        || (s->flags & NGX_HTTP_PHONE_VERIFY_DEAD)
        || ngx_http_phone_verify_standing(p, s, now) != v)
    {
        return NULL;
    }

    return s;
}


/* 1 while its message may be on its way: the call is under way. */

static ngx_uint_t
ngx_http_phone_verify_store_starting(ngx_http_phone_verify_vnode_t *v,
    ngx_msec_t now)
{
    return v->status == NGX_HTTP_PHONE_VERIFY_PENDING
           && (v->flags & NGX_HTTP_PHONE_VERIFY_STARTING)
           && ngx_http_phone_verify_age(v->created, now) < v->start_over;
}


/*
 * Milliseconds until a message can replace that of a running verification,
 * whatever the policy says of resends.
 */

static ngx_msec_t
ngx_http_phone_verify_store_busy(ngx_http_phone_verify_vnode_t *v,
    ngx_msec_t now)
{
    ngx_msec_t  age, end;

    age = ngx_http_phone_verify_age(v->created, now);

    end = (v->sends == NGX_HTTP_PHONE_VERIFY_SENDS_MAX) ? v->ttl : 0;

    if (ngx_http_phone_verify_store_starting(v, now)) {
        end = ngx_max(end, v->start_over);
    }

    /* a new message would abort what may be the right code */

    if (ngx_http_phone_verify_standing_in_flight(v, now)) {
        end = ngx_max(end, v->report_over);
    }

    return (age < end) ? end - age : 0;
}


ngx_int_t
ngx_http_phone_verify_store_started(ngx_http_phone_verify_zone_t *zone,
    const u_char *reference, ngx_uint_t status, ngx_uint_t reason,
    ngx_str_t *id)
{
    ngx_int_t                         rc;
    ngx_http_phone_verify_vnode_t    *v;
    ngx_http_phone_verify_pending_t  *p;

    rc = NGX_DECLINED;

    ngx_http_phone_verify_zone_lock(zone);

    p = ngx_http_phone_verify_pending(zone);

    v = ngx_http_phone_verify_pending_reference(p, reference);

    if (v == NULL) {
        goto done;
    }

    if (!(v->flags & (NGX_HTTP_PHONE_VERIFY_STARTING
                      |NGX_HTTP_PHONE_VERIFY_UNSETTLED)))
    {
        if (v->id_len == 0) {
            ngx_http_phone_verify_standing_learn(v, id);
        }

        /* two may have asked, and who is answered last need not know better */

        goto done;
    }

    rc = NGX_OK;

    switch (status) {

    case NGX_HTTP_PHONE_VERIFY_NONE:
        v->flags |= NGX_HTTP_PHONE_VERIFY_UNSETTLED;
        v->flags &= ~NGX_HTTP_PHONE_VERIFY_STARTING;
        break;

    case NGX_HTTP_PHONE_VERIFY_PENDING:
    case NGX_HTTP_PHONE_VERIFY_UNKNOWN:
    case NGX_HTTP_PHONE_VERIFY_SUCCESSFUL:
        ngx_http_phone_verify_standing_learn(v, id);
        ngx_http_phone_verify_standing_sent(p, v);

        if (status == NGX_HTTP_PHONE_VERIFY_SUCCESSFUL) {
            ngx_http_phone_verify_standing_inferred(p, v, ngx_current_msec);
        }

        break;

    default:
        ngx_http_phone_verify_standing_learn(v, id);
        ngx_http_phone_verify_standing_end(p, v, status, reason);
        break;
    }

    ngx_http_phone_verify_standing_changed(zone, v);

done:

    ngx_http_phone_verify_zone_unlock(zone);

    return rc;
}


void
ngx_http_phone_verify_store_flashcall(ngx_http_phone_verify_zone_t *zone,
    const u_char *reference,
    const ngx_http_phone_verify_sinch_answer_t *answer)
{
    ngx_http_phone_verify_vnode_t  *v;

    ngx_http_phone_verify_zone_lock(zone);

    v = ngx_http_phone_verify_pending_reference(
                              ngx_http_phone_verify_pending(zone), reference);

    if (v && v->id_len
        && !(v->flags & NGX_HTTP_PHONE_VERIFY_DESCRIBED)
        && ngx_http_phone_verify_flashcall_write(v->id + v->id_len,
                                                 sizeof(v->id) - v->id_len,
                                                 answer))
    {
        ngx_memory_barrier();

        v->flags |= NGX_HTTP_PHONE_VERIFY_DESCRIBED;
    }

    ngx_http_phone_verify_zone_unlock(zone);
}
