
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/number/numbering.h"


typedef struct {
    char        country[3];
    uint16_t    code;
} ngx_http_phone_verify_territory_t;


#include "verification/number/numbering_data.h"


static ngx_uint_t ngx_http_phone_verify_numbering_walk(const uint16_t *map,
    const u_char *ways);
static ngx_uint_t ngx_http_phone_verify_numbering_bits(ngx_uint_t word);
static const ngx_http_phone_verify_territory_t *
    ngx_http_phone_verify_territory(const u_char *country);


/* indexed by ngx_http_phone_verify_class_e */

static const ngx_str_t  ngx_http_phone_verify_class_names[] = {
    ngx_string("unknown"),
    ngx_string("fixed"),
    ngx_string("mobile"),
    ngx_string("fixed_or_mobile"),
    ngx_string("toll_free"),
    ngx_string("premium"),
    ngx_string("shared_cost"),
    ngx_string("personal"),
    ngx_string("voip"),
    ngx_string("pager"),
    ngx_string("uan"),
    ngx_string("voicemail"),
    ngx_string("satellite")
};


void
ngx_http_phone_verify_numbering(ngx_http_phone_verify_number_t number,
    ngx_http_phone_verify_numbering_t *numbering)
{
    u_char                                    *p;
    ngx_uint_t                                 n;
    u_char                                     ways[NGX_INT64_LEN + 1];
    const ngx_http_phone_verify_territory_t   *territory;

    ngx_memset(ways, NGX_HTTP_PHONE_VERIFY_NUMBERING_END, sizeof(ways));
    p = ways + sizeof(ways) - 1;

    while (number) {
        *--p = (u_char) (number % 10);
        number /= 10;
    }

    n = ngx_http_phone_verify_numbering_walk(
            ngx_http_phone_verify_numbering_territories, p);
    territory = &ngx_http_phone_verify_territories[n];

    numbering->country[0] = (u_char) territory->country[0];
    numbering->country[1] = (u_char) territory->country[1];

    n = ngx_http_phone_verify_numbering_walk(
            ngx_http_phone_verify_numbering_classes, p);

    numbering->class = n & 0xff;
}


ngx_int_t
ngx_http_phone_verify_numbering_country(ngx_str_t *name, u_char country[2])
{
    if (name->len != 2) {
        return NGX_DECLINED;
    }

    country[0] = ngx_toupper(name->data[0]);
    country[1] = ngx_toupper(name->data[1]);

    return (ngx_http_phone_verify_territory(country) == NULL) ? NGX_DECLINED
                                                              : NGX_OK;
}


ngx_uint_t
ngx_http_phone_verify_numbering_code(const u_char country[2])
{
    const ngx_http_phone_verify_territory_t  *territory;

    territory = ngx_http_phone_verify_territory(country);

    return (territory == NULL) ? 0 : territory->code;
}


ngx_uint_t
ngx_http_phone_verify_numbering_class(ngx_str_t *name)
{
    ngx_uint_t        n;
    const ngx_str_t  *class;

    for (n = 0; n < NGX_HTTP_PHONE_VERIFY_CLASSES; n++) {
        class = &ngx_http_phone_verify_class_names[n];

        if (class->len == name->len
            && ngx_memcmp(class->data, name->data, name->len) == 0)
        {
            return n;
        }
    }

    return NGX_HTTP_PHONE_VERIFY_NO_CLASS;
}


const ngx_str_t *
ngx_http_phone_verify_numbering_class_name(ngx_uint_t class)
{
    if (class >= NGX_HTTP_PHONE_VERIFY_CLASSES) {
        class = NGX_HTTP_PHONE_VERIFY_CLASS_UNKNOWN;
    }

    return &ngx_http_phone_verify_class_names[class];
}


/* From the first node on: "ways" are digits and the end, which leads out. */

static ngx_uint_t
ngx_http_phone_verify_numbering_walk(const uint16_t *map, const u_char *ways)
{
    ngx_uint_t  node;

    node = 0;

    do {
        node = map[node + ngx_http_phone_verify_numbering_bits(
                              map[node] & ((2u << *ways++) - 1))];

    } while (node < NGX_HTTP_PHONE_VERIFY_NUMBERING_LEAF);

    return node - NGX_HTTP_PHONE_VERIFY_NUMBERING_LEAF;
}


/* How many bits of a word of 16 are set. */

static ngx_uint_t
ngx_http_phone_verify_numbering_bits(ngx_uint_t word)
{
    word -= (word >> 1) & 0x5555;
    word = (word & 0x3333) + ((word >> 2) & 0x3333);
    word = (word + (word >> 4)) & 0x0f0f;

    return (word + (word >> 8)) & 0x1f;
}


static const ngx_http_phone_verify_territory_t *
ngx_http_phone_verify_territory(const u_char *country)
{
    ngx_int_t                                  rc;
    ngx_uint_t                                 low, high, middle;
    const ngx_http_phone_verify_territory_t   *territory;

    low = 0;
    high = sizeof(ngx_http_phone_verify_territories)
           / sizeof(ngx_http_phone_verify_territory_t);

    while (low < high) {
        middle = (low + high) / 2;
        territory = &ngx_http_phone_verify_territories[middle];

        rc = ngx_memcmp(country, territory->country, 2);

        if (rc == 0) {
            return territory;
        }

        if (rc < 0) {
            high = middle;

        } else {
            low = middle + 1;
        }
    }

    return NULL;
}
