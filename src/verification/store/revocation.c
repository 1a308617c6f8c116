
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store/meter.h"
#include "verification/store/revocation_impl.h"


static ngx_int_t ngx_http_phone_verify_revocation_add(
    ngx_http_phone_verify_zone_t *zone, const u_char *id, size_t len,
    time_t until, ngx_uint_t counts);
static void ngx_http_phone_verify_revocation_place(u_char *id);
static void ngx_http_phone_verify_revocation_no_place(
    ngx_http_phone_verify_revocations_t *t);
static ngx_uint_t ngx_http_phone_verify_revocation_maybe(
    ngx_http_phone_verify_revocations_t *t, const u_char *id);
static ngx_uint_t ngx_http_phone_verify_revoked_number(
    ngx_http_phone_verify_zone_t *zone, uint64_t hash, time_t issued);
static void ngx_http_phone_verify_revocation_number(uint64_t hash, time_t at,
    u_char *id);
static uint32_t ngx_http_phone_verify_revocation_at(const u_char *id);


ngx_int_t
ngx_http_phone_verify_revoke(ngx_http_phone_verify_zone_t *zone,
    const u_char *id, time_t until)
{
    return ngx_http_phone_verify_revocation_add(zone, id,
                                            NGX_HTTP_PHONE_VERIFY_SESSION_LEN,
                                            until, 1);
}


ngx_int_t
ngx_http_phone_verify_revoke_numbers(ngx_http_phone_verify_zone_t *zone,
    uint64_t hash, time_t at, time_t until)
{
    u_char  id[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];

    ngx_http_phone_verify_revocation_number(hash, at, id);

    return ngx_http_phone_verify_revocation_add(zone, id,
                                      NGX_HTTP_PHONE_VERIFY_REVOCATION_NUMBER,
                                      until, 1);
}


ngx_int_t
ngx_http_phone_verify_revoke_again(ngx_http_phone_verify_zone_t *zone,
    const u_char *id, uint64_t hash, time_t at, time_t until)
{
    size_t  len;
    u_char  buf[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];

    len = NGX_HTTP_PHONE_VERIFY_SESSION_LEN;

    if (id == NULL) {
        ngx_http_phone_verify_revocation_number(hash, at, buf);

        id = buf;
        len = NGX_HTTP_PHONE_VERIFY_REVOCATION_NUMBER;
    }

    return ngx_http_phone_verify_revocation_add(zone, id, len, until, 0);
}


void
ngx_http_phone_verify_revoke_before(ngx_http_phone_verify_zone_t *zone,
    time_t at)
{
    ngx_http_phone_verify_revocations_t  *t;

    ngx_http_phone_verify_zone_lock(zone);

    t = ngx_http_phone_verify_zone_region(zone, REVOCATIONS);

    if ((ngx_atomic_uint_t) at > t->before) {
        t->before = (ngx_atomic_uint_t) at;
    }

    ngx_http_phone_verify_zone_unlock(zone);
}


/*
 * What keeps it is a node of nobody's id, which ends by itself should this
 * process die.
 */

ngx_int_t
ngx_http_phone_verify_revoke_room(ngx_http_phone_verify_zone_t *zone,
    const u_char *id, uint64_t hash)
{
    size_t                                len;
    u_char                                buf[
                                             NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    time_t                                now;
    ngx_int_t                             rc;
    ngx_http_phone_verify_revocations_t  *t;

    len = NGX_HTTP_PHONE_VERIFY_SESSION_LEN;

    if (id == NULL) {
        ngx_http_phone_verify_revocation_number(hash, 0, buf);

        id = buf;
        len = NGX_HTTP_PHONE_VERIFY_REVOCATION_NUMBER;
    }

    now = ngx_time();
    rc = NGX_OK;

    ngx_http_phone_verify_zone_lock(zone);

    t = ngx_http_phone_verify_zone_region(zone, REVOCATIONS);

    ngx_http_phone_verify_revocation_no_place(t);

    if (*ngx_http_phone_verify_revocation_find(t, id, len) == 0) {
        ngx_http_phone_verify_revocation_place(buf);
        rc = ngx_http_phone_verify_revocation_insert(t, buf, (uint32_t) now,
                                                     now);
    }

    ngx_http_phone_verify_zone_unlock(zone);

    return rc;
}


void
ngx_http_phone_verify_revoke_no_room(ngx_http_phone_verify_zone_t *zone)
{
    ngx_http_phone_verify_zone_lock(zone);

    ngx_http_phone_verify_revocation_no_place(
                         ngx_http_phone_verify_zone_region(zone, REVOCATIONS));

    ngx_http_phone_verify_zone_unlock(zone);
}


static void
ngx_http_phone_verify_revocation_place(u_char *id)
{
    ngx_memzero(id, NGX_HTTP_PHONE_VERIFY_SESSION_LEN);
    ngx_memcpy(id, &ngx_pid, sizeof(ngx_pid));
}


static void
ngx_http_phone_verify_revocation_no_place(
    ngx_http_phone_verify_revocations_t *t)
{
    u_char    id[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    uint32_t  i;

    ngx_http_phone_verify_revocation_place(id);

    i = *ngx_http_phone_verify_revocation_find(t, id, sizeof(id));

    if (i) {
        ngx_http_phone_verify_revocation_drop(t,
                         &ngx_http_phone_verify_revocation_nodes(t)[i - 1]);
    }
}


static ngx_int_t
ngx_http_phone_verify_revocation_add(ngx_http_phone_verify_zone_t *zone,
    const u_char *id, size_t len, time_t until, ngx_uint_t counts)
{
    time_t                                now;
    uint32_t                             *link, end;
    ngx_int_t                             rc;
    ngx_http_phone_verify_revocation_t   *node;
    ngx_http_phone_verify_revocations_t  *t;

    now = ngx_time();

    /* "until" may be as far away as a time can be */

    if (until < now - NGX_HTTP_PHONE_VERIFY_REVOCATION_SLACK) {
        return NGX_OK;
    }

    end = (uint32_t) ngx_min((uint64_t) until, 0xffffffff);
    end = ngx_max(end, 1);

    rc = NGX_OK;

    ngx_http_phone_verify_zone_lock(zone);

    t = ngx_http_phone_verify_zone_region(zone, REVOCATIONS);

    ngx_http_phone_verify_revocation_no_place(t);

    (void) ngx_http_phone_verify_revocation_sweep(t,
                                   NGX_HTTP_PHONE_VERIFY_REVOCATION_SWEEP,
                                   now);

    link = ngx_http_phone_verify_revocation_find(t, id, len);

    if (*link) {
        node = &ngx_http_phone_verify_revocation_nodes(t)[*link - 1];
        node->until = ngx_max(node->until, end);

        if (ngx_http_phone_verify_revocation_of_number(id)
            && ngx_http_phone_verify_revocation_at(id)
               > ngx_http_phone_verify_revocation_at(node->id))
        {
            ngx_memcpy(node->id, id, NGX_HTTP_PHONE_VERIFY_SESSION_LEN);
        }

        goto done;
    }

    rc = ngx_http_phone_verify_revocation_insert(t, id, end, now);

    if (rc == NGX_OK && counts) {
        ngx_http_phone_verify_meter_count(zone,
                                     NGX_HTTP_PHONE_VERIFY_METER_REVOCATIONS);
    }

done:

    ngx_http_phone_verify_zone_unlock(zone);

    return rc;
}


ngx_uint_t
ngx_http_phone_verify_revoked(ngx_http_phone_verify_zone_t *zone,
    const u_char *id)
{
    ngx_uint_t                            revoked;
    ngx_http_phone_verify_revocations_t  *t;

    t = ngx_http_phone_verify_zone_atomics(zone, REVOCATIONS);

    if (!ngx_http_phone_verify_revocation_maybe(t, id)) {
        return 0;
    }

    ngx_http_phone_verify_zone_lock(zone);

    t = ngx_http_phone_verify_zone_region(zone, REVOCATIONS);

    revoked = (*ngx_http_phone_verify_revocation_find(t, id,
                                            NGX_HTTP_PHONE_VERIFY_SESSION_LEN)
               != 0);

    ngx_http_phone_verify_zone_unlock(zone);

    return revoked;
}


ngx_uint_t
ngx_http_phone_verify_revoked_grant(ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_keys_t *keys, const u_char *id,
    ngx_http_phone_verify_number_t number, time_t issued)
{
    uint64_t                              hash;
    ngx_uint_t                            i;
    ngx_http_phone_verify_revocations_t  *t;

    t = ngx_http_phone_verify_zone_atomics(zone, REVOCATIONS);

    if (issued <= (time_t) t->before
        || ngx_http_phone_verify_revoked(zone, id))
    {
        return 1;
    }

    if (t->numbers == 0) {
        return 0;
    }

    /* it may have been revoked under a key that was the first one then */

    for (i = 0;
         ngx_http_phone_verify_number_hash(keys, i, number, &hash) == NGX_OK;
         i++)
    {
        if (ngx_http_phone_verify_revoked_number(zone, hash, issued)) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_phone_verify_revoked_number(ngx_http_phone_verify_zone_t *zone,
    uint64_t hash, time_t issued)
{
    u_char                                id[
                                             NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    uint32_t                              i;
    ngx_uint_t                            revoked;
    ngx_http_phone_verify_revocations_t  *t;

    t = ngx_http_phone_verify_zone_atomics(zone, REVOCATIONS);

    ngx_http_phone_verify_revocation_number(hash, 0, id);

    if (!ngx_http_phone_verify_revocation_maybe(t, id)) {
        return 0;
    }

    ngx_http_phone_verify_zone_lock(zone);

    t = ngx_http_phone_verify_zone_region(zone, REVOCATIONS);

    i = *ngx_http_phone_verify_revocation_find(t, id,
                                     NGX_HTTP_PHONE_VERIFY_REVOCATION_NUMBER);

    revoked = i
              && issued <= (time_t) ngx_http_phone_verify_revocation_at(
                           ngx_http_phone_verify_revocation_nodes(t)[i - 1].id);

    ngx_http_phone_verify_zone_unlock(zone);

    return revoked;
}


static void
ngx_http_phone_verify_revocation_number(uint64_t hash, time_t at, u_char *id)
{
    uint32_t  t;

    t = (uint32_t) ngx_min((uint64_t) at, 0xffffffff);

    ngx_memcpy(id, &hash, 8);
    ngx_memcpy(id + 8, ngx_http_phone_verify_revocation_mark_of_number, 4);
    ngx_memcpy(id + NGX_HTTP_PHONE_VERIFY_REVOCATION_NUMBER, &t, 4);
}


static uint32_t
ngx_http_phone_verify_revocation_at(const u_char *id)
{
    uint32_t  at;

    ngx_memcpy(&at, id + NGX_HTTP_PHONE_VERIFY_REVOCATION_NUMBER, 4);

    return at;
}


/* By one atomic word, without a lock: 0 where an id is not revoked. */

static ngx_uint_t
ngx_http_phone_verify_revocation_maybe(ngx_http_phone_verify_revocations_t *t,
    const u_char *id)
{
    uint64_t           bit;
    ngx_atomic_uint_t  word;

    bit = ngx_http_phone_verify_revocation_bit(t, id);

    word = ngx_http_phone_verify_revocation_words(t)[
                                  bit / NGX_HTTP_PHONE_VERIFY_REVOCATION_WORD];

    return (word >> (bit % NGX_HTTP_PHONE_VERIFY_REVOCATION_WORD)) & 1;
}
