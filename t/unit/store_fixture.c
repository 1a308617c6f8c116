
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "store_fixture.h"
#include "verification/store/pending_impl.h"


static ngx_msec_t  ngx_http_phone_verify_unit_msec;
static ngx_time_t  ngx_http_phone_verify_unit_time;


static void ngx_http_phone_verify_unit_store_init(
    ngx_http_phone_verify_unit_t *u, ngx_http_phone_verify_unit_store_t *f,
    size_t size, ngx_shm_zone_t *shm_zone);
static void ngx_http_phone_verify_unit_shm_free(void *data);
static const char *ngx_http_phone_verify_unit_sound_vnodes(
    ngx_http_phone_verify_pending_t *p, u_char *seen);
static const char *ngx_http_phone_verify_unit_sound_snodes(
    ngx_http_phone_verify_pending_t *p, u_char *seen);


void
ngx_http_phone_verify_unit_store(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f, size_t size)
{
    ngx_http_phone_verify_unit_store_init(u, f, size,
                                    ngx_http_phone_verify_unit_zone(u, size));
}


void
ngx_http_phone_verify_unit_store_shared(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f, size_t size)
{
    ngx_shm_zone_t      *shm_zone;
    ngx_slab_pool_t     *shpool;
    ngx_pool_cleanup_t  *cln;

    shm_zone = ngx_pcalloc(u->pool, sizeof(ngx_shm_zone_t));
    cln = ngx_pool_cleanup_add(u->pool, 0);

    if (shm_zone == NULL || cln == NULL) {
        abort();
    }

    ngx_str_set(&shm_zone->shm.name, "unit");
    shm_zone->shm.size = size;
    shm_zone->shm.log = u->log;

    if (ngx_shm_alloc(&shm_zone->shm) != NGX_OK) {
        abort();
    }

    cln->handler = ngx_http_phone_verify_unit_shm_free;
    cln->data = &shm_zone->shm;

    /* what ngx_init_zone_pool() does */

    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    shpool->end = (u_char *) shpool + size;
    shpool->min_shift = 3;
    shpool->addr = shpool;

    if (ngx_shmtx_create(&shpool->mutex, &shpool->lock, NULL) != NGX_OK) {
        abort();
    }

    ngx_slab_init(shpool);

    ngx_http_phone_verify_unit_store_init(u, f, size, shm_zone);
}


static void
ngx_http_phone_verify_unit_shm_free(void *data)
{
    ngx_shm_free(data);
}


static void
ngx_http_phone_verify_unit_store_init(ngx_http_phone_verify_unit_t *u,
    ngx_http_phone_verify_unit_store_t *f, size_t size,
    ngx_shm_zone_t *shm_zone)
{
    if (shm_zone == NULL) {
        abort();
    }

    ngx_memzero(f, sizeof(ngx_http_phone_verify_unit_store_t));

    ngx_http_phone_verify_unit_msec = ngx_current_msec;
    ngx_http_phone_verify_unit_time = *ngx_timeofday();

    f->u = u;

    f->policy.attempts = 5;
    f->policy.ttl = 300000;
    f->policy.call_timeout = 10000;
    f->policy.resend[0] = 30000;
    f->policy.resend[1] = 60000;
    f->policy.resend[2] = 120000;
    f->policy.resend[3] = 240000;

    ngx_str_set(&f->zone.app, "unit");
    f->zone.size = size;

    f->shm_zone = shm_zone;
    f->shm_zone->data = &f->zone;

    is(u, ngx_http_phone_verify_zone_init(f->shm_zone, NULL), NGX_OK,
       "a zone of %lu bytes", (unsigned long) size);
}


void
ngx_http_phone_verify_unit_store_done(ngx_http_phone_verify_unit_store_t *f)
{
    const char  *wrong;

    wrong = sound(&f->zone);

    ok(f->u, wrong == NULL, "all is sound%s%s", wrong ? ", but " : "",
       wrong ? wrong : "");

    ngx_current_msec = ngx_http_phone_verify_unit_msec;
    *ngx_timeofday() = ngx_http_phone_verify_unit_time;
}


/* splitmix64; the results of the last few calls stay good */

u_char *
ngx_http_phone_verify_unit_name(const char *kind, uint64_t n)
{
    uint64_t    h;
    ngx_uint_t  i;

    static uint64_t    name[8][2];
    static ngx_uint_t  next;

    next = (next + 1) % 8;

    for (i = 0; i < 2; i++) {
        h = n * 2 + i + ((uint64_t) (u_char) kind[0] << 56);
        h += 0x9e3779b97f4a7c15ULL;
        h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9ULL;
        h = (h ^ (h >> 27)) * 0x94d049bb133111ebULL;

        name[next][i] = h ^ (h >> 31);
    }

    return (u_char *) name[next];
}


void
ngx_http_phone_verify_unit_wait(int64_t msec)
{
    int64_t      now;
    ngx_time_t  *tp;

    ngx_current_msec += (ngx_msec_t) msec;

    tp = ngx_timeofday();
    now = (int64_t) tp->sec * 1000 + (int64_t) tp->msec + msec;
    tp->sec = (time_t) (now / 1000);
    tp->msec = (ngx_uint_t) (now % 1000);
}


ngx_uint_t
ngx_http_phone_verify_unit_start(ngx_http_phone_verify_unit_store_t *f,
    uint64_t session, uint64_t reference,
    ngx_http_phone_verify_number_t number, ngx_uint_t method, uint64_t own)
{
    return ngx_http_phone_verify_store_start(&f->zone, &f->policy,
                                             name_of("session", session),
                                             name_of("reference", reference),
                                             number, method,
                                             own ? name_of("session", own)
                                                 : NULL,
                                             NULL, &f->view);
}


ngx_int_t
ngx_http_phone_verify_unit_started(ngx_http_phone_verify_unit_store_t *f,
    uint64_t reference, ngx_uint_t status, const char *id)
{
    ngx_str_t  text;

    text.data = (u_char *) id;
    text.len = ngx_strlen(id);

    return ngx_http_phone_verify_store_started(&f->zone,
                                               name_of("reference", reference),
                                               status, NO_REASON, &text);
}


ngx_uint_t
ngx_http_phone_verify_unit_report(ngx_http_phone_verify_unit_store_t *f,
    uint64_t session, uint64_t reference, uint64_t code)
{
    ngx_http_phone_verify_token_t  token;

    ngx_memzero(&token, sizeof(ngx_http_phone_verify_token_t));

    token.number = NUMBER;
    token.method = SMS;
    token.issued = ngx_time();
    token.expires = token.issued + (time_t) (f->policy.ttl / 1000);
    token.id_len = 5;

    ngx_memcpy(token.id, "token", 5);
    ngx_memcpy(token.session, name_of("session", session), 16);
    ngx_memcpy(token.reference, name_of("reference", reference), 16);

    return ngx_http_phone_verify_store_report(&f->zone, &f->policy, &token,
                                              name_of("code", code), NULL,
                                              &f->view,
                                              &f->grant);
}


ngx_int_t
ngx_http_phone_verify_unit_reported(ngx_http_phone_verify_unit_store_t *f,
    uint64_t session, uint64_t reference, ngx_uint_t status,
    ngx_uint_t reason, ngx_uint_t inferred, uint64_t code, uint64_t fresh)
{
    return ngx_http_phone_verify_store_reported(&f->zone,
                                             name_of("session", session),
                                             name_of("reference", reference),
                                             status, reason, inferred,
                                             name_of("code", code),
                                             fresh ? name_of("grant", fresh)
                                                   : NULL,
                                             &f->view, &f->grant);
}


void
ngx_http_phone_verify_unit_unsent(ngx_http_phone_verify_unit_store_t *f,
    uint64_t session, uint64_t reference, ngx_uint_t shared)
{
    ngx_http_phone_verify_store_unsent(&f->zone, name_of("session", session),
                                       name_of("reference", reference),
                                       shared);
}


ngx_int_t
ngx_http_phone_verify_unit_claim(ngx_http_phone_verify_unit_store_t *f,
    uint64_t session, uint64_t fresh)
{
    return ngx_http_phone_verify_store_claim(&f->zone,
                                             name_of("session", session),
                                             name_of("grant", fresh),
                                             &f->grant);
}


ngx_int_t
ngx_http_phone_verify_unit_look(ngx_http_phone_verify_unit_store_t *f,
    uint64_t session)
{
    return ngx_http_phone_verify_store_look(&f->zone, &f->policy,
                                            name_of("session", session),
                                            &f->view);
}


ngx_int_t
ngx_http_phone_verify_unit_event(ngx_http_phone_verify_unit_store_t *f,
    uint64_t reference, const char *id, ngx_uint_t status, ngx_uint_t reason)
{
    ngx_str_t  text;

    text.data = (u_char *) id;
    text.len = ngx_strlen(id);

    return ngx_http_phone_verify_store_event(&f->zone,
                                             name_of("reference", reference),
                                             &text, 0,
                                             NGX_HTTP_PHONE_VERIFY_NO_METHOD,
                                             status, reason);
}


void
ngx_http_phone_verify_unit_forget(ngx_http_phone_verify_unit_store_t *f,
    uint64_t session)
{
    (void) ngx_http_phone_verify_store_forget(&f->zone,
                                              name_of("session", session));
}


void
ngx_http_phone_verify_unit_running(ngx_http_phone_verify_unit_store_t *f,
    uint64_t session, uint64_t reference,
    ngx_http_phone_verify_number_t number)
{
    char  id[32];

    (void) snprintf(id, sizeof(id), "id-%u", (unsigned) reference);

    is(f->u, start(f, session, reference, number, SMS, 0), NEW, "started");
    is(f->u, started(f, reference, PENDING, id), NGX_OK, "sent");
}


ngx_uint_t
ngx_http_phone_verify_unit_stands(ngx_http_phone_verify_unit_store_t *f,
    uint64_t session, ngx_uint_t status, ngx_uint_t reason)
{
    return look(f, session) == NGX_OK
           && f->view.status == status && f->view.reason == reason;
}


const char *
ngx_http_phone_verify_unit_sound(ngx_http_phone_verify_zone_t *zone)
{
    u_char                           *seen;
    const char                       *wrong;
    ngx_http_phone_verify_pending_t  *p;

    p = ngx_http_phone_verify_unit_pending(zone);

    if (zone->sh->dirty) {
        return "it is dirty";
    }

    if (p->verifications.head - p->verifications.tail > p->verifications.n
        || p->sessions.head - p->sessions.tail > p->sessions.n)
    {
        return "a ring is more than full";
    }

    seen = calloc(p->verifications.n, 1);
    if (seen == NULL) {
        abort();
    }

    wrong = ngx_http_phone_verify_unit_sound_vnodes(p, seen);

    if (wrong == NULL) {
        ngx_memzero(seen, p->sessions.n);
        wrong = ngx_http_phone_verify_unit_sound_snodes(p, seen);
    }

    free(seen);

    return wrong;
}


static const char *
ngx_http_phone_verify_unit_sound_vnodes(ngx_http_phone_verify_pending_t *p,
    u_char *seen)
{
    uint32_t                        i, b;
    uint64_t                        seq, alive;
    ngx_http_phone_verify_vnode_t  *v, *vnodes;

    vnodes = ngx_http_phone_verify_pending_vnodes(p);

    /* 1: alive, 2: in a chain of references, 4: in one of numbers */

    alive = p->verifications.head - p->verifications.tail;

    for (seq = p->verifications.tail; seq < p->verifications.head; seq++) {
        seen[seq % p->verifications.n] = 1;
    }

    for (b = 0; b < p->buckets; b++) {

        for (i = ngx_http_phone_verify_pending_table(p, 1)[b];
             i;
             i = vnodes[i - 1].by_reference)
        {
            if (seen[i - 1] != 1) {
                return "a reference of something that has gone, or twice";
            }

            seen[i - 1] |= 2;
            alive--;
        }
    }

    if (alive) {
        return "a verification without its reference";
    }

    for (b = 0; b < p->buckets; b++) {

        for (i = ngx_http_phone_verify_pending_table(p, 0)[b];
             i;
             i = vnodes[i - 1].by_number)
        {
            if (seen[i - 1] != 3) {
                return "a number of something that has gone, or twice";
            }

            if (!(vnodes[i - 1].flags & NGX_HTTP_PHONE_VERIFY_NUMBERED)) {
                return "a number that should not be found";
            }

            seen[i - 1] |= 4;
        }
    }

    for (seq = p->verifications.tail; seq < p->verifications.head; seq++) {
        v = &vnodes[seq % p->verifications.n];

        if (!(v->flags & NGX_HTTP_PHONE_VERIFY_NUMBERED)) {
            continue;
        }

        if (!(seen[seq % p->verifications.n] & 4)
            || ngx_http_phone_verify_pending_number(p, v->number) != v)
        {
            return "a verification that is not found by its number";
        }
    }

    return NULL;
}


static const char *
ngx_http_phone_verify_unit_sound_snodes(ngx_http_phone_verify_pending_t *p,
    u_char *seen)
{
    uint32_t                        i, b;
    uint64_t                        seq, alive;
    ngx_http_phone_verify_snode_t  *snodes;

    snodes = ngx_http_phone_verify_pending_snodes(p);

    alive = p->sessions.head - p->sessions.tail;

    for (seq = p->sessions.tail; seq < p->sessions.head; seq++) {
        seen[seq % p->sessions.n] = 1;
    }

    for (b = 0; b < p->buckets; b++) {

        for (i = ngx_http_phone_verify_pending_table(p, 2)[b];
             i;
             i = snodes[i - 1].by_id)
        {
            if (seen[i - 1] != 1) {
                return "a session that has gone, or twice";
            }

            seen[i - 1] |= 2;
            alive--;

            if (ngx_http_phone_verify_pending_session(p, snodes[i - 1].id)
                != &snodes[i - 1])
            {
                return "a session that is not found";
            }
        }
    }

    return alive ? "a session that is in no chain" : NULL;
}
