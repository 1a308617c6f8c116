
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/store/flashcall.h"


/*
 * Length of the filter (5 bits) and which times are there (3 bits), those
 * times (2 each, high byte first), the filter.
 */

#define NGX_HTTP_PHONE_VERIFY_FLASH_INTERCEPTION  0x20
#define NGX_HTTP_PHONE_VERIFY_FLASH_REPORT        0x40
#define NGX_HTTP_PHONE_VERIFY_FLASH_DENY          0x80


static u_char *ngx_http_phone_verify_flashcall_put(u_char *p, ngx_uint_t time);
static const u_char *ngx_http_phone_verify_flashcall_get(const u_char *p,
    uint16_t *time);


size_t
ngx_http_phone_verify_flashcall_write(u_char *p, size_t room,
    const ngx_http_phone_verify_sinch_answer_t *answer)
{
    u_char  *last, head;
    size_t   len;

    head = 0;
    len = 1;

    if (answer->has_interception_timeout
        && answer->interception_timeout <= 0xffff)
    {
        head |= NGX_HTTP_PHONE_VERIFY_FLASH_INTERCEPTION;
        len += 2;
    }

    if (answer->has_report_timeout && answer->report_timeout <= 0xffff) {
        head |= NGX_HTTP_PHONE_VERIFY_FLASH_REPORT;
        len += 2;
    }

    if (answer->has_deny_call_after && answer->deny_call_after <= 0xffff) {
        head |= NGX_HTTP_PHONE_VERIFY_FLASH_DENY;
        len += 2;
    }

    if (len > room) {
        return 0;
    }

    if (answer->cli_filter.len <= NGX_HTTP_PHONE_VERIFY_CLI_FILTER_MAX
        && answer->cli_filter.len <= room - len)
    {
        head |= (u_char) answer->cli_filter.len;
    }

    if (head == 0) {
        return 0;
    }

    last = p;
    *last++ = head;

    if (head & NGX_HTTP_PHONE_VERIFY_FLASH_INTERCEPTION) {
        last = ngx_http_phone_verify_flashcall_put(last,
                                                 answer->interception_timeout);
    }

    if (head & NGX_HTTP_PHONE_VERIFY_FLASH_REPORT) {
        last = ngx_http_phone_verify_flashcall_put(last,
                                                   answer->report_timeout);
    }

    if (head & NGX_HTTP_PHONE_VERIFY_FLASH_DENY) {
        last = ngx_http_phone_verify_flashcall_put(last,
                                                   answer->deny_call_after);
    }

    last = ngx_cpymem(last, answer->cli_filter.data,
                      head & NGX_HTTP_PHONE_VERIFY_CLI_FILTER_MAX);

    return last - p;
}


void
ngx_http_phone_verify_flashcall_read(const u_char *p, size_t room,
    ngx_http_phone_verify_flashcall_t *call)
{
    u_char  head;
    size_t  len;

    ngx_memzero(call, sizeof(ngx_http_phone_verify_flashcall_t));

    if (room == 0) {
        return;
    }

    head = *p;

    len = 1 + 2 * (!!(head & NGX_HTTP_PHONE_VERIFY_FLASH_INTERCEPTION)
                   + !!(head & NGX_HTTP_PHONE_VERIFY_FLASH_REPORT)
                   + !!(head & NGX_HTTP_PHONE_VERIFY_FLASH_DENY))
          + (head & NGX_HTTP_PHONE_VERIFY_CLI_FILTER_MAX);

    if (len > room) {
        return;
    }

    p++;

    if (head & NGX_HTTP_PHONE_VERIFY_FLASH_INTERCEPTION) {
        call->has_interception_timeout = 1;
        p = ngx_http_phone_verify_flashcall_get(p,
                                                &call->interception_timeout);
    }

    if (head & NGX_HTTP_PHONE_VERIFY_FLASH_REPORT) {
        call->has_report_timeout = 1;
        p = ngx_http_phone_verify_flashcall_get(p, &call->report_timeout);
    }

    if (head & NGX_HTTP_PHONE_VERIFY_FLASH_DENY) {
        call->has_deny_call_after = 1;
        p = ngx_http_phone_verify_flashcall_get(p, &call->deny_call_after);
    }

    call->filter_len = head & NGX_HTTP_PHONE_VERIFY_CLI_FILTER_MAX;

    ngx_memcpy(call->filter, p, call->filter_len);
}


void
ngx_http_phone_verify_flashcall_answer(
    const ngx_http_phone_verify_flashcall_t *call,
    ngx_http_phone_verify_sinch_answer_t *answer)
{
    answer->cli_filter.data = (u_char *) call->filter;
    answer->cli_filter.len = call->filter_len;

    answer->has_interception_timeout = call->has_interception_timeout;
    answer->has_report_timeout = call->has_report_timeout;
    answer->has_deny_call_after = call->has_deny_call_after;

    answer->interception_timeout = call->interception_timeout;
    answer->report_timeout = call->report_timeout;
    answer->deny_call_after = call->deny_call_after;
}


static u_char *
ngx_http_phone_verify_flashcall_put(u_char *p, ngx_uint_t time)
{
    *p++ = (u_char) (time >> 8);
    *p++ = (u_char) time;

    return p;
}


static const u_char *
ngx_http_phone_verify_flashcall_get(const u_char *p, uint16_t *time)
{
    *time = (uint16_t) (p[0] << 8 | p[1]);

    return p + 2;
}
