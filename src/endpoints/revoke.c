
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "endpoints/endpoint.h"
#include "endpoints/input.h"
#include "endpoints/reply.h"
#include "session/answer.h"


/* phone_verify_revoke: log out */


static ngx_int_t ngx_http_phone_verify_revoke_request(
    ngx_http_phone_verify_input_t *in);


ngx_int_t
ngx_http_phone_verify_revoke_handler(ngx_http_request_t *r)
{
    return ngx_http_phone_verify_input(r, NGX_HTTP_POST, 1,
                                       ngx_http_phone_verify_revoke_request);
}


static ngx_int_t
ngx_http_phone_verify_revoke_request(ngx_http_phone_verify_input_t *in)
{
    ngx_int_t  rc;

    rc = ngx_http_phone_verify_session_revoke(in->session);

    if (rc == NGX_BUSY) {

        /* said to be gone and still open would be worse */

        return ngx_http_phone_verify_reply_error(in,
                                     NGX_HTTP_PHONE_VERIFY_BUSY_NOW, 30, NULL);
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_phone_verify_reply_by_page(in)) {
        return ngx_http_phone_verify_reply_return(in);
    }

    return ngx_http_phone_verify_send_json(in->request, NGX_HTTP_NO_CONTENT,
                                           NULL);
}
