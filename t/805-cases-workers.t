#!/usr/bin/perl

# Abuse cases 89 and 91: a master that is killed, whose workers go on without
# one; and many workers, one, and every way to share connections among them.

use strict;
use warnings;

use Test::More;

plan(skip_all => 'too many workers for valgrind')
    if $ENV{TEST_NGINX_VALGRIND_BINARY};

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(binary slurp wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;

# so many at once may be slow

my $patience = 'timeout 60s; connect_timeout 60s; provider_failures off;';

my $many = $ENV{TEST_NGINX_ASAN_BINARY} ? 16 : 64;
my $threads = `@{[ binary() ]} -V 2>&1` =~ /--with-threads/;

# HTTP/3 has a "listen" of its own, which "reuseport" would have to be of, too

my $reuseport = $ENV{TEST_NGINX_USE_HTTP3} ? '' : 'reuseport';

my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => $many,
    app => $patience);

my $n = 46700091000;

sub started {
    my $v = $nginx->visitor;
    my $number = '+' . ++$n;
    my $r = $v->post('/verify/start', { number => $number });
    die $r->body unless $r->status == 200;

    return ($v, $number);
}

sub reports { return scalar grep { $_->{method} eq 'PUT' } $sim->requests }

sub gets_in {
    my ($v, $number) = @_;

    $v->post('/verify/report', { code => $sim->code($number) });
    return $v->get('/a')->body eq "GET /a $number\n";
}


# case 91: the same at each of them

for my $way ([ "$many workers" ],
             [ "$many workers, reuseport", listen => $reuseport ],
             [ "$many workers, accept_mutex", events => 'accept_mutex on;' ],
             [ 'thread pools', workers => 4, $threads
               ? (main => 'thread_pool default threads=2;',
                  http => 'aio threads;') : () ],
             [ 'one worker', workers => 1 ])
{
    my ($name, @conf) = @$way;

    $nginx->conf(workers => $many, listen => '', events => '', main => '',
                 http => '', @conf);

    # what is bound anew for each worker cannot be by a reload

    $nginx->stop if $nginx->pid;
    $nginx->start;

    my ($v, $number) = started();
    my $before = reports();

    my @c = map { my $c = $v->copy;
                  [ $c, $c->begin(POST => '/verify/report', [],
                                  { code => "x$_" }) ] } 1 .. 30;
    my @r = map { $_->[0]->end($_->[1]) } @c;

    is(reports() - $before, 5,
       "case 91: $name: thirty guesses at once are five");
    is(scalar(grep { $_->status == 200 } @r), 0, "case 91: $name: none is in");

    my @first = started();
    ok(gets_in(@first), "case 91: $name: the right one is");

    my $copy = $first[0]->copy;
    $first[0]->post('/verify/logout', {});
    is(scalar(grep { $copy->get('/')->status != 401 } 1 .. 20), 0,
       "case 91: $name: revoked at all of them");
}


# case 89: without a master

$nginx->conf(workers => 2);
$nginx->stop;
$nginx->start;

my $in = $nginx->verified('+46700089001');
my @pending = map { [ started() ] } 0 .. 2;
my $starts = $sim->starts;
my @orphans = $nginx->kill_master;

is(scalar @orphans, 2, 'case 89: two workers are left');
is($in->get('/a')->body, "GET /a +46700089001\n",
   'case 89: who was in is in without a master');
ok(gets_in(@{$pending[0]}), 'case 89: a code is good without a master');

# an operator ends them and starts anew: the zone is gone, tokens are enough

kill 'QUIT', @orphans;

for my $pid (@orphans) {
    wait_until("worker $pid ends", sub {
        return slurp("/proc/$pid/stat") !~ /\) [^ZX]/;
    });
}

$nginx->start;

is($in->get('/a')->body, "GET /a +46700089001\n",
   'case 89: who was in is in with another master');
is($pending[0][0]->get("/")->status, 200,
   'case 89: and who got in in between');
ok(gets_in(@{$pending[1]}), 'case 89: a code from before is good');
is($sim->starts, $starts, 'case 89: nothing was sent again');

$nginx->finish;
done_testing;
