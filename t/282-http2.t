#!/usr/bin/perl

# The same over HTTP/2: bodies without a length, and a stream that is reset
# while Sinch is asked.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, listen => 'http2')
    ->start;


# frames by hand: headers are literals, without compression

sub frame {
    my ($type, $flags, $stream, $payload) = @_;

    return substr(pack('N', length $payload), 1)
           . pack('CCN', $type, $flags, $stream) . $payload;
}

sub headers {
    my @pairs = @_;
    my $block = '';

    while (my ($name, $value) = splice @pairs, 0, 2) {
        $block .= pack 'C C/a C/a', 0, $name, $value;
    }

    return $block;
}

sub post {
    my ($c, $stream, $path, $body) = @_;

    PhoneVerify::HTTP::count($path);

    $c->write(frame(1, 4, $stream, headers(
                    ':method' => 'POST', ':scheme' => 'http',
                    ':path' => $path, ':authority' => 'localhost',
                    'content-type' => 'application/json'))
              . ($body eq '' ? '' : frame(0, 0, $stream, $body))
              . frame(0, 1, $stream, ''));
}

# the bodies of streams, by number, when all of them have ended

sub answers {
    my ($c, @streams) = @_;

    my ($buf, %body, %ended) = ('');

    while (grep { !$ended{$_} } @streams) {
        my $socket = $c->socket;

        IO::Select->new($socket)->can_read($PhoneVerify::Env::PATIENCE)
            or die "no answer\n";
        sysread $socket, $buf, 65536, length $buf or die "closed\n";

        while (length $buf >= 9) {
            my $length = unpack 'N', "\0" . substr $buf, 0, 3;
            last if length $buf < 9 + $length;

            my ($type, $flags, $stream) = unpack 'CCN', substr $buf, 3, 6;
            my $payload = substr $buf, 9, $length;
            substr $buf, 0, 9 + $length, '';

            $body{$stream} .= $payload if $type == 0;
            $ended{$stream} = 1 if $type <= 1 && $flags & 1 || $type == 3;
            $c->write(frame(4, 1, 0, '')) if $type == 4 && !($flags & 1);
        }
    }

    return map { defined $body{$_} ? $body{$_} : '' } @streams;
}

sub connected {
    my $c = $nginx->connection;
    $c->write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . frame(4, 0, 0, ''));
    return $c;
}


my $c = connected();

post($c, 1, '/verify/start', '{"number":"+46880000001"}');
post($c, 3, '/verify/start', '{"number":"x"}');
post($c, 5, '/verify/start', '');
post($c, 7, '/verify/start', 'x' x 5000);
post($c, 9, '/verify/logout', '');

my @answers = answers($c, 1, 3, 5, 7, 9);

like($answers[0], qr/"status":"PENDING".*"number":"\+46\*{5}001"/, 'started');
like($answers[1], qr/"code":"invalid_number"/, 'an error');
like($answers[2], qr/"code":"invalid_request"/, 'an empty body');
like($answers[3], qr/"code":"too_large"/, 'a body that is too large');
is($answers[4], '', 'logged out');


# reset while it waits: what becomes of it is written down

$sim->control(POST => '/_sim/faults',
              { operation => 'start', kind => 'delay', delay => 400,
                when => 'after' });

post($c, 11, '/verify/start', '{"number":"+46880000002"}');
wait_until('the message', sub { $sim->outbox('+46880000002') });
$c->write(frame(3, 0, 11, pack 'N', 8));

post($c, 13, '/verify/start', '{"number":"+46880000003"}');
@answers = answers($c, 13);
like($answers[0], qr/"status":"PENDING"/, 'another stream goes on');

$nginx->wait_log(qr/phone_verify: started, .*\+46\*{5}002/);

post($c, 15, '/verify/start', '{"number":"+46880000002"}');
@answers = answers($c, 15);
like($answers[0], qr/"status":"PENDING"/, 'started again');
is(scalar($sim->outbox('+46880000002')), 1, 'and sent once');

$c->close;


$nginx->finish;

done_testing();
