# A stranger who knows a number can neither abort its owner's verification, nor
# lock the owner out, nor gain guesses.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2, app => <<'APP')->start;
attempts 5;
resend 2s;
limit address off;
limit session off;
limit prefix off;
limit number 3r/10m;
APP

my $number = '+46701000001';

sub wrong { my ($code) = @_; return sprintf '%04d', ($code + 1 + int rand 9998) % 10000 }

sub start {
    my ($v) = @_;
    return $v->post('/verify/start', { number => $number });
}

sub report {
    my ($v, $code) = @_;
    return $v->post('/verify/report', { code => $code });
}

# case 66: starts of others abort nothing

my $owner = $nginx->visitor;
is(start($owner)->status, 200, 'the owner starts');
my $code = $sim->code($number);

for my $i (1 .. 20) {
    my $r = start($nginx->visitor);
    is($r->status, 200, "case 66: stranger $i is answered the same") if $r->status != 200;
}

is(scalar(my @sent = $sim->outbox($number)), 1, 'case 66: one message');
is(report($owner, $code)->status, 200, 'case 66: and its code is good');
is($owner->get('/a')->body, "GET /a $number\n", 'open');

# nor after the resend wait: the earlier code is superseded at Sinch, but the
# owner is told so and gets in by the new one

my $late = $nginx->visitor;
select undef, undef, undef, 2.2;
is(start($late)->status, 200, 'another visitor of that number');
my $first = $sim->code($number);
select undef, undef, undef, 2.2;
is(start($nginx->visitor)->status, 200, 'a stranger starts after the wait');
my $second = $sim->code($number);
is(report($late, $second)->status, 200, 'who got the message gets in, whoever asked for it');

# guessing: 10 strangers of 5 guesses each have 15 in all, the number's of a day

my $tried = 0;
my %status;
$number = '+46701000002';

$owner = $nginx->verified($number);      # has verified it before
select undef, undef, undef, 2.2;
is(start($owner)->status, 200, 'the owner verifies again');
$code = $sim->code($number);

for my $i (1 .. 10) {
    my $v = $nginx->visitor;
    start($v);

    for (1 .. 5) {
        my $r = report($v, wrong($code));
        $status{$r->status}++;
        $tried++ if $r->status == 422 && $r->code eq 'invalid_code';
    }
}

is($tried, 15, 'case 6: 50 guesses of 10 strangers are 15');
note(join ', ', map { "$_: $status{$_}" } sort keys %status);

my $v = $nginx->visitor;
my $r = start($v);
$r = report($v, $code) if $r->status == 200;
isnt($r->status, 200, 'case 1: then the right code fails too');

is($sim->code($number), $code, 'it is still the same');

my $status = $owner->get('/verify/status')->json;
is($status->{status}, 'PENDING', 'case 65: the owner can still report');
is($status->{attempts_left}, 5, 'case 65: as often as ever');
is(report($owner, wrong($code))->status, 422, 'case 65: the owner mistypes');
$status = $owner->get('/verify/status')->json;
is($status->{status}, 'PENDING', 'case 65: and may try again');
is($status->{attempts_left}, 4, 'case 65: once less');
is(report($owner, $code)->status, 200, 'case 65: and gets in');
is($owner->get('/a')->body, "GET /a $number\n", 'open');

# nor can they use up the number's messages

$number = '+46701000003';
$owner = $nginx->verified($number);

for (1 .. 3) {
    select undef, undef, undef, 2.2;
    start($nginx->visitor);
}

select undef, undef, undef, 2.2;
is(start($nginx->visitor)->status, 429, 'case 64: strangers have no more messages');
is(start($owner)->status, 200, 'case 65: the owner has');
is(report($owner, $sim->code($number))->status, 200, 'and gets in');

# all=: guesses of the whole app, and off, and dry run

$nginx->conf(app => "attempts 5 number=off all=4r/50m;\nresend 2s; limit address off;"
                    . 'limit session off; limit prefix off; limit number off;');
$nginx->reload;
$nginx->wait_old;

my @r;

for my $i (1 .. 6) {
    $number = "+4670100010$i";
    $v = $nginx->visitor;
    start($v);
    push @r, report($v, wrong($sim->code($number)));
}

is(join(' ', map { $_->status } @r), '422 422 422 422 429 429',
   'case 5: codes sprayed over many sessions');
ok($r[5]->header('retry-after') > 2900, 'until the hour is over');
is(report($v, $sim->code($number))->status, 429, 'case 5: the right one fails, too');
like($nginx->log, qr/refused by rule "attempts"/, 'in the log');

$nginx->conf(app => "attempts 5 number=off all=4r/50m dry_run;\nresend 2s; limit address off;"
                    . 'limit session off; limit prefix off; limit number off;');
$nginx->reload;
$nginx->wait_old;
is(report($v, $sim->code($number))->status, 200, 'dry run: it is let in');
like($nginx->log, qr/dry run, would be refused by rule "attempts"/, 'and told');

$nginx->finish;

done_testing;
