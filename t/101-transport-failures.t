#!/usr/bin/perl

# A peer that fails in every way it can: what is certainly not sent is told
# from what may have been processed, and nothing takes longer or grows larger
# than it may.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/transport";
use TransportTest;

my @p = map { free_port() } 0 .. 9;

my $t = TransportTest->new();

my $peer = $t->peer($p[1], sub {
    my ($peer, $c) = @_;

    my $r = $peer->read_request($c) or return;
    my $path = $r->{target};

    if ($path eq '/silent') {
        $peer->read_request($c);

    } elsif ($path eq '/reset') {
        $peer->reset($c);

    } elsif ($path eq '/closed') {
        return;

    } elsif ($path eq '/reset-mid-header') {
        $peer->send($c, "HTTP/1.1 200 OK\r\nContent-Le");
        $peer->wait_file('go');
        $peer->reset($c);

    } elsif ($path eq '/reset-mid-body') {
        $peer->send($c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
        $peer->wait_file('go');
        $peer->reset($c);

    } elsif ($path eq '/cut') {
        $peer->send($c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n"
                        . "Retry-After: 9\r\nContent-Type: x/y\r\n\r\nabc");

    } elsif ($path eq '/cut-chunked') {
        $peer->send($c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                        . "\r\n10\r\nabc");

    } elsif ($path eq '/drip') {
        my $text = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
        $text .= 'x' x 1000;
        for (split //, $text) {
            $peer->send($c, $_) or last;
            select undef, undef, undef, 1;
        }
        $peer->note('dripped');

    } elsif ($path =~ m{/size/(\d+)}) {
        $peer->respond($c, 200, 'x' x $1);

    } elsif ($path eq '/endless') {
        $peer->send($c, "HTTP/1.1 200 OK\r\n\r\n");
        1 while $peer->send($c, 'x' x 16384);
        $peer->note('endless ended');

    } elsif ($path eq '/endless-header') {
        $peer->send($c, "HTTP/1.1 200 OK\r\n");
        1 while $peer->send($c, 'X-A: ' . 'x' x 100 . "\r\n");
        $peer->note('header ended');

    } elsif ($path eq '/endless-line') {
        $peer->send($c, "HTTP/1.1 200 OK\r\nX-A: ");
        1 while $peer->send($c, 'x' x 16384);
        $peer->note('line ended');

    } elsif ($path eq '/endless-interim') {
        1 while $peer->send($c, "HTTP/1.1 103 Early\r\nX: y\r\n\r\n");
        $peer->note('interim ended');

    } elsif ($path eq '/09') {
        $peer->send($c, "hello\n");

    } elsif ($path eq '/garbage') {
        $peer->send($c, "HTTP/1.1 abc\r\n\x00\xff\r\n\r\n" x 10);

    } elsif ($path eq '/length') {
        $peer->send($c, "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello");

    } elsif ($path eq '/early') {
        $peer->respond($c, 413, 'no', 'Connection: close');
    }
});

# accepts a connection in its queue and never more than that
my $deaf = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5,
                                 LocalPort => $p[2], ReuseAddr => 1);

my $origin = "transport_test http://127.0.0.1:$p[1] insecure";

$t->conf(server => <<"EOF")->start();
        location = /x       { $origin timeout=10s; }
        location = /short   { $origin timeout=500ms; }
        location = /small   { $origin max_response=1000; }
        location = /deaf    {
            transport_test http://127.0.0.1:$p[2] insecure timeout=500ms;
        }
        location = /refused {
            transport_test http://127.0.0.1:$p[9] insecure;
        }
        location = /tls     {
            transport_test https://127.0.0.1:$p[2] connect_timeout=300ms;
        }
EOF

sub is_outcome {
    my ($r, $outcome, $what) = @_;

    is("$r->{code} $r->{outcome}", "200 $outcome", "case 77: $what, outcome");
    is("$r->{status} $r->{type} $r->{language} $r->{retry} $r->{body}",
       '0   -1 ', "$what, nothing of an answer");
    isnt($r->{error}, '', "$what: $r->{error}");
}

my $post = 'm=POST&b=hello&p';

is_outcome($t->get("/refused?$post=/"), 'NOT_SENT', 'refused');
is_outcome($t->get("/tls?$post=/"), 'NOT_SENT', 'no TLS in time');

is_outcome($t->get("/short?$post=/silent"), 'AMBIGUOUS', 'silent');
is_outcome($t->get("/deaf?$post=/"), 'AMBIGUOUS', 'never read');
is_outcome($t->get("/x?$post=/reset"), 'AMBIGUOUS', 'reset');
is_outcome($t->get("/x?$post=/closed"), 'AMBIGUOUS', 'closed');

for my $where (qw(header body)) {
    my $s = $t->request("/x?$post=/reset-mid-$where");
    $peer->wait_count("REQUEST POST /reset-mid-$where", 1);
    ok($t->pending($s), "reset mid $where, pending");
    $t->write_file('go', '');
    is_outcome($t->answer($s), 'AMBIGUOUS', "reset mid $where");
    unlink $t->dir() . '/go';
}

is_outcome($t->get("/x?$post=/cut"), 'AMBIGUOUS', 'cut');
is_outcome($t->get("/x?$post=/cut-chunked"), 'AMBIGUOUS', 'cut, chunked');

# one byte a second would take a quarter of an hour

is_outcome($t->get("/short?$post=/drip"), 'AMBIGUOUS', 'drip');
is($peer->count('dripped'), 0, 'drip was not waited for');

# bounds

is($t->get('/small?p=/size/1000')->{body}, 'x' x 1000, 'just fits');
is_outcome($t->get("/small?$post=/size/1001"), 'AMBIGUOUS', 'one too many');
is($t->get('/x?p=/size/65536')->{body}, 'x' x 65536, '64k by default');
is_outcome($t->get("/x?$post=/size/65537"), 'AMBIGUOUS', 'more than 64k');
is_outcome($t->get("/x?$post=/size/20000000"), 'AMBIGUOUS', '20 MB');
is_outcome($t->get("/x?$post=/endless"), 'AMBIGUOUS', 'endless');
is_outcome($t->get("/x?$post=/endless-header"), 'AMBIGUOUS', 'endless header');
is_outcome($t->get("/x?$post=/endless-line"), 'AMBIGUOUS', 'endless line');
is_outcome($t->get("/x?$post=/endless-interim"), 'AMBIGUOUS', 'interim ones');

for my $what ('endless', 'header', 'line', 'interim') {
    ok($peer->wait_count("$what ended", 1), "$what: connection closed");
}

# nonsense

is_outcome($t->get("/x?$post=/09"), 'AMBIGUOUS', 'HTTP/0.9');
is_outcome($t->get("/x?$post=/garbage"), 'AMBIGUOUS', 'garbage');
is_outcome($t->get("/x?$post=/length"), 'AMBIGUOUS', 'bad length');

my $r = $t->get("/x?$post=/early");
is("$r->{outcome} $r->{status} $r->{body}", 'RECEIVED 413 no', 'early answer');

# each of these was one request

my %n;
$n{$_}++ for $peer->log() =~ /^REQUEST (\S+ \S+)/mg;
is_deeply([ grep { /^POST/ && $n{$_} > 1 } sort keys %n ], [],
          'case 77: no request was sent twice');

is($t->stats()->{in_flight}, 0, 'case 77: none in flight');
like($t->get('/static')->{text}, qr/static/, 'alive');

$t->finish();

done_testing();
