
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "data.h"
#include "verification/token/base64url.h"


void ngx_http_phone_verify_unit_base64url(ngx_http_phone_verify_unit_t *u);


void
ngx_http_phone_verify_unit_base64url(ngx_http_phone_verify_unit_t *u)
{
    u_char      raw[64], text[128], out[128];
    size_t      n, i;
    ngx_str_t   src, dst;
    ngx_uint_t  ch, taken, wrong;

    /* against nginx's own encoder, all lengths, many bytes */

    for (n = 0, wrong = 0; n <= sizeof(raw); n++) {

        for (ch = 0; ch < 256; ch++) {

            for (i = 0; i < n; i++) {
                raw[i] = (u_char) (ch + i * 37);
            }

            src.data = raw;
            src.len = n;
            dst.data = text;

            ngx_encode_base64url(&dst, &src);

            ngx_memset(out, '#', sizeof(out));

            if (dst.len != ngx_http_phone_verify_base64url_length(n)
                || ngx_http_phone_verify_base64url_bytes(dst.len) != n
                || ngx_http_phone_verify_base64url_decode(out, text, dst.len)
                   != NGX_OK
                || ngx_memcmp(out, raw, n) != 0
                || out[n] != '#')
            {
                wrong++;
            }
        }
    }

    is(u, wrong, 0, "what is encoded is decoded again");

    /* one text for each value: of all last characters, those of zero bits */

    for (n = 2; n <= 4; n++) {
        ngx_memcpy(text, "AAAA", 4);

        for (ch = 0, taken = 0; ch < 256; ch++) {
            text[n - 1] = (u_char) ch;

            taken += ngx_http_phone_verify_base64url_decode(out, text, n)
                     == NGX_OK;
        }

        is(u, taken, (n == 2) ? 4 : (n == 3) ? 16 : 64,
           "so many last characters of %d", (int) n);
    }

    for (i = 0; i < 4; i++) {
        ngx_memcpy(text, "AAAA", 4);

        for (ch = 0, taken = 0; ch < 256; ch++) {
            text[i] = (u_char) ch;

            taken += ngx_http_phone_verify_base64url_decode(out, text, 4)
                     == NGX_OK;
        }

        is(u, taken, 64, "sixty-four characters at %d", (int) i);
    }

    src = *str(u, "A");
    is(u, ngx_http_phone_verify_base64url_decode(out, src.data, 1),
       NGX_DECLINED, "one character is no byte");

    src = *str(u, "AAAAA");
    is(u, ngx_http_phone_verify_base64url_decode(out, src.data, 5),
       NGX_DECLINED, "nor are five three");

    src = *str(u, "AA==");
    is(u, ngx_http_phone_verify_base64url_decode(out, src.data, 4),
       NGX_DECLINED, "padding");

    src = *str(u, "AA+/");
    is(u, ngx_http_phone_verify_base64url_decode(out, src.data, 4),
       NGX_DECLINED, "the other alphabet");
}
