#!/usr/bin/perl

# Abuse case 88: another binary takes over, and gives back. Who is in stays in,
# and who waits for a code can still use it: memory is not handed on, tokens
# are enough.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
    main => 'env ASAN_OPTIONS; env UBSAN_OPTIONS; env LSAN_OPTIONS;');
my $file = $nginx->dir . '/nginx.pid';

sub master { return -s $file ? slurp($file) + 0 : 0 }

my $test = $$;

END {
    if ($$ == $test && master()) {
        local $?;
        kill 'TERM', master(), -e "$file.oldbin" ? slurp("$file.oldbin") + 0 : ();
    }
}

# The workers of a master that do not leave.

sub workers {
    my ($master) = @_;

    return grep { slurp("/proc/$_/cmdline") =~ /^nginx: worker process\0*$/ }
           split ' ', slurp("/proc/$master/task/$master/children");
}

sub started {
    my ($number) = @_;

    my $v = $nginx->visitor;
    my $r = $v->post('/verify/start', { number => $number });
    die $r->body unless $r->status == 200;

    return $v;
}

sub gets_in {
    my ($v, $number) = @_;

    $v->post('/verify/report', { code => $sim->code($number) });
    return $v->get('/a')->body eq "GET /a $number\n";
}

# The new master, with workers, and the old one without.

sub upgrade {
    my ($old) = @_;

    kill 'USR2', $old;

    wait_until('a new master', sub {
        return -e "$file.oldbin" && master() && master() != $old
               && workers(master()) == 2;
    });

    my $new = master();

    kill 'WINCH', $old;
    wait_until('the old workers go', sub { !workers($old) });

    return $new;
}

SKIP: {
    skip('valgrind hides the titles of processes', 1)
        if $ENV{TEST_NGINX_VALGRIND_BINARY};

    # as a daemon: with its parent still there a master takes itself for new

    ok($nginx->daemon, 'it runs');

    my $in = $nginx->verified('+46700088001');
    my @pending = map { started("+4670008801$_") } 0 .. 3;
    my $old = master();
    my $starts = $sim->starts;

    my $new = upgrade($old);

    is($in->get('/a')->body, "GET /a +46700088001\n",
       'case 88: who was in is in at the new binary');
    is($pending[0]->get('/verify/status')->json->{status}, 'PENDING',
       'case 88: who waits for a code waits');
    ok(gets_in($pending[0], '+46700088010'), 'case 88: and gets in by it');

    my $between = started('+46700088002');

    # and back

    kill 'HUP', $old;
    wait_until('workers of the old one', sub { workers($old) == 2 });
    kill 'QUIT', $new;
    wait_until('the new one ends', sub { !kill 0, $new });
    wait_until('the old one has its file', sub { master() == $old });

    is($in->get('/a')->status, 200, 'case 88: after a roll-back, too');
    ok(gets_in($pending[1], '+46700088011'), 'case 88: a code from before');
    ok(gets_in($between, '+46700088002'), 'case 88: a code from in between');
    is($pending[0]->get('/')->status, 200, 'case 88: and a grant');

    # for good

    $new = upgrade($old);
    kill 'QUIT', $old;
    wait_until('the old one ends', sub { !kill 0, $old });

    is($in->get('/a')->status, 200, 'case 88: the new one is alone');
    ok(gets_in($pending[2], '+46700088012'), 'case 88: and takes codes');
    is($sim->starts - $starts, 1, 'case 88: nothing was sent again');

    kill 'QUIT', $new;
    wait_until('the end', sub { !kill(0, $new) && !-e $file });
}

$nginx->finish;

done_testing;
