
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_FUZZ_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_FUZZ_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * What all targets have in common: nginx's own pools and log, without an nginx
 * that runs.  With NGX_DEBUG_PALLOC each allocation has red zones.
 *
 * A target is fuzz/NAME_fuzz.c with LLVMFuzzerTestOneInput(); what it demands
 * of the code it demands with must().
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* A pool for one input; destroy it at the end. */

ngx_pool_t *ngx_http_phone_verify_fuzz_pool(void);

/* A copy of part of the input, with nothing behind it. */

ngx_str_t ngx_http_phone_verify_fuzz_copy(ngx_pool_t *pool,
    const uint8_t *data, size_t size);

/*
 * Takes the input up to the next "separator", or its end, off *data: the parts
 * of a request.
 */

ngx_str_t ngx_http_phone_verify_fuzz_part(ngx_pool_t *pool,
    const uint8_t **data, size_t *size, u_char separator);

/* Whether a text is UTF-8 without a NUL. */

ngx_uint_t ngx_http_phone_verify_fuzz_text(const ngx_str_t *text);


/* Stops the fuzzer, with the input as its finding. */

#define must(condition)                                                       \
    do {                                                                      \
        if (!(condition)) {                                                   \
            fprintf(stderr, "%s:%d: must be: %s\n", __FILE__, __LINE__,       \
                    #condition);                                              \
            abort();                                                          \
        }                                                                     \
    } while (0)


#endif /* _NGX_HTTP_PHONE_VERIFY_FUZZ_H_INCLUDED_ */
