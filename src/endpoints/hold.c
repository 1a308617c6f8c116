
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "endpoints/gone.h"
#include "endpoints/hold.h"


struct ngx_http_phone_verify_hold_s {
    ngx_http_phone_verify_input_t      *input;
    ngx_http_phone_verify_hold_pt       handler;
    ngx_http_phone_verify_operation_t  *operation;    /* NULL: cut */
};


static void ngx_http_phone_verify_hold_cleanup(void *data);


ngx_http_phone_verify_hold_t *
ngx_http_phone_verify_hold(ngx_http_phone_verify_input_t *in,
    ngx_http_phone_verify_hold_pt handler)
{
    ngx_http_cleanup_t            *cln;
    ngx_http_phone_verify_hold_t  *hold;

    hold = ngx_palloc(in->request->pool, sizeof(ngx_http_phone_verify_hold_t));
    if (hold == NULL) {
        return NULL;
    }

    hold->input = in;
    hold->handler = handler;
    hold->operation = NULL;

    cln = ngx_http_cleanup_add(in->request, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_phone_verify_hold_cleanup;
    cln->data = hold;

    return hold;
}


ngx_int_t
ngx_http_phone_verify_hold_for(ngx_http_phone_verify_hold_t *hold,
    ngx_http_phone_verify_operation_t *op)
{
    ngx_http_request_t  *r;

    if (op == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r = hold->input->request;

    hold->operation = op;

    if (ngx_http_phone_verify_notice_gone(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->connection->log->action = "verifying a phone number";

    return NGX_DONE;
}


void
ngx_http_phone_verify_hold_outcome(void *data,
    ngx_http_phone_verify_outcome_t *outcome)
{
    ngx_http_phone_verify_hold_t *hold = data;

    ngx_int_t            rc;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    hold->operation = NULL;

    r = hold->input->request;
    c = r->connection;

    r->read_event_handler = ngx_http_block_reading;

    c->log->action = "sending to client";

    /* what was known of the session was known before the operation */

    ngx_http_phone_verify_session_refresh(hold->input->session);

    rc = hold->handler(hold->input, outcome);

    ngx_http_finalize_request(r, rc);

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_phone_verify_hold_cleanup(void *data)
{
    ngx_http_phone_verify_hold_t *hold = data;

    if (hold->operation) {
        ngx_http_phone_verify_detach(hold->operation);
        hold->operation = NULL;
    }
}
