
/*
 * Copyright (C) The nginx-phone-verify authors
 */


/*
 * Linked into the nginx of "make test-faults": the n-th allocation fails.
 * With NGX_DEBUG_PALLOC each allocation from a pool is one of malloc's.
 *
 * As a library that is loaded before all others (FAULTS_PRELOAD) it lets the
 * allocations of libcurl, OpenSSL and cJSON fail, too; those of sanitizers
 * cannot be had so.
 *
 * TEST_NGINX_FAULTS names a file that test and nginx share:
 *
 *     count   allocations so far; a test sets it to 0
 *     at      the one that is to fail, 0: none
 *     hit     how many have failed
 */

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>


typedef struct {
    int64_t    count;
    int64_t    at;
    int64_t    hit;
} ngx_http_phone_verify_faults_t;


#if (FAULTS_PRELOAD)

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

#else

void *__real_malloc(size_t size);
int __real_posix_memalign(void **p, size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
int __wrap_posix_memalign(void **p, size_t alignment, size_t size);

#endif


static ngx_http_phone_verify_faults_t  *ngx_http_phone_verify_faults;


/* The environment is gone when workers run, the mapping is not. */

static __attribute__((constructor)) void
ngx_http_phone_verify_faults_init(void)
{
    int          fd;
    void        *p;
    const char  *name;

    name = getenv("TEST_NGINX_FAULTS");
    if (name == NULL) {
        return;
    }

    fd = open(name, O_RDWR);
    if (fd == -1) {
        abort();
    }

    p = mmap(NULL, sizeof(ngx_http_phone_verify_faults_t),
             PROT_READ|PROT_WRITE, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED) {
        abort();
    }

    (void) close(fd);

    ngx_http_phone_verify_faults = p;
}


static int
ngx_http_phone_verify_faults_now(void)
{
    int64_t                          n;
    ngx_http_phone_verify_faults_t  *f;

    f = ngx_http_phone_verify_faults;

    if (f == NULL) {
        return 0;
    }

    n = __atomic_add_fetch(&f->count, 1, __ATOMIC_SEQ_CST);

    if (n != __atomic_load_n(&f->at, __ATOMIC_SEQ_CST)) {
        return 0;
    }

    (void) __atomic_add_fetch(&f->hit, 1, __ATOMIC_SEQ_CST);

    return 1;
}


#if (FAULTS_PRELOAD)

void *
malloc(size_t size)
{
    if (ngx_http_phone_verify_faults_now()) {
        errno = ENOMEM;
        return NULL;
    }

    return __libc_malloc(size);
}


void *
calloc(size_t n, size_t size)
{
    if (ngx_http_phone_verify_faults_now()) {
        errno = ENOMEM;
        return NULL;
    }

    return __libc_calloc(n, size);
}


void *
realloc(void *p, size_t size)
{
    if (ngx_http_phone_verify_faults_now()) {
        errno = ENOMEM;
        return NULL;
    }

    return __libc_realloc(p, size);
}


int
posix_memalign(void **p, size_t alignment, size_t size)
{
    if (ngx_http_phone_verify_faults_now()) {
        return ENOMEM;
    }

    *p = __libc_memalign(alignment, size);

    return *p ? 0 : ENOMEM;
}

#else

void *
__wrap_malloc(size_t size)
{
    if (ngx_http_phone_verify_faults_now()) {
        errno = ENOMEM;
        return NULL;
    }

    return __real_malloc(size);
}


int
__wrap_posix_memalign(void **p, size_t alignment, size_t size)
{
    if (ngx_http_phone_verify_faults_now()) {
        return ENOMEM;
    }

    return __real_posix_memalign(p, alignment, size);
}

#endif
