package Sinch::Simulator::Controller::Control;
use Mojo::Base 'Mojolicious::Controller', -signatures;

use Sinch::Simulator::JSON qw(decode encode is_integer is_object is_string);

# The control API, for tests. Everything is JSON; an error is {"error": "..."}.

my %LOG = (outbox => 1, requests => 1, events => 1);

sub index ($self) {
    my $app = $self->app;
    $self->_answer(200, {
        simulator     => 'sinch',
        callback      => $app->settings->{callback},
        verifications => 0 + $app->store->all,
        map({ $_ => scalar @{$app->$_->items} } sort keys %LOG),
        faults        => scalar @{$app->faults->items},
        connections   => $app->connection_count,
    });
}

sub reset ($self) {
    my $app = $self->app;
    $_->clear for $app->store, $app->faults, map { $app->$_ } keys %LOG;
    $app->callbacks->reset;
    $self->_answer(200, {});
}

# A log: ?limit= &after= &wait= &count= and any member to be equal to.
sub list ($self) {
    my $log    = $self->_log;
    my %filter = %{$self->req->query_params->to_hash};
    my $wait   = delete $filter{wait}  // 0;
    my $enough = delete $filter{count} // 1;

    # a + in a query is a space, which no number starts with
    $filter{number} =~ s/\A /+/ if defined $filter{number};
    for my $value (grep { defined } $wait, $enough, @filter{qw(after limit)}) {
        return $self->_answer(400, {error => "$value is not a number"})
            unless $value =~ /\A\d+(?:\.\d+)?\z/;
    }

    $self->render_later;
    my $tx = $self->tx;
    $log->wait_for($wait, $enough, %filter)->then(sub ($found) {
        $self->_answer(200, $found);
        undef $tx;
    });
}

sub clear ($self) {
    $self->_log->clear;
    $self->_answer(200, {});
}

sub faults ($self) {
    $self->_answer(200, {items => $self->app->faults->items});
}

# One fault, or a list of them.
sub add_fault ($self) {
    my $given  = $self->_input // return;
    my @faults = ref $given eq 'ARRAY' ? @$given : $given;
    my @added;
    for my $fault (@faults) {
        my $added = eval { $self->app->faults->add($fault) };
        return $self->_fail($@) unless $added;
        push @added, $added;
    }
    $self->_answer(201, ref $given eq 'ARRAY' ? {items => \@added}
        : $added[0]);
}

sub remove_fault ($self) {
    my $removed = $self->app->faults->remove($self->param('id'));
    $self->_answer($removed ? 200 : 404, {});
}

sub clear_faults ($self) {
    $self->app->faults->clear;
    $self->_answer(200, {});
}

sub verifications ($self) {
    my @all = map { $self->_shown($_) } $self->app->store->all;
    $self->_answer(200, {count => scalar @all, items => \@all});
}

sub verification ($self) {
    my $verification = $self->app->store->by_id($self->param('id'));
    return $self->_answer(404, {error => 'no such verification'})
        unless $verification;
    $self->app->engine->refresh($verification);
    $self->_answer(200, $self->_shown($verification));
}

# Gives a verification its end. By id, or the newest of a number.
sub settle ($self) {
    my $input = $self->_input // return;
    my $store = $self->app->store;
    my ($verification)
        = defined $input->{id}     ? $store->by_id($input->{id})
        : defined $input->{number} ? reverse $store->by_number($input->{number})
        :                            ();
    return $self->_answer(404, {error => 'no such verification'})
        unless $verification;
    return $self->_fail('status is missing')
        unless is_string($input->{status});

    my $silent = exists $input->{event} && !$input->{event};
    $self->app->engine->settle($verification, @$input{qw(status reason)},
        $silent);
    $self->_answer(200, $self->_shown($verification));
}

# Posts an event to the callback URL. Body is any JSON, or a string to be sent
# byte for byte; the other members say how (Sinch::Simulator::Callbacks::post).
sub send_event ($self) {
    my $input     = $self->_input // return;
    my $callbacks = $self->app->callbacks;
    my $url       = $input->{url} // $callbacks->url;
    return $self->_fail('there is no callback URL') unless $url;
    return $self->_fail('body is missing') unless defined $input->{body};

    my $apps = $self->app->settings->{apps};
    my $key  = $input->{key} // (sort keys %$apps)[0];
    return $self->_fail('unknown key') unless exists $apps->{$key};

    my $body = $input->{body};
    $body = ref $body ? encode($body) : Mojo::Util::encode('UTF-8', $body);
    $self->render_later;
    my $tx = $self->tx;
    $callbacks->post($key, $body, %$input, url => $url)->then(sub ($answer) {
        $self->_answer(200, $answer);
        undef $tx;
    });
}

# Sends the events that a "hold" fault holds back; answers when all are there.
sub release ($self) {
    my $input   = $self->_input({}) // return;
    my $reverse = ($input->{order} // '') eq 'reverse';
    $self->render_later;
    my $tx = $self->tx;
    $self->app->callbacks->release($reverse)->then(sub ($count) {
        $self->_answer(200, {released => $count});
        undef $tx;
    });
}

sub settings ($self) {
    $self->_answer(200, $self->app->settings->shown);
}

sub change_settings ($self) {
    my $input = $self->_input // return;
    eval { $self->app->change_settings($input); 1 }
        or return $self->_fail($@);
    $self->settings;
}

sub _log ($self) {
    my $name = $self->stash('log');
    return $self->app->$name;
}

sub _shown ($self, $verification) {
    return {
        %{$verification->status_answer->{body}},
        app      => $verification->app,
        language => $verification->language,
        attempts => $verification->attempts,
        created  => $verification->created,
        expires  => $verification->expires,
        custom   => $verification->custom,
        options  => $verification->options,
        ($verification->method->proof // 'code') => $verification->secret,
    };
}

# The body's JSON; answers 400 itself and returns undef if it is none.
sub _input ($self, $default = undef) {
    my $body = $self->req->body;
    return $default if !length $body && defined $default;
    my $input = eval { decode($body) };
    return $input if ref $input;
    $self->_fail('the body is not a JSON object');
    return undef;
}

sub _fail ($self, $message) {
    chomp $message;
    $self->_answer(400, {error => $message});
}

sub _answer ($self, $status, $body) {
    $self->res->headers->content_type('application/json; charset=utf-8')
        ->cache_control('no-store');
    $self->render(data => encode($body) . "\n", status => $status);
}

1;
