
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#ifndef _NGX_HTTP_PHONE_VERIFY_FILE_H_INCLUDED_
#define _NGX_HTTP_PHONE_VERIFY_FILE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_HTTP_PHONE_VERIFY_FILE_MAX  65536


/*
 * Reads a small file whole at configuration time, into cf->pool, with a final
 * NUL that text->len does not count.  "name" is a full path.  *readable is set
 * to 1 where all users of the machine may read it.  NGX_OK, or NGX_ERROR after
 * logging at [emerg].
 */

ngx_int_t ngx_http_phone_verify_file_read(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *text, ngx_uint_t *readable);


/*
 * Puts a file with "text" in it, open for appending, in the place of an open
 * one that no other process writes to.  What goes wrong is logged and no harm:
 * then "file" stays as it was.
 */

void ngx_http_phone_verify_file_renew(ngx_cycle_t *cycle,
    ngx_open_file_t *file, ngx_str_t *text);


#endif /* _NGX_HTTP_PHONE_VERIFY_FILE_H_INCLUDED_ */
