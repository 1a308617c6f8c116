
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <curl/curl.h>

#include "transport/loop.h"
#include "transport/socket.h"


typedef struct {
    ngx_rbtree_node_t   node;        /* the key is the descriptor */
    ngx_connection_t   *connection;
    unsigned            owned:1;     /* we opened it, we close it */
} ngx_http_phone_verify_socket_t;


static ngx_http_phone_verify_socket_t *ngx_http_phone_verify_socket_attach(
    curl_socket_t fd);
static void ngx_http_phone_verify_socket_detach(
    ngx_http_phone_verify_socket_t *s);
static void ngx_http_phone_verify_socket_forget(
    ngx_http_phone_verify_socket_t *s);
static void ngx_http_phone_verify_socket_release(
    ngx_http_phone_verify_socket_t *s);
static ngx_http_phone_verify_socket_t *ngx_http_phone_verify_socket_find(
    curl_socket_t fd);
static void ngx_http_phone_verify_socket_interest(ngx_event_t *ev,
    ngx_int_t event, ngx_uint_t wanted);
static void ngx_http_phone_verify_socket_handler(ngx_event_t *ev);


static ngx_uint_t         ngx_http_phone_verify_nsockets;
static ngx_rbtree_t       ngx_http_phone_verify_socket_rbtree;
static ngx_rbtree_node_t  ngx_http_phone_verify_socket_sentinel;


curl_socket_t
ngx_http_phone_verify_socket_open(void *data, curlsocktype purpose,
    struct curl_sockaddr *addr)
{
    ngx_socket_t                     fd;
    ngx_http_phone_verify_socket_t  *s;

    (void) data;
    (void) purpose;

    /* ngx_get_connection() would tell of this with an alert */

    if (ngx_cycle->free_connection_n == 0
        && ngx_cycle->reusable_connections_n == 0)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "no worker connection is left for a request");
        return CURL_SOCKET_BAD;
    }

    fd = socket(addr->family, addr->socktype, addr->protocol);
    if (fd == (ngx_socket_t) -1) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_socket_errno,
                      ngx_socket_n " failed");
        return CURL_SOCKET_BAD;
    }

    if (ngx_nonblocking(fd) == -1) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_socket_errno,
                      ngx_nonblocking_n " failed");
        goto failed;
    }

    if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "fcntl(FD_CLOEXEC) failed");
        goto failed;
    }

    /* in some failures libcurl closes a socket and does not tell */

    s = ngx_http_phone_verify_socket_find(fd);
    if (s) {
        ngx_http_phone_verify_socket_forget(s);
    }

    s = ngx_http_phone_verify_socket_attach(fd);
    if (s == NULL) {
        goto failed;
    }

    s->owned = 1;

    return fd;

failed:

    if (ngx_close_socket(fd) == -1) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, ngx_socket_errno,
                      ngx_close_socket_n " failed");
    }

    return CURL_SOCKET_BAD;
}


int
ngx_http_phone_verify_socket_close(void *data, curl_socket_t fd)
{
    ngx_http_phone_verify_socket_t  *s;

    (void) data;

    s = ngx_http_phone_verify_socket_find(fd);

    if (s) {
        ngx_http_phone_verify_socket_detach(s);

    } else if (ngx_close_socket(fd) == -1) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, ngx_socket_errno,
                      ngx_close_socket_n " failed");
    }

    return 0;
}


/*
 * Never returns -1, which would end every transfer there is.  What goes wrong
 * here is left to the deadline of the one that it concerns.
 */

int
ngx_http_phone_verify_socket_watch(CURL *easy, curl_socket_t fd, int what,
    void *data, void *socketp)
{
    ngx_connection_t                *c;
    ngx_http_phone_verify_socket_t  *s;

    (void) easy;
    (void) data;
    (void) socketp;

    s = ngx_http_phone_verify_socket_find(fd);

    if (s == NULL) {

        /* some versions remove what they never announced */

        if (what == CURL_POLL_REMOVE) {
            return 0;
        }

        /* a descriptor of libcurl's own, for its internal use */

        s = ngx_http_phone_verify_socket_attach(fd);
        if (s == NULL) {
            return 0;
        }
    }

    if (what == CURL_POLL_REMOVE && !s->owned) {
        ngx_http_phone_verify_socket_detach(s);
        return 0;
    }

    c = s->connection;

    /* what is wanted comes first: epoll then modifies, and never deletes */

    if (what == CURL_POLL_OUT) {
        ngx_http_phone_verify_socket_interest(c->write, NGX_WRITE_EVENT, 1);
        ngx_http_phone_verify_socket_interest(c->read, NGX_READ_EVENT, 0);
        return 0;
    }

    ngx_http_phone_verify_socket_interest(c->read, NGX_READ_EVENT,
                                          what == CURL_POLL_IN
                                          || what == CURL_POLL_INOUT);
    ngx_http_phone_verify_socket_interest(c->write, NGX_WRITE_EVENT,
                                          what == CURL_POLL_INOUT);

    return 0;
}


void
ngx_http_phone_verify_sockets_forget(void)
{
    ngx_rbtree_node_t               *node, *sentinel;
    ngx_http_phone_verify_socket_t  *s;

    sentinel = &ngx_http_phone_verify_socket_sentinel;

    for ( ;; ) {
        node = ngx_http_phone_verify_socket_rbtree.root;

        if (node == NULL || node == sentinel) {
            return;
        }

        s = ngx_rbtree_data(node, ngx_http_phone_verify_socket_t, node);
        ngx_http_phone_verify_socket_forget(s);
    }
}


ngx_uint_t
ngx_http_phone_verify_sockets(void)
{
    return ngx_http_phone_verify_nsockets;
}


static ngx_http_phone_verify_socket_t *
ngx_http_phone_verify_socket_attach(curl_socket_t fd)
{
    ngx_connection_t                *c;
    ngx_http_phone_verify_socket_t  *s;

    if (ngx_http_phone_verify_socket_rbtree.root == NULL) {
        ngx_rbtree_init(&ngx_http_phone_verify_socket_rbtree,
                        &ngx_http_phone_verify_socket_sentinel,
                        ngx_rbtree_insert_value);
    }

    s = ngx_calloc(sizeof(ngx_http_phone_verify_socket_t), ngx_cycle->log);
    if (s == NULL) {
        return NULL;
    }

    c = ngx_get_connection(fd, ngx_cycle->log);
    if (c == NULL) {
        ngx_free(s);
        return NULL;
    }

    c->data = s;
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);

    /* worker_shutdown_timeout calls the read handler of every connection */

    c->read->handler = ngx_http_phone_verify_socket_handler;
    c->write->handler = ngx_http_phone_verify_socket_handler;
    c->read->log = c->log;
    c->write->log = c->log;

    s->connection = c;
    s->node.key = fd;

    ngx_rbtree_insert(&ngx_http_phone_verify_socket_rbtree, &s->node);
    ngx_http_phone_verify_nsockets++;

    return s;
}


static void
ngx_http_phone_verify_socket_detach(ngx_http_phone_verify_socket_t *s)
{
    ngx_connection_t  *c;

    c = s->connection;

    ngx_rbtree_delete(&ngx_http_phone_verify_socket_rbtree, &s->node);
    ngx_http_phone_verify_nsockets--;

    if (s->owned) {
        ngx_close_connection(c);
        ngx_free(s);
        return;
    }

    ngx_http_phone_verify_socket_interest(c->read, NGX_READ_EVENT, 0);
    ngx_http_phone_verify_socket_interest(c->write, NGX_WRITE_EVENT, 0);

    ngx_http_phone_verify_socket_release(s);
}


/*
 * The descriptor has been closed, and its number may be somebody else's by
 * now: nothing may be done with it any more.
 */

static void
ngx_http_phone_verify_socket_forget(ngx_http_phone_verify_socket_t *s)
{
    ngx_rbtree_delete(&ngx_http_phone_verify_socket_rbtree, &s->node);
    ngx_http_phone_verify_nsockets--;

    s->connection->read->active = 0;
    s->connection->write->active = 0;

    ngx_http_phone_verify_socket_release(s);
}


/* As ngx_close_connection() does, but the descriptor is left alone */

static void
ngx_http_phone_verify_socket_release(ngx_http_phone_verify_socket_t *s)
{
    ngx_connection_t  *c;

    c = s->connection;

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    c->read->closed = 1;
    c->write->closed = 1;

    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;

    ngx_free(s);
}


static ngx_http_phone_verify_socket_t *
ngx_http_phone_verify_socket_find(curl_socket_t fd)
{
    ngx_rbtree_key_t    key;
    ngx_rbtree_node_t  *node, *sentinel;

    node = ngx_http_phone_verify_socket_rbtree.root;
    sentinel = &ngx_http_phone_verify_socket_sentinel;

    if (node == NULL) {
        return NULL;
    }

    key = fd;

    while (node != sentinel) {

        if (key == node->key) {
            return ngx_rbtree_data(node, ngx_http_phone_verify_socket_t, node);
        }

        node = (key < node->key) ? node->left : node->right;
    }

    return NULL;
}


/*
 * Level-triggered: libcurl promises nowhere to read until there is no more,
 * so ngx_handle_read_event(), which may ask for edges, is not for it.
 */

static void
ngx_http_phone_verify_socket_interest(ngx_event_t *ev, ngx_int_t event,
    ngx_uint_t wanted)
{
    ngx_int_t  rc;

    if (wanted && !ev->active) {
        rc = ngx_add_event(ev, event, NGX_LEVEL_EVENT);

    } else if (!wanted && ev->active) {
        rc = ngx_del_event(ev, event, 0);

    } else {
        return;
    }

    if (rc != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "an event of a request could not be changed");
    }
}


static void
ngx_http_phone_verify_socket_handler(ngx_event_t *ev)
{
    ngx_connection_t  *c;

    c = ev->data;

    if (c->close) {
        ngx_http_phone_verify_loop_closing();
        return;
    }

    /* may close the connection; errors are for libcurl to find */

    ngx_http_phone_verify_loop_ready(c->fd, ev->write ? CURL_CSELECT_OUT
                                                      : CURL_CSELECT_IN);
}
