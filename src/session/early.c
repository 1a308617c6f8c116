
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "session/answer.h"
#include "session/early.h"


ngx_uint_t
ngx_http_phone_verify_is_prefetch(ngx_http_request_t *r)
{
    ngx_str_t   *value;
    ngx_uint_t   i;

    static const ngx_str_t  names[] = {
        ngx_string("sec-purpose"),
        ngx_string("purpose"),
        ngx_string("x-purpose"),
        ngx_string("x-moz")
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        value = ngx_http_phone_verify_request_header(r,
                                                     (char *) names[i].data,
                                                     names[i].len);

        /* "prefetch", "prefetch;prerender", "prefetch;anonymous-client-ip" */

        if (value && value->len >= sizeof("prefetch") - 1
            && ngx_strncasecmp(value->data, (u_char *) "prefetch",
                               sizeof("prefetch") - 1)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_http_phone_verify_is_early_data(ngx_http_request_t *r)
{
    ngx_str_t                  *value;
    ngx_uint_t                  key;
    ngx_http_variable_value_t  *vv;

    static ngx_str_t  name = ngx_string("ssl_early_data");

    value = ngx_http_phone_verify_request_header(r, "early-data",
                                                 sizeof("early-data") - 1);

    if (value && value->len == 1 && value->data[0] == '1') {
        return 1;
    }

    /* by name: this nginx may have been built without TLS */

    key = ngx_hash_key(name.data, name.len);

    vv = ngx_http_get_variable(r, &name, key);

    return vv && !vv->not_found && vv->len == 1 && vv->data[0] == '1';
}
