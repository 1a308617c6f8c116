
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "unit.h"
#include "verification/number/national.h"


void ngx_http_phone_verify_unit_national(ngx_http_phone_verify_unit_t *u);


typedef struct {
    const char                      *text;
    const char                      *country;
    ngx_http_phone_verify_number_t   number;
} ngx_http_phone_verify_unit_national_t;


static const ngx_http_phone_verify_unit_national_t
    ngx_http_phone_verify_unit_nationals[] =
{
    { "070-000 00 00", "SE", 46700000000 },
    { "(070) 000.00.00", "se", 46700000000 },
    { "70 000 00 00", "sE", 46700000000 },

    /* a plus wins, and so does what stands for one */

    { "+46 70 000 00 00", "SE", 46700000000 },
    { "+44 7400 123456", "SE", 447400123456 },
    { "+44 7400 123456", "", 447400123456 },
    { "+44 7400 123456", "??", 447400123456 },
    { "0046700000000", "SE", 46700000000 },
    { "00 44 7400 123456", "SE", 447400123456 },
    { "011 46 70 000 00 00", "US", 46700000000 },
    { "011 46 70 000 00 00", "JM", 46700000000 },

    /* no code twice */

    { "46700000000", "SE", 46700000000 },
    { "46 123 45 67", "SE", 46461234567 },
    { "1 202 555 0143", "US", 12025550143 },
    { "39 333 123 4567", "IT", 393331234567 },
    { "393 123 4567", "IT", 393931234567 },
    { "91 98765 43210", "IN", 919876543210 },

    /* trunk prefixes, and zeros that are none */

    { "(202) 555-0143", "US", 12025550143 },
    { "416 555 0143", "CA", 14165550143 },
    { "06 1234 5678", "IT", 390612345678 },
    { "8 912 345 67 89", "RU", 79123456789 },
    { "06 20 123 4567", "HU", 36201234567 },

    /* and those that some write, where the length is that of a number */

    { "8 029 491-19-11", "BY", 375294911911 },
    { "80294911911", "by", 375294911911 },
    { "029 491-19-11", "BY", 375294911911 },
    { "8 29 491-19-11", "BY", 375294911911 },
    { "29 491-19-11", "BY", 375294911911 },
    { "375 29 491-19-11", "BY", 375294911911 },
    { "8 029 491-19-1", "BY", 375029491191 },
    { "029 491-19-1", "BY", 375029491191 },
    { "8 612 34567", "LT", 37061234567 },
    { "0 612 34567", "LT", 37061234567 },
    { "612 34567", "LT", 37061234567 },
    { "8 612 3456", "LT", 37086123456 },
    { "8 612 345678", "LT", 3708612345678 },
    { "8 612 34567", "SE", 46861234567 },
    { "07400 123456", "GB", 447400123456 },
    { "0151 12345678", "DE", 4915112345678 },
    { "12 34 56 78", "DK", 4512345678 },

    /* the ends of the table */

    { "40123", "AC", 24740123 },
    { "071 123 4567", "ZW", 263711234567 },

    /* no country, none that is known */

    { "070-000 00 00", "", 0 },
    { "070-000 00 00", "S", 0 },
    { "070-000 00 00", "SWE", 0 },
    { "070-000 00 00", "ZZ", 0 },
    { "070-000 00 00", "46", 0 },
    { "070-000 00 00", "AA", 0 },

    /* no number */

    { "", "SE", 0 },
    { "0", "SE", 0 },
    { "00", "SE", 0 },
    { "000700000000", "SE", 0 },
    { "070", "SE", 0 },
    { "070000000000000", "SE", 0 },
    { "070000000000000000000000", "SE", 0 },
    { "0700000000000000000000000", "SE", 0 },
    { "0700000000000000000000000000000000000000000000", "SE", 0 },
    { "070-000 00 00x", "SE", 0 },
    { "070/0000000", "SE", 0 },
    { "070+0000000", "SE", 0 },
    { "tel:0700000000", "SE", 0 }
};


void
ngx_http_phone_verify_unit_national(ngx_http_phone_verify_unit_t *u)
{
    ngx_str_t                                     text, country;
    ngx_uint_t                                    i;
    const ngx_http_phone_verify_unit_national_t  *t;

    for (i = 0; i < sizeof(ngx_http_phone_verify_unit_nationals)
                    / sizeof(ngx_http_phone_verify_unit_national_t); i++)
    {
        t = &ngx_http_phone_verify_unit_nationals[i];

        text.data = (u_char *) t->text;
        text.len = ngx_strlen(text.data);
        country.data = (u_char *) t->country;
        country.len = ngx_strlen(country.data);

        is(u, ngx_http_phone_verify_number_parse_in(&text, &country),
           t->number, "\"%s\" in \"%s\"", t->text, t->country);
    }
}
