package Sinch::Simulator::Test;
use Mojo::Base -base, -signatures;

use Exporter ();
use FindBin  qw($Bin);
use Mojo::File qw(path);
use Mojo::IOLoop;
use Mojo::JSON qw(decode_json);
use Mojo::Promise;
use Mojo::Server::Daemon;
use Mojolicious ();
use Sinch::Simulator            ();
use Sinch::Simulator::Clock     qw(now stamp);
use Sinch::Simulator::JSON      qw(encode);
use Sinch::Simulator::Signature qw(sign);
use Test::Mojo ();

# A simulator inside the test, and somebody who talks to it as a client of
# Sinch's API does.
has key      => '11111111-2222-3333-4444-555555555555';
has secret   => 'AAECAwQFBgcICQoLDA0ODw==';
has settings => sub { {} };
has sim      => sub ($self) {
    Sinch::Simulator->new(settings => {
        apps     => {$self->key => $self->secret},
        seamless => 'https://{host}:8443',
        %{$self->settings},
    });
};
has t => sub ($self) { Test::Mojo->new($self->sim) };

my $API = '/verification/v1/verifications';

sub example ($name) {
    my $dir = path($Bin)->child('data');
    return decode_json($dir->child($name)->slurp);
}

# Sends a request, signed unless %how says otherwise: headers (added to or, if
# undef, taken from the usual ones), sign (what is signed instead), scheme.
# Returns the response, or a promise of the transaction if promise is set.
sub call ($self, $verb, $path, $body = undef, %how) {
    $body = encode($body) if ref $body;
    $body //= '';
    my %headers = (
        'x-timestamp' => stamp(now()) . 'Z',
        length $body ? ('Content-Type' => 'application/json') : (),
        %{$how{headers} // {}},
    );
    my %part = (
        method       => $verb,
        content_type => $headers{'Content-Type'} // '',
        timestamp    => $headers{'x-timestamp'}  // '',
        path         => $path,
        body         => $body,
        %{$how{sign} // {}},
    );
    my $signature = sign($self->secret, %part);
    my $scheme = $how{scheme} // 'Application';
    $headers{Authorization} = "$scheme " . $self->key . ":$signature"
        unless exists $headers{Authorization};
    delete @headers{grep { !defined $headers{$_} } keys %headers};

    my $ua = $self->t->ua;
    my $tx = $ua->build_tx($verb => $path => \%headers => $body);
    return $how{promise} ? $ua->start_p($tx) : $ua->start($tx)->res;
}

sub start ($self, $method, %more) {
    my $how = delete $more{how} // {};
    return $self->call(POST => $API, {
        identity => {type => 'number', endpoint => '+46700000001'},
        method   => $method,
        %more,
    }, %$how);
}

sub report ($self, $where, $method, $proof, %more) {
    my $how = delete $more{how} // {};
    my ($member, $name) = $method eq 'flashcall' ? qw(flashCall cli)
        : ($method, 'code');
    return $self->call(PUT => "$API/$where",
        {method => $method, $member => {$name => $proof}, %more}, %$how);
}

sub status ($self, $where, %how) {
    return $self->call(GET => "$API/$where", undef, %how);
}

# Speaks to the control API; returns its JSON.
sub control ($self, $verb, $path, $body = undef) {
    my $ua = $self->t->ua;
    return $ua->start($ua->build_tx($verb => $path,
        defined $body ? (json => $body) : ()))->res->json;
}

sub fault ($self, %fault) {
    return $self->control(POST => '/_sim/faults', \%fault);
}

# The newest message of a number.
sub message ($self, $number = '+46700000001') {
    return $self->sim->outbox->find(number => $number)->{items}[-1];
}

# Lets the event loop run for a while.
sub idle ($self, $seconds = 0.05) {
    Mojo::Promise->timer($seconds)->wait;
}

# Waits until every event that was sent has been answered, and forgets all.
sub fresh ($self) {
    $self->idle(0.01)
        while grep { !$_->{answer} && !$_->{suppressed} }
        @{$self->sim->events->items};
    $self->control(POST => '/_sim/reset');
}

# Somebody who receives events. Answers with what "answer" gives: {status,
# content_type, body}. Received requests are in "received".
package Sinch::Simulator::Test::Receiver {
    use Mojo::Base -base, -signatures;

    has received => sub { [] };
    has answer   => sub { sub ($request) { {body => '{"action":"allow"}'} } };

    sub listen ($self) {
        my $app = Mojolicious->new;
        $app->log->level('fatal');
        $app->routes->any('/*rest' => {rest => ''} => sub ($c) {
            my $req = $c->req;
            push @{$self->received}, {
                method  => $req->method,
                path    => $req->url->path->to_string,
                query   => $req->url->query->to_string,
                headers => $req->headers->to_hash,
                body    => $req->body,
                event   => Mojo::JSON::decode_json($req->body),
            };
            my $answer = $self->answer->($self->received->[-1]);
            $c->render_later;
            Mojo::Promise->timer($answer->{delay} // 0)->then(sub {
                $c->res->headers->content_type(
                    $answer->{content_type} // 'application/json');
                $c->render(
                    data   => $answer->{body}   // '',
                    status => $answer->{status} // 200,
                );
            });
        });
        $self->{daemon} = Mojo::Server::Daemon->new(
            app    => $app,
            silent => 1,
            listen => ['http://127.0.0.1:0'],
        )->start;
        $self->{url} = 'http://127.0.0.1:' . $self->{daemon}->ports->[0];
        return $self;
    }

    sub url ($self) { return $self->{url} }

    # Waits until there are that many, for at most some seconds.
    sub wait_for ($self, $count, $seconds = 5) {
        my $end = Time::HiRes::time() + $seconds;
        Mojo::Promise->timer(0.01)->wait
            while @{$self->received} < $count
            && Time::HiRes::time() < $end;
        return $self->received;
    }

    sub events ($self) {
        return [map { $_->{event}{event} =~ s/Verification|Event//gr }
            @{$self->received}];
    }
}

1;
