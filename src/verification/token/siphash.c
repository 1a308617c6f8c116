
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/token/siphash.h"


#define ngx_http_phone_verify_rotl(x, n)  (((x) << (n)) | ((x) >> (64 - (n))))

#define ngx_http_phone_verify_sipround(v)                                     \
    v[0] += v[1];                                                             \
    v[2] += v[3];                                                             \
    v[1] = ngx_http_phone_verify_rotl(v[1], 13) ^ v[0];                       \
    v[3] = ngx_http_phone_verify_rotl(v[3], 16) ^ v[2];                       \
    v[0] = ngx_http_phone_verify_rotl(v[0], 32);                              \
    v[2] += v[1];                                                             \
    v[0] += v[3];                                                             \
    v[1] = ngx_http_phone_verify_rotl(v[1], 17) ^ v[2];                       \
    v[3] = ngx_http_phone_verify_rotl(v[3], 21) ^ v[0];                       \
    v[2] = ngx_http_phone_verify_rotl(v[2], 32)


static void ngx_http_phone_verify_sip_begin(uint64_t *v,
    const uint64_t *secret);
static void ngx_http_phone_verify_sip_word(uint64_t *v, uint64_t word);
static uint64_t ngx_http_phone_verify_sip_end(uint64_t *v, uint64_t last);


uint64_t
ngx_http_phone_verify_siphash(const uint64_t *secret, uint64_t word)
{
    uint64_t  v[4];

    ngx_http_phone_verify_sip_begin(v, secret);
    ngx_http_phone_verify_sip_word(v, word);

    return ngx_http_phone_verify_sip_end(v, (uint64_t) 8 << 56);
}


uint64_t
ngx_http_phone_verify_siphash_bytes(const uint64_t *secret, const u_char *p,
    size_t len)
{
    size_t    i, n;
    uint64_t  v[4], word;

    ngx_http_phone_verify_sip_begin(v, secret);

    for (n = len; n >= 8; n -= 8) {

        word = 0;

        for (i = 0; i < 8; i++) {
            word |= (uint64_t) *p++ << 8 * i;
        }

        ngx_http_phone_verify_sip_word(v, word);
    }

    word = (uint64_t) (len & 0xff) << 56;

    for (i = 0; i < n; i++) {
        word |= (uint64_t) *p++ << 8 * i;
    }

    return ngx_http_phone_verify_sip_end(v, word);
}


static void
ngx_http_phone_verify_sip_begin(uint64_t *v, const uint64_t *secret)
{
    v[0] = secret[0] ^ 0x736f6d6570736575ULL;
    v[1] = secret[1] ^ 0x646f72616e646f6dULL;
    v[2] = secret[0] ^ 0x6c7967656e657261ULL;
    v[3] = secret[1] ^ 0x7465646279746573ULL;
}


static void
ngx_http_phone_verify_sip_word(uint64_t *v, uint64_t word)
{
    v[3] ^= word;

    ngx_http_phone_verify_sipround(v);

    v[0] ^= word;
}


/* "last" has the length in its highest byte. */

static uint64_t
ngx_http_phone_verify_sip_end(uint64_t *v, uint64_t last)
{
    ngx_http_phone_verify_sip_word(v, last);

    v[2] ^= 0xff;

    ngx_http_phone_verify_sipround(v);
    ngx_http_phone_verify_sipround(v);
    ngx_http_phone_verify_sipround(v);

    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
