
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "verification/file.h"


static ngx_int_t ngx_http_phone_verify_file_own(ngx_fd_t fd,
    ngx_file_info_t *fi);
static void ngx_http_phone_verify_file_close(ngx_cycle_t *cycle, u_char *name,
    ngx_fd_t fd);


ngx_int_t
ngx_http_phone_verify_file_read(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *text, ngx_uint_t *readable)
{
    ssize_t          n;
    ngx_int_t        rc;
    ngx_file_t       file;
    ngx_file_info_t  fi;

    ngx_memzero(&file, sizeof(ngx_file_t));

    file.name = *name;
    file.log = cf->log;

    file.fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", name);
        return NGX_ERROR;
    }

    rc = NGX_ERROR;

    if (ngx_fd_info(file.fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", name);
        goto done;
    }

    if (!ngx_is_file(&fi)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is not a regular file", name);
        goto done;
    }

    if (ngx_file_size(&fi) > NGX_HTTP_PHONE_VERIFY_FILE_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" is too large", name);
        goto done;
    }

    *readable = (ngx_file_access(&fi) & S_IROTH) != 0;

    text->len = (size_t) ngx_file_size(&fi);
    text->data = ngx_pnalloc(cf->pool, text->len + 1);
    if (text->data == NULL) {
        goto done;
    }

    n = ngx_read_file(&file, text->data, text->len, 0);

    if (n == NGX_ERROR || (size_t) n != text->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, (n == NGX_ERROR) ? ngx_errno : 0,
                           "could not read \"%V\" whole", name);
        goto done;
    }

    text->data[text->len] = '\0';
    rc = NGX_OK;

done:

    if (ngx_close_file(file.fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, cf->log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", name);
    }

    return rc;
}


void
ngx_http_phone_verify_file_renew(ngx_cycle_t *cycle, ngx_open_file_t *file,
    ngx_str_t *text)
{
    u_char           *name, *path;
    ssize_t           n;
    ngx_fd_t          fd;
    ngx_err_t         err;
    ngx_file_info_t   fi, at;

    name = NULL;

    /* a link is the operator's, and leads to where the file is to be kept */

    path = ngx_realpath(file->name.data, NULL);

    if (path == NULL) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                      ngx_realpath_n " \"%V\" failed", &file->name);
        goto done;
    }

    if (ngx_fd_info(file->fd, &fi) == NGX_FILE_ERROR
        || ngx_file_info(path, &at) == NGX_FILE_ERROR
        || fi.st_dev != at.st_dev
        || ngx_file_uniq(&fi) != ngx_file_uniq(&at))
    {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "\"%V\" is not the file that was opened any more",
                      &file->name);
        goto done;
    }

    name = ngx_alloc(ngx_strlen(path) + sizeof(".new"), cycle->log);
    if (name == NULL) {
        goto done;
    }

    ngx_sprintf(name, "%s.new%Z", path);

    /* a new one, and no link that somebody has put there meanwhile */

    (void) ngx_delete_file(name);

    fd = ngx_open_file(name, NGX_FILE_APPEND, NGX_FILE_CREATE_OR_OPEN|O_EXCL,
                       NGX_FILE_OWNER_ACCESS);

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                      ngx_open_file_n " \"%s\" failed", name);
        goto done;
    }

    n = ngx_write_fd(fd, text->data, text->len);
    err = (n == -1) ? ngx_errno : 0;

    if (n == (ssize_t) text->len
        && (ngx_http_phone_verify_file_own(fd, &fi) != NGX_OK
            || fchmod(fd, fi.st_mode & 07777) == -1
            || fsync(fd) == -1
            || ngx_rename_file(name, path) == NGX_FILE_ERROR))
    {
        err = ngx_errno;
        n = -1;
    }

    if (n != (ssize_t) text->len) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, err,
                      "could not make \"%V\" anew", &file->name);

        (void) ngx_delete_file(name);
        ngx_http_phone_verify_file_close(cycle, name, fd);
        goto done;
    }

    /* workers inherit this one, another nginx does not */

    if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                      "fcntl(FD_CLOEXEC) \"%V\" failed", &file->name);
    }

    ngx_http_phone_verify_file_close(cycle, file->name.data, file->fd);
    file->fd = fd;

done:

    if (name) {
        ngx_free(name);
    }

    if (path) {
        free(path);    /* libc's, whatever nginx allocates by */
    }
}


/*
 * Whose it is, and who may read it, is for the operator to say.  But who may
 * not give a file away keeps it where that opens it to nobody.
 */

static ngx_int_t
ngx_http_phone_verify_file_own(ngx_fd_t fd, ngx_file_info_t *fi)
{
    ngx_uint_t  owner, group, others;

    if (fchown(fd, fi->st_uid, fi->st_gid) == 0) {
        return NGX_OK;
    }

    if (ngx_errno != NGX_EPERM) {
        return NGX_ERROR;
    }

    owner = (fi->st_mode >> 6) & 7;
    group = (fi->st_mode >> 3) & 7;
    others = fi->st_mode & 7;

    /* who was its owner is one of the group now, or of the others */

    if ((group | others) & ~owner) {
        return NGX_ERROR;
    }

    /* and so those of one group are the others, and the other way round */

    if (fchown(fd, (uid_t) -1, fi->st_gid) == -1 && group != others) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_phone_verify_file_close(ngx_cycle_t *cycle, u_char *name,
    ngx_fd_t fd)
{
    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                      ngx_close_file_n " \"%s\" failed", name);
    }
}
