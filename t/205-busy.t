#!/usr/bin/perl

# A full zone takes no new start, and drops nobody.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(
    simulator => $sim,
    app       => 'zone 64k;',
)->start;

my (@visitors, $r);

for my $n (1 .. 2000) {
    my $v = $nginx->visitor;

    $r = $v->post('/verify/start',
                  { number => sprintf '+46910%06d', $n });
    last if $r->status != 200;

    push @visitors, $v;
}

is($r->status . ' ' . $r->code, '503 busy', 'full');
like($r->header('Retry-After'), qr/^[1-9]\d*$/, 'Retry-After');
is($r->header('Set-Cookie'), undef, 'no session');
cmp_ok(@visitors, '>', 50, 'it was not full at once');

my $starts = $sim->starts;
is($starts, scalar @visitors, 'the one that found no room was not sent');

is($nginx->visitor->post('/verify/start', { number => '+46910999999' })
   ->status, 503, 'full');
is($nginx->visitor->post('/verify/start', { number => '+46910000001' })
   ->status, 503, 'nobody can join, either');
is($sim->starts, $starts, 'nothing was sent');

for my $n (1, 2, int(@visitors / 2), scalar @visitors) {
    my $number = sprintf '+46910%06d', $n;
    my $v = $visitors[$n - 1];

    is($v->post('/verify/report', { code => $sim->code($number) })->status,
       200, "number $n was not dropped");
    is($v->get('/a')->body, "GET /a $number\n", 'open');
}

like($nginx->log, qr/\[error\].*"zone" of app "signup" is full/, 'logged');


$nginx->finish;

done_testing();
