# Pending sessions over reloads, in a full zone, when a worker dies.
# Abuse cases 71, 87, 89, 90.

use strict;
use warnings;

use Test::More;

plan(skip_all => 'QUIC: what is under way is lost when a worker goes')
    if $ENV{TEST_NGINX_USE_HTTP3};

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Log;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

expect_log(qr/\[alert\] .*worker process \d+ exited on signal 9/);
expect_log(qr/\[alert\] .*open socket #\d+ left in connection/);
expect_log(qr/\[alert\] .*aborting/);

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
                                    app => 'timeout 2s;')->start;

# 87: a reload keeps what is pending

my $number = '+46700000060';
my $visitor = $nginx->visitor;
$visitor->post('/verify/start', { number => $number });

for (1 .. 5) {
    $nginx->reload;
}

$nginx->wait_old;

is($visitor->get('/verify/status')->json->{status}, 'PENDING',
   'case 87: pending over five reloads');
is($visitor->post('/verify/report', { code => $sim->code($number) })->status,
   200, 'and good');

$nginx->reload;
is($visitor->get('/')->status, 200, 'the grant, too');

# a start in flight ends at the old worker

$sim->control(POST => '/_sim/faults',
              { operation => 'start', kind => 'delay', delay => 1000 });

$number = '+46700000061';
$visitor = $nginx->visitor;
my $c = $visitor->begin(POST => '/verify/start', [], { number => $number });

wait_until('the start is at Sinch', sub {
    return grep { ($_->{body} || '') =~ /\Q$number\E/ } $sim->requests;
});

$nginx->reload;
is($visitor->end($c)->status, 200, 'case 87: a start in flight while nginx reloads');
is($visitor->post('/verify/report', { code => $sim->code($number) })->status,
   200, 'and its code');

# revocation is seen by every worker at once

my $thief = $visitor->copy;
$visitor->post('/verify/logout');

is(scalar(grep { $thief->get('/')->status != 401 } 1 .. 20), 0,
   'revoked at every worker');
$nginx->reload;
is(scalar(grep { $thief->get('/')->status != 401 } 1 .. 20), 0,
   'and after a reload');

# 89: the worker with the start in flight is killed; the message may have been
# sent, so nobody sends another one before Sinch was asked

$nginx->conf(workers => 1, app => "timeout 2s;")->reload;
$nginx->wait_old;

$sim->control(POST => '/_sim/faults',
              { operation => 'start', kind => 'delay', when => 'after',
                delay => 1500 });

$number = '+46700000062';
$visitor = $nginx->visitor;
$c = $visitor->begin(POST => '/verify/start', [], { number => $number });

wait_until('the message is out', sub { return $sim->outbox($number) });

$nginx->kill_worker;
wait_until('another worker', sub { return $nginx->workers });

wait_until('Sinch was asked what became of it', sub {
    $visitor = $nginx->visitor;
    $visitor->post('/verify/start', { number => $number });
    return grep { $_->{path} =~ m{/reference/} } $sim->requests;
});

is(scalar($sim->outbox($number)), 1, 'case 89: one message in all');
is($visitor->post('/verify/report', { code => $sim->code($number) })->status,
   200, 'case 89: its code is good');

# 90: a zone of another size begins empty, and nothing breaks

$number = '+46700000063';
$visitor = $nginx->visitor;
$visitor->post('/verify/start', { number => $number });
my $in = $nginx->verified('+46700000064');

$nginx->conf(app => "timeout 2s;\nzone 2m;")->reload;
$nginx->wait_old;

is($in->get('/')->status, 200, 'case 90: a grant needs no record');
is($visitor->post('/verify/report', { code => $sim->code($number) })->status,
   200, 'case 90: and a pending token makes its own anew');

# 71: a full zone refuses new starts, and drops nobody

$nginx->conf(app => "timeout 2s;\nzone 64k;")->reload;
$nginx->wait_old;

my @first = map { my $v = $nginx->visitor;
                  $v->post('/verify/start',
                           { number => "+4670000010$_" }); $v } 0 .. 4;

my ($busy, $n) = (undef, 1000);

while ($n < 3000 && !$busy) {
    my $r = $nginx->visitor->post('/verify/start',
                                  { number => '+4670001' . $n++ });
    $busy = $r if $r->status != 200;
}

ok($busy, 'case 71: the zone is full some time');
is($busy->status, 503, 'then it is 503') if $busy;
is($busy->code, 'busy', 'busy') if $busy;
ok($busy->header('Retry-After'), 'and says when to come again') if $busy;

for my $i (0 .. 4) {
    is($first[$i]->get('/verify/status')->json->{status}, 'PENDING',
       'case 71: who was first is still there');
}

is($first[2]->post('/verify/report',
                   { code => $sim->code('+46700000102') })->status, 200,
   'and gets in');

$nginx->finish;
done_testing;
