#!/usr/bin/perl

# Seamless: the client gets an address to go to, and reports nothing.

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
    app       => 'methods sms seamless;',
)->start;

sub said { return $_[0]->status . ' ' . $_[0]->code }

sub fault {
    $sim->control(POST => '/_sim/faults', { operation => 'start', @_ });
}

sub start {
    my ($v, $number) = @_;
    return $v->post('/verify/start',
                    { number => $number, method => 'seamless' });
}


my $v = $nginx->visitor;
my $r = start($v, '+46890000001');
is($r->status, 200, 'started');
is($r->json->{method}, 'seamless', 'seamless');
like($r->json->{seamless}{targetUri}, qr{^https://}, 'where to go');

is(said($v->post('/verify/report', { code => '1234' })),
   '400 invalid_request', 'there is nothing to report');
is($v->get('/verify/status')->json->{status}, 'PENDING', 'pending');


# nobody joins it: it is the handset's own

is(said(start($nginx->visitor, '+46890000001')), '429 too_many_requests',
   'somebody else waits');


# a target that is no address to send a handset to

for my $target ('http://evil.example/', 'javascript:x', '//evil.example', '',
                undef)
{
    fault(kind => 'merge', members => { seamless => { targetUri => $target } });

    $r = start($nginx->visitor, '+46890000002');
    is(said($r), '502 provider_error', defined $target ? "\"$target\""
                                                       : 'none');
    unlike($r->body, qr/evil|javascript/, 'not handed on');
}


# cut off: the target is lost, so it is started anew

fault(kind => 'drop', process => JSON::PP::true);

is(said(start($nginx->visitor, '+46890000003')), '503 provider_unavailable',
   'cut off');
$r = start($nginx->visitor, '+46890000003');
like($r->json->{seamless}{targetUri}, qr{^https://}, 'the number is free');


# not for every destination

fault(kind => 'error', errorCode => 40300);

is(said(start($nginx->visitor, '+46890000004')), '403 destination_denied',
   'not available for this destination');


$nginx->finish;

done_testing();
