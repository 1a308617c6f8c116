#!/usr/bin/perl

# Abuse cases of sessions and of what a client says of itself, that no other
# file has.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim,
    app => 'methods sms flashcall callout;')->start;

my $GRANT = '__Host-phone_verify';

sub reports { return scalar grep { $_->{method} eq 'PUT' } $sim->requests }

sub started {
    my ($number, @more) = @_;

    my $v = $nginx->visitor;
    my $r = $v->post('/verify/start', { number => $number, @more });
    die $r->body unless $r->status == 200;

    return $v;
}

sub said { return $_[0]->status . ' ' . ($_[0]->code || '') }

sub id {
    my ($number) = @_;
    my ($last) = reverse grep { $_->{identity}{endpoint} eq $number }
                 @{$sim->control(GET => '/_sim/verifications')->{items}};
    return $last->{id};
}


# 8: somebody else's id in a report

my $victim = started('+46700080001');
my $thief = started('+46700080002');
my $code = $sim->code('+46700080001');
my $id = id('+46700080001');

like($id, qr/^[-0-9a-f]{36}$/, 'case 8: an id of another session');

for my $body ({ code => $code, id => $id },
              { code => $code, verification_id => $id },
              { code => $code, number => '+46700080001' })
{
    my $what = join ', ', sort keys %$body;
    my $r = $thief->post('/verify/report', $body);

    is(said($r), '422 invalid_code', "case 8: $what: as any wrong code");
    is($thief->get('/')->status, 401, "case 8: $what: closed");
    unlike($r->body, qr/\Q$id\E|46700080001/, "case 8: $what: nothing is told");
}

for my $uri ("/verify/report?id=$id", "/verify/report/$id") {
    my $r = $nginx->visitor->post($uri, { code => $code });
    isnt($r->status, 200, 'case 8: nor in the address');
}

is($victim->get('/verify/status')->json->{status}, 'PENDING',
   'case 8: the other session is as it was');
is($victim->post('/verify/report', { code => $code })->status, 200,
   'case 8: and gets in');


# 10: the field of another method, two at once

my $v = started('+46700080003');
$code = $sim->code('+46700080003');
my $reports = reports();

for my $body ({ cli => $code }, { cli => '+46700000000' },
              { code => $code, cli => '+46700000000' })
{
    my $what = join ' and ', sort keys %$body;

    is(said($v->post('/verify/report', $body)), '400 invalid_request',
       "case 10: $what for an sms");
}

is(reports(), $reports, 'case 10: nothing was reported');
is($v->get('/verify/status')->json->{status}, 'PENDING',
   'case 10: and nothing has ended');

$v = started('+46700080004', method => 'flashcall');
my ($call) = reverse grep { defined $_->{cli} } $sim->outbox('+46700080004');

is(said($v->post('/verify/report', { code => '1234' })), '400 invalid_request',
   'case 10: code for a flashcall');


# 11: only the caller's whole number is the caller's number

for my $cli (substr($call->{cli}, 0, -1), substr($call->{cli}, 0, 6),
             $call->{cli} . '0', '*', '+46(.*)', '.*')
{
    my $r = $v->copy->post('/verify/report', { cli => $cli });
    isnt($r->status, 200, "case 11: $cli");
}

is($v->get('/')->status, 401, 'case 11: closed');


# 23: a client's word for https, for its address, for its host

for my $header ('X-Forwarded-Proto: https', 'X-Forwarded-Proto: http',
                'Forwarded: proto=http;host=evil.example',
                'X-Forwarded-Host: evil.example')
{
    my $r = $nginx->visitor->post('/verify/start', { number => '+46700080005' },
                                  $header);

    is($r->status, 200, "case 23: $header");
    like($r->header('Set-Cookie'), qr/^__Host-\w+=[^;]+;.*; Secure/,
         'case 23: a cookie for https alone');
    unlike($r->head . $r->body, qr/evil/, 'case 23: nobody else is named');
}


# 27: the header that an upstream is told the number in

$v = $nginx->verified('+46700080006');

for my $forged ([ 'X-Verified-Phone: +15550100' ],
                [ 'x-verified-phone: +15550100' ],
                [ ('X-Verified-Phone: +15550100') x 2 ],
                [ 'X_Verified_Phone: +15550100' ],
                [ 'X-Verified-Phone : +15550100' ])
{
    my $r = $v->get('/who', @$forged);

    # a blank before the colon is nginx's to refuse

    like($r->status . ' ' . $r->body, qr{^(?:200 GET /who \+46700080006$|400 )},
         "case 27: $forged->[0]");
    unlike($r->body, qr/15550100/, 'case 27: is not believed');
}

# what the end of each test looks for in the logs is there to be looked for

is(scalar(() = $sim->numbers), 6, 'six numbers are known');
cmp_ok(scalar(() = $sim->codes), '>=', 5, 'and their codes');

$nginx->finish;

done_testing;
