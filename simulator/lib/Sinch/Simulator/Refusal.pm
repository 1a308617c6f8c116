package Sinch::Simulator::Refusal;
use Mojo::Base -base, -signatures;

use Sinch::Simulator::Random qw(uuid);

# What Sinch says when it refuses. The first three digits of an error code are
# the HTTP status.
my %MESSAGE = (
    40001 => 'Parameter validation failed.',
    40002 => 'A parameter is missing.',
    40003 => 'Invalid request.',
    40004 => 'Invalid authorization key.',
    40005 => 'The number must start with +.',
    40100 => 'Authorization header missing.',
    40101 => 'Timestamp header missing or malformed.',
    40102 => 'Invalid Signature',
    40105 => 'Request expired.',
    40107 => 'Invalid authorization.',
    40108 => 'Invalid credentials.',
    40200 => 'Not enough credit.',
    40300 => 'Forbidden.',
    40302 => 'Insufficient privileges.',
    40303 => 'Authorization requirement not met.',
    40400 => 'Requested resource was not found.',
    40500 => 'Method not allowed.',
    40900 => 'Request conflict.',
    42200 => 'Application configuration error.',
    42201 => 'Unavailable application configuration.',
    42202 => 'Invalid callback response.',
    42900 => 'Capacity exceeded.',
    42901 => 'Velocity constraint.',
    50000 => 'Internal error.',
    50100 => 'Not implemented.',
    50300 => 'Temporarily down.',
    50301 => 'Configuration error.',
);

has [qw(code message)];

# Dies with a refusal; the message defaults to the usual one of the code.
sub throw ($class, $code, $message = undef) {
    die $class->new(
        code    => $code,
        message => $message // $MESSAGE{$code} // 'Refused.',
    );
}

sub answer ($self) {
    return {
        status => int($self->code / 100),
        body   => {
            errorCode => 0 + $self->code,
            message   => $self->message,
            reference => uuid(),
        },
    };
}

1;
