
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_REVOKE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_REVOKE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/app.h"


/*
 * Revocations: at once at all workers, and where the app has a
 * "revocation_file" also after a restart.
 *
 * All return NGX_OK, or NGX_ERROR where it could not be recorded: then nobody
 * may be told that it was done.
 */


/*
 * A session, by its id, whose token ends at "expires" (wall clock), or at a
 * time that nobody knows: 0.
 */

ngx_int_t ngx_http_phone_verify_revoke_session(
    const ngx_http_phone_verify_app_t *app, const u_char *id, time_t expires);


/* All grants of a number that were issued before now, and all grants. */

ngx_int_t ngx_http_phone_verify_revoke_number(
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_number_t number);
ngx_int_t ngx_http_phone_verify_revoke_all(
    const ngx_http_phone_verify_app_t *app);


/*
 * Reads the app's file into its zone and drops from the file what has ended,
 * where no other process can be writing to it: for the master process, before
 * there are workers.  "fresh" says that this nginx is starting.  NGX_OK, or
 * NGX_ERROR after logging at [emerg]: not all that was revoked is.
 */

ngx_int_t ngx_http_phone_verify_revocations_load(ngx_cycle_t *cycle,
    const ngx_http_phone_verify_app_t *app, ngx_uint_t fresh);


#endif /* _NGX_HTTP_PHONE_VERIFY_REVOKE_H_INCLUDED_ */
