
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/base64url.h"


/*
 * Every request through an open gate comes by here, so this is one pass over
 * the text; nginx's own decoder makes two, and takes "=" for an end.
 */

#define NGX_HTTP_PHONE_VERIFY_NO_DIGIT  0x80

static const u_char  ngx_http_phone_verify_base64url_digits[128] = {
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x3e, 0x80, 0x80,
    0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b,
    0x3c, 0x3d, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
    0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e,
    0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16,
    0x17, 0x18, 0x19, 0x80, 0x80, 0x80, 0x80, 0x3f,
    0x80, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20,
    0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28,
    0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x30,
    0x31, 0x32, 0x33, 0x80, 0x80, 0x80, 0x80, 0x80
};

#define ngx_http_phone_verify_base64url_digit(ch)                             \
    (ngx_http_phone_verify_base64url_digits[(ch) & 0x7f] | ((ch) & 0x80))


ngx_int_t
ngx_http_phone_verify_base64url_decode(u_char *dst, const u_char *src,
    size_t len)
{
    u_char  a, b, c, d, bad;

    bad = 0;

    for ( /* void */ ; len >= 4; len -= 4) {
        a = ngx_http_phone_verify_base64url_digit(src[0]);
        b = ngx_http_phone_verify_base64url_digit(src[1]);
        c = ngx_http_phone_verify_base64url_digit(src[2]);
        d = ngx_http_phone_verify_base64url_digit(src[3]);

        bad |= a | b | c | d;

        *dst++ = (u_char) (a << 2 | b >> 4);
        *dst++ = (u_char) (b << 4 | c >> 2);
        *dst++ = (u_char) (c << 6 | d);

        src += 4;
    }

    switch (len) {

    case 0:
        break;

    case 2:
        a = ngx_http_phone_verify_base64url_digit(src[0]);
        b = ngx_http_phone_verify_base64url_digit(src[1]);

        bad |= a | b;

        if (b & 0x0f) {
            return NGX_DECLINED;
        }

        *dst = (u_char) (a << 2 | b >> 4);
        break;

    case 3:
        a = ngx_http_phone_verify_base64url_digit(src[0]);
        b = ngx_http_phone_verify_base64url_digit(src[1]);
        c = ngx_http_phone_verify_base64url_digit(src[2]);

        bad |= a | b | c;

        if (c & 0x03) {
            return NGX_DECLINED;
        }

        *dst++ = (u_char) (a << 2 | b >> 4);
        *dst = (u_char) (b << 4 | c >> 2);
        break;

    default: /* 1 */
        return NGX_DECLINED;
    }

    return (bad & NGX_HTTP_PHONE_VERIFY_NO_DIGIT) ? NGX_DECLINED : NGX_OK;
}
