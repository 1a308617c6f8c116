#!/usr/bin/perl

# Sinch does not answer: after some failures in a row nobody calls it, but for
# one probe at a time.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;

sub said { return $_[0]->status . ' ' . ($_[0]->code // '') }

sub calls { return scalar(my @all = $sim->requests) }

my $last = 46_760_000_000;

sub number { return '+' . ++$last }

sub begin {
    my ($nginx) = @_;

    return $nginx->visitor->post('/verify/start', { number => number() });
}

sub fault { return $sim->control(POST => '/_sim/faults', {@_}) }

sub times_logged {
    my ($nginx, $what) = @_;

    return scalar(() = $nginx->log =~ /$what/g);
}

my $opened = qr/\[error\].*calls to Sinch have failed in a row/;
my $closed = qr/\[notice\].*Sinch is called again/;


# the default: 5 in 10 seconds

my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2)->start;

my $v = $nginx->visitor;
my $mine = number();
$v->post('/verify/start', { number => $mine });
my $code = $sim->code($mine);

fault(operation => 'any', kind => 'error', errorCode => 50300, times => 0);

my $before = calls();

is(said(begin($nginx)), '503 provider_unavailable', "failure $_") for 1 .. 5;
is(calls() - $before, 5, 'five calls were made');
$nginx->wait_log($opened);

$before = calls();

for (1 .. 4) {
    my $r = begin($nginx);

    is(said($r), '503 provider_unavailable', 'case 86: a start, open');
    like($r->header('Retry-After'), qr/^([1-9]|10)$/, 'until the next probe');
}

my $r = $v->post('/verify/report', { code => 'wrong' });
is(said($r), '503 provider_unavailable', 'case 86: a report, open');
like($r->header('Retry-After'), qr/^([1-9]|10)$/, 'until the next probe');

$v->post('/verify/report', { code => $code }) for 1 .. 9;

is(calls() - $before, 0, 'case 86: nobody calls Sinch');

my $status = $v->get('/verify/status')->json;
is($status->{status}, 'PENDING', 'the status goes on from the record');
is($status->{attempts_left}, 5, 'no attempt was taken');

my $joiner = $nginx->visitor;
is($joiner->post('/verify/start', { number => $mine })->status, 200,
   'joining sends nothing');

is(times_logged($nginx, $opened), 1, 'one line in the log');
like($nginx->log, qr/refused by rule "outage"/, 'refusals are logged');


# a reload does not end it, "off" does

$nginx->reload->wait_old;

$before = calls();
is(said(begin($nginx)), '503 provider_unavailable', 'still open');
is(calls() - $before, 0, 'after a reload');

$sim->control(DELETE => '/_sim/faults');
$nginx->conf(app => 'provider_failures off;');
$nginx->reload->wait_old;
is(begin($nginx)->status, 200, 'off');
is(times_logged($nginx, $closed), 1, 'off: the first answer ends it');

fault(operation => 'any', kind => 'error', errorCode => 50300, times => 0);
$before = calls();
begin($nginx) for 1 .. 7;
is(calls() - $before, 7, 'off: never opens');
$sim->control(DELETE => '/_sim/faults');


# in a dry run all calls are made, and it is told which would not be

$nginx->conf(app => 'provider_failures 3/10s probe=20s dry_run;');
$nginx->reload->wait_old;
is(begin($nginx)->status, 200, 'the outage of before is over');
is(times_logged($nginx, $closed), 1, 'and was, before it was on again');

fault(operation => 'any', kind => 'error', errorCode => 50300, times => 0);
my $said = length $nginx->log;

$before = calls();
is(said(begin($nginx)), '503 provider_unavailable', "dry run, $_") for 1 .. 6;
is(calls() - $before, 6, 'dry run: each is asked for');

my $log = substr $nginx->log, $said;

like($log, qr/3 calls to Sinch have failed in a row, app "signup" in a dry run, would make none/,
     'dry run: told');
is(scalar(() = $log =~ /dry run, would be refused by rule "outage"/g), 3,
   'dry run: three would have been refused');

$sim->control(DELETE => '/_sim/faults');
is(begin($nginx)->status, 200, 'dry run: Sinch is there again');
is(begin($nginx)->status, 200, 'dry run: and that is all');
is(scalar(() = substr($nginx->log, $said) =~ /would be refused by rule "outage"/g), 4,
   'dry run: the outage is over');

$nginx->finish;


# half-open: one probe, however many ask at once

$nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
                                 app => 'provider_failures 2/10s probe=1s;')
    ->start;

fault(operation => 'any', kind => 'error', errorCode => 50300, times => 0);
begin($nginx) for 1 .. 2;
$nginx->wait_log($opened);

$sim->control(DELETE => '/_sim/faults');
fault(operation => 'any', kind => 'delay', delay => 1500);

$before = calls();

wait_until('a probe', sub {
    my @asked = map {
        my $c = $nginx->visitor;
        [ $c, $c->begin(POST => '/verify/start', [ 'Content-Type:'
                        . ' application/json' ],
                        '{"number":"' . number() . '"}') ]
    } 1 .. 6;

    my %said;
    $said{ $_->[0]->end($_->[1])->status }++ for @asked;

    return 0 if !$said{200};

    is($said{200}, 1, 'case 86: one probe');
    is($said{503}, 5, 'case 86: the others are told to wait');
    return 1;
});

is(calls() - $before, 1, 'case 86: one call');
$nginx->wait_log($closed);
is(times_logged($nginx, $closed), 1, 'one line in the log');

is(begin($nginx)->status, 200, 'closed again');


# a probe that fails

fault(operation => 'any', kind => 'status', status => 502, times => 0);
$before = calls();
begin($nginx);
wait_until('open', sub { begin($nginx); $nginx->log =~ /$opened.*$opened/s });

$before = calls();
wait_until('a probe', sub { begin($nginx); calls() > $before });
is(calls() - $before, 1, 'a gateway has no answer: the probe fails');
is(said(begin($nginx)), '503 provider_unavailable', 'still open');
is(calls() - $before, 1, 'no other call');
is(times_logged($nginx, $opened), 2, 'a probe that fails is no new outage');

$sim->control(DELETE => '/_sim/faults');
$nginx->wait_log(qr/./);
wait_until('closed', sub { begin($nginx)->status == 200 });

$nginx->finish;


# case 84: a refusal is an answer, not an outage

$nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 1,
                                 app => 'provider_failures 2/10s;')->start;

for my $error (40105, 40200, 42900, 50000) {
    fault(operation => 'start', kind => 'error', errorCode => $error,
          times => 4);

    $before = calls();
    begin($nginx) for 1 .. 4;
    cmp_ok(calls() - $before, '>=', 4, "case 84: $error does not open it");
    $sim->control(DELETE => '/_sim/faults');
}

unlike($nginx->log, $opened, 'case 84: not open');
like($nginx->log, qr/check the clock/, 'case 84: a clear error');


# failures in a row: an answer in between begins anew

for (1 .. 4) {
    fault(operation => 'start', kind => 'error', errorCode => 50300);
    begin($nginx);
    is(begin($nginx)->status, 200, 'an answer in between');
}

unlike($nginx->log, $opened, 'not in a row');


# cases 76, 77: what nobody answers

$sim->down;
is(said(begin($nginx)), '503 provider_unavailable', 'case 77: refused')
    for 1 .. 2;
$nginx->wait_log($opened);
$sim->up;

$nginx->finish;


# nginx -t

for ([ '5', qr/"provider_failures" directive must be "off"/ ],
     [ '0/10s', qr/must be "off"/ ],
     [ '5/0s', qr/takes a time between/ ],
     [ '5/10s probe=x', qr/takes a "probe" between/ ],
     [ '5/10s proof=1s', qr/invalid parameter "proof=1s"/ ],
     [ '5/10s probe=1s probe=1h', qr/duplicate parameter "probe=1h"/ ],
     [ '5/10s; provider_failures off', qr/is duplicate/ ])
{
    my ($value, $why) = @$_;

    my $bad = PhoneVerify::Nginx->new(simulator => $sim,
                                      app => "provider_failures $value;");
    my ($ok, $text) = $bad->check;

    ok(!$ok, "refused: $value");
    like($text, $why, 'and why');
}

done_testing();
