package Sinch::Simulator::Settings;
use Mojo::Base -strict, -signatures;

use Sinch::Simulator::JSON qw(is_boolean is_object);

# The settings, read as $settings->{name} by those who use them.

# Default, and what a value must look like: numbers and booleans are kept as
# such. The last ones cannot change while the program runs.
my $NUMBER  = qr/\A[0-9]{1,9}\z/;
my $SECONDS = qr/\A[0-9]{1,6}(?:\.[0-9]+)?\z/;
my %SETTING = (
    auth              => ['signed', qr/\A(?:signed|basic|any)\z/],
    skew              => [300,      $NUMBER],
    callback          => [undef,    qr{\A(?:https?://[^\s/?#]+\S*)?\z}],
    callback_ca       => [undef],
    callback_insecure => [\0],
    callback_timeout  => [5,        qr/\A[1-9][0-9]{0,4}\z/],
    prices            => ['EUR',    qr/\A(?:[A-Z]{3})?\z/],
    code_length       => [4,        qr/\A(?:[1-9]|10)\z/],
    expiry            => [300,      qr/\A[1-9][0-9]{0,8}\z/],
    attempts          => [0,        $NUMBER],
    event_per_report  => [\0],
    event_delay       => [50,       $NUMBER],
    idle_timeout      => [60,       $SECONDS],
    seamless          => [undef,    qr{\A(?:https?://\S+)?\z}],
    keep              => [10_000,   qr/\A[1-9][0-9]{0,8}\z/, 1],
    apps              => [{},       undef, 1],
);

# Takes those that are not to be the defaults; dies with a sentence.
sub new ($class, $given = {}) {
    my $self = bless {}, $class;
    $self->_set($_, $SETTING{$_}[0]) for keys %SETTING;
    $self->_check($given);
    $self->_set($_, $given->{$_}) for keys %$given;
    return $self;
}

# Changes some of them; dies with a sentence and changes nothing if one will
# not do.
sub change ($self, $changes) {
    die "the settings must be an object\n" unless is_object($changes);
    for my $name (sort keys %$changes) {
        die "$name cannot be changed\n"
            if $SETTING{$name} && $SETTING{$name}[2];
    }
    $self->_check($changes);
    $self->_set($_, $changes->{$_}) for keys %$changes;
    return $self;
}

# As JSON has them, without the secrets.
sub shown ($self) {
    my %shown = map { $_ => _is_flag($_) ? \$self->{$_} : $self->{$_} }
        keys %$self;
    delete $shown{apps};
    return \%shown;
}

sub _is_flag ($name) { return ref $SETTING{$name}[0] eq 'SCALAR' }

sub _check ($class, $given) {
    for my $name (sort keys %$given) {
        my $setting = $SETTING{$name} // die "there is no setting $name\n";
        my $value   = $given->{$name};
        next if $name eq 'apps' || _is_flag($name);
        die "$name must not be an object or a list\n"
            if ref $value && !is_boolean($value);

        my $valid = $setting->[1] // next;
        die "$name cannot be " . ($value // 'null') . "\n"
            unless ($value // '') =~ $valid;
    }
}

sub _set ($self, $name, $value) {
    my $default = $SETTING{$name}[0];
    $value = (ref $value eq 'SCALAR' ? $$value : $value) ? 1 : 0
        if _is_flag($name);
    $value = 0 + $value if defined $default && $default =~ /\A\d+\z/;
    $self->{$name} = $value;
}

1;
