
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include "verification/token/base64url.h"
#include "verification/token/keys.h"
#include "verification/token/siphash.h"


/* References, keyed hashes and randomness; see token.h. */


#define NGX_HTTP_PHONE_VERIFY_PROOF_LEN  12    /* of a reference's MAC */
#define NGX_HTTP_PHONE_VERIFY_LABEL_MAX  32


static ngx_int_t ngx_http_phone_verify_reference_mac(
    ngx_http_phone_verify_key_t *key, const u_char *random, u_char *mac);
static ngx_int_t ngx_http_phone_verify_hash_under(
    ngx_http_phone_verify_key_t *key, const char *label, ngx_str_t *a,
    ngx_str_t *b, u_char *hash);


u_char *
ngx_http_phone_verify_reference_write(ngx_http_phone_verify_keys_t *keys,
    const u_char *random, u_char *p)
{
    u_char     *last;
    u_char      mac[SHA256_DIGEST_LENGTH];
    u_char      raw[NGX_HTTP_PHONE_VERIFY_RANDOM_LEN
                    + NGX_HTTP_PHONE_VERIFY_PROOF_LEN];
    ngx_str_t   src, dst;

    last = ngx_cpymem(raw, random, NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);

    /* zeroes if it fails: that proves nothing, and callbacks are denied */

    (void) ngx_http_phone_verify_reference_mac(&keys->key[0], random, mac);

    ngx_memcpy(last, mac, NGX_HTTP_PHONE_VERIFY_PROOF_LEN);

    src.data = raw;
    src.len = sizeof(raw);

    dst.data = p;

    ngx_encode_base64url(&dst, &src);

    return p + dst.len;
}


ngx_int_t
ngx_http_phone_verify_reference_check(ngx_http_phone_verify_keys_t *keys,
    ngx_str_t *text, u_char *random)
{
    u_char      mac[SHA256_DIGEST_LENGTH];
    u_char      raw[NGX_HTTP_PHONE_VERIFY_RANDOM_LEN
                    + NGX_HTTP_PHONE_VERIFY_PROOF_LEN];
    ngx_uint_t  i;

    if (text->len != NGX_HTTP_PHONE_VERIFY_REFERENCE_LEN
        || ngx_http_phone_verify_base64url_decode(raw, text->data, text->len)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    for (i = 0; i < keys->n; i++) {

        if (ngx_http_phone_verify_reference_mac(&keys->key[i], raw, mac)
            != NGX_OK)
        {
            return NGX_DECLINED;
        }

        if (CRYPTO_memcmp(mac, raw + NGX_HTTP_PHONE_VERIFY_RANDOM_LEN,
                          NGX_HTTP_PHONE_VERIFY_PROOF_LEN)
            == 0)
        {
            ngx_memcpy(random, raw, NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_phone_verify_hash(ngx_http_phone_verify_keys_t *keys,
    const char *label, ngx_str_t *a, ngx_str_t *b, u_char *hash)
{
    return ngx_http_phone_verify_hash_of_key(keys, 0, label, a, b, hash);
}


ngx_int_t
ngx_http_phone_verify_hash_of_key(ngx_http_phone_verify_keys_t *keys,
    ngx_uint_t i, const char *label, ngx_str_t *a, ngx_str_t *b, u_char *hash)
{
    if (i >= keys->n) {
        return NGX_DECLINED;
    }

    return ngx_http_phone_verify_hash_under(&keys->key[i], label, a, b, hash);
}


ngx_uint_t
ngx_http_phone_verify_hash_matches(ngx_http_phone_verify_keys_t *keys,
    const char *label, ngx_str_t *a, ngx_str_t *b, const u_char *hash,
    size_t len)
{
    u_char      own[NGX_HTTP_PHONE_VERIFY_HASH_LEN];
    ngx_uint_t  i;

    for (i = 0; i < keys->n; i++) {

        if (ngx_http_phone_verify_hash_under(&keys->key[i], label, a, b, own)
            == NGX_OK
            && CRYPTO_memcmp(own, hash, ngx_min(len, sizeof(own))) == 0)
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_phone_verify_number_hash(const ngx_http_phone_verify_keys_t *keys,
    ngx_uint_t i, ngx_http_phone_verify_number_t number, uint64_t *hash)
{
    if (i >= keys->n) {
        return NGX_DECLINED;
    }

    *hash = ngx_http_phone_verify_siphash(keys->key[i].number, number);

    return NGX_OK;
}


uint64_t
ngx_http_phone_verify_limit_hash(const ngx_http_phone_verify_keys_t *keys,
    const char *label, const ngx_str_t *value)
{
    uint64_t         part[2];
    const uint64_t  *secret;

    secret = keys->key[0].limit;

    /* parts of fixed length, so that none can pass for part of another */

    part[0] = ngx_http_phone_verify_siphash_bytes(secret, (u_char *) label,
                                                  ngx_strlen(label));
    part[1] = ngx_http_phone_verify_siphash_bytes(secret, value->data,
                                                  value->len);

    return ngx_http_phone_verify_siphash_bytes(secret, (u_char *) part,
                                               sizeof(part));
}


static ngx_int_t
ngx_http_phone_verify_hash_under(ngx_http_phone_verify_key_t *key,
    const char *label, ngx_str_t *a, ngx_str_t *b, u_char *hash)
{
    u_char     *p;
    u_char      mac[SHA256_DIGEST_LENGTH];
    u_char      data[sizeof("hash ") + NGX_HTTP_PHONE_VERIFY_LABEL_MAX
                     + 2 * SHA256_DIGEST_LENGTH];
    ngx_int_t   rc;

    if (ngx_strlen(label) > NGX_HTTP_PHONE_VERIFY_LABEL_MAX) {
        return NGX_ERROR;
    }

    /* parts of fixed length, so that none can pass for part of another */

    p = ngx_sprintf(data, "hash %s%Z", label);

    if (EVP_Digest(a->data, a->len, p, NULL, EVP_sha256(), NULL) != 1
        || EVP_Digest(b->data, b->len, p + SHA256_DIGEST_LENGTH, NULL,
                      EVP_sha256(), NULL)
           != 1)
    {
        ERR_clear_error();
        return NGX_ERROR;
    }

    p += 2 * SHA256_DIGEST_LENGTH;

    rc = ngx_http_phone_verify_hmac(&key->hmac, data, p - data, mac);

    ngx_memcpy(hash, mac, NGX_HTTP_PHONE_VERIFY_HASH_LEN);

    ngx_explicit_memzero(data, sizeof(data));
    ngx_explicit_memzero(mac, sizeof(mac));

    return rc;
}


ngx_int_t
ngx_http_phone_verify_random(u_char *p, size_t len)
{
    if (RAND_bytes(p, (int) len) != 1) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_phone_verify_reference_mac(ngx_http_phone_verify_key_t *key,
    const u_char *random, u_char *mac)
{
    u_char  *p;
    u_char   data[sizeof("reference") + NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];

    p = ngx_sprintf(data, "reference%Z");
    p = ngx_cpymem(p, random, NGX_HTTP_PHONE_VERIFY_RANDOM_LEN);

    return ngx_http_phone_verify_hmac(&key->hmac, data, p - data, mac);
}
