package PhoneVerify::HTTP;

# A connection to nginx, under the test's control byte by byte.
#
#     my $c = PhoneVerify::HTTP->connect($port);  # tls => 1, from => address
#     $c->request(GET => '/', [ 'X-A: b' ]);          # HTTP/1.1, kept alive
#     my $r = $c->response;                           # undef if it was closed
#     $c->write("GET / HT");                          # raw
#     $c->close; $c->reset;
#
# Requests can be sent several at once; responses come back in order.  A
# response is a PhoneVerify::Response (below).

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use Socket qw(SOL_SOCKET SO_LINGER IPPROTO_TCP TCP_NODELAY);

use PhoneVerify::Env;


# How many requests there were, by what they may have sent to Sinch: where the
# path does not tell, each may have been either.

my %asked = (start => 0, report => 0, other => 0);

sub asked {
    return map { $_ => $asked{$_} + $asked{other} } qw(start report);
}


sub count {
    my ($uri) = @_;

    $asked{$uri =~ /start/ ? 'start' : $uri =~ /report/ ? 'report'
           : 'other'}++ if $uri !~ m{^/_sim/};
    return;
}


sub connect {
    my ($class, $port, %arg) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                       PeerPort => $port,
                                       LocalAddr => $arg{from})
        or die "connect to $port: $!\n";

    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;

    if ($arg{tls}) {
        require IO::Socket::SSL;
        IO::Socket::SSL->start_SSL($socket, SSL_verify_mode => 0,
                                   SSL_hostname => 'localhost')
            or die "TLS to $port: " . IO::Socket::SSL::errstr() . "\n";
    }

    return bless { socket => $socket, buf => '', asked => [] }, $class;
}


sub socket { return $_[0]{socket} }


sub write {
    my ($self, $bytes) = @_;

    local $SIG{PIPE} = 'IGNORE';

    count($1) while $bytes =~ /^(?:POST|PUT) (\S+) HTTP\//mg;

    while (length $bytes) {
        my $n = syswrite $self->{socket}, $bytes;
        return 0 unless $n;
        substr $bytes, 0, $n, '';
    }

    return 1;
}


# Headers are lines, without their ends. Host and Content-Length are added
# where there are none; a body that is a reference is sent as JSON.

sub request {
    my ($self, $method, $uri, $headers, $body) = @_;

    my @lines = @{$headers || []};
    my %has = map { /^([^:]+):/ ? (lc $1 => 1) : () } @lines;

    if (ref $body) {
        $body = JSON::PP->new->canonical->encode($body);
        push @lines, 'Content-Type: application/json'
            unless $has{'content-type'};
    }

    unshift @lines, 'Host: localhost' unless $has{host};
    push @lines, 'Content-Length: ' . length $body
        if defined $body && !$has{'content-length'}
           && !$has{'transfer-encoding'};

    push @{$self->{asked}}, $method;

    return $self->write(join "\r\n", "$method $uri HTTP/1.1", @lines, '',
                        defined $body ? $body : '');
}


# true: something is there, or it was closed

sub readable {
    my ($self, $seconds) = @_;

    return 1 if length $self->{buf};
    return $self->_wait($seconds || 0);
}


sub _more {
    my ($self) = @_;

    die "nginx does not answer\n"
        unless $self->_wait($PhoneVerify::Env::PATIENCE);

    my $n = sysread $self->{socket}, $self->{buf}, 65536, length $self->{buf};

    return $n ? 1 : 0;
}


sub _wait {
    my ($self, $seconds) = @_;

    my $s = $self->{socket};
    return 1 if $s->can('pending') && $s->pending;
    return IO::Select->new($s)->can_read($seconds) ? 1 : 0;
}


# One response; undef where the connection ended before its head was whole.

sub response {
    my ($self) = @_;

    my $method = shift @{$self->{asked}} || 'GET';
    my ($head, %r);

    while (1) {
        while ($self->{buf} !~ /\r\n\r\n/) {
            return unless $self->_more;
        }

        ($head) = $self->{buf} =~ /\A(.*?\r\n)\r\n/s;
        substr $self->{buf}, 0, length($head) + 2, '';

        %r = (head => $head, headers => [], body => '', whole => 1);
        ($r{status}) = $head =~ m{\AHTTP/\S+ (\d+)};
        last unless defined $r{status} && $r{status} < 200;
    }

    my @lines = split /\r\n/, $head;
    shift @lines;
    for (@lines) {
        push @{$r{headers}}, [ lc $1, $2 ] if /^([^:]+):\s*(.*)/;
    }

    my $r = bless \%r, 'PhoneVerify::Response';

    return $r if $method eq 'HEAD' || $r{status} =~ /^(?:204|304)$/;

    if (lc($r->header('transfer-encoding') || '') eq 'chunked') {
        while (1) {
            my $size = $self->_line;
            if (!defined $size) { $r{whole} = 0; last }

            my $n = hex $size;
            my $chunk = $self->_bytes($n + 2);
            if (length $chunk < $n + 2) {
                $r{body} .= $chunk;
                $r{whole} = 0;
                last;
            }

            $r{body} .= substr $chunk, 0, $n;
            last unless $n;
        }

    } elsif (defined(my $n = $r->header('content-length'))) {
        $r{body} = $self->_bytes($n);
        $r{whole} = 0 if length $r{body} < $n;

    } else {
        1 while $self->_more;
        $r{body} = $self->{buf};
        $self->{buf} = '';
    }

    return $r;
}


sub _line {
    my ($self) = @_;

    while ($self->{buf} !~ /\r\n/) {
        return unless $self->_more;
    }

    $self->{buf} =~ s/\A(.*?)\r\n//s;
    return $1;
}


sub _bytes {
    my ($self, $n) = @_;

    while (length $self->{buf} < $n) {
        last unless $self->_more;
    }

    return substr $self->{buf}, 0, $n, '';
}


# true if nginx closes without another byte

sub closed {
    my ($self) = @_;

    return 0 if length $self->{buf};
    return $self->_more ? 0 : 1;
}


sub close {
    my ($self) = @_;
    CORE::close $self->{socket};
}


# Ends the connection with a reset instead of the usual way.

sub reset {
    my ($self) = @_;

    setsockopt $self->{socket}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
    CORE::close $self->{socket};
}


package PhoneVerify::Response;

use strict;
use warnings;

# status, body, head (as it came), whole (false: cut short)

sub status { return $_[0]{status} }
sub body   { return $_[0]{body} }
sub head   { return $_[0]{head} }
sub whole  { return $_[0]{whole} }


# The value of a header, or all of them, as a list.

sub header {
    my ($self, $name) = @_;

    my @values = map { $_->[1] }
                 grep { $_->[0] eq lc $name } @{$self->{headers}};

    return wantarray ? @values : $values[0];
}


# The body as JSON; an empty hash if it is none.

sub json {
    my ($self) = @_;

    my $value = eval { JSON::PP->new->utf8->decode($self->{body}) };
    return defined $value ? $value : {};
}


# Our error code in a problem+json answer, else ''.

sub code {
    my ($self) = @_;

    my $json = $self->json;

    return '' unless ref $json eq 'HASH' && defined $json->{code};
    return '' unless ($self->header('content-type') || '')
                     =~ m{^application/problem\+json\b};
    return $json->{code};
}


# Set-Cookie by name: { name => value }; one that is deleted has ''.

sub cookies {
    my ($self) = @_;

    my %cookies;

    for my $line ($self->header('set-cookie')) {
        my ($name, $value) = $line =~ /^([^=;\s]+)=([^;]*)/ or next;
        $value = '' if $line =~ /;\s*Max-Age=0\b/i;
        $cookies{$name} = $value;
    }

    return \%cookies;
}


1;
