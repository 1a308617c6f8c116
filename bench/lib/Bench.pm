package Bench;

# What the benchmarks have in common: rounds, wrk, CPU time, tables.
#
#   ROUNDS    how many, 5 by default
#   SLICES    of each round of bench/gate, 20 by default
#   DURATION  seconds of each measurement of wrk, 2 by default

use strict;
use warnings;

use Exporter qw(import);
use FindBin;
use POSIX qw(_exit);
use Time::HiRes qw(clock_gettime);

use PhoneVerify::Env qw(port slurp spew);
use PhoneVerify::Nginx;

our @EXPORT_OK = qw(rounds slices duration wrk h2load cpu kilobytes ratios quartiles row
                    node lua_modules median nginx fake counted try failures);

my $owner = $$;
my @pids;


sub rounds { return $ENV{ROUNDS} || 5 }

sub slices { return $ENV{SLICES} || 20 }

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

    while ($said =~ /^\s+(\d+)%\s+([\d.]+)(us|ms|s|m)\s*$/mg) {
        $is{"p$1"} = $2 * $unit{$3};
    }

    $is{errors} += $1 if $said =~ /Non-2xx or 3xx responses: (\d+)/;
    $is{errors} += $1 + $2 + $3 + $4
        if $said =~ /connect (\d+), read (\d+), write (\d+), timeout (\d+)/;

    return \%is;
}


# So many requests to a URL over HTTP/1.1, which take a fraction of a second: wrk
# knows whole seconds only, and what a busy machine does to one second it need
# not do to the next. Returns how many were answered by a status of what class
# ("2xx"), and requests a second.

sub h2load {
    my ($url, %arg) = @_;

    my @cmd = ('h2load', '--h1', '-t', 1, '-c', 16, '-n', $arg{requests},
               (map { ('-H', $_) } @{$arg{headers} || []}),
               $arg{body} ? ('-d', $arg{body}) : (), $url);

    open my $fh, '-|', @cmd or die "h2load: $!";
    my $said = join '', <$fh>;
    close $fh or die "h2load failed: $said";

    my %is;

    ($is{rate}) = $said =~ /^finished in \S+, ([\d.]+) req\/s/m or die "h2load: $said";
    $is{"$2"} = $1 while $said =~ /(\d+) ([2345]xx)/g;

    return \%is;
}


# Seconds of CPU that processes have used, by the clock that each has.

sub cpu {
    my (@of) = @_;

    my $seconds = 0;
    $seconds += clock_gettime(-$_ * 8 - 6) for @of;

    return $seconds;
}


# Memory of their own.

sub kilobytes {
    my (@of) = @_;

    my $sum = 0;
    for (@of) { $sum += $1 if slurp("/proc/$_/status") =~ /^RssAnon:\s+(\d+)/m }

    return $sum;
}


# One that fails does not take the rest along; what it said is said in the end.

my @failures;

sub try {
    my ($what, $code) = @_;

    my @is = eval { $code->() };
    return wantarray ? @is : $is[0] unless $@;

    push @failures, "$what: $@";
    print STDERR "$what: $@";
    return;
}

sub failures { return @failures }


sub median {
    my @sorted = sort { $a <=> $b } grep { defined } @_;
    return 0 unless @sorted;
    return $sorted[$#sorted / 2];
}


# "median (min to max)" of the ratio of two columns, round by round.

sub ratios {
    my ($these, $those) = @_;

    return '-' unless @{$these || []} && @{$those || []};

    my @r = sort { $a <=> $b }
            map { $those->[$_] ? $these->[$_] / $those->[$_] : 0 } 0 .. $#$these;

    return sprintf '%.2f (%.2f to %.2f)', median(@r), $r[0], $r[-1];
}


# "median (first to third quartile)" of the same, where there are many rounds.

sub quartiles {
    my ($these, $those) = @_;

    my @r = sort { $a <=> $b } map { $these->[$_] / $those->[$_] } 0 .. $#$these;

    return sprintf '%.2f (%.2f to %.2f)', median(@r), $r[@r / 4], $r[3 * @r / 4];
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


# One that logs no more than errors and has room for many connections.

sub nginx {
    my (%arg) = @_;

    my $nginx = PhoneVerify::Nginx->new(workers => 1, %arg,
        main => ($arg{main} || '') . 'worker_rlimit_nofile 20000;');

    my $conf = slurp($nginx->dir . '/nginx.conf');
    $conf =~ s/(error_log .*) info;/$1 error;/;
    $conf =~ s/access_log \S+access\.log;//;
    $conf =~ s/worker_connections \d+;/worker_connections 16384;/;
    spew($nginx->dir . '/nginx.conf', $conf);

    return $nginx;
}


# A Sinch that is nothing but quick: it answers after so many seconds, checks
# nothing, and its ids are the digits of numbers. With the certificate and key
# of these files; returns it, running, and its port. It counts connections, and
# the TLS sessions among them that were resumed: counted().

sub fake {
    my ($delay, $cert, $key) = @_;

    my $tls = port();
    my $nginx = nginx(main => lua_modules(), http => <<'HTTP',
access_log off;
keepalive_requests 10000000;
keepalive_timeout 300s;
lua_shared_dict counts 1m;
HTTP
        listen => "; listen 127.0.0.1:$tls ssl http2 backlog=8192",
        server => <<"SERVER");
ssl_certificate $cert;
ssl_certificate_key $key;
ssl_session_cache shared:tls:10m;
http2_max_concurrent_streams 4096;
location / {
    client_body_buffer_size 64k;
    content_by_lua_block {
        if ngx.shared.counts:add(ngx.var.connection, true) then
            ngx.shared.counts:incr("new", 1, 0)
            if ngx.var.ssl_session_reused == "r" then ngx.shared.counts:incr("resumed", 1, 0) end
        end
        ngx.req.read_body()
        if $delay > 0 then ngx.sleep($delay) end
        ngx.header.content_type = "application/json"
        ngx.say('{"id":"',
                string.match(ngx.req.get_body_data() or "", '"%+(%d+)"') or "1",
                '","method":"sms","sms":{"template":"{{CODE}}","interceptionTimeout":298}}')
    }
}
location = /_fake/counted {
    content_by_lua_block {
        local counts = ngx.shared.counts
        ngx.print(counts:get("new") or 0, " ", counts:get("resumed") or 0)
    }
}
SERVER

    return ($nginx->start, $tls);
}


sub counted {
    my ($fake) = @_;
    return split ' ', $fake->visitor->get('/_fake/counted')->body;
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
