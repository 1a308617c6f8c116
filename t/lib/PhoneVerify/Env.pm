package PhoneVerify::Env;

# Where things are, ports that nobody else has, a directory that goes away.
#
#   TEST_NGINX_BINARY    the nginx to test, "nginx" of the PATH by default
#   TEST_NGINX_MODULES   the directory of the modules, build/test by default
#   TEST_NGINX_PORTS     "22000-22999": the ports that tests may take
#   TEST_NGINX_PATIENCE  seconds after which something that is waited for has
#                        not happened
#   TEST_NGINX_KEEP      true: directories are left behind, and named
#   TMPDIR               where they are made

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use Fcntl qw(:flock);
use File::Basename qw(dirname);
use File::Spec;
use File::Temp ();
use IO::Socket::INET;
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(top binary version module modules_dir port new_dir slurp
                    spew wait_until);

our $PATIENCE = $ENV{TEST_NGINX_PATIENCE} || 60;

# A test that is told to end, ends what it has started: its END blocks run.

$SIG{$_} = sub { exit 1 } for qw(HUP INT TERM);

my $owner = $$;
my $top = dirname(dirname(dirname(dirname(abs_path(__FILE__)))));


sub top { return $top }


# With its path: nginx starts itself anew by the name that it was started by.

sub binary {
    my $name = $ENV{TEST_NGINX_BINARY} || 'nginx';

    return $name if $name =~ m{/};

    my ($path) = grep { -x } map { "$_/$name" } split /:/, $ENV{PATH};
    return $path || $name;
}


# Of that nginx, as a number: 1022001 is 1.22.1.

sub version {
    my ($major, $minor, $patch) =
        `@{[ binary() ]} -v 2>&1` =~ m{/(\d+)\.(\d+)\.(\d+)};

    return $major * 1000000 + $minor * 1000 + $patch;
}


sub modules_dir { return $ENV{TEST_NGINX_MODULES} || "$top/build/test" }


# The path of a module, of the one under test unless a name is given.

sub module {
    my ($name) = @_;

    $name = 'phone_verify' unless defined $name;
    my $file = modules_dir() . "/ngx_http_${name}_module.so";

    die "$file is missing: make test builds it\n" unless -e $file;

    return $file;
}


# A port of 127.0.0.1 that is free, and ours until the test ends: a lock for
# each keeps tests apart that run at the same time.

my (%lock, $next);

sub port {
    my ($from, $to) = ($ENV{TEST_NGINX_PORTS} || '22000-22999')
                      =~ /^(\d+)-(\d+)$/ or die "bad TEST_NGINX_PORTS\n";
    my $n = $to - $from + 1;
    my $dir = File::Spec->tmpdir() . "/phone-verify-ports-$>";
    mkdir $dir;

    $next = $$ * 17 unless defined $next;

    for (1 .. $n) {
        my $port = $from + $next++ % $n;

        open my $fh, '>>', "$dir/$port" or die "$dir/$port: $!";
        flock $fh, LOCK_EX | LOCK_NB or next;

        IO::Socket::INET->new(LocalAddr => "127.0.0.1:$port", Listen => 1,
                              ReuseAddr => 1) or next;

        $lock{$port} = $fh;
        return $port;
    }

    die "no port is free in $from-$to\n";
}


# A directory that workers, which may be nobody, can enter.

my @dirs;

sub new_dir {
    my $dir = File::Temp::tempdir('phone-verify-XXXXXX', TMPDIR => 1);

    chmod 0755, $dir;
    push @dirs, $dir;

    return $dir;
}


sub slurp {
    my ($file) = @_;

    open my $fh, '<', $file or return '';
    binmode $fh;
    local $/;
    my $text = <$fh>;

    return defined $text ? $text : '';
}


# Writes a file by rename; returns its name.

sub spew {
    my ($file, $text) = @_;

    open my $fh, '>', "$file.new" or die "$file: $!";
    binmode $fh;
    print $fh $text;
    close $fh or die "$file: $!";
    rename "$file.new", $file or die "$file: $!";

    return $file;
}


# Polls until the code returns something true, and returns that; dies when it
# never does. The patience is for what is broken: it times nothing.

sub wait_until {
    my ($what, $code, $seconds) = @_;

    my $end = time() + ($seconds || $PATIENCE);

    while (1) {
        my $rc = $code->();
        return $rc if $rc;
        die "waited in vain: $what\n" if time() > $end;
        sleep 0.02;
    }
}


END {
    if ($$ == $owner) {
        if ($ENV{TEST_NGINX_KEEP}) {
            print STDERR "# left: $_\n" for @dirs;

        } else {
            local $?;
            File::Path::remove_tree($_) for @dirs;
        }
    }
}


1;
