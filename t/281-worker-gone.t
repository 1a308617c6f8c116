#!/usr/bin/perl

# A worker that goes while Sinch is asked: gracefully it answers first; killed,
# it leaves a start that whoever comes next settles, without a second message.

use strict;
use warnings;

use Test::More;

plan(skip_all => 'QUIC: what is under way is lost when a worker goes')
    if $ENV{TEST_NGINX_USE_HTTP3};

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Conf;
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(
    simulator => $sim,
    workers   => 1,        # the one that is killed
    app       => 'timeout 1500ms; connect_timeout 1s;',
    endpoints => PhoneVerify::Conf::endpoints()
                 . 'location = /query { phone_verify_query signup;'
                 . ' allow 127.0.0.1; deny all; }',
)->start;

my $n = 46870000000;

sub fault {
    my ($operation, $kind, @more) = @_;

    $sim->control(POST => '/_sim/faults',
                  { operation => $operation, kind => $kind, @more });
}

sub messages { return scalar $sim->outbox($_[0]) }

sub lookups {
    my ($by) = @_;

    $by //= 'reference';
    return scalar grep { $_->{path} =~ m{/\Q$by\E(?:/|$)} } $sim->requests;
}

# begins a start, and returns when its message is out and its answer is not

sub starting {
    my ($v, $number) = @_;

    fault('start', 'delay', delay => 700, when => 'after');

    my $c = $v->begin(POST => '/verify/start', [], { number => $number });

    wait_until('the message', sub { messages($number) });

    return $c;
}


# reload: the old worker answers, and then ends

my $number = '+' . ++$n;
my $v = $nginx->visitor;
my $c = starting($v, $number);

$nginx->reload;

my $r = $v->end($c);
is($r->status, 200, 'case 87: answered by the old worker');
$nginx->wait_old;
is($v->post('/verify/report', { code => $sim->code($number) })->status, 200,
   'its session goes on at the new one');


# the same in a report

$number = '+' . ++$n;
$v = $nginx->visitor;
$v->post('/verify/start', { number => $number });

fault('report', 'delay', delay => 700, when => 'after');
$c = $v->begin(POST => '/verify/report', [],
               { code => $sim->code($number) });
wait_until('the report', sub { grep { $_->{body} =~ /"code"/ }
                               $sim->requests });
$nginx->reload;

is($v->end($c)->status, 200, 'a report is answered by the old worker');
$nginx->wait_old;
is($v->get('/a')->body, "GET /a $number\n", 'open');


# killed: who comes at once joins what may be under way

$number = '+' . ++$n;
$v = $nginx->visitor;
$c = starting($v, $number);

$nginx->kill_worker;
is($v->end($c), undef, 'no answer');

$v = $nginx->visitor;
$r = $v->post('/verify/start', { number => $number });
is($r->status, 200, 'started again');
is(messages($number), 1, 'case 89: no second message');

$r = $v->post('/verify/report', { code => $sim->code($number) });
is($r->status, 200, 'case 89: its code is right, reported by number')
    or diag($r->body);

my ($asked) = reverse grep { $_->{method} eq 'PUT' } $sim->requests;

SKIP: {
    skip 'this machine was so slow that it was looked up', 1 if lookups();

    is($asked->{path}, "/verification/v1/verifications/number/$number",
       'for nobody has heard of an id');
}

is($v->get('/a')->body, "GET /a $number\n", 'open');


# killed: when it must be over, the next start asks Sinch first

$number = '+' . ++$n;
$v = $nginx->visitor;
$c = starting($v, $number);
my $before = lookups();

$nginx->kill_worker;
$v->end($c);

wait_until('it is looked up', sub {
    $v = $nginx->visitor;
    $r = $v->post('/verify/start', { number => $number });
    return lookups() > $before;
});

is($r->status, 200, 'found');
is(messages($number), 1, 'case 89: still one message');

is($v->post('/verify/report', { code => $sim->code($number) })->status, 200,
   'its code is right');
($asked) = reverse grep { $_->{method} eq 'PUT' } $sim->requests;
like($asked->{path}, qr{/id/}, 'reported by the id that was found');


# killed before the message: then it is sent

$number = '+' . ++$n;
fault('start', 'hang');

$v = $nginx->visitor;
my $starts = $sim->starts;
$c = $v->begin(POST => '/verify/start', [], { number => $number });
wait_until('the request', sub { $sim->starts > $starts });

$before = lookups();
$nginx->kill_worker;
$v->end($c);

wait_until('it is looked up', sub {
    $v = $nginx->visitor;
    $r = $v->post('/verify/start', { number => $number });
    return lookups() > $before;
});

is($r->status, 200, 'not found, so started');
is(messages($number), 1, 'one message');
is($v->post('/verify/report', { code => $sim->code($number) })->status, 200,
   'its code is right');


# killed in a report that Sinch has taken, or not: who reports again gets in

for my $taken (1, 0) {
    $number = '+' . ++$n;
    $v = $nginx->visitor;
    $v->post('/verify/start', { number => $number });

    fault('report', $taken ? ('delay', delay => 1000, when => 'after')
                           : 'hang');
    $c = $v->begin(POST => '/verify/report', [],
                   { code => $sim->code($number) });

    wait_until('the report', sub {
        return 0 unless grep { $_->{operation} eq 'report'
                               && $_->{path} !~ m{/number/}
                               && !defined $_->{status} } $sim->requests;
        my ($record) = grep { $_->{identity}{endpoint} eq $number }
                       @{$sim->control(GET => '/_sim/verifications')->{items}};
        return $record->{status} eq ($taken ? 'SUCCESSFUL' : 'PENDING');
    });

    $nginx->kill_worker;
    is($v->end($c), undef, 'no answer to a report');
    is($v->get('/a')->status, 401, 'closed');

    $r = $v->post('/verify/report', { code => $sim->code($number) });
    is($r->status, 200, "case 89: reported again, taken $taken")
        or diag($r->body);
    is($v->get('/a')->body, "GET /a $number\n", 'open');
    is(messages($number), 1, 'one message');
}


# told to go at once, with a start, a report and a query under way

$number = '+' . ++$n;
$v = $nginx->visitor;
$v->post('/verify/start', { number => $number });
my ($id) = map { $_->{id} } grep { $_->{identity}{endpoint} eq $number }
           @{$sim->control(GET => '/_sim/verifications')->{items}};
fault('report', 'delay', delay => 700, when => 'after');
my $d = $v->begin(POST => '/verify/report', [],
                  { code => $sim->code($number) });

fault('status', 'hang');
my $q = $nginx->visitor->begin(GET => "/query?id=$id", []);
wait_until('the query', sub { lookups($id) });

$c = starting($nginx->visitor, '+' . ++$n);

my $said = length $nginx->log;

ok($nginx->stop('TERM'), 'SIGTERM');
unlike(substr($nginx->log, $said), qr/a query was in vain/,
       'nobody is answered any more');
$nginx->start;


$nginx->finish;

done_testing();
