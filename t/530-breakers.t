#!/usr/bin/perl

# The conversion breaker: what is sent and never proved to have arrived.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Log;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $from = 0;

# real_ip: visitors have public addresses, as behind a balancer

my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
    app => "conversion_breaker;\nzone 1m;", http => <<'EOF')
set_real_ip_from 127.0.0.1;
real_ip_header X-Real-IP;
EOF
    ->start;

sub policy {
    my ($app, $size) = @_;

    # another size is another zone, which is empty

    $size ||= 1;
    $nginx->conf(app => "conversion_breaker;\n$app\nzone ${size}m;");
    $nginx->reload->wait_old;
    $from = length $nginx->log;
}

sub said { return substr $nginx->log, $from }

sub start {
    my ($number, $address) = @_;

    my $v = $nginx->visitor;
    my $before = $sim->starts;
    my $answer = $v->post('/verify/start', { number => $number },
                          'X-Real-IP: ' . ($address || '127.0.0.1'));

    is($sim->starts - $before, $answer->status == 200 ? 1 : 0,
       "one message, or none: $number");

    return ($answer, $v);
}

sub verified {
    my ($number, $address) = @_;

    my ($answer, $v) = start($number, $address);
    return $v->post('/verify/report', { code => $sim->code($number) },
                    'X-Real-IP: ' . ($address || '127.0.0.1'))->status == 200;
}

sub sent {
    my ($n, $number, $address) = @_;

    my $sent = 0;

    for my $i (1 .. $n) {
        my ($answer) = start(ref $number ? $number->($i)
                                         : '+' . ($number + $i - 1),
                             ref $address ? $address->($i) : $address);
        $sent++ if $answer->status == 200;
    }

    return $sent;
}

my $far = sub { return "198.51.$_[0]." . ($_[0] % 200 + 1) };

# a block of numbers, by default

is(sent(20, sub { sprintf '+4670174%04d', $_[0] }, $far), 10,
   'case 61: of sequential numbers of one block ten an hour are sent');

my ($answer) = start('+46701749999', '203.0.113.1');
is($answer->code, 'too_many_requests', 'told as too many requests');
is($answer->status, 429, 'with 429');
ok($answer->header('Retry-After') > 0 && $answer->header('Retry-After') <= 7200,
   'Retry-After: within two hours: ' . $answer->header('Retry-After'));

is(() = said() =~ /\[warn\].*breaker "prefix" \+4670174xxxx of app "signup" opened/g,
   1, 'it opened: one line, which names the block');
is(() = said() =~ /: refused by rule "conversion"/g, 11, 'the rule is named');
is(() = said() =~ /breaker "country" SE of app "signup" opened, dry run/g, 1,
   'the country: in a dry run by default, one line');

is(sent(1, '+46701750001', '203.0.113.2'), 1, 'another block is open');

# a reload

$nginx->reload->wait_old;
is(sent(1, '+46701749998', '203.0.113.3'), 0, 'open after a reload');

# it closes by itself when what was sent is verified after all

policy('', 2);

my @pending;

for my $i (1 .. 10) {
    my $number = sprintf '+4670274%04d', $i;
    my ($answer, $v) = start($number, $far->($i));
    push @pending, [ $v, $number ];
}

is(sent(1, '+46702740011', '203.0.113.1'), 0, 'open');

for (1 .. 2) {
    my ($v, $number) = @{ shift @pending };
    is($v->post('/verify/report', { code => $sim->code($number) })->status,
       200, 'verified while it is open');
}

is(sent(3, '+46702740021', '203.0.113.1'), 2,
   'closed by two that were verified, for two more');
is(() = said() =~ /\[notice\].*breaker "prefix" \+4670274xxxx of app "signup" closed/g,
   1, 'it closed: one line');

# what was not sent does not count

policy('provider_failures off;', 3);

$sim->down;

for my $i (1 .. 15) {
    $nginx->visitor->post('/verify/start',
                          { number => sprintf '+4670374%04d', $i },
                          'X-Real-IP: ' . $far->($i));
}

$sim->up;

is(sent(12, '+46703740101', $far), 10, 'what was not sent does not count');

# case 63: a fifth of it verified

policy('', 2);
policy('', 4);

my $sent = 0;

for my $i (1 .. 60) {
    my ($answer, $v) = start(sprintf('+4670474%04d', $i), $far->($i));
    next if $answer->status != 200;

    $sent++;

    $v->post('/verify/report',
             { code => $sim->code(sprintf '+4670474%04d', $i) })
        if $i % 5 == 1;
}

cmp_ok($sent, '<', 20, "case 63: a fifth verified keeps nothing open: $sent");

# case 62: a country, where it is not a dry run

policy('conversion_breaker country;', 7);

is(sent(12, sub { sprintf '+4670%02d00001', $_[0] }, $far), 3,
   'case 62: one country from many addresses, as Authgear has it');
is(sent(2, '+4512345603', '203.0.113.9'), 2, 'another country is open');

policy('conversion_breaker country hour=6 day=50 ratio=50%;', 8);
is(sent(12, sub { sprintf '+4670%02d00001', $_[0] }, $far), 8,
   'a sixth of the day, if that is more');

# off, dry run

policy('conversion_breaker off;', 9);
is(sent(15, '+46701740001', '198.51.100.11'), 15, 'off');
unlike(said(), qr/breaker/, 'and silent');

policy('conversion_breaker prefix dry_run; conversion_breaker address off;', 10);
is(sent(15, '+46701740001', '198.51.100.11'), 15, 'dry run');
like(said(), qr/breaker "prefix" \S+ of app "signup" opened, dry run/,
     'which is in the log');

policy('conversion_breaker prefix off; conversion_breaker address off;', 11);
is(sent(15, '+46701740001', '198.51.100.11'), 15, 'one off');
unlike(said(), qr/breaker "prefix"/, 'and silent');

# what nginx -t says

my %bad = (
    'conversion_breaker number;' => qr/unknown key "number"/,
    'conversion_breaker prefix hour=0;' => qr/invalid parameter "hour=0"/,
    'conversion_breaker prefix ratio=20;' => qr/invalid parameter "ratio=20"/,
    'conversion_breaker countries hour=3;' => qr/invalid parameter "hour=3"/,
    'conversion_breaker countries day=8;' => qr/invalid parameter "day=8"/,
    'conversion_breaker prefix day=5 hour=1 day=500;'
        => qr/duplicate parameter "day=500"/,
    'conversion_breaker prefix; conversion_breaker prefix off;'
        => qr/is duplicate/,
    'conversion_breaker prefix; conversion_breaker off;' => qr/is duplicate/,
    'conversion_breaker off; conversion_breaker prefix;' => qr/is duplicate/,
);

expect_log(qr/\[emerg\] .* in \S+nginx\.conf:\d+/);

for my $app (sort keys %bad) {
    $nginx->conf(app => "conversion_breaker;\n$app\nzone 10m;");

    my ($ok, $text) = $nginx->check;

    ok(!$ok, "nginx -t: $app");
    like($text, qr/$bad{$app}.*nginx\.conf:\d+/s, 'and why, and where');
}

$nginx->finish;

done_testing;
