package Sinch::Simulator::TestProgram;
use Mojo::Base -base, -signatures;

use File::Temp ();
use FindBin qw($Bin);
use IO::Select ();
use IO::Socket::INET ();
use IPC::Open3 qw(open3);
use Mojo::UserAgent;
use POSIX qw(WNOHANG);
use Sinch::Simulator::Clock     qw(now stamp);
use Sinch::Simulator::Signature qw(sign);
use Symbol qw(gensym);

# The program itself, run by a test; and raw connections to it.
has key    => '11111111-2222-3333-4444-555555555555';
has secret => 'AAECAwQFBgcICQoLDA0ODw==';
has ua     => sub { Mojo::UserAgent->new(insecure => 1) };
has [qw(pid ready http https)];

my $PROGRAM = "$Bin/../sinch-simulator";

# Runs it to its end; returns exit code, stdout, stderr.
sub run ($class, @arguments) {
    my $pid = open3(my $in, my $out, my $err = gensym, $^X, $PROGRAM,
        @arguments);
    close $in;
    local $/;
    my ($stdout, $stderr) = (scalar <$out>, scalar <$err>);
    waitpid $pid, 0;
    return $? >> 8, $stdout, $stderr;
}

# Starts it and waits for the line that says it is ready.
sub start ($self, @arguments) {
    my $log = File::Temp->new;
    open my $err, '>&', $log or die $!;
    $self->{log} = $log;
    $self->{pid} = open3(my $in, my $out, '>&' . fileno $err, $^X, $PROGRAM,
        '--app', $self->key . ':' . $self->secret, @arguments);
    close $in;
    $self->{out} = $out;

    die "not ready\n" unless IO::Select->new($out)->can_read(10);
    my $ready = readline $out // die "it ended: " . $self->log;
    chomp $ready;
    my ($http)  = $ready =~ m{(http://\S+)};
    my ($https) = $ready =~ m{(https://\S+)};
    return $self->ready($ready)->http($http)->https($https);
}

sub log ($self) {
    open my $handle, '<', $self->{log}->filename or die $!;
    local $/;
    return scalar <$handle>;
}

# Sends a signal and waits for the end; returns the exit status, undef if there
# is no end.
sub stop ($self, $signal = 'TERM') {
    my $pid = delete $self->{pid} // return undef;
    kill $signal => $pid;
    for (1 .. 500) {
        return $? if waitpid($pid, WNOHANG) == $pid;
        select undef, undef, undef, 0.01;
    }
    kill KILL => $pid;
    waitpid $pid, 0;
    return undef;
}

sub DESTROY ($self) {
    local ($?, $@);
    $self->stop if $self->{pid};
}

sub control ($self, $verb, $path, $body = undef) {
    my $tx = $self->ua->build_tx($verb => $self->http . $path,
        defined $body ? (json => $body) : ());
    return $self->ua->start($tx)->res->json;
}

sub fault ($self, %fault) {
    return $self->control(POST => '/_sim/faults', \%fault);
}

# A signed start, as the bytes that go over the wire.
sub request ($self, $number = '+46700000001') {
    my $body = qq({"identity":{"type":"number","endpoint":"$number"},)
        . '"method":"sms"}';
    my $path      = '/verification/v1/verifications';
    my $timestamp = stamp(now()) . 'Z';
    my $signature = sign($self->secret,
        method       => 'POST',
        content_type => 'application/json',
        timestamp    => $timestamp,
        path         => $path,
        body         => $body,
    );
    return join "\r\n", "POST $path HTTP/1.1", 'Host: localhost',
        'Authorization: Application ' . $self->key . ":$signature",
        "x-timestamp: $timestamp", 'Content-Type: application/json',
        'Content-Length: ' . length $body, '', $body;
}

sub connect ($self, $url = $self->http) {
    my ($scheme, $where) = $url =~ m{\A(\w+)://(\S+)\z};
    my $class = $scheme eq 'https' ? 'IO::Socket::SSL' : 'IO::Socket::INET';
    require IO::Socket::SSL if $scheme eq 'https';
    return $class->new(PeerAddr => $where, Timeout => 5, SSL_verify_mode => 0)
        // die "cannot connect to $url: $!";
}

# Reads until the end, until it matches, or until nothing more comes for some
# seconds. Returns the bytes and how it stopped: end, reset, match, or silence.
sub read_all ($self, $socket, $until = undef, $seconds = 5) {
    # with TLS there may be something to read that is no data
    $socket->blocking(0);
    my $bytes  = '';
    my $select = IO::Select->new($socket);
    while (1) {
        return $bytes, 'silence'
            unless $socket->can('pending') && $socket->pending
            || $select->can_read($seconds);
        my $read = sysread $socket, my $chunk, 65_536;
        return $bytes, $!{ECONNRESET} ? 'reset' : 'end'
            unless defined $read ? $read > 0 : $!{EAGAIN};
        $bytes .= $chunk // '';
        return $bytes, 'match' if $until && $bytes =~ $until;
    }
}

1;
