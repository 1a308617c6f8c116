#!/usr/bin/perl

# attempts: a session's, a number's of a day, the app's of an hour; what they
# are by default, off, in a dry run, and after a reload.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
                                    app => "attempts;\nresend 1s;")->start;

my $n = 46705110000;

sub policy {
    my ($app) = @_;

    $nginx->conf(app => $app)->reload;
    $nginx->wait_old;
}

sub joined {
    my ($number) = @_;

    my $v = $nginx->visitor;
    my $r = $v->post('/verify/start', { number => $number });
    die $r->body unless $r->status == 200;

    return $v;
}

sub report {
    my ($v, $code) = @_;
    return $v->post('/verify/report', { code => $code });
}

# what so many wrong codes of as many sessions are told, five of each session

sub guesses {
    my ($number, $count) = @_;

    my (@status, $v);

    for my $i (0 .. $count - 1) {
        $v = joined($number) if $i % 5 == 0;
        push @status, report($v, "wrong$i")->status;
    }

    my %count;
    $count{$_}++ for @status;

    return join ' ', map { "$_: $count{$_}" } sort keys %count;
}


# by default

my $number = '+' . ++$n;
my $owner = joined($number);

is($owner->get('/verify/status')->json->{attempts_left}, 5,
   'by default five codes');
is(guesses($number, 8), '422: 8', 'eight wrong ones');

# a code of its own has three times five; the number's are those of all codes

sleep 2;
is(guesses($number, 7), '422: 7', 'and seven of the next code');

$owner = joined($number);
my $r = report($owner, $sim->code($number));
is($r->status . ' ' . $r->code, '429 too_many_requests', 'then none');
cmp_ok($r->header('Retry-After'), '>', 86000, 'for the day');
cmp_ok($r->header('Retry-After'), '<=', 86400, 'and no longer');

my $other = '+' . ++$n;
my $v = joined($other);
is(report($v, $sim->code($other))->status, 200, 'of another number all is well');

# after a reload

$nginx->reload;
$nginx->wait_old;

is(report($owner, $sim->code($number))->status, 429, 'the same after a reload');

# a dry run tells, off does not

my $said = length $nginx->log;

policy("attempts 5 number=15r/1d dry_run;\nresend 1s;");
is(report($owner, $sim->code($number))->status, 200, 'in a dry run it is let in');
like(substr($nginx->log, $said), qr/dry run, would be refused by rule "attempts"/,
     'and told of');

policy("attempts 5 number=2r/1d all=off;\n");
$number = '+' . ++$n;
$owner = joined($number);
is(guesses($number, 4), '422: 2 429: 2', 'two, where it says two');

policy("attempts 5 number=off all=off;\n");
is(report($owner, $sim->code($number))->status, 200, 'off: as if none had been');

# a session's are its own, whatever the number's: there is no "off" for these

$number = '+' . ++$n;
$v = joined($number);
is(join(' ', map { report($v, "wrong$_")->status } 1 .. 6),
   '422 422 422 422 422 422', 'five are judged');
is($v->get('/verify/status')->json->{attempts_left} || 0, 0, 'none is left');
isnt(report($v, $sim->code($number))->status, 200, 'the right one fails');

$nginx->reload;
$nginx->wait_old;
isnt(report($v, $sim->code($number))->status, 200, 'after a reload, too');

# for the app, over all numbers and sessions, and no other app's business

policy("attempts 5 number=off all=3r/50m;\n");

my @status;

for (1 .. 5) {
    my $next = '+' . ++$n;
    push @status, report(joined($next), 'wrong')->status;
}

is("@status", '422 422 422 429 429', 'three for the app');

$nginx->finish;

done_testing;
