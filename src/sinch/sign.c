
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_md5.h>
#include "sinch/sign.h"


u_char *
ngx_http_phone_verify_string_to_sign(u_char *p, u_char *last,
    const ngx_http_phone_verify_signed_t *what)
{
    size_t     size;
    u_char     digest[16];
    u_char     text[ngx_base64_encoded_length(sizeof(digest))];
    ngx_md5_t  md5;
    ngx_str_t  src, dst;

    dst.data = text;
    dst.len = 0;

    if (what->body.len) {

        /*
         * nginx's own MD5: OpenSSL may be told to do without, and here it is
         * no more than an ingredient of what the HMAC protects.
         */

        ngx_md5_init(&md5);
        ngx_md5_update(&md5, what->body.data, what->body.len);
        ngx_md5_final(digest, &md5);

        src.data = digest;
        src.len = sizeof(digest);

        ngx_encode_base64(&dst, &src);
    }

    size = what->verb.len + dst.len + what->content_type.len
           + what->timestamp.len + what->path.len
           + sizeof("\n\n\nx-timestamp:\n") - 1;

    if (size > (size_t) (last - p)) {
        return NULL;
    }

    return ngx_sprintf(p, "%V\n%V\n%V\nx-timestamp:%V\n%V",
                       &what->verb, &dst, &what->content_type,
                       &what->timestamp, &what->path);
}


ngx_int_t
ngx_http_phone_verify_sign(ngx_http_phone_verify_hmac_t *secret,
    const ngx_http_phone_verify_signed_t *what, u_char *signature)
{
    u_char     *last;
    u_char      buf[NGX_HTTP_PHONE_VERIFY_STRING_TO_SIGN_MAX];
    u_char      mac[NGX_HTTP_PHONE_VERIFY_HMAC_LEN];
    ngx_str_t   src, dst;

    last = ngx_http_phone_verify_string_to_sign(buf, buf + sizeof(buf), what);

    if (last == NULL
        || ngx_http_phone_verify_hmac(secret, buf, last - buf, mac) != NGX_OK)
    {
        return NGX_ERROR;
    }

    src.data = mac;
    src.len = sizeof(mac);

    dst.data = signature;

    ngx_encode_base64(&dst, &src);

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_secret_decode(ngx_pool_t *pool, ngx_str_t *text,
    ngx_str_t *secret)
{
    size_t     pad;
    ngx_str_t  src;

    src = *text;

    for (pad = 0; src.len && src.data[src.len - 1] == '='; pad++) {
        src.len--;
    }

    /*
     * Padding may be left out, but what there is of it has to be right; and
     * as "=" would end the text for nginx's decoder, none may be left.
     */

    if (src.len == 0
        || pad > 2
        || (pad && text->len % 4 != 0)
        || ngx_strlchr(src.data, src.data + src.len, '=') != NULL)
    {
        return NGX_DECLINED;
    }

    secret->data = ngx_pnalloc(pool, ngx_base64_decoded_length(src.len));
    if (secret->data == NULL) {
        return NGX_ERROR;
    }

    return (ngx_decode_base64(secret, &src) == NGX_OK) ? NGX_OK
                                                       : NGX_DECLINED;
}
