#!/usr/bin/perl

# A start that may or may not have been processed is looked up by its
# reference before anything else is sent: never two messages for one request.

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
    app       => 'timeout 2s; connect_timeout 2s;',
)->start;

my $n = 46720000000;

sub start { $nginx->visitor->post('/verify/start', { number => "+$_[0]" }) }

sub said { return $_[0]->status . ' ' . $_[0]->code }

sub fault {
    my ($operation, $kind, @more) = @_;

    $sim->control(POST => '/_sim/faults',
                  { operation => $operation, kind => $kind, @more });
}

# messages that a number got, and lookups of its reference

sub messages { return scalar $sim->outbox("+$_[0]") }
sub lookups  { return scalar grep { $_->{path} =~ m{/reference/} }
                             $sim->requests }


# cut off, slow, broken, a gateway's error: all after it was processed

my @cuts = (
    [ 'cut off',       'drop' ],
    [ 'reset',         'reset' ],
    [ 'half',          'half' ],
    [ 'too slow',      'hang' ],
    [ 'broken JSON',   'broken' ],
    [ 'another thing', 'status', body => '[]', status => 200 ],
    [ 'no id',         'status', body => '{}', status => 200 ],
    [ 'a bad id',      'status', body => '{"id":"../x"}', status => 200 ],
    [ 'a redirect',    'redirect', url => 'http://127.0.0.1:1/' ],
    [ '500',           'status', status => 500 ],
    [ '502',           'status', status => 502 ],
    [ '503',           'status', status => 503 ],
    [ '504',           'status', status => 504 ],
);

for my $cut (@cuts) {
    my ($name, $kind, @more) = @$cut;
    my $number = ++$n;
    my $before = lookups();

    fault('start', $kind, process => JSON::PP::true, @more);

    my $v = $nginx->visitor;
    my $r = $v->post('/verify/start', { number => "+$number" });

    is($r->status, 200, "$name: found") or diag($r->body);
    is($r->json->{status}, 'PENDING', "$name: pending");
    is(messages($number), 1, "case 82: $name: one message");
    is(lookups() - $before, 1, "case 82: $name: one lookup");

    is($v->post('/verify/report', { code => $sim->code("+$number") })->status,
       200, "$name: and its code is right");
}


# the same, and it was not processed: looked for twice, then the number is free

for my $cut ([ 'cut off', 'drop', 503, 'provider_unavailable' ],
             [ 'broken JSON', 'status', 502, 'provider_error',
               body => '{"id":', status => 200 ],
             [ '500', 'status', 502, 'provider_error', status => 500 ],
             [ '502', 'status', 503, 'provider_unavailable', status => 502 ])
{
    my ($name, $kind, $status, $code, @more) = @$cut;
    my $number = ++$n;
    my $before = lookups();

    fault('start', $kind, process => JSON::PP::false, @more);

    my $r = start($number);
    is($r->status . ' ' . $r->code, "$status $code", "case 82: $name: not sent");
    is($r->header('Set-Cookie'), undef, "$name: no session");
    is(messages($number), 0, "$name: no message");
    is(lookups() - $before, 2, "$name: two lookups");

    is(start($number)->status, 200, "$name: free again");
    is(messages($number), 1, "$name: then one message");
}


# Sinch takes a moment to know it

{
    my $number = ++$n;

    fault('start', 'drop', process => JSON::PP::true);
    fault('status', 'error', errorCode => 40400);

    is(start($number)->status, 200, 'found the second time');
    is(messages($number), 1, 'one message');
}


# even the lookup fails: whoever starts next settles it first

for my $sent (1, 0) {
    my $number = ++$n;

    fault('start', 'drop', process => $sent ? JSON::PP::true
                                            : JSON::PP::false);
    fault('status', 'drop', process => JSON::PP::false);

    my $r = start($number);
    is($r->status . ' ' . $r->code, '503 provider_unavailable',
       "nobody knows, sent $sent");
    like($r->header('Retry-After'), qr/^[1-9]\d*$/, 'Retry-After');

    # still not

    fault('status', 'status', status => 503);

    my $before = $sim->starts;
    $r = start($number);
    is($r->status . ' ' . $r->code, '503 provider_unavailable',
       'nobody knows, still');
    is($sim->starts, $before, 'and nothing is sent');

    # now

    my $v = $nginx->visitor;
    $r = $v->post('/verify/start', { number => "+$number" });
    is($r->status, 200, 'settled');
    is(messages($number), 1, 'one message');
    is($sim->starts - $before, $sent ? 0 : 1, 'sent once');

    is($v->post('/verify/report', { code => $sim->code("+$number") })->status,
       200, 'and its code is right');
}


# a gateway's own 404 is not Sinch's word that there is no such start

for my $sent (1, 0) {
    my $number = ++$n;
    my $before = $sim->starts;

    fault('start', 'drop', process => $sent ? JSON::PP::true
                                            : JSON::PP::false);
    fault('status', 'status', status => 404, times => 2,
          body => '<html>default backend - 404</html>');

    is(said(start($number)), '503 provider_unavailable',
       "a gateway's 404, sent $sent");
    is(said(start($number)), '503 provider_unavailable', 'and another');
    is($sim->starts - $before, 1, 'nothing more is sent');

    my $v = $nginx->visitor;
    is($v->post('/verify/start', { number => "+$number" })->status, 200,
       'settled by Sinch');
    is(messages($number), 1, 'one message');
    is($v->post('/verify/report', { code => $sim->code("+$number") })->status,
       200, 'and its code is right');
}


# what it finds may be the end

{
    my $number = ++$n;

    fault('start', 'drop', process => JSON::PP::true);
    fault('status', 'merge',
          members => { status => 'DENIED', reason => 'Fraud' });

    my $r = start($number);
    is($r->status . ' ' . $r->code, '403 denied', 'denied in the meantime');
    is($r->header('Set-Cookie'), undef, 'no session');
}


$nginx->finish;

done_testing();
