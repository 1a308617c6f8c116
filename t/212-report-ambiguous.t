#!/usr/bin/perl

# A report whose answer is lost is settled by a status query; where Sinch says
# nothing that makes sense, everything stays as it was.

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

my $GRANT = '__Host-phone_verify';
my $n = 46701500000;

sub said { return $_[0]->status . ' ' . $_[0]->code }

sub fault {
    my ($operation, $kind, @more) = @_;

    $sim->control(POST => '/_sim/faults',
                  { operation => $operation, kind => $kind, @more });
}

sub started {
    my ($number) = @_;

    my $v = $nginx->visitor;
    my $r = $v->post('/verify/start', { number => $number });
    die $r->body unless $r->status == 200;

    return $v;
}

sub wrong {
    my ($number) = @_;
    return sprintf '%04d', ($sim->code($number) + 1) % 10000;
}

sub queries { return scalar grep { $_->{method} eq 'GET' } $sim->requests }


# cut off after it was processed

my @cuts = (
    [ 'cut off',  'drop' ],
    [ 'reset',    'reset' ],
    [ 'half',     'half' ],
    [ 'too slow', 'hang' ],
    [ '500',      'status', status => 500 ],
    [ '502',      'status', status => 502 ],
    [ '503',      'status', status => 503 ],
    [ '504',      'status', status => 504 ],
);

for my $cut (@cuts) {
    my ($name, $kind, @more) = @$cut;
    my $number = '+' . ++$n;

    # a right one

    my $v = started($number);
    my $queries = queries();

    fault('report', $kind, process => JSON::PP::true, @more);

    my $r = $v->post('/verify/report', { code => $sim->code($number) });
    is($r->status, 200, "case 83: $name: verified") or diag($r->body);
    is(queries() - $queries, 1, "case 83: $name: by one query");
    is($v->get('/a')->body, "GET /a $number\n", "$name: open");

    # one that never came

    $number = '+' . ++$n;
    $v = started($number);

    fault('report', $kind, process => JSON::PP::false, @more);

    $r = $v->post('/verify/report', { code => $sim->code($number) });
    is(said($r), '503 provider_unavailable', "$name: it never came");
    like($r->header('Retry-After'), qr/^[1-9]\d*$/, 'Retry-After');
    is($v->get('/')->status, 401, "$name: closed");

    $r = $v->post('/verify/report', { code => $sim->code($number) });
    is($r->status, 200, "$name: again, and verified");
}


# a wrong one, cut off: Sinch tells by the query what it was

{
    my $number = '+' . ++$n;
    my $v = started($number);

    fault('report', 'drop', process => JSON::PP::true);

    my $r = $v->post('/verify/report', { code => wrong($number) });
    like(said($r), qr/^(?:422 invalid_code|503 provider_unavailable)$/,
         'a wrong code, cut off');
    is($v->get('/')->status, 401, 'closed');

    is($v->post('/verify/report', { code => $sim->code($number) })->status,
       200, 'the right one then');
}


# the query fails, too: nobody knows, and the client may try again

{
    my $number = '+' . ++$n;
    my $v = started($number);

    fault('report', 'drop', process => JSON::PP::true);
    fault('status', 'drop', process => JSON::PP::false);

    my $r = $v->post('/verify/report', { code => $sim->code($number) });
    is(said($r), '503 provider_unavailable', 'nobody knows');
    is($v->get('/')->status, 401, 'closed');

    # Sinch takes no second report of a verification that has succeeded

    fault('report', 'error', errorCode => 40400);

    $r = $v->post('/verify/report', { code => $sim->code($number) });
    is($r->status, 200, 'case 83: known now') or diag($r->body);
    is($v->get('/')->status, 200, 'open');
}


# nor does a gateway's own 404 tell: Sinch has not said that there is none

for my $what ('report and query', 'query') {
    my $number = '+' . ++$n;
    my $v = started($number);
    my @html = (status => 404, body => '<html>default backend - 404</html>');

    if ($what eq 'query') {
        fault('report', 'drop', process => JSON::PP::false);

    } else {
        fault('report', 'status', @html);
    }

    fault('status', 'status', @html);

    my $r = $v->post('/verify/report', { code => $sim->code($number) });
    is(said($r), '503 provider_unavailable', "a gateway's 404 to $what");
    is($v->get('/verify/status')->json->{status}, 'PENDING', 'still pending');
    is($v->post('/verify/report', { code => $sim->code($number) })->status,
       200, 'the right code is still right');
}


# nonsense: an error, and nothing has changed

my @nonsense = (
    [ 'broken JSON', 'status', status => 200,
      body => '{"id":"x","status":"SUCC' ],
    [ 'no JSON', 'status', body => 'SUCCESSFUL', status => 200 ],
    [ 'nothing', 'status', body => '', status => 200 ],
    [ 'no status', 'status', body => '{"id":"x"}', status => 200 ],
    [ 'another id', 'status', status => 200,
      body => '{"id":"x","status":"SUCCESSFUL"}' ],
    [ 'a number for a status', 'status', body => '{"id":"x","status":1}',
      status => 200 ],
    [ 'a redirect', 'redirect', url => 'http://127.0.0.1:1/' ],
);

for my $what (@nonsense) {
    my ($name, $kind, @more) = @$what;
    my $number = '+' . ++$n;
    my $v = started($number);
    my $before = length $nginx->log;

    fault('report', $kind, process => JSON::PP::false, @more);

    my $r = $v->post('/verify/report', { code => $sim->code($number) });
    is(said($r), '502 provider_error', $name);
    is($v->cookies->{$GRANT}, undef, "$name: no grant");

    my @said = grep { /phone_verify: report/ }
               split /\n/, substr $nginx->log, $before;
    is(@said, 1, "$name: one line in the log");
    like($said[0], qr/\[error\].*nonsense/, "$name: that says so");

    is($v->get('/verify/status')->json->{status}, 'PENDING',
       "$name: still pending");
    is($v->post('/verify/report', { code => $sim->code($number) })->status,
       200, "$name: the right code is still right");
}


# refused

my @refusals = (
    [ 40005, '502 provider_error' ],
    [ 40102, '502 provider_error' ],
    [ 40200, '502 provider_error' ],
    [ 40303, '502 provider_error' ],
    [ 42900, '429 too_many_requests' ],
    [ 50300, '503 provider_unavailable' ],
    [ 40001, '422 invalid_code' ],
);

for my $refusal (@refusals) {
    my ($error, $expected) = @$refusal;
    my $number = '+' . ++$n;
    my $v = started($number);

    fault('report', 'error', errorCode => $error);

    my $r = $v->post('/verify/report', { code => $sim->code($number) });
    is(said($r), $expected, "errorCode $error");
    like($r->header('Retry-After') || '', qr/^[1-9]\d*$/, 'Retry-After')
        if $r->status == 429 || $r->status == 503;

    is($v->post('/verify/report', { code => $sim->code($number) })->status,
       200, 'still open');
}


# it knows none such: what it was, the query tells

my @ends = (
    [ { status => 'FAIL', reason => 'Expired' }, '410 verification_expired' ],
    [ { status => 'FAIL', reason => 'Invalid code' },
      '422 verification_failed' ],
    [ { status => 'ABORTED' }, '422 verification_failed' ],
    [ { status => 'DENIED', reason => 'Fraud' }, '403 denied' ],
    [ undef, '422 verification_failed' ],
);

for my $end (@ends) {
    my ($members, $expected) = @$end;
    my $number = '+' . ++$n;
    my $v = started($number);

    fault('report', 'error', errorCode => 40400);

    if ($members) {
        fault('status', 'merge', members => $members);

    } else {
        fault('status', 'error', errorCode => 40400);
    }

    my $r = $v->post('/verify/report', { code => $sim->code($number) });
    is(said($r), $expected, 'gone: '
       . ($members ? $members->{status} : 'not even the query knows it'));

    my $asked = () = $sim->requests;
    is(said($v->post('/verify/report', { code => $sim->code($number) })),
       $expected, 'it has ended');
    is(scalar(() = $sim->requests), $asked, 'and nobody is asked');
}


$nginx->finish;

done_testing();
