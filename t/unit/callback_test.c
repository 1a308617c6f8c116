
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "data.h"
#include "sinch/callback.h"
#include "sinch/timestamp.h"


/* Whether a callback is Sinch's. */


#define VALID     NGX_HTTP_PHONE_VERIFY_CALLBACK_VALID
#define UNSIGNED  NGX_HTTP_PHONE_VERIFY_CALLBACK_UNSIGNED
#define UNKNOWN   NGX_HTTP_PHONE_VERIFY_CALLBACK_UNKNOWN
#define FORGED    NGX_HTTP_PHONE_VERIFY_CALLBACK_FORGED
#define STALE     NGX_HTTP_PHONE_VERIFY_CALLBACK_STALE
#define FAILED    NGX_HTTP_PHONE_VERIFY_CALLBACK_FAILED

#define SKEW  300000


void ngx_http_phone_verify_unit_callback(ngx_http_phone_verify_unit_t *u);


/* A callback as it was received, and who may have sent it. */

typedef struct {
    ngx_http_phone_verify_signed_t      what;
    ngx_str_t                           authorization;
    ngx_http_phone_verify_credential_t  credential;
    int64_t                             now;
} ngx_http_phone_verify_unit_callback_t;


static void
ngx_http_phone_verify_unit_callback_take(ngx_http_phone_verify_unit_t *u,
    const cJSON *v, ngx_http_phone_verify_unit_callback_t *c)
{
    ngx_str_t  secret;

    c->what.verb = *ngx_http_phone_verify_unit_member(u, v, "method");
    c->what.content_type = *ngx_http_phone_verify_unit_member(u, v,
                                                              "content_type");
    c->what.timestamp = *ngx_http_phone_verify_unit_member(u, v,
                                                           "x_timestamp");
    c->what.path = *ngx_http_phone_verify_unit_member(u, v, "path");
    c->what.body = *ngx_http_phone_verify_unit_member(u, v, "body");

    c->authorization = *ngx_http_phone_verify_unit_member(u, v,
                                                          "authorization");
    c->credential.key = *ngx_http_phone_verify_unit_member(u, v, "key");

    is(u, ngx_http_phone_verify_secret_decode(u->pool,
                         ngx_http_phone_verify_unit_member(u, v, "secret"),
                         &secret),
       NGX_OK, "a secret");

    c->credential.secret = ngx_http_phone_verify_hmac_create(u->pool, &secret);

    if (c->credential.secret == NULL) {
        abort();
    }

    is(u, ngx_http_phone_verify_timestamp_parse(&c->what.timestamp, &c->now),
       NGX_OK, "a time");
}


static ngx_uint_t
ngx_http_phone_verify_unit_callback_check(
    const ngx_http_phone_verify_unit_callback_t *c)
{
    int64_t  sent;

    return ngx_http_phone_verify_callback_check(&c->credential, 1, &c->what,
                                                &c->authorization, c->now,
                                                SKEW, &sent);
}


#define check(c)  ngx_http_phone_verify_unit_callback_check(c)


static void
ngx_http_phone_verify_unit_callback_rejected(ngx_http_phone_verify_unit_t *u,
    const cJSON *vectors, const ngx_http_phone_verify_unit_callback_t *good)
{
    cJSON                                  *r, *list;
    ngx_str_t                              *value, *change;
    ngx_uint_t                              n;
    ngx_http_phone_verify_unit_callback_t   c;

    n = 0;
    list = cJSON_GetObjectItem(vectors, "must_be_rejected");

    cJSON_ArrayForEach(r, list) {
        c = *good;

        change = ngx_http_phone_verify_unit_member(u, r, "change");
        value = ngx_http_phone_verify_unit_member(u, r, "value");

        is_str(u, ngx_http_phone_verify_unit_member(u, r, "based_on"),
               "callback-request-event", "of the same vector");

        if (ngx_strncmp(change->data, "path", change->len) == 0) {
            c.what.path = *value;

        } else if (ngx_strncmp(change->data, "content_type", change->len)
                   == 0)
        {
            c.what.content_type = *value;

        } else if (ngx_strncmp(change->data, "x_timestamp", change->len)
                   == 0)
        {
            c.what.timestamp = *value;

        } else if (ngx_strncmp(change->data, "method", change->len) == 0) {
            c.what.verb = *value;

        } else if (ngx_strncmp(change->data, "body", change->len) == 0) {
            c.what.body = *value;

        } else if (ngx_strncmp(change->data, "key", change->len) == 0) {
            c.credential.key = *value;

        } else {
            ok(u, 0, "a change that is not known");
        }

        ok(u, check(&c) != VALID, "rejected: %.*s", (int) change->len,
           change->data);
        n++;
    }

    is(u, n, 6, "all of them");
}


static void
ngx_http_phone_verify_unit_callback_changed(ngx_http_phone_verify_unit_t *u,
    const ngx_http_phone_verify_unit_callback_t *good)
{
    size_t                                  i, bit;
    ngx_str_t                              *parts[6];
    ngx_uint_t                              n, valid;
    ngx_http_phone_verify_unit_callback_t   c;

    /* a bit of anything that is signed, and of the signature */

    c = *good;

    parts[0] = &c.what.verb;
    parts[1] = &c.what.content_type;
    parts[2] = &c.what.timestamp;
    parts[3] = &c.what.path;
    parts[4] = &c.what.body;
    parts[5] = &c.authorization;

    for (n = 0; n < 6; n++) {
        *parts[n] = *ngx_http_phone_verify_unit_bytes(u, parts[n]->data,
                                                      parts[n]->len);

        for (i = 0, valid = 0; i < parts[n]->len; i++) {

            for (bit = 1; bit < 0x100; bit <<= 1) {

                /* upper or lower case of the scheme */

                if (n == 5 && i < sizeof("application") - 1 && bit == 0x20) {
                    continue;
                }

                parts[n]->data[i] ^= bit;
                valid += check(&c) == VALID;
                parts[n]->data[i] ^= bit;
            }
        }

        is(u, valid, 0, "a bit of part %d", (int) n);

        parts[n]->len--;
        ok(u, check(&c) != VALID, "one byte less of part %d", (int) n);
        parts[n]->len++;
    }

    is(u, check(&c), VALID, "unchanged it is valid");

    c.what.path = *str(u, "/sinch/verification/");
    is(u, check(&c), FORGED, "a slash at the end");

    c.what.path = *str(u, "/sinch/%76erification");
    is(u, check(&c), FORGED, "percent-encoded");

    c = *good;
    c.what.body.len = 0;
    is(u, check(&c), FORGED, "no body");

    c = *good;
    c.what.content_type.len = 0;
    is(u, check(&c), FORGED, "no type");

    c = *good;
    c.what.path = *ngx_http_phone_verify_unit_fill(u, '/', 5000);
    is(u, check(&c), FAILED, "a path that is too long");
}


static void
ngx_http_phone_verify_unit_callback_headers(ngx_http_phone_verify_unit_t *u,
    const ngx_http_phone_verify_unit_callback_t *good)
{
    ngx_uint_t                              i;
    ngx_http_phone_verify_unit_callback_t   c;

#define KEY        "11111111-2222-3333-4444-555555555555"
#define SIGNATURE  "Dla7cD627qyIOlEgbZ47jLPoj5egzQ0f0O5fjnZuS3E="

    static const struct {
        const char  *authorization;
        ngx_uint_t   result;
    } headers[] = {
        { "application " KEY ":" SIGNATURE, VALID },
        { "Application " KEY ":" SIGNATURE, VALID },
        { "APPLICATION " KEY ":" SIGNATURE, VALID },
        { "aPPLICATIOn " KEY ":" SIGNATURE, VALID },
        { "", UNSIGNED },
        { "application", UNSIGNED },
        { "application ", UNSIGNED },
        { "application  " KEY ":" SIGNATURE, UNKNOWN },
        { "application\t" KEY ":" SIGNATURE, UNSIGNED },
        { " application " KEY ":" SIGNATURE, UNSIGNED },
        { "application " KEY ":" SIGNATURE " ", UNSIGNED },
        { "application " KEY ": " SIGNATURE, UNSIGNED },
        { "application " KEY SIGNATURE, UNSIGNED },
        { "application " KEY, UNSIGNED },
        { "application " KEY ":", UNSIGNED },
        { "application :" SIGNATURE, UNSIGNED },
        { "application " KEY "::" SIGNATURE, UNSIGNED },
        { "application " KEY ":" SIGNATURE "," SIGNATURE, UNSIGNED },
        { "application:" KEY ":" SIGNATURE, UNSIGNED },
        { "applications " KEY ":" SIGNATURE, UNSIGNED },
        { "public " KEY, UNSIGNED },
        { "Bearer " SIGNATURE, UNSIGNED },
        { "application 11111111-2222-3333-4444-55555555555:" SIGNATURE,
          UNKNOWN },
        { "application 11111111-2222-3333-4444-5555555555555:" SIGNATURE,
          UNKNOWN },
        { "application " KEY ":dla7cD627qyIOlEgbZ47jLPoj5egzQ0f0O5fjnZuS3E=",
          FORGED },
        { "application " KEY ":Dla7cD627qyIOlEgbZ47jLPoj5egzQ0f0O5fjnZuS3E",
          UNSIGNED },

        /* the same bytes in another spelling of base64 are not taken */

        { "application " KEY ":Dla7cD627qyIOlEgbZ47jLPoj5egzQ0f0O5fjnZuS3F=",
          FORGED },

        /* the true secret, in the other scheme */

        { "Basic MTExMTExMTEtMjIyMi0zMzMzLTQ0NDQtNTU1NTU1NTU1NTU1OkFBRUNBd1FG"
          "QmdjSUNRb0xEQTBPRHc9PQ==", UNSIGNED },
        { "Basic " KEY ":AAECAwQFBgcICQoLDA0ODw==", UNSIGNED }
    };

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        c = *good;
        c.authorization = *str(u, headers[i].authorization);

        is(u, check(&c), headers[i].result, "\"%s\"",
           headers[i].authorization);
    }
}


static void
ngx_http_phone_verify_unit_callback_times(ngx_http_phone_verify_unit_t *u,
    const ngx_http_phone_verify_unit_callback_t *good)
{
    u_char                                 *p;
    int64_t                                 sent;
    ngx_uint_t                              i, rc;
    ngx_http_phone_verify_unit_callback_t   c;

    static const struct {
        int64_t      ahead;      /* of our clock */
        ngx_uint_t   result;
    } times[] = {
        { 0, VALID },
        { 299000, VALID },
        { 300000, VALID },
        { 300001, STALE },
        { 301000, STALE },
        { -299000, VALID },
        { -300000, VALID },
        { -300001, STALE },
        { -301000, STALE },
        { 86400000, STALE },
        { -86400000, STALE }
    };

    static const struct {
        const char  *text;
        ngx_uint_t   result;
    } texts[] = {
        { "1970-01-01T00:00:00Z", STALE },
        { "9999-12-31T23:59:59.9999999Z", STALE },
        { "2026-01-15T09:30:00.2506449+00:00", VALID },
        { "2026-01-15T09:30:00.2506449+01:00", UNSIGNED },
        { "2026-01-15T10:30:00.2506449", UNSIGNED },
        { "2026-01-15T09:30:00.2506449Z, 2026-01-15T09:30:00.2506449Z",
          UNSIGNED },
        { "", UNSIGNED },
        { "now", UNSIGNED },
        { "\xef\xbc\x92" "026-01-15T09:30:00Z", UNSIGNED }
    };

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        sent = -1;

        rc = ngx_http_phone_verify_callback_check(&good->credential, 1,
                                                  &good->what,
                                                  &good->authorization,
                                                  good->now - times[i].ahead,
                                                  SKEW, &sent);

        is(u, rc, times[i].result, "%d ms ahead", (int) times[i].ahead);
        is(u, sent, good->now, "when it was sent");
    }

    /* signed with times that are odd */

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        c = *good;
        c.what.timestamp = *str(u, texts[i].text);

        c.authorization.data = ngx_pnalloc(u->pool, 256);

        if (c.authorization.data == NULL) {
            abort();
        }

        p = ngx_sprintf(c.authorization.data, "application %V:",
                        &c.credential.key);

        is(u, ngx_http_phone_verify_sign(c.credential.secret, &c.what, p),
           NGX_OK, "signed");

        c.authorization.len = p + NGX_HTTP_PHONE_VERIFY_SIGNATURE_LEN
                              - c.authorization.data;

        is(u, check(&c), texts[i].result, "signed at \"%s\"", texts[i].text);
    }

    /* what is not signed says nothing of the time */

    sent = -1;
    c = *good;
    c.what.body.len--;

    rc = ngx_http_phone_verify_callback_check(&c.credential, 1, &c.what,
                                              &c.authorization,
                                              c.now + 86400000, SKEW, &sent);

    is(u, rc, FORGED, "forged and stale is forged");
    is(u, sent, -1, "and tells no time");
}


/* While a secret or a key is being changed, two are taken. */

static void
ngx_http_phone_verify_unit_callback_keys(ngx_http_phone_verify_unit_t *u,
    const ngx_http_phone_verify_unit_callback_t *good)
{
    int64_t                              sent;
    ngx_uint_t                           i;
    ngx_http_phone_verify_credential_t   list[3];

    list[0].key = good->credential.key;
    list[0].secret = ngx_http_phone_verify_hmac_create(u->pool,
                                                    str(u, "another secret"));
    list[1].key = *str(u, "another key");
    list[1].secret = good->credential.secret;
    list[2] = good->credential;

    for (i = 0; i <= 3; i++) {
        is(u, ngx_http_phone_verify_callback_check(list, i, &good->what,
                                                   &good->authorization,
                                                   good->now, SKEW, &sent),
           (i == 0) ? UNKNOWN : (i < 3) ? FORGED : VALID,
           "the first %d of three", (int) i);
    }

    is(u, ngx_http_phone_verify_callback_check(list + 1, 1, &good->what,
                                               &good->authorization,
                                               good->now, SKEW, &sent),
       UNKNOWN, "the right secret of another key");
    is(u, ngx_http_phone_verify_callback_check(list + 2, 1, &good->what,
                                               &good->authorization,
                                               good->now, SKEW, &sent),
       VALID, "the right one alone");
}


void
ngx_http_phone_verify_unit_callback(ngx_http_phone_verify_unit_t *u)
{
    cJSON                                  *vectors, *list, *v;
    ngx_str_t                              *name;
    ngx_uint_t                              n;
    ngx_http_phone_verify_unit_callback_t   c, good;

    n = 0;
    ngx_memzero(&good, sizeof(good));

    vectors = ngx_http_phone_verify_unit_data_json(u,
                                                   "signature-vectors.json");
    list = cJSON_GetObjectItem(vectors, "vectors");

    /* what we send is signed in the same way */

    cJSON_ArrayForEach(v, list) {
        name = ngx_http_phone_verify_unit_member(u, v, "name");

        ngx_http_phone_verify_unit_callback_take(u, v, &c);

        is(u, check(&c), VALID, "%.*s", (int) name->len, name->data);

        if (name->len == sizeof("callback-request-event") - 1
            && ngx_strncmp(name->data, "callback-request-event", name->len)
               == 0)
        {
            good = c;
        }

        n++;
    }

    is(u, n, 11, "all vectors");

    if (!ok(u, good.what.verb.len != 0, "one to change")) {
        return;
    }

    ngx_http_phone_verify_unit_callback_rejected(u, vectors, &good);
    ngx_http_phone_verify_unit_callback_changed(u, &good);
    ngx_http_phone_verify_unit_callback_headers(u, &good);
    ngx_http_phone_verify_unit_callback_times(u, &good);
    ngx_http_phone_verify_unit_callback_keys(u, &good);
}
