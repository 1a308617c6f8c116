
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/policy/limiter.h"
#include "verification/store/standing.h"


/* Reports, and the grants that come of them. */


static ngx_http_phone_verify_snode_t *ngx_http_phone_verify_store_adopt(
    ngx_http_phone_verify_pending_t *p,
    const ngx_http_phone_verify_policy_t *policy,
    const ngx_http_phone_verify_token_t *token, ngx_msec_t now);
static ngx_uint_t ngx_http_phone_verify_store_take(
    ngx_http_phone_verify_pending_t *p,
    const ngx_http_phone_verify_policy_t *policy,
    ngx_http_phone_verify_snode_t *s, const u_char *code,
    ngx_http_phone_verify_limits_t *limits,
    ngx_http_phone_verify_guess_t *guess, ngx_msec_t now,
    ngx_http_phone_verify_view_t *view, ngx_http_phone_verify_grant_t *grant);
static void ngx_http_phone_verify_store_judge(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_snode_t *s,
    ngx_http_phone_verify_vnode_t *v, ngx_uint_t status, ngx_uint_t reason,
    ngx_uint_t inferred, ngx_msec_t now);
static ngx_uint_t ngx_http_phone_verify_store_same_code(
    ngx_http_phone_verify_snode_t *s, const u_char *code);


ngx_uint_t
ngx_http_phone_verify_store_report(ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_policy_t *policy,
    const ngx_http_phone_verify_token_t *token, const u_char *code,
    ngx_http_phone_verify_guess_t *guess, ngx_http_phone_verify_view_t *view,
    ngx_http_phone_verify_grant_t *grant)
{
    ngx_uint_t                        rc;
    ngx_msec_t                        now;
    ngx_http_phone_verify_snode_t    *s;
    ngx_http_phone_verify_pending_t  *p;

    ngx_memzero(view, sizeof(ngx_http_phone_verify_view_t));

    now = ngx_current_msec;

    ngx_http_phone_verify_zone_lock(zone);

    p = ngx_http_phone_verify_pending(zone);

    s = ngx_http_phone_verify_pending_session(p, token->session);

    if (s == NULL) {
        s = ngx_http_phone_verify_store_adopt(p, policy, token, now);
    }

    if (s == NULL) {
        rc = NGX_HTTP_PHONE_VERIFY_REPORT_BUSY;

    } else if (s->flags & NGX_HTTP_PHONE_VERIFY_DEAD) {
        rc = NGX_HTTP_PHONE_VERIFY_REPORT_ENDED;

    } else {
        rc = ngx_http_phone_verify_store_take(p, policy, s, code,
                           ngx_http_phone_verify_zone_region(zone, LIMITS),
                           guess, now, view, grant);
    }

    if (rc == NGX_HTTP_PHONE_VERIFY_REPORT_GO) {
        ngx_http_phone_verify_changed(zone, view->reference);
    }

    ngx_http_phone_verify_zone_unlock(zone);

    return rc;
}


/*
 * A session of another node's, or of a zone that was lost.  Nobody knows who
 * else has a session of that verification.
 */

static ngx_http_phone_verify_snode_t *
ngx_http_phone_verify_store_adopt(ngx_http_phone_verify_pending_t *p,
    const ngx_http_phone_verify_policy_t *policy,
    const ngx_http_phone_verify_token_t *token, ngx_msec_t now)
{
    time_t                          left;
    uint32_t                        ttl;
    ngx_uint_t                      new;
    ngx_http_phone_verify_snode_t  *s;
    ngx_http_phone_verify_vnode_t  *v, *running;

    ngx_http_phone_verify_pending_expire(p, now);

    v = ngx_http_phone_verify_pending_reference(p, token->reference);
    new = (v == NULL);

    if (!ngx_http_phone_verify_pending_room(p, new)) {
        return NULL;
    }

    /* its tombstone must not go before the token does */

    left = token->expires - ngx_time();
    left = ngx_max(left, 1);
    ttl = (uint32_t) (ngx_min(left, 24 * 60 * 60) * 1000);

    if (new) {
        v = ngx_http_phone_verify_pending_next_vnode(p);

        v->number = token->number;
        v->created = now;
        v->ttl = ngx_min((uint32_t) policy->ttl, ttl);
        v->resend = (uint32_t) policy->resend[0];
        v->status = NGX_HTTP_PHONE_VERIFY_PENDING;
        v->method = token->method;
        v->sends = 1;
        v->id_len = token->id_len;

        ngx_memcpy(v->id, token->id, token->id_len);
        ngx_memcpy(v->reference, token->reference,
                   NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);
        ngx_memcpy(v->seed, token->reference,
                   NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);

        /* what was started here is what others join */

        running = ngx_http_phone_verify_pending_number(p, token->number);

        if (policy->alone) {
            v->flags = NGX_HTTP_PHONE_VERIFY_UNSENT;

        } else if (running == NULL
                   || !ngx_http_phone_verify_standing_running(running, now))
        {
            v->flags = NGX_HTTP_PHONE_VERIFY_NUMBERED;
        }
    }

    v->flags |= NGX_HTTP_PHONE_VERIFY_SHARED;

    s = ngx_http_phone_verify_pending_next_snode(p);

    s->created = now;
    s->ttl = ngx_max((uint32_t) policy->ttl, ttl);
    s->since = (uint32_t) token->issued;
    s->verification = ngx_http_phone_verify_pending_vseq(p, v);

    ngx_http_phone_verify_standing_limit(s, policy);

    ngx_memcpy(s->id, token->session, NGX_HTTP_PHONE_VERIFY_SESSION_LEN);

    if (new) {
        ngx_http_phone_verify_pending_add_vnode(p, v);
    }

    ngx_http_phone_verify_pending_add_snode(p, s);

    return s;
}


static ngx_uint_t
ngx_http_phone_verify_store_take(ngx_http_phone_verify_pending_t *p,
    const ngx_http_phone_verify_policy_t *policy,
    ngx_http_phone_verify_snode_t *s, const u_char *code,
    ngx_http_phone_verify_limits_t *limits,
    ngx_http_phone_verify_guess_t *guess, ngx_msec_t now,
    ngx_http_phone_verify_view_t *view, ngx_http_phone_verify_grant_t *grant)
{
    ngx_uint_t                      limit, shares, strict;
    ngx_http_phone_verify_vnode_t  *v;

    v = ngx_http_phone_verify_standing(p, s, now);

    ngx_http_phone_verify_standing_limit(s, policy);

    strict = ngx_http_phone_verify_standing_strict(s);
    limit = s->limit * NGX_HTTP_PHONE_VERIFY_SHARED_ATTEMPTS;

    if (s->flags & NGX_HTTP_PHONE_VERIFY_CONSUMED) {

        /* another code than the one that was right: there is no session */

        if (!ngx_http_phone_verify_store_same_code(s, code)
            || ngx_http_phone_verify_standing_grant(p, s, v, NULL,
                                             NGX_HTTP_PHONE_VERIFY_CODE_REPEAT,
                                             now, grant)
               != NGX_OK)
        {
            return NGX_HTTP_PHONE_VERIFY_REPORT_ENDED;
        }

        ngx_http_phone_verify_standing_view(p, s, v, now, view);

        return NGX_HTTP_PHONE_VERIFY_REPORT_AGAIN;
    }

    if (v == NULL
        || !ngx_http_phone_verify_standing_running(v, now)
        || ngx_http_phone_verify_age(s->created, now) >= s->ttl)
    {
        ngx_http_phone_verify_standing_view(p, s, v, now, view);

        return NGX_HTTP_PHONE_VERIFY_REPORT_ENDED;
    }

    /* strangers who have joined cannot use up an owner's attempts */

    shares = (guess == NULL || !guess->owner);

    if (shares) {
        s->flags &= ~NGX_HTTP_PHONE_VERIFY_OWNER;

    } else {
        s->flags |= NGX_HTTP_PHONE_VERIFY_OWNER;
    }

    /* the policy may have been another one before */

    if (!strict) {
        v->flags &= ~NGX_HTTP_PHONE_VERIFY_LOCKED;

    } else if (v->attempts >= limit) {
        v->flags |= NGX_HTTP_PHONE_VERIFY_LOCKED;
    }

    if (s->limit
        && (s->attempts >= s->limit
            || (shares
                && (v->attempts >= limit
                    || (v->flags & NGX_HTTP_PHONE_VERIFY_LOCKED)))))
    {
        if (strict) {
            ngx_http_phone_verify_standing_view(p, s, v, now, view);

            return NGX_HTTP_PHONE_VERIFY_REPORT_LOCKED;
        }

        if (guess) {
            guess->used = 1;
        }
    }

    if (guess
        && ngx_http_phone_verify_limiter_guess(limits, guess, now / 1000)
           != NGX_OK)
    {
        ngx_http_phone_verify_standing_view(p, s, v, now, view);

        return NGX_HTTP_PHONE_VERIFY_REPORT_LIMITED;
    }

    if (s->attempts < 255) {
        s->attempts++;
    }

    if (shares) {

        if (v->attempts < 65535) {
            v->attempts++;
        }

        if (strict && v->attempts >= limit) {
            v->flags |= NGX_HTTP_PHONE_VERIFY_LOCKED;
        }
    }

    if (v->flights < 15) {
        v->flights++;
    }

    v->report_over = (uint32_t) (ngx_http_phone_verify_age(v->created, now)
                                 + policy->call_timeout);

    ngx_http_phone_verify_standing_view(p, s, v, now, view);

    return NGX_HTTP_PHONE_VERIFY_REPORT_GO;
}


void
ngx_http_phone_verify_store_unsent(ngx_http_phone_verify_zone_t *zone,
    const u_char *session, const u_char *reference, ngx_uint_t shared)
{
    ngx_http_phone_verify_snode_t    *s;
    ngx_http_phone_verify_vnode_t    *v;
    ngx_http_phone_verify_pending_t  *p;

    ngx_http_phone_verify_zone_lock(zone);

    p = ngx_http_phone_verify_pending(zone);

    s = ngx_http_phone_verify_pending_session(p, session);
    v = ngx_http_phone_verify_pending_reference(p, reference);

    if (s && s->attempts) {
        s->attempts--;
    }

    if (s && v && shared && v->attempts) {
        v->attempts--;

        if (v->attempts < s->limit * NGX_HTTP_PHONE_VERIFY_SHARED_ATTEMPTS) {
            v->flags &= ~NGX_HTTP_PHONE_VERIFY_LOCKED;
        }
    }

    ngx_http_phone_verify_zone_unlock(zone);
}


ngx_int_t
ngx_http_phone_verify_store_reported(ngx_http_phone_verify_zone_t *zone,
    const u_char *session, const u_char *reference, ngx_uint_t status,
    ngx_uint_t reason, ngx_uint_t inferred, const u_char *code,
    const u_char *fresh, ngx_http_phone_verify_view_t *view,
    ngx_http_phone_verify_grant_t *grant)
{
    ngx_int_t                         rc;
    ngx_uint_t                        repeat, converts;
    ngx_msec_t                        now;
    ngx_http_phone_verify_snode_t    *s;
    ngx_http_phone_verify_vnode_t    *v;
    ngx_http_phone_verify_pending_t  *p;

    ngx_memzero(view, sizeof(ngx_http_phone_verify_view_t));

    rc = NGX_DECLINED;
    converts = 0;
    now = ngx_current_msec;

    ngx_http_phone_verify_zone_lock(zone);

    p = ngx_http_phone_verify_pending(zone);

    s = ngx_http_phone_verify_pending_session(p, session);
    v = ngx_http_phone_verify_pending_reference(p, reference);

    if (v) {
        converts = (v->flags & NGX_HTTP_PHONE_VERIFY_ADMITTED)
                   && v->status != NGX_HTTP_PHONE_VERIFY_SUCCESSFUL;

        ngx_http_phone_verify_store_judge(p, s, v, status, reason, inferred,
                                          now);
        ngx_http_phone_verify_standing_changed(zone, v);

        converts = converts && v->status == NGX_HTTP_PHONE_VERIFY_SUCCESSFUL;
    }

    if (s == NULL || (s->flags & NGX_HTTP_PHONE_VERIFY_DEAD)) {
        goto done;
    }

    if (status == NGX_HTTP_PHONE_VERIFY_SUCCESSFUL
        && v
        && ngx_http_phone_verify_standing_won(p, v, s)
        && !(s->flags & NGX_HTTP_PHONE_VERIFY_CONSUMED))
    {
        ngx_memcpy(s->code, code, sizeof(s->code));

        ngx_memory_barrier();

        s->flags |= NGX_HTTP_PHONE_VERIFY_BY_CODE;
    }

    v = ngx_http_phone_verify_standing(p, s, now);

    repeat = (status == NGX_HTTP_PHONE_VERIFY_SUCCESSFUL
              && ngx_http_phone_verify_store_same_code(s, code))
             ? NGX_HTTP_PHONE_VERIFY_CODE_REPEAT
             : NGX_HTTP_PHONE_VERIFY_GRANT_REPEAT;

    if (fresh) {
        rc = ngx_http_phone_verify_standing_grant(p, s, v, fresh, repeat, now,
                                                  grant);
    }

    ngx_http_phone_verify_standing_view(p, s, v, now, view);

done:

    view->converted = converts;

    ngx_http_phone_verify_zone_unlock(zone);

    return rc;
}


/* What the end of a report says of its verification; "s" may be NULL. */

static void
ngx_http_phone_verify_store_judge(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_snode_t *s, ngx_http_phone_verify_vnode_t *v,
    ngx_uint_t status, ngx_uint_t reason, ngx_uint_t inferred, ngx_msec_t now)
{
    if (v->flights) {
        v->flights--;
    }

    switch (status) {

    case NGX_HTTP_PHONE_VERIFY_SUCCESSFUL:

        if (inferred) {
            v->flags |= NGX_HTTP_PHONE_VERIFY_DOUBTFUL;

            if (!(v->flags & NGX_HTTP_PHONE_VERIFY_SHARED)) {

                /* whose other reports could only tell the same */

                v->flights = 0;
            }

            ngx_http_phone_verify_standing_inferred(p, v, now);
            break;
        }

        if (v->status != NGX_HTTP_PHONE_VERIFY_SUCCESSFUL
            || !(v->flags & NGX_HTTP_PHONE_VERIFY_WON))
        {
            ngx_http_phone_verify_standing_succeed(p, v, s);
        }

        break;

    case NGX_HTTP_PHONE_VERIFY_NONE:
    case NGX_HTTP_PHONE_VERIFY_UNKNOWN:
        v->flags |= NGX_HTTP_PHONE_VERIFY_DOUBTFUL;
        break;

    case NGX_HTTP_PHONE_VERIFY_PENDING:

        if (!inferred) {
            /* Sinch has taken it, and not decided */
            v->flags |= NGX_HTTP_PHONE_VERIFY_DOUBTFUL;
        }

        break;

    default:

        if (status == NGX_HTTP_PHONE_VERIFY_FAIL
            && ngx_http_phone_verify_invalid(reason))
        {
            break;
        }

        /*
         * Until Sinch has answered the start, a report by number may be
         * answered with something else's end: it must not be this one's.
         */

        if (v->status == NGX_HTTP_PHONE_VERIFY_PENDING
            && !(v->flags & (NGX_HTTP_PHONE_VERIFY_STARTING
                             |NGX_HTTP_PHONE_VERIFY_UNSETTLED
                             |NGX_HTTP_PHONE_VERIFY_NOTED)))
        {
            ngx_http_phone_verify_standing_end(p, v, status, reason);
        }

        break;
    }

    ngx_http_phone_verify_standing_touch(p, v, now);
}


ngx_int_t
ngx_http_phone_verify_store_claim(ngx_http_phone_verify_zone_t *zone,
    const u_char *session, const u_char *fresh,
    ngx_http_phone_verify_grant_t *grant)
{
    ngx_int_t                         rc;
    ngx_msec_t                        now;
    ngx_http_phone_verify_snode_t    *s;
    ngx_http_phone_verify_pending_t  *p;

    rc = NGX_DECLINED;
    now = ngx_current_msec;

    ngx_http_phone_verify_zone_lock(zone);

    p = ngx_http_phone_verify_pending(zone);

    s = ngx_http_phone_verify_pending_session(p, session);

    if (s) {
        rc = ngx_http_phone_verify_standing_grant(p, s,
                                     ngx_http_phone_verify_standing(p, s, now),
                                     fresh, NGX_HTTP_PHONE_VERIFY_GRANT_REPEAT,
                                     now, grant);
        if (rc == NGX_OK) {
            ngx_http_phone_verify_changed(zone, session);
        }
    }

    ngx_http_phone_verify_zone_unlock(zone);

    return rc;
}


/* Only what made this session succeed has been kept. */

static ngx_uint_t
ngx_http_phone_verify_store_same_code(ngx_http_phone_verify_snode_t *s,
    const u_char *code)
{
    return (s->flags & NGX_HTTP_PHONE_VERIFY_BY_CODE)
           && ngx_memcmp(s->code, code, sizeof(s->code)) == 0;
}
