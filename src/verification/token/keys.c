
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include "verification/file.h"
#include "verification/token/keys.h"


static ngx_int_t ngx_http_phone_verify_keys_read(ngx_conf_t *cf,
    ngx_http_phone_verify_keys_t *keys, ngx_str_t *app, ngx_str_t *file);
static ngx_int_t ngx_http_phone_verify_keys_parse(ngx_conf_t *cf,
    ngx_http_phone_verify_keys_t *keys, ngx_str_t *app, ngx_str_t *file,
    ngx_str_t *text);
static ngx_int_t ngx_http_phone_verify_keys_random(ngx_conf_t *cf,
    ngx_http_phone_verify_keys_t *keys, ngx_str_t *app);
static ngx_int_t ngx_http_phone_verify_key_derive(ngx_conf_t *cf,
    ngx_http_phone_verify_key_t *key, ngx_str_t *app, ngx_str_t *text);
static ngx_int_t ngx_http_phone_verify_key_mac(ngx_pool_t *pool,
    ngx_str_t *text, const char *label, ngx_str_t *app, u_char *out,
    size_t len);
static ngx_int_t ngx_http_phone_verify_key_bind(ngx_pool_t *pool,
    ngx_http_phone_verify_key_t *key, ngx_uint_t purpose, ngx_str_t *app,
    ngx_str_t *aad);
static void ngx_http_phone_verify_keys_cleanup(void *data);


/*
 * The key of a master process without a file.  It outlives a reload because
 * the module, once loaded, is never unloaded.
 */

static u_char      ngx_http_phone_verify_master[NGX_HTTP_PHONE_VERIFY_KEY_LEN];
static ngx_uint_t  ngx_http_phone_verify_master_made;


ngx_http_phone_verify_keys_t *
ngx_http_phone_verify_keys_create(ngx_conf_t *cf, ngx_str_t *app,
    ngx_str_t *file, ngx_uint_t *fallback)
{
    ngx_int_t                      rc;
    ngx_pool_cleanup_t            *cln;
    ngx_http_phone_verify_keys_t  *keys;

    keys = ngx_pcalloc(cf->pool, sizeof(ngx_http_phone_verify_keys_t));
    if (keys == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_phone_verify_keys_cleanup;
    cln->data = keys;

    *fallback = (file == NULL || file->len == 0);

    if (*fallback) {
        rc = ngx_http_phone_verify_keys_random(cf, keys, app);

    } else {
        rc = ngx_http_phone_verify_keys_read(cf, keys, app, file);
    }

    return (rc == NGX_OK) ? keys : NULL;
}


static ngx_int_t
ngx_http_phone_verify_keys_read(ngx_conf_t *cf,
    ngx_http_phone_verify_keys_t *keys, ngx_str_t *app, ngx_str_t *file)
{
    ngx_int_t   rc;
    ngx_str_t   text;
    ngx_uint_t  readable;

    if (ngx_http_phone_verify_file_read(cf, file, &text, &readable)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (readable) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "the keys in \"%V\" can be read by all users of "
                           "this machine", file);
    }

    rc = ngx_http_phone_verify_keys_parse(cf, keys, app, file, &text);

    ngx_explicit_memzero(text.data, text.len);

    return rc;
}


static ngx_int_t
ngx_http_phone_verify_keys_parse(ngx_conf_t *cf,
    ngx_http_phone_verify_keys_t *keys, ngx_str_t *app, ngx_str_t *file,
    ngx_str_t *text)
{
    u_char                       *p, *last, *end, *next;
    ngx_str_t                     line;
    ngx_uint_t                    i, n, lines[NGX_HTTP_PHONE_VERIFY_KEYS_MAX];
    ngx_http_phone_verify_key_t  *key;

    last = text->data + text->len;
    keys->n = 0;
    n = 0;

    for (p = text->data; p < last; p = next) {

        end = ngx_strlchr(p, last, LF);
        next = (end == NULL) ? last : end + 1;
        end = (end == NULL) ? last : end;
        n++;

        while (p < end && (*p == ' ' || *p == '\t')) {
            p++;
        }

        while (end > p
               && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == CR))
        {
            end--;
        }

        if (p == end || *p == '#') {
            continue;
        }

        line.data = p;
        line.len = end - p;

        for ( /* void */ ; p < end; p++) {
            if (*p <= ' ' || *p >= 0x7f) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "the key in \"%V\":%ui is malformed: "
                                   "printable ASCII without spaces is "
                                   "expected", file, n);
                return NGX_ERROR;
            }
        }

        if (line.len < NGX_HTTP_PHONE_VERIFY_KEY_TEXT_MIN) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "the key in \"%V\":%ui is too short: at least "
                               "%d characters are expected, as of \"openssl "
                               "rand -hex 32\"", file, n,
                               NGX_HTTP_PHONE_VERIFY_KEY_TEXT_MIN);
            return NGX_ERROR;
        }

        if (keys->n == NGX_HTTP_PHONE_VERIFY_KEYS_MAX) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "too many keys in \"%V\":%ui: at most %d are "
                               "expected", file, n,
                               NGX_HTTP_PHONE_VERIFY_KEYS_MAX);
            return NGX_ERROR;
        }

        key = &keys->key[keys->n];

        if (ngx_http_phone_verify_key_derive(cf, key, app, &line) != NGX_OK) {
            return NGX_ERROR;
        }

        for (i = 0; i < keys->n; i++) {
            if (ngx_memcmp(keys->key[i].id, key->id, sizeof(key->id)) == 0) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "the key in \"%V\":%ui is a duplicate of "
                                   "the one in line %ui", file, n, lines[i]);
                return NGX_ERROR;
            }
        }

        lines[keys->n++] = n;
    }

    if (keys->n == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "there is no key in \"%V\"",
                           file);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_phone_verify_keys_random(ngx_conf_t *cf,
    ngx_http_phone_verify_keys_t *keys, ngx_str_t *app)
{
    ngx_str_t  text;

    text.data = ngx_http_phone_verify_master;
    text.len = NGX_HTTP_PHONE_VERIFY_KEY_LEN;

    if (!ngx_http_phone_verify_master_made) {

        if (ngx_http_phone_verify_random(text.data, text.len) != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "no randomness for a session key");
            return NGX_ERROR;
        }

        ngx_http_phone_verify_master_made = 1;
    }

    if (ngx_http_phone_verify_key_derive(cf, &keys->key[0], app, &text)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    keys->n = 1;

    return NGX_OK;
}


/*
 * One text, several keys: none tells of another, nor of the text.  Apps with
 * the same text have keys of their own, under one id.
 */

static ngx_int_t
ngx_http_phone_verify_key_derive(ngx_conf_t *cf,
    ngx_http_phone_verify_key_t *key, ngx_str_t *app, ngx_str_t *text)
{
    ngx_str_t  none = ngx_null_string;

    if (ngx_http_phone_verify_key_mac(cf->pool, text, "id", &none, key->id,
                                      sizeof(key->id))
        != NGX_OK
        || ngx_http_phone_verify_key_mac(cf->pool, text, "token", app,
                                         key->aes, sizeof(key->aes))
           != NGX_OK
        || ngx_http_phone_verify_key_mac(cf->pool, text, "mac", app,
                                         key->mac, sizeof(key->mac))
           != NGX_OK
        || ngx_http_phone_verify_key_mac(cf->pool, text, "number", app,
                                         (u_char *) key->number,
                                         sizeof(key->number))
           != NGX_OK
        || ngx_http_phone_verify_key_mac(cf->pool, text, "limit", app,
                                         (u_char *) key->limit,
                                         sizeof(key->limit))
           != NGX_OK
        || ngx_http_phone_verify_key_bind(cf->pool, key,
                                         NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT,
                                         app, &key->grant)
           != NGX_OK
        || ngx_http_phone_verify_key_bind(cf->pool, key,
                                         NGX_HTTP_PHONE_VERIFY_TOKEN_PENDING,
                                         app, &key->pending)
           != NGX_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "could not derive a session key");
        return NGX_ERROR;
    }

    key->hmac.key.data = key->mac;
    key->hmac.key.len = sizeof(key->mac);

    return NGX_OK;
}


static ngx_int_t
ngx_http_phone_verify_key_mac(ngx_pool_t *pool, ngx_str_t *text,
    const char *label, ngx_str_t *app, u_char *out, size_t len)
{
    u_char        *p, *data;
    u_char         mac[EVP_MAX_MD_SIZE];
    unsigned int   n;

    data = ngx_pnalloc(pool, sizeof("phone_verify ") + ngx_strlen(label)
                             + app->len);
    if (data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(data, "phone_verify %s%Z%V", label, app);

    if (HMAC(EVP_sha256(), text->data, (int) text->len, data, p - data, mac,
             &n)
        == NULL)
    {
        ERR_clear_error();
        return NGX_ERROR;
    }

    ngx_memcpy(out, mac, len);
    ngx_explicit_memzero(mac, sizeof(mac));

    return NGX_OK;
}


static ngx_int_t
ngx_http_phone_verify_key_bind(ngx_pool_t *pool,
    ngx_http_phone_verify_key_t *key, ngx_uint_t purpose, ngx_str_t *app,
    ngx_str_t *aad)
{
    u_char  *p;

    aad->len = 1 + NGX_HTTP_PHONE_VERIFY_KEY_ID_LEN + 1 + app->len;
    aad->data = ngx_pnalloc(pool, aad->len);
    if (aad->data == NULL) {
        return NGX_ERROR;
    }

    p = aad->data;

    *p++ = NGX_HTTP_PHONE_VERIFY_VERSION;
    p = ngx_cpymem(p, key->id, NGX_HTTP_PHONE_VERIFY_KEY_ID_LEN);
    *p++ = (u_char) purpose;
    ngx_memcpy(p, app->data, app->len);

    return NGX_OK;
}


static void
ngx_http_phone_verify_keys_cleanup(void *data)
{
    ngx_http_phone_verify_keys_t *keys = data;

    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_KEYS_MAX; i++) {
        EVP_CIPHER_CTX_free(keys->key[i].seal);
        EVP_CIPHER_CTX_free(keys->key[i].open);
        ngx_http_phone_verify_hmac_free(&keys->key[i].hmac);
    }

    ngx_http_phone_verify_token_cache_free(keys->cache);

    ngx_explicit_memzero(keys, sizeof(ngx_http_phone_verify_keys_t));
}
