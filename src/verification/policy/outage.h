
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_OUTAGE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_OUTAGE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/app.h"
#include "verification/policy/admission.h"


/*
 * When Sinch does not answer: after "provider_failures" failures in a row
 * within a time, no worker calls it any more, but for one probe at a time; the
 * first answer ends the outage.  The time begins with the first failure, and
 * anew with the one that comes after it is over.
 *
 * A failure is a call that could not be sent or had no answer, and a server's
 * error (5xx) that is a gateway's, or Sinch's own "temporarily down" (50300) or
 * "configuration error" (50301).  What else Sinch answers, a refusal too, is an
 * answer.
 *
 * It is known to all workers, and kept over reloads, in the app's zone.
 */


/* All zero or empty where there is none. */

typedef struct {
    time_t        since;       /* the first of the failures; wall clock */
    ngx_uint_t    retry;       /* seconds to the next probe, at least 1 */
    ngx_uint_t    failures;    /* in a row, up to now */
    ngx_uint_t    times;       /* outages since the zone was made */
    unsigned      open:1;
} ngx_http_phone_verify_outage_state_t;


/* For operators; "state" is of now. */

void ngx_http_phone_verify_outage_state(const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_outage_state_t *state);


/* Ends the outage, whatever Sinch does: calls are made again. */

void ngx_http_phone_verify_outage_reset(const ngx_http_phone_verify_app_t *app,
    ngx_log_t *log);


/*
 * Seconds after which a call may be made; 0: now, for there is no outage or a
 * probe is due.  Without a lock.
 */

ngx_uint_t ngx_http_phone_verify_outage_retry(
    const ngx_http_phone_verify_app_t *app);


/*
 * For sinch->admit and sinch->watch, "data" is the app: NGX_OK, NGX_DECLINED,
 * or NGX_DONE for a call that is the probe.
 */

ngx_int_t ngx_http_phone_verify_outage_admit(void *data);
void ngx_http_phone_verify_outage_watch(void *data,
    const ngx_http_phone_verify_sinch_sight_t *sight);


#endif /* _NGX_HTTP_PHONE_VERIFY_OUTAGE_H_INCLUDED_ */
