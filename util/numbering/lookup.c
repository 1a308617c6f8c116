
/*
 * Copyright (C) The nginx-phone-verify authors
 */


/*
 * Looks up the numbers on standard input, one a line, digits alone, and
 * writes a country and a class for each.  For check.mjs, and to measure.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/number/numbering.h"


int
main(void)
{
    char                                line[64];
    const ngx_str_t                    *class;
    ngx_http_phone_verify_numbering_t   numbering;

    while (fgets(line, sizeof(line), stdin) != NULL) {
        ngx_http_phone_verify_numbering(strtoull(line, NULL, 10), &numbering);

        class = ngx_http_phone_verify_numbering_class_name(numbering.class);

        printf("%.2s %.*s\n", (char *) numbering.country, (int) class->len,
               (char *) class->data);
    }

    return 0;
}
