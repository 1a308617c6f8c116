#!/usr/bin/perl

# Only a peer with a certificate that is valid, trusted and of the right name
# gets a request, over TLS 1.2 or later, and sessions are resumed.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/transport";
use TransportTest;

my @p = map { free_port() } 0 .. 9;

my $t = TransportTest->new();
$t->certificates('localhost');

my $answer = sub {
    my ($peer, $c) = @_;
    while (my $r = $peer->read_request($c)) {
        $peer->respond($c, 200, 'ok');
    }
};

# one request for each connection

my $once = sub {
    my ($peer, $c) = @_;
    $peer->read_request($c) or return;
    $peer->respond($c, 200, 'ok', 'Connection: close');
};

my %port = (good => $p[1], expired => $p[2], wrong => $p[3], self => $p[4],
            tls11 => $p[5], tls12 => $p[6], tls13 => $p[7], plain => $p[8]);
my %peer;

$peer{$_} = $t->peer($port{$_}, $answer, tls => $t->tls($_))
    for qw(good expired wrong self);
$peer{tls11} = $t->peer($port{tls11}, $once,
                        tls => $t->tls('good', SSL_version => 'TLSv1_1',
                                       SSL_cipher_list => 'ALL:@SECLEVEL=0'));
$peer{tls12} = $t->peer($port{tls12}, $once,
                        tls => $t->tls('good', SSL_version => 'TLSv1_2'));
$peer{tls13} = $t->peer($port{tls13}, $once,
                        tls => $t->tls('good', SSL_version => 'TLSv1_3'));
$peer{plain} = $t->peer($port{plain}, $answer);

my $ca = 'certificate=' . $t->dir() . '/ca.pem';

# the right one is not the first in its file, or not there

$t->write_file('two.pem', slurp($t->dir() . '/self.pem')
                          . slurp($t->dir() . '/ca.pem'));

# libcurl resumes sessions of TLS 1.2 by their id alone, and the processes of
# a peer share none: here nginx is its own peer

my $sessions = <<"EOF";
    ssl_session_cache shared:tls:1m;
    server {
        listen 127.0.0.1:$p[9] ssl;
        ssl_protocols TLSv1.2;
        ssl_session_tickets off;
        ssl_certificate @{[$t->dir()]}/good.pem;
        ssl_certificate_key @{[$t->dir()]}/good.key;
        keepalive_timeout 0;
        location / { return 200 "\n\n\$ssl_session_reused"; }
    }
EOF

$t->conf(http => $sessions, server => join '', (map { <<"EOF" } keys %port), <<"EOF")->start();
        location = /$_ { transport_test https://localhost:$port{$_} $ca; }
EOF
        location = /address {
            transport_test https://127.0.0.1:$port{good} $ca;
        }
        location = /address-wrong {
            transport_test https://127.0.0.1:$port{wrong} $ca;
        }
        location = /two {
            transport_test https://localhost:$port{good} certificate=two.pem;
        }
        location = /other {
            transport_test https://localhost:$port{good} certificate=self.pem;
        }
        location = /system  { transport_test https://localhost:$port{good}; }
        location = /sessions {
            transport_test https://localhost:$p[9] $ca;
        }
        location = /h2 {
            transport_test https://localhost:$port{good} http2 $ca;
        }
EOF

# nothing of them is read again

unlink map { $t->dir() . "/$_.pem" } qw(ca two self);

my $post = '?m=POST&b=secret';
my $r;

for my $where (qw(/good /two /address /tls12 /tls13 /h2)) {
    $r = $t->get("$where$post");
    is("$r->{outcome} $r->{status} $r->{body}", 'RECEIVED 200 ok', $where);
}

my %why = (
    '/expired'       => qr/expired/,
    '/wrong'         => qr/name/,
    '/address-wrong' => qr/name|address/,
    '/self'          => qr/self.signed/,
    '/system'        => qr/certificate|issuer/,
    '/other'         => qr/certificate|issuer/,
    '/tls11'         => qr/version|protocol/i,
    '/plain'         => qr/version|wrong|TLS|SSL|timed out/i,
);

# /system and /other are refused although there is a connection to that peer,
# which others have found good

for my $where (sort keys %why) {
    is($t->get("/good$post")->{status}, 200, 'a connection is there');
    $r = $t->get("$where$post");
    is("$r->{outcome} $r->{status}", 'NOT_SENT 0', "case 80: $where, not sent");
    like($r->{error}, $why{$where}, "$where: $r->{error}");
}

is($peer{$_}->count('REQUEST'), 0, "$_ got nothing")
    for qw(expired wrong self tls11 plain);

# sessions are resumed, also when there has been none in between for so long
# that everything else was given up

is($t->get("/tls13?times=3")->{body}, 'ok', "TLS 1.3, three times");
is($peer{tls13}->count('TLS TLSv1_3 full'), 1, 'TLS 1.3, one full');
is($peer{tls13}->count('TLS TLSv1_3 resumed'), 3, 'TLS 1.3, resumed');

like($t->get('/sessions')->{body}, qr/^\s*\.$/, 'TLS 1.2, full');
like($t->get('/sessions?times=3')->{body}, qr/^\s*r$/, 'TLS 1.2, resumed');

wait_until('idle', sub { $t->stats()->{sockets} == 0 });

is($t->get('/tls13')->{body}, 'ok', 'TLS 1.3, after idling');
is($peer{tls13}->count('TLS TLSv1_3 full'), 1, 'TLS 1.3, resumed');
like($t->get('/sessions')->{body}, qr/^\s*r$/, 'TLS 1.2, resumed as well');

# a failure leaves nothing in OpenSSL's queue for nginx to find

unlike($t->log(), qr/ignoring stale global SSL error/, 'no stale errors');

$t->finish();

done_testing();
