
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "unit.h"


/*
 * The module that runs the unit tests:
 *
 *     phone_verify_unit_tests FILE;
 *
 * in http{} runs them all while the configuration is read, and writes TAP to
 * FILE.  Each file of tests gets a pool of its own.
 */


static char *ngx_http_phone_verify_unit_tests(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static void ngx_http_phone_verify_unit_leaks(ngx_http_phone_verify_unit_t *u);


#if (defined __has_feature)
#if (__has_feature(address_sanitizer))
#define NGX_HTTP_PHONE_VERIFY_UNIT_ASAN  1
#endif
#elif (defined __SANITIZE_ADDRESS__)
#define NGX_HTTP_PHONE_VERIFY_UNIT_ASAN  1
#endif

#if (NGX_HTTP_PHONE_VERIFY_UNIT_ASAN)
#include <sanitizer/lsan_interface.h>
#endif


#define NGX_HTTP_PHONE_VERIFY_UNIT(name)                                      \
    void ngx_http_phone_verify_unit_##name(ngx_http_phone_verify_unit_t *u);

#include <phone_verify_unit_list.h>

#undef NGX_HTTP_PHONE_VERIFY_UNIT


typedef struct {
    const char   *file;
    void        (*run)(ngx_http_phone_verify_unit_t *u);
} ngx_http_phone_verify_unit_file_t;


static const ngx_http_phone_verify_unit_file_t
    ngx_http_phone_verify_unit_files[] =
{

#define NGX_HTTP_PHONE_VERIFY_UNIT(name)                                      \
    { #name, ngx_http_phone_verify_unit_##name },

#include <phone_verify_unit_list.h>

    { NULL, NULL }
};


static ngx_command_t  ngx_http_phone_verify_unit_commands[] = {

    { ngx_string("phone_verify_unit_tests"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_phone_verify_unit_tests,
      0,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_phone_verify_unit_module_ctx = {
    NULL,                                     /* preconfiguration */
    NULL,                                     /* postconfiguration */

    NULL,                                     /* create main configuration */
    NULL,                                     /* init main configuration */

    NULL,                                     /* create server configuration */
    NULL,                                     /* merge server configuration */

    NULL,                                     /* create location conf */
    NULL                                      /* merge location conf */
};


ngx_module_t  ngx_http_phone_verify_unit_module = {
    NGX_MODULE_V1,
    &ngx_http_phone_verify_unit_module_ctx,   /* module context */
    ngx_http_phone_verify_unit_commands,      /* module directives */
    NGX_HTTP_MODULE,                          /* module type */
    NULL,                                     /* init master */
    NULL,                                     /* init module */
    NULL,                                     /* init process */
    NULL,                                     /* init thread */
    NULL,                                     /* exit thread */
    NULL,                                     /* exit process */
    NULL,                                     /* exit master */
    NGX_MODULE_V1_PADDING
};


static char *
ngx_http_phone_verify_unit_tests(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    char                                      plan[64];
    ngx_str_t                                *value;
    ngx_http_phone_verify_unit_t              u;
    const ngx_http_phone_verify_unit_file_t  *f;

    value = cf->args->elts;

    ngx_memzero(&u, sizeof(u));

    u.cf = cf;
    u.log = cf->log;

    u.fd = ngx_open_file(value[1].data, NGX_FILE_WRONLY, NGX_FILE_TRUNCATE,
                         NGX_FILE_DEFAULT_ACCESS);

    if (u.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", &value[1]);
        return NGX_CONF_ERROR;
    }

    for (f = ngx_http_phone_verify_unit_files; f->file; f++) {

        u.file = f->file;

        u.pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, cf->log);
        if (u.pool == NULL) {
            return NGX_CONF_ERROR;
        }

        f->run(&u);

        ngx_destroy_pool(u.pool);

        ngx_http_phone_verify_unit_leaks(&u);
    }

    (void) snprintf(plan, sizeof(plan), "1..%u\n", (unsigned) u.tests);

    if (ngx_write_fd(u.fd, plan, ngx_strlen(plan)) == NGX_FILE_ERROR
        || ngx_close_file(u.fd) == NGX_FILE_ERROR)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* With AddressSanitizer: that the tests of a file have left nothing behind. */

static void
ngx_http_phone_verify_unit_leaks(ngx_http_phone_verify_unit_t *u)
{
#if (NGX_HTTP_PHONE_VERIFY_UNIT_ASAN)
    ok(u, __lsan_do_recoverable_leak_check() == 0, "no leaks");
#endif
}
