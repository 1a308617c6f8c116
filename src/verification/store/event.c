
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store/standing.h"


/* What Sinch says unasked, what a session may see, and its early end. */


static ngx_http_phone_verify_vnode_t *ngx_http_phone_verify_store_meant(
    ngx_http_phone_verify_pending_t *p, const u_char *reference, ngx_str_t *id,
    ngx_http_phone_verify_number_t number, ngx_uint_t method);


ngx_int_t
ngx_http_phone_verify_store_event(ngx_http_phone_verify_zone_t *zone,
    const u_char *reference, ngx_str_t *id,
    ngx_http_phone_verify_number_t number, ngx_uint_t method,
    ngx_uint_t status, ngx_uint_t reason)
{
    ngx_int_t                         rc;
    ngx_http_phone_verify_vnode_t    *v;
    ngx_http_phone_verify_pending_t  *p;

    rc = NGX_DECLINED;

    ngx_http_phone_verify_zone_lock(zone);

    p = ngx_http_phone_verify_pending(zone);

    v = ngx_http_phone_verify_store_meant(p, reference, id, number, method);

    if (v == NULL) {
        goto done;
    }

    rc = NGX_OK;

    switch (status) {

    case NGX_HTTP_PHONE_VERIFY_NONE:
    case NGX_HTTP_PHONE_VERIFY_PENDING:
    case NGX_HTTP_PHONE_VERIFY_UNKNOWN:
        goto done;

    case NGX_HTTP_PHONE_VERIFY_SUCCESSFUL:

        if (v->status == NGX_HTTP_PHONE_VERIFY_SUCCESSFUL
            || (v->flags & NGX_HTTP_PHONE_VERIFY_LOCKED))
        {
            goto done;
        }

        ngx_http_phone_verify_standing_inferred(p, v, ngx_current_msec);

        break;

    default:

        /* of a wrong code its report tells, and another may be tried */

        if (v->status != NGX_HTTP_PHONE_VERIFY_PENDING
            || (v->flags & NGX_HTTP_PHONE_VERIFY_NOTED)
            || (status == NGX_HTTP_PHONE_VERIFY_FAIL
                && ngx_http_phone_verify_invalid(reason)))
        {
            goto done;
        }

        ngx_http_phone_verify_standing_end(p, v, status, reason);

        break;
    }

    ngx_http_phone_verify_standing_changed(zone, v);

done:

    ngx_http_phone_verify_zone_unlock(zone);

    return rc;
}


/* The verification that Sinch tells of, or NULL; learns its id. */

static ngx_http_phone_verify_vnode_t *
ngx_http_phone_verify_store_meant(ngx_http_phone_verify_pending_t *p,
    const u_char *reference, ngx_str_t *id,
    ngx_http_phone_verify_number_t number, ngx_uint_t method)
{
    ngx_http_phone_verify_vnode_t  *v;

    v = reference ? ngx_http_phone_verify_pending_reference(p, reference)
                  : ngx_http_phone_verify_pending_number(p, number);

    if (v == NULL
        || (number && number != v->number)
        || (method != NGX_HTTP_PHONE_VERIFY_NO_METHOD && method != v->method))
    {
        return NULL;
    }

    if (id && id->len && id->len == v->id_len
        && ngx_memcmp(id->data, v->id, id->len) == 0)
    {
        return v;
    }

    if (reference == NULL || (id && id->len && v->id_len)) {
        return NULL;
    }

    ngx_http_phone_verify_standing_learn(v, id);

    return v;
}


ngx_int_t
ngx_http_phone_verify_store_delivered(ngx_http_phone_verify_zone_t *zone,
    const u_char *reference, ngx_str_t *id,
    ngx_http_phone_verify_number_t number, ngx_uint_t method)
{
    ngx_http_phone_verify_vnode_t  *v;

    ngx_http_phone_verify_zone_lock(zone);

    v = ngx_http_phone_verify_store_meant(ngx_http_phone_verify_pending(zone),
                                          reference, id, number, method);

    if (v
        && !(v->flags & NGX_HTTP_PHONE_VERIFY_DELIVERED)
        && ngx_http_phone_verify_standing_running(v, ngx_current_msec))
    {
        v->flags |= NGX_HTTP_PHONE_VERIFY_DELIVERED;

        ngx_http_phone_verify_standing_changed(zone, v);
    }

    ngx_http_phone_verify_zone_unlock(zone);

    return v ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_http_phone_verify_store_look(ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_policy_t *policy, const u_char *session,
    ngx_http_phone_verify_view_t *view)
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
        ngx_memzero(view, sizeof(ngx_http_phone_verify_view_t));

        if (!(s->flags & NGX_HTTP_PHONE_VERIFY_DEAD)) {
            ngx_http_phone_verify_standing_limit(s, policy);
            ngx_http_phone_verify_standing_view(p, s,
                                   ngx_http_phone_verify_standing(p, s, now),
                                   now, view);
        }

        rc = (view->status != NGX_HTTP_PHONE_VERIFY_NONE) ? NGX_OK : NGX_DONE;
    }

    ngx_http_phone_verify_zone_unlock(zone);

    return rc;
}


ngx_int_t
ngx_http_phone_verify_store_own_code(ngx_http_phone_verify_zone_t *zone,
    const u_char *reference, ngx_http_phone_verify_number_t number,
    ngx_uint_t method, u_char *seed)
{
    ngx_int_t                       rc;
    ngx_http_phone_verify_vnode_t  *v;

    rc = NGX_DECLINED;

    ngx_http_phone_verify_zone_lock(zone);

    v = ngx_http_phone_verify_pending_reference(
                                ngx_http_phone_verify_pending(zone), reference);

    if (v && v->number == number && v->method == method
        && ngx_http_phone_verify_standing_running(v, ngx_current_msec))
    {
        v->flags |= NGX_HTTP_PHONE_VERIFY_OWN_CODE;
        ngx_memcpy(seed, v->seed, NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);
        rc = NGX_OK;
    }

    ngx_http_phone_verify_zone_unlock(zone);

    return rc;
}


ngx_int_t
ngx_http_phone_verify_store_forget(ngx_http_phone_verify_zone_t *zone,
    const u_char *session)
{
    ngx_http_phone_verify_snode_t  *s;

    ngx_http_phone_verify_zone_lock(zone);

    s = ngx_http_phone_verify_pending_session(
                                   ngx_http_phone_verify_pending(zone),
                                   session);
    if (s) {
        s->flags |= NGX_HTTP_PHONE_VERIFY_DEAD;

        ngx_http_phone_verify_changed(zone, session);
    }

    ngx_http_phone_verify_zone_unlock(zone);

    return s ? NGX_OK : NGX_DECLINED;
}
