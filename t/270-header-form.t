#!/usr/bin/perl

# A client without cookies carries its token in a header: empty on a start, the
# pending token on a report, the grant from then on.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim)->start;

sub said { return $_[0]->status . ' ' . $_[0]->code }
sub token { return 'X-Phone-Verify: ' . $_[0] }

my $v = $nginx->visitor;

my $r = $v->post('/verify/start', { number => '+46840000001' }, token(''));
is($r->status, 200, 'started');
is($r->header('Set-Cookie'), undef, 'no cookie');

my $pending = $r->header('X-Phone-Verify');
like($pending, qr/^[A-Za-z0-9_-]{40,256}$/, 'the pending token');

is($v->get('/', token($pending))->status, 401, 'closed');
is($v->get('/verify/status', token($pending))->json->{status}, 'PENDING',
   'pending');
is($v->get('/verify/status')->json->{status}, 'NONE', 'without it, nothing');

$r = $v->post('/verify/report', { code => '12' }, token($pending));
is(said($r), '422 invalid_code', 'a wrong code');
is($r->header('X-Phone-Verify'), undef, 'no token');

$r = $v->post('/verify/report', { code => $sim->code('+46840000001') },
              token($pending));
is($r->status, 200, 'verified');
is($r->header('Set-Cookie'), undef, 'no cookie');

my $grant = $r->header('X-Phone-Verify');
like($grant, qr/^[A-Za-z0-9_-]{40,256}$/, 'the grant');
isnt($grant, $pending, 'another token');

is($v->get('/a', token($grant))->body, "GET /a +46840000001\n", 'open');
is($v->get('/a')->status, 401, 'closed without it');
is($v->get('/verify/status', token($grant))->json->{status}, 'SUCCESSFUL',
   'verified');

$r = $v->post('/verify/logout', {}, token($grant));
is($r->status, 204, 'logged out');
is($r->header('Set-Cookie'), undef, 'no cookie');
is($v->get('/a', token($grant))->status, 401, 'closed');


# a cookie comes before the header

my $w = $nginx->verified('+46840000002');
$r = $w->post('/verify/start', { number => '+46840000003' }, token(''));
is($r->header('X-Phone-Verify'), undef, 'who has cookies gets cookies');
like(join(',', $r->header('Set-Cookie')), qr/_pending=/, 'a cookie');


$nginx->finish;

done_testing();
