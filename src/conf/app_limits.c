
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "conf/app.h"
#include "verification/policy/limits.h"
#include "verification/policy/rule.h"


/* How often an app's starts and reports may be */


#define NGX_HTTP_PHONE_VERIFY_COUNT_MAX   65535
#define NGX_HTTP_PHONE_VERIFY_PERIOD_MAX  (30 * 24 * 60 * 60)


static char *ngx_http_phone_verify_app_limit(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_phone_verify_app_attempts(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static ngx_http_phone_verify_limited_t *ngx_http_phone_verify_app_limit_add(
    ngx_conf_t *cf, ngx_http_phone_verify_app_t *app, ngx_str_t *key);
static char *ngx_http_phone_verify_app_limit_variable(ngx_conf_t *cf,
    ngx_http_phone_verify_app_t *app, ngx_http_phone_verify_limited_t *limit);
static ngx_int_t ngx_http_phone_verify_app_rate(ngx_str_t *text,
    ngx_http_phone_verify_rate_t *rate);


ngx_command_t  ngx_http_phone_verify_app_limits_commands[] = {

    { ngx_string("limit"),
      NGX_CONF_2MORE,
      ngx_http_phone_verify_app_limit,
      0,
      0,
      NULL },

    { ngx_string("attempts"),
      NGX_CONF_1MORE,
      ngx_http_phone_verify_app_attempts,
      0,
      0,
      NULL },

      ngx_null_command
};


/* What holds where nobody says otherwise. */

static const struct {
    ngx_str_t                       key;
    ngx_http_phone_verify_rate_t    rate[2];
} ngx_http_phone_verify_default_limits[] = {

    { ngx_string("number"),  { { 5, 600 }, { 10, 86400 } } },
    { ngx_string("prefix"),  { { 10, 3600 }, { 0, 0 } } },
    { ngx_string("address"), { { 5, 3600 }, { 10, 86400 } } },
    { ngx_string("session"), { { 10, 3600 }, { 0, 0 } } }
};


/* In the order of rule.h. */

static const ngx_str_t  ngx_http_phone_verify_limit_keys[] = {
    ngx_string("number"),
    ngx_string("prefix"),
    ngx_string("country"),
    ngx_string("address"),
    ngx_string("session"),
    ngx_string("all")
};


#define ngx_http_phone_verify_elements(array)                                 \
    (sizeof(array) / sizeof((array)[0]))


char *
ngx_http_phone_verify_app_limits(ngx_conf_t *cf,
    ngx_http_phone_verify_app_conf_t *acf)
{
    ngx_str_t                         key;
    ngx_uint_t                        i, n;
    ngx_http_phone_verify_app_t      *app;
    ngx_http_phone_verify_limited_t  *limit;

    app = acf->app;

    if (app->limits == NULL
        && ngx_http_phone_verify_app_limit_add(cf, app, NULL) == NULL)
    {
        return NGX_CONF_ERROR;
    }

    for (i = 0;
         i < ngx_http_phone_verify_elements(
                                       ngx_http_phone_verify_default_limits);
         i++)
    {
        key = ngx_http_phone_verify_default_limits[i].key;
        limit = app->limits->elts;

        for (n = 0; n < app->limits->nelts; n++) {
            if (limit[n].name.len == key.len
                && ngx_memcmp(limit[n].name.data, key.data, key.len) == 0)
            {
                break;
            }
        }

        if (n < app->limits->nelts) {
            continue;
        }

        limit = ngx_http_phone_verify_app_limit_add(cf, app, &key);
        if (limit == NULL) {
            return NGX_CONF_ERROR;
        }

        for (n = 0; n < 2; n++) {
            limit->rate[n] = ngx_http_phone_verify_default_limits[i].rate[n];
            limit->nrates += (limit->rate[n].count != 0);
        }
    }

    if (!acf->attempts_set) {
        app->policy.attempts = 5;
        app->guesses.number.count = 15;
        app->guesses.number.period = 24 * 60 * 60;
        app->guesses.all.count = 1000;
        app->guesses.all.period = 60 * 60;
    }

    return NGX_CONF_OK;
}


/* limit KEY RATE... [private] [dry_run], or limit KEY off */

static char *
ngx_http_phone_verify_app_limit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    char                             *rv;
    ngx_str_t                        *value;
    ngx_uint_t                        i, n;
    ngx_http_phone_verify_rate_t      rate;
    ngx_http_phone_verify_limited_t  *limit;

    value = cf->args->elts;

    limit = ngx_http_phone_verify_app_limit_add(cf, acf->app, &value[1]);
    if (limit == NULL) {
        return NGX_CONF_ERROR;
    }

    if (limit->rule == NGX_HTTP_PHONE_VERIFY_RULE_VARIABLE) {
        rv = ngx_http_phone_verify_app_limit_variable(cf, acf->app, limit);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (cf->args->nelts == 3 && ngx_strcmp(value[2].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "dry_run") == 0) {
            limit->dry_run = 1;
            continue;
        }

        if (ngx_strcmp(value[i].data, "private") == 0
            && limit->rule == NGX_HTTP_PHONE_VERIFY_RULE_ADDRESS)
        {
            limit->private = 1;
            continue;
        }

        if (ngx_http_phone_verify_app_rate(&value[i], &rate) != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid rate \"%V\" in \"limit\", it must be "
                               "like \"5r/10m\", of at most 65535 requests in "
                               "at most 30 days", &value[i]);
            return NGX_CONF_ERROR;
        }

        if (limit->nrates == NGX_HTTP_PHONE_VERIFY_LIMIT_RATES) {
            return "takes at most four rates";
        }

        for (n = 0; n < limit->nrates; n++) {

            /* both would count in one window, and each start twice */

            if (limit->rate[n].period == rate.period) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "rate \"%V\" in \"limit\" has the time "
                                   "of another one", &value[i]);
                return NGX_CONF_ERROR;
            }
        }

        limit->rate[limit->nrates++] = rate;
    }

    if (limit->nrates == 0) {
        return "has no rate";
    }

    return NGX_CONF_OK;
}


/* A limit of "key"; with NULL only the list is made. */

static ngx_http_phone_verify_limited_t *
ngx_http_phone_verify_app_limit_add(ngx_conf_t *cf,
    ngx_http_phone_verify_app_t *app, ngx_str_t *key)
{
    ngx_uint_t                        i;
    ngx_http_phone_verify_limited_t  *limit;

    if (app->limits == NULL) {
        app->limits = ngx_array_create(cf->pool,
                                     NGX_HTTP_PHONE_VERIFY_LIMITS_MAX,
                                     sizeof(ngx_http_phone_verify_limited_t));
        if (app->limits == NULL) {
            return NULL;
        }

        if (key == NULL) {
            return app->limits->elts;
        }
    }

    limit = app->limits->elts;

    for (i = 0; i < app->limits->nelts; i++) {
        if (limit[i].name.len == key->len
            && ngx_memcmp(limit[i].name.data, key->data, key->len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate \"limit %V\"", key);
            return NULL;
        }
    }

    if (app->limits->nelts == NGX_HTTP_PHONE_VERIFY_LIMITS_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "more than %d limits in phone_verify_app \"%V\"",
                           NGX_HTTP_PHONE_VERIFY_LIMITS_MAX, &app->name);
        return NULL;
    }

    limit = ngx_array_push(app->limits);
    if (limit == NULL) {
        return NULL;
    }

    ngx_memzero(limit, sizeof(ngx_http_phone_verify_limited_t));

    limit->name = *key;
    limit->rule = NGX_HTTP_PHONE_VERIFY_RULE_VARIABLE;

    for (i = 0;
         i < ngx_http_phone_verify_elements(ngx_http_phone_verify_limit_keys);
         i++)
    {
        if (key->len == ngx_http_phone_verify_limit_keys[i].len
            && ngx_memcmp(key->data, ngx_http_phone_verify_limit_keys[i].data,
                          key->len)
               == 0)
        {
            limit->rule = NGX_HTTP_PHONE_VERIFY_RULE_NUMBER + i;
        }
    }

    return limit;
}


static char *
ngx_http_phone_verify_app_limit_variable(ngx_conf_t *cf,
    ngx_http_phone_verify_app_t *app, ngx_http_phone_verify_limited_t *limit)
{
    ngx_http_compile_complex_value_t  ccv;

    if (ngx_http_script_variables_count(&limit->name) == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown key \"%V\" in \"limit\", it must be "
                           "number, prefix, country, address, session, all, "
                           "or have a variable", &limit->name);
        return NGX_CONF_ERROR;
    }

    limit->value = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (limit->value == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &limit->name;
    ccv.complex_value = limit->value;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    limit->variable = app->nvariables++;

    return NGX_CONF_OK;
}


/* attempts N|off [number=RATE|off] [all=RATE|off] [dry_run] */

static char *
ngx_http_phone_verify_app_attempts(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_phone_verify_app_conf_t *acf = conf;

    ngx_int_t                         n;
    ngx_str_t                        *value, rate;
    ngx_uint_t                        i, bit, given;
    ngx_http_phone_verify_rate_t     *of;
    ngx_http_phone_verify_guesses_t  *guesses;

    if (acf->attempts_set) {
        return "is duplicate";
    }

    acf->attempts_set = 1;

    value = cf->args->elts;
    guesses = &acf->app->guesses;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        n = 0;

    } else {
        n = ngx_atoi(value[1].data, value[1].len);

        if (n < 1 || n > 100) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"attempts\" must be between 1 and 100, or "
                               "\"off\", not \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    acf->app->policy.attempts = n;

    guesses->number.count = 15;
    guesses->number.period = 24 * 60 * 60;
    guesses->all.count = 1000;
    guesses->all.period = 60 * 60;

    given = 0;

    for (i = 2; i < cf->args->nelts; i++) {

        rate = value[i];
        bit = 0;

        if (ngx_strcmp(rate.data, "dry_run") == 0) {
            of = NULL;
            bit = 4;

        } else if (ngx_strncmp(rate.data, "number=", 7) == 0) {
            of = &guesses->number;
            bit = 1;
            rate.data += 7;
            rate.len -= 7;

        } else if (ngx_strncmp(rate.data, "all=", 4) == 0) {
            of = &guesses->all;
            bit = 2;
            rate.data += 4;
            rate.len -= 4;

        } else {
            of = NULL;
        }

        if (given & bit) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate parameter \"%V\" in \"attempts\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        given |= bit;

        if (bit == 4) {
            guesses->dry_run = 1;
            acf->app->policy.attempts_dry = 1;
            continue;
        }

        if (of && rate.len == 3 && ngx_strncmp(rate.data, "off", 3) == 0) {
            of->count = 0;
            continue;
        }

        if (of == NULL || ngx_http_phone_verify_app_rate(&rate, of) != NGX_OK)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" in \"attempts\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* "5r/10m", "1r/s" */

static ngx_int_t
ngx_http_phone_verify_app_rate(ngx_str_t *text,
    ngx_http_phone_verify_rate_t *rate)
{
    u_char     *p, *last;
    ngx_int_t   count, period;
    ngx_str_t   time;

    p = text->data;
    last = p + text->len;

    while (p < last && *p >= '0' && *p <= '9') {
        p++;
    }

    count = ngx_atoi(text->data, p - text->data);

    if (last - p < 3 || p[0] != 'r' || p[1] != '/') {
        return NGX_ERROR;
    }

    time.data = p + 2;
    time.len = last - time.data;

    if (time.len == 1) {

        switch (time.data[0]) {
        case 's':
            period = 1;
            break;
        case 'm':
            period = 60;
            break;
        case 'h':
            period = 60 * 60;
            break;
        case 'd':
            period = 24 * 60 * 60;
            break;
        default:
            return NGX_ERROR;
        }

    } else {
        period = ngx_parse_time(&time, 1);
    }

    if (count < 1 || count > NGX_HTTP_PHONE_VERIFY_COUNT_MAX
        || period < 1 || period > NGX_HTTP_PHONE_VERIFY_PERIOD_MAX)
    {
        return NGX_ERROR;
    }

    rate->count = count;
    rate->period = period;

    return NGX_OK;
}
