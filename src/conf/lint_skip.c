
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/lint.h"


static ngx_uint_t ngx_http_phone_verify_lint_writable(u_char *p,
    u_char *last);


/* The directive that is being parsed: values that a client may write. */

void
ngx_http_phone_verify_lint_skip(ngx_conf_t *cf)
{
    u_char      *p, *last;
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        last = value[i].data + value[i].len;

        for (p = value[i].data; p < last; p++) {

            if (*p == '$' && ngx_http_phone_verify_lint_writable(p + 1, last))
            {
                ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                                   "any client can write \"%V\", and so skip "
                                   "the gate", &value[i]);
                break;
            }
        }
    }
}


/* Whether the variable whose name begins at p is one of a request's words. */

static ngx_uint_t
ngx_http_phone_verify_lint_writable(u_char *p, u_char *last)
{
    u_char      *name;
    size_t       len;
    ngx_uint_t   i;

    static const ngx_str_t  prefixes[] = {
        ngx_string("http_"),
        ngx_string("arg_"),
        ngx_string("cookie_")
    };

    static const ngx_str_t  names[] = {
        ngx_string("args"),
        ngx_string("query_string"),
        ngx_string("is_args"),
        ngx_string("content_length"),
        ngx_string("content_type"),
        ngx_string("host"),
        ngx_string("remote_user"),
        ngx_string("request"),
        ngx_string("request_body"),
        ngx_string("request_filename"),
        ngx_string("request_method"),
        ngx_string("request_uri"),
        ngx_string("server_protocol"),
        ngx_string("ssl_server_name"),
        ngx_string("uri"),
        ngx_string("document_uri")
    };

    if (p < last && *p == '{') {
        p++;
    }

    name = p;

    while (p < last
           && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')
               || (*p >= '0' && *p <= '9') || *p == '_'))
    {
        p++;
    }

    len = p - name;

    for (i = 0; i < sizeof(prefixes) / sizeof(ngx_str_t); i++) {
        if (len > prefixes[i].len
            && ngx_strncasecmp(name, prefixes[i].data, prefixes[i].len) == 0)
        {
            return 1;
        }
    }

    for (i = 0; i < sizeof(names) / sizeof(ngx_str_t); i++) {
        if (len == names[i].len
            && ngx_strncasecmp(name, names[i].data, len) == 0)
        {
            return 1;
        }
    }

    return 0;
}
