
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/conf.h"
#include "gate/accepted.h"
#include "session/verdict.h"
#include "verification/error.h"


static ngx_uint_t ngx_http_phone_verify_gate_has_opened(
    ngx_http_request_t *r, ngx_http_phone_verify_session_t *s);


/*
 * Behind phone_verify_skip, under "satisfy any" or in a subrequest a request
 * may be in that the gate would refuse, and phone_verify_check speaks of it,
 * too.  What is told there is what the gate would have accepted: an application
 * that trusts a number in a header must not see one that is too old for it.
 *
 * Who was let in by the gate stays in, though a body may take its time.
 */

ngx_int_t
ngx_http_phone_verify_accepted_grant(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s,
    const ngx_http_phone_verify_token_t **grant)
{
    ngx_uint_t                               error;
    const ngx_http_phone_verify_demands_t   *demands;
    const ngx_http_phone_verify_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_phone_verify_module);

    *grant = ngx_http_phone_verify_session_grant(s);

    if (*grant == NULL) {
        return NGX_OK;
    }

    if (lcf->check) {
        demands = &lcf->endpoint_demands;

    } else if (!lcf->optional && lcf->endpoint == NULL) {

        if (ngx_http_phone_verify_gate_has_opened(r, s)) {
            return NGX_OK;
        }

        demands = &lcf->demands;

    } else {
        return NGX_OK;
    }

    if (ngx_http_phone_verify_verdict(r, s, demands, &error) != NGX_OK) {
        return NGX_ERROR;
    }

    if (error) {
        *grant = NULL;
    }

    return NGX_OK;
}


/* In a subrequest "number=" may be another one than the gate has seen. */

static ngx_uint_t
ngx_http_phone_verify_gate_has_opened(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s)
{
    const ngx_http_phone_verify_loc_conf_t  *lcf, *gate;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_phone_verify_module);

    return ngx_http_phone_verify_session_gate_said(s, &gate) == NGX_OK
           && gate == lcf
           && (r == r->main || lcf->demands.number == NULL);
}
