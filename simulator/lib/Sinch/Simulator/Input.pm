package Sinch::Simulator::Input;
use Mojo::Base -strict, -signatures;

use Exporter qw(import);
use Sinch::Simulator::JSON   qw(decode is_integer is_object is_string);
use Sinch::Simulator::Method ();
use Sinch::Simulator::Number ();
use Sinch::Simulator::Refusal ();

our @EXPORT_OK = qw(read_options read_report read_start);

my $MAX_CUSTOM = 4096;

# What the members of the option objects may be. The same names mean the same
# in a start and in a callback's answer.
my %OPTION = (
    codeType => sub ($value) {
        is_string($value) && $value =~ /\A(?:Numeric|Alpha|Alphanumeric)\z/;
    },
    expiry => sub ($value) {
        is_string($value)
            && $value =~ /\A[0-9]{2}:[0-5][0-9]:[0-5][0-9]\z/
            && $value ne '00:00:00';
    },
    template            => sub ($value) { is_string($value) },
    applicationHash     => sub ($value) { is_string($value) },
    dialTimeout         => \&_is_seconds,
    interceptionTimeout => \&_is_seconds,
    speech              => sub ($value) {
        is_object($value) && (!exists $value->{locale}
            || is_string($value->{locale})
            && $value->{locale} =~ /\A[A-Za-z]{2,3}-[A-Za-z]{2}\z/);
    },
    code => \&_is_code,
    cli  => sub ($value) {
        is_string($value) && eval { Sinch::Simulator::Number::check($value) };
    },
    acceptLanguage => sub ($value) {
        ref $value eq 'ARRAY' && !grep { !is_string($_) } @$value;
    },
);

my %SENT = (
    smsOptions       => [qw(codeType expiry template applicationHash)],
    flashCallOptions => [qw(dialTimeout interceptionTimeout)],
    calloutOptions   => ['speech'],
    whatsappOptions  => ['codeType'],
);

# A start's body as {method, number, reference, custom, options}, method being
# a Sinch::Simulator::Method. Throws a refusal.
sub read_start ($body) {
    my $input    = _object($body);
    my $identity = $input->{identity}
        // _refuse(40002, 'Identity parameter is missing.');
    _refuse(40001, 'Identity must be an object.') unless is_object($identity);

    my $type = $identity->{type}
        // _refuse(40002, 'Identity type parameter is missing.');
    _refuse(40001, 'Identity type must be number.')
        unless is_string($type) && $type eq 'number';

    my $number = $identity->{endpoint}
        // _refuse(40002, 'Endpoint parameter is missing.');
    _refuse(40001, 'Endpoint must be a string.') unless is_string($number);

    my $method  = _method($input);
    my $name    = $method->options;
    my $options = defined $name ? $input->{$name} : undef;
    _refuse(40001, "$name must be an object.")
        if defined $options && !is_object($options);

    return {
        method    => $method,
        number    => Sinch::Simulator::Number::check($number),
        reference => _reference($input->{reference}),
        custom    => _custom($input->{custom}),
        options   => read_options($options // {}, $SENT{$name // ''} // []),
    };
}

# A report's body as {method, proof, source}. Throws a refusal.
sub read_report ($body) {
    my $input  = _object($body);
    my $method = _method($input);
    my $member = $method->member;
    my $proof  = $method->proof
        // _refuse(40001, 'There is nothing to report for this method.');

    # the member's name in lower case is in use too
    my $given = $input->{$member} // $input->{lc $member}
        // _refuse(40002, "$member parameter is missing.");
    _refuse(40001, "$member must be an object.") unless is_object($given);

    my $value = $given->{$proof}
        // _refuse(40002, "$member.$proof parameter is missing.");
    _refuse(40001, "$member.$proof must be a string.")
        unless is_string($value);
    _refuse(40001,
        'Supplied SMS code invalid format / The SMS code is not valid.'
            . q{ Maximum 10 characters. Valid characters: A-Z, a-z, 0-9, '-'})
        if $proof eq 'code' && !_is_code($value);

    my $source = $input->{source};
    _refuse(40001, 'source must be a string.')
        if defined $source && !is_string($source);
    return {method => $method, proof => $value, source => $source};
}

# Picks the named members; throws a refusal if one is not what it must be.
sub read_options ($given, $names) {
    my %options;
    for my $name (grep { defined $given->{$_} } @$names) {
        $OPTION{$name}->($given->{$name})
            or _refuse(40001, "$name is not valid.");
        $options{$name} = $given->{$name};
    }
    return \%options;
}

sub _object ($body) {
    _refuse(40003, 'The body is missing.') unless length $body;
    my $input = eval { decode($body) };
    _refuse(40003, 'The body is not JSON in UTF-8.') if $@;
    _refuse(40003, 'The body must be an object.') unless is_object($input);
    return $input;
}

sub _method ($input) {
    my $name = $input->{method}
        // _refuse(40002, 'Method parameter is missing.');
    _refuse(40001, 'Method must be a string.') unless is_string($name);
    return Sinch::Simulator::Method->named($name)
        // _refuse(40001, "Method $name is not valid.");
}

# It must fit into a segment of a URL's path.
sub _reference ($reference) {
    return undef unless defined $reference;
    _refuse(40001, 'Reference must be a string.') unless is_string($reference);
    _refuse(40001, 'Reference does not fit into a URL path segment.')
        if $reference =~ m{\A(?:|\.\.?)\z|[/\\?#\x00-\x1f\x7f]};
    return $reference;
}

sub _custom ($custom) {
    return undef unless defined $custom;
    _refuse(40001, 'Custom must be a string.') unless is_string($custom);
    _refuse(40001, "Custom is too long. Maximum $MAX_CUSTOM characters.")
        if length $custom > $MAX_CUSTOM;
    return $custom;
}

sub _is_seconds ($value) {
    return is_integer($value) && $value >= 5 && $value <= 120;
}

sub _is_code ($value) {
    return is_string($value) && $value =~ /\A[A-Za-z0-9-]{1,10}\z/;
}

sub _refuse (@arguments) { Sinch::Simulator::Refusal->throw(@arguments) }

1;
