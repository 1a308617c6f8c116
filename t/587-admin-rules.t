# phone_verify_admin: how the rules stand, and what an operator sets back.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
    http => "set_real_ip_from 127.0.0.1;\nreal_ip_header X-Forwarded-For;",
    app => <<'APP', server => <<'SERVER')->start;
limit number 1r/1h;
limit address 2r/1h;
limit session off;
limit prefix off;
limit $http_x_device 5r/1m dry_run;
conversion_breaker country off;
conversion_breaker address off;
conversion_breaker countries off;
conversion_breaker prefix hour=2 day=10;
provider_failures 2/30s probe=60s;
budget 1EUR/1h 5EUR/1d;
resend 1s;
APP
location = /admin { phone_verify_admin signup; allow 127.0.0.1; deny all; }
location = /sinch/callback { phone_verify_callback signup; }
SERVER

my $admin = $nginx->visitor;

sub overview { return $admin->get('/admin')->json }

sub act { return $admin->post('/admin', { @_ })->status }

sub start {
    my ($number, $address) = @_;
    return $nginx->visitor->post('/verify/start', { number => $number },
                                 "X-Forwarded-For: $address")->status;
}

# limits

my $o = overview();
is_deeply($o->{limits}, [ { key => 'number', rates => [ '1r/3600s' ] },
                          { key => 'address', rates => [ '2r/3600s' ] },
                          { key => '$http_x_device', rates => [ '5r/60s' ], dry_run => 1 } ],
          'what is limited');
is_deeply([ $o->{breakers_open}, $o->{breakers} ], [ 0, [] ], 'no breaker is open');
is_deeply($o->{outage}, { open => 0, failures => 0, times => 0 }, 'no outage');
is_deeply([ map { "$_->{spent} of $_->{amount} in $_->{period}" } @{$o->{budgets}} ],
          [ '0.0000EUR of 1.0000EUR in 3600', '0.0000EUR of 5.0000EUR in 86400' ],
          'nothing is spent');

is(start('+46701110001', '198.51.100.1'), 200, 'a start');
select undef, undef, undef, 1.1;
is(start('+46701110001', '198.51.100.2'), 429, 'the number is limited');
is(act(action => 'reset_limits', number => '+46701110001'), 204, 'reset by number');
is(start('+46701110001', '198.51.100.2'), 200, 'and again');

is(start('+46701120001', '198.51.100.2'), 200, 'an address');
is(start('+46701130001', '198.51.100.2'), 429, 'is limited');
is(act(action => 'reset_limits', address => '198.51.100.2'), 204, 'reset by address');
is(start('+46701130001', '198.51.100.2'), 200, 'and again');

select undef, undef, undef, 1.1;
is(start('+46701130001', '198.51.100.3'), 429, 'all');
is(act(action => 'reset_limits'), 204, 'are reset');
is(start('+46701130001', '198.51.100.3'), 200, 'and again');

is(act(action => 'reset_limits', number => 'x'), 400, 'no number');
is(act(action => 'reset_limits', address => 'x'), 400, 'no address');
is(act(action => 'reset_limits', address => '::1', number => '+46701110001'), 400, 'both');
like($nginx->log, qr/\[notice\].*app "signup", an operator has reset limits of a number/,
     'in the log');
unlike($nginx->log, qr/operator has reset.*4670111/, 'without the number');

# a breaker

start("+4670114000$_", "203.0.113.$_") for 1 .. 4;
is(start('+46701140009', '203.0.113.9'), 429, 'a breaker is open');

$o = overview();
is($o->{breakers_open}, 1, 'one');
my ($breaker) = @{$o->{breakers}};
is("$breaker->{key} $breaker->{prefix}", 'prefix +4670114xxxx', 'of a block of numbers');
like($breaker->{id}, qr/^[0-9a-f]{16}$/, 'its id');
cmp_ok($breaker->{hour}, '>=', 2, 'what it counts');

is(act(action => 'reset_breaker', breaker => 'x'), 400, 'no id');
is(act(action => 'reset_breaker', breaker => '0' x 16), 400, 'none');
is(act(action => 'reset_breaker', breaker => '123456789abcdef0'), 400, 'not there');
is(act(action => 'reset_breaker', breaker => $breaker->{id}), 204, 'reset');
is(overview()->{breakers_open}, 0, 'it is closed');
is(start('+46701140010', '203.0.113.10'), 200, 'and lets in');
is(act(action => 'reset_breaker'), 204, 'all of them');

# the outage

$sim->down;
is(start("+4670115000$_", "203.0.113.2$_"), 503, 'Sinch is gone') for 1 .. 2;
$o = overview()->{outage};
is($o->{open}, 1, 'an outage');
ok($o->{retry} > 50, 'the next probe');
$sim->up;
is(start('+46701150009', '203.0.113.29'), 503, 'nobody calls yet');
is(act(action => 'reset_outage'), 204, 'reset');
is(start('+46701150010', '203.0.113.30'), 200, 'Sinch is called');
is_deeply([ @{overview()->{outage}}{qw(open times)} ], [ 0, 1 ], 'once');

# budgets

$sim->control(PATCH => '/_sim/settings', {
    callback => 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' });

start('+46701160001', '203.0.113.41');
$o = overview()->{budgets};
like($o->[0]{spent}, qr/^0\.\d{4}EUR$/, "spent: $o->[0]{spent}");
isnt($o->[0]{spent}, '0.0000EUR', 'something');
ok($o->[0]{ends_in} > 3000, 'its window');
is(act(action => 'reset_budgets'), 204, 'reset');
is(overview()->{budgets}[0]{spent}, '0.0000EUR', 'nothing');

$nginx->finish;

done_testing;
