#!/usr/bin/perl

# Who answers at the callback URL decides: a start that is denied there, or
# gets no answer of use, sends nothing; the visitor and the operator are told.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, app => 'poll 1s;',
    server => <<'EOC')->start;
location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
location = /deny { default_type application/json;
                   return 200 '{"action":"deny"}'; }
location = /perhaps { default_type application/json;
                      return 200 '{"action":"perhaps"}'; }
location = /gone { return 404; }
EOC

sub callback {
    my ($path) = @_;
    $sim->control(PATCH => '/_sim/settings', {
        callback => $path && 'http://127.0.0.1:' . $nginx->port . $path });
}

sub start {
    my ($v, $number) = @_;
    return $v->post('/verify/start', { number => $number });
}

sub said { return $_[0]->status . ' ' . ($_[0]->code || '') }

# Denied by callback: Sinch's answer to the start does not say so

callback('/deny');

my $number = '+46700000330';
my $v = $nginx->visitor;
my $r = start($v, $number);
is($r->status, 200, 'a start that is denied looks like any other');
is(scalar(() = $sim->outbox($number)), 0, 'nothing is sent');

$r = $v->get('/verify/status?wait=50');
is($r->json->{status}, 'DENIED', 'asked, Sinch says it');
is($r->json->{reason}, 'Denied by callback', 'and why');
is(said($v->post('/verify/report', { code => '1234' })), '403 denied',
   'a report hears it, too');
is($v->get('/')->status, 401, 'closed');

$number = '+46700000331';
$v = $nginx->visitor;
start($v, $number);
$r = $v->post('/verify/report', { code => '1234' });
is(said($r), '403 denied', 'a report that asks Sinch');
is($r->json->{reason}, 'Denied by callback', 'and why');

# Invalid callback: what answers there is not us

for my $path ('/perhaps', '/gone') {
    callback($path);

    $number = $path eq '/gone' ? '+46700000332' : '+46700000333';
    $v = $nginx->visitor;
    my $length = length $nginx->log;
    is(said(start($v, $number)), '502 provider_error', "$path: refused");
    is(scalar(() = $sim->outbox($number)), 0, 'nothing is sent');
    like(substr($nginx->log, $length),
         qr/\[error\].*42202.*check what answers at the Sinch app's callback/,
         'what to do');
}

callback(undef);
is(start($v, $number)->status, 200, 'the number is free at once');

# the same as the end that a query tells

$number = '+46700000334';
$v = $nginx->visitor;
start($v, $number);
$sim->control(POST => '/_sim/settle', { number => $number,
    status => 'DENIED', reason => 'Invalid callback' });
$r = $v->get('/verify/status?wait=50');
is($r->json->{status} . ', ' . $r->json->{reason}, 'DENIED, Invalid callback',
   'a query');
is($v->get('/')->status, 401, 'closed');

$nginx->finish;
done_testing;
