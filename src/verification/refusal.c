
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/words.h"
#include "verification/refusal.h"


#define E(name)  NGX_HTTP_PHONE_VERIFY_##name
#define R(name)  NGX_HTTP_PHONE_VERIFY_REASON_##name


/*
 * The first row that fits counts.
 *
 * All that stands in a start is checked before it is sent except whether there
 * is such a number, so a parameter that Sinch refuses is taken to be that.
 *
 * 40300 ("Seamless verification not available for given destination") is
 * destination_denied, not invalid_method: the method is one of the app's, and
 * another destination, or for this one another method, would do.
 *
 * A server's error (5xx) that is not Sinch's own "temporarily down" may come
 * from a gateway after the request has been processed.
 */

static const ngx_http_phone_verify_refusal_t
    ngx_http_phone_verify_refusals[] =
{
    { 400, 40001, E(INVALID_NUMBER), E(ERROR), R(NONE), NGX_LOG_INFO, 0,
      NULL },

    { 400, 40004, E(PROVIDER_ERROR), E(ERROR), R(NONE), NGX_LOG_ERR, 0,
      "check \"key\"" },

    { 400, 40005, E(INVALID_NUMBER), E(ERROR), R(NONE), NGX_LOG_INFO, 0,
      NULL },

    { 401, 40101, E(PROVIDER_ERROR), E(ERROR), R(NONE), NGX_LOG_ERR, 0,
      "check the clock of this machine" },

    { 401, 40105, E(PROVIDER_ERROR), E(ERROR), R(NONE), NGX_LOG_ERR, 0,
      "check the clock of this machine" },

    { 401, 0, E(PROVIDER_ERROR), E(ERROR), R(NONE), NGX_LOG_ERR, 0,
      "check \"key\" and \"secret_file\"" },

    { 402, 0, E(PROVIDER_ERROR), E(DENIED), R(CREDIT), NGX_LOG_ERR, 0,
      "the Sinch account has not enough credit" },

    { 403, 40300, E(DESTINATION_DENIED), E(DENIED), R(DESTINATION),
      NGX_LOG_INFO, 0, NULL },

    { 403, 40301, E(PROVIDER_ERROR), E(ERROR), R(NONE), NGX_LOG_ERR, 0,
      "check \"auth\" against the Sinch app's minimum authentication" },

    { 403, 40303, E(PROVIDER_ERROR), E(ERROR), R(NONE), NGX_LOG_ERR, 0,
      "check \"auth\" against the Sinch app's minimum authentication" },

    { 403, 0, E(PROVIDER_ERROR), E(ERROR), R(NONE), NGX_LOG_ERR, 0,
      "check what the Sinch app is allowed to do" },

    { 422, 42202, E(PROVIDER_ERROR), E(DENIED), R(CALLBACK_INVALID),
      NGX_LOG_ERR, 0, "check what answers at the Sinch app's callback URL" },

    { 422, 0, E(PROVIDER_ERROR), E(ERROR), R(NONE), NGX_LOG_ERR, 0,
      "check the Sinch app's configuration" },

    { 429, 0, E(TOO_MANY_REQUESTS), E(ERROR), R(NONE), NGX_LOG_WARN, 0,
      NULL },

    { 500, 0, E(PROVIDER_ERROR), E(ERROR), R(INTERNAL), NGX_LOG_ERR, 1,
      NULL },

    { 501, 0, E(PROVIDER_ERROR), E(ERROR), R(NONE), NGX_LOG_ERR, 0, NULL },

    { 503, 50300, E(PROVIDER_UNAVAILABLE), E(ERROR), R(NONE), NGX_LOG_ERR, 0,
      NULL },

    { 503, 50301, E(PROVIDER_UNAVAILABLE), E(ERROR), R(NONE), NGX_LOG_ERR, 0,
      NULL }
};


static const ngx_http_phone_verify_refusal_t  ngx_http_phone_verify_other = {
    0, 0, E(PROVIDER_ERROR), E(ERROR), R(NONE), NGX_LOG_ERR, 0, NULL
};


static const ngx_http_phone_verify_refusal_t
    ngx_http_phone_verify_server_error =
{
    0, 0, E(PROVIDER_UNAVAILABLE), E(ERROR), R(NONE), NGX_LOG_ERR, 1, NULL
};


const ngx_http_phone_verify_refusal_t *
ngx_http_phone_verify_refusal(ngx_uint_t http_status, ngx_uint_t error_code)
{
    ngx_uint_t                              i;
    const ngx_http_phone_verify_refusal_t  *row;

    for (i = 0;
         i < sizeof(ngx_http_phone_verify_refusals)
             / sizeof(ngx_http_phone_verify_refusal_t);
         i++)
    {
        row = &ngx_http_phone_verify_refusals[i];

        if (row->http_status == http_status
            && (row->error_code == 0 || row->error_code == error_code))
        {
            return row;
        }
    }

    return http_status >= 500 ? &ngx_http_phone_verify_server_error
                              : &ngx_http_phone_verify_other;
}


void
ngx_http_phone_verify_refusal_log(ngx_uint_t level, ngx_log_t *log,
    const char *what, const ngx_str_t *app,
    const ngx_http_phone_verify_sinch_answer_t *answer, const char *advice)
{
    if (answer->http_status == 0) {
        ngx_log_error(level, log, 0, "phone_verify: %s, app \"%V\": %V",
                      what, app, &answer->error);
        return;
    }

    ngx_log_error(level, log, 0,
                  "phone_verify: %s, app \"%V\": HTTP status %ui, "
                  "errorCode %ui, Sinch's reference \"%V\", %V%s%s",
                  what, app, answer->http_status, answer->error_code,
                  &answer->support, &answer->error,
                  advice ? ": " : "", advice ? advice : "");
}
