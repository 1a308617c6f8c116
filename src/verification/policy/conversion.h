
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_CONVERSION_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_CONVERSION_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/number/number.h"
#include "verification/store/zone.h"


/*
 * Breakers: messages that nobody proves to have received are what pumping
 * looks like.  For each country, each block of 10,000 numbers and each address
 * those are held against what converts, by the formulas of Authgear's fraud
 * protection:
 *
 *     day   more than max(day, ratio * verified in 24 hours,
 *                         ratio * verified on the best day of two weeks)
 *     hour  more than max(hour, a sixth of the above,
 *                         ratio * verified in an hour)
 *
 * where an address has neither a best day nor the last term, and a sixth of
 * "ratio" alone.  And an address
 * may ask for so many countries in 24 hours, not counting those it has
 * verified a number of.
 *
 * A breaker opens with the first start that is too many, and closes by itself
 * when time has passed or others have verified.  Hours and days slide: what is
 * of the one before counts by the part of it that is not over.
 *
 * What is counted lies in a bounded table of the zone.  Where there is no room,
 * what has the fewest unverified starts goes.
 */


typedef enum {
    NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRY = 0,
    NGX_HTTP_PHONE_VERIFY_BREAKER_PREFIX,
    NGX_HTTP_PHONE_VERIFY_BREAKER_ADDRESS,
    NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRIES,     /* of an address */
    NGX_HTTP_PHONE_VERIFY_BREAKERS
} ngx_http_phone_verify_breaker_e;


#define NGX_HTTP_PHONE_VERIFY_BREAKER_COUNTRIES_MAX  7


typedef struct {
    ngx_uint_t    hour;        /* unverified starts */
    ngx_uint_t    day;         /* the same; of COUNTRIES, countries */
    ngx_uint_t    ratio;       /* percent of the verified ones */
    unsigned      on:1;
    unsigned      dry:1;
} ngx_http_phone_verify_breaker_t;


/* Of an open breaker, for operators. */

typedef struct {
    uint64_t                        id;          /* for _reset(), never 0 */
    ngx_uint_t                      breaker;
    u_char                          country[2];  /* of COUNTRY */
    ngx_http_phone_verify_number_t  prefix;      /* of PREFIX: less 4 digits */
    ngx_uint_t                      open;        /* for so many seconds */
    ngx_uint_t                      hour;        /* unverified starts */
    ngx_uint_t                      day;
} ngx_http_phone_verify_open_t;


/* "country", "prefix", "address", "countries". */

const ngx_str_t *ngx_http_phone_verify_breaker_name(ngx_uint_t breaker);


/*
 * A number was verified: the messages it was sent did convert.  "address" is
 * that of the vnode, 0: not known.  Inside the critical section; "region" is
 * the table's.
 */

void ngx_http_phone_verify_conversion_succeeded(void *region,
    ngx_http_phone_verify_number_t number, uint32_t address, ngx_uint_t sends,
    time_t now);


/*
 * Lists open breakers, at most "n"; returns how many there are, and in
 * each[NGX_HTTP_PHONE_VERIFY_BREAKERS], unless that is NULL, of which kind.
 * Whether one that nobody has asked since is still open is decided here, too.
 * The critical section is left now and then: what changes meanwhile may be
 * missed.
 */

ngx_uint_t ngx_http_phone_verify_conversion_list(
    ngx_http_phone_verify_zone_t *zone,
    const ngx_http_phone_verify_breaker_t *breakers,
    ngx_http_phone_verify_open_t *open, ngx_uint_t n, ngx_uint_t *each);


/*
 * Forgets what was counted for a breaker, which closes it; 0: for all of them.
 * Returns how many were forgotten.
 */

ngx_uint_t ngx_http_phone_verify_conversion_reset(
    ngx_http_phone_verify_zone_t *zone, uint64_t id);


#endif /* _NGX_HTTP_PHONE_VERIFY_CONVERSION_H_INCLUDED_ */
