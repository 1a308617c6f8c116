
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/lint.h"
#include "transport/origin.h"


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


static ngx_int_t ngx_http_phone_verify_lint_gated(ngx_conf_t *cf,
    ngx_http_phone_verify_loc_conf_t *conf);
static ngx_int_t ngx_http_phone_verify_lint_admin(ngx_conf_t *cf,
    ngx_str_t *name);
static ngx_uint_t ngx_http_phone_verify_lint_guarded(ngx_conf_t *cf,
    void **loc_conf);
static ngx_uint_t ngx_http_phone_verify_lint_certified(ngx_conf_t *cf,
    ngx_http_core_main_conf_t *cmcf, ngx_http_core_srv_conf_t *server);
static void *ngx_http_phone_verify_lint_conf(ngx_conf_t *cf, void **loc_conf,
    const char *name);
static ngx_module_t *ngx_http_phone_verify_lint_module(ngx_conf_t *cf,
    const char *name);
static ngx_uint_t ngx_http_phone_verify_lint_said(
    ngx_http_phone_verify_place_t *gate, ngx_uint_t what);
static void ngx_http_phone_verify_lint_rewrite(ngx_conf_t *cf,
    ngx_http_phone_verify_loc_conf_t *conf, ngx_http_core_loc_conf_t *clcf);
static void ngx_http_phone_verify_lint_return(ngx_conf_t *cf,
    ngx_http_phone_verify_loc_conf_t *conf, ngx_http_core_loc_conf_t *clcf,
    ngx_http_script_return_code_t *code);
static ngx_uint_t ngx_http_phone_verify_lint_reached(
    ngx_http_core_main_conf_t *cmcf, ngx_http_core_srv_conf_t *server,
    ngx_uint_t *tls);
static ngx_uint_t ngx_http_phone_verify_lint_local(struct sockaddr *sa);
static void ngx_http_phone_verify_lint_app(ngx_conf_t *cf,
    ngx_http_phone_verify_app_t *app);


#define NGX_HTTP_PHONE_VERIFY_SAID_SATISFY  0x01
#define NGX_HTTP_PHONE_VERIFY_SAID_LISTEN   0x02


ngx_int_t
ngx_http_phone_verify_lint_location(ngx_conf_t *cf,
    ngx_http_phone_verify_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    if (conf->operators) {
        return ngx_http_phone_verify_lint_admin(cf, conf->operators);
    }

    if (conf->gate == NULL || conf->optional || conf->handler) {
        return NGX_OK;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->satisfy == NGX_HTTP_SATISFY_ANY
        && !ngx_http_phone_verify_lint_said(conf->where,
                                           NGX_HTTP_PHONE_VERIFY_SAID_SATISFY))
    {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "phone_verify: under \"satisfy any\" the gate in %V:%ui "
                      "is open to whoever another access module lets in",
                      &conf->where->file, conf->where->line);
    }

    ngx_http_phone_verify_lint_rewrite(cf, conf, clcf);

    return ngx_http_phone_verify_lint_gated(cf, conf);
}


static ngx_int_t
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


static ngx_int_t
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


/* A gate is inherited by many locations, and told of once. */

static ngx_uint_t
ngx_http_phone_verify_lint_said(ngx_http_phone_verify_place_t *gate,
    ngx_uint_t what)
{
    ngx_uint_t  said;

    said = gate->said & what;
    gate->said |= what;

    return said;
}


/*
 * The rewrite phase is over before gates are asked.  Its codes are one after
 * the other, each beginning with the address of its function; whatever else
 * stands between, no other word has the value of these addresses.
 */

static void
ngx_http_phone_verify_lint_rewrite(ngx_conf_t *cf,
    ngx_http_phone_verify_loc_conf_t *conf, ngx_http_core_loc_conf_t *clcf)
{
    u_char                        *p, *last;
    uintptr_t                      code;
    ngx_array_t                   *codes;
    ngx_http_conf_ctx_t           *ctx;
#if (NGX_PCRE)
    ngx_http_script_regex_code_t  *regex;
#endif

    ctx = cf->ctx;
    codes = ngx_http_phone_verify_lint_conf(cf, ctx->loc_conf,
                                            "ngx_http_rewrite_module");

    if (codes == NULL || codes->size != 1) {
        return;
    }

    p = codes->elts;
    last = p + codes->nelts;

    for ( /* void */ ; p + sizeof(uintptr_t) <= last; p += sizeof(uintptr_t)) {
        code = *(uintptr_t *) p;

        if (code == (uintptr_t) ngx_http_script_return_code
            && p + sizeof(ngx_http_script_return_code_t) <= last)
        {
            ngx_http_phone_verify_lint_return(cf, conf, clcf,
                                          (ngx_http_script_return_code_t *) p);
            continue;
        }

#if (NGX_PCRE)

        if (code != (uintptr_t) ngx_http_script_regex_start_code
            || p + sizeof(ngx_http_script_regex_code_t) > last)
        {
            continue;
        }

        regex = (ngx_http_script_regex_code_t *) p;

        if (!conf->inherited && clcf->name.len && !regex->test
            && (regex->redirect || (regex->uri && !regex->break_cycle)))
        {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "phone_verify: a \"rewrite\" in location \"%V\" "
                          "leads away before the gate in %V:%ui is asked",
                          &clcf->name, &conf->where->file,
                          conf->where->line);
        }

#endif
    }
}


/*
 * The first word of another module's configuration.  That is its own, but
 * there is no other way to see it, and these have always begun as they do.
 */

static void *
ngx_http_phone_verify_lint_conf(ngx_conf_t *cf, void **loc_conf,
    const char *name)
{
    void          **conf;
    ngx_module_t   *module;

    module = ngx_http_phone_verify_lint_module(cf, name);
    if (module == NULL) {
        return NULL;
    }

    conf = loc_conf[module->ctx_index];

    return conf ? *conf : NULL;
}


/* One that this nginx may have been built without, or NULL. */

static ngx_module_t *
ngx_http_phone_verify_lint_module(ngx_conf_t *cf, const char *name)
{
    ngx_uint_t     i;
    ngx_module_t  *module;

    for (i = 0; cf->cycle->modules[i]; i++) {
        module = cf->cycle->modules[i];

        if (module->type == NGX_HTTP_MODULE
            && ngx_strcmp(module->name, name) == 0)
        {
            return module;
        }
    }

    return NULL;
}


/*
 * What is sent past a gate that was inherited is told of; a redirect is a
 * gate's business only where both stand side by side in one location.  An
 * error is no secret.
 */

static void
ngx_http_phone_verify_lint_return(ngx_conf_t *cf,
    ngx_http_phone_verify_loc_conf_t *conf, ngx_http_core_loc_conf_t *clcf,
    ngx_http_script_return_code_t *code)
{
    ngx_uint_t  text;

    text = (code->text.value.len || code->text.lengths);

    if (code->status >= NGX_HTTP_BAD_REQUEST
        || (code->status >= NGX_HTTP_SPECIAL_RESPONSE
            && (conf->inherited || clcf->name.len == 0))
        || (code->status < NGX_HTTP_SPECIAL_RESPONSE && !text))
    {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "phone_verify: a \"return\" in %s%V%s answers before the "
                  "gate in %V:%ui is asked%s",
                  clcf->name.len ? "location \"" : "a server", &clcf->name,
                  clcf->name.len ? "\"" : "", &conf->where->file,
                  conf->where->line,
                  conf->inherited ? "; with \"phone_verify off\" beside it "
                                    "this is meant" : "");
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
    void        *conf;
    ngx_uint_t   i;

    static const char  *guards[] = {
        "ngx_http_access_module",
        "ngx_http_auth_basic_module",
        "ngx_http_auth_request_module"
    };

    for (i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
        conf = ngx_http_phone_verify_lint_conf(cf, loc_conf, guards[i]);

        if (conf && conf != NGX_CONF_UNSET_PTR) {
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


static ngx_uint_t
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


void
ngx_http_phone_verify_lint_apps(ngx_conf_t *cf,
    ngx_http_phone_verify_main_conf_t *mcf)
{
    ngx_uint_t                     i, n;
    ngx_http_phone_verify_app_t  **app;

    app = mcf->apps.elts;

    for (i = 0; i < mcf->apps.nelts; i++) {

        ngx_http_phone_verify_lint_app(cf, app[i]);

        for (n = 0; n < i; n++) {

            if (app[i]->grant_cookie.len == app[n]->grant_cookie.len
                && ngx_strncmp(app[i]->grant_cookie.data,
                               app[n]->grant_cookie.data,
                               app[i]->grant_cookie.len)
                   == 0)
            {
                ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                              "phone_verify_app \"%V\" and \"%V\" have the "
                              "same cookie: on one host, each would end the "
                              "other's sessions, in %V:%ui",
                              &app[n]->name, &app[i]->name,
                              &app[i]->file, app[i]->line);
                break;
            }
        }
    }
}


static void
ngx_http_phone_verify_lint_app(ngx_conf_t *cf,
    ngx_http_phone_verify_app_t *app)
{
    ngx_uint_t                             i, local;
    const ngx_http_phone_verify_origin_t  *origin;

    origin = app->sinch.origin;

    if (!origin->https) {

        /* on this machine it is a simulator */

        local = (origin->naddrs != 0);

        for (i = 0; i < origin->naddrs; i++) {
            local &= ngx_http_phone_verify_lint_local(
                                                    origin->addrs[i].sockaddr);
        }

        if (!local) {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "phone_verify_app \"%V\": numbers and codes go to "
                          "\"%V\" in plain text, and whoever answers decides "
                          "who is verified, in %V:%ui",
                          &app->name, &origin->url, &app->file, app->line);
        }
    }

    if (app->origins_dry) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "phone_verify_app \"%V\": while \"allow_origins\" is "
                      "in a dry run, pages of all sites can start and end "
                      "verifications in the name of their visitors, in %V:%ui",
                      &app->name, &app->file, app->line);
    }

    if (app->own_codes
        && (app->guesses.dry_run
            || (app->policy.attempts == 0 && app->guesses.number.count == 0)))
    {
        /* Sinch, which counts as well, never hears of wrong ones */

        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "phone_verify_app \"%V\": \"own_codes\" can be guessed "
                      "where \"attempts\" refuses nobody, in %V:%ui",
                      &app->name, &app->file, app->line);
    }

    if (app->callbacks) {
        return;
    }

    if (app->own_codes) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "phone_verify_app \"%V\": \"own_codes\" needs a "
                      "\"phone_verify_callback\", by which Sinch asks for "
                      "them, in %V:%ui", &app->name, &app->file, app->line);
    }

    if (app->money.max_price || app->money.nbudgets) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "phone_verify_app \"%V\": \"%s\" needs a "
                      "\"phone_verify_callback\", by which Sinch tells a "
                      "price before it sends, in %V:%ui", &app->name,
                      app->money.max_price ? "max_price" : "budget",
                      &app->file, app->line);
    }

    if (app->poll) {
        return;
    }

    for (i = 0; i < app->nmethods; i++) {

        if (ngx_http_phone_verify_methods[app->methods[i]].proof.len == 0) {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "phone_verify_app \"%V\": nobody hears how a "
                          "\"%V\" verification ends without \"poll\" or a "
                          "\"phone_verify_callback\", in %V:%ui",
                          &app->name,
                          &ngx_http_phone_verify_methods[app->methods[i]].name,
                          &app->file, app->line);
        }
    }
}
