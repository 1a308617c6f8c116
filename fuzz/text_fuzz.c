
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


#define YEAR_10000  253402300800000


static void  times(ngx_str_t *text);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t       i;
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

    times(&text);

    ngx_destroy_pool(pool);

    return 0;
}


/* What is read is an instant of 1970 to 9999, and is written the same. */

static void
times(ngx_str_t *text)
{
    u_char     buf[NGX_HTTP_PHONE_VERIFY_TIMESTAMP_LEN + NGX_INT64_LEN];
    int64_t    msec, again;
    ngx_str_t  written;

    if (ngx_http_phone_verify_timestamp_parse(text, &msec) != NGX_OK) {
        return;
    }

    /* the last leap second of 9999 is one too many for four digits */

    must(msec >= 0 && msec < YEAR_10000 + 1000);

    if (msec >= YEAR_10000) {
        must(ngx_strncmp(text->data, "9999-12-31T23:59:60", 19) == 0);
        return;
    }

    written.data = buf;
    written.len = ngx_http_phone_verify_timestamp_write(buf, msec / 1000,
                                                        msec % 1000)
                  - buf;

    must(written.len == NGX_HTTP_PHONE_VERIFY_TIMESTAMP_LEN);
    must(ngx_http_phone_verify_timestamp_parse(&written, &again) == NGX_OK);
    must(again == msec);

    /* digit by digit, but for a leap second, which is the next day's first */

    if (text->data[17] != '6') {
        must(ngx_memcmp(written.data, text->data, 19) == 0);
    }
}
