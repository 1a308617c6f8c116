
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "data.h"
#include "verification/number/numbering.h"


void ngx_http_phone_verify_unit_numbering(ngx_http_phone_verify_unit_t *u);

static void ngx_http_phone_verify_unit_numbering_is(
    ngx_http_phone_verify_unit_t *u, const char *number, const char *country,
    const char *class);
static void ngx_http_phone_verify_unit_numbering_examples(
    ngx_http_phone_verify_unit_t *u);
static void ngx_http_phone_verify_unit_numbering_all(
    ngx_http_phone_verify_unit_t *u);
static void ngx_http_phone_verify_unit_numbering_countries(
    ngx_http_phone_verify_unit_t *u);
static void ngx_http_phone_verify_unit_numbering_names(
    ngx_http_phone_verify_unit_t *u);


typedef struct {
    const char  *number;
    const char  *country;
    const char  *class;
} ngx_http_phone_verify_unit_numbering_t;


static const ngx_http_phone_verify_unit_numbering_t
    ngx_http_phone_verify_unit_numberings[] =
{
    /* +1: North America and the Caribbean, by the area code */

    { "+1 202 555 0143", "US", "fixed_or_mobile" },
    { "+1 907 555 0143", "US", "fixed_or_mobile" },
    { "+1 808 555 0143", "US", "fixed_or_mobile" },
    { "+1 416 555 0143", "CA", "fixed_or_mobile" },
    { "+1 867 555 0143", "CA", "fixed_or_mobile" },
    { "+1 876 155 0143", "JM", "unknown" },
    { "+1 876 323 1234", "JM", "mobile" },
    { "+1 658 295 1234", "JM", "mobile" },
    { "+1 809 234 5678", "DO", "fixed_or_mobile" },
    { "+1 829 234 5678", "DO", "fixed_or_mobile" },
    { "+1 849 234 5678", "DO", "fixed_or_mobile" },
    { "+1 473 403 1234", "GD", "mobile" },
    { "+1 268 464 1234", "AG", "mobile" },
    { "+1 264 235 1234", "AI", "mobile" },
    { "+1 684 733 1234", "AS", "mobile" },
    { "+1 246 250 1234", "BB", "mobile" },
    { "+1 441 370 1234", "BM", "mobile" },
    { "+1 242 359 1234", "BS", "mobile" },
    { "+1 767 225 1234", "DM", "mobile" },
    { "+1 671 300 1234", "GU", "fixed_or_mobile" },
    { "+1 869 765 2917", "KN", "mobile" },
    { "+1 345 323 1234", "KY", "mobile" },
    { "+1 758 284 5678", "LC", "mobile" },
    { "+1 670 234 5678", "MP", "fixed_or_mobile" },
    { "+1 664 492 3456", "MS", "mobile" },
    { "+1 787 234 5678", "PR", "fixed_or_mobile" },
    { "+1 939 234 5678", "PR", "fixed_or_mobile" },
    { "+1 721 520 5678", "SX", "mobile" },
    { "+1 649 231 1234", "TC", "mobile" },
    { "+1 868 291 1234", "TT", "mobile" },
    { "+1 784 430 1234", "VC", "mobile" },
    { "+1 284 300 1234", "VG", "mobile" },
    { "+1 340 642 1234", "VI", "fixed_or_mobile" },

    /* an area code says whose it is, and one that is none says nothing */

    { "+1 202 155 0143", "US", "unknown" },
    { "+1 202 555 014", "US", "unknown" },
    { "+1 202 555 01433", "US", "unknown" },
    { "+1 416 155 0143", "CA", "unknown" },
    { "+1 242 155 0143", "BS", "unknown" },
    { "+1 237 555 0143", "ZZ", "unknown" },
    { "+1 999 555 0143", "ZZ", "unknown" },
    { "+1 102 555 0143", "ZZ", "unknown" },

    /* +7, and a length that says whose a number is */

    { "+7 912 345 67 89", "RU", "mobile" },
    { "+7 495 123 45 67", "RU", "fixed" },
    { "+7 701 234 56 78", "KZ", "mobile" },
    { "+7 727 234 56 78", "KZ", "fixed" },
    { "+7 799 345 67 89", "KZ", "unknown" },
    { "+7 777 123 45 67", "KZ", "mobile" },
    { "+7 800 555 35 35", "RU", "toll_free" },
    { "+7 809 123 45 67", "RU", "premium" },
    { "+1 310 1234", "CA", "uan" },
    { "+1 310 234 5678", "US", "fixed_or_mobile" },

    /* +44 */

    { "+44 20 7946 0958", "GB", "fixed" },
    { "+44 7400 123456", "GB", "mobile" },
    { "+44 7700 900123", "GB", "unknown" },
    { "+44 1534 456789", "JE", "fixed" },
    { "+44 7797 712345", "JE", "mobile" },
    { "+44 1481 256789", "GG", "fixed" },
    { "+44 7781 123456", "GG", "mobile" },
    { "+44 7911 123456", "GG", "mobile" },
    { "+44 7911 223456", "GB", "mobile" },
    { "+44 1624 756789", "IM", "fixed" },
    { "+44 7624 412345", "IM", "mobile" },
    { "+44 7924 123456", "IM", "mobile" },
    { "+44 56 1234 5678", "GB", "voip" },
    { "+44 55 1234 5678", "GB", "uan" },
    { "+44 76 4012 3456", "GB", "pager" },

    /* +39, +47, +61, +358 */

    { "+39 06 1234 5678", "IT", "fixed" },
    { "+39 312 345 6789", "IT", "mobile" },
    { "+39 06 698 12345", "VA", "fixed" },
    { "+39 06 697 12345", "IT", "fixed" },
    { "+47 406 12 345", "NO", "mobile" },
    { "+47 21 23 45 67", "NO", "fixed" },
    { "+47 79 12 34 56", "SJ", "fixed" },
    { "+47 78 12 34 56", "NO", "fixed" },
    { "+61 412 345 678", "AU", "mobile" },
    { "+61 2 1234 5678", "AU", "fixed" },
    { "+61 8 9164 1234", "CX", "fixed" },
    { "+61 8 9162 1234", "CC", "fixed" },
    { "+61 8 9163 1234", "AU", "fixed" },
    { "+358 41 2345678", "FI", "mobile" },
    { "+358 13 12345678", "FI", "unknown" },
    { "+358 13 1234567", "FI", "fixed" },
    { "+358 18 12345", "AX", "fixed" },
    { "+358 18 1234567", "AX", "fixed" },

    /* +212, +262, +290, +590, +599 */

    { "+212 650 123456", "MA", "mobile" },
    { "+212 520 123456", "MA", "fixed" },
    { "+212 5288 12345", "EH", "fixed" },
    { "+212 5289 12345", "EH", "fixed" },
    { "+212 5283 12345", "MA", "fixed" },
    { "+262 692 12 34 56", "RE", "mobile" },
    { "+262 262 16 12 34", "RE", "fixed" },
    { "+262 639 01 23 45", "YT", "mobile" },
    { "+262 269 60 12 34", "YT", "fixed" },
    { "+290 51234", "SH", "mobile" },
    { "+290 8999", "TA", "fixed" },
    { "+590 590 20 12 34", "GP", "fixed" },
    { "+590 590 29 12 34", "BL", "fixed" },
    { "+590 590 52 12 34", "BL", "fixed" },
    { "+590 590 77 12 34", "MF", "fixed" },
    { "+590 690 12 34 56", "GP", "mobile" },
    { "+599 9 518 1234", "CW", "mobile" },
    { "+599 9 435 1234", "CW", "fixed" },
    { "+599 318 1234", "BQ", "mobile" },
    { "+599 715 1234", "BQ", "fixed" },

    /* premium */

    { "+44 9012 345678", "GB", "premium" },
    { "+44 909 879 0000", "GB", "premium" },
    { "+44 9820 123456", "GB", "premium" },
    { "+1 900 234 5678", "US", "premium" },
    { "+33 891 12 34 56", "FR", "premium" },
    { "+33 899 12 34 56", "FR", "premium" },
    { "+49 900 1234567", "DE", "premium" },
    { "+49 9005 123456", "DE", "premium" },
    { "+39 899 123456", "IT", "premium" },
    { "+39 892 123", "IT", "premium" },
    { "+34 803 123456", "ES", "premium" },
    { "+34 901 123456", "ES", "shared_cost" },
    { "+31 906 123456", "NL", "premium" },
    { "+31 909 1234", "NL", "premium" },
    { "+46 900 123456", "SE", "premium" },
    { "+46 944 1234567", "SE", "premium" },
    { "+41 900 123 456", "CH", "premium" },
    { "+43 900 123456", "AT", "premium" },
    { "+61 1900 123 456", "AU", "premium" },
    { "+81 990 123 456", "JP", "premium" },
    { "+48 70 123 45 67", "PL", "premium" },
    { "+375 902 123456", "BY", "premium" },
    { "+371 90123456", "LV", "premium" },
    { "+979 123 456 789", "XX", "premium" },

    /* as are a digit too many, or one too few */

    { "+44 909 879 0000 1", "GB", "premium" },
    { "+44 909 879 0000 123", "GB", "premium" },
    { "+44 909 879 00", "GB", "premium" },
    { "+1 900 234 5678 9", "US", "premium" },
    { "+33 899 12 34 56 78", "FR", "premium" },
    { "+979 123 456 7890", "XX", "premium" },
    { "+979 0000", "XX", "premium" },

    /* shared cost, toll free, personal, and other ones */

    { "+49 180 2123456", "DE", "shared_cost" },
    { "+41 842 123456", "CH", "shared_cost" },
    { "+33 820 12 34 56", "FR", "shared_cost" },
    { "+61 1300 123 456", "AU", "shared_cost" },
    { "+808 12345678", "XX", "shared_cost" },
    { "+1 800 234 5678", "US", "toll_free" },
    { "+1 888 234 5678", "US", "toll_free" },
    { "+44 80 8123 4567", "GB", "toll_free" },
    { "+49 800 1234567", "DE", "toll_free" },
    { "+33 800 12 34 56", "FR", "toll_free" },
    { "+46 20 123456", "SE", "toll_free" },
    { "+800 12345678", "XX", "toll_free" },
    { "+800 00123456", "XX", "toll_free" },
    { "+44 70 1234 5678", "GB", "personal" },
    { "+44 70 1234 56789", "GB", "personal" },
    { "+1 500 234 5678", "US", "personal" },
    { "+49 700 12345678", "DE", "personal" },
    { "+41 878 123 456", "CH", "personal" },
    { "+46 75 1234567", "SE", "personal" },
    { "+878 10 1234567890", "XX", "personal" },
    { "+46 74 0123456", "SE", "pager" },
    { "+41 860 12 345 6789", "CH", "voicemail" },
    { "+39 55 1234 5678", "IT", "voip" },
    { "+81 50 1234 5678", "JP", "voip" },
    { "+46 77 1234567", "SE", "shared_cost" },

    /* satellites and other networks of no country, known numbers or not */

    { "+870 773 111 632", "XX", "satellite" },
    { "+870 301 234 567", "XX", "satellite" },
    { "+870 000 000", "XX", "satellite" },
    { "+871 1234567", "XX", "satellite" },
    { "+874 123 456 789", "XX", "satellite" },
    { "+881 612 345 678", "XX", "satellite" },
    { "+8816 2345 6789", "XX", "satellite" },
    { "+8818 2345 6789", "XX", "satellite" },
    { "+882 16 12345678", "XX", "satellite" },
    { "+882 13 12345", "XX", "satellite" },
    { "+883 510 012345", "XX", "satellite" },
    { "+888 123 456 78901", "XX", "satellite" },

    /* but those of countries are not among them */

    { "+880 1812 345678", "BD", "mobile" },
    { "+886 912 345 678", "TW", "mobile" },

    /* ordinary ones */

    { "+46 70 123 45 67", "SE", "mobile" },
    { "+46 8 123 456 78", "SE", "fixed" },
    { "+46 700 000 000", "SE", "mobile" },
    { "+49 1512 3456789", "DE", "mobile" },
    { "+49 30 123456", "DE", "fixed" },
    { "+33 6 12 34 56 78", "FR", "mobile" },
    { "+52 55 1234 5678", "MX", "fixed_or_mobile" },
    { "+55 11 96123 4567", "BR", "mobile" },
    { "+54 9 11 2345 6789", "AR", "mobile" },
    { "+91 81234 56789", "IN", "mobile" },
    { "+86 131 2345 6789", "CN", "mobile" },
    { "+383 43 201 234", "XK", "mobile" },
    { "+381 60 1234567", "RS", "mobile" },
    { "+247 40123", "AC", "mobile" },
    { "+263 71 234 5678", "ZW", "mobile" },

    /* in no range of a country that is in use: a country, but no class */

    { "+46 70 123 45 6", "SE", "unknown" },
    { "+46 70 123 45 678", "SE", "unknown" },
    { "+33 000 000 000", "FR", "unknown" },
    { "+44 000 000 000", "GB", "unknown" },
    { "+590 000 000", "GP", "unknown" },
    { "+599 000 000", "CW", "unknown" },
    { "+39 1234567890123", "IT", "unknown" },

    /* no country has the code */

    { "+210 1234567", "ZZ", "unknown" },
    { "+384 1234567", "ZZ", "unknown" },
    { "+693 1234567", "ZZ", "unknown" },
    { "+801 1234567", "ZZ", "unknown" },
    { "+999 1234567", "ZZ", "unknown" },
    { "+999 999 999 999 999", "ZZ", "unknown" },
    { "+89 1234567", "ZZ", "unknown" },
    { "+111 1111", "ZZ", "unknown" }
};


void
ngx_http_phone_verify_unit_numbering(ngx_http_phone_verify_unit_t *u)
{
    ngx_uint_t                                     i;
    const ngx_http_phone_verify_unit_numbering_t  *t;

    for (i = 0; i < sizeof(ngx_http_phone_verify_unit_numberings)
                    / sizeof(ngx_http_phone_verify_unit_numbering_t); i++)
    {
        t = &ngx_http_phone_verify_unit_numberings[i];

        ngx_http_phone_verify_unit_numbering_is(u, t->number, t->country,
                                                t->class);
    }

    ngx_http_phone_verify_unit_numbering_examples(u);
    ngx_http_phone_verify_unit_numbering_all(u);
    ngx_http_phone_verify_unit_numbering_countries(u);
    ngx_http_phone_verify_unit_numbering_names(u);
}


static void
ngx_http_phone_verify_unit_numbering_is(ngx_http_phone_verify_unit_t *u,
    const char *number, const char *country, const char *class)
{
    u_char                              got[32], expected[32];
    const ngx_str_t                    *name;
    ngx_http_phone_verify_number_t      n;
    ngx_http_phone_verify_numbering_t   numbering;

    n = ngx_http_phone_verify_number_parse(
            ngx_http_phone_verify_unit_str(u, number));

    if (n == 0) {
        ok(u, 0, "%s is a number", number);
        return;
    }

    ngx_http_phone_verify_numbering(n, &numbering);

    name = ngx_http_phone_verify_numbering_class_name(numbering.class);

    (void) ngx_sprintf(got, "%*s %V%Z", (size_t) 2, numbering.country, name);
    (void) ngx_sprintf(expected, "%s %s%Z", country, class);

    is_mem(u, got, ngx_strlen(got), expected, ngx_strlen(expected),
           "%s is of %s, %s", number, country, class);
}


/* One of each class of each territory, as libphonenumber has them. */

static void
ngx_http_phone_verify_unit_numbering_examples(ngx_http_phone_verify_unit_t *u)
{
    char        *line, *next, *country, *class;
    ngx_str_t   *text;
    ngx_uint_t   n;

    text = ngx_http_phone_verify_unit_data(u, "numbering-examples.txt");
    n = 0;

    for (line = (char *) text->data; *line; line = next) {
        next = strchr(line, '\n');
        country = strchr(line, ' ');
        class = country ? strchr(country + 1, ' ') : NULL;

        if (next == NULL || class == NULL || class > next) {
            ok(u, 0, "\"%.20s\" is a line of three fields", line);
            return;
        }

        *next++ = '\0';

        if (*line == '#') {
            continue;
        }

        *country++ = '\0';
        *class++ = '\0';

        ngx_http_phone_verify_unit_numbering_is(u, line, country, class);
        n++;
    }

    ok(u, n > 900, "there were %d examples", (int) n);
}


/*
 * Whatever is asked has an answer: a country that is known, and a class.  A
 * country by name is the country of none but numbers with its calling code.
 */

static void
ngx_http_phone_verify_unit_numbering_all(ngx_http_phone_verify_unit_t *u)
{
    u_char                               country[2];
    uint64_t                             n, random, head;
    ngx_str_t                            name;
    ngx_uint_t                           i, code, wrong;
    ngx_http_phone_verify_numbering_t    numbering;

    static const uint64_t  edges[] = {
        0, 1, 9, 10, 99, 100, 999, 1000000, 9999999,
        999999999999999, 1000000000000000, UINT64_MAX
    };

    wrong = 0;
    random = 88172645463325252;

    for (i = 0; i < 200000; i++) {

        if (i < sizeof(edges) / sizeof(edges[0])) {
            n = edges[i];

        } else {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            n = random % 1000000000000000;

            /* half of them shorter */

            if (i & 1) {
                n /= 10000;
            }
        }

        ngx_http_phone_verify_numbering(n, &numbering);

        name.data = numbering.country;
        name.len = 2;

        if (ngx_http_phone_verify_numbering_country(&name, country) != NGX_OK
            || numbering.class >= NGX_HTTP_PHONE_VERIFY_CLASSES)
        {
            wrong++;
            continue;
        }

        code = ngx_http_phone_verify_numbering_code(numbering.country);

        if (code == 0) {
            continue;
        }

        for (head = n; head > code; head /= 10) { /* void */ }

        if (head != code) {
            wrong++;
        }
    }

    is(u, wrong, 0, "of %d numbers none has a wrong answer", (int) i);
}


static void
ngx_http_phone_verify_unit_numbering_countries(ngx_http_phone_verify_unit_t *u)
{
    u_char      country[2];
    ngx_str_t  *name;
    ngx_uint_t  i;

    static const struct {
        const char  *name;
        const char  *country;
        ngx_uint_t   code;
    } known[] = {
        { "SE", "SE", 46 },
        { "se", "SE", 46 },
        { "sE", "SE", 46 },
        { "US", "US", 1 },
        { "CA", "CA", 1 },
        { "JM", "JM", 1 },
        { "KZ", "KZ", 7 },
        { "GB", "GB", 44 },
        { "JE", "JE", 44 },
        { "VA", "VA", 39 },
        { "EH", "EH", 212 },
        { "XK", "XK", 383 },
        { "AC", "AC", 247 },
        { "TA", "TA", 290 },
        { "ZW", "ZW", 263 },
        { "XX", "XX", 0 },
        { "ZZ", "ZZ", 0 }
    };

    static const char  *unknown[] = {
        "", "S", "SWE", "46", "+4", "UK", "EU", "AA", "AQ", "QQ", "S E", "$a",
        "\xc3\xa4", "001"
    };

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        name = ngx_http_phone_verify_unit_str(u, known[i].name);

        is(u, ngx_http_phone_verify_numbering_country(name, country), NGX_OK,
           "%s is a country", known[i].name);
        is_mem(u, country, 2, known[i].country, 2, "it is %s",
               known[i].country);
        is(u, ngx_http_phone_verify_numbering_code(country), known[i].code,
           "its calling code");
    }

    for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        name = ngx_http_phone_verify_unit_str(u, unknown[i]);

        is(u, ngx_http_phone_verify_numbering_country(name, country),
           NGX_DECLINED, "\"%s\" is no country", unknown[i]);
    }

    is(u, ngx_http_phone_verify_numbering_code((u_char *) "UK"), 0,
       "none has no code");
}


static void
ngx_http_phone_verify_unit_numbering_names(ngx_http_phone_verify_unit_t *u)
{
    ngx_str_t        *name;
    ngx_uint_t        n;
    const ngx_str_t  *class;

    static const char  *unknown[] = {
        "", "premium_rate", "Premium", "prem", "premium ", "shared", "tollfree"
    };

    for (n = 0; n < NGX_HTTP_PHONE_VERIFY_CLASSES; n++) {
        class = ngx_http_phone_verify_numbering_class_name(n);
        name = ngx_http_phone_verify_unit_str(u, (char *) class->data);

        is(u, ngx_http_phone_verify_numbering_class(name), n,
           "class %d by name: %s", (int) n, (char *) class->data);
    }

    for (n = 0; n < sizeof(unknown) / sizeof(unknown[0]); n++) {
        name = ngx_http_phone_verify_unit_str(u, unknown[n]);

        is(u, ngx_http_phone_verify_numbering_class(name),
           NGX_HTTP_PHONE_VERIFY_NO_CLASS, "\"%s\" is no class", unknown[n]);
    }

    is_str(u, ngx_http_phone_verify_numbering_class_name(
                  NGX_HTTP_PHONE_VERIFY_NO_CLASS), "unknown",
           "what is out of range");
}
