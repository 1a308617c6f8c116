package TransportTest;

# For the tests of src/transport: an nginx with the test module and nothing
# else of ours, peers that misbehave in ways that no good server can be made
# to, a small name server, and certificates good and bad.
#
#     my $t = TransportTest->new();
#     my $port = free_port();
#     my $peer = $t->peer($port, sub {
#         my ($peer, $c) = @_;
#         my $r = $peer->read_request($c) or return;
#         $peer->respond($c, 200, 'hello');
#     });
#
#     $t->conf(server => <<"EOF")->start();
#         location = /x { transport_test http://127.0.0.1:$port insecure; }
#     EOF
#
#     is($t->get('/x?m=POST&b=body')->{outcome}, 'RECEIVED');
#     is($peer->count('REQUEST POST'), 1);
#     $t->finish();
#
# Beside what conf() is given there are /static and /stats.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use parent 'PhoneVerify::Nginx';

use Exporter qw(import);
use IO::Select;
use IO::Socket::INET;
use IO::Socket::IP;
use IO::Socket::SSL;
use IO::Socket::SSL::Utils;
use POSIX qw(_exit);
use Socket qw(IPPROTO_TCP TCP_NODELAY);

use PhoneVerify::Env qw(module slurp spew wait_until);
use PhoneVerify::Log qw(expect_log);

our @EXPORT = qw(escape expect_log free_port slurp unescape wait_until);
our @EXPORT_OK = qw(frame);

$SIG{PIPE} = 'IGNORE';
$SIG{INT} = $SIG{TERM} = sub { exit 1 };

# a name that is not found must not take the minutes that a resolver has
$ENV{RES_OPTIONS} = 'timeout:1 attempts:1';

my ($owner, @children) = ($$);


# The base has a port() of its own: the one that nginx listens on.

sub free_port { return PhoneVerify::Env::port() }


sub conf {
    my ($self, %arg) = @_;

    $self->{arg} = { %{$self->{arg}}, %arg };

    my %a = %{$self->{arg}};

    $a{server} = ($a{server} || '') . <<'EOF';
location = /static { return 200 "static\n"; }
location = /stats { transport_test_stats; }
EOF

    my $text = defined $a{whole} ? $a{whole} : $self->_conf(%a);

    if (($a{events} || '') =~ /worker_connections/) {
        $text =~ s/worker_connections 512;//;
    }

    spew($self->dir . '/nginx.conf',
         'load_module ' . module('phone_verify_transport_test') . ";\n"
         . $text);

    return $self;
}


# What is counted here is a worker's own.

sub new {
    my ($class, %arg) = @_;
    return $class->SUPER::new(workers => 1, %arg);
}


# Without a master the process itself is the worker.

sub workers {
    my ($self) = @_;

    return $self->pid if ($self->{arg}{main} || '') =~ /master_process off/;
    return $self->SUPER::workers();
}


# Writes a file into the test's directory, returns its path.

sub write_file {
    my ($self, $name, $text) = @_;

    return spew($self->dir . "/$name", $text);
}


# A request to nginx; returns its socket.

sub request {
    my ($self, $uri, %arg) = @_;

    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                  PeerPort => $arg{port} || $self->{port})
        or die "connect: $!";

    print $s "GET $uri HTTP/1.1\r\nHost: localhost\r\n"
             . "Connection: close\r\n\r\n";
    $s->flush();

    return $s;
}


# The answer to it: { code, text, and outcome, status, error, ... body }

sub answer {
    my ($self, $s) = @_;

    my ($text, $sel) = ('', IO::Select->new($s));

    while ($sel->can_read($PhoneVerify::Env::PATIENCE)) {
        my $n = sysread $s, $text, 65536, length $text;
        last unless $n;
    }

    my %h = (text => $text);
    my ($head, $body) = split /\r\n\r\n/, $text, 2;

    ($h{code}) = defined $head ? $head =~ m{^HTTP/\S+ (\d+)} : ();
    $h{code} = 0 unless defined $h{code};

    if (defined $body) {
        my ($fields, $rest) = split /\n\n/, $body, 2;
        $h{body} = $rest;
        for (split /\n/, defined $fields ? $fields : '') {
            $h{$1} = $2 if /^(\w+):(.*)/;
        }
    }

    return \%h;
}


sub get {
    my ($self, $uri) = @_;
    return $self->answer($self->request($uri));
}


# True if nothing has been answered yet.

sub pending {
    my ($self, $s) = @_;
    return !IO::Select->new($s)->can_read(0);
}


sub stats {
    my ($self) = @_;
    return $self->get('/stats');
}


sub escape {
    my ($s) = @_;
    $s =~ s/([^A-Za-z0-9_.-])/sprintf '%%%02X', ord $1/ge;
    return $s;
}


sub unescape {
    my ($s) = @_;
    $s =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
    return $s;
}


# --- peers -----------------------------------------------------------------

# A server on a port: $code->($peer, $connection, $number of the connection),
# each connection in a process of its own.  tls => { SSL_cert_file, ... }

sub peer {
    my ($self, $port, $code, %arg) = @_;

    my $addr = $arg{addr} || '127.0.0.1';
    my $listen = IO::Socket::IP->new(
        LocalHost => $addr, LocalPort => $port,
        Listen => 128, ReuseAddr => 1, Proto => 'tcp')
        or die "$addr:$port: $@";

    # one context for all connections, so that sessions can be resumed
    my $ctx;
    if ($arg{tls}) {
        $ctx = IO::Socket::SSL::SSL_Context->new(SSL_server => 1,
            SSL_session_id_context => 'test', %{$arg{tls}})
            or die "TLS: $IO::Socket::SSL::SSL_ERROR";
    }

    my $peer = bless { file => "$self->{dir}/peer-$addr-$port.log",
                       port => $port, dir => $self->{dir} },
               'TransportTest::Peer';

    my $pid = fork();
    die "fork: $!" unless defined $pid;

    if ($pid == 0) {
        $SIG{INT} = $SIG{TERM} = 'DEFAULT';
        $SIG{CHLD} = 'IGNORE';
        setpgrp(0, 0);
        my ($n, $sel) = (0, IO::Select->new($listen));

        while (getppid() == $owner) {
            next unless $sel->can_read(1);
            my $c = $listen->accept() or next;
            $n++;
            $c->setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
            my $child = fork();
            if ($child == 0) {
                $peer->note("OPEN $n");
                if ($ctx) {
                    $c = IO::Socket::SSL->start_SSL($c, SSL_server => 1,
                                                    SSL_reuse_ctx => $ctx);
                    if (!$c) {
                        $peer->note("NOTLS $n");
                        _exit(0);
                    }
                    $peer->note('TLS ' . $c->get_sslversion()
                        . (Net::SSLeay::session_reused($c->_get_ssl_object())
                           ? ' resumed' : ' full'));
                }
                eval { $code->($peer, $c, $n) };
                $peer->note("DIED $@") if $@;
                $c->close();
                _exit(0);
            }
            close $c;
        }

        _exit(0);
    }

    close $listen;
    setpgrp($pid, $pid);
    $peer->{pid} = $pid;
    push @children, -$pid;

    return $peer;
}


sub kill_peer {
    my ($self, $peer) = @_;
    kill 'KILL', -$peer->{pid};
    waitpid $peer->{pid}, 0;
    @children = grep { $_ != -$peer->{pid} } @children;
}


# A frame of HTTP/2.

sub frame {
    my ($type, $flags, $stream, $payload) = @_;
    return substr(pack('N', length $payload), 1)
           . pack('CCN', $type, $flags, $stream) . $payload;
}


# A name server.  Its zone is the file "zone" of the test's directory, read
# anew for each query: lines of NAME TTL ADDRESS...; NAME "silent" or "fail".
# What it is asked goes to dns.log.

sub dns {
    my ($self, $port) = @_;

    my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $port, Proto => 'udp') or die "$port: $!";

    my $peer = bless { file => "$self->{dir}/dns.log", port => $port,
                       dir => $self->{dir} }, 'TransportTest::Peer';

    my $pid = fork();
    die "fork: $!" unless defined $pid;

    if ($pid == 0) {
        $SIG{INT} = $SIG{TERM} = 'DEFAULT';
        setpgrp(0, 0);
        my $sel = IO::Select->new($s);

        while (getppid() == $owner) {
            next unless $sel->can_read(1);
            my $from = recv $s, my $query, 4096, 0;
            next unless defined $from && length $query > 12;

            my ($id) = unpack 'n', $query;
            my ($at, @labels) = (12);
            while (my $len = ord substr $query, $at, 1) {
                push @labels, substr $query, $at + 1, $len;
                $at += 1 + $len;
            }
            my $type = unpack 'n', substr $query, $at + 1, 2;
            my $question = substr $query, 12, $at + 5 - 12;
            my $name = join '.', @labels;

            $peer->note("QUERY $name $type");

            my ($line) = grep { /^\Q$name\E / }
                         split /\n/, slurp("$self->{dir}/zone");
            my ($ttl, @addrs);
            (undef, $ttl, @addrs) = split ' ', $line if $line;

            next if defined $ttl && $ttl eq 'silent';

            my ($code, $answers, $n) = ($line ? 0 : 3, '', 0);
            $code = 2 if defined $ttl && $ttl eq 'fail';

            for my $addr ($code ? () : @addrs) {
                my $six = $addr =~ /:/;
                next unless $type == ($six ? 28 : 1);
                my $data = Socket::inet_pton($six ? Socket::AF_INET6()
                                                  : Socket::AF_INET(), $addr);
                $answers .= pack('nnnNn', 0xc00c, $type, 1, $ttl,
                                 length $data) . $data;
                $n++;
            }

            send $s, pack('nnnnnn', $id, 0x8180 | $code, 1, $n, 0, 0)
                     . $question . $answers, 0, $from;
        }

        _exit(0);
    }

    close $s;
    setpgrp($pid, $pid);
    $peer->{pid} = $pid;
    push @children, -$pid;

    return $peer;
}


sub zone {
    my ($self, @lines) = @_;
    $self->write_file('zone', join '', map { "$_\n" } @lines);
}


# Certificates in the test's directory: ca.pem signs good, expired and wrong
# (its name is another one); self signs itself.  Names as asked for.

sub certificates {
    my ($self, @names) = @_;

    my @alt = map { [ DNS => $_ ] } @names;
    push @alt, [ IP => '127.0.0.1' ];

    my ($ca, $ca_key) = CERT_create(CA => 1,
                                    subject => { commonName => 'Test CA' });
    my $now = time;

    my %kinds = (
        good    => [ subject => { commonName => $names[0] },
                     subjectAltNames => \@alt,
                     issuer => [ $ca, $ca_key ] ],
        expired => [ subject => { commonName => $names[0] },
                     subjectAltNames => \@alt,
                     not_before => $now - 20 * 86400,
                     not_after => $now - 10 * 86400,
                     issuer => [ $ca, $ca_key ] ],
        wrong   => [ subject => { commonName => 'wrong.test' },
                     subjectAltNames => [ [ DNS => 'wrong.test' ] ],
                     issuer => [ $ca, $ca_key ] ],
        self    => [ subject => { commonName => $names[0] },
                     subjectAltNames => \@alt ],
    );

    $self->write_file('ca.pem', PEM_cert2string($ca));

    for my $kind (keys %kinds) {
        my ($cert, $key) = CERT_create(@{$kinds{$kind}});
        $self->write_file("$kind.pem", PEM_cert2string($cert));
        $self->write_file("$kind.key", PEM_key2string($key));
    }
}


sub tls {
    my ($self, $kind, %arg) = @_;

    return { SSL_cert_file => "$self->{dir}/$kind.pem",
             SSL_key_file => "$self->{dir}/$kind.key", %arg };
}


END {
    if ($$ == $owner) {
        local $?;
        kill 'KILL', @children;
        waitpid -$_, 0 for @children;
    }
}


package TransportTest::Peer;

use strict;
use warnings;

use POSIX qw(_exit);
use Socket qw(SOL_SOCKET SO_LINGER);


sub note {
    my ($self, $line) = @_;

    open my $fh, '>>', $self->{file} or die "$self->{file}: $!";
    syswrite $fh, "$line\n";
}


sub log {
    my ($self) = @_;
    return PhoneVerify::Env::slurp($self->{file});
}


# how many lines of its log match

sub count {
    my ($self, $re) = @_;
    my @n = grep { /$re/ } split /\n/, $self->log();
    return scalar @n;
}


sub wait_count {
    my ($self, $re, $n) = @_;
    return PhoneVerify::Env::wait_until("$n of $re at the peer",
                                   sub { $self->count($re) >= $n });
}


# Waits, in a peer, for a file that the test writes.

sub wait_file {
    my ($self, $name) = @_;
    select undef, undef, undef, 0.02 while !-e "$self->{dir}/$name";
}


# Reads one request: { method, target, head, body }; noted when it is whole.

sub read_request {
    my ($self, $c) = @_;

    my $buf = defined $self->{rest} ? $self->{rest} : '';

    while ($buf !~ /\r\n\r\n/) {
        my $n = sysread $c, $buf, 65536, length $buf;
        if (!$n) {
            $self->note($buf eq '' ? 'EOF' : 'CUT');
            return;
        }
    }

    my ($head, $body) = split /\r\n\r\n/, $buf, 2;
    my ($method, $target) = $head =~ /^(\S+) (\S+)/;
    my ($length) = $head =~ /^Content-Length: (\d+)/im;
    $length = 0 unless defined $length;

    while (length $body < $length) {
        my $n = sysread $c, $body, 65536, length $body;
        if (!$n) {
            $self->note("CUT $method $target");
            return;
        }
    }

    $self->{rest} = substr $body, $length, length($body) - $length, '';
    $self->note("REQUEST $method $target " . substr $body, 0, 40);

    return { method => $method, target => $target, head => $head,
             body => $body };
}


# Speaks HTTP/2 by hand: $code->($stream, $body) for each request when it is
# whole, until it returns false.  Without a body $body is undefined.

sub serve_http2 {
    my ($self, $c, $code) = @_;

    my ($buf, %body) = ('');

    my $need = sub {
        my ($n) = @_;
        while (length $buf < $n) {
            sysread $c, $buf, 65536, length $buf or return;
        }
        return 1;
    };

    $need->(24) or return;
    $buf =~ s{^PRI \* HTTP/2\.0\r\n\r\nSM\r\n\r\n}{} or die "no preface";

    $self->send($c, TransportTest::frame(4, 0, 0, ''));

    while ($need->(9)) {
        my $len = unpack 'N', "\0" . substr $buf, 0, 3;
        my (undef, $type, $flags, $stream) = unpack 'a3CCN', $buf;
        $need->(9 + $len) or return;
        my $payload = substr $buf, 9, $len;
        substr $buf, 0, 9 + $len, '';

        if ($type == 4 && !($flags & 1)) {
            $self->send($c, TransportTest::frame(4, 1, 0, ''));
        }

        $body{$stream} .= $payload if $type == 0;

        next unless ($type == 0 || $type == 1) && ($flags & 1);

        $code->($stream, $body{$stream}) or return;
    }
}


sub send {
    my ($self, $c, $text) = @_;

    while (length $text) {
        my $n = syswrite $c, $text, length $text;
        return 0 unless $n;
        substr $text, 0, $n, '';
    }

    return 1;
}


sub respond {
    my ($self, $c, $code, $body, @headers) = @_;

    return $self->send($c, join "\r\n", "HTTP/1.1 $code X",
                       'Content-Length: ' . length($body), @headers, '',
                       $body);
}


# Ends a connection with a reset.

sub reset {
    my ($self, $c) = @_;

    setsockopt $c, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
    POSIX::close(fileno $c);
    _exit(0);
}


1;
