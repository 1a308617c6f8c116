
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_REPLAY_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_REPLAY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/app.h"


/*
 * The zone's REPLAYS are a table of limits (limit.h) whose times are tenths of
 * a second: what ask.c keeps there has to be told apart by less than a second.
 */

#define NGX_HTTP_PHONE_VERIFY_REPLAYS_UNIT  100    /* msec */

#define ngx_http_phone_verify_replays_now()                                   \
    (ngx_current_msec / NGX_HTTP_PHONE_VERIFY_REPLAYS_UNIT)


/*
 * Remembers a callback by its signature for as long as it would be fresh
 * enough to be taken again, over reloads.  1 where it was seen before, else 0.
 */

ngx_uint_t ngx_http_phone_verify_replayed(
    const ngx_http_phone_verify_app_t *app, ngx_str_t *signature);


#endif /* _NGX_HTTP_PHONE_VERIFY_REPLAY_H_INCLUDED_ */
