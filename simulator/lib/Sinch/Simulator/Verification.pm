package Sinch::Simulator::Verification;
use Mojo::Base -base, -signatures;

use Sinch::Simulator::Clock    qw(stamp);
use Sinch::Simulator::Language ();
use Sinch::Simulator::Number   ();

# One verification: what is known of it, and the forms in which Sinch shows it.
# Times are seconds since 1970. secret is the code or the caller's number;
# permitted is false while the callback is still being asked.
has [qw(
    id app method number reference custom options language code_type secret
    created expires permitted source reason ended currency target
)];
has status   => 'PENDING';
has attempts => 0;

sub is_pending ($self) { return $self->status eq 'PENDING' }

sub is_expired ($self, $now) {
    return $self->is_pending && $now >= $self->expires;
}

# Sinch bills what it carried out.
sub is_billed ($self) {
    return $self->status =~ /\A(?:SUCCESSFUL|FAIL|ABORTED)\z/;
}

# One line for people who watch.
sub summary ($self) {
    return join ' ', $self->method->name, $self->number,
        $self->is_pending && defined $self->secret
        ? ($self->method->proof, $self->secret) : $self->status,
        $self->reason // ();
}

sub identity ($self) {
    return {type => 'number', endpoint => $self->number};
}

sub start_answer ($self, $base) {
    my $method = $self->method;
    my $href   = "$base/verification/v1/verifications/id/" . $self->id;
    my $body   = {
        id     => $self->id,
        method => $method->name,
        _links => [
            {rel => 'status', href => $href, method => 'GET'},
            {rel => 'report', href => $href, method => 'PUT'},
        ],
    };
    my $extra = $self->_start_extra;
    $body->{$method->member} = $extra if $extra;

    return {
        status => 200,
        body   => $body,
        $method->language
        ? (headers => {'Content-Language' => $self->language})
        : (),
    };
}

sub _start_extra ($self) {
    my $name    = $self->method->name;
    my $options = $self->options;
    return {
        template            => $self->template,
        interceptionTimeout => $self->lifetime,
        codeType            => $self->code_type,
    } if $name eq 'sms';
    return {codeType => $self->code_type} if $name eq 'whatsapp';
    return {
        cliFilter           => '(.*)' . substr($self->secret, -4) . '(.*)',
        interceptionTimeout => $options->{interceptionTimeout} // 45,
        reportTimeout       => $self->lifetime,
        denyCallAfter       => 0,
        callId              => $self->id,
    } if $name eq 'flashcall';
    return {targetUri => $self->target} if $name eq 'seamless';
    return undef;
}

sub lifetime ($self) { return int($self->expires - $self->created + 0.5) }

# The text as sent, without its code.
sub template ($self) {
    my $text = $self->options->{template}
        // Sinch::Simulator::Language::template($self->language);
    my $hash = $self->options->{applicationHash};
    return defined $hash ? "$text\n$hash" : $text;
}

# The outcome of one report; by default where the verification stands.
sub report_answer ($self, $status = $self->status, $reason = $self->reason) {
    my $body = {
        id     => $self->id,
        method => $self->method->name,
        status => $status,
    };
    $body->{reason}    = $reason          if defined $reason;
    $body->{reference} = $self->reference if defined $self->reference;
    $body->{callComplete} = \1            if $self->method->call;
    return {status => 200, body => $body};
}

sub status_answer ($self) {
    my $body = {
        id       => $self->id,
        method   => $self->method->name,
        status   => $self->status,
        identity => $self->identity,
        countryId => Sinch::Simulator::Number::country($self->number),
        verificationTimestamp => stamp($self->created),
    };
    $body->{reason}    = $self->reason    if defined $self->reason;
    $body->{reference} = $self->reference if defined $self->reference;
    $body->{source}    = $self->source
        if defined $self->source && $self->method->name ne 'callout';

    if ($self->method->call) {
        $body->{callComplete} = $self->is_pending ? \0 : \1;
        $body->{callResult}   = 'ANSWERED' unless $self->is_pending;
    }
    $body->{price} = $self->_price if $self->currency && $self->is_billed;
    return {status => 200, body => $body};
}

sub _price ($self) {
    my $price
        = {verificationPrice => $self->_money($self->method->price)};
    if ($self->method->call) {
        $price->{terminationPrice} = $self->_money(0);
        $price->{billableDuration} = int($self->ended - $self->created);
    }
    return $price;
}

sub _money ($self, $amount) {
    return {currencyId => $self->currency, amount => $amount};
}

# What the events have in common, and each of them.
sub _event ($self, $event) {
    my $body = {
        id       => $self->id,
        event    => $event,
        method   => $self->method->name,
        identity => $self->identity,
    };
    $body->{reference} = $self->reference if defined $self->reference;
    $body->{custom}    = $self->custom    if defined $self->custom;
    return $body;
}

sub request_event ($self) {
    my $body = $self->_event('VerificationRequestEvent');
    $body->{identity}{verified} = \0;
    if ($self->currency) {
        $body->{price} = $self->_money($self->method->price);
        $body->{rate}  = $self->_money(0);
    }
    return $body;
}

sub result_event ($self, $status = $self->status, $reason = $self->reason) {
    my $body = $self->_event('VerificationResultEvent');
    $body->{identity}{verified} = $status eq 'SUCCESSFUL' ? \1 : \0;
    $body->{status}             = $status;
    $body->{reason}             = $reason       if defined $reason;
    $body->{source}             = $self->source if defined $self->source;
    return $body;
}

sub delivered_event ($self, $result) {
    return {
        %{$self->_event('VerificationSmsDeliveredEvent')},
        smsResult => $result,
    };
}

1;
