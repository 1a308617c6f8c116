
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "sinch/timestamp.h"


static int64_t ngx_http_phone_verify_timestamp_days(ngx_int_t year,
    ngx_int_t month, ngx_int_t day);


u_char *
ngx_http_phone_verify_timestamp_write(u_char *p, time_t sec, ngx_uint_t msec)
{
    ngx_tm_t  tm;

    ngx_gmtime(sec, &tm);

    return ngx_sprintf(p, "%4d-%02d-%02dT%02d:%02d:%02d.%03uiZ",
                       tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                       tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec, msec);
}


ngx_int_t
ngx_http_phone_verify_timestamp_parse(ngx_str_t *text, int64_t *msec)
{
    u_char     *p, *last;
    ngx_int_t   year, month, day, hour, min, sec, unit, frac;

    static const ngx_int_t  days[] = { 31, 28, 31, 30, 31, 30,
                                       31, 31, 30, 31, 30, 31 };

    p = text->data;
    last = p + text->len;

    /* "2026-01-15T09:30:00" and at least "Z" */

    if (text->len < 20
        || p[4] != '-' || p[7] != '-' || p[10] != 'T'
        || p[13] != ':' || p[16] != ':')
    {
        return NGX_DECLINED;
    }

    year = ngx_atoi(p, 4);
    month = ngx_atoi(p + 5, 2);
    day = ngx_atoi(p + 8, 2);
    hour = ngx_atoi(p + 11, 2);
    min = ngx_atoi(p + 14, 2);
    sec = ngx_atoi(p + 17, 2);

    if (year < 1970 || month < 1 || month > 12 || day < 1
        || hour < 0 || hour > 23 || min < 0 || min > 59 || sec < 0 || sec > 60)
    {
        return NGX_DECLINED;
    }

    if (day > days[month - 1]
        && !(month == 2 && day == 29
             && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0)))
    {
        return NGX_DECLINED;
    }

    p += sizeof("2026-01-15T09:30:00") - 1;
    frac = 0;

    if (*p == '.') {
        p++;

        for (unit = 100000000; p < last && *p >= '0' && *p <= '9'; p++) {
            if (unit == 0) {
                return NGX_DECLINED;
            }

            frac += (*p - '0') * unit;
            unit /= 10;
        }

        if (unit == 100000000) {
            return NGX_DECLINED;
        }
    }

    if (!(last - p == 1 && *p == 'Z')
        && !(last - p == 6 && ngx_memcmp(p, "+00:00", 6) == 0))
    {
        return NGX_DECLINED;
    }

    *msec = ((ngx_http_phone_verify_timestamp_days(year, month, day) * 24
              + hour) * 60 + min) * 60 + sec;
    *msec = *msec * 1000 + frac / 1000000;

    return NGX_OK;
}


/* Days from 1970-01-01 to a day of the Gregorian calendar. */

static int64_t
ngx_http_phone_verify_timestamp_days(ngx_int_t year, ngx_int_t month,
    ngx_int_t day)
{
    ngx_int_t  leaps;

    static const ngx_int_t  before[] = { 0, 31, 59, 90, 120, 151,
                                         181, 212, 243, 273, 304, 334 };

    /* leap days since year 0: those of the years before, and this one's */

    leaps = (month > 2) ? year : year - 1;
    leaps = leaps / 4 - leaps / 100 + leaps / 400;

    return (int64_t) 365 * (year - 1970) + before[month - 1] + day - 1
           + leaps - (1969 / 4 - 1969 / 100 + 1969 / 400);
}
