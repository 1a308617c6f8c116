
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/conf.h"
#include "conf/lint.h"
#include "endpoints/endpoint.h"
#include "gate/gate.h"
#include "transport/transport.h"


/* The front door: what nginx is told of, and where it leads. */


static ngx_int_t ngx_http_phone_verify_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_phone_verify_postconfiguration(ngx_conf_t *cf);


#define NGX_HTTP_PHONE_VERIFY_ANYWHERE                                        \
    NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF

#define ngx_http_phone_verify_endpoint(name, args, handler)                   \
    { ngx_string(name),                                                       \
      NGX_HTTP_LOC_CONF|args,                                                 \
      ngx_http_phone_verify_endpoint_directive,                               \
      NGX_HTTP_LOC_CONF_OFFSET,                                               \
      0,                                                                      \
      (void *) handler }


static ngx_command_t  ngx_http_phone_verify_commands[] = {

    { ngx_string("phone_verify_app"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_phone_verify_app_block,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("phone_verify"),
      NGX_HTTP_PHONE_VERIFY_ANYWHERE|NGX_HTTP_LMT_CONF|NGX_CONF_TAKE1234,
      ngx_http_phone_verify_gate_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("phone_verify_skip"),
      NGX_HTTP_PHONE_VERIFY_ANYWHERE|NGX_CONF_1MORE,
      ngx_http_phone_verify_skip_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_phone_verify_loc_conf_t, skip),
      NULL },

    { ngx_string("phone_verify_page"),
      NGX_HTTP_PHONE_VERIFY_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_phone_verify_page_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_phone_verify_loc_conf_t, page),
      NULL },

    ngx_http_phone_verify_endpoint("phone_verify_start", NGX_CONF_TAKE12,
                                   ngx_http_phone_verify_start_handler),

    ngx_http_phone_verify_endpoint("phone_verify_report", NGX_CONF_TAKE1,
                                   ngx_http_phone_verify_report_handler),

    ngx_http_phone_verify_endpoint("phone_verify_status", NGX_CONF_TAKE1,
                                   ngx_http_phone_verify_status_handler),

    ngx_http_phone_verify_endpoint("phone_verify_revoke", NGX_CONF_TAKE1,
                                   ngx_http_phone_verify_revoke_handler),

    ngx_http_phone_verify_endpoint("phone_verify_callback", NGX_CONF_TAKE1,
                                   ngx_http_phone_verify_callback_handler),

    ngx_http_phone_verify_endpoint("phone_verify_query", NGX_CONF_TAKE1,
                                   ngx_http_phone_verify_query_handler),

    ngx_http_phone_verify_endpoint("phone_verify_check", NGX_CONF_TAKE1234,
                                   ngx_http_phone_verify_check_handler),

    ngx_http_phone_verify_endpoint("phone_verify_admin", NGX_CONF_TAKE1,
                                   ngx_http_phone_verify_admin_handler),

    ngx_http_phone_verify_endpoint("phone_verify_metrics", NGX_CONF_NOARGS,
                                   ngx_http_phone_verify_metrics_handler),

      ngx_null_command
};


static ngx_http_module_t  ngx_http_phone_verify_module_ctx = {
    ngx_http_phone_verify_preconfiguration,   /* preconfiguration */
    ngx_http_phone_verify_postconfiguration,  /* postconfiguration */

    ngx_http_phone_verify_create_main_conf,   /* create main configuration */
    ngx_http_phone_verify_init_main_conf,     /* init main configuration */

    NULL,                                     /* create server configuration */
    NULL,                                     /* merge server configuration */

    ngx_http_phone_verify_create_loc_conf,    /* create location conf */
    ngx_http_phone_verify_merge_loc_conf      /* merge location conf */
};


ngx_module_t  ngx_http_phone_verify_module = {
    NGX_MODULE_V1,
    &ngx_http_phone_verify_module_ctx,        /* module context */
    ngx_http_phone_verify_commands,           /* module directives */
    NGX_HTTP_MODULE,                          /* module type */
    NULL,                                     /* init master */
    ngx_http_phone_verify_init_module,        /* init module */
    ngx_http_phone_verify_transport_init,     /* init process */
    NULL,                                     /* init thread */
    NULL,                                     /* exit thread */
    ngx_http_phone_verify_transport_exit,     /* exit process */
    NULL,                                     /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_phone_verify_preconfiguration(ngx_conf_t *cf)
{
    return ngx_http_phone_verify_add_variables(cf);
}


static ngx_int_t
ngx_http_phone_verify_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_handler_pt                *h;
    ngx_http_core_main_conf_t          *cmcf;
    ngx_http_phone_verify_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_phone_verify_module);

    ngx_http_phone_verify_lint_listeners(cf, mcf);

    if (!mcf->gates) {
        return NGX_OK;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_ACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_phone_verify_access_handler;

    return NGX_OK;
}
