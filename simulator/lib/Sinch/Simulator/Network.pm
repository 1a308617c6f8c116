package Sinch::Simulator::Network;
use Mojo::Base -base, -signatures;

use Sinch::Simulator::Clock    qw(now);
use Sinch::Simulator::Language ();
use Sinch::Simulator::Random   qw(code digits);

# The telephone network: what reaches a phone, which the outbox keeps.
has [qw(outbox settings)];

# The secret that a verification needs, if nobody chose one: a code, or for a
# flash call the number that calls (from a range that is kept for fiction).
sub secret_for ($self, $verification) {
    my $method = $verification->method;
    return undef unless $method->proof;
    return '+44770090' . digits(4) if $method->proof eq 'cli';
    return code($verification->code_type // 'Numeric',
        $self->settings->{code_length});
}

sub deliver ($self, $verification) {
    my $method  = $verification->method;
    my $message = {
        id       => $verification->id,
        method   => $method->name,
        number   => $verification->number,
        language => $verification->language,
        time     => now(),
    };
    $message->{reference} = $verification->reference
        if defined $verification->reference;
    $message->{$method->proof} = $verification->secret if $method->proof;

    my $text = $self->_text($verification);
    $message->{text}      = $text                 if defined $text;
    $message->{targetUri} = $verification->target if $verification->target;
    return $self->outbox->append($message);
}

sub _text ($self, $verification) {
    my $method = $verification->method;
    return undef unless ($method->proof // '') eq 'code';

    # a voice reads it out one by one
    my $secret = $verification->secret;
    my $text
        = $method->spoken
        ? Sinch::Simulator::Language::speech($verification->language)
        : $verification->template;
    $secret = join ', ', split //, $secret if $method->spoken;
    return $text =~ s/\{\{CODE\}\}/$secret/gr;
}

1;
