
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/lint_impl.h"
#include "transport/origin.h"


static void ngx_http_phone_verify_lint_rewrite(ngx_conf_t *cf,
    ngx_http_phone_verify_loc_conf_t *conf, ngx_http_core_loc_conf_t *clcf);
static void ngx_http_phone_verify_lint_return(ngx_conf_t *cf,
    ngx_http_phone_verify_loc_conf_t *conf, ngx_http_core_loc_conf_t *clcf,
    ngx_http_script_return_code_t *code);
static ngx_uint_t ngx_http_phone_verify_lint_same(const ngx_str_t *a,
    const ngx_str_t *b);
static void ngx_http_phone_verify_lint_app(ngx_conf_t *cf,
    ngx_http_phone_verify_app_t *app);


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


ngx_uint_t
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


void *
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


ngx_module_t *
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

            if (ngx_http_phone_verify_lint_same(&app[i]->grant_cookie,
                                                &app[n]->grant_cookie)
                || ngx_http_phone_verify_lint_same(&app[i]->grant_cookie,
                                                   &app[n]->pending_cookie)
                || ngx_http_phone_verify_lint_same(&app[i]->pending_cookie,
                                                   &app[n]->grant_cookie))
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


static ngx_uint_t
ngx_http_phone_verify_lint_same(const ngx_str_t *a, const ngx_str_t *b)
{
    return a->len == b->len && ngx_strncmp(a->data, b->data, a->len) == 0;
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
