
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/error.h"
#include "verification/policy/admission.h"
#include "verification/policy/destination.h"


static ngx_int_t ngx_http_phone_verify_destination_check(
    ngx_http_phone_verify_admission_t *admission);
static ngx_uint_t ngx_http_phone_verify_destination_index(
    const u_char *country);


const ngx_http_phone_verify_admission_rule_t
    ngx_http_phone_verify_destination_rule =
{
    ngx_http_phone_verify_destination_check,
    NULL,
    NULL,
    NULL
};


ngx_uint_t
ngx_http_phone_verify_destination_add(
    ngx_http_phone_verify_destinations_t *destinations,
    const u_char country[2])
{
    ngx_uint_t  n, bit;

    n = ngx_http_phone_verify_destination_index(country);
    bit = (ngx_uint_t) 1 << n % 8;

    if (destinations->countries[n / 8] & bit) {
        return 0;
    }

    destinations->countries[n / 8] |= (u_char) bit;

    return 1;
}


ngx_uint_t
ngx_http_phone_verify_destination_country(
    const ngx_http_phone_verify_destinations_t *destinations,
    const ngx_http_phone_verify_numbering_t *numbering)
{
    ngx_uint_t  n, named;

    if (!destinations->listed) {
        return 0;
    }

    n = ngx_http_phone_verify_destination_index(numbering->country);
    named = (destinations->countries[n / 8] >> n % 8) & 1;

    return destinations->allow ? !named : named;
}


ngx_uint_t
ngx_http_phone_verify_destination_class(
    const ngx_http_phone_verify_destinations_t *destinations,
    const ngx_http_phone_verify_numbering_t *numbering)
{
    return (destinations->classes >> numbering->class) & 1;
}


static ngx_int_t
ngx_http_phone_verify_destination_check(
    ngx_http_phone_verify_admission_t *admission)
{
    const ngx_http_phone_verify_numbering_t     *numbering;
    const ngx_http_phone_verify_destinations_t  *destinations;

    numbering = &admission->numbering;
    destinations = &admission->app->destinations;

    if (ngx_http_phone_verify_destination_country(destinations, numbering)
        && ngx_http_phone_verify_admission_refuse(admission,
                                    NGX_HTTP_PHONE_VERIFY_RULE_DESTINATION,
                                    NGX_HTTP_PHONE_VERIFY_DESTINATION_DENIED,
                                    0, destinations->countries_dry)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (ngx_http_phone_verify_destination_class(destinations, numbering)) {
        return ngx_http_phone_verify_admission_refuse(admission,
                                    NGX_HTTP_PHONE_VERIFY_RULE_CLASS,
                                    NGX_HTTP_PHONE_VERIFY_DESTINATION_DENIED,
                                    0, destinations->classes_dry);
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_phone_verify_destination_index(const u_char *country)
{
    return (ngx_uint_t) (country[0] - 'A') * 26 + (country[1] - 'A');
}
