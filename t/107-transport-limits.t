#!/usr/bin/perl

# What is too much is refused before anything is sent, what goes on is not
# disturbed by it, and afterwards all is as before.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/transport";
use TransportTest;

my @p = map { free_port() } 0 .. 3;

my $slow = sub {
    my ($peer, $c) = @_;
    while (my $r = $peer->read_request($c)) {
        my $name = substr $r->{target}, 1;
        $peer->wait_file($name) if $name ne '';
        $peer->respond($c, 200, "answer $name");
    }
};

# the limit of an origin

my $t = TransportTest->new();
my $peer = $t->peer($p[1], $slow);

$t->conf(server => <<"EOF")->start();
        location = /three {
            transport_test http://127.0.0.1:$p[1] insecure max_transfers=3;
        }
        location = /other {
            transport_test http://127.0.0.1:$p[1] insecure max_transfers=3;
        }
EOF

my @s = map { $t->request("/three?m=POST&b=x&p=/limit&n=$_") } 1 .. 3;
$peer->wait_count('REQUEST POST /limit x', 3);

is($t->get('/three?m=POST&b=x&p=/refused')->{code}, 503, 'one too many');
is($t->stats()->{refused}, 1, 'and it is counted');
is($t->get('/other?m=POST&b=x')->{body}, 'answer ', 'another origin');

$t->write_file('limit', '');
is(join(' ', map { $t->answer($_)->{outcome} } @s),
   'RECEIVED RECEIVED RECEIVED', 'those in flight are answered');
is($t->get('/three?m=POST&b=x')->{body}, 'answer ', 'there is room again');
is($peer->count('/refused'), 0, 'what was refused was not sent');

$t->finish();

# the worker's connections: 32, of which each client takes one and each
# transfer another

$t = TransportTest->new();
$peer = $t->peer($p[3], $slow);

$t->conf(events => 'worker_connections 32;', server => <<"EOF")->start();
        keepalive_timeout 0;
        location = /x { transport_test http://127.0.0.1:$p[3] insecure; }
EOF

# one after the other, since nginx gives up connections that have not said
# anything yet when it needs them

@s = ();

for my $n (1 .. 24) {
    push @s, $t->request('/x?m=POST&b=x&p=/many');
    wait_until('sent or refused', sub {
        return !$t->pending($s[-1]) || $peer->count('/many') == $n;
    });
}

$t->write_file('many', '');

my %n;
$n{$_->{outcome} || $_->{code}}++ for map { $t->answer($_) } @s;

is_deeply([ sort keys %n ], [ '503', 'RECEIVED' ], 'some, and others not');
is($n{503} + $n{RECEIVED}, 24, 'all are answered');
cmp_ok($n{RECEIVED}, '>', 8, "many of them well: $n{RECEIVED}");
is($peer->count('REQUEST POST /many x'), $n{RECEIVED},
   'what was refused was not sent');

for my $n (1 .. 30) {
    is($t->get('/x?m=POST&b=x')->{body}, 'answer ', "and as before, $n");
}

wait_until('idle', sub { $t->stats()->{sockets} == 0 });
is($t->stats()->{sockets}, 0, 'no connection left behind');

$t->finish();

done_testing();
