
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "fuzz.h"
#include "sinch/words.h"
#include "verification/revoke.h"
#include "verification/store/revocation.h"
#include "verification/store/zone_map.h"
#include "verification/token/keys.h"


/*
 * Files that operators edit: the first byte says whether of keys or of
 * revocations, the rest is what the file has.
 */


#define ZONE    131072
#define NUMBER  46700000000
#define FAR     4000000000       /* a time that fits the zone's words */


static u_char                        name[64];    /* of the file, */
static u_char                        fresh[64];   /*   and the one after it */
static u_char                       *base;        /* of the zone's memory */
static ngx_http_phone_verify_keys_t  known;
static u_char                        known_hash[8];


static void  make(void);
static void  unmake(void);
static void  put(const uint8_t *data, size_t size);
static ngx_str_t  get(ngx_pool_t *pool);
static void  keys(ngx_pool_t *pool, const uint8_t *data, size_t size);
static void  key_line(const uint8_t *data, size_t size, ngx_uint_t *n);
static void  opens(ngx_http_phone_verify_keys_t *k);
static void  revocations(ngx_pool_t *pool, const uint8_t *data, size_t size);
static ngx_int_t  load(ngx_http_phone_verify_zone_t *zone,
    ngx_uint_t *revoked);
static ngx_uint_t  revocation_line(ngx_http_phone_verify_zone_t *zone,
    ngx_str_t *line);
static ngx_uint_t  hex(const char *text, u_char *out, size_t len);


/* No disk is waited for. */

int
fsync(int fd)
{
    return 0;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_pool_t  *pool;

    if (base == NULL) {
        make();
    }

    if (size == 0) {
        return 0;
    }

    pool = ngx_http_phone_verify_fuzz_pool();

    if (data[0] & 1) {
        keys(pool, data + 1, size - 1);

    } else {
        revocations(pool, data + 1, size - 1);
    }

    ngx_destroy_pool(pool);

    return 0;
}


static void
make(void)
{
    uint64_t  hash;

    /* what is wrong with a file is the usual thing here */

    ngx_use_stderr = 0;

    ngx_memcpy(name, "/tmp/phone_verify_fuzz.XXXXXX", 30);
    must(mkdtemp((char *) name) != NULL);
    ngx_memcpy(name + 29, "/file", 6);
    (void) ngx_sprintf(fresh, "%s.new%Z", name);

    (void) atexit(unmake);

    base = ngx_memalign(ngx_pagesize, ZONE, ngx_cycle->log);
    must(base != NULL);

    /* a hash that is the same each time, for the seeds */

    known.n = 1;
    known.key[0].number[0] = 1;
    known.key[0].number[1] = 2;

    must(ngx_http_phone_verify_number_hash(&known, 0, NUMBER, &hash)
         == NGX_OK);
    ngx_memcpy(known_hash, &hash, sizeof(known_hash));
}


static void
unmake(void)
{
    (void) ngx_delete_file(fresh);
    (void) ngx_delete_file(name);

    name[29] = '\0';
    (void) rmdir((char *) name);
}


static void
put(const uint8_t *data, size_t size)
{
    ngx_fd_t  fd;

    fd = ngx_open_file(name, NGX_FILE_WRONLY, NGX_FILE_TRUNCATE, 0600);
    must(fd != NGX_INVALID_FILE);
    must(ngx_write_fd(fd, (void *) data, size) == (ssize_t) size);
    (void) ngx_close_file(fd);
}


static ngx_str_t
get(ngx_pool_t *pool)
{
    u_char    *text;
    ssize_t    n;
    ngx_fd_t   fd;

    text = ngx_pnalloc(pool, 8192);
    must(text != NULL);

    fd = ngx_open_file(name, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);
    must(fd != NGX_INVALID_FILE);
    n = ngx_read_fd(fd, text, 8192);
    must(n >= 0 && n < 8192);
    (void) ngx_close_file(fd);

    return (ngx_str_t) { (size_t) n, text };
}


/* Each line that is neither empty nor a comment is a key of its own. */

static void
keys(ngx_pool_t *pool, const uint8_t *data, size_t size)
{
    ngx_str_t                      file, app, line;
    ngx_uint_t                     i, j, n, fallback;
    ngx_conf_t                     cf;
    ngx_http_phone_verify_keys_t  *k;

    put(data, size);

    ngx_memzero(&cf, sizeof(cf));

    cf.pool = pool;
    cf.temp_pool = pool;
    cf.log = pool->log;
    cf.cycle = (ngx_cycle_t *) ngx_cycle;

    file.data = name;
    file.len = ngx_strlen(name);
    ngx_str_set(&app, "signup");

    k = ngx_http_phone_verify_keys_create(&cf, &app, &file, &fallback);

    must(!fallback);

    if (k == NULL) {
        return;
    }

    must(k->n >= 1 && k->n <= NGX_HTTP_PHONE_VERIFY_KEYS_MAX);

    n = 0;

    while (size) {
        line = ngx_http_phone_verify_fuzz_part(pool, &data, &size, LF);
        key_line(line.data, line.len, &n);
    }

    must(k->n == n);

    for (i = 0; i < k->n; i++) {
        for (j = 0; j < i; j++) {
            must(ngx_memcmp(k->key[i].id, k->key[j].id, sizeof(k->key[i].id))
                 != 0);
        }
    }

    opens(k);
}


static void
key_line(const uint8_t *data, size_t size, ngx_uint_t *n)
{
    size_t  i;

    while (size && memchr(" \t", *data, 2)) {
        data++;
        size--;
    }

    while (size && memchr(" \t\r", data[size - 1], 3)) {
        size--;
    }

    if (size == 0 || *data == '#') {
        return;
    }

    (*n)++;

    must(size >= NGX_HTTP_PHONE_VERIFY_KEY_TEXT_MIN);

    for (i = 0; i < size; i++) {
        must(data[i] > ' ' && data[i] < 0x7f);
    }
}


static void
opens(ngx_http_phone_verify_keys_t *k)
{
    u_char                         buf[NGX_HTTP_PHONE_VERIFY_TOKEN_MAX];
    ngx_str_t                      text;
    ngx_http_phone_verify_token_t  token, opened;

    ngx_memzero(&token, sizeof(token));

    token.number = NUMBER;
    token.method = NGX_HTTP_PHONE_VERIFY_SMS;
    token.issued = ngx_time();
    token.expires = token.issued + 600;

    text.data = buf;

    must(ngx_http_phone_verify_token_seal(k,
                                          NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT,
                                          &token, &text)
         == NGX_OK);
    must(ngx_http_phone_verify_token_open(k,
                                          NGX_HTTP_PHONE_VERIFY_TOKEN_GRANT,
                                          &text, token.issued, &opened)
         == NGX_OK);
    must(opened.number == NUMBER);
}


/*
 * What the file says is revoked, also by what is left of it when it has been
 * cleaned up; and nobody else is.
 */

static void
revocations(ngx_pool_t *pool, const uint8_t *data, size_t size)
{
    u_char                         id[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    ngx_int_t                      rc;
    ngx_str_t                      line, left, again;
    ngx_uint_t                     n, lines, all, revoked, same;
    const uint8_t                 *p;
    ngx_http_phone_verify_zone_t   zone;

    put(data, size);

    rc = load(&zone, &revoked);

    /* 4096 bytes are too few to fill the zone */

    must(rc == NGX_OK);

    lines = 0;
    all = 0;
    p = data;
    n = size;

    while (n) {
        line = ngx_http_phone_verify_fuzz_part(pool, &p, &n, LF);
        lines++;
        all += (line.len >= 2 && line.data[0] == 'A' && line.data[1] == ' ');
        (void) revocation_line(&zone, &line);
    }

    must(revoked <= lines);

    if (all == 0) {
        ngx_memset(id, 0xa5, sizeof(id));
        must(!ngx_http_phone_verify_revoked_grant(&zone, &known, id,
                                                  NUMBER + 1, ngx_time()));
    }

    /* it is cleaned up once, and then it says the same */

    left = get(pool);
    must(left.len <= size + 1);

    must(load(&zone, &same) == NGX_OK);
    must(same == revoked);

    again = get(pool);
    must(again.len == left.len
         && ngx_memcmp(again.data, left.data, left.len) == 0);

    while (size) {
        line = ngx_http_phone_verify_fuzz_part(pool, &data, &size, LF);
        (void) revocation_line(&zone, &line);
    }
}


/* The file, into an empty zone, as when nginx starts. */

static ngx_int_t
load(ngx_http_phone_verify_zone_t *zone, ngx_uint_t *revoked)
{
    ngx_int_t                           rc;
    ngx_shm_zone_t                      shm_zone;
    ngx_slab_pool_t                    *shpool;
    ngx_open_file_t                     file;
    ngx_http_phone_verify_app_t         app;
    ngx_http_phone_verify_zone_usage_t  usage;

    ngx_memzero(base, ZONE);
    ngx_memzero(zone, sizeof(*zone));
    ngx_memzero(&shm_zone, sizeof(shm_zone));
    ngx_memzero(&file, sizeof(file));
    ngx_memzero(&app, sizeof(app));

    /* what ngx_init_zone_pool() does */

    shpool = (ngx_slab_pool_t *) base;
    shpool->end = base + ZONE;
    shpool->min_shift = 3;
    shpool->addr = shpool;

    must(ngx_shmtx_create(&shpool->mutex, &shpool->lock, NULL) == NGX_OK);
    ngx_slab_init(shpool);

    ngx_str_set(&shm_zone.shm.name, "fuzz");
    shm_zone.shm.addr = base;
    shm_zone.shm.size = ZONE;
    shm_zone.shm.log = ngx_cycle->log;
    shm_zone.data = zone;

    ngx_str_set(&zone->app, "fuzz");
    zone->size = ZONE;

    must(ngx_http_phone_verify_zone_init(&shm_zone, NULL) == NGX_OK);

    file.name.data = name;
    file.name.len = ngx_strlen(name);
    file.fd = ngx_open_file(name, NGX_FILE_APPEND, NGX_FILE_OPEN, 0);
    must(file.fd != NGX_INVALID_FILE);

    ngx_str_set(&app.name, "fuzz");
    app.zone = zone;
    app.keys = &known;
    app.revocation_file = &file;

    rc = ngx_http_phone_verify_revocations_load((ngx_cycle_t *) ngx_cycle,
                                                &app, 1);
    (void) ngx_close_file(file.fd);

    ngx_http_phone_verify_zone_usage(zone, &usage);
    *revoked = usage.revocations;

    return rc;
}


/* A line that is well-formed, at first sight, does what it says. */

static ngx_uint_t
revocation_line(ngx_http_phone_verify_zone_t *zone, ngx_str_t *line)
{
    int        end;
    char       text[128], digits[33];
    u_char     id[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    long long  at, until;

    if (line->len >= sizeof(text)
        || memchr(line->data, '\0', line->len) != NULL)
    {
        return 0;
    }

    ngx_memcpy(text, line->data, line->len);
    text[line->len] = '\0';

    /* digits and single blanks alone: scanf would take more */

    if (strspn(text + (line->len ? 1 : 0), " 0123456789abcdefABCDEF")
        != (line->len ? line->len - 1 : 0)
        || strstr(text, "  ") != NULL)
    {
        return 0;
    }

    end = 0;

    if (sscanf(text, "S %32[0-9a-fA-F] %18lld%n", digits, &until, &end) == 2
        && end == (int) line->len
        && text[1] == ' ' && text[34] == ' ' && hex(digits, id, 16)
        && until >= ngx_time())
    {
        must(ngx_http_phone_verify_revoked(zone, id));
        return 1;
    }

    ngx_memset(id, 0xa5, sizeof(id));

    if (sscanf(text, "A %18lld%n", &at, &end) == 1
        && end == (int) line->len && text[1] == ' ')
    {
        must(ngx_http_phone_verify_revoked_grant(zone, &known, id, NUMBER + 1,
                                                 at));
        return 1;
    }

    if (sscanf(text, "N %16[0-9a-fA-F] %18lld %18lld%n", digits, &at, &until,
               &end)
        == 3
        && end == (int) line->len
        && text[1] == ' ' && text[18] == ' ' && hex(digits, id, 8)
        && strchr(text + 19, ' ') != NULL
        && ngx_memcmp(id, known_hash, 8) == 0 && until >= ngx_time())
    {
        ngx_memset(id, 0xa5, sizeof(id));
        must(ngx_http_phone_verify_revoked_grant(zone, &known, id, NUMBER,
                                                 ngx_min(at, FAR)));
        return 1;
    }

    return 0;
}


static ngx_uint_t
hex(const char *text, u_char *out, size_t len)
{
    size_t  i;

    if (strlen(text) != 2 * len) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        out[i] = (u_char) ngx_hextoi((u_char *) text + 2 * i, 2);
    }

    return 1;
}
