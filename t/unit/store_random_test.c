
/*
 * Copyright (C) The nginx-phone-verify authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "store_fixture.h"
#include "verification/store/pending_impl.h"


/*
 * A hundred thousand things that may happen, in any order, with a book kept
 * beside the store of what was done and told.  Whatever the store says is held
 * against the book: who has proved nothing gets nothing, nothing is given
 * twice, no message is sent too soon, nobody is dropped.
 */


void ngx_http_phone_verify_unit_store_random(ngx_http_phone_verify_unit_t *u);


#define OPERATIONS  100000
#define RECENT      64
#define FLIGHTS     32
#define NUMBERS     6
#define ATTEMPTS    3


typedef struct {
    ngx_msec_t    created;
    uint64_t      grant;       /* 0: none */
    ngx_msec_t    granted;
    uint64_t      client;      /* its first session */
    ngx_uint_t    number;
    ngx_uint_t    verification;
    ngx_uint_t    attempts;
    ngx_uint_t    codes;       /* bits: those that Sinch said were right */
    ngx_uint_t    answered;    /* Sinch's answer to it was a success */
    ngx_uint_t    dead;
} book_session_t;


typedef struct {
    uint64_t      client;
    ngx_msec_t    created;
    ngx_msec_t    resend;
    ngx_uint_t    number;
    ngx_uint_t    attempts;
    uint64_t      winner;      /* session, 0: none */
    ngx_uint_t    shared;      /* by clients, or with who knows whom */
    ngx_uint_t    alone;       /* all the same: nobody else can prove it */
    ngx_uint_t    settled;
    ngx_uint_t    ended;
    ngx_uint_t    told;        /* a success while it was one client's */
} book_verification_t;


typedef struct {
    uint64_t      session;
    uint64_t      verification;
    ngx_uint_t    code;
} book_flight_t;


typedef struct {
    ngx_http_phone_verify_unit_store_t   f;
    ngx_http_phone_verify_pending_t     *p;
    uint64_t                             x;             /* random */
    uint64_t                             fresh;

    book_session_t                      *s;
    uint64_t                             ns;
    book_verification_t                 *v;
    uint64_t                             nv;
    uint64_t                             last[NUMBERS]; /* message, 0: none */
    uint64_t                            *at;            /* by place */

    book_flight_t                        flight[FLIGHTS];
    ngx_uint_t                           nflights;

    ngx_uint_t                           wrong;
    ngx_uint_t                           starts[5];     /* how often */
    ngx_uint_t                           reports[5];
    ngx_uint_t                           grants[4];
} book_t;


/* ways to a grant */

#define BY_ANSWER  0
#define BY_WORD    1
#define BY_CODE    2
#define AS_BEFORE  3


#define check(b, condition, what)                                             \
    if (!(condition)) {                                                       \
        ngx_http_phone_verify_unit_random_wrong(b, what, __LINE__);           \
    }


static void ngx_http_phone_verify_unit_random_wrong(book_t *b,
    const char *what, int line);
static uint64_t ngx_http_phone_verify_unit_random_below(book_t *b, uint64_t n);
static uint64_t ngx_http_phone_verify_unit_random_session(book_t *b);
static uint64_t ngx_http_phone_verify_unit_random_place(book_t *b,
    const u_char *reference);
static void ngx_http_phone_verify_unit_random_step(book_t *b);
static void ngx_http_phone_verify_unit_random_start(book_t *b);
static void ngx_http_phone_verify_unit_random_new(book_t *b, uint64_t s,
    uint64_t prev);
static void ngx_http_phone_verify_unit_random_started(book_t *b);
static void ngx_http_phone_verify_unit_random_report(book_t *b, uint64_t s,
    uint64_t v);
static void ngx_http_phone_verify_unit_random_adopt(book_t *b);
static void ngx_http_phone_verify_unit_random_reported(book_t *b);
static void ngx_http_phone_verify_unit_random_event(book_t *b);
static void ngx_http_phone_verify_unit_random_look(book_t *b, uint64_t s);
static void ngx_http_phone_verify_unit_random_granted(book_t *b, uint64_t s,
    ngx_uint_t by);
static void ngx_http_phone_verify_unit_random_crash(book_t *b);


#define below    ngx_http_phone_verify_unit_random_below


void
ngx_http_phone_verify_unit_store_random(ngx_http_phone_verify_unit_t *u)
{
    book_t       b;
    ngx_uint_t   i;

    static const char  *starts[] = { "new", "joined", "waits", "unsettled",
                                     "busy" };
    static const char  *reports[] = { "go", "again", "ended", "locked",
                                      "busy" };
    static const char  *grants[] = { "Sinch's answer", "Sinch's word",
                                     "the same code", "the same token" };

    ngx_memzero(&b, sizeof(book_t));

    ngx_http_phone_verify_unit_store(u, &b.f, 65536);

    b.p = ngx_http_phone_verify_unit_pending(&b.f.zone);
    b.x = 88172645463325252ULL;

    b.f.policy.attempts = ATTEMPTS;
    b.f.policy.ttl = 60000;
    b.f.policy.call_timeout = 4000;
    b.f.policy.resend[0] = 5000;
    b.f.policy.resend[1] = 10000;
    b.f.policy.resend[2] = 20000;
    b.f.policy.resend[3] = 40000;

    b.s = calloc(OPERATIONS + 1, sizeof(book_session_t));
    b.v = calloc(OPERATIONS + 1, sizeof(book_verification_t));
    b.at = calloc(b.p->verifications.n, sizeof(uint64_t));

    if (b.s == NULL || b.v == NULL || b.at == NULL) {
        abort();
    }

    for (i = 0; i < OPERATIONS; i++) {
        ngx_http_phone_verify_unit_random_step(&b);

        /* now and then everybody comes at once */

        if (i % 5000 > 2000) {
            wait_msec((int64_t) below(&b, 5) ? 0 : (int64_t) below(&b, 6000));
        }

        if (i % 500 == 0) {
            check(&b, sound(&b.f.zone) == NULL, sound(&b.f.zone));
        }
    }

    is(u, b.wrong, 0, "%u operations, %u starts, %u verifications",
       (unsigned) OPERATIONS, (unsigned) b.ns, (unsigned) b.nv);

    for (i = 0; i < 5; i++) {
        ok(u, b.starts[i], "start: %s", starts[i]);
    }

    for (i = 0; i < 5; i++) {
        ok(u, b.reports[i], "report: %s", reports[i]);
    }

    for (i = 0; i < 4; i++) {
        ok(u, b.grants[i], "grant by %s", grants[i]);
    }

    ok(u, b.f.zone.sh->mended, "crash");

    free(b.s);
    free(b.v);
    free(b.at);

    ngx_http_phone_verify_unit_store_done(&b.f);
}


static void
ngx_http_phone_verify_unit_random_wrong(book_t *b, const char *what, int line)
{
    if (b->wrong++ < 10) {
        ngx_http_phone_verify_unit_note(b->f.u, "line %d: %s", line, what);
    }
}


static uint64_t
ngx_http_phone_verify_unit_random_below(book_t *b, uint64_t n)
{
    b->x ^= b->x << 13;
    b->x ^= b->x >> 7;
    b->x ^= b->x << 17;

    return (b->x >> 16) % n;
}


/* One of the last sessions whose token is still good, or 0. */

static uint64_t
ngx_http_phone_verify_unit_random_session(book_t *b)
{
    uint64_t  s;

    if (b->ns == 0) {
        return 0;
    }

    s = b->ns - below(b, ngx_min(b->ns, RECENT));

    return (ngx_current_msec - b->s[s].created < b->f.policy.ttl) ? s : 0;
}


/* The verification of a reference in the book; 0: there is none. */

static uint64_t
ngx_http_phone_verify_unit_random_place(book_t *b, const u_char *reference)
{
    ngx_http_phone_verify_vnode_t  *v;

    v = ngx_http_phone_verify_pending_reference(b->p, reference);

    return v ? b->at[v - ngx_http_phone_verify_pending_vnodes(b->p)] : 0;
}


static void
ngx_http_phone_verify_unit_random_step(book_t *b)
{
    uint64_t  s;

    s = ngx_http_phone_verify_unit_random_session(b);

    switch (below(b, 16)) {

    case 0:
    case 1:
    case 2:
        ngx_http_phone_verify_unit_random_start(b);
        return;

    case 3:
    case 4:
        ngx_http_phone_verify_unit_random_started(b);
        return;

    case 5:
    case 6:
    case 7:

        if (s) {
            ngx_http_phone_verify_unit_random_report(b, s,
                                                     b->s[s].verification);
        }

        return;

    case 8:
    case 9:
    case 10:
        ngx_http_phone_verify_unit_random_reported(b);
        return;

    case 11:
        ngx_http_phone_verify_unit_random_event(b);
        return;

    case 12:
    case 13:

        if (s) {
            ngx_http_phone_verify_unit_random_look(b, s);
        }

        return;

    case 14:

        if (s && claim(&b->f, s, ++b->fresh) == NGX_OK) {
            ngx_http_phone_verify_unit_random_granted(b, s, AS_BEFORE);
        }

        return;

    default:

        switch (below(b, 20)) {

        case 0:

            /* a session without a record cannot be remembered as dead */

            if (s && ngx_http_phone_verify_pending_session(b->p,
                                                     name_of("session", s)))
            {
                forget(&b->f, s);
                b->s[s].dead = 1;
            }

            return;

        case 1:
            ngx_http_phone_verify_unit_random_crash(b);
            return;

        case 2:
        case 3:
        case 4:
            ngx_http_phone_verify_unit_random_adopt(b);
            return;
        }
    }
}


static void
ngx_http_phone_verify_unit_random_start(book_t *b)
{
    uint64_t                            s, own, v, prev;
    ngx_uint_t                          rc, number, method;
    ngx_http_phone_verify_vnode_t      *node;
    ngx_http_phone_verify_zone_usage_t  usage;

    s = b->ns + 1;
    number = below(b, NUMBERS);

    own = below(b, 2) ? ngx_http_phone_verify_unit_random_session(b) : 0;

    if (own && (b->s[own].number != number || b->s[own].dead)) {
        own = 0;
    }

    /* what it would replace */

    node = ngx_http_phone_verify_pending_number(b->p, NUMBER + number);
    prev = node ? b->at[node - ngx_http_phone_verify_pending_vnodes(b->p)] : 0;

    method = below(b, 4) ? SMS : NGX_HTTP_PHONE_VERIFY_SEAMLESS;

    rc = start(&b->f, s, b->nv + 1, NUMBER + number, method, own);

    b->starts[rc]++;

    switch (rc) {

    case NEW:
        b->s[s].client = own ? b->s[own].client : s;
        b->s[s].number = number;
        ngx_http_phone_verify_unit_random_new(b, s, prev);
        b->v[b->nv].alone = (method == NGX_HTTP_PHONE_VERIFY_SEAMLESS);
        break;

    case JOINED:
        v = ngx_http_phone_verify_unit_random_place(b, b->f.view.reference);

        check(b, v, "joined nothing");
        check(b, b->v[v].number == number, "joined another number");
        check(b, own == 0 || b->s[own].client != s, "joined its own");

        b->s[s].client = s;
        b->s[s].number = number;
        b->s[s].verification = v;
        b->v[v].shared = 1;
        break;

    case WAIT:
        check(b, b->f.view.resend_in, "waits for nothing");
        check(b, look(&b->f, s) == NGX_DECLINED, "made something");
        return;

    case UNSETTLED_START:
        v = ngx_http_phone_verify_unit_random_place(b, b->f.view.reference);

        check(b, v, "unsettled is nothing");
        check(b, b->v[v].number == number, "unsettled is another number");
        check(b, !b->v[v].settled, "unsettled is settled");
        check(b, look(&b->f, s) == NGX_DECLINED, "made something");
        return;

    default:
        ngx_http_phone_verify_zone_usage(&b->f.zone, &usage);

        check(b, usage.sessions == usage.sessions_max
                 || usage.verifications == usage.verifications_max,
              "busy while there is room");
        check(b, look(&b->f, s) == NGX_DECLINED, "made something");
        return;
    }

    b->ns = s;
    b->s[s].created = ngx_current_msec;

    check(b, b->f.view.status == PENDING && b->f.view.number == NUMBER + number
             && b->f.view.expires_in && !b->f.view.claimable,
          "a start is pending");
}


static void
ngx_http_phone_verify_unit_random_new(book_t *b, uint64_t s, uint64_t prev)
{
    uint64_t                        v, last;
    ngx_msec_t                      age;
    ngx_uint_t                      number;
    ngx_http_phone_verify_vnode_t  *node;

    number = b->s[s].number;
    v = ++b->nv;
    last = b->last[number];

    age = ngx_current_msec - b->v[last].created;

    check(b, last == 0
             || b->v[last].ended
             || age >= b->f.policy.ttl
             || (b->v[last].settled && age >= b->v[last].resend),
          "a second message");

    b->last[number] = v;
    b->s[s].verification = v;

    b->v[v].number = number;
    b->v[v].created = ngx_current_msec;
    b->v[v].client = b->s[s].client;
    b->v[v].resend = b->f.policy.resend[ngx_min(b->f.view.sends, 4) - 1];

    if (b->f.view.sends > 1) {
        check(b, prev, "another message, but of what?");

        if (b->v[prev].shared || b->v[prev].client != b->s[s].client) {
            b->v[v].shared = 1;
        }
    }

    node = ngx_http_phone_verify_pending_reference(b->p,
                                                   name_of("reference", v));
    check(b, node, "it was made");

    if (node) {
        b->at[node - ngx_http_phone_verify_pending_vnodes(b->p)] = v;
    }
}


static void
ngx_http_phone_verify_unit_random_started(book_t *b)
{
    uint64_t  v;

    static const ngx_uint_t  status[] = {
        PENDING, PENDING, PENDING, PENDING, NONE, UNKNOWN, DENIED, ERROR
    };

    ngx_uint_t  st;

    if (b->nv == 0) {
        return;
    }

    v = b->nv - below(b, ngx_min(b->nv, 8));
    st = status[below(b, 8)];

    if (started(&b->f, v, st, "id") != NGX_OK) {
        return;
    }

    check(b, !b->v[v].settled, "settled twice");

    if (st != NONE) {
        b->v[v].settled = 1;
    }

    if (st == DENIED || st == ERROR) {
        b->v[v].ended = 1;
    }
}


static void
ngx_http_phone_verify_unit_random_report(book_t *b, uint64_t s, uint64_t v)
{
    ngx_uint_t                          rc, code;
    ngx_http_phone_verify_vnode_t      *node;
    ngx_http_phone_verify_zone_usage_t  usage;

    code = below(b, 3);

    rc = report(&b->f, s, v, code);

    b->reports[rc]++;

    /* it may have been made just now */

    node = ngx_http_phone_verify_pending_reference(b->p,
                                                   name_of("reference", v));
    if (node) {
        b->at[node - ngx_http_phone_verify_pending_vnodes(b->p)] = v;
    }

    switch (rc) {

    case GO:
        v = ngx_http_phone_verify_unit_random_place(b, b->f.view.reference);

        check(b, v, "a report of nothing");
        check(b, !b->s[s].dead, "a report of the dead");
        check(b, !b->s[s].grant, "a report of what is in");
        check(b, ++b->s[s].attempts <= ATTEMPTS, "too many attempts");
        check(b, ++b->v[v].attempts <= 3 * ATTEMPTS, "too many of a code");

        if (b->nflights == FLIGHTS) {
            /* the worker has died */
            b->nflights--;
        }

        b->flight[b->nflights].session = s;
        b->flight[b->nflights].verification = v;
        b->flight[b->nflights].code = code;
        b->nflights++;
        return;

    case AGAIN:
        check(b, b->s[s].codes & (1 << code), "by a code that was not right");
        ngx_http_phone_verify_unit_random_granted(b, s, BY_CODE);
        return;

    case ENDED:
        check(b, !b->f.view.claimable
                 || b->f.view.status == SUCCESSFUL, "a success");
        return;

    case LOCKED_REPORT:
        check(b, !b->f.view.claimable, "a success");
        return;

    default:
        ngx_http_phone_verify_zone_usage(&b->f.zone, &usage);

        check(b, usage.sessions == usage.sessions_max
                 || usage.verifications == usage.verifications_max,
              "busy while there is room");
    }
}


/* A session from elsewhere, of a verification that is known here, or not. */

static void
ngx_http_phone_verify_unit_random_adopt(book_t *b)
{
    uint64_t    s, v;
    ngx_uint_t  shared;

    s = b->ns + 1;
    v = b->nv + 1;

    if (b->nv && below(b, 2)) {

        v = b->nv - below(b, ngx_min(b->nv, 8));

        if (b->v[v].number != 0) {
            /* the fixture's tokens are of the first number */
            return;
        }
    }

    if (v > b->nv) {
        b->nv = v;
        b->v[v].settled = 1;
    }

    b->ns = s;
    b->s[s].client = s;
    b->s[s].created = ngx_current_msec;
    b->s[s].verification = v;

    shared = b->v[v].shared;
    b->v[v].shared = 1;

    ngx_http_phone_verify_unit_random_report(b, s, v);

    /* where there was no room for it, the store knows nothing of it */

    if (ngx_http_phone_verify_pending_session(b->p, name_of("session", s))
        == NULL)
    {
        b->v[v].shared = shared;
    }
}


static void
ngx_http_phone_verify_unit_random_reported(book_t *b)
{
    ngx_int_t       rc;
    ngx_uint_t      i, status, reason, inferred, fresh;
    book_flight_t   flight;

    static const ngx_uint_t  answers[] = {
        SUCCESSFUL, FAIL, FAIL, FAIL, FAIL, PENDING, NONE, UNKNOWN, ABORTED
    };

    if (b->nflights == 0) {
        return;
    }

    i = below(b, b->nflights);
    flight = b->flight[i];
    b->flight[i] = b->flight[--b->nflights];

    status = answers[below(b, 9)];
    reason = (status == FAIL && below(b, 5)) ? INVALID_CODE : NO_REASON;
    inferred = (below(b, 3) == 0);
    fresh = below(b, 4) ? 1 : 0;

    if (status == SUCCESSFUL) {

        b->s[flight.session].codes |= 1 << flight.code;
        b->v[flight.verification].ended = 1;

        if (inferred) {
            b->v[flight.verification].told
                                      |= !b->v[flight.verification].shared
                                         || b->v[flight.verification].alone;

        } else if (b->v[flight.verification].winner == 0) {

            /* Sinch would not say so twice, but it may */

            b->s[flight.session].answered = 1;
        }

    } else if ((status == FAIL && reason == NO_REASON) || status == ABORTED) {
        b->v[flight.verification].ended = 1;
    }

    rc = reported(&b->f, flight.session, flight.verification, status, reason,
                  inferred, flight.code, fresh ? ++b->fresh : 0);

    if (rc == NGX_OK) {
        check(b, fresh, "a grant for nobody");
        ngx_http_phone_verify_unit_random_granted(b, flight.session,
                                     b->s[flight.session].grant ? BY_CODE
                                                                : BY_ANSWER);
    }
}


static void
ngx_http_phone_verify_unit_random_event(book_t *b)
{
    uint64_t    v;
    ngx_uint_t  status;

    static const ngx_uint_t  words[] = {
        SUCCESSFUL, SUCCESSFUL, FAIL, DENIED, ABORTED, PENDING, UNKNOWN, NONE
    };

    if (b->nv == 0) {
        return;
    }

    v = b->nv - below(b, ngx_min(b->nv, 16));
    status = words[below(b, 8)];

    if (event(&b->f, v, "", status, NO_REASON) != NGX_OK) {
        return;
    }

    if (status == SUCCESSFUL) {
        b->v[v].told |= !b->v[v].shared || b->v[v].alone;
    }

    if (status == SUCCESSFUL || status == FAIL || status == DENIED
        || status == ABORTED)
    {
        b->v[v].ended = 1;
    }
}


static void
ngx_http_phone_verify_unit_random_look(book_t *b, uint64_t s)
{
    ngx_uint_t  was;

    if (look(&b->f, s) != NGX_OK) {
        return;
    }

    check(b, !b->s[s].dead, "the dead are seen");
    check(b, b->f.view.status == SUCCESSFUL || !b->f.view.claimable,
          "to be taken without a success");
    check(b, b->f.view.status != PENDING || b->f.view.expires_in,
          "pending without time");

    was = b->f.view.status;

    if (was == SUCCESSFUL) {
        check(b, b->f.view.claimable == !b->s[s].grant, "to be taken, or not");
        check(b, claim(&b->f, s, ++b->fresh) == NGX_OK, "what is shown");
        ngx_http_phone_verify_unit_random_granted(b, s, AS_BEFORE);

    } else {
        check(b, claim(&b->f, s, ++b->fresh) == NGX_DECLINED, "not shown");
    }
}


static void
ngx_http_phone_verify_unit_random_granted(book_t *b, uint64_t s, ngx_uint_t by)
{
    uint64_t                        v;
    ngx_msec_t                      age;
    ngx_uint_t                      word;
    book_session_t                 *book;
    ngx_http_phone_verify_snode_t  *node;
    ngx_http_phone_verify_vnode_t  *vnode;

    book = &b->s[s];

    check(b, !book->dead, "a grant of the dead");
    check(b, b->f.grant.number == NUMBER + book->number, "another number's");

    if (book->grant) {
        age = ngx_current_msec - book->granted;

        check(b, ngx_memcmp(b->f.grant.session, name_of("grant", book->grant),
                            16)
                 == 0, "two grants of a session");
        check(b, age <= (by == BY_CODE ? 60000 : 10000), "for too long");

        b->grants[by]++;
        return;
    }

    check(b, by != BY_CODE, "again, for the first time");
    check(b, ngx_memcmp(b->f.grant.session, name_of("grant", b->fresh), 16)
             == 0, "a grant of its own");

    book->grant = b->fresh;
    book->granted = ngx_current_msec;

    /* of which verification? that is for nobody else */

    node = ngx_http_phone_verify_pending_session(b->p, name_of("session", s));
    vnode = node ? ngx_http_phone_verify_pending_vnode(b->p,
                                                       node->verification)
                 : NULL;
    v = vnode ? b->at[vnode - ngx_http_phone_verify_pending_vnodes(b->p)] : 0;

    check(b, v, "a grant of nothing");
    check(b, b->v[v].winner == 0 || b->v[v].winner == s, "for two");

    b->v[v].winner = s;

    /* by Sinch's answer, or by its word on what is that client's alone */

    word = (b->v[v].told && b->v[v].client == book->client);

    check(b, book->answered || word, "who has proved nothing is in");

    b->grants[book->answered ? BY_ANSWER : BY_WORD]++;
}


/* Somebody dies inside: whatever was in the chains is nonsense. */

static void
ngx_http_phone_verify_unit_random_crash(book_t *b)
{
    uint32_t    *table;
    ngx_uint_t   i;

    table = ngx_http_phone_verify_pending_table(b->p, 0);

    for (i = 0; i < 3 * b->p->buckets; i++) {

        if (below(b, 4) == 0) {
            table[i] = (uint32_t) below(b, b->p->buckets + 1);
        }
    }

    b->f.zone.sh->dirty = 1;

    /* what the book looks up goes around the lock */

    ngx_http_phone_verify_zone_lock(&b->f.zone);
    ngx_http_phone_verify_zone_unlock(&b->f.zone);
}
