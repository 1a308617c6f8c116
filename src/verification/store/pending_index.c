
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store/pending_impl.h"
#include "verification/token/siphash.h"


static uint32_t *ngx_http_phone_verify_pending_number_bucket(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_number_t number);
static uint32_t *ngx_http_phone_verify_pending_reference_bucket(
    ngx_http_phone_verify_pending_t *p, const u_char *reference);
static uint32_t *ngx_http_phone_verify_pending_session_bucket(
    ngx_http_phone_verify_pending_t *p, const u_char *id);


ngx_http_phone_verify_vnode_t *
ngx_http_phone_verify_pending_number(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_number_t number)
{
    uint32_t                        i;
    ngx_http_phone_verify_vnode_t  *v, *vnodes;

    vnodes = ngx_http_phone_verify_pending_vnodes(p);

    for (i = *ngx_http_phone_verify_pending_number_bucket(p, number);
         i;
         i = v->by_number)
    {
        v = &vnodes[i - 1];

        if (v->number == number) {
            return v;
        }
    }

    return NULL;
}


ngx_http_phone_verify_vnode_t *
ngx_http_phone_verify_pending_reference(ngx_http_phone_verify_pending_t *p,
    const u_char *reference)
{
    uint32_t                        i;
    ngx_http_phone_verify_vnode_t  *v, *vnodes;

    vnodes = ngx_http_phone_verify_pending_vnodes(p);

    for (i = *ngx_http_phone_verify_pending_reference_bucket(p, reference);
         i;
         i = v->by_reference)
    {
        v = &vnodes[i - 1];

        if (ngx_memcmp(v->reference, reference,
                       NGX_HTTP_PHONE_VERIFY_RANDOM_LEN)
            == 0)
        {
            return v;
        }
    }

    return NULL;
}


ngx_http_phone_verify_snode_t *
ngx_http_phone_verify_pending_session(ngx_http_phone_verify_pending_t *p,
    const u_char *id)
{
    uint32_t                        i;
    ngx_http_phone_verify_snode_t  *s, *snodes;

    snodes = ngx_http_phone_verify_pending_snodes(p);

    for (i = *ngx_http_phone_verify_pending_session_bucket(p, id);
         i;
         i = s->by_id)
    {
        s = &snodes[i - 1];

        if (ngx_memcmp(s->id, id, NGX_HTTP_PHONE_VERIFY_SESSION_LEN) == 0) {
            return s;
        }
    }

    return NULL;
}


void
ngx_http_phone_verify_pending_set_number(ngx_http_phone_verify_pending_t *p,
    ngx_http_phone_verify_vnode_t *v)
{
    uint32_t                       *bucket;
    ngx_http_phone_verify_vnode_t  *other;

    other = ngx_http_phone_verify_pending_number(p, v->number);

    if (other == v) {
        return;
    }

    if (other) {
        ngx_http_phone_verify_pending_unlink_number(p, other);
        other->flags &= ~NGX_HTTP_PHONE_VERIFY_NUMBERED;
    }

    bucket = ngx_http_phone_verify_pending_number_bucket(p, v->number);

    v->flags |= NGX_HTTP_PHONE_VERIFY_NUMBERED;
    v->by_number = *bucket;
    *bucket = (uint32_t) (v - ngx_http_phone_verify_pending_vnodes(p)) + 1;
}


/* Strangers choose numbers, and must not choose those that share a chain. */

static uint32_t *
ngx_http_phone_verify_pending_number_bucket(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_number_t number)
{
    return ngx_http_phone_verify_pending_table(p, 0)
           + ngx_http_phone_verify_zone_bucket(
                             ngx_http_phone_verify_siphash(p->secret, number),
                             p->buckets);
}


/* References and session ids are random, and all of them our own. */

static uint32_t *
ngx_http_phone_verify_pending_reference_bucket(
    ngx_http_phone_verify_pending_t *p, const u_char *reference)
{
    uint32_t  hash;

    ngx_memcpy(&hash, reference, sizeof(hash));

    return ngx_http_phone_verify_pending_table(p, 1)
           + ngx_http_phone_verify_zone_bucket(hash, p->buckets);
}


static uint32_t *
ngx_http_phone_verify_pending_session_bucket(
    ngx_http_phone_verify_pending_t *p, const u_char *id)
{
    uint32_t  hash;

    ngx_memcpy(&hash, id, sizeof(hash));

    return ngx_http_phone_verify_pending_table(p, 2)
           + ngx_http_phone_verify_zone_bucket(hash, p->buckets);
}


void
ngx_http_phone_verify_pending_link_reference(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_vnode_t *v)
{
    uint32_t  *bucket;

    bucket = ngx_http_phone_verify_pending_reference_bucket(p, v->reference);

    v->by_reference = *bucket;
    *bucket = (uint32_t) (v - ngx_http_phone_verify_pending_vnodes(p)) + 1;
}


void
ngx_http_phone_verify_pending_unlink_reference(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_vnode_t *v)
{
    uint32_t                       *link;
    ngx_http_phone_verify_vnode_t  *vnodes;

    vnodes = ngx_http_phone_verify_pending_vnodes(p);

    for (link = ngx_http_phone_verify_pending_reference_bucket(p,
                                                               v->reference);
         *link;
         link = &vnodes[*link - 1].by_reference)
    {
        if (&vnodes[*link - 1] == v) {
            *link = v->by_reference;
            return;
        }
    }
}


void
ngx_http_phone_verify_pending_unlink_number(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_vnode_t *v)
{
    uint32_t                       *link;
    ngx_http_phone_verify_vnode_t  *vnodes;

    vnodes = ngx_http_phone_verify_pending_vnodes(p);

    for (link = ngx_http_phone_verify_pending_number_bucket(p, v->number);
         *link;
         link = &vnodes[*link - 1].by_number)
    {
        if (&vnodes[*link - 1] == v) {
            *link = v->by_number;
            return;
        }
    }
}


void
ngx_http_phone_verify_pending_link_session(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_snode_t *s)
{
    uint32_t  *bucket;

    bucket = ngx_http_phone_verify_pending_session_bucket(p, s->id);

    s->by_id = *bucket;
    *bucket = (uint32_t) (s - ngx_http_phone_verify_pending_snodes(p)) + 1;
}


void
ngx_http_phone_verify_pending_unlink_session(
    ngx_http_phone_verify_pending_t *p, ngx_http_phone_verify_snode_t *s)
{
    uint32_t                       *link;
    ngx_http_phone_verify_snode_t  *snodes;

    snodes = ngx_http_phone_verify_pending_snodes(p);

    for (link = ngx_http_phone_verify_pending_session_bucket(p, s->id);
         *link;
         link = &snodes[*link - 1].by_id)
    {
        if (&snodes[*link - 1] == s) {
            *link = s->by_id;
            return;
        }
    }
}
