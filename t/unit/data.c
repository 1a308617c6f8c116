
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "data.h"


/* What the tests are fed. */


static cJSON *ngx_http_phone_verify_unit_parse(
    ngx_http_phone_verify_unit_t *u, ngx_str_t *text);
static void ngx_http_phone_verify_unit_parsed(void *data);
static void ngx_http_phone_verify_unit_free_data(void *data);


ngx_str_t *
ngx_http_phone_verify_unit_data(ngx_http_phone_verify_unit_t *u,
    const char *name)
{
    char             *slash, path[1024];
    size_t            n;
    ssize_t           got;
    ngx_fd_t          fd;
    ngx_str_t        *text;

    /* t/unit/data.c -> t/data/NAME */

    (void) snprintf(path, sizeof(path), "%s", __FILE__);

    slash = strrchr(path, '/');
    n = slash ? (size_t) (slash - path) : 0;

    (void) snprintf(path + n, sizeof(path) - n, "%s../data/%s",
                    slash ? "/" : "", name);

    text = ngx_http_phone_verify_unit_fill(u, '\0', 65536);
    text->len = 0;

    fd = ngx_open_file(path, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (!ok(u, fd != NGX_INVALID_FILE, "%s is there", path)) {
        return text;
    }

    got = ngx_read_fd(fd, text->data, 65536 - 1);

    (void) ngx_close_file(fd);

    if (ok(u, got > 0 && got < 65536 - 1, "%s can be read", name)) {
        text->len = (size_t) got;
    }

    return text;
}


ngx_str_t *
ngx_http_phone_verify_unit_example(ngx_http_phone_verify_unit_t *u,
    const char *name)
{
    char  path[256];

    (void) snprintf(path, sizeof(path), "sinch-examples/%s.json", name);

    return ngx_http_phone_verify_unit_data(u, path);
}


cJSON *
ngx_http_phone_verify_unit_data_json(ngx_http_phone_verify_unit_t *u,
    const char *name)
{
    return ngx_http_phone_verify_unit_parse(u,
                                   ngx_http_phone_verify_unit_data(u, name));
}


cJSON *
ngx_http_phone_verify_unit_example_json(ngx_http_phone_verify_unit_t *u,
    const char *name)
{
    return ngx_http_phone_verify_unit_parse(u,
                                ngx_http_phone_verify_unit_example(u, name));
}


static cJSON *
ngx_http_phone_verify_unit_parse(ngx_http_phone_verify_unit_t *u,
    ngx_str_t *text)
{
    cJSON               *json;
    ngx_pool_cleanup_t  *cln;

    json = cJSON_ParseWithLength((char *) text->data, text->len);

    if (!ok(u, json != NULL, "it is JSON")) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(u->pool, 0);
    if (cln == NULL) {
        abort();
    }

    cln->handler = ngx_http_phone_verify_unit_parsed;
    cln->data = json;

    return json;
}


static void
ngx_http_phone_verify_unit_parsed(void *data)
{
    cJSON_Delete(data);
}


ngx_str_t *
ngx_http_phone_verify_unit_member(ngx_http_phone_verify_unit_t *u,
    const cJSON *object, const char *name)
{
    cJSON  *member;

    member = cJSON_GetObjectItemCaseSensitive(object, name);

    return str(u, cJSON_IsString(member) ? member->valuestring : "");
}


ngx_str_t *
ngx_http_phone_verify_unit_fill(ngx_http_phone_verify_unit_t *u, u_char ch,
    size_t n)
{
    ngx_str_t           *text;
    ngx_pool_cleanup_t  *cln;

    text = ngx_palloc(u->pool, sizeof(ngx_str_t));
    cln = ngx_pool_cleanup_add(u->pool, 0);

    if (text == NULL || cln == NULL) {
        abort();
    }

    /* not of the pool, so that a sanitizer sees who reads beyond the end */

    text->len = n;
    text->data = ngx_alloc(n ? n : 1, u->log);

    if (text->data == NULL) {
        abort();
    }

    cln->handler = ngx_http_phone_verify_unit_free_data;
    cln->data = text->data;

    ngx_memset(text->data, ch, n);

    return text;
}


static void
ngx_http_phone_verify_unit_free_data(void *data)
{
    ngx_free(data);
}


ngx_str_t *
ngx_http_phone_verify_unit_bytes(ngx_http_phone_verify_unit_t *u,
    const void *data, size_t len)
{
    ngx_str_t  *text;

    text = ngx_http_phone_verify_unit_fill(u, '\0', len);
    ngx_memcpy(text->data, data, len);

    return text;
}


ngx_str_t *
ngx_http_phone_verify_unit_replace(ngx_http_phone_verify_unit_t *u,
    const ngx_str_t *text, const char *from, const char *to)
{
    u_char     *p;
    size_t      i, len;
    ngx_str_t  *copy;

    len = ngx_strlen(from);

    for (i = 0; i + len <= text->len; i++) {

        if (ngx_memcmp(text->data + i, from, len) != 0) {
            continue;
        }

        copy = ngx_http_phone_verify_unit_fill(u, '\0', text->len - len
                                                        + ngx_strlen(to));

        p = ngx_cpymem(copy->data, text->data, i);
        p = ngx_cpymem(p, to, ngx_strlen(to));
        ngx_memcpy(p, text->data + i + len, text->len - i - len);

        return copy;
    }

    ok(u, 0, "\"%s\" is in the text", from);

    return ngx_http_phone_verify_unit_bytes(u, text->data, text->len);
}
