#!/usr/bin/perl

# A worker's life: what is in flight when it is reloaded, shut down, stopped
# or killed, and processes that have no business with transfers.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/transport";
use TransportTest;

my @p = map { free_port() } 0 .. 7;

# Answers when the file named by the path is there.

sub slow {
    my ($peer, $c) = @_;
    while (my $r = $peer->read_request($c)) {
        my $name = substr $r->{target}, 1;
        $peer->wait_file($name) if $name ne '';
        $peer->respond($c, 200, "answer $name");
    }
}

sub alive { my ($pid) = @_; return kill 0, $pid }

sub gone {
    my ($pid) = @_;
    return wait_until("worker $pid ends", sub { !alive($pid) });
}

my $t = TransportTest->new();
my $peer = $t->peer($p[1], \&slow);
my $dir = $t->dir();

my $server = <<"EOF";
        location = /x {
            transport_test http://127.0.0.1:$p[1] insecure timeout=60s;
        }
        location = /y {
            transport_test http://127.0.0.1:$p[1] insecure timeout=60s;
        }
EOF

$t->conf(server => $server)->start();

sub in_flight {
    my ($name) = @_;
    my $s = $t->request("/x?m=POST&b=body&p=/$name");
    $peer->wait_count("REQUEST POST /$name body", 1);
    return $s;
}

# reload in flight

is($t->get('/x')->{body}, 'answer ', 'a connection is kept');
is($t->get('/y')->{body}, 'answer ', 'and used by another origin');

my $old = $t->stats()->{worker};
my $s = in_flight('reload');

$t->reload();
isnt($t->stats()->{worker}, $old, 'a new worker');
ok($t->pending($s), 'reload, still in flight');
ok(alive($old), 'the old worker waits');

$t->write_file('reload', '');
my $r = $t->answer($s);
is("$r->{outcome} $r->{body}", 'RECEIVED answer reload', 'answered');
is($r->{worker}, $old, 'by the old worker');
ok(gone($old), 'which ends');

# reload when the client has left

$old = $t->stats()->{worker};
$s = in_flight('left');
close $s;
$t->wait_log(qr/client prematurely closed/);
$t->reload();
is($t->stats()->{in_flight}, 0, 'nothing in the new worker');
ok(alive($old), 'the old worker waits for the outcome');
$t->write_file('left', '');
ok($t->wait_log(qr/detached RECEIVED 200/), 'and writes it down');
ok(gone($old), 'and ends');

# a client that leaves while the worker is shutting down

$old = $t->stats()->{worker};
$s = in_flight('leaving');
$t->reload();
close $s;
$t->write_file('leaving', '');
ok(gone($old), 'client leaves, worker ends');
is(scalar(() = $t->log() =~ /detached RECEIVED 200/g), 2, 'outcome is known');

# worker_shutdown_timeout: nobody answers, and it must end all the same

$t->conf(server => $server, main => 'worker_shutdown_timeout 1s;');
$t->reload();
$t->wait_old();

$old = $t->stats()->{worker};
$s = in_flight('never-1');
my $left = in_flight('never-2');
close $left;
wait_until('the client has left', sub {
    return 3 == (() = $t->log() =~ /client prematurely closed/g);
});
ok($t->pending($s), 'in flight');

$t->reload();
is($t->answer($s)->{text}, '', 'worker_shutdown_timeout, connection closed');
ok(gone($old), 'and the worker ends');
is(scalar(() = $t->log() =~ /detached AMBIGUOUS 0 worker shuts down, no sign/g),
   2, 'both outcomes are written down, and tell nothing of the peer');

# stop, at once

$old = $t->stats()->{worker};
$s = in_flight('stop-1');
$left = in_flight('stop-2');
close $left;
wait_until('the client has left', sub {
    return 4 == (() = $t->log() =~ /client prematurely closed/g);
});
$t->signal('TERM');
ok($t->stop('TERM'), 'stopped');
is(scalar(() = $t->log() =~ /detached AMBIGUOUS 0 worker exits, no sign/g), 2,
   'both outcomes are written down, and tell nothing of the peer');

# kill -9: another worker comes, and nothing is sent again

$t->start();

$s = in_flight('killed');
$old = $t->stats()->{worker};
$t->kill_worker();
is($t->answer($s)->{text}, '', 'killed, connection closed');
isnt($t->stats()->{worker}, $old, 'another worker');
is($t->get('/x')->{body}, 'answer ', 'another worker works');
is($peer->count('REQUEST POST /killed'), 1, 'sent once');
is($t->stats()->{in_flight}, 0, 'none in flight');

$t->finish();

# processes without transfers

my $c = TransportTest->new();
my $cpeer = $c->peer($p[3], \&slow);

$c->conf(http => "proxy_cache_path $dir/cache keys_zone=cache:1m;",
         server => <<"EOF")->start();
        location = /x { transport_test http://127.0.0.1:$p[3] insecure; }
EOF
$c->wait_log(qr/start cache loader process/);
is($c->get('/x')->{body}, 'answer ', 'with a cache manager');
$c->reload();
is($c->get('/x')->{body}, 'answer ', 'and after a reload');
$c->finish();

# no http at all, then http, then none again

my $n = TransportTest->new();
my $ndir = $n->dir();
my $npeer = $n->peer($p[5], \&slow);
my $config = "location = /x { transport_test http://127.0.0.1:$p[5]"
             . ' insecure; }';

$n->conf(server => $config)->start();
is($n->get('/x')->{body}, 'answer ', 'with http');

$n->conf(whole => "pid $ndir/nginx.pid; error_log $ndir/logs/error.log info;"
                   . ' events { }');
$n->reload();
ok($n->wait_log(qr/worker process \d+ exited with code 0/), 'without http');

$n->conf(whole => undef, server => $config);
$n->signal('HUP');
wait_until('http is back', sub {
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . $n->port);
});
is($n->get('/x')->{body}, 'answer ', 'with http again');
$n->finish();

# the module loaded and no use made of it

$n = TransportTest->new();
$n->conf()->start();
like($n->get('/static')->{text}, qr/static/, 'unused');
$n->finish();

# without a master, and with the accept mutex, which has events posted

for my $main ('master_process off;', '') {
    my $m = TransportTest->new();
    my $mpeer = $m->peer($p[7], \&slow);

    $m->conf(main => $main, workers => $main ? 1 : 2,
             events => 'accept_mutex on; worker_connections 128;',
             server => <<"EOF")->start();
        location = /x { transport_test http://127.0.0.1:$p[7] insecure; }
EOF
    my @s = map { $m->request('/x?m=POST&b=x&times=20') } 1 .. 20;
    is(join(' ', map { $m->answer($_)->{body} } @s),
       join(' ', ('answer ') x 20), $main || 'accept_mutex');
    is($mpeer->count('REQUEST'), 400, 'all sent once');
    $m->finish();
    $m->kill_peer($mpeer);
}

done_testing();
