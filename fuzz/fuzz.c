
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "fuzz.h"
#include "sinch/json.h"


static ngx_log_t        ngx_http_phone_verify_fuzz_log;
static ngx_open_file_t  ngx_http_phone_verify_fuzz_nowhere;
static ngx_cycle_t      ngx_http_phone_verify_fuzz_cycle;


int LLVMFuzzerInitialize(int *argc, char ***argv);


/* What main() does, as far as pools, zones, time and log are concerned. */

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    ngx_uint_t  n;

    (void) argc;
    (void) argv;

    ngx_pid = ngx_getpid();
    ngx_pagesize = getpagesize();
    ngx_cacheline_size = NGX_CPU_CACHE_LINE;

    ngx_pagesize_shift = 0;
    for (n = ngx_pagesize; n >>= 1; ngx_pagesize_shift++) { /* void */ }

    ngx_slab_sizes_init();

    if (ngx_strerror_init() != NGX_OK) {
        return 1;
    }

    ngx_time_init();

    /* every line is formatted, for its arguments are to be looked at, too */

    ngx_http_phone_verify_fuzz_nowhere.fd = open("/dev/null", O_WRONLY);
    ngx_http_phone_verify_fuzz_log.file = &ngx_http_phone_verify_fuzz_nowhere;
    ngx_http_phone_verify_fuzz_log.log_level = NGX_LOG_DEBUG_ALL
                                               | NGX_LOG_DEBUG;

    ngx_http_phone_verify_fuzz_cycle.log = &ngx_http_phone_verify_fuzz_log;
    ngx_cycle = &ngx_http_phone_verify_fuzz_cycle;

    return 0;
}


ngx_pool_t *
ngx_http_phone_verify_fuzz_pool(void)
{
    ngx_pool_t  *pool;

    pool = ngx_create_pool(4096, &ngx_http_phone_verify_fuzz_log);
    must(pool != NULL);

    return pool;
}


ngx_str_t
ngx_http_phone_verify_fuzz_copy(ngx_pool_t *pool, const uint8_t *data,
    size_t size)
{
    ngx_str_t  copy;

    copy.len = size;
    copy.data = ngx_pnalloc(pool, size ? size : 1);
    must(copy.data != NULL);

    if (size) {
        ngx_memcpy(copy.data, data, size);
    }

    return copy;
}


ngx_str_t
ngx_http_phone_verify_fuzz_part(ngx_pool_t *pool, const uint8_t **data,
    size_t *size, u_char separator)
{
    size_t          len;
    ngx_str_t       part;
    const uint8_t  *end;

    end = *size ? memchr(*data, separator, *size) : NULL;
    len = end ? (size_t) (end - *data) : *size;

    part = ngx_http_phone_verify_fuzz_copy(pool, *data, len);

    len += end ? 1 : 0;
    *data += len;
    *size -= len;

    return part;
}


ngx_uint_t
ngx_http_phone_verify_fuzz_text(const ngx_str_t *text)
{
    return text->len == 0
           || (memchr(text->data, '\0', text->len) == NULL
               && ngx_http_phone_verify_utf8_length(text) != NGX_ERROR);
}
