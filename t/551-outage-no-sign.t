#!/usr/bin/perl

# Calls that fail and tell nothing of Sinch begin no outage: streams that a
# peer refuses when it ends a connection, and calls that a worker itself ends.

use strict;
use warnings;

use Test::More;

plan(skip_all => 'QUIC: what is under way is lost when a worker goes')
    if $ENV{TEST_NGINX_USE_HTTP3};

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/transport";
use PhoneVerify::Env qw(port wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;
use TransportTest qw(frame);

my $sim = PhoneVerify::Simulator->start;

# no time of ours is over, however slow the machine

my $rules = 'provider_failures 5/60s probe=60s; connect_timeout 30s;'
            . ' timeout 60s;';
my $opened = qr/calls to Sinch have failed in a row/;
my $n = 46870000000;

sub number { return '+' . ++$n }

# as many starts as an outage takes, and one more, all under way

sub starts {
    my ($nginx) = @_;

    return map {
        my $v = $nginx->visitor;
        [ $v, $v->begin(POST => '/verify/start', [], { number => number() }) ];
    } 1 .. 6;
}

sub start {
    my ($nginx) = @_;
    return $nginx->visitor->post('/verify/start', { number => number() });
}


# A peer that ends its first connection, as each does from time to time: it has
# taken the first stream, and the client is told so when six more are there.

my $port = port();

my $peer = TransportTest->new->peer($port, sub {
    my ($peer, $c, $connection) = @_;

    my $held = 0;

    my $answer = sub {
        my ($stream, $status, $body) = @_;
        return $peer->send($c, frame(1, 4, $stream, $status)
                               . frame(0, 1, $stream, $body));
    };

    $peer->serve_http2($c, sub {
        my ($stream, $body) = @_;

        # what is looked up was never processed

        return $answer->($stream, "\x8d", '{"errorCode":40400}')
            if !defined $body;

        $peer->note('START');

        return $answer->($stream, "\x88", '{"id":"' . "$connection-$stream"
                         . '","method":"sms","sms":{"template":"x"}}')
            if $connection > 1 || $stream == 1;

        return 1 if ++$held < 6;

        $peer->send($c, frame(7, 0, 0, pack 'NN', 1, 0));
        return 0;
    });
}, tls => { SSL_cert_file => $sim->dir . '/cert.pem',
            SSL_key_file => $sim->dir . '/cert.key',
            SSL_alpn_protocols => ['h2'] });

my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 1,
    app => "api https://localhost:$port; $rules")->start;

is(start($nginx)->status, 200, 'a start by HTTP/2');

is($_->[0]->end($_->[1])->status, 503, 'a start whose stream is refused')
    for starts($nginx);

is($peer->count('START'), 7, 'none is sent again');
like($nginx->log, qr/given up by the peer, not sent again/, 'the log says why');
unlike($nginx->log, $opened, 'which is no outage');
is(start($nginx)->status, 200, 'a start by another connection');

$nginx->finish;


# Sinch is slow, and the worker goes: told to by a reload, or to go at once

for my $how ('worker_shutdown_timeout', 'SIGTERM') {
    $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 1,
        main => 'worker_shutdown_timeout 1s;', app => $rules)->start;

    is(start($nginx)->status, 200, "$how, a start before");

    $sim->control(POST => '/_sim/faults', { operation => 'start',
        kind => 'hang', process => JSON::PP::true, times => 6 });

    my $before = $sim->starts;
    my @open = starts($nginx);
    wait_until('six are under way', sub { $sim->starts - $before == 6 });

    if ($how eq 'SIGTERM') {
        my ($old) = $nginx->workers;

        kill 'TERM', $old;
        wait_until('another worker', sub {
            my ($new) = $nginx->workers;
            return $new && $new != $old;
        });

    } else {
        $nginx->reload->wait_old;
    }

    like($nginx->log, qr/worker (?:shuts down|exits)/, "$how, they are ended");
    unlike($nginx->log, $opened, "$how, which is no outage");
    is(start($nginx)->status, 200, "$how, a start at the next worker");

    $nginx->finish;
}

done_testing();
