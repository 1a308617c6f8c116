#!/usr/bin/perl

# A right code opens the gate, once; wrong ones are counted; what has ended is
# told apart, and asks Sinch nothing.

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
    app       => 'methods sms callout flashcall; attempts 3;',
)->start;

my $PENDING = '__Host-phone_verify_pending';
my $GRANT = '__Host-phone_verify';

sub reports { return scalar grep { $_->{method} eq 'PUT' } $sim->requests }

sub started {
    my ($number, @more) = @_;

    my $v = $nginx->visitor;
    my $r = $v->post('/verify/start', { number => $number, @more });
    die $r->body unless $r->status == 200;

    return $v;
}

sub said { return $_[0]->status . ' ' . $_[0]->code }

# a code that is not it

sub wrong {
    my ($number) = @_;
    return sprintf '%04d', ($sim->code($number) + 1) % 10000;
}


# the right one

my $v = started('+46730000001');
my $before = $v->copy;
my $code = $sim->code('+46730000001');

is($v->get('/')->status, 401, 'closed');

my $r = $v->post('/verify/report', { code => $code });

is($r->status, 200, 'verified');
is_deeply($r->json, { status => 'SUCCESSFUL' }, 'the answer');
is($r->header('Cache-Control'), 'no-store', 'not kept');
is(join(' ', sort keys %{$v->cookies}), $GRANT,
   'the grant is there, the pending cookie is gone');
is($v->get('/a')->body, "GET /a +46730000001\n", 'open');

my ($asked) = reverse $sim->requests;
like($asked->{path}, qr{^/verification/v1/verifications/id/[^/]+$}, 'by id');
is($asked->{body}, qq({"method":"sms","sms":{"code":"$code"}}), 'as it is');


# a lost answer: the same code again within a minute is the same 200

my $reports = reports();

my $again = $before->copy;
$r = $again->post('/verify/report', { code => $code });
is($r->status, 200, 'the same code again');
is_deeply($r->json, { status => 'SUCCESSFUL' }, 'the same answer');
is($again->get('/a')->body, "GET /a +46730000001\n", 'open');

$r = $before->copy->post('/verify/report', { code => '0000' });
is(said($r), '409 no_verification', 'case 7: another code: nothing is pending');

is(reports(), $reports, 'Sinch was asked neither time');


# wrong ones

$v = started('+46730000002');
my $wrong = wrong('+46730000002');

for my $left (2, 1) {
    $r = $v->post('/verify/report', { code => $wrong });
    is(said($r), '422 invalid_code', 'wrong');
    is($r->header('Content-Type'), 'application/problem+json', 'a problem');
    is($r->json->{attempts_left}, $left, "$left left");
    is($r->json->{verification_status}, 'PENDING', 'still open');
    is($r->json->{reason}, 'Invalid code', 'the reason');
    is($r->json->{status}, 422, 'RFC 9457: the HTTP status');
    is($r->header('Set-Cookie'), undef, 'no cookie');
    is($v->get('/')->status, 401, 'closed');
}

$r = $v->put('/verify/report', { code => $sim->code('+46730000002') });
is($r->status, 200, 'then the right one, by PUT');
is($v->get('/')->status, 200, 'open');


# too many

$v = started('+46730000003');
$wrong = wrong('+46730000003');

for my $left (2, 1, 0) {
    $r = $v->post('/verify/report', { code => $wrong });
    is(said($r), '422 invalid_code', 'wrong');
    is($r->json->{attempts_left}, $left, "$left left");
}

$reports = reports();

$r = $v->post('/verify/report', { code => $sim->code('+46730000003') });
is(said($r), '422 verification_failed', 'no attempts left');
is($r->json->{verification_status}, 'FAIL', 'it has failed');
is($r->json->{reason}, 'Invalid code', 'for the wrong codes');
is(reports(), $reports, 'Sinch was not asked');
is($v->get('/')->status, 401, 'closed');

$r = $v->post('/verify/report', { code => '!' });
is(said($r), '422 verification_failed', 'whatever is sent now');


# nothing pending

$reports = reports();

$r = $nginx->visitor->post('/verify/report', { code => '1234' });
is(said($r), '409 no_verification', 'case 7: no start');

$v = $nginx->visitor(cookies => { $PENDING => 'x' x 200 });
is(said($v->post('/verify/report', { code => '1234' })),
   '409 no_verification', 'a token that is none');

$v = $nginx->visitor(cookies => {
    $PENDING => $nginx->verified('+46730000004')->cookies->{$GRANT} });
$reports = reports();
is(said($v->post('/verify/report', { code => '1234' })),
   '409 no_verification', 'a grant is no pending token');

is(reports(), $reports, 'Sinch was not asked');


# ended: as Sinch says

my @ends = (
    [ { status => 'FAIL', reason => 'Expired' }, '410 verification_expired' ],
    [ { status => 'FAIL', reason => 'Hung up without entering valid code' },
      '422 verification_failed' ],
    [ { status => 'FAIL', reason => 'Failed pending' },
      '422 verification_failed' ],
    [ { status => 'DENIED', reason => 'Fraud' }, '403 denied' ],
    [ { status => 'DENIED', reason => 'Destination denied' },
      '403 destination_denied' ],
    [ { status => 'DENIED', reason => 'Not enough credit' }, '403 denied' ],
    [ { status => 'DENIED', reason => 'Blocked' }, '403 denied' ],
    [ { status => 'DENIED', reason => 'Denied by callback' }, '403 denied' ],
    [ { status => 'DENIED', reason => 'Invalid callback' }, '403 denied' ],
    [ { status => 'ABORTED' }, '422 verification_failed' ],
    [ { status => 'ERROR',
        reason => 'Network error or number unreachable' },
      '422 verification_failed' ],
    [ { status => 'ERROR', reason => 'SMS delivery failure' },
      '422 verification_failed' ],
    [ { status => 'ERROR', reason => 'Internal error' },
      '422 verification_failed' ],
);

my $n = 46730000100;

for my $end (@ends) {
    my ($members, $expected) = @$end;
    my $number = '+' . ++$n;
    my $name = join ', ', grep { defined } @$members{qw(status reason)};

    $v = started($number);

    $sim->control(POST => '/_sim/faults',
                  { operation => 'report', kind => 'merge',
                    process => JSON::PP::false, members => $members });

    $r = $v->post('/verify/report', { code => $sim->code($number) });
    is(said($r), $expected, $name);
    is($r->json->{verification_status}, $members->{status}, 'status');
    is($r->json->{reason}, $members->{reason}, 'reason');

    $reports = reports();
    $r = $v->post('/verify/report', { code => $sim->code($number) });
    is(said($r), $expected, "case 7: $name, again");
    is(reports(), $reports, 'case 7: Sinch was not asked again');
    is($v->get('/')->status, 401, 'closed');
}


# 200 is not success: words that are not known, and none yet

for my $members ({ status => 'VERIFIED' }, { status => 'successful' },
                 { status => 'PENDING' })
{
    my $number = '+' . ++$n;

    $v = started($number);

    $sim->control(POST => '/_sim/faults',
                  { operation => 'report', kind => 'merge',
                    process => JSON::PP::false, members => $members });

    $r = $v->post('/verify/report', { code => $sim->code($number) });

    if ($members->{status} eq 'PENDING') {
        is($r->status, 200, 'not decided');
        is($r->json->{status}, 'PENDING', 'it says so');

    } else {
        is(said($r), '502 provider_error', "a status $members->{status}");
    }

    is($v->cookies->{$GRANT}, undef, 'no grant');
    is($v->get('/')->status, 401, 'closed');

    is($v->post('/verify/report', { code => $sim->code($number) })->status,
       200, 'still open to the right code');
}


# flashcall: the caller's number

$v = started('+46730000900', method => 'flashcall');
my ($call) = reverse $sim->outbox('+46730000900');
my $cli = $call->{cli};
like($cli, qr/^\+\d+$/, 'somebody called');

$reports = reports();

for my $other (substr($cli, 0, -2), substr($cli, 1), '(.*)', '1234', '') {
    next if length $other > 1 && $other =~ /^\+\d{7,}$/;

    $r = $v->post('/verify/report', { cli => $other });
    is(said($r), '422 invalid_code', "cli $other");
}

is(reports(), $reports, 'Sinch was not asked');

$r = $v->post('/verify/report', { cli => substr($cli, 0, -1) });
is(said($r), '422 invalid_code', 'the beginning is not it');
is($r->json->{reason}, 'Invalid CLI', 'the reason');

$r = $v->post('/verify/report', { cli => $cli });
is($r->status, 200, 'verified');
is($v->get('/a')->body, "GET /a +46730000900\n", 'open');


# a proof of another method

$v = started('+46730000901', method => 'flashcall');
is(said($v->post('/verify/report', { code => '1234' })),
   '400 invalid_request', 'a code for a flash call');
is(said($v->post('/verify/report', { code => '1234', cli => $cli })),
   '400 invalid_request', 'both');

$v = started('+46730000902');
is(said($v->post('/verify/report', { cli => '+46730000902' })),
   '400 invalid_request', 'a cli for an SMS');
is(said($v->post('/verify/report', { flashCall => { cli => '+46730000902' } })),
   '400 invalid_request', "in Sinch's form");
is(said($v->post('/verify/report', { number => '+46730000902' })),
   '400 invalid_request', 'no proof at all');


# the code of one verification is nothing to another

my $other = started('+46730000903');
is(said($v->post('/verify/report', { code => wrong('+46730000902') })),
   '422 invalid_code', 'not its code');


$nginx->finish;

unlike($nginx->log, qr/\b\Q$code\E\b/, 'no code in the log');

done_testing();
