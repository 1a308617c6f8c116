#!/usr/bin/perl

# phone_verify_metrics: each counter moves by exactly what happened.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Metrics;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(
    simulator => $sim,
    workers   => 2,
    app       => 'methods sms callout; attempts 2; poll off;',
    server    => <<'EOF2',
location / {
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location = /skipped {
    phone_verify_skip $arg_skip;
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location = /metrics { phone_verify_metrics; }
location = /callback { phone_verify_callback signup; }
location = /sinch/query { phone_verify_query signup; }
EOF2
)->start;

my $m = PhoneVerify::Metrics->new($nginx);

# what is counted, with the app's name first

sub of {
    my ($name, @labels) = @_;

    my $text = "phone_verify_$name\{app=\"signup\"";

    while (my ($label, $value) = splice @labels, 0, 2) {
        $text .= ",$label=\"$value\"";
    }

    return "$text}";
}

sub calls   { return of('sinch_calls_total', operation => $_[0],
                        result => $_[1]) }
sub reports { return of('report_answers_total', result => $_[0]) }
sub starts  { return of('start_answers_total', result => $_[0]) }
sub closed  { return of('gate_closed_total', reason => $_[0]) }
sub refused { return of('refusals_total', rule => $_[0], dry_run => 'no') }
sub heard   { return of('callbacks_total', verdict => $_[0]) }
sub country {
    my ($what, $method, $country, @outcome) = @_;
    return of($what . '_total', method => $method, country => $country,
              @outcome ? (outcome => $outcome[0]) : ());
}

# which of two workers has a connection is chance

my %chance = map { of('sinch_connections_total', connection => $_) => undef }
             qw(opened reused);


# the answer itself

my $r = $nginx->visitor->get('/metrics');
is($r->status, 200, 'no grant is needed');
is($r->header('Content-Type'), 'text/plain; version=0.0.4; charset=utf-8',
   'its type');
is($r->header('Cache-Control'), 'no-store', 'it is not stored');
is($r->header('Content-Length'), length $r->body, 'its length');

$r = $nginx->visitor->head('/metrics');
is($r->status, 200, 'HEAD');
cmp_ok($r->header('Content-Length'), '>', 1000, 'HEAD: the length');
is($r->body, '', 'HEAD: no body');

$r = $nginx->visitor->post('/metrics', 'a=b');
is($r->status, 405, 'POST');
is($r->header('Allow'), 'GET, HEAD', 'POST: what may be');

$m->moved(sub { $m->text for 1 .. 3 }, {}, 'reading changes nothing');


# the gate

my $v = $nginx->visitor;

$m->moved(sub { $v->get('/'); $v->get('/a') },
          { closed('phone_verification_required') => 2 }, 'a closed gate');
$m->moved(sub { $v->get('/skipped?skip=1') },
          { of('gate_skipped_total') => 1 }, 'a gate that is skipped');


# refused before anything is begun

$m->moved(sub { $v->post('/verify/start', { number => '+46700000001' },
                         'Origin: https://evil.example') },
          { starts('cross_site') => 1, refused('origin') => 1 },
          'from another site');
$m->moved(sub { $v->post('/verify/logout', {},
                         'Origin: https://evil.example') },
          { refused('origin') => 1 }, 'a logout from another site');

$m->moved(sub { $v->post('/verify/start', { number => 'abc' }) },
          { starts('invalid_number') => 1 }, 'no number');
$m->moved(sub { $v->post('/verify/report', { code => '1' }) },
          { reports('no_verification') => 1 }, 'nothing to report');


# start, join, a wrong code, a right one, the grant

$m->moved(sub { $v->post('/verify/start', { number => '+46700000001' }) },
          { starts('ok') => 1, calls('start', 'answered') => 1,
            country('starts', 'sms', 'SE') => 1, %chance }, 'a start');

$m->moved(sub { $v->post('/verify/start', { number => '+46700000001' }) },
          { starts('too_many_requests') => 1, refused('resend') => 1 },
          'once more, too soon');

my $other = $nginx->visitor;

$m->moved(sub { $other->post('/verify/start',
                             { number => '+46700000001' }) },
          { starts('ok') => 1, country('joins', 'sms', 'SE') => 1 },
          'another visitor joins');

my $code = $sim->code('+46700000001');
my $wrong = $code eq '0000' ? '1111' : '0000';

$m->moved(sub { $v->post('/verify/report', { code => $wrong }) },
          { reports('invalid_code') => 1, calls('report', 'answered') => 1,
            %chance }, 'a wrong code');

$m->moved(sub { $v->post('/verify/report', { code => $code }) },
          { reports('ok') => 1, calls('report', 'answered') => 1,
            country('outcomes', 'sms', 'SE', 'successful') => 1,
            of('grants_total') => 1, %chance }, 'the right code');

$m->moved(sub { is($v->get('/a')->status, 200, 'open') for 1 .. 5 },
          {}, 'an open gate counts nothing');

$m->moved(sub { $v->post('/verify/logout', {}) },
          { of('revocations_total') => 1 }, 'a revocation');


# a session's attempts, of which there are two

my $guesser = $nginx->visitor;
$guesser->post('/verify/start', { number => '+46700000011' });
$guesser->post('/verify/report', { code => "wrong$_" }) for 1 .. 2;

$m->moved(sub { $guesser->post('/verify/report', { code => 'wrong3' }) },
          { reports('verification_failed') => 1, refused('attempts') => 1 },
          'one code too many');


# by method and country

$m->moved(sub { $nginx->visitor->post('/verify/start',
                    { number => '+4915112345678', method => 'callout' }) },
          { starts('ok') => 1, calls('start', 'answered') => 1,
            country('starts', 'callout', 'DE') => 1, %chance },
          'another method, another country');

unlike($m->text, qr/country="FR"/, 'no line for a country not seen');


# Sinch's errors: nothing was sent, and it tells why

$sim->control(POST => '/_sim/faults',
              { operation => 'start', kind => 'error', errorCode => 40200 });
$m->moved(sub { $nginx->visitor->post('/verify/start',
                                      { number => '+33612345678' }) },
          { starts('provider_error') => 1, calls('start', '402') => 1,
            country('outcomes', 'sms', 'FR', 'denied') => 1, %chance },
          'no credit');

$sim->down;
$m->moved(sub { $nginx->visitor->post('/verify/start',
                                      { number => '+33612345679' }) },
          { starts('provider_unavailable') => 1,
            calls('start', 'not_sent') => 1,
            country('outcomes', 'sms', 'FR', 'error') => 1, %chance },
          'Sinch is down');
$sim->up;


# callbacks

sub event {
    my (%arg) = @_;

    return $sim->control(POST => '/_sim/events',
        { url => 'http://127.0.0.1:' . $nginx->port . '/callback', %arg });
}

my %request = (event => 'VerificationRequestEvent', id => '1234567890',
               method => 'sms', price => { amount => 0.25,
               currencyId => 'EUR' },
               identity => { type => 'number', endpoint => '+46700000009' });

$m->moved(sub { event(body => { %request }) },
          { heard('denied') => 1 }, 'a request that is not ours');
$m->moved(sub { event(body => '{"event":') },
          { heard('malformed') => 1 }, 'malformed');
$m->moved(sub { event(body => { %request }, signature => 'bad') },
          { heard('bad_signature') => 1 }, 'a bad signature');
$m->moved(sub { event(body => { %request }, signature => 'key') },
          { heard('unknown_key') => 1 }, "another application's key");
$m->moved(sub { event(body => { %request },
                      timestamp => '2014-06-04T13:41:58Z') },
          { heard('stale') => 1 }, 'a stale one');
$m->moved(sub { $nginx->visitor->post('/callback', { a => 1 }) },
          { heard('unsigned') => 1 }, 'an unsigned one');


# a query of the operator's is a call

$m->moved(sub { $nginx->visitor->get('/sinch/query?id=1234567890') },
          { calls('query', '404') => 1, %chance }, 'a query');


# what is going on now

is($m->values->{of('waiters')}, 0, 'nobody waits');

my $w = $nginx->visitor;
$w->post('/verify/start', { number => '+46700000005' });
my $c = $w->begin(GET => '/verify/status?wait=25');
wait_until('somebody waits', sub { $m->values->{of('waiters')} == 1 });
$w->post('/verify/report', { code => $sim->code('+46700000005') });
$w->end($c);
wait_until('nobody waits', sub { $m->values->{of('waiters')} == 0 });
is($m->values->{of('sinch_calls_in_flight')}, 0, 'no call is in flight');


# histograms add up

my $value = $m->values;

for my $operation (qw(start report query)) {
    my $name = 'sinch_call_duration_seconds';
    my $count = $value->{of("${name}_count", operation => $operation)};
    my @le = map { $value->{of("${name}_bucket", operation => $operation,
                               le => $_)} }
             qw(0.025 0.050 0.100 0.250 0.500 1.000 2.500 5.000 10.000 +Inf);

    is($le[-1], $count, "$operation: +Inf is the count");
    is("@le", join(' ', sort { $a <=> $b } @le), "$operation: cumulative");

    my $calls = 0;
    $calls += $value->{calls($operation, $_)}
        for qw(answered 400 401 402 403 404 422 429 4xx 5xx not_sent ambiguous
               nonsense);
    is($count, $calls, "$operation: as many as calls");
}


# the zone

is($value->{of('zone_size_bytes')}, 1024 * 1024, 'its size');
cmp_ok($value->{of('zone_free_bytes')}, '>', 512 * 1024, 'its room');
is($value->{of('zone_verifications')}, 6, 'verifications');
is($value->{of('zone_sessions')}, 7, 'sessions');
is($value->{of('zone_mended_total')}, 0, 'mended');


# over a reload, and not over another size of the zone

my $before = $m->values;
$nginx->reload;
$nginx->wait_old;
my $after = $m->values;
is_deeply($after, $before, 'a reload changes nothing');

$nginx->conf(app => 'methods sms; zone 64k;')->reload;
is((grep { /country=/ } keys %{$m->values}), 0,
   'a zone of another size is a new one');


$nginx->finish;
done_testing;
