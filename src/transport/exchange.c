
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <curl/curl.h>

#include "transport/answer.h"
#include "transport/exchange.h"
#include "transport/trust.h"


/* of a connection, in seconds */

#define NGX_HTTP_PHONE_VERIFY_EXCHANGE_LIFETIME  300L


static CURLcode ngx_http_phone_verify_exchange_options(
    ngx_http_phone_verify_exchange_t *e, CURL *easy, ngx_msec_t timeout);
static CURLcode ngx_http_phone_verify_exchange_tls(
    ngx_http_phone_verify_exchange_t *e, CURL *easy);
static CURLcode ngx_http_phone_verify_exchange_request(
    ngx_http_phone_verify_exchange_t *e, CURL *easy);
static CURLcode ngx_http_phone_verify_exchange_callbacks(
    ngx_http_phone_verify_exchange_t *e, CURL *easy);

static int ngx_http_phone_verify_exchange_on_resolve(void *state,
    void *reserved, void *data);
static int ngx_http_phone_verify_exchange_on_issue(void *data,
    char *remote, char *local, int remote_port, int local_port);
static size_t ngx_http_phone_verify_exchange_on_read(char *buf, size_t size,
    size_t n, void *data);
static int ngx_http_phone_verify_exchange_on_seek(void *data, curl_off_t off,
    int whence);

static void ngx_http_phone_verify_exchange_error(
    ngx_http_phone_verify_exchange_t *e, CURLcode rc);
static char *ngx_http_phone_verify_exchange_cstr(ngx_pool_t *pool,
    ngx_str_t *prefix, ngx_str_t *str);
static ngx_uint_t ngx_http_phone_verify_exchange_doubts(
    const ngx_http_phone_verify_origin_t *origin);
static void ngx_http_phone_verify_exchange_late(
    ngx_http_phone_verify_exchange_t *e);


/* Of this worker, and of any origin: few have more than one. */

static struct {
    ngx_uint_t    timeouts;
    ngx_msec_t    last;
} ngx_http_phone_verify_exchange_overdue;


ngx_int_t
ngx_http_phone_verify_exchange_open(ngx_http_phone_verify_exchange_t *e,
    char *addrs, ngx_msec_t timeout)
{
    CURL      *easy;
    CURLcode   rc;

    easy = curl_easy_init();
    if (easy == NULL) {
        return NGX_ERROR;
    }

    e->flight.easy = easy;

    if (addrs) {
        e->resolve = curl_slist_append(NULL, addrs);
        if (e->resolve == NULL) {
            return NGX_ERROR;
        }
    }

    rc = ngx_http_phone_verify_loop_prepare(easy);

    if (rc == CURLE_OK) {
        rc = ngx_http_phone_verify_exchange_options(e, easy, timeout);
    }

    if (rc == CURLE_OK) {
        rc = ngx_http_phone_verify_exchange_tls(e, easy);
    }

    if (rc == CURLE_OK) {
        rc = ngx_http_phone_verify_exchange_request(e, easy);
    }

    if (rc == CURLE_OK) {
        rc = ngx_http_phone_verify_exchange_callbacks(e, easy);
    }

    if (rc != CURLE_OK) {
        ngx_log_error(NGX_LOG_ERR, e->transfer->log, 0,
                      "libcurl refused an option (%d: %s)",
                      (int) rc, curl_easy_strerror(rc));
        return NGX_ERROR;
    }

    return NGX_OK;
}


static CURLcode
ngx_http_phone_verify_exchange_options(ngx_http_phone_verify_exchange_t *e,
    CURL *easy, ngx_msec_t timeout)
{
    ngx_uint_t                             rc;
    const ngx_http_phone_verify_origin_t  *origin;

    origin = e->transfer->origin;

    rc = curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, e->error);
    rc |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    rc |= curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    rc |= curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);

#if (LIBCURL_VERSION_NUM >= 0x075500)
    rc |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
                           origin->https ? "https" : "http");
#else
    rc |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS,
                           (long) (origin->https ? CURLPROTO_HTTPS
                                                 : CURLPROTO_HTTP));
#endif

    rc |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                           origin->http2 ? (long) CURL_HTTP_VERSION_2TLS
                                         : (long) CURL_HTTP_VERSION_1_1);

    /*
     * Many on one connection: with thousands in flight libcurl takes longer to
     * find a free one among as many connections than for all the rest.  But
     * not on one that may have died, or leads to a peer that hangs: it would
     * take all of them along, and as long as there are new ones it never goes.
     */

    if (ngx_http_phone_verify_exchange_doubts(origin)) {
        e->own = 1;

        rc |= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        rc |= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);

    } else {
        rc |= curl_easy_setopt(easy, CURLOPT_PIPEWAIT, (long) origin->http2);
    }

    rc |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long) timeout);
    rc |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                           (long) origin->connect_timeout);
    rc |= curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN,
                           (long) ngx_max(origin->keepalive_timeout / 1000,
                                          1));

    /* or one that is never idle would keep an old address for ever */

    rc |= curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN,
                           NGX_HTTP_PHONE_VERIFY_EXCHANGE_LIFETIME);

    /* the bodies are small, and a buffer is held for each that is in flight */

    rc |= curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 4096L);
    rc |= curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);

    /* a libcurl that was built without one of these will not do it either */

    (void) curl_easy_setopt(easy, CURLOPT_PROXY, "");
    (void) curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    (void) curl_easy_setopt(easy, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);

    return rc ? CURLE_UNKNOWN_OPTION : CURLE_OK;
}


/*
 * From a call that did not end in time until all that shared a connection with
 * it have ended, and that connection for its idleness.
 */

static ngx_uint_t
ngx_http_phone_verify_exchange_doubts(
    const ngx_http_phone_verify_origin_t *origin)
{
    return origin->http2
           && ngx_http_phone_verify_exchange_overdue.timeouts
           && ngx_current_msec - ngx_http_phone_verify_exchange_overdue.last
              < origin->timeout + origin->keepalive_timeout + 1000;
}


static CURLcode
ngx_http_phone_verify_exchange_tls(ngx_http_phone_verify_exchange_t *e,
    CURL *easy)
{
    ngx_uint_t                             rc;
    const ngx_http_phone_verify_origin_t  *origin;

    origin = e->transfer->origin;

    if (!origin->https) {
        return CURLE_OK;
    }

    rc = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    rc |= curl_easy_setopt(easy, CURLOPT_SSLVERSION,
                           (long) CURL_SSLVERSION_TLSv1_2);

    if (origin->trust) {
        rc |= ngx_http_phone_verify_trust_apply(easy, origin->trust);
    }

    return rc ? CURLE_UNKNOWN_OPTION : CURLE_OK;
}


static CURLcode
ngx_http_phone_verify_exchange_request(ngx_http_phone_verify_exchange_t *e,
    CURL *easy)
{
    char                              *method, *path;
    ngx_str_t                          none;
    ngx_uint_t                         rc, body;
    struct curl_slist                 *headers;
    ngx_http_phone_verify_transfer_t  *t;

    t = e->transfer;

    ngx_str_set(&none, "");

    method = ngx_http_phone_verify_exchange_cstr(t->pool, &none, &t->method);
    path = ngx_http_phone_verify_exchange_cstr(t->pool,
                                  (ngx_str_t *) &t->origin->base, &t->path);

    if (method == NULL || path == NULL) {
        return CURLE_OUT_OF_MEMORY;
    }

    body = (t->body.data != NULL);

    /* what libcurl would add by itself */

    if (body) {
        headers = curl_slist_append(e->headers, "Expect:");
        if (headers == NULL) {
            return CURLE_OUT_OF_MEMORY;
        }

        e->headers = headers;
    }

    if (body && !e->typed) {
        headers = curl_slist_append(e->headers, "Content-Type:");
        if (headers == NULL) {
            return CURLE_OUT_OF_MEMORY;
        }

        e->headers = headers;
    }

    /* the URL says where to, the target is what goes on the line */

    rc = curl_easy_setopt(easy, CURLOPT_URL, (char *) t->origin->target.data);
    rc |= curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, path);
    rc |= curl_easy_setopt(easy, CURLOPT_USERAGENT, "nginx-phone-verify");

    if (e->resolve) {
        rc |= curl_easy_setopt(easy, CURLOPT_RESOLVE, e->resolve);
    }

    if (body) {
        rc |= curl_easy_setopt(easy, CURLOPT_POST, 1L);
        rc |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                               (curl_off_t) t->body.len);

    } else if (ngx_strcmp(method, "HEAD") == 0) {
        rc |= curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);

    } else {
        rc |= curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }

    rc |= curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    rc |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, e->headers);

    e->idempotent = ngx_strcmp(method, "GET") == 0
                    || ngx_strcmp(method, "HEAD") == 0;

    return rc ? CURLE_UNKNOWN_OPTION : CURLE_OK;
}


static CURLcode
ngx_http_phone_verify_exchange_callbacks(ngx_http_phone_verify_exchange_t *e,
    CURL *easy)
{
    ngx_uint_t  rc;

    rc = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION,
                          ngx_http_phone_verify_exchange_on_issue);
    rc |= curl_easy_setopt(easy, CURLOPT_PREREQDATA, e);

    rc |= curl_easy_setopt(easy, CURLOPT_READFUNCTION,
                           ngx_http_phone_verify_exchange_on_read);
    rc |= curl_easy_setopt(easy, CURLOPT_READDATA, e);

    rc |= curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION,
                           ngx_http_phone_verify_exchange_on_seek);
    rc |= curl_easy_setopt(easy, CURLOPT_SEEKDATA, e);

    rc |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION,
                           ngx_http_phone_verify_answer_header);
    rc |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, e);

    rc |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION,
                           ngx_http_phone_verify_answer_body);
    rc |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, e);

    /* without addresses the host is one, and libcurl calls this for it too */

    if (e->resolve) {
        rc |= curl_easy_setopt(easy, CURLOPT_RESOLVER_START_FUNCTION,
                               ngx_http_phone_verify_exchange_on_resolve);
        rc |= curl_easy_setopt(easy, CURLOPT_RESOLVER_START_DATA, e);
    }

    return rc ? CURLE_UNKNOWN_OPTION : CURLE_OK;
}


/*
 * libcurl's own resolver must never be used: it starts threads, and a worker
 * can be blocked by them.  libcurl comes here before it would, having found
 * no addresses of ours.
 */

static int
ngx_http_phone_verify_exchange_on_resolve(void *state, void *reserved,
    void *data)
{
    ngx_http_phone_verify_exchange_t  *e = data;

    (void) state;
    (void) reserved;

    ngx_str_set(&e->why, "no address");

    return 1;
}


/*
 * A connection is there and the request is about to be sent on it.  On a
 * reused one that turns out dead without a byte of an answer libcurl wants to
 * send it again by itself, and comes here again.  That must not happen to a
 * request of which the peer may have seen the whole: it may have done what was
 * asked.
 */

static int
ngx_http_phone_verify_exchange_on_issue(void *data, char *remote, char *local,
    int remote_port, int local_port)
{
    ngx_http_phone_verify_exchange_t  *e = data;

    (void) remote;
    (void) local;
    (void) remote_port;
    (void) local_port;

    if (e->issued && !e->idempotent
        && (e->transfer->body.len == 0 || e->body_begun))
    {
        e->transfer->no_sign = 1;
        ngx_str_set(&e->why, "connection died, not sent again");
        return CURL_PREREQFUNC_ABORT;
    }

    e->issued = 1;

    ngx_http_phone_verify_answer_forget(e);

    return CURL_PREREQFUNC_OK;
}


static size_t
ngx_http_phone_verify_exchange_on_read(char *buf, size_t size, size_t n,
    void *data)
{
    ngx_str_t                         *body;
    ngx_http_phone_verify_exchange_t  *e = data;

    body = &e->transfer->body;

    n = ngx_min(size * n, body->len - e->body_sent);

    if (n == 0) {
        return 0;
    }

    ngx_memcpy(buf, body->data + e->body_sent, n);

    e->body_sent += n;
    e->body_begun = 1;

    return n;
}


/*
 * To seek is to send again: see ngx_http_phone_verify_exchange_on_issue().  It
 * is after a connection that was there before, or a stream that was refused.
 */

static int
ngx_http_phone_verify_exchange_on_seek(void *data, curl_off_t off, int whence)
{
    ngx_http_phone_verify_exchange_t  *e = data;

    (void) off;
    (void) whence;

    e->transfer->no_sign = 1;
    ngx_str_set(&e->why, "given up by the peer, not sent again");

    return CURL_SEEKFUNC_FAIL;
}


void
ngx_http_phone_verify_exchange_result(ngx_http_phone_verify_exchange_t *e,
    CURLcode rc)
{
    long                               value;
    ngx_http_phone_verify_transfer_t  *t;

    t = e->transfer;

    value = 0;

    if (curl_easy_getinfo(e->flight.easy, CURLINFO_NUM_CONNECTS, &value)
        == CURLE_OK && value > 0)
    {
        e->opened = 1;
    }

    if (rc == CURLE_OPERATION_TIMEDOUT) {
        ngx_http_phone_verify_exchange_late(e);
    }

    /* the last stream of a connection that a GOAWAY has ended */

    if (rc == CURLE_HTTP2 && !e->opened) {
        t->no_sign = 1;
    }

    if (rc != CURLE_OK) {
        ngx_http_phone_verify_exchange_error(e, rc);
        return;
    }

    value = 0;
    (void) curl_easy_getinfo(e->flight.easy, CURLINFO_RESPONSE_CODE, &value);

    t->status = value;
    t->outcome = NGX_HTTP_PHONE_VERIFY_TRANSFER_RECEIVED;
}


void
ngx_http_phone_verify_exchange_break(ngx_http_phone_verify_exchange_t *e,
    const char *why)
{
    ngx_http_phone_verify_exchange_late(e);

    e->why.data = (u_char *) why;
    e->why.len = ngx_strlen(why);

    ngx_http_phone_verify_exchange_error(e, CURLE_OK);
}


static void
ngx_http_phone_verify_exchange_late(ngx_http_phone_verify_exchange_t *e)
{
    /*
     * Of a connection that was closed behind its only call it tells nothing.
     * One that the call opened for others, too, is there after it: over HTTP/2
     * libcurl gives up the stream alone.
     */

    if (!e->issued || e->own) {
        return;
    }

    ngx_http_phone_verify_exchange_overdue.timeouts = 1;
    ngx_http_phone_verify_exchange_overdue.last = ngx_current_msec;
}


/*
 * Nothing can have been processed if the request never began to be sent, or
 * if its body never did: what the peer has got is then no whole request.
 */

static void
ngx_http_phone_verify_exchange_error(ngx_http_phone_verify_exchange_t *e,
    CURLcode rc)
{
    u_char                            *p, *last;
    const char                        *text;
    ngx_http_phone_verify_transfer_t  *t;

    t = e->transfer;

    ngx_http_phone_verify_answer_forget(e);

    if (!e->issued || (t->body.len && !e->body_begun)) {
        t->outcome = NGX_HTTP_PHONE_VERIFY_TRANSFER_NOT_SENT;

    } else {
        t->outcome = NGX_HTTP_PHONE_VERIFY_TRANSFER_AMBIGUOUS;
    }

    if (e->why.len) {
        t->error = e->why;
        return;
    }

    text = e->error[0] ? e->error : curl_easy_strerror(rc);

    t->error.len = ngx_strlen(text);
    t->error.data = ngx_pnalloc(t->pool, t->error.len);

    if (t->error.data == NULL) {
        ngx_str_set(&t->error, "no memory");
        return;
    }

    ngx_memcpy(t->error.data, text, t->error.len);

    /* a name in a certificate is the peer's to choose, a line in a log not */

    last = t->error.data + t->error.len;

    for (p = t->error.data; p < last; p++) {
        if (*p < ' ' || *p >= 0x7f) {
            *p = '?';
        }
    }
}


void
ngx_http_phone_verify_exchange_close(ngx_http_phone_verify_exchange_t *e)
{
    if (e->flight.easy) {
        curl_easy_cleanup(e->flight.easy);
        e->flight.easy = NULL;
    }

    curl_slist_free_all(e->headers);
    e->headers = NULL;

    curl_slist_free_all(e->resolve);
    e->resolve = NULL;
}


static char *
ngx_http_phone_verify_exchange_cstr(ngx_pool_t *pool, ngx_str_t *prefix,
    ngx_str_t *str)
{
    u_char  *p, *data;

    data = ngx_pnalloc(pool, prefix->len + str->len + 1);
    if (data == NULL) {
        return NULL;
    }

    p = ngx_cpymem(data, prefix->data, prefix->len);
    p = ngx_cpymem(p, str->data, str->len);
    *p = '\0';

    return (char *) data;
}
