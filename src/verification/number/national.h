
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_NATIONAL_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_NATIONAL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/number/number.h"


/*
 * Reads a number as people of "country" (ISO 3166-1 alpha-2, in any case)
 * write it: "070-000 00 00" in SE is +46700000000.  A plus, or a prefix that
 * stands for one ("00", in North America "011"), wins over the country; a
 * calling code without a plus is not put before it twice.  Separators as in
 * _number_parse().  Returns 0 for what is not a number and for a country that
 * is not known.
 */

ngx_http_phone_verify_number_t ngx_http_phone_verify_number_parse_in(
    ngx_str_t *text, ngx_str_t *country);


#endif /* _NGX_HTTP_PHONE_VERIFY_NATIONAL_H_INCLUDED_ */
