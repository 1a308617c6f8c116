package Bench;

# What the benchmarks have in common: rounds, wrk, CPU time, tables.
#
#   ROUNDS    how many, 7 by default
#   DURATION  seconds of each measurement, 2 by default

use strict;
use warnings;

use Exporter qw(import);
use FindBin;
use POSIX qw(_exit sysconf _SC_CLK_TCK);
use Time::HiRes qw(time);

use PhoneVerify::Env qw(new_dir port slurp spew top wait_until);

our @EXPORT_OK = qw(rounds duration wrk cpu ratios row node lua_modules median);

my $owner = $$;
my @pids;


sub rounds { return $ENV{ROUNDS} || 7 }

sub duration { return $ENV{DURATION} || 2 }


# wrk against a URL; arguments are its own. Returns what it counted: requests,
# errors (other statuses than 2xx and 3xx, broken connections), rate a second,
# and latencies in milliseconds by per cent.

sub wrk {
    my ($url, %arg) = @_;

    my @cmd = ('wrk', '-t', $arg{threads} || 1, '-c', $arg{connections} || 16,
               '-d', ($arg{duration} || duration()) . 's', '--latency',
               '--timeout', '30s',
               (map { ('-H', $_) } @{$arg{headers} || []}),
               $arg{script} ? ('-s', $arg{script}) : (), $url);

    open my $fh, '-|', @cmd or die "wrk: $!";
    my $said = join '', <$fh>;
    close $fh or die "wrk failed: $said";

    my %unit = (us => 0.001, ms => 1, s => 1000, m => 60_000);
    my %is = (errors => 0, said => $said);

    ($is{requests}) = $said =~ /^\s*(\d+) requests in/m or die "wrk: $said";
    ($is{rate}) = $said =~ /^Requests\/sec:\s+([\d.]+)/m;

    while ($said =~ /^\s+(\d+)%\s+([\d.]+)(us|ms|s|m)$/mg) {
        $is{"p$1"} = $2 * $unit{$3};
    }

    $is{errors} += $1 if $said =~ /Non-2xx or 3xx responses: (\d+)/;
    $is{errors} += $1 + $2 + $3 + $4
        if $said =~ /connect (\d+), read (\d+), write (\d+), timeout (\d+)/;

    return \%is;
}


# Seconds of CPU that processes have used.

sub cpu {
    my (@of) = @_;

    my $ticks = 0;

    for my $pid (@of) {
        my $stat = slurp("/proc/$pid/stat");
        $stat =~ s/^.*\) //s;
        my @field = split ' ', $stat;
        $ticks += $field[11] + $field[12];
    }

    return $ticks / sysconf(_SC_CLK_TCK);
}


sub median {
    my @sorted = sort { $a <=> $b } @_;
    return $sorted[$#sorted / 2];
}


# "median (min to max)" of the ratio of two columns, round by round.

sub ratios {
    my ($these, $those) = @_;

    my @r = sort { $a <=> $b }
            map { $those->[$_] ? $these->[$_] / $those->[$_] : 0 } 0 .. $#$these;

    return sprintf '%.2f (%.2f to %.2f)', median(@r), $r[0], $r[-1];
}


sub row { return '| ' . join(' | ', @_) . " |\n" }


# A script of Node's beside the benchmarks, until the end; returns its pid. It
# is ready when it has said so.

sub node {
    my ($script, @args) = @_;

    pipe my $out, my $in or die "pipe: $!";

    my $pid = fork;
    die "fork: $!" unless defined $pid;

    if ($pid == 0) {
        open STDOUT, '>&', $in;
        exec('node', "$FindBin::Bin/$script", @args) or _exit(127);
    }

    close $in;
    push @pids, $pid;
    defined(my $ready = <$out>) or die "$script did not start\n";

    return $pid;
}


sub lua_modules {
    my ($dir) = grep { -e "$_/ngx_http_lua_module.so" }
                '/usr/lib/nginx/modules', '/usr/share/nginx/modules'
        or die "the Lua module is missing: make bench installs it\n";

    return join '', map { "load_module $dir/$_.so;\n" }
           qw(ndk_http_module ngx_http_lua_module);
}


END {
    local $?;
    if ($$ == $owner) { kill 'TERM', @pids if @pids }
}


1;
