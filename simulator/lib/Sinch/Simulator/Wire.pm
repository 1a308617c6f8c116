package Sinch::Simulator::Wire;
use Mojo::Base -strict, -signatures;

use Exporter qw(import);
use Mojo::IOLoop;
use Mojo::Util qw(encode);
use Socket qw(SOL_SOCKET SO_LINGER);
use Sinch::Simulator::JSON ();
use Sinch::Simulator::Refusal ();

our @EXPORT_OK = qw(respond);

# Puts an answer on the wire: whole, or as badly as a fault wants it.

# What a fault makes of the answer ({status, headers, body}) before it is sent.
my %CHANGE = (
    status => sub ($fault, $answer) {
        return {
            status  => $fault->{status} // 500,
            headers => $fault->{headers},
            body    => $fault->{body} // '',
        };
    },
    error => sub ($fault, $answer) {
        my $refusal = eval {
            Sinch::Simulator::Refusal->throw(@$fault{qw(errorCode message)});
        } || $@;
        return {%{$refusal->answer}, headers => $fault->{headers}};
    },
    redirect => sub ($fault, $answer) {
        return {
            status  => $fault->{status} // 302,
            headers => {%{$fault->{headers} // {}}, Location => $fault->{url}},
            body    => '',
        };
    },
    json => sub ($fault, $answer) {
        return {
            status  => $fault->{status} // 200,
            headers => $fault->{headers},
            body    => Sinch::Simulator::JSON::encode($fault->{body}),
        };
    },
    merge => sub ($fault, $answer) {
        my %body = (%{$answer->{body}}, %{$fault->{members}});
        delete @body{@{$fault->{remove} // []}};
        return {%$answer, body => \%body};
    },
    broken => sub ($fault, $answer) {
        my $json = _bytes($answer->{body});
        return {%$answer,
            body => $fault->{body} // substr($json, 0, length($json) / 2)};
    },
    headers => sub ($fault, $answer) {
        my $filler = 'x' x 1000;
        my %huge = map { ("X-Filler-$_" => $filler) }
            1 .. ($fault->{bytes} // 262_144) / 1000;
        return {%$answer, headers => {%{$answer->{headers} // {}}, %huge}};
    },
);

# How a fault sends it, if not whole.
my %SEND = (
    drop  => sub ($c, $stream, $fault, $answer) { $stream->close },
    reset => \&_reset,
    hang  => sub (@) { },
    raw   => sub ($c, $stream, $fault, $answer) {
        _write_and_close($stream, encode('UTF-8', $fault->{body}));
    },
    half => sub ($c, $stream, $fault, $answer) {
        my ($head, $body) = _raw($answer);
        _write_and_close($stream, $head . substr $body, 0, length($body) / 2);
    },
    drip => sub ($c, $stream, $fault, $answer) {
        my ($head, $body) = _raw($answer);
        _drip($stream, $head . $body, ($fault->{every} // 1000) / 1000);
    },
    endless => sub ($c, $stream, $fault, $answer) {
        my ($head) = _raw($answer, 'Transfer-Encoding: chunked');
        $stream->write($head => \&_endless);
    },
);

# Answers the request. Done is called with the HTTP status, or undef where
# nothing like an answer was sent.
sub respond ($c, $fault, $answer, $done) {
    my $kind = $fault ? $fault->{kind} : '';
    $answer = $CHANGE{$kind}->($fault, $answer) if $CHANGE{$kind};

    if (my $send = $SEND{$kind}) {
        my $stream = Mojo::IOLoop->stream($c->tx->connection);
        $done->($kind =~ /\A(?:drop|reset|hang)\z/ ? undef
            : $answer->{status});
        $send->($c, $stream, $fault, $answer) if $stream;
        return;
    }

    _close_later($c, $fault->{after} // 0) if $kind eq 'close';
    my $headers = $c->res->headers;
    my $extra   = $answer->{headers} // {};
    $headers->content_type('application/json; charset=utf-8');
    $headers->header($_ => $extra->{$_}) for keys %$extra;
    $done->($answer->{status});
    $c->render(data => _bytes($answer->{body}), status => $answer->{status});
}

# Closes the connection after the answer, though it was to be kept alive.
sub _close_later ($c, $milliseconds) {
    my $id = $c->tx->connection;
    $c->tx->on(finish => sub {
        Mojo::IOLoop->timer($milliseconds / 1000,
            sub { Mojo::IOLoop->remove($id) });
    });
}

sub _bytes ($body) {
    return ref $body ? Sinch::Simulator::JSON::encode($body)
        : encode('UTF-8', $body);
}

sub _raw ($answer, $length = undef) {
    my $body  = _bytes($answer->{body});
    my $extra = $answer->{headers} // {};
    my @lines = (
        "HTTP/1.1 $answer->{status} Answer",
        'Content-Type: application/json; charset=utf-8',
        $length // 'Content-Length: ' . length $body,
        'Connection: close',
        map { "$_: $extra->{$_}" } sort keys %$extra,
    );
    return join("\r\n", @lines, '', ''), $body;
}

sub _write_and_close ($stream, $bytes) {
    $stream->write($bytes => sub ($stream) { $stream->close });
}

# A close that sends RST instead of FIN.
sub _reset ($c, $stream, $fault, $answer) {
    setsockopt $stream->handle, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
    $stream->close;
}

sub _drip ($stream, $bytes, $seconds) {
    my $at = 0;
    my $id = Mojo::IOLoop->recurring($seconds => sub ($loop) {
        return $stream->close if $at >= length $bytes;
        $stream->write(substr $bytes, $at++, 1);
    });
    $stream->on(close => sub { Mojo::IOLoop->remove($id) });
}

sub _endless ($stream) {
    my $chunk = ' ' x 16_384;
    $stream->write(sprintf("%x\r\n%s\r\n", length $chunk, $chunk)
        => \&_endless);
}

1;
