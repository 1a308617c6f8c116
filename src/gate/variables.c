
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/conf.h"
#include "gate/accepted.h"
#include "gate/gate.h"
#include "session/answer.h"
#include "session/session.h"
#include "verification/error.h"
#include "verification/number/numbering.h"


/*
 * $phone_verify_*: lazy, valid in any phase, and reading one consumes
 * nothing.
 *
 * They are not cacheable, since subrequests and internal redirects share the
 * array of variables and may be of another app.  But what they tell is frozen
 * in the session (per request and app): a value that changed between the two
 * passes of a complex value would be written past its length.
 */


typedef struct {
    const ngx_http_phone_verify_token_t  *accepted;
    const ngx_http_phone_verify_token_t  *grant;
    const ngx_http_phone_verify_token_t  *pending;
    const ngx_http_phone_verify_token_t  *lapsed;
    const ngx_http_phone_verify_view_t   *view;
} ngx_http_phone_verify_facts_t;


typedef enum {
    NGX_HTTP_PHONE_VERIFY_VAR_STATUS = 0,
    NGX_HTTP_PHONE_VERIFY_VAR_NUMBER,
    NGX_HTTP_PHONE_VERIFY_VAR_MASKED,
    NGX_HTTP_PHONE_VERIFY_VAR_METHOD,
    NGX_HTTP_PHONE_VERIFY_VAR_REASON,
    NGX_HTTP_PHONE_VERIFY_VAR_ID,
    NGX_HTTP_PHONE_VERIFY_VAR_AGE,
    NGX_HTTP_PHONE_VERIFY_VAR_COUNTRY,
    NGX_HTTP_PHONE_VERIFY_VAR_ATTEMPTS_LEFT,
    NGX_HTTP_PHONE_VERIFY_VAR_RESEND_IN,
    NGX_HTTP_PHONE_VERIFY_VAR_DELIVERED
} ngx_http_phone_verify_variable_e;


static ngx_int_t ngx_http_phone_verify_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_phone_verify_variable_target(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_phone_verify_variable_methods(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_phone_verify_variable_error(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_phone_verify_variable_return(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


static ngx_http_variable_t  ngx_http_phone_verify_vars[] = {

    { ngx_string("phone_verify_status"), NULL,
      ngx_http_phone_verify_variable,
      NGX_HTTP_PHONE_VERIFY_VAR_STATUS, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("phone_verify_number"), NULL,
      ngx_http_phone_verify_variable,
      NGX_HTTP_PHONE_VERIFY_VAR_NUMBER, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("phone_verify_number_masked"), NULL,
      ngx_http_phone_verify_variable,
      NGX_HTTP_PHONE_VERIFY_VAR_MASKED, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("phone_verify_method"), NULL,
      ngx_http_phone_verify_variable,
      NGX_HTTP_PHONE_VERIFY_VAR_METHOD, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("phone_verify_reason"), NULL,
      ngx_http_phone_verify_variable,
      NGX_HTTP_PHONE_VERIFY_VAR_REASON, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("phone_verify_id"), NULL,
      ngx_http_phone_verify_variable,
      NGX_HTTP_PHONE_VERIFY_VAR_ID, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("phone_verify_age"), NULL,
      ngx_http_phone_verify_variable,
      NGX_HTTP_PHONE_VERIFY_VAR_AGE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("phone_verify_country"), NULL,
      ngx_http_phone_verify_variable,
      NGX_HTTP_PHONE_VERIFY_VAR_COUNTRY, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("phone_verify_attempts_left"), NULL,
      ngx_http_phone_verify_variable,
      NGX_HTTP_PHONE_VERIFY_VAR_ATTEMPTS_LEFT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("phone_verify_resend_in"), NULL,
      ngx_http_phone_verify_variable,
      NGX_HTTP_PHONE_VERIFY_VAR_RESEND_IN, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("phone_verify_delivered"), NULL,
      ngx_http_phone_verify_variable,
      NGX_HTTP_PHONE_VERIFY_VAR_DELIVERED, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("phone_verify_target"), NULL,
      ngx_http_phone_verify_variable_target,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("phone_verify_methods"), NULL,
      ngx_http_phone_verify_variable_methods,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("phone_verify_error"), NULL,
      ngx_http_phone_verify_variable_error,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("phone_verify_return"), NULL,
      ngx_http_phone_verify_variable_return,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_phone_verify_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_phone_verify_vars; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


/*
 * On the page ("optional") and at the endpoints it is the pending session that
 * people want to hear of, for a step-up has an old grant beside it; behind a
 * gate it is the grant that let them in.  So only one of both is set.
 */

static ngx_int_t
ngx_http_phone_verify_facts(ngx_http_request_t *r,
    ngx_http_phone_verify_facts_t *facts)
{
    ngx_http_phone_verify_app_t             *app;
    ngx_http_phone_verify_session_t         *s;
    const ngx_http_phone_verify_loc_conf_t  *lcf;

    ngx_memzero(facts, sizeof(ngx_http_phone_verify_facts_t));

    app = ngx_http_phone_verify_location_app(r);
    if (app == NULL) {
        return NGX_DECLINED;
    }

    s = ngx_http_phone_verify_session(r, app);
    if (s == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_phone_verify_accepted_grant(r, s, &facts->accepted)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_phone_verify_module);

    if (lcf->check || (!lcf->optional && lcf->endpoint == NULL)) {
        facts->grant = facts->accepted;

        if (facts->grant) {
            return NGX_OK;
        }
    }

    facts->pending = ngx_http_phone_verify_session_pending(s);
    facts->view = ngx_http_phone_verify_session_view(s);

    /* what was given away or ended by its visitor is nothing to speak of */

    if (facts->view && facts->view->status == NGX_HTTP_PHONE_VERIFY_NONE) {
        facts->pending = NULL;
        facts->view = NULL;
    }

    if (facts->pending == NULL) {
        facts->grant = facts->accepted;
        facts->lapsed = ngx_http_phone_verify_session_lapsed(s);

        /* a step-up that came to nothing is later than the grant beside it */

        if (facts->grant && facts->lapsed) {

            if (facts->lapsed->issued > facts->grant->issued) {
                facts->grant = NULL;

            } else {
                facts->lapsed = NULL;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_phone_verify_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                               *p, *start;
    ngx_int_t                             rc;
    ngx_uint_t                            status;
    const ngx_str_t                      *name;
    ngx_http_phone_verify_facts_t         facts;
    ngx_http_phone_verify_numbering_t     numbering;
    const ngx_http_phone_verify_token_t  *grant, *token;

    rc = ngx_http_phone_verify_facts(r, &facts);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        v->not_found = 1;
        return NGX_OK;
    }

    start = ngx_pnalloc(r->pool, 64);
    if (start == NULL) {
        return NGX_ERROR;
    }

    p = start;
    token = facts.pending ? facts.pending : facts.grant;

    if (token == NULL) {
        token = facts.lapsed;
    }

    switch (data) {

    case NGX_HTTP_PHONE_VERIFY_VAR_STATUS:

        if (facts.view) {
            status = facts.view->status;

        } else if (facts.pending) {
            status = NGX_HTTP_PHONE_VERIFY_PENDING;

        } else if (facts.grant) {
            status = NGX_HTTP_PHONE_VERIFY_SUCCESSFUL;

        } else {
            status = facts.lapsed ? NGX_HTTP_PHONE_VERIFY_FAIL
                                  : NGX_HTTP_PHONE_VERIFY_NONE;
        }

        name = ngx_http_phone_verify_status_name(status);
        p = ngx_cpymem(p, name->data, name->len);
        break;

    case NGX_HTTP_PHONE_VERIFY_VAR_REASON:

        if (facts.view) {
            name = ngx_http_phone_verify_reason_name(facts.view->reason);
            p = ngx_cpymem(p, name->data, name->len);

        } else if (facts.lapsed) {
            name = ngx_http_phone_verify_reason_name(
                                         NGX_HTTP_PHONE_VERIFY_REASON_EXPIRED);
            p = ngx_cpymem(p, name->data, name->len);
        }

        break;

    case NGX_HTTP_PHONE_VERIFY_VAR_METHOD:

        if (token) {
            name = &ngx_http_phone_verify_methods[facts.view
                                                  ? facts.view->method
                                                  : token->method].name;
            p = ngx_cpymem(p, name->data, name->len);
        }

        break;

    case NGX_HTTP_PHONE_VERIFY_VAR_MASKED:

        if (token) {
            p = ngx_http_phone_verify_number_mask(p, token->number);
        }

        break;

    case NGX_HTTP_PHONE_VERIFY_VAR_ID:

        if (token) {
            p = ngx_hex_dump(p, (u_char *) token->session,
                             NGX_HTTP_PHONE_VERIFY_SESSION_LEN);
        }

        break;

    case NGX_HTTP_PHONE_VERIFY_VAR_ATTEMPTS_LEFT:

        if (facts.view && !facts.view->attempts_off) {
            p = ngx_sprintf(p, "%ui", facts.view->attempts_left);
        }

        break;

    case NGX_HTTP_PHONE_VERIFY_VAR_RESEND_IN:

        if (facts.view) {
            p = ngx_sprintf(p, "%ui", facts.view->resend_in);
        }

        break;

    case NGX_HTTP_PHONE_VERIFY_VAR_DELIVERED:

        if (facts.view && facts.view->delivered) {
            *p++ = '1';
        }

        break;

    default:    /* of a verified number alone, whatever is pending beside it */

        grant = facts.accepted;
        if (grant == NULL) {
            break;
        }

        if (data == NGX_HTTP_PHONE_VERIFY_VAR_NUMBER) {
            p = ngx_http_phone_verify_number_write(p, grant->number);

        } else if (data == NGX_HTTP_PHONE_VERIFY_VAR_AGE) {
            p = ngx_sprintf(p, "%T", ngx_max(r->start_sec - grant->issued, 0));

        } else {
            ngx_http_phone_verify_numbering(grant->number, &numbering);
            p = ngx_cpymem(p, numbering.country, 2);
        }
    }

    if (p == start) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->len = p - start;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->data = start;

    return NGX_OK;
}


/* Where a handset goes that is verified seamlessly: for a link on the page. */

static ngx_int_t
ngx_http_phone_verify_variable_target(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_int_t                       rc;
    ngx_http_phone_verify_facts_t   facts;

    rc = ngx_http_phone_verify_facts(r, &facts);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED
        || facts.pending == NULL
        || facts.pending->target_len == 0
        || (facts.view
            && (facts.view->status != NGX_HTTP_PHONE_VERIFY_PENDING
                || facts.view->method != facts.pending->method)))
    {
        v->not_found = 1;
        return NGX_OK;
    }

    v->len = facts.pending->target_len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->data = (u_char *) facts.pending->target;

    return NGX_OK;
}


/* The app's, in its order: what a page may offer. */

static ngx_int_t
ngx_http_phone_verify_variable_methods(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                       *p;
    ngx_uint_t                    i;
    const ngx_str_t              *name;
    ngx_http_phone_verify_app_t  *app;

    app = ngx_http_phone_verify_location_app(r);
    if (app == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, 64);
    if (p == NULL) {
        return NGX_ERROR;
    }

    v->data = p;

    for (i = 0; i < app->nmethods; i++) {
        name = &ngx_http_phone_verify_methods[app->methods[i]].name;

        if (i) {
            *p++ = ' ';
        }

        p = ngx_cpymem(p, name->data, name->len);
    }

    v->len = p - v->data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


/*
 * The page's arguments are those of the main request: what a page includes is
 * a subrequest, and has none.
 */

static ngx_int_t
ngx_http_phone_verify_variable_error(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t  value;

    if (ngx_http_arg(r->main, (u_char *) "error", 5, &value) != NGX_OK
        || ngx_http_phone_verify_error(&value) == NGX_HTTP_PHONE_VERIFY_OK)
    {
        v->not_found = 1;
        return NGX_OK;
    }

    v->len = value.len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->data = value.data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_phone_verify_variable_return(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char     *dst, *src;
    ngx_str_t   value, path;

    ngx_str_set(&path, "/");

    if (ngx_http_arg(r->main, (u_char *) "return", 6, &value) == NGX_OK
        && value.len)
    {
        dst = ngx_pnalloc(r->pool, value.len);
        if (dst == NULL) {
            return NGX_ERROR;
        }

        src = value.data;
        value.data = dst;

        ngx_unescape_uri(&dst, &src, value.len, 0);

        value.len = dst - value.data;

        if (ngx_http_phone_verify_return_valid(&value)) {
            path = value;
        }
    }

    v->len = path.len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->data = path.data;

    return NGX_OK;
}
