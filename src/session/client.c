
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "session/client.h"
#include "verification/policy/limiter.h"


static ngx_int_t ngx_http_phone_verify_client_values(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_client_t *client);


ngx_int_t
ngx_http_phone_verify_client(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s, const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number,
    ngx_http_phone_verify_client_t *client)
{
    ngx_str_t                             id;
    ngx_uint_t                            private;
    const ngx_http_phone_verify_token_t  *token;

    ngx_memzero(client, sizeof(ngx_http_phone_verify_client_t));

    client->address = ngx_http_phone_verify_limiter_address(app,
                                             r->connection->sockaddr, &private);
    client->private = private;

    token = ngx_http_phone_verify_session_pending(s);

    if (token) {
        id.data = (u_char *) token->session;
        id.len = sizeof(token->session);

        client->session = ngx_http_phone_verify_limiter_key(app, "session",
                                                            &id);
    }

    token = ngx_http_phone_verify_session_grant(s);

    client->owner = (token && token->number == number);

    return ngx_http_phone_verify_client_values(r, app, client);
}


static ngx_int_t
ngx_http_phone_verify_client_values(ngx_http_request_t *r,
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_client_t *client)
{
    uint64_t                               *values;
    ngx_str_t                               value;
    ngx_uint_t                              i;
    const ngx_http_phone_verify_limited_t  *limit;

    if (app->nvariables == 0) {
        return NGX_OK;
    }

    values = ngx_pcalloc(r->pool, app->nvariables * sizeof(uint64_t));
    if (values == NULL) {
        return NGX_ERROR;
    }

    limit = app->limits->elts;

    for (i = 0; i < app->limits->nelts; i++) {

        if (limit[i].value == NULL) {
            continue;
        }

        if (ngx_http_complex_value(r, limit[i].value, &value) != NGX_OK) {
            return NGX_ERROR;
        }

        /* an empty value is not counted, as with limit_req */

        if (value.len) {
            values[limit[i].variable] =
                ngx_http_phone_verify_limiter_key(app,
                                        (const char *) limit[i].name.data,
                                        &value);
        }
    }

    client->values = values;

    return NGX_OK;
}
