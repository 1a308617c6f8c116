#!/usr/bin/perl

# Each refusal and each outcome is one line of the error log: those of visitors
# at info or notice, what the operator has to see to at warn or error.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(
    simulator => $sim,
    app       => 'methods sms callout; attempts 2; deny_countries NO; poll 1s;',
    server    => <<'EOF2')->start;
location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
location = /check { phone_verify_check signup; }
location = /callback { phone_verify_callback signup; }
location = /old { phone_verify signup max_age=1s;
                  proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
EOF2
my $log = $nginx->dir . '/logs/error.log';
my ($v, $o) = map { $nginx->visitor } 1 .. 2;
my $json = 'Content-Type: application/json';
my $number = '+46700000001';

# what the code does is one line that begins like this, or none

sub line {
    my ($name, $code, $expected) = @_;

    my $before = length slurp($log);
    my $what = sub { map { /\[(\w+)\].*?phone_verify: (.*)/ ? "$1 $2" : () }
                     split /\n/, substr slurp($log), $before };
    $code->();
    wait_until("$name: a line", sub { $what->() }) if $expected;

    my @line = $what->();

    return is(scalar @line, 0, "$name: no line") unless $expected;
    is(scalar @line, 1, "$name: one line") or diag("@line");
    like($line[0], qr/^\Q$expected\E/, "$name: and at its level");
    like($line[0], qr/app "signup"/, "$name: with the app's name")
        unless $expected =~ /callback/;
}

sub start  { my ($v, %f) = @_; return sub { $v->post('/verify/start', \%f) } }
sub report { my ($v, $c) = @_;
             return sub { $v->post('/verify/report', { code => $c }) } }
sub raw    { my ($h, $b) = @_;
             return sub { $v->send(POST => '/verify/start', $h, $b) } }


# refusals of visitors

line('a gate', sub { $v->get('/') }, 'info phone_verification_required');
line('a check', sub { $v->get('/check') }, 'info phone_verification_required');
line('no number', start($v, number => 'x'), 'info refused, invalid_number');
line('no method', start($v, number => $number, method => 'pigeon'),
     'info refused, invalid_method');
line('no JSON', raw([ $json ], '{'), 'info refused, invalid_request');
line('another type', raw([ 'Content-Type: text/plain' ], '{}'),
     'info refused, unsupported_type');
line('too large', raw([ $json ], ' ' x 70000), 'info refused, too_large');
line('another site', raw([ $json, 'Sec-Fetch-Site: cross-site' ],
                         qq({"number":"$number"})),
     'notice refused by rule "origin"');
line('a rule', start($v, number => '+4740612345'),
     'notice refused by rule "destination"');
line('nothing to report', report($v, '1234'),
     'info refused, no_verification');
line('an unsigned callback', sub { $v->post('/callback', { a => 1 }) },
     'info refused a callback that is not signed');


# the usual way, and off it

line('a start', start($v, number => $number), 'notice started');
line('once more', start($v, number => $number), 'notice refused by rule "resend"');
line('somebody else', start($o, number => $number), 'notice joined');
line('no code at all', report($v, 'x y!'), 'info refused, invalid_code');

my $code = $sim->code($number);
my $wrong = $code eq '0000' ? '1111' : '0000';

line('a wrong code', report($v, $wrong), 'info wrong code');
line('the right one', report($v, $code), 'notice verified');
line('an open gate', sub { $v->get('/') }, undef);
line('a status', sub { $v->get('/verify/status') }, undef);
line('too late', report($o, $code), 'info reported after the end');
wait_until('it is too old', sub { $v->get('/old')->status == 401 });
line('too old', sub { $v->get('/old') }, 'info phone_verification_expired');
line('logged out', sub { $v->post('/verify/logout', {}) }, 'notice revoked');

$v = $nginx->visitor;
$v->post('/verify/start', { number => '+46700000002' });
report($v, 'abcd')->() for 1 .. 2;
report($v, sprintf '%04d', ($sim->code('+46700000002') + 1) % 10000)->()
    for 1 .. 2;
line('no attempts left', report($v, '0000'),
     'notice refused by rule "attempts"');


# found out by asking, and handed over

$v = $nginx->visitor;
$v->post('/verify/start', { number => '+46700000003' });
$sim->control(POST => '/_sim/settle', { number => '+46700000003',
    status => 'FAIL', reason => 'SMS delivery failure' });
line('a failure', sub { $v->get('/verify/status?wait=20') },
     'info app "signup", +46*****003: Sinch says FAIL, SMS delivery');


# what the operator has to see to

my $n = 10;

for ([ 40200, 'error start refused' ], [ 40101, 'error start refused' ],
     [ 42202, 'error start refused' ], [ 50300, 'error start refused' ],
     [ 42901, 'warn start refused' ], [ 40300, 'info start refused' ],
     [ 40001, 'info start refused' ])
{
    my ($error, $expected) = @$_;

    $sim->control(POST => '/_sim/faults',
        { operation => 'start', kind => 'error', errorCode => $error });
    line("Sinch's $error", start($nginx->visitor,
         number => '+467000000' . $n++), $expected);
}

$sim->down;
line('Sinch is down', start($nginx->visitor, number => '+46700000099'),
     'error start not sent');
$sim->up;

line('a stale callback', sub {
    $sim->control(POST => '/_sim/events', {
        url       => 'http://127.0.0.1:' . $nginx->port . '/callback',
        timestamp => '2014-06-04T13:41:58Z', body => {} });
}, 'warn refused a callback that is signed');

$nginx->finish;
done_testing;
