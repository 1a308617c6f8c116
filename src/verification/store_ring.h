
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_STORE_RING_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_STORE_RING_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store.h"
#include "verification/zone_map.h"


/*
 * The rings of verifications and sessions, for store.c: slots, chains, views.
 * All of it inside the critical section that _enter() begins.
 */


/* Takes the mutex and lets a few ended slots go. */

ngx_http_phone_verify_map_t *ngx_http_phone_verify_ring_enter(
    ngx_http_phone_verify_zone_t *zone);

/* Seconds of the monotonic clock. */

uint32_t ngx_http_phone_verify_ring_now(void);

/* Somebody may be waiting for this. */

void ngx_http_phone_verify_ring_changed(ngx_http_phone_verify_map_t *map);


/* What a sequence number names, NULL for 0 and for what has ended. */

ngx_http_phone_verify_record_t *ngx_http_phone_verify_ring_record(
    ngx_http_phone_verify_map_t *map, uint32_t seq);
ngx_http_phone_verify_visitor_t *ngx_http_phone_verify_ring_guest(
    ngx_http_phone_verify_map_t *map, uint32_t seq);


/* Sequence numbers by key, 0: none. */

uint32_t ngx_http_phone_verify_ring_session(ngx_http_phone_verify_map_t *map,
    const u_char *id);
uint32_t ngx_http_phone_verify_ring_reference(
    ngx_http_phone_verify_map_t *map, const u_char *reference);
uint32_t ngx_http_phone_verify_ring_id(ngx_http_phone_verify_map_t *map,
    ngx_http_phone_verify_number_t number, ngx_str_t *id);

/* The running verification of a number; one made here before an adopted one. */

uint32_t ngx_http_phone_verify_ring_running(ngx_http_phone_verify_map_t *map,
    ngx_http_phone_verify_number_t number);

/* Where the sessions of a verification are now: it may have been sent anew. */

uint32_t ngx_http_phone_verify_ring_resolve(ngx_http_phone_verify_map_t *map,
    uint32_t seq);


/* New slots, zeroed but for what is given, and PENDING; 0: no room. */

uint32_t ngx_http_phone_verify_ring_verification(
    ngx_http_phone_verify_map_t *map,
    const ngx_http_phone_verify_policy_t *policy,
    ngx_http_phone_verify_number_t number, const u_char *reference);
uint32_t ngx_http_phone_verify_ring_visitor(ngx_http_phone_verify_map_t *map,
    const ngx_http_phone_verify_policy_t *policy, const u_char *id,
    uint32_t record);


/*
 * A success that was noted while a report was in flight falls to its reporter
 * when that report did not come back.
 */

void ngx_http_phone_verify_ring_note(ngx_http_phone_verify_map_t *map,
    ngx_http_phone_verify_record_t *v);


/* A session's view, and what of it is the verification's alone. */

void ngx_http_phone_verify_ring_view(ngx_http_phone_verify_map_t *map,
    uint32_t session, ngx_http_phone_verify_view_t *view);
void ngx_http_phone_verify_ring_view_record(
    const ngx_http_phone_verify_record_t *v,
    ngx_http_phone_verify_view_t *view);


#endif /* _NGX_HTTP_PHONE_VERIFY_STORE_RING_H_INCLUDED_ */
