# limit: how many starts there may be, by number, prefix, country, address,
# session, all, and by a variable.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Conf;
use PhoneVerify::Log qw(expect_log);
use PhoneVerify::Metrics;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;

# addresses are what X-Forwarded-For says, as behind a balancer with realip

my %conf = (http => <<'HTTP',
set_real_ip_from 127.0.0.1;
real_ip_header X-Forwarded-For;
HTTP
);

my $off = join '', map { "limit $_ off;\n" } qw(number prefix address session);

my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2, %conf,
                                    app => "$off resend 1s;")->start;
my $n = 0;

sub number { return sprintf '+4670%03d%04d', ++$n / 10000 + 100, $n % 10000 }

sub policy {
    my ($app) = @_;

    # a limit that is given takes the place of its "off"

    my %given = map { $_ => 1 } $app =~ /\blimit (\S+)/g;
    my $rest = join '', map { "limit $_ off;\n" }
               grep { !$given{$_} } qw(number prefix address session);

    $nginx->conf(%conf, app => "$rest $app\nresend 1s;");
    $nginx->reload;
    $nginx->wait_old;
    return;
}

sub start {
    my ($number, %arg) = @_;

    my $v = $arg{visitor} || $nginx->visitor;

    return $v->post('/verify/start', { number => $number },
        $arg{address} ? "X-Forwarded-For: $arg{address}" : (),
        map { "X-$_: $arg{$_}" } grep { /^[A-Z]/ } keys %arg);
}

sub is_refused {
    my ($r, $at_most, $name) = @_;

    my $after = $r->header('retry-after');

    is($r->status . ' ' . ($r->code || ''), '429 too_many_requests', "$name: refused");
    ok($after && $after > $at_most - 30 && $after <= $at_most,
       "$name: Retry-After, " . ($after || 'none'));
    return;
}

# What is started again, is sent again: after the wait of a resend.

sub again {
    my ($number, %arg) = @_;
    select undef, undef, undef, 1.1;
    return start($number, %arg);
}


# number

policy('limit number 2r/10m;');
my $number = number();
is(start($number)->status, 200, 'number: the first');
is(again($number)->status, 200, 'number: the second');
is_refused(again($number), 600, 'number: the third');
is(start(number())->status, 200, 'number: another one');
is(scalar($sim->outbox($number)), 2, 'number: two messages');

# what is counted outlives a reload, also with another rate, of one period

policy('limit number 2r/10m;');
is_refused(again($number), 600, 'after a reload');
policy('limit number 3r/10m;');
is(again($number)->status, 200, 'one more is allowed now: refused ones did not count');
is_refused(again($number), 600, 'and no more than that');

# several windows: the longest wait is told

policy('limit number 1r/1m 2r/1h;');
$number = number();
is(start($number)->status, 200, 'two windows');
is_refused(again($number), 60, 'the short one');

# who joins a running verification sends nothing: the number's windows are
# not asked

policy('limit number 1r/10m;');
$number = number();
my $owner = $nginx->visitor;
is(start($number, visitor => $owner)->status, 200, 'an owner');
is(start($number)->status, 200, 'who joins');
is(scalar($sim->outbox($number)), 1, 'costs no message');

# case 65: an owner has windows of his own

$owner->post('/verify/report', { code => $sim->code($number) });
is($owner->get('/')->status, 200, 'verified');
is_refused(again($number), 600, 'case 65: a stranger uses up what there is');
is(start($number, visitor => $owner)->status, 200,
   'case 65: and the owner verifies again');

# prefix: the number less its last four digits

policy('limit prefix 3r/1h;');
is(start("+4670123000$_")->status, 200, "prefix: $_") for 1 .. 3;
is_refused(start('+46701230004'), 3600, 'prefix: the fourth');
is(start('+46701240001')->status, 200, 'prefix: another one');

# what was verified by a report is given back

my $v = $nginx->visitor;
policy('limit prefix 1r/1h;');
is(start('+46701250001', visitor => $v)->status, 200, 'prefix: one');
is_refused(start('+46701250002'), 3600, 'prefix: two');
$v->post('/verify/report', { code => $sim->code('+46701250001') });
is($v->get('/')->status, 200, 'the one is verified');
is(start('+46701250002')->status, 200, 'prefix: it did not count');

# country

policy('limit country 2r/1h;');
is(start('+3581234567' . $_)->status, 200, "country: FI $_") for 1 .. 2;
is_refused(start('+35812345679'), 3600, 'country: FI');
is(start('+4791234567')->status, 200, 'country: NO');

# address; IPv6 by its /64

policy('limit address 2r/1h;');
is(start(number(), address => '198.51.100.1')->status, 200, "address: $_") for 1 .. 2;
is_refused(start(number(), address => '198.51.100.1'), 3600, 'address: the third');
is(start(number(), address => '198.51.100.2')->status, 200, 'address: another');

is(start(number(), address => "2001:db8:1:2::$_")->status, 200, "IPv6: $_") for 1 .. 2;
is_refused(start(number(), address => '2001:db8:1:2:ffff::1'), 3600,
           'case 70: IPv6, of the same /64');
is(start(number(), address => '2001:db8:1:3::1')->status, 200, 'IPv6: another /64');
is(start(number(), address => '::ffff:198.51.100.3')->status, 200, 'IPv4 in IPv6') for 1 .. 2;
is_refused(start(number(), address => '198.51.100.3'), 3600, 'is that of IPv4');

# joining counts for an address

$number = number();
is(start($number, address => '198.51.100.4')->status, 200, 'address: starts');
is(start($number, address => '198.51.100.5')->status, 200, 'address: joins') for 1 .. 2;
is_refused(start($number, address => '198.51.100.5'), 3600, 'address: joins no more');

# private ones are not refused, by default

for my $private ('127.0.0.2', '10.1.2.3', '172.16.0.1', '172.31.255.1', '192.168.3.4',
                 '169.254.1.1', '100.64.0.1', '::1', 'fd00::1', 'fe80::1')
{
    is(start(number(), address => $private)->status, 200, "case 70: $private") for 1 .. 3;
}

like($nginx->log, qr/dry run, would be refused by rule "address"/,
     'but it is told that they would have been');
like($nginx->log, qr/many starts come from one private address, app "signup": behind a balancer/,
     'and what that may mean');

is_refused(start(number(), address => $_), 3600, "$_ is public")
    for map { my $a = $_; start(number(), address => $a) for 1 .. 2; $a }
        '172.32.0.1', '100.128.0.1', '192.169.1.1', '11.0.0.1';

policy('limit address 1r/1h private;');
is(start(number(), address => '10.9.9.9')->status, 200, 'private: one');
is_refused(start(number(), address => '10.9.9.9'), 3600, 'private: also refused');

# case 70: without realip nobody's header counts

$nginx->conf(http => q{}, app => "limit number off; limit prefix off; limit session off;\n"
                    . 'limit address 1r/1h private;');
$nginx->reload;
$nginx->wait_old;
is(start(number(), address => '203.0.113.1')->status, 200, 'no realip');
is_refused(start(number(), address => '203.0.113.2'), 3600,
           'case 70: a forged X-Forwarded-For is nothing');

# session: one that goes from number to number

policy('limit session 2r/1h;');
$v = $nginx->visitor;
my $old = $v->copy;
is(start(number(), visitor => $v)->status, 200, 'session: one');
$old = $v->copy;
is(start(number(), visitor => $v)->status, 200, 'session: two');
is_refused(start(number(), visitor => $v), 3600, 'session: three');
is_refused(start(number(), visitor => $old), 3600, 'session: nor with an older cookie');
is(start(number())->status, 200, 'session: another');

# all

policy('limit all 2r/1h;');
is(start(number())->status, 200, "all: $_") for 1 .. 2;
is_refused(start(number()), 3600, 'all: the third');

# variables; what has no value is not counted

policy('limit $http_x_device 1r/1h; limit "$http_x_a-$http_x_b" 100r/1h;');
is(start(number(), Device => 'a')->status, 200, 'variable: one');
is_refused(start(number(), Device => 'a'), 3600, 'variable: two');
is(start(number(), Device => 'b')->status, 200, 'variable: another');
is(start(number())->status, 200, 'variable: empty') for 1 .. 3;

# dry run, off

policy('limit number 1r/1h dry_run;');
$number = number();
is(start($number)->status, 200, 'dry run: one');
is(again($number)->status, 200, 'dry run: two');
wait_until('the log', sub {
    $nginx->log =~ /dry run, would be refused by rule "number"/ });
pass('dry run: it is told');

policy('limit number off;');
is(again($number)->status, 200, 'off') for 1 .. 2;

# a refusal counts nowhere: neither in the limit that let it pass

policy('limit number 1r/1h; limit address 3r/1h private;');
$number = number();
is(start($number, address => '198.51.100.77')->status, 200, 'both: one');
is_refused(again($number, address => '198.51.100.77'), 3600, "number: $_") for 1 .. 3;
is(start(number(), address => '198.51.100.77')->status, 200, 'address: two');
is(start(number(), address => '198.51.100.77')->status, 200, 'address: three');
is_refused(start(number(), address => '198.51.100.77'), 3600, 'address: four');

# the defaults

$nginx->conf(%conf, app => 'limit session off; conversion_breaker off; resend 1s;');
$nginx->reload;
$nginx->wait_old;
is(start("+4670666000$_", address => "203.0.113.$_")->status, 200, "by default: $_") for 0 .. 9;
is_refused(start('+46706660010', address => '203.0.113.90'), 3600, 'prefix, by default');

is(start(sprintf('+4672%03d0001', $_), address => '203.0.113.200')->status, 200,
   "address, by default: $_") for 1 .. 5;
is_refused(start('+46729990001', address => '203.0.113.200'), 3600, 'address, by default: 6');

# the defaults of a number and of a session, each with the others out of the way

$nginx->conf(%conf, app => 'limit prefix off; limit address off; limit session off;'
                           . 'conversion_breaker off; resend 1s;');
$nginx->reload;
$nginx->wait_old;
$number = '+46706670001';
is(start($number)->status, 200, 'number, by default: 1');
is(again($number)->status, 200, "number, by default: $_") for 2 .. 5;
is_refused(again($number), 600, 'number, by default: 6');

$nginx->conf(%conf, app => 'limit prefix off; limit address off;'
                           . 'conversion_breaker off; resend 1s;');
$nginx->reload;
$nginx->wait_old;
$v = $nginx->visitor;
is(start(number(), visitor => $v)->status, 200, "session, by default: $_") for 1 .. 10;
is_refused(start(number(), visitor => $v), 3600, 'session, by default: 11');

# a full table, case 71: forty windows for each of many keys; pending
# verifications are all there, and who was limited stays so

my @keys = map { "limit \$http_x_k$_ 5r/1h 6r/2h 7r/3h 8r/4h;" } 1 .. 10;

$nginx->conf(%conf, app => "@keys limit prefix off; limit number off;"
                           . 'limit session off; limit address off; zone 1m;',
             endpoints => PhoneVerify::Conf::endpoints()
                          . 'location = /metrics { phone_verify_metrics; }');
$nginx->reload;
$nginx->wait_old;

sub joins {
    my ($key) = @_;
    return start('+46709990001', map { ("K$_" => "$key-$_") } 1 .. 10);
}

my $pending = $nginx->visitor;
is(start('+46709990001', visitor => $pending)->status, 200, 'case 71: pending');
is(joins('many')->status, 200, "case 71: one key, $_") for 1 .. 5;
is_refused(joins('many'), 3600, 'case 71: and no more of it');

for my $i (1 .. 800) {
    my $r = joins("d$i");
    next if $r->status == 200;
    fail("case 71: $i: " . $r->status);
    last;
}

is(PhoneVerify::Metrics->new($nginx)
       ->values->{'phone_verify_zone_limits_used_ratio{app="signup"}'},
   '1.000', 'case 71: the table is full');
is_refused(joins('many'), 3600, 'case 71: who was limited still is');
is($pending->post('/verify/report', { code => $sim->code('+46709990001') })->status, 200,
   'case 71: and who was pending is still there');

# what nginx -t says

expect_log(qr/\[emerg\] .* in \S+nginx\.conf:\d+|unknown "no_such_variable" variable/);

my %bad = (
    'limit number 5;'                     => qr/invalid rate "5"/,
    'limit number 0r/1h;'                 => qr/invalid rate "0r/,
    'limit number 5r/0s;'                 => qr/invalid rate/,
    'limit number 5r/31d;'                => qr/invalid rate/,
    'limit number 65536r/1d;'             => qr/invalid rate/,
    'limit number 5r/w;'                  => qr/invalid rate/,
    'limit number 5r/10m 9r/600s;'        => qr/has the time of another/,
    'limit number dry_run;'               => qr/has no rate/,
    'limit number 1r/1s private;'         => qr/invalid rate "private"/,
    'limit number 1r/s 1r/m 1r/h 1r/d 2r/d;' => qr/at most four rates/,
    'limit somebody 1r/s;'                => qr/unknown key "somebody"/,
    'limit $no_such_variable 1r/s;'       => qr/unknown "no_such_variable" variable/,
    'limit number 1r/s; limit number 2r/s;' => qr/duplicate "limit number"/,
    'limit number;'                       => qr/invalid number of arguments/,
);

for my $app (sort keys %bad) {
    $nginx->conf(%conf, app => $app);
    my ($ok, $text) = $nginx->check;
    ok(!$ok, "nginx -t: $app");
    like($text, $bad{$app}, 'and why');
}

$nginx->finish;

done_testing;
