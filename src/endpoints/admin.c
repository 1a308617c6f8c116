
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "endpoints/admin_reset.h"
#include "endpoints/endpoint.h"
#include "endpoints/input.h"
#include "endpoints/overview.h"
#include "session/answer.h"
#include "session/origin.h"
#include "verification/policy/rule.h"
#include "verification/revoke.h"


/*
 * phone_verify_admin: how an app is doing, and what its operator can do about
 * it.  To be guarded with "allow", a password, or a socket of this machine.
 */


typedef struct {
    ngx_str_t    name;
    ngx_int_t  (*act)(ngx_http_phone_verify_input_t *in);
} ngx_http_phone_verify_admin_action_t;


static ngx_int_t ngx_http_phone_verify_admin_request(
    ngx_http_phone_verify_input_t *in);
static ngx_int_t ngx_http_phone_verify_admin_revoke(
    ngx_http_phone_verify_input_t *in);
static ngx_int_t ngx_http_phone_verify_admin_revoke_session(
    ngx_http_phone_verify_input_t *in);
static ngx_int_t ngx_http_phone_verify_admin_revoke_number(
    ngx_http_phone_verify_input_t *in);
static ngx_int_t ngx_http_phone_verify_admin_revoke_all(
    ngx_http_phone_verify_input_t *in);


/* Return NGX_OK; NGX_DECLINED: it makes no sense; NGX_BUSY: not now. */

static const ngx_http_phone_verify_admin_action_t
    ngx_http_phone_verify_admin_actions[] =
{
    { ngx_string("revoke"), ngx_http_phone_verify_admin_revoke },
    { ngx_string("revoke_all"), ngx_http_phone_verify_admin_revoke_all },
    { ngx_string("reset_limits"), ngx_http_phone_verify_admin_reset_limits },
    { ngx_string("reset_breaker"), ngx_http_phone_verify_admin_reset_breaker },
    { ngx_string("reset_outage"), ngx_http_phone_verify_admin_reset_outage },
    { ngx_string("reset_budgets"), ngx_http_phone_verify_admin_reset_budgets },
    { ngx_null_string, NULL }
};


ngx_int_t
ngx_http_phone_verify_admin_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;
    ngx_str_t  body;

    if (r != r->main) {
        return NGX_HTTP_FORBIDDEN;
    }

    /*
     * NULL: the origins that visitors may come from are no operators, and a
     * dry run is for visitors.
     */

    if (ngx_http_phone_verify_cross_site(r, NULL)) {
        ngx_http_phone_verify_rule_refused(
                                       ngx_http_phone_verify_location_app(r),
                                       NGX_HTTP_PHONE_VERIFY_RULE_ORIGIN, 0, 0,
                                       "an operator's request",
                                       r->connection->log);

        return ngx_http_phone_verify_send_problem(r,
                                    NGX_HTTP_PHONE_VERIFY_CROSS_SITE, 0, NULL);
    }

    if (r->method == NGX_HTTP_POST) {
        return ngx_http_phone_verify_input(r, NGX_HTTP_POST, 0,
                                          ngx_http_phone_verify_admin_request);
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_phone_verify_not_allowed(r,
                                    NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_POST);
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_phone_verify_overview(r->pool,
                                       ngx_http_phone_verify_location_app(r),
                                       &body)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_phone_verify_send_json(r, NGX_HTTP_OK, &body);
}


static ngx_int_t
ngx_http_phone_verify_admin_request(ngx_http_phone_verify_input_t *in)
{
    ngx_int_t                                    rc;
    ngx_str_t                                   *name;
    const ngx_http_phone_verify_admin_action_t  *action;

    name = &in->fields.action;
    rc = NGX_DECLINED;

    for (action = ngx_http_phone_verify_admin_actions; action->act; action++) {

        if (name->len == action->name.len
            && ngx_strncmp(name->data, action->name.data, name->len) == 0)
        {
            rc = action->act(in);
            break;
        }
    }

    switch (rc) {

    case NGX_OK:
        return ngx_http_phone_verify_send_json(in->request,
                                               NGX_HTTP_NO_CONTENT, NULL);

    case NGX_BUSY:
        return ngx_http_phone_verify_send_problem(in->request,
                                     NGX_HTTP_PHONE_VERIFY_BUSY_NOW, 30, NULL);

    case NGX_DECLINED:
        return ngx_http_phone_verify_send_problem(in->request,
                               NGX_HTTP_PHONE_VERIFY_INVALID_REQUEST, 0, NULL);

    default:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}


/* Exactly one of those that say whose. */

static ngx_int_t
ngx_http_phone_verify_admin_revoke(ngx_http_phone_verify_input_t *in)
{
    if (in->fields.session.data && in->fields.number.data) {
        return NGX_DECLINED;
    }

    return in->fields.number.data
           ? ngx_http_phone_verify_admin_revoke_number(in)
           : ngx_http_phone_verify_admin_revoke_session(in);
}


/* By its id as $phone_verify_id has it. */

static ngx_int_t
ngx_http_phone_verify_admin_revoke_session(ngx_http_phone_verify_input_t *in)
{
    u_char       id[NGX_HTTP_PHONE_VERIFY_SESSION_LEN];
    ngx_int_t    byte;
    ngx_str_t   *text;
    ngx_uint_t   i;

    text = &in->fields.session;

    if (text->len != 2 * sizeof(id)) {
        return NGX_DECLINED;
    }

    for (i = 0; i < sizeof(id); i++) {
        byte = ngx_hextoi(text->data + 2 * i, 2);

        if (byte == NGX_ERROR) {
            return NGX_DECLINED;
        }

        id[i] = (u_char) byte;
    }

    /* nobody knows when it was given out, and under which "session_ttl" */

    if (ngx_http_phone_verify_revoke_session(in->app, id, 0) != NGX_OK) {
        return NGX_BUSY;
    }

    ngx_log_error(NGX_LOG_NOTICE, in->request->connection->log, 0,
                  "phone_verify: app \"%V\", session \"%V\" is revoked by an "
                  "operator", &in->app->name, text);

    return NGX_OK;
}


static ngx_int_t
ngx_http_phone_verify_admin_revoke_number(ngx_http_phone_verify_input_t *in)
{
    size_t                          len;
    u_char                          text[NGX_HTTP_PHONE_VERIFY_NUMBER_LEN];
    ngx_http_phone_verify_number_t  number;

    number = ngx_http_phone_verify_number_parse(&in->fields.number);

    if (number == 0) {
        return NGX_DECLINED;
    }

    if (ngx_http_phone_verify_revoke_number(in->app, number) != NGX_OK) {
        return NGX_BUSY;
    }

    len = ngx_http_phone_verify_number_mask(text, number) - text;

    ngx_log_error(NGX_LOG_NOTICE, in->request->connection->log, 0,
                  "phone_verify: app \"%V\", all sessions of number %*s are "
                  "revoked by an operator", &in->app->name, len, text);

    return NGX_OK;
}


static ngx_int_t
ngx_http_phone_verify_admin_revoke_all(ngx_http_phone_verify_input_t *in)
{
    /* more was meant than all, or less */

    if (in->fields.session.data || in->fields.number.data) {
        return NGX_DECLINED;
    }

    if (ngx_http_phone_verify_revoke_all(in->app) != NGX_OK) {
        return NGX_BUSY;
    }

    ngx_log_error(NGX_LOG_NOTICE, in->request->connection->log, 0,
                  "phone_verify: app \"%V\", all sessions are revoked by an "
                  "operator", &in->app->name);

    return NGX_OK;
}
