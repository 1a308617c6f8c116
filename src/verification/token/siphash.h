
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_SIPHASH_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_SIPHASH_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * SipHash-1-3 of a single word, as a number is: who does not know the secret
 * can neither tell the number nor choose numbers of the same hash.
 */

uint64_t ngx_http_phone_verify_siphash(const uint64_t *secret, uint64_t word);

/* The same of any bytes: that of a word is that of its bytes, lowest first. */

uint64_t ngx_http_phone_verify_siphash_bytes(const uint64_t *secret,
    const u_char *p, size_t len);


#endif /* _NGX_HTTP_PHONE_VERIFY_SIPHASH_H_INCLUDED_ */
