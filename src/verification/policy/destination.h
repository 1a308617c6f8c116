
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_DESTINATION_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_DESTINATION_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/number/numbering.h"


/*
 * Where messages may go: by country, and by what a number is for.  Both are
 * known from the number alone, so nothing is counted.
 */


#define NGX_HTTP_PHONE_VERIFY_COUNTRIES  (26 * 26)    /* AA to ZZ */


typedef struct {
    u_char        countries[(NGX_HTTP_PHONE_VERIFY_COUNTRIES + 7) / 8];
    uint32_t      classes;             /* refused, a bit each */

    unsigned      listed:1;            /* there is a list of countries */
    unsigned      allow:1;             /* and it is of those that are let in */
    unsigned      countries_dry:1;
    unsigned      classes_dry:1;
} ngx_http_phone_verify_destinations_t;


/* What is refused where nobody says otherwise. */

#define NGX_HTTP_PHONE_VERIFY_DENIED_CLASSES                                  \
    (1u << NGX_HTTP_PHONE_VERIFY_CLASS_PREMIUM                                \
     | 1u << NGX_HTTP_PHONE_VERIFY_CLASS_SHARED_COST                          \
     | 1u << NGX_HTTP_PHONE_VERIFY_CLASS_SATELLITE                            \
     | 1u << NGX_HTTP_PHONE_VERIFY_CLASS_PERSONAL                             \
     | 1u << NGX_HTTP_PHONE_VERIFY_CLASS_TOLL_FREE)


/* Puts a country, two capitals, on the list.  0: it was there already. */

ngx_uint_t ngx_http_phone_verify_destination_add(
    ngx_http_phone_verify_destinations_t *destinations,
    const u_char country[2]);


/* Whether the country, or the class, of a number is refused: 1 or 0. */

ngx_uint_t ngx_http_phone_verify_destination_country(
    const ngx_http_phone_verify_destinations_t *destinations,
    const ngx_http_phone_verify_numbering_t *numbering);
ngx_uint_t ngx_http_phone_verify_destination_class(
    const ngx_http_phone_verify_destinations_t *destinations,
    const ngx_http_phone_verify_numbering_t *numbering);


#endif /* _NGX_HTTP_PHONE_VERIFY_DESTINATION_H_INCLUDED_ */
