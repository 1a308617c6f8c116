#!/usr/bin/perl

# Names: asked of nginx's resolver and of nobody else, again when their TTL
# has passed; a failed refresh keeps the old addresses; a name server that
# does not answer is felt by nobody but those who want the name.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/transport";
use TransportTest;

my @p = map { free_port() } 0 .. 3;

my $t = TransportTest->new();
my $dir = $t->dir();

$t->certificates('api.test');

# the same port, told apart by its address

my %peer;

for my $n (1 .. 3) {
    my $code = sub {
        my ($peer, $c) = @_;
        while (my $r = $peer->read_request($c)) {
            $peer->respond($c, 200, "peer $n", 'Connection: close',
                           $r->{head} =~ /^(Host: .*?)\r?$/m
                           ? 'Content-Language: ' . substr $1, 6 : ());
            last;
        }
    };
    $peer{$n} = $t->peer($p[1], $code, addr => "127.0.0.$n");
    $peer{"tls$n"} = $t->peer($p[2], $code, addr => "127.0.0.$n",
                              tls => $t->tls('good'));
}

my $six = $t->peer($p[1], sub {
    my ($peer, $c) = @_;
    $peer->read_request($c) or return;
    $peer->respond($c, 200, 'peer six');
}, addr => '::1');

$t->zone('api.test 1 127.0.0.1', 'six.test 60 ::1', 'none.test fail',
         'dead.test silent', 'several.test 60 127.0.0.9 127.0.0.3',
         'both.test 60 ::1 127.0.0.3', 'long.test 600 127.0.0.1');

my $dns = $t->dns($p[3]);

my $resolver = "resolver=127.0.0.1:$p[3]";

sub location {
    my ($name, $url, @args) = @_;
    return "location = /$name { transport_test $url @args; }\n";
}

$t->conf(server => join('',
    location('api', "http://api.test:$p[1]", 'insecure', $resolver,
             'resolver_timeout=1s'),
    location('tls', "https://api.test:$p[2]", $resolver,
             "certificate=$dir/ca.pem"),
    location('six', "http://six.test:$p[1]", 'insecure', $resolver),
    location('literal6', "http://[::1]:$p[1]", 'insecure', $resolver),
    location('several', "http://several.test:$p[1]", 'insecure', $resolver),
    location('both', "http://both.test:$p[1]", 'insecure', $resolver),
    location('none', "http://none.test:$p[1]", 'insecure', $resolver),
    location('unknown', "http://unknown.test:$p[1]", 'insecure', $resolver),
    location('dead', "http://dead.test:$p[1]", 'insecure', $resolver,
             'connect_timeout=1s'),
    location('gone', "http://dead.test:$p[1]", 'insecure', $resolver,
             'resolver_timeout=5s', 'connect_timeout=30s', 'timeout=60s'),
    location('patient', "http://patient.test:$p[1]", 'insecure', $resolver,
             'connect_timeout=1s'),
    location('long', "http://long.test:$p[1]", 'insecure', $resolver),
    location('localhost', "http://localhost:$p[1]", 'insecure', $resolver),
    location('upper', "http://LocalHost:$p[1]", 'insecure'),
    location('address', "http://127.0.0.2:$p[1]", 'insecure', $resolver),
))->start();

sub is_peer {
    my ($uri, $peer, $what) = @_;
    my $r = $t->get($uri);
    is("$r->{outcome} $r->{body}", "RECEIVED $peer", $what || $uri);
    return $r;
}

# a name that was not to be found when nginx started

is(is_peer('/api', 'peer 1')->{language}, "api.test:$p[1]", 'host is the name');
is($dns->count('QUERY api.test 1$'), 1, 'asked once');

is_peer('/tls', 'peer 1', 'the name is the one in the certificate');

# another address, when the TTL of one second has passed

$t->zone('api.test 1 127.0.0.2', 'dead.test silent', 'long.test 600 127.0.0.1');

wait_until('new address', sub {
    return $t->get('/api')->{body} eq 'peer 2';
});

is_peer('/api', 'peer 2', 'refreshed');

# no answer, or a bad one, keeps the old address

my $n = $dns->count('QUERY api.test 1$');
$t->zone('api.test fail', 'long.test 600 127.0.0.2');

wait_until('a failed refresh', sub {
    $t->get('/api');
    return $t->log() =~ /"api.test" could not be resolved/;
});
is_peer('/api', 'peer 2', 'old address, failed refresh');

cmp_ok($dns->count('QUERY api.test 1$'), '>', $n, 'it was asked for');
like($t->log(), qr/"api.test" could not be resolved .*using its old addresses/,
     'and the log tells');

$t->zone('api.test silent', 'long.test 600 127.0.0.2');
$n = $dns->count('QUERY api.test 1$');

my $r;

wait_until('a refresh without an answer', sub {
    $r = $t->get('/api');
    return $dns->count('QUERY api.test 1$') > $n;
});
is("$r->{outcome} $r->{body}", 'RECEIVED peer 2', 'case 81: old address, no answer');
is_peer('/api', 'peer 2', 'and no more waiting');

$t->zone('api.test 1 127.0.0.3', 'several.test 60 127.0.0.9 127.0.0.3',
         'both.test 60 ::1 127.0.0.3', 'six.test 60 ::1', 'none.test fail',
         'dead.test silent', 'long.test 600 127.0.0.1');

wait_until('the name server is back', sub {
    return $t->get('/api')->{body} eq 'peer 3';
});

# a name server that falls silent is waited for, but not for long

$t->zone('patient.test 1 127.0.0.2', 'dead.test silent',
         'long.test 600 127.0.0.1', 'six.test 60 ::1', 'none.test fail',
         'several.test 60 127.0.0.9 127.0.0.3', 'both.test 60 ::1 127.0.0.3');
is_peer('/patient', 'peer 2');

$t->zone('patient.test silent', 'dead.test silent',
         'long.test 600 127.0.0.1', 'six.test 60 ::1', 'none.test fail',
         'several.test 60 127.0.0.9 127.0.0.3', 'both.test 60 ::1 127.0.0.3');
$n = $dns->count('QUERY patient.test 1$');

wait_until('a refresh that nobody answers', sub {
    $r = $t->get('/patient');
    return $dns->count('QUERY patient.test 1$') > $n;
});
is("$r->{outcome} $r->{body}", 'RECEIVED peer 2', 'case 81: silence, old address');
is_peer('/patient', 'peer 2', 'and the next one does not wait');

# a long TTL is not asked for again

is_peer('/long', 'peer 1');
is_peer('/long', 'peer 1');
is($dns->count('QUERY long.test 1$'), 1, 'long TTL, asked once');

# other kinds of addresses

is_peer('/six', 'peer six', 'IPv6');
is_peer('/literal6', 'peer six', 'literal IPv6');
is_peer('/several', 'peer 3', 'the first one refuses');
like($t->get('/both')->{body}, qr/^peer (?:six|3)$/, 'IPv6 and IPv4');
is_peer('/address', 'peer 2', 'literal IPv4');
like($t->get('/localhost')->{body}, qr/^peer (?:six|1)$/, 'localhost');
like($t->get('/upper')->{body}, qr/^peer (?:six|1)$/, 'LocalHost');
is($dns->count('localhost'), 0, 'localhost is not asked for');
is($dns->count('127'), 0, 'nor are addresses');

# nothing to be had

for my $where (qw(none unknown dead gone)) {
    my $r = $t->get("/$where?m=POST&b=x");
    is("$r->{outcome} $r->{status}", 'NOT_SENT 0', "case 81: /$where");
    like($r->{error}, qr/host not/, "/$where: $r->{error}");
}

is_peer('/address', 'peer 2', 'and others go on');

# a black hole: others are answered while those who want the name still wait

my @waiting = map { $t->request('/gone?m=POST&b=x') } 1 .. 20;
$n = $dns->count('dead.test');
$dns->wait_count('dead.test', $n);

for (1 .. 20) {
    like($t->get('/static')->{text}, qr/static/, 'static');
    is_peer('/address', 'peer 2', 'another origin');
}

is(scalar(grep { $t->pending($_) } @waiting), 20, 'while these were waiting');
is($t->stats()->{in_flight}, 20, 'in flight');

is(join(' ', map { $t->answer($_)->{outcome} } @waiting),
   join(' ', ('NOT_SENT') x 20), 'until they got nothing');

# the worker has no thread: libcurl's own resolver was never there

my ($worker) = $t->stats()->{worker};
my ($threads) = slurp("/proc/$worker/status")
                =~ /^Threads:\s+(\d+)/m;
is($threads, 1, 'no threads');

# clients that leave while a name is asked for

@waiting = map { $t->request('/gone?m=POST&b=x') } 1 .. 3;
wait_until('in flight', sub { $t->stats()->{in_flight} == 3 });
close $_ for @waiting;
ok($t->wait_log(qr/(?:detached NOT_SENT 0 host not .*){3}/s), 'detached');

# a worker that is told to end while a name is asked for

@waiting = map { $t->request('/gone?m=POST&b=x') } 1 .. 3;
wait_until('in flight', sub { $t->stats()->{in_flight} == 3 });
$t->signal('QUIT');
is(join(' ', map { $t->answer($_)->{outcome} } @waiting),
   'NOT_SENT NOT_SENT NOT_SENT', 'answered before the end');

$t->finish();

done_testing();
