
/*
 * Copyright (C) The nginx-phone-verify authors
 */


/*
 * Drives src/transport for its tests:
 *
 *     location /x {
 *         transport_test https://host:port [insecure] [http2]
 *                        [resolver=ADDRESS|PARAMETER]... [certificate=FILE]
 *                        [connect_timeout=] [timeout=] [keepalive_timeout=]
 *                        [resolver_timeout=] [max_response=] [max_transfers=];
 *     }
 *
 * A request to it makes one exchange, or several in a row, by its arguments
 * m (method), p (path, escaped), b (body), h (header, "Name:value"), times,
 * and is answered by what came of the last one.  An exchange whose client has
 * gone leaves a line in the log.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "transport/transfer.h"
#include "transport/transport.h"


typedef struct {
    ngx_http_phone_verify_origin_t    *origin;
} ngx_http_phone_verify_transport_test_conf_t;


typedef struct {
    ngx_http_request_t                *request;
    ngx_http_phone_verify_transfer_t  *transfer;
    ngx_int_t                          times;
} ngx_http_phone_verify_transport_test_ctx_t;


static void *ngx_http_phone_verify_transport_test_create_conf(ngx_conf_t *cf);
static char *ngx_http_phone_verify_transport_test(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_phone_verify_transport_test_stats(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static ngx_int_t ngx_http_phone_verify_transport_test_init(ngx_cycle_t *cycle);
static void ngx_http_phone_verify_transport_test_exit(ngx_cycle_t *cycle);

static ngx_int_t ngx_http_phone_verify_transport_test_handler(
    ngx_http_request_t *r);
static void ngx_http_phone_verify_transport_test_body(ngx_http_request_t *r);
static ngx_int_t ngx_http_phone_verify_transport_test_start(
    ngx_http_phone_verify_transport_test_ctx_t *ctx);
static void ngx_http_phone_verify_transport_test_done(
    ngx_http_phone_verify_transfer_t *t);
static void ngx_http_phone_verify_transport_test_cleanup(void *data);
static ngx_int_t ngx_http_phone_verify_transport_test_arg(
    ngx_http_request_t *r, ngx_pool_t *pool, char *name, ngx_str_t *value);
static ngx_int_t ngx_http_phone_verify_transport_test_send(
    ngx_http_request_t *r, ngx_str_t *text);
static ngx_int_t ngx_http_phone_verify_transport_test_stats_handler(
    ngx_http_request_t *r);


static ngx_command_t  ngx_http_phone_verify_transport_test_commands[] = {

    { ngx_string("transport_test"),
      NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_phone_verify_transport_test,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("transport_test_stats"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_phone_verify_transport_test_stats,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_phone_verify_transport_test_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_phone_verify_transport_test_create_conf,
                                           /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_phone_verify_transport_test_module = {
    NGX_MODULE_V1,
    &ngx_http_phone_verify_transport_test_module_ctx, /* module context */
    ngx_http_phone_verify_transport_test_commands,    /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_phone_verify_transport_test_init,
                                           /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_phone_verify_transport_test_exit,
                                           /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static const char  *ngx_http_phone_verify_transport_test_outcomes[] = {
    "RECEIVED", "NOT_SENT", "AMBIGUOUS"
};


static void *
ngx_http_phone_verify_transport_test_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool,
                       sizeof(ngx_http_phone_verify_transport_test_conf_t));
}


static char *
ngx_http_phone_verify_transport_test(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_transport_test_conf_t  *tcf = conf;

    char                            *p;
    ngx_str_t                       *value, *name, v;
    ngx_uint_t                       i;
    ngx_array_t                      names;
    ngx_http_core_loc_conf_t        *clcf;
    ngx_http_phone_verify_origin_t  *o;

    o = ngx_pcalloc(cf->pool, sizeof(ngx_http_phone_verify_origin_t));
    if (o == NULL
        || ngx_array_init(&names, cf->pool, 4, sizeof(ngx_str_t)) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    o->url = value[1];

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "insecure") == 0) {
            o->insecure = 1;
            continue;
        }

        if (ngx_strcmp(value[i].data, "http2") == 0) {
            o->http2 = 1;
            continue;
        }

        p = ngx_strchr(value[i].data, '=');
        if (p == NULL) {
            return "has an invalid parameter";
        }

        v.data = (u_char *) p + 1;
        v.len = value[i].data + value[i].len - v.data;
        value[i].len = (u_char *) p - value[i].data;

#define ngx_http_phone_verify_transport_test_is(s)                            \
        (value[i].len == sizeof(s) - 1                                        \
         && ngx_strncmp(value[i].data, s, sizeof(s) - 1) == 0)

        if (ngx_http_phone_verify_transport_test_is("resolver")) {
            name = ngx_array_push(&names);
            if (name == NULL) {
                return NGX_CONF_ERROR;
            }

            *name = v;

        } else if (ngx_http_phone_verify_transport_test_is("certificate")) {
            o->trusted_certificate = v;

        } else if (ngx_http_phone_verify_transport_test_is(
                                                        "connect_timeout"))
        {
            o->connect_timeout = ngx_parse_time(&v, 0);

        } else if (ngx_http_phone_verify_transport_test_is("timeout")) {
            o->timeout = ngx_parse_time(&v, 0);

        } else if (ngx_http_phone_verify_transport_test_is(
                                                      "keepalive_timeout"))
        {
            o->keepalive_timeout = ngx_parse_time(&v, 0);

        } else if (ngx_http_phone_verify_transport_test_is(
                                                       "resolver_timeout"))
        {
            o->resolver_timeout = ngx_parse_time(&v, 0);

        } else if (ngx_http_phone_verify_transport_test_is("max_response")) {
            o->max_response = ngx_parse_size(&v);

        } else if (ngx_http_phone_verify_transport_test_is("max_transfers")) {
            o->max_transfers = ngx_atoi(v.data, v.len);

        } else {
            return "has an unknown parameter";
        }
    }

    if (names.nelts) {
        o->resolver = ngx_resolver_create(cf, names.elts, names.nelts);
        if (o->resolver == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    if (ngx_http_phone_verify_origin_init(cf, o) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    tcf->origin = o;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_phone_verify_transport_test_handler;

    return NGX_CONF_OK;
}


static char *
ngx_http_phone_verify_transport_test_stats(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_phone_verify_transport_test_stats_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_phone_verify_transport_test_init(ngx_cycle_t *cycle)
{
    return ngx_http_phone_verify_transport_init(cycle);
}


static void
ngx_http_phone_verify_transport_test_exit(ngx_cycle_t *cycle)
{
    ngx_http_phone_verify_transport_exit(cycle);
}


static ngx_int_t
ngx_http_phone_verify_transport_test_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_http_read_client_request_body(r,
                                ngx_http_phone_verify_transport_test_body);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


static void
ngx_http_phone_verify_transport_test_body(ngx_http_request_t *r)
{
    ngx_int_t                                    rc;
    ngx_str_t                                    value;
    ngx_http_cleanup_t                          *cln;
    ngx_http_phone_verify_transport_test_ctx_t  *ctx;

    cln = ngx_http_cleanup_add(r,
                          sizeof(ngx_http_phone_verify_transport_test_ctx_t));
    if (cln == NULL) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    ctx = cln->data;
    cln->handler = ngx_http_phone_verify_transport_test_cleanup;

    ctx->request = r;
    ctx->transfer = NULL;
    ctx->times = 1;

    if (ngx_http_arg(r, (u_char *) "times", 5, &value) == NGX_OK) {
        ctx->times = ngx_atoi(value.data, value.len);
    }

    rc = ngx_http_phone_verify_transport_test_start(ctx);

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    r->read_event_handler = ngx_http_test_reading;
}


static ngx_int_t
ngx_http_phone_verify_transport_test_start(
    ngx_http_phone_verify_transport_test_ctx_t *ctx)
{
    u_char                                       *p;
    ngx_int_t                                     rc;
    ngx_str_t                                     header, name;
    ngx_http_request_t                           *r;
    ngx_http_phone_verify_transfer_t             *t;
    ngx_http_phone_verify_transport_test_conf_t  *tcf;

    r = ctx->request;

    tcf = ngx_http_get_module_loc_conf(r,
                                 ngx_http_phone_verify_transport_test_module);

    t = ngx_http_phone_verify_transfer_create(tcf->origin,
                                              r->connection->log);
    if (t == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_str_null(&header);

    if (ngx_http_phone_verify_transport_test_arg(r, t->pool, "m", &t->method)
        == NGX_ERROR
        || ngx_http_phone_verify_transport_test_arg(r, t->pool, "p", &t->path)
           == NGX_ERROR
        || ngx_http_phone_verify_transport_test_arg(r, t->pool, "b", &t->body)
           == NGX_ERROR
        || ngx_http_phone_verify_transport_test_arg(r, t->pool, "h", &header)
           == NGX_ERROR)
    {
        ngx_http_phone_verify_transfer_discard(t);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (header.len) {
        p = ngx_strlchr(header.data, header.data + header.len, ':');

        if (p == NULL) {
            ngx_http_phone_verify_transfer_discard(t);
            return NGX_HTTP_BAD_REQUEST;
        }

        name.data = header.data;
        name.len = p++ - header.data;
        header.len -= p - header.data;
        header.data = p;

        if (ngx_http_phone_verify_transfer_header(t, &name, &header)
            != NGX_OK)
        {
            ngx_http_phone_verify_transfer_discard(t);
            return NGX_HTTP_BAD_REQUEST;
        }
    }

    t->handler = ngx_http_phone_verify_transport_test_done;
    t->data = ctx;

    rc = ngx_http_phone_verify_transfer_start(t);

    if (rc == NGX_OK) {
        ctx->transfer = t;
        return NGX_OK;
    }

    return (rc == NGX_BUSY) ? NGX_HTTP_SERVICE_UNAVAILABLE
                            : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static void
ngx_http_phone_verify_transport_test_done(ngx_http_phone_verify_transfer_t *t)
{
    u_char                                      *p;
    size_t                                       len;
    ngx_int_t                                    rc;
    ngx_str_t                                    text;
    const char                                  *outcome;
    ngx_connection_t                            *c;
    ngx_http_request_t                          *r;
    ngx_http_phone_verify_transport_test_ctx_t  *ctx;

    outcome = ngx_http_phone_verify_transport_test_outcomes[t->outcome];

    if (t->detached) {
        ngx_log_error(NGX_LOG_NOTICE, t->log, 0,
                      "transport test: detached %s %ui %V%s",
                      outcome, t->status, &t->error,
                      t->no_sign ? ", no sign" : "");
        return;
    }

    ctx = t->data;
    ctx->transfer = NULL;

    r = ctx->request;
    c = r->connection;

    if (--ctx->times > 0
        && t->outcome == NGX_HTTP_PHONE_VERIFY_TRANSFER_RECEIVED)
    {
        rc = ngx_http_phone_verify_transport_test_start(ctx);

        if (rc == NGX_OK) {
            return;
        }

        goto done;
    }

    len = sizeof("outcome:\nstatus:\nerror:\ntype:\nlanguage:\nretry:\n"
                 "worker:\nno_sign:\n\n") + 16 + 4 * NGX_INT64_LEN
          + t->error.len + t->content_type.len + t->content_language.len
          + t->answer.len;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
        goto done;
    }

    text.data = p;
    text.len = ngx_snprintf(p, len, "outcome:%s\nstatus:%ui\nerror:%V\n"
                            "type:%V\nlanguage:%V\nretry:%T\nworker:%P\n"
                            "no_sign:%ui\n\n%V",
                            outcome, t->status, &t->error, &t->content_type,
                            &t->content_language, t->retry_after, ngx_pid,
                            (ngx_uint_t) t->no_sign, &t->answer)
               - p;

    rc = ngx_http_phone_verify_transport_test_send(r, &text);

done:

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_phone_verify_transport_test_cleanup(void *data)
{
    ngx_http_phone_verify_transport_test_ctx_t  *ctx = data;

    if (ctx->transfer) {
        ngx_http_phone_verify_transfer_detach(ctx->transfer);
        ctx->transfer = NULL;
    }
}


static ngx_int_t
ngx_http_phone_verify_transport_test_arg(ngx_http_request_t *r,
    ngx_pool_t *pool, char *name, ngx_str_t *value)
{
    u_char     *dst, *src;
    ngx_str_t   arg;

    if (ngx_http_arg(r, (u_char *) name, ngx_strlen(name), &arg) != NGX_OK) {
        return NGX_DECLINED;
    }

    dst = ngx_pnalloc(pool, arg.len + 1);
    if (dst == NULL) {
        return NGX_ERROR;
    }

    value->data = dst;
    src = arg.data;
    ngx_unescape_uri(&dst, &src, arg.len, 0);
    value->len = dst - value->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_phone_verify_transport_test_send(ngx_http_request_t *r,
    ngx_str_t *text)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    ngx_str_set(&r->headers_out.content_type, "text/plain");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = text->len;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = text->data;
    b->last = text->data + text->len;
    b->memory = 1;
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_int_t
ngx_http_phone_verify_transport_test_stats_handler(ngx_http_request_t *r)
{
    u_char                                         *p;
    size_t                                          len;
    ngx_int_t                                       rc;
    ngx_str_t                                       text;
    const ngx_http_phone_verify_transport_stats_t  *stats;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    stats = ngx_http_phone_verify_transport_stats();

    len = 6 * (16 + NGX_INT64_LEN);

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text.data = p;
    text.len = ngx_snprintf(p, len, "in_flight:%ui\nsockets:%ui\nrefused:%ui\n"
                            "connections:%ui\nreused:%ui\nworker:%P\n",
                            stats->in_flight, stats->sockets, stats->refused,
                            stats->connections, stats->reused, ngx_pid)
               - p;

    return ngx_http_phone_verify_transport_test_send(r, &text);
}
