#!/usr/bin/perl

# What messages cost: budgets and the highest price.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Log;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

# an SMS costs 0.0453 EUR, a call 0.1852

my $sim = PhoneVerify::Simulator->start;

my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
    app => "zone 1m;", endpoints => PhoneVerify::Conf::endpoints()
        . 'location = /sinch/callback { phone_verify_callback signup; }')
    ->start;

$sim->control(PATCH => '/_sim/settings', {
    callback => 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' });

my $from = 0;
my $size = 1;
my $next = 0;

sub policy {
    my ($app, $kept) = @_;

    $size++ unless $kept;
    $nginx->conf(app => "methods sms callout;\nzone ${size}m;\n$app");
    $nginx->reload->wait_old;
    $from = length $nginx->log;
}

sub said { return substr $nginx->log, $from }

sub number { return sprintf '+4670174%04d', ++$next }

sub start {
    my ($number, @more) = @_;

    return $nginx->visitor->post('/verify/start',
                                 { number => $number, @more });
}

# whether the message went out

sub went {
    my ($number) = @_;

    return $sim->outbox($number) ? 1 : 0;
}

sub sent {
    my ($n, @more) = @_;

    my $sent = 0;

    for (1 .. $n) {
        my $number = number();
        start($number, @more);
        $sent++ if went($number);
    }

    return $sent;
}


policy('');
is(sent(5), 5, 'off by default');
unlike(said(), qr/budget|price/, 'and silent');

policy('budget off; max_price off;');
is(sent(5), 5, 'off');
is(sent(2, method => 'callout'), 2, 'off, whatever it costs');
unlike(said(), qr/budget|price/, 'and silent');

# 0.20 EUR are four messages

policy('budget 0.20EUR/1h;');
is(sent(6), 4, 'a budget: four are allowed');
like(said(), qr/: refused by rule "budget", app "signup"/, 'the log says so');
is(() = said() =~ /: refused by rule "budget"/g, 2, 'two lines');

$nginx->reload->wait_old;
is(sent(1), 0, 'kept over a reload');

policy('budget 0.25EUR/1h;', 1);
is(sent(3), 1, 'a higher one goes on from there');

# when nothing is left, Sinch is not asked

policy('budget 0.0453EUR/1h;');
is(sent(1), 1, 'the last');

my $before = $sim->starts;
my $answer = start(number());

is($answer->code, 'too_many_requests', 'used up');
cmp_ok($answer->header('Retry-After'), '<=', 3600,
       'Retry-After: until the hour is over');
cmp_ok($answer->header('Retry-After'), '>', 3500, 'the whole of it');
is($sim->starts - $before, 0, 'and Sinch was not asked');

# what the callback has denied was not sent: it is told at once, and no limit
# of the number's and no breaker counts it

policy('budget 0.07EUR/1h; limit number 2r/1h; limit prefix 3r/1h;'
       . 'limit country 4r/1h; conversion_breaker prefix hour=3 day=5;');
is(sent(1), 1, 'the last that fits');

my $denied = number();

for (1 .. 5) {
    $answer = start($denied);
    is($answer->status . ' ' . $answer->code, '403 denied', 'one more: denied');
}

is("@{$answer->json}{qw(verification_status reason)}",
   'DENIED Denied by callback', 'and how it ended');

like(said(), qr/: refused by rule "budget"/, 'the log says why');
unlike(said(), qr/breaker "prefix".* opened/, 'and of no pumping');

# but Sinch was asked: whose start it is counts it, or there would be no end

my %asker = (
    address => 'limit address 3r/1h private;',
    session => 'limit address off; limit session 3r/1h;',
    variable => 'limit address off; limit "$http_x_from" 3r/1h;',
    all => 'limit address off; limit all 3r/1h;',
);

for my $key (sort keys %asker) {
    policy("max_price 0.10EUR; $asker{$key}");

    my $flooder = $nginx->visitor;
    my $starts = $sim->starts;
    my @ask = ({ number => number() },
               ({ number => number(), method => 'callout' }) x 5);

    # the first one is sent, and by its cookie "session" knows the client

    is(join(' ', map { $flooder->post('/verify/start', $_, 'X-From: here')
                               ->status } @ask),
       '200 403 403 429 429 429', "$key: counts what is denied");
    is($sim->starts - $starts, 3, 'and ends it');
}

# a day's, a country's

policy('budget 0.20EUR/1d 0.10EUR/1h;');
is(sent(4), 2, 'the smaller of two');

policy('budget 0.10EUR/1d country=NO; budget 0.30EUR/1d;');
is(sent(3), 3, 'another country');
start("+474061234$_") for 5 .. 7;
is((grep { went("+474061234$_") } 5 .. 7), 2, 'this one: twice');

# a dry run

policy('budget 0.10EUR/1h dry_run;');
is(sent(4), 4, 'dry run');
like(said(), qr/dry run, would be refused by rule "budget"/, 'in the log');

# the highest price

policy('max_price 0.10EUR;');
is(sent(2), 2, 'case 51: less than the highest price');
is(sent(2, method => 'callout'), 0, 'case 51, 67: more');
like(said(), qr/: refused by rule "price"/, 'the log says so');

policy('max_price 0.10EUR dry_run;');
is(sent(2, method => 'callout'), 2, 'dry run');
like(said(), qr/dry run, would be refused by rule "price"/, 'in the log');

# another currency

policy('max_price 0.10USD;');
is(sent(2), 0, 'case 51: a price in another currency is denied');
policy('budget 10USD/1d;');
is(sent(2), 0, 'case 51: and for a budget');
policy('budget 10USD/1d dry_run;');
is(sent(2), 2, 'but not in a dry run');

# a price that is not told

$sim->control(PATCH => '/_sim/settings', { prices => undef });
policy('budget 0.0453EUR/1d; max_price 0.01EUR;');
is(sent(3), 3, 'case 51: no price at all lets pass');
$sim->control(PATCH => '/_sim/settings', { prices => 'EUR' });

# in parallel

# as many handshakes at once take their time on a busy machine

$sim->control(PATCH => '/_sim/settings', { callback_timeout => 30 });
policy("connect_timeout 30s;\ntimeout 30s;\nbudget 0.50EUR/1h;");

my @numbers = map { number() } 1 .. 64;
my @calls = map { my $v = $nginx->visitor;
                  [ $v, $v->begin(POST => '/verify/start',
                                  [ 'Content-Type: application/json' ],
                                  qq({"number":"$_"})) ] } @numbers;

$_->[0]->end($_->[1]) for @calls;

my $sent = grep { went($_) } @numbers;

is($sent, 11, 'case 74: 64 at once, eleven are allowed, to the cent');

# without a callback it is a status answer that tells the price

$sim->control(PATCH => '/_sim/settings', { callback => undef });
policy('poll 1s; budget 0.0453EUR/1h;');

my $asker = $nginx->visitor;
my $asked = number();
$asker->post('/verify/start', { number => $asked });
is(went($asked), 1, 'no callback: sent');

$sim->control(POST => '/_sim/settle', { number => $asked, status => 'FAIL' });
is($asker->get('/verify/status?wait=20')->json->{status}, 'FAIL',
   'Sinch is asked how it stands');
is(start(number())->code, 'too_many_requests',
   'and its answer has used up the budget');

# what nginx -t says

my %bad = (
    'budget 5/1d;' => qr/invalid parameter "5\/1d"/,
    'budget 5EUR;' => qr/invalid parameter "5EUR"/,
    'budget 5EUR/1s;' => qr/invalid parameter "5EUR\/1s"/,
    'budget 5EUR/1h 5USD/1d;' => qr/invalid parameter "5USD\/1d"/,
    'budget -5EUR/1h;' => qr/invalid parameter "-5EUR/,
    'budget 0EUR/1h;' => qr/invalid parameter "0EUR/,
    'budget 5EUR/1h country=QQ;' => qr/invalid parameter "country=QQ"/,
    'budget 5EUR/1h; budget 6EUR/60m;' => qr/is duplicate/,
    'budget country=SE;' => qr/names no amount/,
    'budget 5EUR/1h country=SE country=NO;'
        => qr/duplicate parameter "country=NO"/,
    'budget off; budget 5EUR/1h;' => qr/is duplicate/,
    'budget 5EUR/1h; budget off;' => qr/is duplicate/,
    'max_price off; max_price 1EUR;' => qr/is duplicate/,
    'max_price 0.10;' => qr/invalid amount "0.10"/,
    'max_price 1EUR; max_price 2EUR;' => qr/is duplicate/,
    'max_price 1EUR wet;' => qr/invalid parameter/,
);

expect_log(qr/\[emerg\] .* in \S+nginx\.conf:\d+/);

for my $app (sort keys %bad) {
    $nginx->conf(app => $app);

    my ($ok, $text) = $nginx->check;

    ok(!$ok, "nginx -t: $app");
    like($text, qr/$bad{$app}.*nginx\.conf:\d+/s, 'and why, and where');
}

$nginx->finish;

done_testing;
