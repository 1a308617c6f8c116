package PhoneVerify::Visitor;

# A browser of sorts: it keeps cookies from one request to the next.
#
#     my $v = $nginx->visitor;
#     $v->post('/verify/start', { number => '+46700000001' });   # JSON
#     $v->post('/verify/start', 'number=%2B46700000001');        # a form
#     $v->get('/', 'Accept: text/html');
#
# Each returns a PhoneVerify::Response; each has a connection of its own.
# The cookies are a hash, to look into, copy and change: $v->cookies.

use strict;
use warnings;

use PhoneVerify::HTTP;
use PhoneVerify::HTTP2;

my %numbers;


sub new {
    my ($class, %arg) = @_;
    return bless { %arg, cookies => { %{$arg{cookies} || {}} } }, $class;
}


sub cookies { return $_[0]{cookies} }


# Every number that was given in a body of JSON: no log may have it.

sub numbers { return keys %numbers }


# Another one with the same cookies: a second tab, or who stole them.

sub copy {
    my ($self) = @_;
    return ref($self)->new(%$self);
}


sub get  { my ($self, $uri, @h) = @_; return $self->send(GET => $uri, \@h) }
sub head { my ($self, $uri, @h) = @_; return $self->send(HEAD => $uri, \@h) }


sub post {
    my ($self, $uri, $body, @h) = @_;
    return $self->send(POST => $uri, \@h, $body);
}


sub put {
    my ($self, $uri, $body, @h) = @_;
    return $self->send(PUT => $uri, \@h, $body);
}


sub send {
    my ($self, @what) = @_;

    my $c = $self->begin(@what);
    my $r = $self->end($c);
    die "no answer to $what[0] $what[1]\n" unless $r;

    return $r;
}


# The same in two halves: begin() returns the connection, whose answer end()
# waits for and takes the cookies of.

sub begin {
    my ($self, $method, $uri, $headers, $body) = @_;

    my @lines = @{$headers || []};

    $numbers{$body->{number}} = 1
        if ref $body eq 'HASH' && ($body->{number} || '') =~ /^\+[0-9]{7,}$/;

    unshift @lines, 'Cookie: ' . join '; ',
        map { "$_=$self->{cookies}{$_}" } sort keys %{$self->{cookies}}
            if %{$self->{cookies}};

    if (defined $body && !ref $body && !grep { /^Content-Type:/i } @lines) {
        push @lines, 'Content-Type: application/x-www-form-urlencoded';
    }

    my $c = $self->{http2}
            ? PhoneVerify::HTTP2->connect($self->{http2})
            : PhoneVerify::HTTP->connect($self->{port}, tls => $self->{tls});
    $c->request($method, $uri, [ @lines, 'Connection: close' ], $body);

    return $c;
}


sub end {
    my ($self, $c) = @_;

    my $r = $c->response or return;
    $self->take($r);

    return $r;
}


# Takes the cookies of an answer.

sub take {
    my ($self, $r) = @_;

    my $set = $r->cookies;

    for my $name (keys %$set) {
        if ($set->{$name} eq '') {
            delete $self->{cookies}{$name};
        } else {
            $self->{cookies}{$name} = $set->{$name};
        }
    }
}


1;
