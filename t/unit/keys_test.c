
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "fixture.h"
#include "verification/token/keys.h"


/* Reading a file of keys. */


#define A  NGX_HTTP_PHONE_VERIFY_UNIT_KEY_A
#define B  NGX_HTTP_PHONE_VERIFY_UNIT_KEY_B
#define C  NGX_HTTP_PHONE_VERIFY_UNIT_KEY_C


void ngx_http_phone_verify_unit_keys(ngx_http_phone_verify_unit_t *u);


typedef struct {
    const char  *text;
    const char  *error;      /* in the log; NULL: the keys are taken */
    const char  *line;       /* of the file, as it is logged */
    const char  *secret;     /* must not be in the log */
} ngx_http_phone_verify_unit_keys_t;


static const ngx_http_phone_verify_unit_keys_t
    ngx_http_phone_verify_unit_key_files[] =
{
    { A "\n", NULL, NULL, A },
    { A, NULL, NULL, A },
    { A "\r\n", NULL, NULL, A },
    { "  " A "\t \n", NULL, NULL, A },
    { "# a comment\n\n   \n\t# one more\n" A "\n" B "\n# end", NULL, NULL, A },
    { B, NULL, NULL, B },
    { C, NULL, NULL, C },

    { "", "no key", "", A },
    { "\n\n", "no key", "", A },
    { "# " A "\n", "no key", "", A },
    { "0123456789abcdef0123456789ABCDE\n", "too short", ":1 ", "9abcd" },
    { A "\n\n# x\nbeaver\n", "too short", ":4 ", "beaver" },
    { A "\n0123456789abcdef 0123456789ABCDEF\n", "malformed", ":2 ",
      "9abcd" },
    { A "\n0123456789abcdef\t0123456789ABCDEF\n", "malformed", ":2 ",
      "9abcd" },
    { A "\n0123456789abcdef\x01" "0123456789ABCDEF\n", "malformed", ":2 ",
      "9abcd" },
    { A "\n0123456789abcdef\xc3\xa5" "0123456789ABCDEF\n", "malformed", ":2 ",
      "9abcd" },
    { A "\n" B "\n" A "\n", "duplicate", ":3 ", A },
    { A "\n  " A "  \n", "duplicate", ":2 ", A },

    { NULL, NULL, NULL, NULL }
};


void
ngx_http_phone_verify_unit_keys(ngx_http_phone_verify_unit_t *u)
{
    u_char                                   *p;
    ngx_str_t                                 text, name;
    ngx_uint_t                                i;
    ngx_http_phone_verify_key_t              *key;
    ngx_http_phone_verify_keys_t             *keys;
    ngx_http_phone_verify_unit_fixture_t      f;
    const ngx_http_phone_verify_unit_keys_t  *k;

    ngx_http_phone_verify_unit_fixture(u, &f);

    for (k = ngx_http_phone_verify_unit_key_files; k->text; k++) {

        keys = ngx_http_phone_verify_unit_make_keys(u, &f, "signup",
                                                    str(u, k->text), 0600);
        i = k - ngx_http_phone_verify_unit_key_files;

        is(u, keys != NULL, k->error == NULL, "file %d is %s", (int) i,
           k->error ? "refused" : "taken");

        is(u, f.fallback, 0, "a file is no fallback");

        if (k->error == NULL) {
            is(u, f.len, 0, "nothing is logged");
            continue;
        }

        ok(u, ngx_http_phone_verify_unit_logged(&f, "[emerg]"), "at [emerg]");
        ok(u, ngx_http_phone_verify_unit_logged(&f, k->error), "%s", k->error);
        ok(u, ngx_http_phone_verify_unit_logged(&f, k->line), "line %s",
           k->line);
        ok(u, ngx_http_phone_verify_unit_logged(&f, (char *) f.file.data),
           "the file is named");
        ok(u, !ngx_http_phone_verify_unit_logged(&f, k->secret),
           "the key is not");
    }

    /* a NUL byte does not hide what is behind it */

    keys = ngx_http_phone_verify_unit_make_keys(u, &f, "signup",
                                                bytes(u, A "\0\n"), 0600);

    ok(u, keys == NULL && ngx_http_phone_verify_unit_logged(&f, "malformed"),
       "a NUL byte");

    /* sixteen keys, and one more */

    text.data = ngx_pnalloc(u->pool, 17 * 34);
    if (text.data == NULL) {
        abort();
    }

    for (i = 0, p = text.data; i < 17; i++) {
        text.len = p - text.data;

        if (i == 16) {
            ok(u, ngx_http_phone_verify_unit_make_keys(u, &f, "signup", &text,
                                                       0600)
                  != NULL,
               "sixteen keys");
        }

        p = ngx_sprintf(p, "%032ui\n", i + 1);
    }

    text.len = p - text.data;

    ok(u, ngx_http_phone_verify_unit_make_keys(u, &f, "signup", &text, 0600)
          == NULL
          && ngx_http_phone_verify_unit_logged(&f, "too many")
          && ngx_http_phone_verify_unit_logged(&f, ":17"),
       "seventeen keys");

    /* who may read it */

    keys = ngx_http_phone_verify_unit_make_keys(u, &f, "signup", str(u, A),
                                                0644);
    ok(u, keys != NULL, "a file that all can read is taken");
    ok(u, ngx_http_phone_verify_unit_logged(&f, "[warn]")
          && ngx_http_phone_verify_unit_logged(&f, (char *) f.file.data),
       "but warned of");
    ok(u, !ngx_http_phone_verify_unit_logged(&f, A), "without its key");

    keys = ngx_http_phone_verify_unit_make_keys(u, &f, "signup", str(u, A),
                                                0640);
    ok(u, keys != NULL && f.len == 0, "one that a group can read is fine");

    /* what a token is bound to, besides its length */

    if (keys) {
        key = &keys->key[0];

        is_mem(u, key->grant.data + 6, key->grant.len - 6, "signup", 6,
               "a grant is bound to the app");
        is_mem(u, key->pending.data + 6, key->pending.len - 6, "signup", 6,
               "so is a pending token");
        is(u, key->grant.data[5], NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT,
           "a grant is bound to its purpose");
        is(u, key->pending.data[5], NGX_HTTP_PHONE_VERIFY_TOKEN_PENDING,
           "so is a pending token");
        is_mem(u, key->grant.data + 1, 4, key->id, 4,
               "and both to the key's id");
    }

    ngx_str_set(&name, "/nonexistent/phone_verify.keys");

    ok(u, ngx_http_phone_verify_unit_read_keys(u, &f, "signup", &name) == NULL
          && ngx_http_phone_verify_unit_logged(&f, "[emerg]")
          && ngx_http_phone_verify_unit_logged(&f, (char *) name.data),
       "a file that is not there");

    ngx_str_set(&name, "/tmp");

    ok(u, ngx_http_phone_verify_unit_read_keys(u, &f, "signup", &name) == NULL
          && ngx_http_phone_verify_unit_logged(&f, "\"/tmp\""),
       "a directory");

    /* no file */

    keys = ngx_http_phone_verify_unit_make_keys(u, &f, "signup", NULL, 0);
    ok(u, keys != NULL, "no file: a random key");
    is(u, f.fallback, 1, "which is told");

    ngx_str_null(&name);

    ok(u, ngx_http_phone_verify_unit_read_keys(u, &f, "signup", &name) != NULL,
       "so has an empty name");
    is(u, f.fallback, 1, "which is told, too");
}
