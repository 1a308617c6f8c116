# own_codes: the module chooses the code, checks guesses by itself, and a resend
# or a change to a call keeps the code. A wrong guess asks Sinch nothing.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(spew wait_until);
use PhoneVerify::Log;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
    app => "own_codes on;\nresend 1s;",
    server => "location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }\n"
        . 'location = /sinch/callback { phone_verify_callback signup; }')
    ->start;

$sim->control(PATCH => '/_sim/settings', {
    callback => 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' });

sub reports { return scalar grep { $_->{method} eq 'PUT' } $sim->requests }

my $number = '+46700000080';
my $visitor = $nginx->visitor;
$visitor->post('/verify/start', { number => $number });

my $code = $sim->code($number);
like($code, qr/^\d{6}$/, 'six digits, though the simulator makes four');

for my $wrong ('000000', '1234', substr($code, 0, 5), "${code}0", 'abc') {
    next if $wrong eq $code;
    is($visitor->post('/verify/report', { code => $wrong })->code,
       'invalid_code', 'a wrong guess') if $wrong ne 'abc';
}

is(reports(), 0, 'Sinch was not asked');
is($visitor->get('/verify/status')->json->{attempts_left}, 1,
   'but they were counted');

is($visitor->post('/verify/report', { code => $code })->status, 200,
   'the right one');
is(reports(), 1, 'is reported once');
is($visitor->get('/')->status, 200, 'in');

# a resend and a change of channel by the same session keep the code

$number = '+46700000081';
$visitor = $nginx->visitor;
$visitor->post('/verify/start', { number => $number });
$code = $sim->code($number);

for my $method ('sms', 'callout') {
    wait_until('it may be sent again', sub {
        return $visitor->get('/verify/status')->json->{resend_in} == 0;
    });

    is($visitor->post('/verify/start', { number => $number,
                                         method => $method })->status, 200,
       "again by $method");
    is($sim->code($number), $code, 'the same code');
}

# a stranger's start has a code of its own

wait_until('it may be sent again', sub {
    return $visitor->get('/verify/status')->json->{resend_in} == 0;
});

my $stranger = $nginx->visitor;
$stranger->post('/verify/start', { number => $number });
isnt($sim->code($number), $code, 'another one for a stranger');

is($visitor->post('/verify/report', { code => $sim->code($number) })->status,
   200, 'which the owner receives');

# where Sinch was not given ours, it judges

$sim->control(PATCH => '/_sim/settings', { callback => undef });
$number = '+46700000082';
$visitor = $nginx->visitor;
$visitor->post('/verify/start', { number => $number });

my $before = reports();
$visitor->post('/verify/report', { code => '000000' });
is(reports(), $before + 1, 'a guess goes to Sinch');
is($visitor->post('/verify/report', { code => $sim->code($number) })->status,
   200, 'and Sinch\'s own code is good');

# a session key that is changed meanwhile, and a length: what was sent is good

$sim->control(PATCH => '/_sim/settings', {
    callback => 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' });

my $keys = $nginx->dir . '/keys';

sub keys_are {
    spew($keys, join '', map { $_ x 32 . "\n" } @_);
    chmod 0600, $keys;
}

sub reloaded {
    $nginx->conf(app => "own_codes on;\nsession_key_file $keys;\n@_")->reload;
    $nginx->wait_old;
}

for my $change ([ 'key', '+46700000083', '', [ 'cd', 'ab' ] ],
                [ 'length', '+46700000084', 'code_length 8;', [ 'ab' ] ])
{
    my ($name, $number, $app, $after) = @$change;

    keys_are('ab');
    reloaded('');

    $visitor = $nginx->visitor;
    $visitor->post('/verify/start', { number => $number });
    $code = $sim->code($number);

    keys_are(@$after);
    reloaded($app);

    $before = reports();
    is($visitor->post('/verify/report',
                      { code => sprintf '%06d', ($code + 1) % 1e6 })->code,
       'invalid_code', "another $name: a wrong guess");
    is(reports(), $before, 'Sinch was not asked');
    is($visitor->post('/verify/report', { code => "$code" })->status, 200,
       "another $name: the right one");
}

# no shorter than six, no longer than Sinch takes

for my $length (5, 11) {
    my ($ok, $said) = $nginx->conf(app => "code_length $length;")->check;
    ok(!$ok, "code_length $length");
    like($said, qr/must be between 6 and 10/, 'is refused');
}

expect_log(qr/\[emerg\] .*value must be between 6 and 10/);

$nginx->finish;
done_testing;
