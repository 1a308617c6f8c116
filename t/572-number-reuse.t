#!/usr/bin/perl

# number_reuse: how many sessions one number may get. Who has proved the number
# is told, a stranger is not. Abuse case 25.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Log;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

expect_log(qr/invalid value .*sessions in a time/, qr/invalid parameter/,
           qr/"number_reuse" directive is duplicate/);

my $sim = PhoneVerify::Simulator->start(args => ['--event-delay', 0]);
my $server = <<'EOF';
location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
location = /sinch/callback { phone_verify_callback signup; }
location = /metrics { phone_verify_metrics; }
EOF
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
    app => 'number_reuse 2/1h;', server => $server)->start;

$sim->control(PATCH => '/_sim/settings', {
    callback => 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' });

my $n = 46811400000;

sub said { return $_[0]->status . ' ' . $_[0]->code }

sub pending {
    my ($number, $v) = @_;

    $v ||= $nginx->visitor;
    my $r = $v->post('/verify/start', { number => $number });
    die said($r) unless $r->status == 200;

    return $v;
}

sub report {
    my ($v, $number) = @_;
    return $v->post('/verify/report', { code => $sim->code($number) });
}

sub grants {
    my ($n) = $nginx->visitor->get('/metrics')->body
              =~ /^phone_verify_grants_total\S* (\d+)$/m;
    return $n;
}

sub verified {
    my ($number, $v) = @_;
    $v = pending($number, $v);
    return (report($v, $number), $v);
}


# two sessions, and no third one

my $number = '+' . ++$n;
my ($r, $first) = verified($number);
is($r->status, 200, 'case 25: the first session of a number');
($r, my $second) = verified($number);
is($r->status, 200, 'case 25: the second');

my $stranger = $nginx->visitor->post('/verify/start', { number => $number });
my $none = $nginx->visitor->post('/verify/start', { number => '+' . ++$n });

is($stranger->status, 200, 'case 25: a stranger may start it');

# "delivered" may be there or not: that is for Sinch to say, and it takes its time

my @told = map { join ' ', sort grep { $_ ne 'delivered' } keys %{$_->json} } $stranger, $none;
is($told[0], $told[1], 'case 25: and is told what is told of any number');

my $third = pending($number);
is(grants(), 2, 'two grants are counted');
$r = report($third, $number);
is(said($r), '429 too_many_requests', 'case 25: no third session');
cmp_ok($r->header('Retry-After'), '<=', 3600, 'for an hour at most');
cmp_ok($r->header('Retry-After'), '>', 3500, 'since the first one');
is($r->header('Set-Cookie'), undef, 'no cookie');
is(grants(), 2, 'nor a grant that is counted');
is($third->get('/')->status, 401, 'closed');
is(said(report($third, $number)), '409 no_verification',
   'nor is it given by asking again');
is($third->get('/')->status, 401, 'nor at the gate');
isnt($third->get('/verify/status')->json->{status}, 'SUCCESSFUL',
     'nor by a status');

is($_->get('/')->status, 200, 'those that there are stay') for $first, $second;

like($nginx->log, qr/\[notice\].* refused by rule "reuse", app "signup"/,
     'the log has it');

($r) = verified('+' . ++$n);
is($r->status, 200, 'another number');


# who has the number already may verify it again

my ($again) = verified($number, $first);
is($again->status, 200, 'case 25: the same visitor once more');
is($first->get('/')->status, 200, 'is in');


# a logout does not give another session: it would be no limit

$second->post('/verify/logout', {});
($r) = verified($number);
is(said($r), '429 too_many_requests', 'case 25: after a revocation, neither');


# a success by callback

my $v = pending($number);
my $log = () = $nginx->log =~ /rule "reuse"/g;
$sim->control(POST => '/_sim/settle', { number => $number,
                                        status => 'SUCCESSFUL' });
wait_until('the refusal', sub {
    is($v->copy->get('/')->status, 401, 'closed') unless our $seen++;
    $v->copy->get('/verify/status');
    $log < (() = $nginx->log =~ /rule "reuse"/g);
});
is($v->get('/')->status, 401, 'case 25: closed after a callback');
is($v->get('/')->status, 401, 'case 25: and stays so');


# a lost answer is one session

$number = '+' . ++$n;
$v = pending($number);
my @copy = map { $v->copy } 1 .. 6;
is(report($_, $number)->status, 200, 'the same session') for @copy;
($r) = verified($number);
is($r->status, 200, 'case 25: six answers were one');
($r) = verified($number);
is(said($r), '429 too_many_requests', 'case 25: with that there are two');


# what one report has verified, the others who joined cannot report

$number = '+' . ++$n;
my @v = map { pending($number) } 1 .. 3;
my ($one) = report($v[0], $number);
is($one->status, 200, 'one');


# eight answers at once are one session

my $shared = '+' . ++$n;
my $asks = pending($shared);
my @asked = map { my $c = $asks->copy;
                  [ $c, $c->begin(POST => '/verify/report', [],
                                  { code => $sim->code($shared) }) ] } 1 .. 8;
my @at_once = map { $_->[0]->end($_->[1])->status } @asked;
ok(scalar(grep { $_ == 200 } @at_once), "case 25: eight at once: @at_once");
($r) = verified($shared);
is($r->status, 200, 'case 25: were one of two');
($r) = verified($shared);
is(said($r), '429 too_many_requests', 'case 25: and there is no third');


# the counters live as long as the zone

$nginx->reload;
($r) = verified($number);
is($r->status, 200, 'after a reload: the second');
$nginx->reload;
($r) = verified($number);
is(said($r), '429 too_many_requests', 'case 25: after a reload: no third');


# a window ends

$nginx->conf(app => 'number_reuse 1/2s;')->reload;
$number = '+' . ++$n;
verified($number);
($r) = verified($number);
is(said($r), '429 too_many_requests', 'case 25: one in two seconds');
sleep $r->header('Retry-After');
($r) = verified($number);
is($r->status, 200, 'and one after them');


# dry run

$nginx->conf(app => 'number_reuse 1/1h dry_run;')->reload;
$number = '+' . ++$n;

for (1 .. 3) {
    ($r, $v) = verified($number);
    is($r->status, 200, 'dry run: let pass');
    is($v->get('/')->status, 200, 'open');
}

is(scalar(() = $nginx->log =~ /dry run, would be refused by rule "reuse"/g), 2,
   'and told of');


# off, which is the default

for my $app ('', 'number_reuse off;') {
    $nginx->conf(app => $app)->reload;
    $number = '+' . ++$n;

    for (1 .. 3) {
        ($r) = verified($number);
        is($r->status, 200, ($app || 'default') . ': as many as there are');
    }
}


# configuration

for my $bad ('3', '0/1h', '3/', '/1h', 'x/1h', '3/0s', '65536/1h', '-1/1h',
             '3/1h wet_run', 'off dry_run')
{
    my ($passed, $said) = $nginx->conf(app => "number_reuse $bad;")->check;
    ok(!$passed, "$bad is refused");
    like($said, qr/\[emerg\]/, 'in so many words');
}

my ($passed, $said) = $nginx->conf(
    app => 'number_reuse 1/1h; number_reuse 2/1h;')->check;
like($said, qr/"number_reuse" directive is duplicate/, 'twice');

$nginx->finish;

done_testing();
