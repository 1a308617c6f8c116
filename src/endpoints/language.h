
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_LANGUAGE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_LANGUAGE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * The language that a client likes best, by its Accept-Language: one tag, of
 * those with the highest weight the first (RFC 9110, section 12.5.4).  What is
 * no tag is passed over, "*" as well.  Empty: it names none.
 */

void ngx_http_phone_verify_language(ngx_http_request_t *r,
    ngx_str_t *language);


#endif /* _NGX_HTTP_PHONE_VERIFY_LANGUAGE_H_INCLUDED_ */
