
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "data.h"
#include "verification/store/flashcall.h"


/* What is kept of a flash call: all that goes into the room there is. */


void ngx_http_phone_verify_unit_flashcall(ngx_http_phone_verify_unit_t *u);


void
ngx_http_phone_verify_unit_flashcall(ngx_http_phone_verify_unit_t *u)
{
    u_char                                p[64];
    size_t                                n, room;
    ngx_str_t                             filter;
    ngx_uint_t                            i;
    ngx_http_phone_verify_flashcall_t     call;
    ngx_http_phone_verify_sinch_answer_t  a, b;

    filter = *str(u, "(.*)5312(.*)");

    /* which of them there are, in each room */

    for (i = 0; i < 16; i++) {

        for (room = 0; room < 40; room++) {

            ngx_memzero(&a, sizeof(a));
            ngx_memzero(&b, sizeof(b));
            ngx_memset(p, 0x7e, sizeof(p));

            a.has_interception_timeout = (i & 1) != 0;
            a.has_report_timeout = (i & 2) != 0;
            a.has_deny_call_after = (i & 4) != 0;
            a.interception_timeout = (i & 1) ? 45 : 0;
            a.report_timeout = (i & 2) ? 300 : 0;
            a.deny_call_after = (i & 4) ? 65535 : 0;

            if (i & 8) {
                a.cli_filter = filter;
            }

            n = ngx_http_phone_verify_flashcall_write(p, room, &a);

            if (n > room || p[n] != 0x7e) {
                ok(u, 0, "%d bytes in %d", (int) n, (int) room);
                continue;
            }

            if (n == 0) {
                ok(u, i == 0 || room < 7 || (i == 8 && room < 13),
                   "nothing of %d in %d", (int) i, (int) room);
                continue;
            }

            ngx_http_phone_verify_flashcall_read(p, n, &call);
            ngx_http_phone_verify_flashcall_answer(&call, &b);

            if (a.cli_filter.len != b.cli_filter.len && b.cli_filter.len == 0) {
                ok(u, room < n + filter.len, "no room for it in %d",
                   (int) room);
                a.cli_filter.len = 0;
            }

            ok(u, a.has_interception_timeout == b.has_interception_timeout
                  && a.has_report_timeout == b.has_report_timeout
                  && a.has_deny_call_after == b.has_deny_call_after
                  && a.interception_timeout == b.interception_timeout
                  && a.report_timeout == b.report_timeout
                  && a.deny_call_after == b.deny_call_after,
               "times %d in %d", (int) i, (int) room);
            is_mem(u, b.cli_filter.data, b.cli_filter.len, a.cli_filter.data,
                   a.cli_filter.len, "the filter");
        }
    }

    /* what does not fit is left out, the rest is not */

    ngx_memzero(&a, sizeof(a));
    ngx_memzero(&b, sizeof(b));

    a.cli_filter = *str(u, "12345678901234567890123456789012");
    a.has_report_timeout = 1;
    a.report_timeout = 65536;

    is(u, ngx_http_phone_verify_flashcall_write(p, sizeof(p), &a), 0,
       "nothing that could be kept");

    a.cli_filter.len--;

    is(u, ngx_http_phone_verify_flashcall_write(p, sizeof(p), &a), 32,
       "31 bytes");

    ngx_http_phone_verify_flashcall_read(p, 32, &call);
    ngx_http_phone_verify_flashcall_answer(&call, &b);
    is_str(u, &b.cli_filter, "1234567890123456789012345678901", "are kept");
    is(u, b.has_report_timeout, 0, "the time is not");

    /* whatever is there */

    for (i = 0; i < 256; i++) {
        ngx_memset(p, (int) i, sizeof(p));

        for (room = 0; room < 40; room++) {
            ngx_http_phone_verify_flashcall_read(p, room, &call);

            if (call.filter_len > room) {
                ok(u, 0, "%d in %d", (int) i, (int) room);
            }
        }
    }
}
