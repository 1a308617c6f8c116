use strict;
use warnings;

use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";

use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

# conversion_breaker's keys that are about who asks: whose address it is, and
# whether the number's owner asks

my $sim = PhoneVerify::Simulator->start;

my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
    app => "conversion_breaker;\nzone 1m;", http => <<'EOF')
set_real_ip_from 127.0.0.1;
real_ip_header X-Real-IP;
EOF
    ->start;

my $zone = 1;
my $block = 0;

sub policy {
    my ($app) = @_;

    # another size is another zone, which is empty

    $zone++;
    $nginx->conf(app => "conversion_breaker;\n$app\nzone ${zone}m;");
    $nginx->reload->wait_old;
}

# a number of a block of its own each, so that no block's breaker opens

sub number { return sprintf '+467%04d0001', ++$block }

# messages that were sent of n starts, each from the address that is its turn

sub sent {
    my ($n, $address) = @_;

    my $before = $sim->starts;

    for my $i (1 .. $n) {
        $nginx->visitor->post('/verify/start', { number => number() },
                              'X-Real-IP: ' . $address->($i));
    }

    return $sim->starts - $before;
}

is(sent(8, sub { '203.0.113.1' }), 5, 'five an hour are sent for an address');
is(sent(1, sub { '203.0.113.2' }), 1, 'another address is open');

$nginx->reload->wait_old;
is(sent(1, sub { '203.0.113.1' }), 0, 'after a reload, too');

is(sent(8, sub { "2001:db8:0:1::$_[0]" }), 5, 'IPv6: a /64 is one address');
is(sent(1, sub { '2001:db8:0:2::1' }), 1, 'another /64 is open');

is(sent(8, sub { $_[0] % 2 ? '203.0.113.9' : '::ffff:203.0.113.9' }), 5,
   'an IPv4 address is the same inside an IPv6 one');

# a balancer without real_ip is everybody: a dry run

for my $address (qw(127.0.0.1 10.1.2.3 172.16.0.1 172.31.255.1 192.168.1.1
                    169.254.1.1 100.64.0.1 ::1 fd00::1 fe80::1))
{
    is(sent(7, sub { $address }), 7, "$address refuses nobody");
}

for my $address (qw(172.32.0.1 100.128.0.1 11.0.0.1 fec0:1::1)) {
    is(sent(7, sub { $address }), 5, "$address is as any other");
}

# the owner of a number is not kept out by a block that strangers have closed

policy('conversion_breaker address off;');

my $owner = $nginx->visitor;
my $home = 'X-Real-IP: 203.0.113.77';
my $mine = '+46799990001';

$owner->post('/verify/start', { number => $mine }, $home);
is($owner->post('/verify/report', { code => $sim->code($mine) }, $home)->status,
   200, 'verified');

my $refused = 0;

for my $i (2 .. 30) {
    my $answer = $nginx->visitor->post('/verify/start',
                                       { number => sprintf '+4679999%04d', $i },
                                       "X-Real-IP: 198.51.100.$i");
    $refused++ if $answer->status == 429;
}

ok($refused > 0, "strangers have closed the block: $refused refused");
is($nginx->visitor->post('/verify/start', { number => $mine },
                         'X-Real-IP: 198.51.100.99')->status, 429,
   'case 65: a stranger is refused for the number, too');
is($owner->post('/verify/start', { number => $mine }, $home)->status, 200,
   'case 65: its owner is not');
is($owner->post('/verify/start', { number => '+46799990999' }, $home)->status,
   429, 'but is a stranger to other numbers');

# countries of an address: three, of which a message went out

sub countries {
    my ($address, @number) = @_;

    return join ' ', map { $nginx->visitor->post('/verify/start',
                               { number => $_ }, "X-Real-IP: $address")->status
                     } @number;
}

my @far = qw(+4520123456 +447400123456 +33612345678);
my @near = map { my $i = $_; [ map { "$_$i" } qw(+4670174000 +491512345678
                                                 +81901234567) ] } 1 .. 3;

policy('provider_failures off; limit number 1r/1h; limit address off;');

is(countries('203.0.113.1', @{$near[0]}, $far[0]), '200 200 200 429',
   'a fourth country is refused');

$sim->down;
is(countries('203.0.113.2', @far), '503 503 503', 'what could not be sent');
$sim->up;

is(countries('203.0.113.2', @{$near[1]}), '200 200 200',
   'used up no country of the address');

for my $number (@far) {
    my $v = $nginx->visitor;
    $v->post('/verify/start', { number => $number },
             "X-Real-IP: 203.0.113.3");
    is($v->post('/verify/report', { code => $sim->code($number) },
                'X-Real-IP: 203.0.113.3')->status, 200, "$number: verified");
}

is(countries('203.0.113.4', @far), '429 429 429', 'what a limit refuses');
is(countries('203.0.113.4', @{$near[2]}), '200 200 200',
   'used up none, either');

# it opens and closes, a line in the log each: by time, or by a proof

policy('limit number off; limit address off;');

my $from = length $nginx->log;

sub told {
    return join ' ', substr($nginx->log, $from)
                     =~ /breaker "countries" of app "signup" (opened|closed)/g;
}

my $here = 'X-Real-IP: 203.0.113.5';
my $prover = $nginx->visitor;

$prover->post('/verify/start', { number => $near[0][0] }, $here);
is(countries('203.0.113.5', @{$near[0]}[1, 2], @far[0, 1]),
   '200 200 429 429', 'three countries, and no fourth');
is(countries('203.0.113.5', $near[1][1]), '200', 'one of them again');
is(told(), 'opened', 'the log has that it opened, once');

is($prover->post('/verify/report', { code => $sim->code($near[0][0]) }, $here)
   ->status, 200, 'one is verified');
is(countries('203.0.113.5', @far), '200 429 429', 'there is room for another');
is(told(), 'opened closed opened', 'the log has both');

$nginx->finish;

done_testing;
