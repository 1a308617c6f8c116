package Sinch::Simulator::Engine;
use Mojo::Base 'Mojo::EventEmitter', -signatures;

use Sinch::Simulator::Clock    qw(now);
use Sinch::Simulator::Language ();
use Sinch::Simulator::Permission ();
use Sinch::Simulator::Random   qw(uuid);
use Sinch::Simulator::Refusal  ();
use Sinch::Simulator::Verification ();

# The life of verifications: start, report, and what ends them. Emits "changed"
# with a verification whenever one was started, asked for, or ended.
has [qw(callbacks network settings store)];

# Starts a verification. Takes what Input::read_start() gave, and in %call: app,
# level (of authentication), accept_language, base (of links), seamless (base of
# a target URI, undef if there is none), outcome ({status, reason} that it is to
# have at once). Returns an answer or a promise of one.
sub start ($self, $input, %call) {
    my $method = $input->{method};
    _refuse(40900, 'Reference is in use.')
        if defined $input->{reference}
        && $self->store->by_reference($call{app}, $input->{reference});
    _refuse(40300,
        'Seamless verification not available for given destination.')
        if $method->name eq 'seamless' && !$call{seamless};
    _refuse(40302, 'Public authentication needs a callback.')
        if $call{level} eq 'public' && !$self->callbacks->url;

    my $verification = $self->store->add($self->_create($input, %call));
    return $self->_permit($verification, {action => 'allow'}, %call)
        unless $self->callbacks->url;
    return $self->callbacks->send($verification->app,
        $verification->request_event)->{answer}->then(sub ($answer) {
        return $self->_permit($verification,
            Sinch::Simulator::Permission::read_answer($method, $answer),
            %call);
    });
}

sub _create ($self, $input, %call) {
    my $options = $input->{options};
    my $method  = $input->{method};
    my $now     = now();
    my $id      = uuid();
    return Sinch::Simulator::Verification->new(
        id        => $id,
        app       => $call{app},
        method    => $method,
        number    => $input->{number},
        reference => $input->{reference},
        custom    => $input->{custom},
        options   => $options,
        language  => $method->spoken
        ? $options->{speech}{locale} // 'en-US'
        : Sinch::Simulator::Language::choose($call{accept_language}),
        created  => $now,
        expires  => $now + $self->settings->{expiry},
        currency => $self->settings->{prices},
        target   => $method->name eq 'seamless'
        ? "$call{seamless}/seamless/$id"
        : undef,
    );
}

# Goes on with a start as the callback wants it.
sub _permit ($self, $verification, $permission, %call) {
    my $action = $permission->{action};
    if ($action ne 'allow') {
        $self->settle($verification, 'DENIED',
            $action eq 'deny' ? 'Denied by callback' : 'Invalid callback');
        _refuse(42202) if $action eq 'invalid';
        return $verification->start_answer($call{base});
    }

    # something may have ended it in the meantime
    return $verification->start_answer($call{base})
        unless $verification->is_pending;

    $self->_apply($verification, $permission->{options} // {});
    $self->_watch($verification);
    $verification->permitted(1);
    $self->_abort_others($verification);
    if (my $outcome = $call{outcome}) {
        $self->settle($verification, @$outcome{qw(status reason)});
        return $verification->start_answer($call{base});
    }

    $self->network->deliver($verification);
    $self->emit(changed => $verification);
    my $sent = $verification->method->delivered
        && $self->_send($verification,
        $verification->delivered_event('Successful'));
    return $self->_answer_after($sent,
        $verification->start_answer($call{base}));
}

# The callback's wishes win over those of the start.
sub _apply ($self, $verification, $wishes) {
    my $options = {%{$verification->options}, %$wishes};
    $verification->options($options);
    $verification->language(Sinch::Simulator::Language::choose(
        join ',', @{$options->{acceptLanguage}}))
        if $options->{acceptLanguage};
    $verification->language($options->{speech}{locale})
        if $options->{speech}{locale};
    $verification->code_type($options->{codeType} // 'Numeric')
        if $verification->method->code_types;

    my $lifetime = $self->settings->{expiry};
    if (my $expiry = $options->{expiry}) {
        my ($hours, $minutes, $seconds) = split /:/, $expiry;
        $lifetime = $hours * 3600 + $minutes * 60 + $seconds;
    }
    elsif ($verification->method->name eq 'flashcall') {
        $lifetime = ($options->{interceptionTimeout} // 45) + 30;
    }
    $verification->expires($verification->created + $lifetime);

    $verification->secret($options->{code} // $options->{cli}
            // $self->network->secret_for($verification));
}

# One verification at a time for a number.
sub _abort_others ($self, $verification) {
    for my $other ($self->store->by_number($verification->number)) {
        next if $other == $verification || !$other->permitted;
        next if $other->app ne $verification->app;
        $self->settle($other, 'ABORTED') if $self->refresh($other)->is_pending;
    }
}

# Reports a code or a caller's number. Takes what Input::read_report() gave, and
# in %call: final (a wrong one ends it), outcome as in start. Returns an answer
# or a promise of one.
sub report ($self, $verification, $input, %call) {
    _refuse(40001, 'Method is not that of the verification.')
        if $input->{method} != $verification->method;

    # what was reported well, or was spent on wrong codes, is there no more
    $self->refresh($verification);
    my $status = $verification->status;
    _refuse(40400)
        if $status eq 'SUCCESSFUL'
        || $status eq 'FAIL' && ($verification->reason // '') =~ /\AInvalid/;
    return $verification->report_answer
        unless $verification->is_pending && $verification->permitted;

    my $source = $input->{source};
    $verification->source(!defined $source ? 'manual'
        : $source =~ /\Aintercept/i ? 'intercepted' : $source);
    if (my $outcome = $call{outcome}) {
        return $self->_settle_and_answer($verification,
            @$outcome{qw(status reason)});
    }
    return $self->_settle_and_answer($verification, 'SUCCESSFUL')
        if $input->{proof} eq $verification->secret;
    return $self->_wrong($verification, $call{final});
}

sub _wrong ($self, $verification, $final) {
    my $reason = $verification->method->proof eq 'cli' ? 'Invalid CLI'
        : 'Invalid code';
    my $attempts = $verification->attempts($verification->attempts + 1)
        ->attempts;
    my $allowed = $self->settings->{attempts};
    return $self->_settle_and_answer($verification, 'FAIL', $reason)
        if $final || $allowed && $attempts >= $allowed;

    $self->emit(changed => $verification);
    my $answer = $verification->report_answer('FAIL', $reason);
    return $answer unless $self->settings->{event_per_report};
    return $self->_answer_after($self->_tell($verification, 'FAIL', $reason),
        $answer);
}

sub _settle_and_answer ($self, $verification, $status, $reason = undef) {
    return $self->_answer_after(
        $self->settle($verification, $status, $reason),
        $verification->report_answer,
    );
}

# The answer, at once or when an event that was told to be first has been sent.
sub _answer_after ($self, $sent, $answer) {
    return $sent ? $sent->then(sub { $answer }) : $answer;
}

# Ends a verification and sends the event. Returns a promise if the event must
# have arrived before anything else, else undef. An ended verification can be
# given another end: the network may change its mind.
sub settle ($self, $verification, $status, $reason = undef, $silent = 0) {
    $verification->status($status)->reason($reason);
    $verification->ended($status eq 'PENDING' ? undef : now());
    $self->_watch($verification);
    $self->emit(changed => $verification);
    return $silent || $status eq 'PENDING' ? undef
        : $self->_tell($verification, $status, $reason);
}

sub _tell ($self, $verification, $status, $reason) {
    return $self->_send($verification,
        $verification->result_event($status, $reason));
}

# Returns a promise if what goes on must wait for it.
sub _send ($self, $verification, $event) {
    my $sent = $self->callbacks->send($verification->app, $event,
        $self->settings->{event_delay});
    return $sent->{first} ? $sent->{answer} : undef;
}

# A phone has opened a seamless verification's target.
sub open_target ($self, $verification) {
    $self->settle($verification, 'SUCCESSFUL')
        if $self->refresh($verification)->is_pending;
    return $verification;
}

# Ends the verification if its time is over; returns it.
sub refresh ($self, $verification) {
    $self->settle($verification, 'FAIL', 'Expired')
        if $verification->is_expired(now());
    return $verification;
}

# Ends all whose time is over. Cheap while nothing is due.
sub sweep ($self) {
    my $now = now();
    return if $now < ($self->{due} // $now + 1);
    delete $self->{due};
    for my $verification (grep { $_->is_pending } $self->store->all) {
        $self->_watch($self->refresh($verification));
    }
}

sub _watch ($self, $verification) {
    my $expires = $verification->expires;
    $self->{due} = $expires
        if $verification->is_pending
        && $expires < ($self->{due} // $expires + 1);
}

# An application's own verification, or a refusal.
sub by_id ($self, $app, $id) {
    my $verification = $self->store->by_id($id);
    _refuse(40400) unless $verification && $verification->app eq $app;
    return $self->refresh($verification);
}

sub by_reference ($self, $app, $reference) {
    my $verification = $self->store->by_reference($app, $reference);
    return $self->refresh($verification // _refuse(40400));
}

# The newest of a number and method.
sub by_number ($self, $app, $number, $method) {
    my ($verification) = reverse grep {
        $_->app eq $app && $_->method == $method
    } $self->store->by_number($number);
    return $self->refresh($verification // _refuse(40400));
}

sub _refuse (@arguments) { Sinch::Simulator::Refusal->throw(@arguments) }

1;
