package PhoneVerify::HTTP2;

# The same as PhoneVerify::HTTP, over HTTP/2 with prior knowledge: what each
# visitor speaks with TEST_NGINX_USE_HTTP2. Raw bytes cannot be written.

use strict;
use warnings;

use parent 'PhoneVerify::HTTP';

use JSON::PP ();
use Time::HiRes qw(time);

use PhoneVerify::Env;


# What HTTP/2 has no place for.

my %HOP = map { $_ => 1 } qw(connection host transfer-encoding keep-alive
                             upgrade);


sub connect {
    my ($class, $port) = @_;

    require Protocol::HTTP2::Client;

    my $self = $class->SUPER::connect($port);

    my $broken = \$self->{broken};

    $self->{client} = Protocol::HTTP2::Client->new(keepalive => 1,
        on_error => sub { $$broken = 1 });
    $self->{answers} = [];

    return $self;
}


sub request {
    my ($self, $method, $uri, $headers, $body) = @_;

    my ($host, @headers) = 'localhost';
    my %has;

    for (@{$headers || []}) {
        my ($name, $value) = /^([^:]+?)\s*:\s*(.*)/s or next;

        $has{$name = lc $name} = 1;
        $host = $value if $name eq 'host';
        push @headers, $name, $value unless $HOP{$name};
    }

    if (ref $body) {
        $body = JSON::PP->new->canonical->encode($body);
        push @headers, 'content-type', 'application/json'
            unless $has{'content-type'};
    }

    push @headers, 'content-length', length $body
        if defined $body && !$has{'content-length'};

    my $answer = { method => $method, data => '' };

    push @{$self->{answers}}, $answer;

    PhoneVerify::HTTP::count($uri) if $method =~ /^(?:POST|PUT)$/;

    $self->{client}->request(
        ':scheme' => 'http', ':authority' => $host, ':path' => $uri,
        ':method' => $method, headers => \@headers,
        on_headers => sub { $answer->{headers} = $_[0]; return 1 },
        on_data  => sub { $answer->{data} .= $_[0]; return 1 },
        on_done  => sub { $answer->{headers} ||= $_[0]; $answer->{done} = 1 },
        on_error => sub { $answer->{reset} = 1 },
        defined $body && length $body ? (data => $body) : ());

    return $self->_flush;
}


sub _flush {
    my ($self) = @_;

    while (my $frame = $self->{client}->next_frame) {
        $self->SUPER::write($frame) or return 0;
    }

    return 1;
}


# Reads once; false where the connection has ended.

sub _read {
    my ($self) = @_;

    my $n = sysread $self->{socket}, my $bytes, 65536;

    if (!$n) {
        $self->{ended} = 1;
        return 0;
    }

    $self->{client}->feed($bytes);
    $self->_flush;

    return 1;
}


sub _over {
    my ($self, $answer) = @_;
    return $answer->{done} || $answer->{reset} || $self->{ended}
           || $self->{broken};
}


# true: an answer has begun, or there will be none

sub readable {
    my ($self, $seconds) = @_;

    my $answer = $self->{answers}[0];
    my $until = time + ($seconds || 0);

    while (!$self->_over($answer) && !$answer->{headers}) {
        my $left = $until - time;

        return 0 unless $self->_wait($left > 0 ? $left : 0);
        $self->_read;
    }

    return 1;
}


sub response {
    my ($self) = @_;

    my $answer = shift @{$self->{answers}};

    while (!$self->_over($answer)) {
        die "nginx does not answer\n"
            unless $self->_wait($PhoneVerify::Env::PATIENCE);
        $self->_read;
    }

    return unless $answer->{headers};

    my @h = @{$answer->{headers}};
    my (%r, @lines);

    while (my ($name, $value) = splice @h, 0, 2) {
        if ($name eq ':status') {
            $r{status} = $value;
        } else {
            push @{$r{headers}}, [ lc $name, $value ];
            push @lines, "$name: $value\r\n";
        }
    }

    $r{headers} ||= [];
    $r{head} = join '', "HTTP/2 $r{status}\r\n", @lines;
    $r{body} = $answer->{data};
    $r{whole} = $answer->{done} ? 1 : 0;

    return bless \%r, 'PhoneVerify::Response';
}


sub closed {
    my ($self) = @_;

    while (!$self->{ended}) {
        die "nginx does not answer\n"
            unless $self->_wait($PhoneVerify::Env::PATIENCE);
        $self->_read;
    }

    return 1;
}


sub write { die "no raw bytes over HTTP/2\n" }


1;
