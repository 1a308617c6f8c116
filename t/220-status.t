#!/usr/bin/perl

# The status endpoint tells how the visitor's own verification stands, and
# hands over a grant like the gate.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim)->start;

my $GRANT = '__Host-phone_verify';

sub said { return $_[0]->status . ' ' . $_[0]->code }


# without a session

my $v = $nginx->visitor;
my $r = $v->get('/verify/status');
is($r->status, 200, 'no session');
is_deeply($r->json, { status => 'NONE' }, 'NONE');
is($r->header('Content-Type'), 'application/json', 'JSON');
is($r->header('Cache-Control'), 'no-store', 'not kept');


# pending

$v->post('/verify/start', { number => '+46707000001', method => 'callout' });

$r = $v->get('/verify/status?wait=0');
my $json = $r->json;
is($json->{status}, 'PENDING', 'pending');
is($json->{method}, 'callout', 'method');
is($json->{number}, '+46*****001', 'masked number');
is($json->{attempts_left}, 5, 'attempts_left');
cmp_ok($json->{expires_in}, '<=', 300, 'expires_in');
cmp_ok($json->{resend_in}, '<=', 30, 'resend_in');
is($json->{reason}, undef, 'no reason');
is($r->header('Set-Cookie'), undef, 'nothing is handed over');

$r = $v->head('/verify/status');
is($r->status, 200, 'HEAD');
is($r->body, '', 'no body');
is($r->header('Content-Type'), 'application/json', 'its type');

$v->post('/verify/report',
         { code => sprintf '%04d', ($sim->code('+46707000001') + 1) % 10000 });
is($v->get('/verify/status')->json->{attempts_left}, 4, 'one attempt less');

is($nginx->visitor->get('/verify/status')->json->{status}, 'NONE',
   "nobody else's");


# verified

$v->post('/verify/report', { code => $sim->code('+46707000001') });

$json = $v->get('/verify/status')->json;
is($json->{status}, 'SUCCESSFUL', 'verified');
is($json->{method}, 'callout', 'method');
is($json->{number}, '+46*****001', 'masked number');
cmp_ok($json->{expires_in}, '>', 3600, 'the rest of the session');
ok(!exists $json->{attempts_left}, 'nothing to try');


# a step-up: what is pending comes first, and the old grant stays

$v->post('/verify/start', { number => '+46707000002' });

is($v->get('/verify/status')->json->{status}, 'PENDING', 'the step-up');
is($v->get('/a')->body, "GET /a +46707000001\n", 'still in');


# ended

$sim->control(POST => '/_sim/faults',
              { operation => 'report', kind => 'merge',
                process => JSON::PP::false,
                members => { status => 'FAIL', reason => 'Expired' } });
$v->post('/verify/report', { code => '1234' });

$json = $v->get('/verify/status')->json;
is($json->{status}, 'FAIL', 'it has failed');
is($json->{reason}, 'Expired', 'and why');


# only GET and HEAD

for my $method (qw(POST PUT DELETE OPTIONS PATCH)) {
    $r = $nginx->visitor->send($method => '/verify/status', [],
                               $method eq 'POST' ? 'a=b' : undef);
    is(said($r), '405 method_not_allowed', $method);
    is($r->header('Allow'), 'GET, HEAD', 'Allow');
}


# a success that nobody was there to take: the client had gone

my $w = $nginx->visitor;
$w->post('/verify/start', { number => '+46707000003' });

$sim->control(POST => '/_sim/faults',
              { operation => 'report', kind => 'delay', delay => 500,
                when => 'after' });

my $c = $w->begin(POST => '/verify/report', [],
                  { code => $sim->code('+46707000003') });
PhoneVerify::Env::wait_until('the report is there', sub {
    return grep { $_->{method} eq 'PUT' && $_->{path} =~ m{/id/} }
           $sim->requests;
});
$c->reset;

$nginx->wait_log(qr/number \+46\*{5}003, method sms, status SUCCESSFUL/);

$r = $w->get('/verify/status');
is($r->json->{status}, 'SUCCESSFUL', 'it was the right code');
like($r->header('Cache-Control'), qr/no-store/, 'not kept');
like($w->cookies->{$GRANT}, qr/./, 'the grant is handed over');
is($w->get('/a')->body, "GET /a +46707000003\n", 'open');


# answers are of no version: what asks for one gets them as they are

$w = $nginx->visitor;
$w->post('/verify/start', { number => '+46707000004' });

$r = $w->get('/verify/status', 'If-None-Match: *');
is($r->status, 200, 'If-None-Match');
is($r->json->{status}, 'PENDING', 'is answered as ever');

$r = $w->post('/verify/report', { code => $sim->code('+46707000004') },
              'If-Match: "x"');
is($r->status, 200, 'If-Match');
is($w->get('/a')->body, "GET /a +46707000004\n", 'and the grant is there');


$nginx->finish;

done_testing();
