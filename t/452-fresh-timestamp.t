#!/usr/bin/perl

# A request that Sinch refuses as too old (40105) is signed and sent once more
# with a fresh timestamp. Nothing else is, and never twice. Abuse case 84.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, server => <<'EOC')
location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
location = /sinch/query { phone_verify_query signup; }
EOC
    ->start;

my $n = 46720000000;

sub fault {
    my ($operation, $error, @more) = @_;
    $sim->control(POST => '/_sim/faults', { operation => $operation,
        kind => 'error', errorCode => $error, @more });
}

sub seen {
    my ($operation) = @_;
    return grep { $_->{operation} eq $operation } $sim->requests;
}

sub fresh_ones {
    my ($what, @r) = @_;

    is(join(' ', map { $_->{status} } @r), '401 200', "$what: twice");
    isnt($r[0]{headers}{'x-timestamp'}, $r[1]{headers}{'x-timestamp'},
         "$what: another time");
    isnt($r[0]{headers}{authorization}, $r[1]{headers}{authorization},
         "$what: and signed anew");
    is($r[1]{auth}, 'signed', "$what: well");
    is($r[1]{body}, $r[0]{body}, "$what: the same body");
    is($r[1]{path}, $r[0]{path}, "$what: at the same place");
    is($r[1]{headers}{'accept-language'}, $r[0]{headers}{'accept-language'},
       "$what: in the same language");
}

sub start {
    my ($number, %more) = @_;

    my $v = $nginx->visitor;
    return ($v, $v->post('/verify/start', { number => $number, %more }));
}


# a start, with all that it may have

my $number = '+' . ++$n;

fault(start => 40105, delay => 20);
my ($v, $r) = start($number, language => 'sv-SE');
is($r->status, 200, 'case 84: a start that came too late');
fresh_ones('start', seen('start'));
is((seen('start'))[1]{headers}{'accept-language'}, 'sv-SE', 'the language');
is(scalar(() = $sim->outbox($number)), 1, 'one message');
like($nginx->log, qr/\[notice\].*took a signature for too old/, 'is told');

# a report, and nothing of its attempts

fault(report => 40105, delay => 20);
$r = $v->post('/verify/report', { code => '0' });
is($r->code, 'invalid_code', 'a wrong code');
is($r->json->{attempts_left}, 4, 'is one attempt');
fresh_ones('report', seen('report'));
fault(report => 40105, delay => 20);
is($v->post('/verify/report', { code => $sim->code($number) })->status, 200,
   'the right one');

# a query

my $id = $sim->outbox($number) ? ($sim->outbox($number))[0]{id} : '';
my $before = () = seen('status');
fault(status => 40105, delay => 20);
$r = $nginx->visitor->get("/sinch/query?id=$id");
is($r->json->{status}, 'SUCCESSFUL', 'a query');
fresh_ones('query', (seen('status'))[$before .. $before + 1]);


# once is enough: the clock is wrong

for my $operation ('start', 'report') {
    my $number = '+' . ++$n;
    my $v = $nginx->visitor;

    $v->post('/verify/start', { number => $number })
        if $operation eq 'report';

    my $before = () = seen($operation);
    my $length = length $nginx->log;
    fault($operation => 40105, times => 0);

    $r = $operation eq 'start'
         ? $v->post('/verify/start', { number => $number })
         : $v->post('/verify/report', { code => $sim->code($number) });

    $sim->control(DELETE => '/_sim/faults');

    is($r->status . ' ' . $r->code, '502 provider_error',
       "case 84: $operation, a wrong clock");
    is(() = seen($operation), $before + 2, 'no storm: twice and no more');

    my @said = grep { /$operation refused/ }
               split /\n/, substr $nginx->log, $length;
    is(scalar @said, 1, 'one line');
    like($said[0], qr/\[error\].*40105.*check the clock/, 'what to do');
}


# what is refused for another reason is refused

for my $error (40101, 40102, 40107, 40301) {
    my $before = () = seen('start');
    fault(start => $error);
    ($v, $r) = start('+' . ++$n);
    is($r->code, 'provider_error', "$error is refused");
    is(() = seen('start'), $before + 1, "$error: once");
}

# nor is one that a gateway answers in Sinch's words

$before = () = seen('start');
$sim->control(POST => '/_sim/faults', { operation => 'start', kind => 'json',
    status => 403, body => { errorCode => 40105 } });
($v, $r) = start('+' . ++$n);
is(() = seen('start'), $before + 1, '40105 that is no 401: once');


# who asked has gone: it goes on, and is written down

$number = '+' . ++$n;
$before = () = seen('start');
fault(start => 40105, delay => 300);
$v = $nginx->visitor;
my $c = $v->begin(POST => '/verify/start', [], { number => $number });
wait_until('it is on its way', sub { seen('start') > $before });
$c->close;
wait_until('it goes on', sub { $sim->outbox($number) });
is(() = seen('start'), $before + 2, 'for nobody, too');

($v, $r) = start($number);
is($r->json->{status}, 'PENDING', 'whoever comes then');
is(scalar(() = $sim->outbox($number)), 1, 'joins it');


# Basic signs no time

$nginx->conf(app => 'auth basic;')->reload;
$nginx->wait_old;

$before = () = seen('start');
fault(start => 40105);
($v, $r) = start('+' . ++$n);
is($r->code, 'provider_error', 'auth basic: refused');
is(() = seen('start'), $before + 1, 'auth basic: once');

$nginx->finish(again => 3);
done_testing;
