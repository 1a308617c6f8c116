
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/words.h"


static ngx_uint_t ngx_http_phone_verify_word_find(const ngx_str_t *words,
    ngx_uint_t n, ngx_str_t *name);
static void ngx_http_phone_verify_word_unquote(ngx_str_t *word);


const ngx_http_phone_verify_method_t  ngx_http_phone_verify_methods[] = {

    { ngx_string("sms"), ngx_string("smsOptions"), ngx_string("sms"),
      ngx_string("code"), 1 },

    { ngx_string("flashcall"), ngx_string("flashCallOptions"),
      ngx_string("flashCall"), ngx_string("cli"), 0 },

    { ngx_string("callout"), ngx_string("calloutOptions"),
      ngx_string("callout"), ngx_string("code"), 1 },

    { ngx_string("seamless"), ngx_null_string, ngx_string("seamless"),
      ngx_null_string, 0 },

    { ngx_string("whatsapp"), ngx_string("whatsappOptions"),
      ngx_string("whatsapp"), ngx_string("code"), 0 }
};


/* indexed by ngx_http_phone_verify_status_e */

static const ngx_str_t  ngx_http_phone_verify_statuses[] = {
    ngx_string("NONE"),
    ngx_string("PENDING"),
    ngx_string("SUCCESSFUL"),
    ngx_string("FAIL"),
    ngx_string("DENIED"),
    ngx_string("ABORTED"),
    ngx_string("ERROR"),
    ngx_string("UNKNOWN")
};


/* indexed by ngx_http_phone_verify_reason_e */

static const ngx_str_t  ngx_http_phone_verify_reasons[] = {
    ngx_null_string,
    ngx_string("Fraud"),
    ngx_string("Not enough credit"),
    ngx_string("Blocked"),
    ngx_string("Denied by callback"),
    ngx_string("Invalid callback"),
    ngx_string("Internal error"),
    ngx_string("Destination denied"),
    ngx_string("Network error or number unreachable"),
    ngx_string("Failed pending"),
    ngx_string("SMS delivery failure"),
    ngx_string("Invalid CLI"),
    ngx_string("Invalid code"),
    ngx_string("Expired"),
    ngx_string("Hung up without entering valid code"),
    ngx_string("Other")
};


ngx_uint_t
ngx_http_phone_verify_method(ngx_str_t *name)
{
    ngx_uint_t        i;
    const ngx_str_t  *word;

    for (i = 0; i < NGX_HTTP_PHONE_VERIFY_METHODS; i++) {
        word = &ngx_http_phone_verify_methods[i].name;

        if (word->len == name->len
            && ngx_strncasecmp(word->data, name->data, name->len) == 0)
        {
            return i;
        }
    }

    return NGX_HTTP_PHONE_VERIFY_NO_METHOD;
}


ngx_uint_t
ngx_http_phone_verify_status(ngx_str_t *name)
{
    ngx_uint_t  i;

    /* NONE is a word of ours, which Sinch cannot say */

    i = ngx_http_phone_verify_word_find(ngx_http_phone_verify_statuses,
                                        NGX_HTTP_PHONE_VERIFY_UNKNOWN, name);

    return (i == NGX_HTTP_PHONE_VERIFY_NONE) ? NGX_HTTP_PHONE_VERIFY_UNKNOWN
                                             : i;
}


ngx_uint_t
ngx_http_phone_verify_reason(ngx_str_t *name)
{
    return ngx_http_phone_verify_word_find(ngx_http_phone_verify_reasons,
                                           NGX_HTTP_PHONE_VERIFY_REASON_OTHER,
                                           name);
}


const ngx_str_t *
ngx_http_phone_verify_status_name(ngx_uint_t status)
{
    if (status > NGX_HTTP_PHONE_VERIFY_UNKNOWN) {
        status = NGX_HTTP_PHONE_VERIFY_NONE;
    }

    return &ngx_http_phone_verify_statuses[status];
}


const ngx_str_t *
ngx_http_phone_verify_reason_name(ngx_uint_t reason)
{
    if (reason > NGX_HTTP_PHONE_VERIFY_REASON_OTHER) {
        reason = NGX_HTTP_PHONE_VERIFY_REASON_NONE;
    }

    return &ngx_http_phone_verify_reasons[reason];
}


/* The index of "name" among the n words, or n. */

static ngx_uint_t
ngx_http_phone_verify_word_find(const ngx_str_t *words, ngx_uint_t n,
    ngx_str_t *name)
{
    ngx_str_t   word;
    ngx_uint_t  i;

    word = *name;

    ngx_http_phone_verify_word_unquote(&word);

    for (i = 0; i < n; i++) {
        if (words[i].len == word.len
            && (word.len == 0
                || ngx_memcmp(words[i].data, word.data, word.len) == 0))
        {
            break;
        }
    }

    return i;
}


/*
 * One of the provider's documents prints a reason between typographic quotes,
 * as part of the value.
 */

static void
ngx_http_phone_verify_word_unquote(ngx_str_t *word)
{
    if (word->len < 6
        || ngx_memcmp(word->data, "\xe2\x80\x9c", 3) != 0
        || ngx_memcmp(word->data + word->len - 3, "\xe2\x80\x9d", 3) != 0)
    {
        return;
    }

    word->data += 3;
    word->len -= 6;
}
