package Sinch::Simulator::Method;
use Mojo::Base -base, -signatures;

# The five methods as data. What differs between them is here and in
# Sinch::Simulator::Network (what reaches the phone), nowhere else.
has [qw(
    name member options proof from_callback price call code_types spoken
    language delivered
)];

my %METHOD = map { $_->{name} => __PACKAGE__->new($_) } (
    {
        name          => 'sms',
        member        => 'sms',
        options       => 'smsOptions',
        proof         => 'code',
        from_callback => [qw(code codeType expiry acceptLanguage)],
        price         => 0.0453,
        code_types    => 1,
        language      => 1,
        delivered     => 1,
    },
    {
        name          => 'flashcall',
        member        => 'flashCall',
        options       => 'flashCallOptions',
        proof         => 'cli',
        from_callback => [qw(cli dialTimeout interceptionTimeout)],
        price         => 0.0205,
        call          => 1,
    },
    {
        name          => 'callout',
        member        => 'callout',
        options       => 'calloutOptions',
        proof         => 'code',
        from_callback => [qw(code speech)],
        price         => 0.1852,
        call          => 1,
        spoken        => 1,
    },
    {
        name   => 'seamless',
        member => 'seamless',
        price  => 0.0152,
    },
    {
        name          => 'whatsapp',
        member        => 'whatsapp',
        options       => 'whatsappOptions',
        proof         => 'code',
        from_callback => [qw(codeType acceptLanguage)],
        price         => 0.0312,
        code_types    => 1,
        language      => 1,
    },
);

# By name in any spelling of case: "flashCall" is in use too.
sub named ($class, $name) { return $METHOD{lc $name} }

sub names ($class) { return sort keys %METHOD }

1;
