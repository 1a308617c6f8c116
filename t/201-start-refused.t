#!/usr/bin/perl

# What Sinch refuses: our error for each of its errors, one line in the log
# with its code and its support reference, and the number is free again.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim,
    app => join '', map { "limit $_;\n" } 'number 1r/1h', 'prefix off',
                                          'address off', 'session off')->start;

my $n = 46710000000;

sub start { $nginx->visitor->post('/verify/start', { number => "+$_[0]" }) }

sub fault {
    $sim->control(POST => '/_sim/faults', { operation => 'start', @_ });
}


# errorCode, our status and code, and what the operator reads

my @errors = (
    [ 40001, 400, 'invalid_number' ],
    [ 40002, 502, 'provider_error' ],
    [ 40003, 502, 'provider_error' ],
    [ 40004, 502, 'provider_error', qr/check "key"/ ],
    [ 40005, 400, 'invalid_number' ],
    [ 40100, 502, 'provider_error', qr/check "key" and "secret_file"/ ],
    [ 40101, 502, 'provider_error', qr/check the clock/ ],
    [ 40102, 502, 'provider_error', qr/check "key" and "secret_file"/ ],
    [ 40105, 502, 'provider_error', qr/check the clock/ ],
    [ 40108, 502, 'provider_error', qr/check "key" and "secret_file"/ ],
    [ 40200, 502, 'provider_error', qr/has not enough credit/ ],
    [ 40300, 403, 'destination_denied' ],
    [ 40301, 502, 'provider_error', qr/check "auth"/ ],
    [ 40302, 502, 'provider_error', qr/allowed to do/ ],
    [ 40303, 502, 'provider_error', qr/check "auth"/ ],
    [ 40400, 502, 'provider_error' ],
    [ 40900, 502, 'provider_error' ],
    [ 42200, 502, 'provider_error', qr/app's configuration/ ],
    [ 42201, 502, 'provider_error' ],
    [ 42202, 502, 'provider_error', qr/callback URL/ ],
    [ 42900, 429, 'too_many_requests' ],
    [ 42901, 429, 'too_many_requests' ],
    [ 50100, 502, 'provider_error' ],
    [ 50300, 503, 'provider_unavailable' ],
    [ 50301, 503, 'provider_unavailable' ],
    [ 41800, 502, 'provider_error' ],
);

for my $e (@errors) {
    my ($error, $status, $code, $advice) = @$e;
    my $number = ++$n;
    my $before = length $nginx->log;

    fault(kind => 'error', errorCode => $error,
          times => $error == 40105 ? 2 : 1);

    my $r = start($number);

    is($r->status . ' ' . $r->code, "$status $code", "errorCode $error");
    is($r->header('Content-Type'), 'application/problem+json', 'a problem');
    unlike($r->body, qr/errorCode|$error/, "nothing of Sinch's");
    is($r->header('Set-Cookie'), undef, 'no session');

    like($r->header('Retry-After') || '', qr/^[1-9]\d*$/, 'Retry-After')
        if $status == 429 || $status == 503;

    my @said = grep { /errorCode $error/ }
               split /\n/, substr $nginx->log, $before;
    is(@said, 1, 'one line in the log');
    like($said[0], qr/Sinch's reference "[^"]+"/, 'with the support reference');
    like($said[0], $advice, 'and what to do') if $advice;
    like($said[0], qr/\[error\]/, 'as an error') if $advice;

    # it counts against the number's limit only where the number is the reason

    is(start($number)->status, $status == 400 || $status == 403 ? 429 : 200,
       'the number is free');
}


# Sinch's own Retry-After counts

fault(kind => 'status', status => 429, headers => { 'Retry-After' => '77' });

my $r = start(++$n);
is($r->status . ' ' . $r->code, '429 too_many_requests', 'an empty 429');
is($r->header('Retry-After'), 77, 'Retry-After handed on');


# what no Sinch answers: HTML from a gateway

fault(kind => 'status', status => 403, body => '<h1>403 for +46710000000</h1>');

$r = start(++$n);
is($r->status . ' ' . $r->code, '502 provider_error', 'HTML');
unlike($r->body, qr/<h1>/, 'not handed on');


$nginx->finish(again => 1);

done_testing();
