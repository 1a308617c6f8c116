#!/usr/bin/perl

# HTTP/2 to an origin that asks for it: many exchanges on one connection, and
# streams that are reset by the peer.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/transport";
use TransportTest qw(:DEFAULT frame);

my @p = map { free_port() } 0 .. 4;

my $t = TransportTest->new();
my $dir = $t->dir();

$t->certificates('localhost');

# Does with a request as its body says.

my $peer = $t->peer($p[1], sub {
    my ($peer, $c) = @_;

    $peer->serve_http2($c, sub {
        my ($stream, $body) = @_;

        $body = '' unless defined $body;
        $peer->note("REQUEST $body");

        if ($body =~ /^rst-(\d+)/) {
            $peer->send($c, frame(3, 0, $stream, pack 'N', $1));

        } elsif ($body =~ /^goaway-(\d+)/) {
            $peer->send($c, frame(7, 0, 0, pack 'NN', 0, $1));
            return 0;

        } elsif ($body =~ /^close/) {
            return 0;

        } elsif ($body =~ /^hang/) {
            1 while sysread $c, my $unheard, 65536;
            return 0;

        } elsif ($body =~ /^cut/) {
            $peer->send($c, frame(1, 4, $stream, "\x88")
                            . frame(0, 0, $stream, 'half')
                            . frame(3, 0, $stream, pack 'N', 2));

        } elsif ($body !~ /^silent/) {
            $peer->send($c, frame(1, 4, $stream, "\x88")
                            . frame(0, 1, $stream, "answer $body"));
        }

        return 1;
    });
}, tls => $t->tls('good', SSL_alpn_protocols => ['h2']));

# and nginx itself as another peer, which counts its connections

$t->conf(http => <<"EOF", server => <<"EOF")->start();
    server {
        listen 127.0.0.1:$p[2] ssl http2;
        ssl_certificate $dir/good.pem;
        ssl_certificate_key $dir/good.key;
        location / {
            proxy_pass http://127.0.0.1:$p[3]/\$server_protocol/\$connection;
        }
    }
EOF
        location = /x {
            transport_test https://localhost:$p[1] http2 timeout=3s
                           certificate=$dir/ca.pem;
        }
        location = /many {
            transport_test https://localhost:$p[2] http2
                           certificate=$dir/ca.pem;
        }
        location = /mute {
            transport_test https://localhost:$p[4] http2 connect_timeout=500ms
                           timeout=1h certificate=$dir/ca.pem;
        }
        location = /one {
            transport_test https://localhost:$p[2] certificate=$dir/ca.pem;
        }
EOF

my $back = $t->peer($p[3], sub {
    my ($peer, $c) = @_;
    my $r = $peer->read_request($c) or return;
    $peer->wait_file('go');
    $peer->respond($c, 200, $r->{target}, 'Connection: close');
});

sub post {
    my ($body) = @_;
    return $t->get("/x?m=POST&p=/&b=$body");
}

my $r = post('ok-1');
is("$r->{outcome} $r->{status} $r->{body}", 'RECEIVED 200 answer ok-1', 'one');
is(post('ok-2')->{body}, 'answer ok-2', 'another');
is($peer->count('^OPEN'), 1, 'on one connection');

for my $body (qw(rst-7-refused rst-2-internal rst-8-cancel cut-short close
                 goaway-0-leaving))
{
    is(post("ok-$body")->{status}, 200, "$body, a stream before");

    $r = post($body);
    is("$r->{outcome} $r->{status} $r->{body}", 'AMBIGUOUS 0 ',
       "$body, outcome");
    isnt($r->{error}, '', "$body: $r->{error}");
    is($r->{no_sign}, $body =~ /refused|leaving/ ? 1 : 0,
       "$body, whether it tells nothing of the peer")
        if $body ne 'close';
    is($peer->count("REQUEST $body"), 1, "$body, sent once");
}

is(post('ok-3')->{body}, 'answer ok-3', 'alive');

# many at a time

my @s = map { $t->request("/many?m=POST&b=$_") } 1 .. 40;
$back->wait_count('REQUEST', 40);
is($t->stats()->{in_flight}, 40, 'forty in flight');
$t->write_file('go', '');

my %n;
for (@s) {
    $r = $t->answer($_);
    $n{$r->{body}}++ if $r->{outcome} eq 'RECEIVED';
}
is((values %n)[0], 40, 'forty answered');
is_deeply([ map { m{^(/HTTP/2\.0)/\d+$} } keys %n ], [ '/HTTP/2.0' ],
          'on one connection');

# those who wait for another's connection wait as long as for one of their own

my $mute = $t->peer($p[4], sub {
    my ($peer, $c) = @_;
    1 while sysread $c, my $unheard, 65536;
});

@s = map { $t->request("/mute?m=POST&b=$_") } 1 .. 20;

my %o;
for (@s) {
    $r = $t->answer($_);
    $o{$r->{outcome} || 'none'}++;
}
is_deeply(\%o, { NOT_SENT => 20 }, 'no connection');
cmp_ok($mute->count('^OPEN'), '<', 12, 'nor did each wait for its turn');
is($t->stats()->{in_flight}, 0, 'and none is left');

$r = $t->get('/one?m=POST&b=x');
like($r->{body}, qr{^/HTTP/1\.1/\d+$}, 'HTTP/1.1 by default');

# one that does not end in time: what is there may be dead, or lead to a peer
# that hangs, so each has a connection of its own until it has gone

$r = post('ok-4');
$r = post('silent');
is("$r->{outcome} $r->{status} $r->{body}", 'AMBIGUOUS 0 ', 'silent, outcome');
is($peer->count('REQUEST silent'), 1, 'silent, sent once');

my $open = $peer->count('^OPEN');
is(post("ok-$_")->{status}, 200, 'another') for 5, 6;
is($peer->count('^OPEN'), $open + 2, 'each on a connection of its own');

wait_until('they share one again', sub {
    my $before = $peer->count('^OPEN');
    post('ok-7');
    post('ok-8');
    return $peer->count('^OPEN') <= $before + 1;
});
pass('then they share one again');

wait_until('idle', sub { $t->stats()->{sockets} == 0 });
is($t->stats()->{sockets}, 0, 'no connection left behind');

# nor does the first call of a connection leave it to the next when it was late

$r = post('hang');
is("$r->{outcome} $r->{status} $r->{body}", 'AMBIGUOUS 0 ', 'hang, outcome');
$r = post('ok-9');
is("$r->{outcome} $r->{status} $r->{body}", 'RECEIVED 200 answer ok-9',
   'the next one on another connection');

$t->finish();

done_testing();
