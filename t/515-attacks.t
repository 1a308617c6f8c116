# Replays of public attacks against the default settings: what they cost is the
# number of messages sent. And the opposite: honest visitors get through.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp spew);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;

# Nothing but the defaults: what the tests' own configuration says of rules is
# taken out again.

sub site {
    my (%arg) = @_;

    my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
        http => <<'HTTP', app => $arg{app} || '');
set_real_ip_from 127.0.0.1;
real_ip_header X-Forwarded-For;
HTTP

    my $conf = slurp($nginx->dir . '/nginx.conf');
    $conf =~ s/^\s*(?:limit \w+ off|conversion_breaker off|attempts 5 number=off all=off);\n//mg
        unless $arg{app};
    spew($nginx->dir . '/nginx.conf', $conf);
    $sim->control(POST => '/_sim/reset');

    return $nginx->start;
}

sub attack {
    my ($nginx, $name, $most, $method, @starts) = @_;

    my %status;

    for my $start (@starts) {
        my ($number, $address) = @$start;
        my $r = $nginx->visitor->post('/verify/start',
            { number => $number, method => $method }, "X-Forwarded-For: $address");
        $status{$r->status}++;
    }

    my $sent = grep { defined $_->{number} } $sim->outbox;
    ok($sent <= $most, "$name: " . @starts . " starts, $sent messages, at most $most");
    note(join ', ', map { "$_: $status{$_}" } sort keys %status);

    return $sent;
}

sub address {
    my ($i) = @_;
    return sprintf '203.%d.%d.%d', 1 + $i / 65536, $i / 256 % 256, $i % 256;
}


# case 61: the numbers of one block, one after the other, each from elsewhere

my $nginx = site();
my $sent = attack($nginx, 'case 61: 2,000 sequential numbers of one prefix', 10, 'sms',
                  map { [ sprintf('+4670123%04d', $_), address($_) ] } 0 .. 1999);
ok($sent > 0, 'the first ones are let through');
$nginx->finish;

# case 62: all the world from one address

my @countries = qw(+46701110001 +4791234501 +4520123401 +358401234501 +491511234501
    +33612345601 +34612345601 +393331234501 +48512345601 +905301234501 +447400123401
    +353851234501 +31612345601 +32470123401 +41781234501 +436641234501 +420601123401
    +421912123401 +36201234501 +40712034501 +306912345601 +351912345601 +12015550101
    +61412345601 +819012345601 +821012345601 +918123456701 +5511961234501 +5215512345601
    +27711234501);

$nginx = site();
attack($nginx, 'case 62: 30 countries from one address', 5, 'sms',
       map { [ $_, '198.51.100.1' ] } @countries);
$nginx->finish;

# case 64: one victim, 500 sessions, each from elsewhere

$nginx = site();
attack($nginx, 'case 64: one number from 500 sessions', 1, 'sms',
       map { [ '+46701234567', address($_) ] } 0 .. 499);
$nginx->finish;

# case 67: calls to what costs

$nginx = site();
is(attack($nginx, 'case 67: callout to premium and satellite numbers', 0, 'callout',
          map { my $n = $_; map { [ $n, address($_) ] } 1 .. 20 }
              qw(+46900123456 +449098790000 +88213123456 +881612345678 +870773123456
                 +19002345678 +4990012345678 +33891123456)),
   0, 'none at all');
$nginx->finish;

# The opposite: visitors who mean it, behind one public address

sub visit {
    my ($nginx, $i) = @_;

    my $v = $nginx->visitor;
    my $number = sprintf '+467%02d%03d%04d', $i % 10, $i / 10 % 1000, $i * 7919 % 10000;
    my @from = ('X-Forwarded-For: 198.51.100.99');

    my $r = $v->post('/verify/start', { number => $number }, @from);
    return $r->status unless $r->status == 200;

    return $v->post('/verify/report', { code => $sim->code($number) }, @from)->status;
}

$nginx = site();
my %ended;
$ended{visit($nginx, $_)}++ for 1 .. 1000;
is_deeply(\%ended, { 200 => 1000 },
          'case 70: 1,000 visitors behind one address, one after the other, by default');
$nginx->finish;

# all at once: with the setting that the documents give

$nginx = site(app => <<'APP');
limit number 5r/10m 10r/1d;
limit prefix 10r/1h;
limit session 10r/1h;
limit address 2000r/1h;
conversion_breaker address off;
conversion_breaker countries off;
APP

my @waiting;

for my $i (1 .. 1000) {
    my $v = $nginx->visitor;
    my $number = sprintf '+467%02d%03d%04d', $i % 10, $i / 10 % 1000, $i * 7919 % 10000;
    my $r = $v->post('/verify/start', { number => $number },
                     'X-Forwarded-For: 198.51.100.99');
    push @waiting, [ $v, $number ] if $r->status == 200;
}

is(scalar @waiting, 1000, 'case 70: 1,000 visitors at once are all sent a code');

my $in = grep {
    my ($v, $number) = @$_;
    $v->post('/verify/report', { code => $sim->code($number) },
             'X-Forwarded-For: 198.51.100.99')->status == 200
} @waiting;

is($in, 1000, 'and all get in');
$nginx->finish;

done_testing;
