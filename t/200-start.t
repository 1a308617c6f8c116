#!/usr/bin/perl

# A start sends one message and answers with how things stand; the number is
# only ever shown masked, and the session goes into the pending cookie alone.

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
    app       => 'methods sms whatsapp callout flashcall;',
)->start;


# the answer

my $v = $nginx->visitor;
my $r = $v->post('/verify/start', { number => '+46700000001' });

is($r->status, 200, 'started');
is($r->header('Content-Type'), 'application/json', 'JSON');
is($r->header('Cache-Control'), 'no-store', 'not kept');

my $json = $r->json;
is($json->{status}, 'PENDING', 'pending');
is($json->{method}, 'sms', 'by the first method');
is($json->{number}, '+46*****001', 'masked number');
cmp_ok($json->{expires_in}, '<=', 300, 'expires_in');
cmp_ok($json->{expires_in}, '>', 200, 'expires_in is not over');
cmp_ok($json->{resend_in}, '<=', 30, 'resend_in');
is($json->{attempts_left}, 5, 'attempts_left');
ok(!exists $json->{sms}, 'nothing that sms does not need');
unlike($r->body, qr/\{\{CODE\}\}|template/, "nothing of Sinch's body");

is(join(' ', sort keys %{$v->cookies}), '__Host-phone_verify_pending',
   'one cookie, the pending one');
like(($r->header('Set-Cookie'))[0],
     qr/; Path=\/|; path=\//i, 'for the whole host');
like(($r->header('Set-Cookie'))[0], qr/; Secure/i, 'by TLS alone');
like(($r->header('Set-Cookie'))[0], qr/; HttpOnly/i, 'not for scripts');
like(($r->header('Set-Cookie'))[0], qr/; SameSite=Lax/i, 'not across sites');


# what Sinch was asked for

my ($asked) = $sim->requests;
is($asked->{path}, '/verification/v1/verifications', 'path');
my $body = JSON::PP->new->decode($asked->{body});
is($body->{identity}{endpoint}, '+46700000001', 'number');
is($body->{method}, 'sms', 'method');
like($body->{reference}, qr/^[A-Za-z0-9_-]{38}$/, 'reference');
is($asked->{headers}{'accept-language'}, undef, 'no language');
is($sim->starts, 1, 'one start');


# the method and the language are the client's choice

$r = $nginx->visitor->post('/verify/start',
    { number => '+46700000002', method => 'callout', language => 'sv-SE' });
is($r->json->{method}, 'callout', 'another method');

($asked) = reverse $sim->requests;
is($asked->{headers}{'accept-language'}, 'sv-SE', 'Accept-Language');
is(JSON::PP->new->decode($asked->{body})->{method}, 'callout', 'sent so');

for my $method (qw(seamless phone SMS1)) {
    $r = $nginx->visitor->post('/verify/start',
        { number => '+46700000003', method => $method });
    is($r->status . ' ' . $r->code, '400 invalid_method', "method $method");
}

for my $language ("sv\r\nX: y", 'sv_SE"', 'a' x 65, "sv\x{e5}") {
    $r = $nginx->visitor->post('/verify/start',
        { number => '+46700000003', language => $language });
    is($r->status . ' ' . $r->code, '400 invalid_request', 'language');
}

is($sim->starts, 2, 'none of these was sent');


# flashcall: what the client needs for its part

$r = $nginx->visitor->post('/verify/start',
    { number => '+46700000004', method => 'flashcall' });
is($r->json->{method}, 'flashcall', 'flashcall');
like($r->json->{flashCall}{cliFilter}, qr/\(/, 'cliFilter');
ok(exists $r->json->{flashCall}{interceptionTimeout}, 'interceptionTimeout');
ok(exists $r->json->{flashCall}{reportTimeout}, 'reportTimeout');


# too soon: nothing is sent, and the header says when

my $sent = $sim->starts;

$r = $v->post('/verify/start', { number => '+46700000001' });
is($r->status . ' ' . $r->code, '429 too_many_requests', 'too soon');
like($r->header('Retry-After'), qr/^(?:[1-9]|[12]\d|30)$/, 'Retry-After');
is($r->header('Set-Cookie'), undef, 'the session stays as it is');
is($sim->starts, $sent, 'no message');


# somebody else's start joins: no message, and a session of its own

my $w = $nginx->visitor;
$r = $w->post('/verify/start', { number => '+46700000001',
                                 method => 'callout' });
is($r->status, 200, 'joined');
is($r->json->{status}, 'PENDING', 'the same answer');
is($r->json->{method}, 'sms', 'the method of the running one');
is($r->json->{number}, '+46*****001', 'masked');
is($r->json->{attempts_left}, 5, 'attempts of its own');
is($sim->starts, $sent, 'no message for it');

isnt($w->cookies->{'__Host-phone_verify_pending'},
     $v->cookies->{'__Host-phone_verify_pending'}, 'another token');

is($w->post('/verify/report', { code => $sim->code('+46700000001') })->status,
   200, 'who joined and has the code gets in');


# without a number: the one that we know the visitor by

my $x = $nginx->verified('+46700000005');
$r = $x->post('/verify/start', { method => 'sms' });
is($r->status, 200, 'step-up without a number');
is($r->json->{number}, '+46*****005', "the grant's number");
like($x->cookies->{'__Host-phone_verify'}, qr/./, 'still logged in');

$r = $x->post('/verify/start', { number => '' });
is($r->status . ' ' . $r->code, '429 too_many_requests',
   "the pending session's number, and too soon");

$r = $nginx->visitor->post('/verify/start', { method => 'sms' });
is($r->status . ' ' . $r->code, '400 invalid_number', 'nobody knows it');


$nginx->finish;

done_testing();
