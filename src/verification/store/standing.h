
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_STANDING_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_STANDING_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store/pending.h"
#include "verification/store/store.h"


/*
 * How a verification stands, and for whom; the rules that the functions of
 * store.h have in common.  All of it inside the zone's critical section.
 *
 * Who has succeeded.  Sinch's answer to a report names the session that made
 * it.  A callback or a query only says that somebody has: that is whose
 * verification it is, if it is one session's alone, and nobody where sessions
 * share it, here or at another node; one that has nothing to report is always
 * its starter's.  While reports are under way it is noted only, so that their
 * answers have the say.
 */


#define NGX_HTTP_PHONE_VERIFY_SHARED_ATTEMPTS  3     /* times a session's */
#define NGX_HTTP_PHONE_VERIFY_SENDS_MAX        32    /* in a row to a number */


#define ngx_http_phone_verify_invalid(reason)                                 \
    ((reason) == NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CODE                    \
     || (reason) == NGX_HTTP_PHONE_VERIFY_REASON_INVALID_CLI)


/* Milliseconds since "created"; the clocks of workers differ a little. */

ngx_msec_t ngx_http_phone_verify_age(ngx_msec_t created, ngx_msec_t now);


/*
 * The verification of a session, NULL where it has gone, which is after it has
 * expired.  One that was sent anew takes the sessions along.  A noted success
 * whose reports never came back is a success now.
 */

ngx_http_phone_verify_vnode_t *ngx_http_phone_verify_standing(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_snode_t *s,
    ngx_msec_t now);

void ngx_http_phone_verify_standing_touch(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_vnode_t *v, ngx_msec_t now);


/* 1 or 0: pending, and not past its time; reports under way; whose success. */

ngx_uint_t ngx_http_phone_verify_standing_running(
    ngx_http_phone_verify_vnode_t *v, ngx_msec_t now);
ngx_uint_t ngx_http_phone_verify_standing_in_flight(
    ngx_http_phone_verify_vnode_t *v, ngx_msec_t now);
ngx_uint_t ngx_http_phone_verify_standing_won(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_vnode_t *v,
    ngx_http_phone_verify_snode_t *s);


/* It was sent, as is known now for the first time, or was known before. */

void ngx_http_phone_verify_standing_sent(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_vnode_t *v);

/* Success of a session, or (NULL) of nobody here. */

void ngx_http_phone_verify_standing_succeed(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_vnode_t *v,
    ngx_http_phone_verify_snode_t *s);

/* Success, as a callback or a query says. */

void ngx_http_phone_verify_standing_inferred(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_vnode_t *v,
    ngx_msec_t now);

/*
 * Another end.  One that was never sent and was to replace another gives that
 * one its sessions back.
 */

void ngx_http_phone_verify_standing_end(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_vnode_t *v, ngx_uint_t status, ngx_uint_t reason);


/*
 * Tells those who wait for it, or for the one that it replaces, and who has
 * won it, who may have gone along to another one.
 */

void ngx_http_phone_verify_standing_changed(ngx_http_phone_verify_zone_t *zone,
    ngx_http_phone_verify_vnode_t *v);


/* Sinch's id, unless it is empty or longer than ID_MAX. */

void ngx_http_phone_verify_standing_learn(ngx_http_phone_verify_vnode_t *v,
    ngx_str_t *id);


/*
 * What the policy says of attempts, which goes with the session: "limit", 0
 * where there may be any, and DRY_RUN where more of them are only told of.
 * _strict() is 1 where it refuses somebody.
 */

void ngx_http_phone_verify_standing_limit(ngx_http_phone_verify_snode_t *s,
    const ngx_http_phone_verify_policy_t *policy);

#define ngx_http_phone_verify_standing_strict(s)                              \
    ((s)->limit && !((s)->flags & NGX_HTTP_PHONE_VERIFY_DRY_RUN))


/* What a session may know. */

void ngx_http_phone_verify_standing_view(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_snode_t *s, ngx_http_phone_verify_vnode_t *v,
    ngx_msec_t now, ngx_http_phone_verify_view_t *view);


/*
 * The grant of a session that has succeeded: made of "fresh" (NULL: none is
 * made), or the one it has got, at most "repeat" seconds ago.  NGX_OK or
 * NGX_DECLINED.
 */

ngx_int_t ngx_http_phone_verify_standing_grant(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_snode_t *s,
    ngx_http_phone_verify_vnode_t *v, const u_char *fresh, ngx_uint_t repeat,
    ngx_msec_t now, ngx_http_phone_verify_grant_t *grant);


#endif /* _NGX_HTTP_PHONE_VERIFY_STANDING_H_INCLUDED_ */
