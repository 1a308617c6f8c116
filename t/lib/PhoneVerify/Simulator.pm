package PhoneVerify::Simulator;

# The simulator of this project, running for one test on ports of its own.
#
#     my $sim = PhoneVerify::Simulator->start;        # or (args => [...])
#     $sim->url;                       # http://127.0.0.1:22001
#     $sim->https;                     # https://localhost:22002, CA: $sim->ca
#     $sim->code('+46700000001');      # the last code that number was sent
#     $sim->requests;                  # all that it was asked, a list
#     $sim->starts;                    # how many verifications were started
#     $sim->control(POST => '/_sim/faults', { ... });

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use IO::Socket::SSL::Utils;
use JSON::PP ();
use POSIX qw(_exit);

use PhoneVerify::Env qw(top port new_dir slurp spew wait_until);
use PhoneVerify::HTTP;

our $KEY = '669E367E-6BBA-48AB-AF15-266871C28135';
our $SECRET = 'BeIukql3pTKJ8RGL5zo0DA==';

my $owner = $$;
my %running;


sub start {
    my ($class, %arg) = @_;

    my $self = bless {
        dir   => new_dir(),
        port  => port(),
        sport => port(),
        args  => $arg{args} || [],
    }, $class;

    $self->_certificates;
    $self->up;

    return $self;
}


# It can be ended and started again, at the same addresses.

sub up {
    my ($self) = @_;

    my $dir = $self->{dir};

    die "nothing is started by perl -c, which would not end it\n" if $^C;

    pipe my $out, my $in or die "pipe: $!";

    my $pid = fork;
    die "fork: $!" unless defined $pid;

    if ($pid == 0) {
        close $out;
        open STDOUT, '>&', $in;
        open STDIN, '<', '/dev/null';
        open STDERR, '>>', "$dir/stderr.log";
        exec $^X, top() . '/simulator/sinch-simulator',
             '--http', "127.0.0.1:$self->{port}",
             '--https', "127.0.0.1:$self->{sport}",
             '--cert', "$dir/cert.pem", '--cert-key', "$dir/cert.key",
             '--app', "$KEY:$SECRET", '--code-length', 8, @{$self->{args}}
            or _exit(127);
    }

    close $in;
    $self->{pid} = $pid;
    $running{$pid} = 1;

    my $ready = IO::Select->new($out)->can_read($PhoneVerify::Env::PATIENCE)
                ? <$out> : undef;

    die "the simulator did not start: " . slurp("$dir/stderr.log")
        unless defined $ready && $ready =~ /listening/;

    $self->{out} = $out;
    $self->_front_up if $self->{front};
}


sub down {
    my ($self, $signal) = @_;

    my $pid = delete $self->{pid} or return;

    for ($pid, delete $self->{front_pid} // ()) {
        kill $signal || 'TERM', $_;
        waitpid $_, 0;
        delete $running{$_};
    }
}


sub url   { return "http://127.0.0.1:$_[0]{port}" }
sub https {
    my ($self) = @_;

    my $port = $ENV{TEST_SINCH_USE_HTTP2} ? $self->_front : $self->{sport};
    return "https://localhost:$port";
}


# With TEST_SINCH_USE_HTTP2 an nginx before it speaks HTTP/2.

sub _front {
    my ($self) = @_;

    $self->_front_up unless $self->{front};
    return $self->{front};
}


sub _front_up {
    my ($self) = @_;

    $self->{front} ||= port();
    my $dir = $self->{front_dir} ||= new_dir();

    spew("$dir/nginx.conf", <<"EOC");
daemon off;
pid $dir/nginx.pid;
error_log $dir/error.log;
events { worker_connections 4096; }
http {
    access_log off;
    client_body_temp_path $dir/body;
    proxy_temp_path $dir/proxy;
    fastcgi_temp_path $dir/fastcgi;
    uwsgi_temp_path $dir/uwsgi;
    scgi_temp_path $dir/scgi;
    server {
        listen 127.0.0.1:$self->{front} ssl http2;
        ssl_certificate $self->{dir}/cert.pem;
        ssl_certificate_key $self->{dir}/cert.key;
        location / {
            proxy_pass http://127.0.0.1:$self->{port};
            proxy_http_version 1.1;
            proxy_set_header Host \$host;
            proxy_set_header Connection "";
            proxy_buffering off;
        }
    }
}
EOC

    my $pid = fork;
    die "fork: $!" unless defined $pid;

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDERR, '>>', "$dir/stderr.log";
        exec PhoneVerify::Env::binary(), '-p', $dir, '-c', "$dir/nginx.conf"
            or _exit(127);
    }

    $running{$pid} = 1;
    $self->{front_pid} = $pid;

    wait_until('the front', sub {
        IO::Socket::INET->new(PeerAddr => "127.0.0.1:$self->{front}");
    });
}
sub ca    { return "$_[0]{dir}/ca.pem" }
sub dir   { return $_[0]{dir} }


# The control API: what came, as JSON.

sub control {
    my ($self, $method, $path, $body) = @_;

    my $c = PhoneVerify::HTTP->connect($self->{port});
    $c->request($method, $path, [ 'Connection: close' ], $body);
    my $r = $c->response or die "the simulator does not answer\n";

    die "simulator: $method $path: " . $r->body . "\n"
        unless $r->status =~ /^2/;

    return $r->json;
}


# What phones have got, oldest first; of one number if it is given.

sub outbox {
    my ($self, $number) = @_;

    my $query = '';

    if (defined $number) {
        ($query = "?number=$number") =~ s/\+/%2B/;
    }

    return @{$self->control(GET => "/outbox$query")->{items}};
}


# The last code that a number was sent.

sub code {
    my ($self, $number) = @_;

    my ($last) = reverse grep { defined $_->{code} } $self->outbox($number);
    return $last ? $last->{code} : undef;
}


# What it was asked for under /verification, oldest first.

sub requests {
    my ($self) = @_;
    return @{$self->control(GET => '/_sim/requests')->{items}};
}


sub starts {
    my ($self) = @_;

    return scalar grep {
        $_->{method} eq 'POST'
        && $_->{path} =~ m{^/verification/v1/verifications/?$}
    } $self->requests;
}


# Codes that are long enough to be told from what else a log may have, as those
# are that are sent here unless a test asks for others.

sub codes {
    my ($self) = @_;

    return () unless $self->{pid};

    return grep { defined && length >= 6 } map { $_->{code} } $self->outbox;
}


# How many starts and reports it was sent, but for those whose signature it did
# not believe: such a one may be signed again.

sub sent {
    my ($self) = @_;

    my %sent = (start => 0, report => 0);

    for ($self->{pid} ? $self->requests : ()) {
        next if ($_->{status} || 0) == 401;
        $sent{start}++ if $_->{method} eq 'POST';
        $sent{report}++ if $_->{method} eq 'PUT';
    }

    return %sent;
}


# How many starts had a reference that an earlier one had.

sub started_again {
    my ($self) = @_;

    return 0 unless $self->{pid};

    my (%seen, $again);

    for ($self->requests) {
        next unless $_->{method} eq 'POST' && defined $_->{body}
                    && $_->{body} =~ /"reference":"([^"]+)"/;
        $again++ if $seen{$1}++;
    }

    return $again || 0;
}


# Every number that it has heard of.

sub numbers {
    my ($self) = @_;

    return () unless $self->{pid};

    my %seen = map { ($_->{identity}{endpoint} => 1) }
               @{$self->control(GET => '/_sim/verifications')->{items}};

    return sort keys %seen;
}


sub _certificates {
    my ($self) = @_;

    my ($ca, $ca_key) = CERT_create(CA => 1,
        subject => { commonName => 'Simulator test CA' });

    my ($cert, $key) = CERT_create(
        subject         => { commonName => 'localhost' },
        subjectAltNames => [ [ DNS => 'localhost' ], [ IP => '127.0.0.1' ] ],
        issuer          => [ $ca, $ca_key ]);

    spew("$self->{dir}/ca.pem", PEM_cert2string($ca));
    spew("$self->{dir}/cert.pem", PEM_cert2string($cert));
    spew("$self->{dir}/cert.key", PEM_key2string($key));
}


END {
    if ($$ == $owner) {
        local $?;
        kill 'TERM', keys %running;
        waitpid $_, 0 for keys %running;
    }
}


1;
