
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_NUMBERING_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_NUMBERING_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/number/number.h"


/*
 * Whose a number is and what it is for, by libphonenumber's metadata: see
 * docs/numbering.md for its date and for what cannot be told apart.
 */


/* The order is also that of util/numbering/plan.mjs. */

typedef enum {
    NGX_HTTP_PHONE_VERIFY_CLASS_UNKNOWN = 0,
    NGX_HTTP_PHONE_VERIFY_CLASS_FIXED,
    NGX_HTTP_PHONE_VERIFY_CLASS_MOBILE,
    NGX_HTTP_PHONE_VERIFY_CLASS_FIXED_OR_MOBILE,
    NGX_HTTP_PHONE_VERIFY_CLASS_TOLL_FREE,
    NGX_HTTP_PHONE_VERIFY_CLASS_PREMIUM,
    NGX_HTTP_PHONE_VERIFY_CLASS_SHARED_COST,
    NGX_HTTP_PHONE_VERIFY_CLASS_PERSONAL,
    NGX_HTTP_PHONE_VERIFY_CLASS_VOIP,
    NGX_HTTP_PHONE_VERIFY_CLASS_PAGER,
    NGX_HTTP_PHONE_VERIFY_CLASS_UAN,
    NGX_HTTP_PHONE_VERIFY_CLASS_VOICEMAIL,
    NGX_HTTP_PHONE_VERIFY_CLASS_SATELLITE,   /* and networks of no country */
    NGX_HTTP_PHONE_VERIFY_CLASSES
} ngx_http_phone_verify_class_e;

#define NGX_HTTP_PHONE_VERIFY_NO_CLASS  NGX_HTTP_PHONE_VERIFY_CLASSES


/*
 * "country" is an ISO 3166-1 alpha-2 code, or AC, TA and XK, which ISO has
 * not; or one of two that ISO leaves to its users: XX is a service of no
 * country (+800, +881, ...), ZZ is nobody known.
 */

typedef struct {
    u_char      country[2];
    unsigned    class:8;
} ngx_http_phone_verify_numbering_t;


/*
 * Looks a number up.  There is an answer for any number: ZZ and unknown if
 * nothing is known of it; a country and unknown if it is in no range that is
 * in use there.  No memory is allocated.
 */

void ngx_http_phone_verify_numbering(ngx_http_phone_verify_number_t number,
    ngx_http_phone_verify_numbering_t *numbering);


/*
 * Reads a country's code in any case and writes it in capitals.  NGX_DECLINED
 * if no number is ever of this country.
 */

ngx_int_t ngx_http_phone_verify_numbering_country(ngx_str_t *name,
    u_char country[2]);

/* The calling code of a country, 0 for XX, ZZ, and what is none. */

ngx_uint_t ngx_http_phone_verify_numbering_code(const u_char country[2]);


/*
 * Class names as in nginx.conf: "shared_cost".  Compared exactly; NO_CLASS for
 * what is none.  "unknown" is also the name of what is out of range.
 */

ngx_uint_t ngx_http_phone_verify_numbering_class(ngx_str_t *name);
const ngx_str_t *ngx_http_phone_verify_numbering_class_name(ngx_uint_t class);


#endif /* _NGX_HTTP_PHONE_VERIFY_NUMBERING_H_INCLUDED_ */
