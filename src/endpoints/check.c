
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/conf.h"
#include "endpoints/endpoint.h"
#include "session/answer.h"
#include "session/session.h"
#include "session/verdict.h"
#include "verification/store/meter.h"


/*
 * phone_verify_check: what a gate would say, for whoever asks on a visitor's
 * behalf: "auth_request", here or in another server, an ingress controller.
 *
 * Those throw away the cookies of the answer.  So nothing is handed over
 * here: a success that Sinch told us of would be consumed, and lost.
 */


ngx_int_t
ngx_http_phone_verify_check_handler(ngx_http_request_t *r)
{
    ngx_int_t                                rc;
    ngx_uint_t                               error;
    ngx_http_phone_verify_session_t         *s;
    const ngx_http_phone_verify_loc_conf_t  *lcf;

    /* any method: some ask with that of the visitor's own request */

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_phone_verify_module);

    s = ngx_http_phone_verify_session(r, lcf->endpoint);
    if (s == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_phone_verify_verdict(r, s, &lcf->endpoint_demands, &error)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (error == NGX_HTTP_PHONE_VERIFY_OK) {
        return ngx_http_phone_verify_send_json(r, NGX_HTTP_NO_CONTENT, NULL);
    }

    ngx_http_phone_verify_verdict_log(r, &lcf->endpoint_demands, error);

    ngx_http_phone_verify_meter_count(lcf->endpoint->zone,
                                      NGX_HTTP_PHONE_VERIFY_METER_CLOSED
                                      + error);

    return ngx_http_phone_verify_send_refusal(r, error);
}
