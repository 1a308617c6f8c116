#!/usr/bin/perl

# Nobody answers at Sinch's address: nothing was sent, so nothing is unsettled.

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
    app       => 'provider_failures off;',
)->start;

sub said { return $_[0]->status . ' ' . $_[0]->code }

my $v = $nginx->visitor;
$v->post('/verify/start', { number => '+46760000001' });
my $code = $sim->code('+46760000001');

$sim->down;


# a start

my $r = $nginx->visitor->post('/verify/start', { number => '+46760000002' });
is(said($r), '503 provider_unavailable', 'start');
like($r->header('Retry-After'), qr/^[1-9]\d*$/, 'Retry-After');
is($r->header('Set-Cookie'), undef, 'no session');
like($nginx->log, qr/\[error\].*phone_verify: start not sent/, 'logged');


# a report

$r = $v->post('/verify/report', { code => $code });
is(said($r), '503 provider_unavailable', 'report');
like($r->header('Retry-After'), qr/^[1-9]\d*$/, 'Retry-After');
like($nginx->log, qr/\[error\].*phone_verify: report not sent/, 'logged');
is($v->get('/')->status, 401, 'closed');
is($v->get('/verify/status')->json->{status}, 'PENDING', 'still pending');


# which is no attempt, however often

for (1 .. 6) {
    is(said($v->post('/verify/report', { code => $code })),
       '503 provider_unavailable', 'not sent');
}

is($v->get('/verify/status')->json->{attempts_left}, 5, 'no attempt is gone');


# it is back

$sim->up;

is($nginx->visitor->post('/verify/start', { number => '+46760000002' })
   ->status, 200, 'the number was free');

my @asked = $sim->requests;
is(scalar(grep { $_->{method} eq 'GET' } @asked), 0, 'nothing to settle');

unlike($nginx->log, qr/4676000000[12]/, 'no number in the log');


$nginx->finish;

done_testing();
