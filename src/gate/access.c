
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/conf.h"
#include "gate/gate.h"
#include "session/answer.h"
#include "session/early.h"
#include "session/origin.h"
#include "session/session.h"
#include "session/verdict.h"
#include "verification/store/meter.h"


static ngx_int_t ngx_http_phone_verify_refuse(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s, ngx_uint_t error);
static ngx_int_t ngx_http_phone_verify_lead_to_page(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s, ngx_http_complex_value_t *cv,
    ngx_uint_t error);
static ngx_uint_t ngx_http_phone_verify_has_error_page(ngx_http_request_t *r,
    ngx_uint_t status);


ngx_int_t
ngx_http_phone_verify_access_handler(ngx_http_request_t *r)
{
    ngx_int_t                                rc;
    ngx_uint_t                               error;
    ngx_http_phone_verify_session_t         *s;
    const ngx_http_phone_verify_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_phone_verify_module);

    if (lcf->gate == NULL || lcf->optional) {
        return NGX_DECLINED;
    }

    /* visitors come to the endpoints in order to be verified */

    if (ngx_http_phone_verify_is_endpoint(r)) {
        return NGX_DECLINED;
    }

    s = ngx_http_phone_verify_session(r, lcf->gate);
    if (s == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_phone_verify_verdict(r, s, &lcf->demands, &error) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (error) {

        /* a verification that Sinch told us of may wait for its session */

        rc = ngx_http_phone_verify_session_claim(s);

        if (rc == NGX_ERROR) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if (rc == NGX_OK
            && ngx_http_phone_verify_verdict(r, s, &lcf->demands, &error)
               != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    ngx_http_phone_verify_session_gate_says(s, lcf,
                                           error == NGX_HTTP_PHONE_VERIFY_OK);

    if (error == NGX_HTTP_PHONE_VERIFY_OK) {
        return NGX_OK;
    }

    rc = ngx_http_test_predicates(r, lcf->skip);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_DECLINED) {

        /* as if no gate were here: under "satisfy any" it is no proof */

        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "phone_verify: the gate is skipped");

        ngx_http_phone_verify_meter_count(lcf->gate->zone,
                                          NGX_HTTP_PHONE_VERIFY_METER_SKIPPED);

        return NGX_DECLINED;
    }

    return ngx_http_phone_verify_refuse(r, s, error);
}


static ngx_int_t
ngx_http_phone_verify_refuse(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s, ngx_uint_t error)
{
    ngx_int_t                                rc;
    ngx_uint_t                               any, said, status;
    ngx_http_core_loc_conf_t                *clcf;
    const ngx_http_phone_verify_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_phone_verify_module);

    status = ngx_http_phone_verify_errors[error].status;

    ngx_http_phone_verify_verdict_log(r, &lcf->demands, error);

    ngx_http_phone_verify_meter_count(lcf->gate->zone,
                                      NGX_HTTP_PHONE_VERIFY_METER_CLOSED
                                      + error);

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    any = (clcf->satisfy == NGX_HTTP_SATISFY_ANY);

    /* of several refusals nginx answers with a 401 */

    said = any && r->access_code == NGX_HTTP_UNAUTHORIZED
           ? NGX_HTTP_UNAUTHORIZED : status;

    /*
     * Where there is an "error_page" for it, the operator's answer is wanted.
     * It may well be a file with "=200", which a browser that may keep it
     * would show again to a visitor who has proved a number meanwhile.
     */

    if (ngx_http_phone_verify_has_error_page(r, said)) {
        return ngx_http_phone_verify_no_store(r) == NGX_OK
               ? (ngx_int_t) status : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* under "satisfy any" the other access modules must get their say */

    if (any) {
        return status;
    }

    /* a browser drops what it was refused ahead, and asks in earnest */

    if (status == NGX_HTTP_UNAUTHORIZED && lcf->page
        && ngx_http_phone_verify_is_navigation(r)
        && !ngx_http_phone_verify_is_prefetch(r))
    {
        rc = ngx_http_phone_verify_lead_to_page(r, s, lcf->page, error);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    if (ngx_http_phone_verify_cors(r, lcf->gate) == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* what a sender returns is no verdict: 0 would open the gate */

    ngx_http_finalize_request(r, ngx_http_phone_verify_send_refusal(r, error));
    return NGX_DONE;
}


/* NGX_DECLINED: the value of "phone_verify_page" is empty. */

static ngx_int_t
ngx_http_phone_verify_lead_to_page(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s, ngx_http_complex_value_t *cv,
    ngx_uint_t error)
{
    ngx_str_t  page;

    if (ngx_http_complex_value(r, cv, &page) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* a map may have no page for all */

    if (page.len == 0) {
        return NGX_DECLINED;
    }

    /* a first visit is not an error to tell people of */

    if (error == NGX_HTTP_PHONE_VERIFY_VERIFICATION_REQUIRED
        && ngx_http_phone_verify_session_grant(s) == NULL)
    {
        error = NGX_HTTP_PHONE_VERIFY_OK;
    }

    ngx_http_finalize_request(r, ngx_http_phone_verify_send_to_page(r, &page,
                                                    error, &r->unparsed_uri));
    return NGX_DONE;
}


static ngx_uint_t
ngx_http_phone_verify_has_error_page(ngx_http_request_t *r, ngx_uint_t status)
{
    ngx_uint_t                 i;
    ngx_http_err_page_t       *page;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->error_pages == NULL || r->error_page) {
        return 0;
    }

    page = clcf->error_pages->elts;

    for (i = 0; i < clcf->error_pages->nelts; i++) {
        if (page[i].status == (ngx_int_t) status) {
            return 1;
        }
    }

    return 0;
}
