package Sinch::Simulator::Callbacks;
use Mojo::Base -base, -signatures;

use Mojo::IOLoop;
use Mojo::Promise;
use Mojo::URL;
use Mojo::UserAgent;
use Sinch::Simulator::Clock qw(now stamp);
use Sinch::Simulator::JSON  qw(encode);
use Sinch::Simulator::Signature qw(sign);

# Sends events to the callback URL, signed as Sinch signs them, or as a test
# wants them to be. Keeps what was sent and answered in a log.
has [qw(faults log settings)];
has held => sub { [] };

# a connection for each event: no event is lost on one that was just closed
has ua => sub {
    my $ua = Mojo::UserAgent->new(max_redirects => 0, max_connections => 0);
    $ua->transactor->name('sinch-simulator');
    return $ua;
};

sub url ($self) { return $self->settings->{callback} }

# Sends an event in the application's name, after some milliseconds unless a
# fault says otherwise. Returns {answer, first}: a promise of the answer, which
# is {status, content_type, body} or {error}; and whether a fault wants the
# event to be there before anything else goes on. Without a callback URL there
# is neither.
sub send ($self, $app, $event, $delay = 0) {
    return {} unless $self->url;

    my $body  = encode($event);
    my $fault = $self->faults->take('callback',
        text => $body, event => $event->{event}) // {};
    my $kind = $fault->{kind} // '';
    return {answer => $self->_suppress($body)}    if $kind eq 'drop';
    return {answer => $self->_hold($app, $body)} if $kind eq 'hold';

    my $copies = $kind eq 'duplicate' ? $fault->{copies} // 2 : 1;
    my $first  = $kind eq 'first';
    my $answer = $self->_later($fault->{delay} // ($first ? 0 : $delay), sub {
        my ($one) = map { $self->post($app, $body, %$fault) } 1 .. $copies;
        return $one;
    });
    return {answer => $answer, first => $first};
}

# Posts a body. How: signature (good, bad, key, none), scheme, timestamp,
# content_type, path (to sign), url. Returns a promise as send() does.
sub post ($self, $app, $body, %how) {
    my $url       = Mojo::URL->new($how{url} // $self->url);
    my $type      = $how{content_type} // 'application/json; charset=utf-8';
    my $timestamp = $how{timestamp}    // stamp(now()) . 'Z';
    my $path      = $url->path->to_string;
    my %headers   = ('Content-Type' => $type, 'x-timestamp' => $timestamp);

    my $authorization = $self->_authorization($app, \%how,
        method       => 'POST',
        content_type => $type,
        timestamp    => $timestamp,
        path         => $how{path} // (length $path ? $path : '/'),
        body         => $body,
    );
    $headers{Authorization} = $authorization if defined $authorization;

    my $entry = $self->log->append({
        time    => now(),
        url     => "$url",
        headers => {%headers},
        body    => $body,
        answer  => undef,
        $self->_named($body),
    });
    return $self->_transmit($url, \%headers, $body)->then(sub ($answer) {
        $entry->{answer} = $answer;
        $self->log->changed;
        return $answer;
    });
}

# Sends what was held back, in the order in which it came or in reverse, each
# when the one before it was answered. Returns a promise of how many there were.
sub release ($self, $reverse = 0) {
    my @held  = splice @{$self->held};
    my $chain = Mojo::Promise->resolve;
    for my $send ($reverse ? reverse @held : @held) {
        $chain = $chain->then($send);
    }
    return $chain->then(sub (@) { scalar @held });
}

# Forgets what is held back or waits for its time.
sub reset ($self) {
    $self->{generation}++;
    @{$self->held} = ();
    return $self;
}

sub _authorization ($self, $app, $how, %part) {
    my $kind = $how->{signature} // 'good';
    return undef if $kind eq 'none';

    my $scheme    = $how->{scheme} // 'application';
    my $key       = $kind eq 'key' ? "0$app" : $app;
    my $signature = sign($self->settings->{apps}{$app}, %part);
    $signature =~ s/\A(.)/$1 eq 'A' ? 'B' : 'A'/e if $kind eq 'bad';
    return "$scheme $key:$signature";
}

sub _transmit ($self, $url, $headers, $body) {
    my $settings = $self->settings;
    my $ua       = $self->ua;
    $ua->insecure($settings->{callback_insecure} ? 1 : 0);
    $ua->ca($settings->{callback_ca});
    $ua->connect_timeout($settings->{callback_timeout});
    $ua->request_timeout($settings->{callback_timeout});

    return $ua->post_p($url => $headers => $body)->then(
        sub ($tx) {
            my $response = $tx->res;
            return {
                status       => $response->code,
                content_type => $response->headers->content_type,
                body         => $response->body,
            };
        },
        sub ($error) { return {error => "$error"} },
    );
}

# What tests look for in the log.
sub _named ($self, $body) {
    my $event = eval { Sinch::Simulator::JSON::decode($body) };
    return unless ref $event eq 'HASH';
    return map { defined $event->{$_} && !ref $event->{$_}
        ? ($_ => $event->{$_}) : () } qw(event id method status reason);
}

sub _suppress ($self, $body) {
    $self->log->append({
        time       => now(),
        suppressed => \1,
        body       => $body,
        $self->_named($body),
    });
    return Mojo::Promise->resolve({error => 'suppressed'});
}

sub _hold ($self, $app, $body) {
    my $promise = Mojo::Promise->new;
    push @{$self->held}, sub (@) {
        $promise->resolve($self->post($app, $body));
        return $promise;
    };
    return $promise;
}

sub _later ($self, $milliseconds, $work) {
    return $work->() unless $milliseconds;
    my $promise = Mojo::Promise->new;
    my $generation = $self->{generation} // 0;
    Mojo::IOLoop->timer($milliseconds / 1000, sub {
        $promise->resolve($generation == ($self->{generation} // 0)
            ? $work->() : {error => 'reset'});
    });
    return $promise;
}

1;
