#!/usr/bin/perl

# Logging out: grant and pending session are cleared at the visitor and dead at
# every worker, copies included.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2)->start;

sub said { return $_[0]->status . ' ' . $_[0]->code }


# a grant

my $v = $nginx->verified('+46780000001');
my $copy = $v->copy;

my $r = $v->send(POST => '/verify/logout', [ 'Content-Length: 0' ]);
is($r->status, 204, 'logged out, with an empty body');
is($r->body, '', 'nothing to say');
is($r->header('Cache-Control'), 'no-store', 'not kept');
is(join(' ', sort keys %{$v->cookies}), '', 'no cookie is left');
is($v->get('/')->status, 401, 'closed');

is($copy->get('/')->status, 401, 'closed to a copy') for 1 .. 8;


# a pending session

$v = $nginx->visitor;
$v->post('/verify/start', { number => '+46780000002' });
$copy = $v->copy;

is($v->post('/verify/logout', {})->status, 204, 'a JSON body');
is(join(' ', sort keys %{$v->cookies}), '', 'no cookie is left');

my $asked = () = $sim->requests;
is(said($copy->post('/verify/report',
                    { code => $sim->code('+46780000002') })),
   '409 no_verification', 'nothing to report to');
is(scalar(() = $sim->requests), $asked, 'Sinch was not asked');
is($copy->get('/verify/status')->json->{status}, 'NONE', 'no session');


# both, and a success that waits to be taken: a logout ends that, too

$v = $nginx->verified('+46780000003');
$v->post('/verify/start', { number => '+46780000004' });
$copy = $v->copy;

is($v->send(POST => '/verify/logout')->status, 204, 'without a length');
is($copy->get('/')->status, 401, 'the grant is dead');
is(said($copy->post('/verify/report',
                    { code => $sim->code('+46780000004') })),
   '409 no_verification', 'the pending one as well');


# nobody

is($nginx->visitor->post('/verify/logout', {})->status, 204,
   'without a session');


# others are not touched

my $other = $nginx->verified('+46780000005');
$nginx->verified('+46780000006')->post('/verify/logout', {});
is($other->get('/')->status, 200, 'another visitor is in');


# not by a link

$r = $other->get('/verify/logout');
is(said($r), '405 method_not_allowed', 'GET');
is($r->header('Allow'), 'POST', 'Allow');
is($other->get('/')->status, 200, 'still in');


$nginx->finish;

done_testing();
