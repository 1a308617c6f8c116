
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "fuzz.h"
#include <ngx_http.h>
#include "conf/options.h"
#include "session/answer.h"
#include "sinch/timestamp.h"


/* Short texts of clients: where to return to, which language, what time. */


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t       i;
    int64_t      msec;
    ngx_str_t    text;
    ngx_pool_t  *pool;

    pool = ngx_http_phone_verify_fuzz_pool();
    text = ngx_http_phone_verify_fuzz_copy(pool, data, size);

    if (ngx_http_phone_verify_return_valid(&text)) {
        must(text.len > 0 && text.len <= 1024 && text.data[0] == '/');
        must(text.len == 1 || (text.data[1] != '/' && text.data[1] != '\\'));

        for (i = 0; i < text.len; i++) {
            must(text.data[i] >= 0x20 && text.data[i] != 0x7f);
        }
    }

    if (ngx_http_phone_verify_language_valid(&text)) {
        must(text.len <= 64);

        for (i = 0; i < text.len; i++) {
            must(text.data[i] >= 0x20 && text.data[i] < 0x7f);
        }
    }

    (void) ngx_http_phone_verify_timestamp_parse(&text, &msec);

    ngx_destroy_pool(pool);

    return 0;
}
