#!/usr/bin/perl

# Abuse case 92: the wall clock jumps, by an hour and by ten years, forth and
# back. What is closed stays closed, nobody is locked out for longer than the
# clock is wrong, and what counts against abuse counts on, for that is measured
# by the monotonic clock.

use strict;
use warnings;

use Mojo::Date;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(new_dir spew wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my ($library) = glob '/usr/lib/*/faketime/libfaketime.so.1';

plan(skip_all => 'needs libfaketime') unless $library;
plan(skip_all => 'a sanitizer wants to be loaded first')
    if $ENV{TEST_NGINX_ASAN_BINARY} || $ENV{TEST_NGINX_VALGRIND_BINARY};

my $sim = PhoneVerify::Simulator->start;
my $clock = new_dir() . '/clock';
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 1,
    app  => "limit number 3r/1d;\nprovider_failures off;",
    main => join '', map { "env $_;" } qw(FAKETIME_TIMESTAMP_FILE
                                          FAKETIME_NO_CACHE DONT_FAKE_MONOTONIC));

# Sets it, and waits until nginx has seen it.

my %seconds = (s => 1, h => 3600, d => 86400, y => 31536000);

sub clock {
    my ($offset) = @_;

    my ($n, $unit) = $offset =~ /^([-+]\d+)([shdy])$/;
    my $expected = time + $n * $seconds{$unit};

    spew($clock, "$offset\n");

    wait_until("the clock at $offset", sub {
        my $date = $nginx->visitor->get('/verify/status')->header('Date');
        return abs(Mojo::Date->new($date)->epoch - $expected) < 90;
    });
}

spew($clock, "+0s\n");

{
    local $ENV{LD_PRELOAD} = $library;
    local $ENV{FAKETIME_TIMESTAMP_FILE} = $clock;
    local $ENV{FAKETIME_NO_CACHE} = 1;
    local $ENV{DONT_FAKE_MONOTONIC} = 1;

    $nginx->start;
}

sub said { return $_[0]->status . ' ' . ($_[0]->code || '') }

my $in = $nginx->verified('+46700092001');
my $number = '+46700092002';
my $pending = $nginx->visitor;

is($pending->post('/verify/start', { number => $number })->status, 200,
   'case 92: a start');

# an hour ahead

clock('+1h');

is($in->copy->get('/')->status, 200, 'case 92: +1h: a grant of 12 hours holds');
is(said($nginx->visitor->post('/verify/start', { number => '+46700092003' })),
   '502 provider_error', 'case 92: +1h: Sinch does not believe our signature');
like($nginx->log, qr/\[error\].*check the clock/,
     'case 92: +1h: the operator is told why');
is($pending->copy->get('/')->status, 401, 'case 92: +1h: closed');
isnt($pending->copy->post('/verify/report', { code => $sim->code($number) })
     ->status, 200, 'case 92: +1h: a code whose time is over is no good');
is(said($pending->copy->post('/verify/start', { method => 'sms' })),
   '400 invalid_number', 'case 92: +1h: and long ago: no number is known by it');

# ten years ahead: whatever has an end has ended

clock('+10y');

is($in->copy->get('/')->status, 401, 'case 92: +10y: a grant has ended');
is($pending->copy->get('/')->status, 401, 'case 92: +10y: closed');
isnt($nginx->visitor->post('/verify/start', { number => '+46700092004' })
     ->status, 200, 'case 92: +10y: nothing can be started');

# an hour and ten years behind: tokens are of a time that has not come

for my $offset ('-1h', '-10y') {
    clock($offset);

    is($in->copy->get('/')->status, 401, "case 92: $offset: a grant to come");
    is($pending->copy->get('/')->status, 401, "case 92: $offset: closed");
    isnt($pending->copy->post('/verify/report', { code => $sim->code($number) })
         ->status, 200, "case 92: $offset: no code is any good");
}

# right again: as if nothing had been

clock('+0s');

is($in->get('/')->status, 200, 'case 92: right again: who was in is in');
is($pending->post('/verify/report', { code => $sim->code($number) })->status,
   200, 'case 92: right again: the code is good');
is($pending->get('/a')->body, "GET /a $number\n", 'case 92: and opens');

# three starts a day are three, however the days go by

$nginx->conf(app => "limit number 3r/1d;\nresend 1s;\nprovider_failures off;")
      ->reload;
$number = '+46700092005';

my $r;

for my $offset ('+0s', '+1d', '-1d', '+0s', '+0s', '+0s') {
    clock($offset);
    sleep 2;
    $r = $nginx->visitor->post('/verify/start', { number => $number });
}

is(scalar($sim->outbox($number)), 3,
   'case 92: a clock that jumps gives no more messages');
is(said($r), '429 too_many_requests', 'case 92: the limit is what it was');

# a start that is refused for its timestamp is signed once more

$nginx->finish(again => 4);

done_testing;
