
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_REUSE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_REUSE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/app.h"


/*
 * "number_reuse": how many sessions one number may get.  It is asked when the
 * number has been proved, not at the start: a stranger who starts it must not
 * learn that others have it.
 */


/*
 * Counts a session of "number".  NGX_OK, or NGX_DECLINED: it has had its share,
 * for *retry_after seconds more.  Not inside the zone's critical section.
 */

ngx_int_t ngx_http_phone_verify_reuse(const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number, ngx_uint_t *retry_after,
    ngx_log_t *log);


#endif /* _NGX_HTTP_PHONE_VERIFY_REUSE_H_INCLUDED_ */
