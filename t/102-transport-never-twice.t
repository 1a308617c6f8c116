#!/usr/bin/perl

# A connection that was kept dies under the next request.  libcurl would send
# that one again by itself; a request that may have been processed must not be.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/transport";
use TransportTest;

my @p = map { free_port() } 0 .. 3;

my $t = TransportTest->new();

# Answers, but on a connection that has already had a request it does as the
# path says, once it has read the whole of it.

my $code = sub {
    my ($peer, $c) = @_;

    for (my $n = 1; my $r = $peer->read_request($c); $n++) {

        if ($n > 1 && $r->{target} =~ m{^/reset}) {
            $peer->reset($c);
        }

        if ($n > 1 && $r->{target} =~ m{^/closed}) {
            return;
        }

        $peer->respond($c, 200, $n == 1 ? 'first' : 'later');
    }
};

my %peers = ('/plain' => $t->peer($p[1], $code));

$t->certificates('localhost');
$peers{'/tls'} = $t->peer($p[2], $code, tls => $t->tls('good'));

# As the peer gives up a connection that is still in libcurl's pool: closed
# when idle, so that the next request finds it dead.

my $leaver = $t->peer($p[3], sub {
    my ($peer, $c) = @_;
    my $r = $peer->read_request($c) or return;
    $peer->respond($c, 200, 'once');
    close $c;
    $peer->note('LEFT');
});

$t->conf(server => <<"EOF")->start();
        location = /plain {
            transport_test http://127.0.0.1:$p[1] insecure;
        }
        location = /tls {
            transport_test https://localhost:$p[2]
                           certificate=@{[$t->dir()]}/ca.pem;
        }
        location = /leaver {
            transport_test http://127.0.0.1:$p[3] insecure;
        }
EOF

for my $where (sort keys %peers) {
    my $peer = $peers{$where};

    is($t->get("$where?m=POST&b=a&p=/ok")->{body}, 'first', "$where, first");
    is($t->get("$where?m=POST&b=a&p=/ok")->{body}, 'later',
       "$where, connection is reused");

    for my $how (qw(reset closed)) {
        for my $method (qw(POST PUT)) {
            my ($target, $name) = ("/$how/\L$method", "$where, $how, $method");

            is($t->get("$where?m=$method&b=hello&p=/ok")->{status}, 200,
               "$name, connection is there");

            my $r = $t->get("$where?m=$method&b=hello&p=$target");
            is($r->{outcome}, 'AMBIGUOUS', "$name, outcome");
            isnt($r->{error}, '', "$name: $r->{error}");
            is($peer->count("REQUEST $method $target hello"), 1,
               "$name, sent once");
        }

        # nothing of a request without a body is left to be begun

        my $name = "$where, $how, empty";

        is($t->get("$where?m=POST&b=&p=/ok")->{status}, 200,
           "$name, connection is there");
        is($t->get("$where?m=POST&b=&p=/$how/empty")->{outcome}, 'AMBIGUOUS',
           "$name, outcome");
        is($peer->count("REQUEST POST /$how/empty"), 1, "$name, sent once");

        $name = "$where, $how, DELETE";

        is($t->get("$where?m=POST&b=&p=/ok")->{status}, 200,
           "$name, connection is there");
        is($t->get("$where?m=DELETE&p=/$how/delete")->{outcome}, 'AMBIGUOUS',
           "$name, outcome");
        is($peer->count("REQUEST DELETE /$how/delete"), 1, "$name, sent once");

        # what only asks may ask again

        $name = "$where, $how, GET";

        is($t->get("$where?m=POST&b=&p=/ok")->{status}, 200,
           "$name, connection is there");
        is($t->get("$where?m=GET&p=/$how/get")->{body}, 'first',
           "$name, answered");
        is($peer->count("REQUEST GET /$how/get"), 2, "$name, sent again");
    }
}

# found dead before anything was written: a new connection, and no harm; from
# 8.22 on libcurl does not look if it used the connection within a second

for my $n (1 .. 3) {
    my $r = $t->get("/leaver?m=POST&b=hello&p=/$n");
    is("$r->{outcome} $r->{body}", 'RECEIVED once', "left connection $n");
    is($leaver->count("REQUEST POST /$n hello"), 1, 'sent once');
    $leaver->wait_count('LEFT', $n);
    sleep 2;
}

$t->finish();

done_testing();
