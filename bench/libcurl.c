
/*
 * Copyright (C) The nginx-phone-verify authors
 */


/*
 * What libcurl takes by itself, with neither nginx nor anything of ours: starts
 * over HTTP/2, as many at a time as there are clients, each with a handle of
 * its own, as the module has them.
 *
 *     libcurl CLIENTS SECONDS URL CA     prints microseconds of CPU for each
 */


#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>


#define EVENTS  512


static void  add(void);
static void  run(int fd, int mask);
static int   watch(CURL *easy, curl_socket_t fd, int what, void *data,
    void *known);
static int   set_timer(CURLM *multi, long msec, void *data);
static size_t  answer(char *data, size_t size, size_t n, void *to);
static double  now(void);
static double  cpu(void);
static void  must(int ok, const char *what);


static const char         *url, *ca;
static CURLM              *multi;
static CURLSH             *share;
static struct curl_slist  *headers;
static double              due = -1;    /* libcurl's timer */
static long                ended;
static int                 ep;


int
main(int argc, char **argv)
{
    int                 i, n, clients;
    long                before;
    double              start, seconds, used;
    struct epoll_event  events[EVENTS];

    must(argc == 5, "use: libcurl CLIENTS SECONDS URL CA");

    clients = atoi(argv[1]);
    seconds = atof(argv[2]);
    url = argv[3];
    ca = argv[4];

    must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, "libcurl");

    ep = epoll_create1(0);
    multi = curl_multi_init();
    share = curl_share_init();

    must(ep != -1 && multi && share, "no memory");

    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);

    headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(headers, "x-timestamp: 2026-11-29T12:00:00Z");
    headers = curl_slist_append(headers, "Authorization: Application "
                     "12345678-1234-1234-1234-123456789012:"
                     "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");
    headers = curl_slist_append(headers, "Expect:");

    for (i = 0; i < clients; i++) {
        add();
    }

    /* the first third makes the connections */

    start = now();
    before = 0;
    used = 0;

    while (now() - start < seconds) {

        if (before == 0 && now() - start > seconds / 3) {
            before = ended;
            used = cpu();
        }

        n = due < 0 ? 100 : (int) ((due - now()) * 1000 + 0.999);
        n = epoll_wait(ep, events, EVENTS, n < 0 ? 0 : n > 100 ? 100 : n);

        for (i = 0; i < n; i++) {
            run(events[i].data.fd,
                ((events[i].events & EPOLLOUT) ? CURL_CSELECT_OUT : 0)
                | ((events[i].events & ~EPOLLOUT) ? CURL_CSELECT_IN : 0));
        }

        if (due >= 0 && now() >= due) {
            due = -1;
            run(CURL_SOCKET_TIMEOUT, 0);
        }
    }

    must(before && ended > before, "none has ended");

    printf("%.1f\n", 1e6 * (cpu() - used) / (ended - before));

    return 0;
}


static void
add(void)
{
    char         body[160];
    CURL        *easy;
    static long  seq;

    easy = curl_easy_init();
    must(easy != NULL, "no memory");

    snprintf(body, sizeof(body),
             "{\"identity\":{\"type\":\"number\",\"endpoint\":\"+467%08ld\"},"
             "\"method\":\"sms\",\"reference\":"
             "\"LaexZ4SPHgWrcMmTukNXxiCBjyU6VYdhnU3i6A\"}",
             seq++ % 100000000);

    curl_easy_setopt(easy, CURLOPT_SHARE, share);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 30000L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 4096L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, answer);
    curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body);

    must(curl_multi_add_handle(multi, easy) == CURLM_OK, "not added");
}


static void
run(int fd, int mask)
{
    int       n;
    CURL     *easy;
    CURLMsg  *msg;

    must(curl_multi_socket_action(multi, fd, mask, &n) == CURLM_OK, "failed");

    while ((msg = curl_multi_info_read(multi, &n)) != NULL) {

        must(msg->data.result == CURLE_OK,
             curl_easy_strerror(msg->data.result));

        easy = msg->easy_handle;

        curl_multi_remove_handle(multi, easy);
        curl_easy_cleanup(easy);

        ended++;
        add();
    }
}


static int
watch(CURL *easy, curl_socket_t fd, int what, void *data, void *known)
{
    struct epoll_event  ev;

    (void) easy;
    (void) data;

    ev.data.fd = fd;
    ev.events = ((what & CURL_POLL_IN) ? EPOLLIN : 0)
                | ((what & CURL_POLL_OUT) ? EPOLLOUT : 0);

    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL);
        known = NULL;

    } else {
        epoll_ctl(ep, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &ev);
        known = multi;
    }

    curl_multi_assign(multi, fd, known);

    return 0;
}


static int
set_timer(CURLM *m, long msec, void *data)
{
    (void) m;
    (void) data;

    due = msec < 0 ? -1 : now() + msec / 1000.0;

    return 0;
}


static size_t
answer(char *data, size_t size, size_t n, void *to)
{
    (void) data;
    (void) to;

    return size * n;
}


static double
now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec + ts.tv_nsec / 1e9;
}


static double
cpu(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return ts.tv_sec + ts.tv_nsec / 1e9;
}


static void
must(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "libcurl: %s\n", what);
        exit(1);
    }
}
