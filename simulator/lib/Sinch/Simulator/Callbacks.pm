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
has ua   => sub { Mojo::UserAgent->new(max_redirects => 0) };

sub url ($self) { return $self->settings->{callback} }

# Sends an event in the application's name. Faults for callbacks apply. Returns
# a promise of the answer, {status, content_type, body} or {error}; its member
# first is set if a fault wants the event to be there before anything goes on.
sub send ($self, $app, $event) {
    return Mojo::Promise->resolve({error => 'no callback URL'})
        unless $self->url;

    my $body  = encode($event);
    my $name  = $event->{event} // '';
    my $fault = $self->faults->take('callback', $body, $name) // {kind => ''};
    return $self->_record_suppressed($app, $event)
        if $fault->{kind} eq 'drop';
    return $self->_hold($app, $body) if $fault->{kind} eq 'hold';

    my $copies = $fault->{kind} eq 'duplicate' ? $fault->{copies} // 2 : 1;
    my $post   = sub {
        my ($first) = map { $self->post($app, $body, %$fault) } 1 .. $copies;
        return $first;
    };
    my $promise = $self->_later($fault->{delay}, $post);
    $promise->{first} = 1 if $fault->{kind} eq 'first';
    return $promise;
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

# Sends what was held back, in the order in which it came or in reverse. Returns
# how many there were.
sub release ($self, $reverse = 0) {
    my @held = splice @{$self->held};
    $_->() for $reverse ? reverse @held : @held;
    return scalar @held;
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
    $ua->ca($settings->{callback_ca}) if $settings->{callback_ca};
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

sub _record_suppressed ($self, $app, $event) {
    my $body = encode($event);
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
    push @{$self->held}, sub {
        $promise->resolve($self->post($app, $body));
    };
    return $promise;
}

sub _later ($self, $milliseconds, $work) {
    return $work->() unless $milliseconds;
    my $promise = Mojo::Promise->new;
    Mojo::IOLoop->timer($milliseconds / 1000,
        sub { $promise->resolve($work->()) });
    return $promise;
}

1;
