
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/lint_impl.h"


/* Who can reach a server, what keeps others out, what browsers keep. */


/* A server that has a gate somewhere: what its listeners are looked at for. */

typedef struct {
    ngx_http_core_srv_conf_t       *server;
    ngx_http_phone_verify_place_t  *gate;
    ngx_http_phone_verify_app_t    *app;
} ngx_http_phone_verify_gated_t;


/* A location for operators: who keeps others out is known at the end. */

typedef struct {
    ngx_http_core_srv_conf_t       *server;
    void                          **loc_conf;
    ngx_str_t                      *name;
} ngx_http_phone_verify_admin_t;


static ngx_uint_t ngx_http_phone_verify_lint_reached(
    ngx_http_core_main_conf_t *cmcf, ngx_http_core_srv_conf_t *server,
    ngx_uint_t *tls);
static ngx_uint_t ngx_http_phone_verify_lint_guarded(ngx_conf_t *cf,
    void **loc_conf);
static ngx_uint_t ngx_http_phone_verify_lint_password(ngx_conf_t *cf,
    void **loc_conf);
static ngx_uint_t ngx_http_phone_verify_lint_denies(ngx_conf_t *cf,
    void **loc_conf);
static ngx_uint_t ngx_http_phone_verify_lint_certified(ngx_conf_t *cf,
    ngx_http_core_main_conf_t *cmcf, ngx_http_core_srv_conf_t *server);


ngx_int_t
ngx_http_phone_verify_lint_gated(ngx_conf_t *cf,
    ngx_http_phone_verify_loc_conf_t *conf)
{
    ngx_uint_t                          i;
    ngx_http_core_srv_conf_t           *server;
    ngx_http_phone_verify_gated_t      *gated;
    ngx_http_phone_verify_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_phone_verify_module);
    server = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    gated = mcf->gated.elts;

    for (i = 0; i < mcf->gated.nelts; i++) {
        if (gated[i].server == server && gated[i].gate == conf->where) {
            return NGX_OK;
        }
    }

    if (gated == NULL
        && ngx_array_init(&mcf->gated, cf->pool, 4,
                          sizeof(ngx_http_phone_verify_gated_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    gated = ngx_array_push(&mcf->gated);
    if (gated == NULL) {
        return NGX_ERROR;
    }

    gated->server = server;
    gated->gate = conf->where;
    gated->app = conf->gate;

    return NGX_OK;
}


ngx_int_t
ngx_http_phone_verify_lint_admin(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_http_conf_ctx_t                *ctx;
    ngx_http_phone_verify_admin_t      *admin;
    ngx_http_phone_verify_main_conf_t  *mcf;

    ctx = cf->ctx;
    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_phone_verify_module);

    if (mcf->admins.elts == NULL
        && ngx_array_init(&mcf->admins, cf->pool, 2,
                          sizeof(ngx_http_phone_verify_admin_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    admin = ngx_array_push(&mcf->admins);
    if (admin == NULL) {
        return NGX_ERROR;
    }

    admin->server = ngx_http_conf_get_module_srv_conf(cf,
                                                      ngx_http_core_module);
    admin->loc_conf = ctx->loc_conf;
    admin->name = name;

    return NGX_OK;
}


/* When all servers are known: who can come, and do browsers keep the cookie? */

void
ngx_http_phone_verify_lint_listeners(ngx_conf_t *cf,
    ngx_http_phone_verify_main_conf_t *mcf)
{
    ngx_uint_t                      i, tls;
    ngx_http_core_loc_conf_t       *clcf;
    ngx_http_core_main_conf_t      *cmcf;
    ngx_http_phone_verify_admin_t  *admin;
    ngx_http_phone_verify_gated_t  *gated;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    admin = mcf->admins.elts;

    for (i = 0; i < mcf->admins.nelts; i++) {

        if (!ngx_http_phone_verify_lint_reached(cmcf, admin[i].server, &tls)
            || ngx_http_phone_verify_lint_guarded(cf, admin[i].loc_conf)
            || ngx_http_phone_verify_lint_certified(cf, cmcf, admin[i].server))
        {
            continue;
        }

        clcf = admin[i].loc_conf[ngx_http_core_module.ctx_index];

        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "phone_verify: neither \"allow\" and \"deny\" nor a "
                      "password or a client's certificate guards the %V of "
                      "location \"%V\"",
                      admin[i].name, &clcf->name);
    }

    gated = mcf->gated.elts;

    for (i = 0; i < mcf->gated.nelts; i++) {

        if (gated[i].app->cookie_insecure
            || !ngx_http_phone_verify_lint_reached(cmcf, gated[i].server, &tls)
            || tls
            || ngx_http_phone_verify_lint_said(gated[i].gate,
                                            NGX_HTTP_PHONE_VERIFY_SAID_LISTEN))
        {
            continue;
        }

        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "phone_verify: no \"listen\" of the gate in %V:%ui has "
                      "\"ssl\", and browsers keep the cookie of app \"%V\" "
                      "only where something before nginx speaks https",
                      &gated[i].gate->file, gated[i].gate->line,
                      &gated[i].app->name);
    }
}


/*
 * 1 where others can reach the server's listeners, not this machine alone;
 * *tls: one of them has TLS, or the PROXY protocol from somebody before it.
 */

static ngx_uint_t
ngx_http_phone_verify_lint_reached(ngx_http_core_main_conf_t *cmcf,
    ngx_http_core_srv_conf_t *server, ngx_uint_t *tls)
{
    ngx_uint_t                  i, n, s, reached;
    ngx_http_conf_addr_t       *addr;
    ngx_http_conf_port_t       *port;
    ngx_http_core_srv_conf_t  **servers;

    *tls = 0;

    if (cmcf->ports == NULL) {
        return 0;
    }

    reached = 0;
    port = cmcf->ports->elts;

    for (i = 0; i < cmcf->ports->nelts; i++) {
        addr = port[i].addrs.elts;

        for (n = 0; n < port[i].addrs.nelts; n++) {
            servers = addr[n].servers.elts;

            for (s = 0; s < addr[n].servers.nelts; s++) {

                if (servers[s] != server) {
                    continue;
                }

                *tls |= (addr[n].opt.ssl || addr[n].opt.proxy_protocol);

#if (nginx_version >= 1025000)
                *tls |= addr[n].opt.quic;
#endif

                reached |= !ngx_http_phone_verify_lint_local(
                                                       addr[n].opt.sockaddr);
            }
        }
    }

    return reached;
}


/* Access rules, a password, another server's word: what nginx has by itself. */

static ngx_uint_t
ngx_http_phone_verify_lint_guarded(ngx_conf_t *cf, void **loc_conf)
{
    void  *uri;

    if (ngx_http_phone_verify_lint_denies(cf, loc_conf)
        || ngx_http_phone_verify_lint_password(cf, loc_conf))
    {
        return 1;
    }

    uri = ngx_http_phone_verify_lint_conf(cf, loc_conf,
                                          "ngx_http_auth_request_module");

    return uri && uri != NGX_CONF_UNSET_PTR;
}


/*
 * 1 where a password is asked for.  "off" is a realm like any other until a
 * request comes, and without a file of passwords none is asked.
 */

static ngx_uint_t
ngx_http_phone_verify_lint_password(ngx_conf_t *cf, void **loc_conf)
{
    void          **conf;
    ngx_str_t      *realm;
    ngx_module_t   *module;

    module = ngx_http_phone_verify_lint_module(cf,
                                               "ngx_http_auth_basic_module");
    if (module == NULL) {
        return 0;
    }

    /* the realm, a complex value, and the file */

    conf = loc_conf[module->ctx_index];
    realm = conf[0];

    return realm && (void *) realm != NGX_CONF_UNSET_PTR && conf[1]
           && (realm->len != 3 || ngx_strncmp(realm->data, "off", 3) != 0);
}


/*
 * 1 where a rule of the access module denies: others are of no avail.  It may
 * be for an address alone; "deny all" is among those of IPv4 as well.
 */

static ngx_uint_t
ngx_http_phone_verify_lint_denies(ngx_conf_t *cf, void **loc_conf)
{
    u_char       *rule;
    ngx_uint_t    i;
    ngx_array_t  *rules;

    rules = ngx_http_phone_verify_lint_conf(cf, loc_conf,
                                            "ngx_http_access_module");

    if (rules == NULL || (void *) rules == NGX_CONF_UNSET_PTR) {
        return 0;
    }

    rule = rules->elts;

    for (i = 0; i < rules->nelts; i++) {

        /* its last word says whether it denies */

        rule += rules->size;

        if (*(ngx_uint_t *) (rule - sizeof(ngx_uint_t))) {
            return 1;
        }
    }

    return 0;
}


/*
 * 1 where nobody without a certificate is answered: "ssl_verify_client on", and
 * no listener that others reach is without TLS.
 */

static ngx_uint_t
ngx_http_phone_verify_lint_certified(ngx_conf_t *cf,
    ngx_http_core_main_conf_t *cmcf, ngx_http_core_srv_conf_t *server)
{
#if (NGX_HTTP_SSL)

    ngx_uint_t                  i, n, s, tls;
    ngx_module_t               *module;
    ngx_http_conf_addr_t       *addr;
    ngx_http_conf_port_t       *port;
    ngx_http_ssl_srv_conf_t    *sscf;
    ngx_http_core_srv_conf_t  **servers;

    module = ngx_http_phone_verify_lint_module(cf, "ngx_http_ssl_module");
    if (module == NULL) {
        return 0;
    }

    sscf = server->ctx->srv_conf[module->ctx_index];

    if (sscf->verify != 1) {
        return 0;
    }

    port = cmcf->ports->elts;

    for (i = 0; i < cmcf->ports->nelts; i++) {
        addr = port[i].addrs.elts;

        for (n = 0; n < port[i].addrs.nelts; n++) {
            servers = addr[n].servers.elts;

            tls = addr[n].opt.ssl;

#if (nginx_version >= 1025000)
            tls |= addr[n].opt.quic;
#endif

            if (tls || ngx_http_phone_verify_lint_local(addr[n].opt.sockaddr)) {
                continue;
            }

            for (s = 0; s < addr[n].servers.nelts; s++) {
                if (servers[s] == server) {
                    return 0;
                }
            }
        }
    }

    return 1;

#else

    return 0;

#endif
}


ngx_uint_t
ngx_http_phone_verify_lint_local(struct sockaddr *sa)
{
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    switch (sa->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) sa;
        return (ntohl(sin->sin_addr.s_addr) >> 24) == 127;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) sa;
        return IN6_IS_ADDR_LOOPBACK(&sin6->sin6_addr);
#endif

    default: /* AF_UNIX */
        return 1;
    }
}
