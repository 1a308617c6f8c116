package PhoneVerify::HTTP3;

# HTTP/3 for visitors, with TEST_NGINX_USE_HTTP3: they speak to a bridge
# (t/http3/bridge.go, which util/test builds), and that speaks to nginx.

use strict;
use warnings;

use IO::Socket::SSL::Utils;
use POSIX qw(_exit);

use PhoneVerify::Env qw(modules_dir new_dir spew);

my $owner = $$;
my %running;


# A bridge from port() to what listen() has nginx listen on.

sub new {
    my ($class) = @_;

    my $self = bless { dir => new_dir(), port => PhoneVerify::Env::port(),
                       quic => PhoneVerify::Env::port() }, $class;

    my ($cert, $key) = CERT_create(subject => { commonName => 'localhost' },
        subjectAltNames => [ [ DNS => 'localhost' ] ]);

    spew("$self->{dir}/cert.pem", PEM_cert2string($cert));
    spew("$self->{dir}/cert.key", PEM_key2string($key));

    pipe my $out, my $in or die "pipe: $!";
    pipe my $held, $self->{hold} or die "pipe: $!";

    my $pid = fork;
    die "fork: $!" unless defined $pid;

    if ($pid == 0) {
        open STDIN, '<&', $held;
        open STDOUT, '>&', $in;
        close $self->{hold};
        exec modules_dir() . '/http3-bridge', "127.0.0.1:$self->{port}",
             "127.0.0.1:$self->{quic}" or _exit(127);
    }

    $running{$pid} = 1;
    close $in;
    close $held;

    (<$out> // '') =~ /ready/ or die "the HTTP/3 bridge did not start\n";

    return $self;
}


sub port { return $_[0]{port} }


sub listen {
    my ($self) = @_;

    return "listen 127.0.0.1:$self->{quic} quic reuseport;"
           . "ssl_certificate $self->{dir}/cert.pem;"
           . "ssl_certificate_key $self->{dir}/cert.key;";
}


END {
    if ($$ == $owner) {
        local $?;
        kill 'TERM', keys %running;
        waitpid $_, 0 for keys %running;
    }
}


1;
