# status?wait=N: held until the state changes, woken by whichever worker hears
# of it; the same as a stream of events. Abuse cases 72, 87.

use strict;
use warnings;

use POSIX qw(fmod);
use Test::More;
use Time::HiRes qw(CLOCK_MONOTONIC clock_gettime sleep);

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start(args => ['--event-delay', 0]);
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
    server => "location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }\n"
        . 'location = /sinch/callback { phone_verify_callback signup; }'
        . 'location = /metrics { phone_verify_metrics; }'
        . 'add_header X-Worker $pid;')
    ->start;

$sim->control(PATCH => '/_sim/settings', {
    callback => 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' });

# one that will expire before the time of who waits is up, while nothing else
# happens: looked at in the end

my $quiet = PhoneVerify::Nginx->new(simulator => $sim, app => 'pending_ttl 30s; poll 60s;')
    ->start;
my $sleeper = $quiet->visitor;
$sleeper->post('/verify/start', { number => '+46700000215' });
my $expiring = $sleeper->begin(GET => '/verify/status?wait=60');

# an SMS that has arrived is news, too: further below

$sim->control(POST => '/_sim/faults', { operation => 'callback',
    event => 'SmsDelivered', kind => 'hold', times => 0 });

sub settle {
    my ($number, $status, $reason) = @_;
    $sim->control(POST => '/_sim/settle', { number => $number,
        status => $status, $reason ? (reason => $reason) : () });
}

# nothing to wait for

my $visitor = $nginx->visitor;
is($visitor->get('/verify/status?wait=20')->json->{status}, 'NONE',
   'without a session there is no wait');

# woken, many times, by either worker

for my $n (0 .. 5) {
    my $number = "+4670000020$n";

    $visitor = $nginx->visitor;
    $visitor->post('/verify/start', { number => $number });

    my $c = $visitor->begin(GET => '/verify/status?wait=50');
    ok(!$c->readable(0.3), 'it waits');

    settle($number, 'SUCCESSFUL');

    my $r = $visitor->end($c);
    is($r->json->{status}, 'SUCCESSFUL', 'woken by the callback');
    is($visitor->get('/')->status, 200, 'and the grant came with the answer');
}

# a status that is no success

my $number = '+46700000210';
$visitor = $nginx->visitor;
$visitor->post('/verify/start', { number => $number });
my $c = $visitor->begin(GET => '/verify/status?wait=50');
ok(!$c->readable(0.3), 'it waits');
settle($number, 'DENIED', 'Fraud');
my $r = $visitor->end($c);
is($r->json->{status}, 'DENIED', 'denied');
is($r->json->{reason}, 'Fraud', 'and why');
is($visitor->get('/')->status, 401, 'closed');
is($visitor->get('/verify/status?wait=50')->json->{status}, 'DENIED',
   'after that there is nothing to wait for');

# the time is up

$number = '+46700000211';
$visitor = $nginx->visitor;
$visitor->post('/verify/start', { number => $number });
is($visitor->get('/verify/status?wait=1')->json->{status}, 'PENDING',
   'a second, then how it stands');

# nonsense is no wait

for my $wait ('', '-1', 'x', '0', '1x') {
    is($visitor->get("/verify/status?wait=$wait")->json->{status}, 'PENDING',
       "wait=$wait");
}

# one wait a session, over all workers: the newer one ends the older

my $waiting = $visitor->copy;
my $c_old = $waiting->begin(GET => '/verify/status?wait=60');
my ($taken_over, $crossed, $last_worker, @unanswered) = (0, 0, '');

# who comes first has to be there before the second one comes

wait_until('one waits', sub {
    $nginx->visitor->get('/metrics')->body =~ /^phone_verify_waiters\S* 1$/m });

for my $n (1 .. 200) {
    my $c_new = $waiting->begin(GET => '/verify/status?wait=60');

    push @unanswered, $n unless $c_old->readable(20);
    my $r = $waiting->end($c_old);
    $taken_over++ if $r->json->{status} eq 'PENDING';

    my $worker = $r->header('X-Worker');
    $crossed++ if $last_worker && $worker ne $last_worker;
    $last_worker = $worker;
    $c_old = $c_new;

    last if $n >= 20 && $crossed >= 3;
}

is("@unanswered", '', 'case 72: the older is answered, long before its time');
cmp_ok($taken_over, '>=', 20, 'with how it stands');
cmp_ok($crossed, '>=', 3, 'case 72: from one worker to the other, too');
ok(!$c_old->readable(0.3), 'the newest waits');
$c_old->close;

# and at one worker

$nginx->conf(workers => 1)->reload;
$nginx->wait_old;

my $old = $visitor->begin(GET => '/verify/status?wait=50');
ok(!$old->readable(0.3), 'one waits');
my $new = $visitor->copy->begin(GET => '/verify/status?wait=50');
is($visitor->end($old)->json->{status}, 'PENDING', 'the older is answered');
ok(!$new->readable(0.3), 'the newer waits');

# a client that goes away, one after the other, leaves nothing behind

for (1 .. 5) {
    my $gone = $visitor->copy->begin(GET => '/verify/status?wait=50');
    $gone->readable(0.1);
    $gone->close;
}

# a worker that exits answers at once

my $last = $visitor->begin(GET => '/verify/status?wait=50');
ok(!$last->readable(0.3), 'it waits');
$nginx->reload;
is($visitor->end($last)->json->{status}, 'PENDING',
   'case 87: answered by the worker that goes');
$nginx->wait_old;

# events

$number = '+46700000212';
$visitor = $nginx->visitor;
$visitor->post('/verify/start', { number => $number });

my $s = $visitor->copy->begin(GET => '/verify/status',
                              [ 'Accept: text/event-stream' ]);
ok($s->readable(10), 'the first event comes at once');
settle($number, 'SUCCESSFUL');
$r = $s->response;
is($r->status, 200, 'a stream');
is($r->header('Content-Type'), 'text/event-stream', 'of events');
my @events = $r->body =~ /^event: status\ndata: (\{.*\})\n\n/mg;
is(scalar @events, 2, 'two of them');
like($events[0], qr/"status":"PENDING"/, 'pending');
like($events[1], qr/"status":"SUCCESSFUL"/, 'successful');
ok(!$r->header('Set-Cookie'), 'a stream gives no grant');
is($visitor->get('/')->status, 200, 'the next request does');

# an SMS that has arrived wakes who has asked for it, once, by either worker

$nginx->conf(workers => 2)->reload;
$nginx->wait_old;

for my $n (0 .. 3) {
    $number = "+4670000022$n";
    $visitor = $nginx->visitor;
    $visitor->post('/verify/start', { number => $number });
    my $joiner = $nginx->visitor;
    $joiner->post('/verify/start', { number => $number });

    $c = $visitor->begin(GET => '/verify/status?wait=50&delivered=0');
    my $c_joiner = $joiner->begin(GET => '/verify/status?wait=50&delivered=0');
    ok(!$c->readable(0.3), 'it waits');

    $sim->control(POST => '/_sim/release');

    $r = $visitor->end($c);
    is($r->json->{status}, 'PENDING', 'woken');
    ok($r->json->{delivered}, 'by an SMS that has arrived');
    ok(!$c_joiner->readable(0.3), 'who has joined waits on');
    $c_joiner->close;
}

# a client that has heard of it waits on, and so does one that does not care

for my $arg ('&delivered=1', '&delivered=', '&delivered=x', '') {
    $c = $visitor->begin(GET => "/verify/status?wait=50$arg");
    ok(!$c->readable(0.3), "wait=50$arg: it waits");
    $c->close;
}

ok($visitor->get('/verify/status?wait=50&delivered=0')->json->{delivered},
   'one that has not heard of it is told at once');
is($visitor->get('/verify/status?wait=1&delivered=1')->json->{status},
   'PENDING', 'a second, then how it stands');

# a stream tells of it as well; whoever waits at that worker for what changes
# later is answered after that

$nginx->conf(workers => 1)->reload;
$nginx->wait_old;

$number = '+46700000224';
my $later = $nginx->visitor;
$later->post('/verify/start', { number => '+46700000225' });
$sim->control(POST => '/_sim/release');
$c = $later->begin(GET => '/verify/status?wait=50');
$visitor = $nginx->visitor;
$visitor->post('/verify/start', { number => $number });
$s = $visitor->copy->begin(GET => '/verify/status',
                           [ 'Accept: text/event-stream' ]);
ok($s->readable(10), 'a stream');
$sim->control(POST => '/_sim/release');
settle('+46700000225', 'DENIED');
is($later->end($c)->json->{status}, 'DENIED', 'of another one, later');
settle($number, 'DENIED');
@events = $s->response->body =~ /^event: status\ndata: (\{.*\})\n\n/mg;
is(scalar @events, 3, 'three events');
unlike($events[0], qr/delivered/, 'sent');
like($events[1], qr/"status":"PENDING",.*"delivered":true,/, 'delivered');
like($events[2], qr/"status":"DENIED"/, 'ended');
unlike($events[2], qr/delivered/, 'and no more of that');

# several sessions of one verification at either worker; it is sent anew while
# they wait, and they hear of that and of the new one's end

$nginx->conf(workers => 2, app => 'resend 1s;')->reload;
$nginx->wait_old;

$number = '+46700000214';
my @sharers = map { my $v = $nginx->visitor;
                    $v->post('/verify/start', { number => $number }); $v } 1 .. 4;
my @held = map { $_->begin(GET => '/verify/status?wait=50') } @sharers;
ok(!$held[-1]->readable(0.3), 'four wait');

my $again;
wait_until('a message may be sent anew', sub {
    $again = $nginx->visitor;
    $again->post('/verify/start', { number => $number });
    return $sim->starts >= 2 && (grep { $_->readable(0) } @held) == @held;
});
is($sharers[$_]->end($held[$_])->json->{status}, 'PENDING', 'sent anew: they are told')
    for 0 .. 3;

@held = map { $_->begin(GET => '/verify/status?wait=50') } @sharers;
ok(!$held[-1]->readable(0.3), 'they wait for the new one');
settle($number, 'DENIED');
is($sharers[$_]->end($held[$_])->json->{status}, 'DENIED', 'and hear of its end')
    for 0 .. 3;

# without callbacks Sinch is asked, seldom, however many wait

$sim->control(PATCH => '/_sim/settings', { callback => undef });
$nginx->conf(workers => 2, app => 'poll 2s;')->reload;
$nginx->wait_old;

$number = '+46700000213';
my @visitors = map { my $v = $nginx->visitor;
                     $v->post('/verify/start', { number => $number }); $v }
               1 .. 5;

my $asked = () = grep { $_->{operation} eq 'status' } $sim->requests;
my @c = map { $_->begin(GET => '/verify/status?wait=50') } @visitors;

settle($number, 'DENIED', 'Blocked');

is($visitors[$_]->end($c[$_])->json->{status}, 'DENIED', 'found by asking')
    for 0 .. 4;

my $now = () = grep { $_->{operation} eq 'status' } $sim->requests;
cmp_ok($now - $asked, '<=', 3, 'asked a few times, for five who wait');
cmp_ok($now - $asked, '>=', 1, 'but asked');

# and no sooner than that, to the fraction of a second, whichever worker asks

$number = '+46700000216';
@visitors = map { my $v = $nginx->visitor;
                  $v->post('/verify/start', { number => $number }); $v }
            1 .. 4;

sleep(1.6 - fmod(clock_gettime(CLOCK_MONOTONIC), 1));

my $seen = () = $sim->requests;
@c = $visitors[0]->begin(GET => '/verify/status?wait=50');
for (1 .. 3) {
    sleep($_ == 1 ? 0.5 : 0.1);
    push @c, $visitors[$_]->begin(GET => '/verify/status?wait=50');
}

my @times;
wait_until('asked three times', sub {
    my @all = $sim->requests;
    @times = map { $_->{time} } grep { $_->{operation} eq 'status' }
             @all[$seen .. $#all];
    return @times >= 3;
});

cmp_ok($times[$_] - $times[$_ - 1], '>=', 1.8, 'poll 2s: not before that')
    for 1, 2;
$_->close for @c;

for my $text ('poll 0;', 'poll x;') {
    my ($ok) = $nginx->conf(app => $text)->check;
    ok(!$ok, "$text is refused");
}

my $r_expired = $sleeper->end($expiring);
is($r_expired->json->{status}, 'FAIL', 'who waits is told when it has expired');
is($r_expired->json->{reason}, 'Expired', 'and why');
$quiet->finish;

PhoneVerify::Log::expect_log(qr/\[emerg\] .*"poll" directive must be/);

$nginx->finish;
done_testing;
