
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/conf.h"
#include "gate/accepted.h"
#include "gate/gate.h"
#include "session/verdict.h"
#include "verification/error.h"


static ngx_uint_t ngx_http_phone_verify_gate_not_closed(
    ngx_http_request_t *r, ngx_http_phone_verify_session_t *s);
static ngx_uint_t ngx_http_phone_verify_gate_ahead(ngx_http_request_t *r);


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

        if (ngx_http_phone_verify_gate_not_closed(r, s)) {
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


/*
 * The gate here has opened, or it has yet to speak, and nobody comes by it with
 * what it refuses: "number=" may have no value before the access phase, and who
 * is counted by his number must be counted all the same.
 */

static ngx_uint_t
ngx_http_phone_verify_gate_not_closed(ngx_http_request_t *r,
    ngx_http_phone_verify_session_t *s)
{
    ngx_int_t                                said;
    ngx_http_core_loc_conf_t                *clcf;
    const ngx_http_phone_verify_loc_conf_t  *lcf, *gate;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_phone_verify_module);

    said = ngx_http_phone_verify_session_gate_said(s, &gate);

    if (said == NGX_OK && gate == lcf) {

        /* a subrequest may demand another number than the gate has seen */

        return r == r->main || lcf->demands.number == NULL;
    }

    /* after a refusal, an "error_page" is served by a gate that is ahead */

    if (said == NGX_DECLINED || r != r->main || lcf->skip) {
        return 0;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    return clcf->satisfy != NGX_HTTP_SATISFY_ANY
           && ngx_http_phone_verify_gate_ahead(r);
}


/* A subrequest has no access phase, the main request one at each location. */

static ngx_uint_t
ngx_http_phone_verify_gate_ahead(ngx_http_request_t *r)
{
    ngx_http_phase_handler_t   *ph;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    ph = cmcf->phase_engine.handlers + r->phase_handler;

    /* "return" and "set" may lead around it */

    if (ph->checker == ngx_http_core_rewrite_phase) {
        return 0;
    }

    /* when ours is the current one, it is being asked, or has refused */

    for (ph++; ph->checker; ph++) {
        if (ph->handler == ngx_http_phone_verify_access_handler) {
            return 1;
        }
    }

    return 0;
}
