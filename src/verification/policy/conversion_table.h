
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_CONVERSION_TABLE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_CONVERSION_TABLE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/policy/conversion.h"
#include "verification/store/zone_map.h"


/*
 * What conversion.c counts in: a node for each country, prefix and address, in
 * a region of the zone.  Countries have a part of their own, so that no flood
 * of addresses pushes out what is known of them.  All of it inside the zone's
 * critical section; "now" is in seconds, monotonic.
 */


#define NGX_HTTP_PHONE_VERIFY_CNODE_COUNTRIES                                 \
    (NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRIES_MAX + 1)

#define NGX_HTTP_PHONE_VERIFY_CNODE_COUNTRY  0x7fff
#define NGX_HTTP_PHONE_VERIFY_CNODE_PROVED   0x8000


/* [0] is of this hour, day or week, the next of the one before. */

typedef struct {
    uint64_t              key;               /* 0: free */
    union {
        uint64_t          prefix;            /* the number / 10000 */
        u_char            country[2];
        uint16_t          countries[NGX_HTTP_PHONE_VERIFY_CNODE_COUNTRIES];
    } of;
    uint32_t              hour;              /* which one [0] is of */
    uint32_t              day;
    uint32_t              week;
    uint32_t              hour_unverified[2];
    uint32_t              hour_verified[2];
    uint32_t              day_unverified[2];
    uint32_t              day_verified[2];
    uint32_t              best[3];           /* day's verified, of a week */
    uint32_t              since;             /* of.countries */
    uint32_t              opened;
    uint32_t              open;              /* breakers, a bit each */
    uint32_t              countries_opened;
} ngx_http_phone_verify_cnode_t;


typedef struct ngx_http_phone_verify_ctable_s  ngx_http_phone_verify_ctable_t;


typedef struct {
    ngx_http_phone_verify_number_t   number;
    uint32_t                         address;    /* 0: none */
    const u_char                    *country;
} ngx_http_phone_verify_ckey_t;


#define NGX_HTTP_PHONE_VERIFY_CNODES  3    /* country, prefix, address */


#define ngx_http_phone_verify_ctable(zone)                                    \
    ((ngx_http_phone_verify_ctable_t *)                                       \
         ngx_http_phone_verify_zone_region(zone, CONVERSIONS))


ngx_int_t ngx_http_phone_verify_ctable_init(void *region, size_t size);
void ngx_http_phone_verify_ctable_mend(void *region);


/*
 * The three nodes of a key, brought up to now, in the order of the breakers;
 * NULL: there is none, and with "make" no address.
 */

void ngx_http_phone_verify_ctable_find(ngx_http_phone_verify_ctable_t *table,
    const ngx_http_phone_verify_ckey_t *key, time_t now, ngx_uint_t make,
    ngx_http_phone_verify_cnode_t **c);

/* The i-th node, used or not; NULL: there are not so many. */

ngx_http_phone_verify_cnode_t *ngx_http_phone_verify_ctable_at(
    ngx_http_phone_verify_ctable_t *table, ngx_uint_t i);


/* Begins new hours, days and weeks. */

void ngx_http_phone_verify_cnode_touch(ngx_http_phone_verify_cnode_t *c,
    time_t now);

/* How many there were during the last "period" seconds. */

double ngx_http_phone_verify_cnode_sum(const uint32_t *count,
    ngx_uint_t period, time_t now);

/* Takes n unverified ones back, the latest first. */

void ngx_http_phone_verify_cnode_less(ngx_http_phone_verify_cnode_t *c,
    ngx_uint_t n);

/*
 * Notes that an address has asked for a country, or verified a number there;
 * 1: the country is a new one.  And forgets that it has asked for it.  The
 * breaker is closed by the next start, which has a log to say so.
 */

ngx_uint_t ngx_http_phone_verify_cnode_country(
    ngx_http_phone_verify_cnode_t *c, ngx_uint_t country, ngx_uint_t proved,
    time_t now);
void ngx_http_phone_verify_cnode_no_country(ngx_http_phone_verify_cnode_t *c,
    ngx_uint_t country);


#endif /* _NGX_HTTP_PHONE_VERIFY_CONVERSION_TABLE_H_INCLUDED_ */
