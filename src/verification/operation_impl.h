
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_OPERATION_IMPL_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_OPERATION_IMPL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "verification/operation.h"


/* What start.c and report.c have in common; nobody else includes this. */


typedef void (*ngx_http_phone_verify_step_pt)(
    ngx_http_phone_verify_operation_t *op);


/* What settle.c is about. */

typedef struct {
    u_char                                reference[
                                              NGX_HTTP_PHONE_VERIFY_RANDOM_LEN];
    void                                (*handler)(
                                          ngx_http_phone_verify_operation_t *op,
                                          ngx_int_t rc);
    ngx_uint_t                            method;
    ngx_uint_t                            patient;
} ngx_http_phone_verify_settling_t;


/* The first member of what start.c and report.c keep. */

struct ngx_http_phone_verify_operation_s {
    const ngx_http_phone_verify_app_t    *app;
    ngx_http_phone_verify_handler_pt      handler;
    void                                 *data;

    /* the fourth word: where nginx's debug log looks for an event's fd */

    ngx_socket_t                          fd;

    ngx_pool_t                           *pool;
    ngx_log_t                            *log;       /* the asker's, or own */
    ngx_log_t                             own_log;
    ngx_event_t                           event;
    ngx_http_phone_verify_step_pt         step;      /* when it fires */
    ngx_http_phone_verify_sinch_call_t   *call;      /* in flight */

    ngx_http_phone_verify_number_t        number;    /* for the log */
    ngx_uint_t                            method;
    ngx_uint_t                            counter;   /* of meter.h, + error */
    ngx_http_phone_verify_outcome_t       outcome;
    ngx_http_phone_verify_settling_t      settle;

    unsigned                              begun:1;   /* may call the handler */
    unsigned                              detached:1;
};


/* An operation of "size" bytes, zeroed, with a pool of its own; or NULL. */

void *ngx_http_phone_verify_operation_create(size_t size,
    const ngx_http_phone_verify_app_t *app,
    ngx_http_phone_verify_handler_pt handler, void *data, ngx_log_t *log);

/*
 * It is over: calls the handler, now or (not yet begun) soon, and frees it.
 * "retry_after" 0: as the error has it.
 */

void ngx_http_phone_verify_operation_finish(
    ngx_http_phone_verify_operation_t *op, ngx_uint_t error,
    ngx_uint_t retry_after);

/*
 * 1 where a report of "token" would have to ask Sinch in an outage: then it is
 * over, before it took an attempt.
 */

ngx_uint_t ngx_http_phone_verify_operation_outage(
    ngx_http_phone_verify_operation_t *op,
    const ngx_http_phone_verify_token_t *token);


/* Goes on with "step" after a while. */

void ngx_http_phone_verify_operation_wait(
    ngx_http_phone_verify_operation_t *op, ngx_msec_t time,
    ngx_http_phone_verify_step_pt step);

/* Frees one that never began. */

void ngx_http_phone_verify_operation_discard(
    ngx_http_phone_verify_operation_t *op);

/* Seals a token into the outcome.  NGX_OK or NGX_ERROR. */

ngx_int_t ngx_http_phone_verify_operation_seal(
    ngx_http_phone_verify_operation_t *op, ngx_uint_t purpose,
    const ngx_http_phone_verify_token_t *token);

/*
 * Asks Sinch for the status of the verification of "reference", or by "id"
 * where that is not empty.  NULL: nothing was sent.
 */

ngx_http_phone_verify_sinch_call_t *ngx_http_phone_verify_operation_query(
    ngx_http_phone_verify_operation_t *op, ngx_str_t *id,
    const u_char *reference, ngx_http_phone_verify_sinch_handler_pt handler);

/* One line of how it went: "what" of whom, by which method, how it stands. */

void ngx_http_phone_verify_operation_log(
    ngx_http_phone_verify_operation_t *op, ngx_uint_t level,
    const char *what);

/* One line of what Sinch answered instead of what was asked for. */

void ngx_http_phone_verify_operation_log_answer(
    ngx_http_phone_verify_operation_t *op, ngx_uint_t level,
    const char *what, const ngx_http_phone_verify_sinch_answer_t *answer,
    const char *advice);


#endif /* _NGX_HTTP_PHONE_VERIFY_OPERATION_IMPL_H_INCLUDED_ */
