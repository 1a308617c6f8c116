package Sinch::Simulator::Random;
use Mojo::Base -strict, -signatures;

use Exporter qw(import);
our @EXPORT_OK = qw(uuid code digits);

my %ALPHABET = (
    Numeric => ['0' .. '9'],

    # without the letters that people mistake for one another
    Alpha        => [grep { !/[IO]/ } 'A' .. 'Z'],
    Alphanumeric => [grep { !/[01IO]/ } '0' .. '9', 'A' .. 'Z'],
);

sub uuid () {
    return sprintf '%04x%04x-%04x-4%03x-%04x-%04x%04x%04x',
        map({ int rand 0x10000 } 1 .. 3), int(rand 0x1000),
        0x8000 + int(rand 0x4000), map { int rand 0x10000 } 1 .. 3;
}

sub code ($type, $length) {
    my $alphabet = $ALPHABET{$type};
    return join '', map { $alphabet->[rand @$alphabet] } 1 .. $length;
}

sub digits ($length) { return code('Numeric', $length) }

1;
