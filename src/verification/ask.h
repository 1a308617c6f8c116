
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_ASK_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_ASK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/app.h"


/*
 * Asks Sinch how a pending verification stands and writes down what it says,
 * at most once in app->poll for each verification over all workers, however
 * often this is called.  For where no callback tells it.  Returns after how
 * many milliseconds there is something to ask again.
 */

ngx_msec_t ngx_http_phone_verify_ask(const ngx_http_phone_verify_app_t *app,
    const ngx_http_phone_verify_view_t *view, ngx_log_t *log);


#endif /* _NGX_HTTP_PHONE_VERIFY_ASK_H_INCLUDED_ */
