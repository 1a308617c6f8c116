#!/usr/bin/perl

# test_number: verified by a code of the configuration, and Sinch is never
# asked.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my ($one, $two, $other) = ('+46700584001', '+46700584002', '+46700584003');

my $sim = PhoneVerify::Simulator->start;
my $app = 'methods sms whatsapp callout flashcall seamless; number_reuse 2/1d;'
          . " attempts 3; test_number \"+46 70 058 40 01\" 123456;"
          . " test_number $two 0000;";
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, app => $app,
    workers => 2, server => <<'EOF')->start;
location = /metrics { phone_verify_metrics; }
location / {
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
EOF

my $asked = 0;

sub start {
    my ($v, $number, %more) = @_;
    return $v->post('/verify/start', { number => $number, %more });
}

sub report {
    my ($v, $code) = @_;
    return $v->post('/verify/report', { code => $code });
}


# the right code

my $v = $nginx->visitor;
my $r = start($v, $one);
is($r->status, 200, 'started');
is($r->json->{status}, 'PENDING', 'pending');
is($r->json->{method}, 'sms', 'by the first method');
is($r->json->{number}, '+46*****001', 'the number is masked');
is($r->json->{attempts_left}, 3, 'with attempts');
cmp_ok($r->json->{resend_in}, '>', 0, 'and a time to wait');
is($v->get('/')->status, 401, 'closed');
is($v->get('/verify/status')->json->{status}, 'PENDING', 'it is pending');
$r = report($v, '123456');
is($r->status, 200, 'reported');
is($r->json->{status}, 'SUCCESSFUL', 'successful');
is($v->get('/a')->body, "GET /a $one\n", 'open, with the number');
is(report($v->copy, '123456')->status, 409, 'nothing is left to report');
is($v->get('/verify/status')->json->{status}, 'SUCCESSFUL', 'the status');


# every method but one

for my $method (qw(sms whatsapp callout)) {
    $v = $nginx->visitor;
    is(start($v, $two, method => $method)->json->{method}, $method,
       "$method: started");
    is(report($v, '0000')->status, 200, "$method: the code is right");
    is($v->get('/')->body, "GET / $two\n", "$method: open");
}

$v = $nginx->visitor;
is(start($v, $two, method => 'flashcall')->json->{method}, 'flashcall',
   'flashcall: started');
$r = $v->post('/verify/report', { cli => '+46700000001' });
is($r->code, 'invalid_code', 'flashcall: another caller');
is($r->json->{reason}, 'Invalid CLI', 'flashcall: the reason');
is($v->post('/verify/report', { cli => '+46700000000' })->status, 200,
   'flashcall: one that ends in the code');

$v = $nginx->visitor;
$r = start($v, $two, method => 'seamless');
is($r->status, 400, 'seamless: there is no code to report');
is($r->code, 'invalid_method', 'seamless: refused');


# never too soon

$v = $nginx->visitor;
is(start($v, $one)->status, 200, 'started');
is(start($v, $one)->status, 200, "again, time $_") for 1 .. 20;
is(report($v, '123456')->status, 200, 'and the code is right');


# attempts are counted for each session, and together as of any code

my $guesser = $nginx->visitor;
my $owner = $nginx->visitor;
start($guesser, $one);
start($owner, $one);

for my $left (2, 1, 0) {
    $r = report($guesser, '999999');
    is($r->status, 422, 'a wrong code');
    is($r->code, 'invalid_code', 'is told so');
    is($r->json->{attempts_left}, $left, "$left left");
}

is(report($guesser, '123456')->code, 'verification_failed',
   'the right one comes too late');
is($guesser->get('/')->status, 401, 'closed');
is(report($owner, '123456')->status, 200, 'another session goes on');

for my $wrong ('12345', '1234567', '0123456', '') {
    my $w = $nginx->visitor;
    start($w, $one);
    isnt(report($w, $wrong)->status, 200, "\"$wrong\" is not the code");
}

is(report($nginx->visitor, '123456')->status, 409, 'without a start');


# many at a time, of which each has its own

my @many = map { $nginx->visitor } 1 .. 30;
start($_, $two) for @many;
report($many[0], '9999') for 1 .. 3;
is(report($many[0], '0000')->status, 422, 'one of many has guessed');

my @c = map { $_->begin(POST => '/verify/report', [], { code => '0000' }) }
        @many[1 .. 29];
my @status = map { $many[$_ + 1]->end($c[$_])->status } 0 .. 28;
is((grep { $_ == 200 } @status), 29, 'the others all get in');


# logout

$v = $nginx->visitor;
start($v, $one);
report($v, '123456');
is($v->get('/')->status, 200, 'in');
is($v->post('/verify/logout', {})->status, 204, 'out');
is($v->get('/')->status, 401, 'closed');


# Sinch was never asked, of other numbers it is

is(scalar $sim->requests, 0, 'no request to Sinch');
is($sim->starts, 0, 'no start');

$v = $nginx->visitor;
start($v, $other);
is($sim->starts, 1, 'another number is sent a message');
isnt(report($v, '123456')->status, 200, 'and has no such code');
isnt(report($v, '0000')->status, 200, 'nor the other');
is(report($v, $sim->code($other))->status, 200, 'but its own');


# nor is it counted as what Sinch has sent

sub sent {
    return grep { s/^phone_verify_(starts|outcomes)_total.* (\d+)$/$1 $2/ }
           split /\n/, $nginx->visitor->get('/metrics')->body;
}

is(join(', ', grep { !/ 0$/ } sent()), 'starts 1, outcomes 1',
   'one start and one success are counted');

# such as a start that this zone does not know any more

$v = $nginx->visitor;
start($v, $one);
my $before = $nginx->visitor;
start($before, $two, method => 'callout');
$nginx->stop;
$nginx->start;
is(report($v, '123456')->status, 200, 'after a restart: right');
is(report($before, '0000')->status, 200, 'as are others');
is(scalar(sent()), 0, 'and nothing is counted');


# it works with Sinch away

$sim->down;
$v = $nginx->visitor;
is(start($v, $one)->status, 200, 'without Sinch: started');
is(report($v, '123456')->status, 200, 'without Sinch: right');
$sim->up;


# the log

like($nginx->log, qr/\[notice\].*started, app "signup", test number \+46\*+001/,
     'the log says so of a start');
like($nginx->log, qr/\[notice\].*verified, app "signup", test number \+46\*+00/,
     'and of a success');
like($nginx->log, qr/verified, app "signup", number \+46\*+003/,
     'but not of others');
unlike($nginx->log, qr/123456/, 'no code');
unlike($nginx->log, qr/70058400[12]/, 'no number');


# it is gone at the next reload, and so is what was pending

$v = $nginx->visitor;
start($v, $one);
$nginx->conf(app => 'attempts 3;')->reload;
isnt(report($v, '123456')->status, 200, 'no test number any more');
is($v->get('/')->status, 401, 'closed');


# nginx -t

sub check {
    my ($text) = @_;
    return PhoneVerify::Nginx->new(simulator => $sim, app => $text)->check;
}

my ($passed, $said) = check("test_number $one 123456;\n"
                            . "test_number $two 123456;");
ok($passed, 'nginx -t');
is((() = $said =~ /\[warn\].*"signup" has a "test_number"/g), 1, 'warns once');
like($said, qr/"test_number".* in \S+nginx.conf:\d+/, 'and says where');

($passed, $said) = check('');
unlike($said, qr/\[warn\]/, 'no warning without one');

for ([ "$one 123", qr/takes a code of 4 to 10 digits/ ],
     [ "$one 12345678901", qr/takes a code/ ],
     [ "$one 12a456", qr/takes a code/ ],
     [ "0700584001 123456", qr/takes a phone number in international/ ],
     [ "$one", qr/invalid number of arguments/ ],
     [ "$one 1234; test_number $one 5678", qr/has this number already/ ])
{
    my ($text, $why) = @$_;

    ($passed, $said) = check("test_number $text;");
    ok(!$passed, "test_number $text is refused");
    like($said, $why, 'why');
    unlike($said, qr/700584001/, 'without telling the number');
}

$nginx->finish;
done_testing;
