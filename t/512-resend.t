#!/usr/bin/perl

# resend: who asks again too soon waits, or joins; off, each start sends anew but
# for one that is on its way; in a dry run, too, and it is told of and counted.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Log qw(expect_log);
use PhoneVerify::Metrics;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2, app => '',
    server => <<'SERVER')->start;
location / {
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location = /wait {
    phone_verify signup optional;
    return 200 "wait=$phone_verify_resend_in.";
}
location = /metrics { phone_verify_metrics; }
SERVER

my $m = PhoneVerify::Metrics->new($nginx);
my $n = 46705120000;

sub policy {
    my ($app) = @_;

    $nginx->conf(app => $app)->reload;
    $nginx->wait_old;
}

sub said { return $_[0]->status . ' ' . ($_[0]->code || $_[0]->json->{status}) }

sub start {
    my ($v, $number) = @_;
    return $v->post('/verify/start', { number => $number });
}

sub started {
    my ($number) = @_;

    my $v = $nginx->visitor;
    my $r = start($v, $number);
    die $r->body unless $r->status == 200;

    return $v;
}

sub report {
    my ($v, $code) = @_;
    return $v->post('/verify/report', { code => $code });
}

sub refusals {
    my ($dry_run, $rule) = @_;
    return $m->values->{'phone_verify_refusals_total{app="signup",rule="'
                        . ($rule || 'resend') . "\",dry_run=\"$dry_run\"}"};
}

# A start that takes its time at Sinch, which has sent its message.

sub begun {
    my ($v, $number) = @_;

    $sim->control(POST => '/_sim/faults',
                  { operation => 'start', kind => 'delay', delay => 1500,
                    when => 'after' });

    my $starts = $sim->starts;
    my $c = $v->begin(POST => '/verify/start', [], { number => $number });
    wait_until('the start', sub { $sim->starts > $starts });

    return $c;
}


# by default

my $number = '+' . ++$n;
my $v = started($number);
my $code = $sim->code($number);

cmp_ok($v->get('/verify/status')->json->{resend_in}, '>', 20,
       'by default there is a wait');

my $r = start($v, $number);
is(said($r), '429 too_many_requests', 'too soon');
cmp_ok($r->header('Retry-After'), '>', 20, 'for so long');
like($nginx->log, qr/refused by rule "resend", app "signup", number \+46\*/,
     'which is told of');
is(refusals('no'), 1, 'and counted');

is(said(start($nginx->visitor, $number)), '200 PENDING', 'another one joins');
is(refusals('no'), 1, 'which is no refusal');
is(scalar($sim->outbox($number)), 1, 'one message');

$nginx->reload;
$nginx->wait_old;
is(refusals('no'), 1, 'counted after a reload, too');
is(said(start($v, $number)), '429 too_many_requests', 'too soon, still');
is(refusals('no'), 2, 'and counted on');
is(report($v, $code)->status, 200, 'the code is good');


# in a dry run

policy("resend 30s dry_run;\n");

$number = '+' . ++$n;
$v = started($number);
my $first = $sim->code($number);
my $said = length $nginx->log;

cmp_ok($v->get('/verify/status')->json->{resend_in}, '>', 20,
       'in a dry run the wait is told');
is(said(start($v, $number)), '200 PENDING', 'who should wait sends anew');
is(scalar($sim->outbox($number)), 2, 'a message');
is(refusals('yes'), 1, 'counted');
like(substr($nginx->log, $said),
     qr/dry run, would be refused by rule "resend", app "signup"/, 'told of');

my $other = started($number);
is(scalar($sim->outbox($number)), 3, 'who should join sends anew, too');
is(refusals('yes'), 2, 'counted');
is(refusals('no'), 2, 'nobody is refused');

SKIP: {
    skip 'the codes are the same by chance', 1
        if $first eq $sim->code($number);

    is(said(report($v, $first)), '422 invalid_code',
       'what is lost: the earlier code is void');
}

$nginx->reload;
$nginx->wait_old;
is(refusals('yes'), 2, 'counted after a reload, too');
is(report($v, $sim->code($number))->status, 200,
   'the last code is good for all that started');

# one that is on its way is not sent twice, whatever the rule says

$number = '+' . ++$n;
my $own = started($number);
my $again = $own->copy;
my $c = begun($own, $number);
$other = $nginx->visitor;
is(said(start($other, $number)), '200 PENDING', 'meanwhile another one joins');
is(said(start($again, $number)), '429 too_many_requests', 'its own waits');
is(said($own->end($c)), '200 PENDING', 'sent anew');
is(scalar($sim->outbox($number)), 2, 'two messages, no third');
is(refusals('yes'), 3, 'one was too soon');
is(refusals('no'), 2, 'and none refused by the rule');
is(report($other, $sim->code($number))->status, 200, 'who joined has its code');


# off

policy("resend off;\n");

$number = '+' . ++$n;
$v = started($number);
is($v->get('/verify/status')->json->{resend_in}, 0, 'off: no wait');
is($v->get('/wait')->body, 'wait=0.', 'as the variable says');
is(said(start($v, $number)), '200 PENDING', 'sent anew');
$other = started($number);
is(scalar($sim->outbox($number)), 3, 'by another one, too');
is(refusals('yes') . refusals('no'), '32', 'nothing to count');

$number = '+' . ++$n;
$own = started($number);
$again = $own->copy;
$c = begun($own, $number);
is(said(start($again, $number)), '429 too_many_requests',
   'one that is on its way is waited for');
is(said(start($nginx->visitor, $number)), '200 PENDING', 'or joined');
is(said($own->end($c)), '200 PENDING', 'sent');
is(scalar($sim->outbox($number)), 2, 'two messages, no third');
is(refusals('no'), 2, 'which is not the rule');
is(report($own, $sim->code($number))->status, 200, 'its code is good');

# limits hold

policy("resend off; limit number 2r/10m;\nlimit address off;\nlimit prefix off;\n"
       . "limit session off;\n");
$number = '+' . ++$n;
$v = started($number);
is(said(start($v, $number)), '200 PENDING', 'the second of two');
is(said(start($v, $number)), '429 too_many_requests', 'the third');
is(refusals('no', 'number'), 1, 'by the rule of the number');
is(refusals('no'), 2, 'not by this one');
is(report($v, $sim->code($number))->status, 200, 'the code is good');

$nginx->finish;


# a full zone: nothing is sent, and what is pending stays good

expect_log(qr/the "zone" of app "signup" is full/);

for my $app ('resend off', 'resend 30s dry_run') {
    $nginx = PhoneVerify::Nginx->new(simulator => $sim,
                                     app => "zone 64k;\n$app;")->start;

    my @v;

    for (1 .. 2000) {
        my $v = $nginx->visitor;
        last if start($v, '+' . ++$n)->status != 200;
        push @v, [ $v, "+$n" ];
    }

    cmp_ok(scalar @v, '>', 20, "$app: the zone is full");

    ($v, $number) = @{$v[-1]};
    my $starts = $sim->starts;
    is(said(start($v, $number)), '503 busy', 'no room to send anew');
    is($sim->starts, $starts, 'nothing was sent');
    is(report($v, $sim->code($number))->status, 200, 'the code is good');

    $nginx->finish;
}

done_testing();
