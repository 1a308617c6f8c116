#!/usr/bin/perl

# Clients that leave, in all the ways they can, and that ask for more than one
# thing at a time.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/transport";
use TransportTest qw(:DEFAULT frame);

my @p = map { free_port() } 0 .. 2;

my $t = TransportTest->new();

my $peer = $t->peer($p[1], sub {
    my ($peer, $c) = @_;
    while (my $r = $peer->read_request($c)) {
        my $name = substr $r->{target}, 1;
        $peer->wait_file($name) if $name ne '';
        $peer->respond($c, 200, "answer $name");
        $peer->note("ANSWERED $name");
    }
});

$t->conf(http => <<"EOF", server => <<"EOF")->start();
    server {
        listen 127.0.0.1:$p[2] http2;
        location = /x {
            transport_test http://127.0.0.1:$p[1] insecure;
        }
    }
EOF
        location = /x {
            transport_test http://127.0.0.1:$p[1] insecure timeout=60s;
        }
        location = /short {
            transport_test http://127.0.0.1:$p[1] insecure timeout=500ms;
        }
        location = /large {
            transport_test http://127.0.0.1:$p[1] insecure;
            limit_rate 1;
        }
EOF

sub detached {
    return scalar(() = $t->log() =~ /detached (?:RECEIVED 200|AMBIGUOUS 0)/g);
}

sub wait_detached {
    my ($n, $what) = @_;
    ok(wait_until($what, sub { detached() == $n }), $what);
}

# gone before the answer

my $s = $t->request('/x?m=POST&b=body&p=/before');
$peer->wait_count('REQUEST POST /before body', 1);
close $s;
$t->wait_log(qr/client prematurely closed/);
is(detached(), 0, 'the exchange goes on');
is($t->stats()->{in_flight}, 1, 'in flight');
$t->write_file('before', '');
wait_detached(1, 'to its end');
is($t->stats()->{in_flight}, 0, 'none in flight');

# gone by a reset, and the peer never answers

$s = $t->request('/short?m=POST&b=body&p=/never');
$peer->wait_count('REQUEST POST /never body', 1);
$s->setsockopt(Socket::SOL_SOCKET(), Socket::SO_LINGER(), pack 'ii', 1, 0);
close $s;
wait_detached(2, 'to its time limit');
like($t->log(), qr/detached AMBIGUOUS 0 Operation timed out/, 'ambiguous');

# gone after the answer has come, before all of it was sent on

$s = $t->request('/large?m=POST&b=body&p=/');
$peer->wait_count('ANSWERED $', 1);
close $s;
is($t->get('/x')->{body}, 'answer ', 'gone after the answer');

# gone before and after, many at once

for (1 .. 20) {
    my @s = map { $t->request('/x?m=POST&b=x') } 1 .. 5;
    close $_ for @s;
}

wait_until('all ended', sub { $t->stats()->{in_flight} == 0 });
is($t->get('/x')->{body}, 'answer ', 'many that leave');

# two and more on one connection

$s = IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . $t->port);
print $s "GET /x?m=POST&b=a&p=/first HTTP/1.1\r\nHost: x\r\n\r\n"
         . "GET /static HTTP/1.1\r\nHost: x\r\n\r\n"
         . "GET /x?m=POST&b=b&p=/second HTTP/1.1\r\nHost: x\r\n\r\n"
         . "GET /x?m=POST&b=c&p=/third HTTP/1.1\r\nHost: x\r\n"
         . "Connection: close\r\n\r\n";
$peer->wait_count('REQUEST POST /first a', 1);
is($peer->count('REQUEST POST /second'), 0, 'pipelined, one after the other');
$t->write_file($_, '') for qw(first second third);
my $r = $t->answer($s);
is(join(' ', $r->{text} =~ /^(answer (?:first|second|third)|static)/mg),
   'answer first static answer second answer third', 'pipelined');

# pipelined, and gone

my $n = detached();
$s = IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . $t->port);
print $s "GET /x?m=POST&b=a&p=/pipe HTTP/1.1\r\nHost: x\r\n\r\n"
         . "GET /x?m=POST&b=b&p=/after HTTP/1.1\r\nHost: x\r\n\r\n";
$peer->wait_count('REQUEST POST /pipe a', 1);
$s->setsockopt(Socket::SOL_SOCKET(), Socket::SO_LINGER(), pack 'ii', 1, 0);
close $s;
$t->write_file('after', '');
wait_until('noticed', sub {
    return $t->log() =~ /client prematurely closed|reset by peer/;
});
$t->write_file('pipe', '');
wait_until('all ended', sub { $t->stats()->{in_flight} == 0 });
is($peer->count('REQUEST POST /pipe a'), 1, 'pipelined and gone');

# HTTP/2, spoken here by hand: a stream is reset while it waits, the other one
# is answered

sub literal {
    my ($name, $value) = @_;
    return pack('C', 0) . join '', map { pack('C', length) . $_ }
                                   $name, $value;
}

sub get2 {
    my ($stream, $path) = @_;
    return frame(1, 5, $stream,
                 join '', literal(':method', 'GET'),
                 literal(':scheme', 'http'), literal(':path', $path),
                 literal(':authority', 'x'));
}

# reads frames until $code->(type, flags, stream, payload) is true

sub read2 {
    my ($s, $code) = @_;

    my $buf = '';
    while (IO::Select->new($s)->can_read($PhoneVerify::Env::PATIENCE)) {
        sysread $s, $buf, 65536, length $buf or return;
        while (length $buf >= 9) {
            my $len = unpack 'N', "\0" . substr $buf, 0, 3;
            last if length $buf < 9 + $len;
            my (undef, $type, $flags, $stream) = unpack 'a3CCN', $buf;
            my $payload = substr $buf, 9, $len;
            substr $buf, 0, 9 + $len, '';
            return $payload if $code->($type, $flags, $stream, $payload);
        }
    }
    return;
}

sub open2 {
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$p[2]");
    print $s "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . frame(4, 0, 0, '');
    $s->flush();
    return $s;
}

$n = detached();
$s = open2();
print $s get2(1, '/x?m=POST&b=x&p=/h2-reset') . get2(3, '/x?m=POST&b=x&p=/h2');
$s->flush();
$peer->wait_count("REQUEST POST /$_ x", 1) for qw(h2-reset h2);
print $s frame(3, 0, 1, pack 'N', 8);
$s->flush();
$t->wait_log(qr/client canceled stream 1/);
is($t->stats()->{in_flight}, 2, 'HTTP/2, stream is reset, both in flight');
$t->write_file('h2-reset', '');
wait_detached($n + 1, 'HTTP/2, outcome of the one');
$t->write_file('h2', '');
like(read2($s, sub { $_[0] == 0 && $_[2] == 3 }), qr/RECEIVED.*answer h2/s,
     'HTTP/2, answer of the other');
close $s;

# HTTP/2, the connection ends under two streams

$n = detached();
$s = open2();
print $s get2(1, '/x?m=POST&b=x&p=/h2-a') . get2(3, '/x?m=POST&b=x&p=/h2-b');
$s->flush();
$peer->wait_count("REQUEST POST /$_ x", 1) for qw(h2-a h2-b);
close $s;
$t->wait_log(qr/client (?:prematurely )?closed connection/);
$t->write_file($_, '') for qw(h2-a h2-b);
wait_detached($n + 2, 'HTTP/2, outcome of both');

is($t->stats()->{in_flight}, 0, 'none in flight');

$t->finish();

done_testing();
