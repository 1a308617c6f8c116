package Sinch::Simulator::JSON;
use Mojo::Base -strict, -signatures;

use B        ();
use Exporter qw(import);
use Mojo::JSON ();
use Mojo::Util ();

our @EXPORT_OK = qw(
    decode encode is_boolean is_integer is_object is_string
);

# Members come out in the order in which Sinch writes them, the others after
# them by name, so that bodies read like the real ones.
my $rank  = 0;
my %ORDER = map { $_ => ++$rank } qw(
    n errorCode message rel href id event method status reason identity
    verified type endpoint price rate verificationPrice terminationPrice
    billableDuration
    currencyId amount reference custom source countryId verificationTimestamp
    callComplete callResult smsResult sms flashCall callout seamless whatsapp
    template cliFilter targetUri interceptionTimeout reportTimeout
    denyCallAfter callId codeType _links count items
);

my %ESCAPE = (
    '"' => '\\"', '\\' => '\\\\', "\n" => '\\n', "\r" => '\\r', "\t" => '\\t',
);

# Perl data to JSON bytes.
sub encode ($data) { return Mojo::Util::encode('UTF-8', _value($data)) }

# JSON bytes to Perl data; dies of anything that is not JSON in UTF-8.
sub decode ($bytes) { return Mojo::JSON::decode_json($bytes) }

sub is_object ($value) { return ref $value eq 'HASH' }

sub is_boolean ($value) { return ref $value eq 'JSON::PP::Boolean' }

# Perl lets a string pass for a number and the other way; JSON does not.
sub is_string ($value) {
    return defined $value && !ref $value && !_is_number($value);
}

sub is_integer ($value) {
    return defined $value && !ref $value && _is_number($value)
        && $value == int $value;
}

sub _is_number ($value) {
    my $flags = B::svref_2object(\$value)->FLAGS;
    return $flags & (B::SVf_IOK | B::SVf_NOK) && !($flags & B::SVf_POK);
}

sub _value ($value) {
    if (my $ref = ref $value) {
        return '{' . join(',', map { _string($_) . ':' . _value($value->{$_}) }
            sort { ($ORDER{$a} // 999) <=> ($ORDER{$b} // 999) || $a cmp $b }
            keys %$value) . '}' if $ref eq 'HASH';
        return '[' . join(',', map { _value($_) } @$value) . ']'
            if $ref eq 'ARRAY';
        return $value ? 'true' : 'false' if is_boolean($value);
        return $$value ? 'true' : 'false' if $ref eq 'SCALAR';
        return _value($value->TO_JSON);
    }

    return !defined $value     ? 'null'
        : _is_number($value) ? 0 + $value
        :                      _string($value);
}

sub _string ($string) {
    $string =~ s/(["\\\n\r\t])/$ESCAPE{$1}/g;
    $string =~ s/([\x00-\x1f\x7f])/sprintf '\\u%04x', ord $1/ge;
    return qq{"$string"};
}

1;
