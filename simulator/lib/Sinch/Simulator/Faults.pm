package Sinch::Simulator::Faults;
use Mojo::Base -base, -signatures;

use Sinch::Simulator::JSON qw(is_integer is_object is_string);

# The queue of what is to go wrong. A fault is {operation, kind, times, skip,
# match, event, reused, delay, when, process, ...}; README.md lists them.
has items => sub { [] };

my %OPERATION = map { $_ => 1 } qw(start report status seamless callback any);

# For each kind whether the request is processed, unless the fault says so
# itself. The kinds for callbacks have none.
my %PROCESS = (
    delay    => 1,
    drop     => 0,
    reset    => 0,
    hang     => 0,
    status   => 0,
    error    => 0,
    redirect => 0,
    json     => 0,
    raw      => 0,
    merge    => 1,
    broken   => 1,
    half     => 1,
    drip     => 1,
    close    => 1,
    endless  => 1,
    headers  => 1,
    final    => 1,
    outcome  => 1,
);
my %CALLBACK = map { $_ => 1 }
    qw(delay drop duplicate hold first signature);

# Adds a fault; dies with a sentence if it makes no sense. Returns it with its
# id.
sub add ($self, $given) {
    die "a fault must be an object\n" unless is_object($given);
    my $fault     = {operation => 'any', times => 1, skip => 0, %$given};
    my $operation = $fault->{operation};
    my $kind      = $fault->{kind} // '';

    die "unknown operation\n"
        unless is_string($operation) && $OPERATION{$operation};
    die "unknown kind for $operation\n"
        unless is_string($kind)
        && ($operation eq 'callback' ? $CALLBACK{$kind}
            : exists $PROCESS{$kind});
    $self->_check_members($kind, $fault);

    $fault->{process} //= $PROCESS{$kind} ? \1 : \0
        unless $operation eq 'callback';
    $fault->{id}   = ++$self->{last};
    $fault->{hits} = 0;
    push @{$self->items}, $fault;
    return $fault;
}

# What the members must be, and which of them a kind cannot do without.
my $COUNT  = ['a whole number, 0 or more', sub ($value) {
    return is_integer($value) && $value >= 0;
}];
my $STRING = ['a string', \&is_string];
my $OBJECT = ['an object', \&is_object];
my %MEMBER = (
    map({ $_ => $COUNT } qw(times skip delay every after bytes copies)),
    map({ $_ => $STRING }
        qw(match event when url reason signature scheme timestamp
        content_type path message)),
    headers   => $OBJECT,
    members   => $OBJECT,
    remove    => ['a list', sub ($value) { return ref $value eq 'ARRAY' }],
    errorCode => ['an error code', sub ($value) {
        return is_integer($value) && $value >= 10_000 && $value <= 59_999;
    }],
);
my %NEED = (
    delay     => ['delay'],
    error     => ['errorCode'],
    redirect  => ['url'],
    json      => ['body'],
    raw       => ['body'],
    merge     => ['members'],
    outcome   => ['status'],
    signature => ['signature'],
);

sub _check_members ($self, $kind, $fault) {
    for my $name (grep { defined $fault->{$_} } sort keys %MEMBER) {
        my ($what, $is_valid) = @{$MEMBER{$name}};
        die "$name must be $what\n" unless $is_valid->($fault->{$name});
    }
    for my $name (@{$NEED{$kind} // []}) {
        die "$kind needs $name\n" unless exists $fault->{$name};
    }

    my $status = $fault->{status} // return;
    die "status must be an HTTP status\n"
        if $kind =~ /\A(?:status|json|redirect)\z/
        && !(is_integer($status) && $status >= 200 && $status <= 599);
    die "status must be a word\n"
        if $kind eq 'outcome' && !is_string($status);
}

# The fault that is due for an operation, counted down; undef if there is none.
# Facts: text is where match is looked for; event is the event's name; reused
# tells that the connection had a request before.
sub take ($self, $operation, %fact) {
    my $items = $self->items;
    for my $fault (@$items) {
        next unless $self->_fits($fault, $operation, \%fact);
        next if $fault->{skip} > 0 && $fault->{skip}--;

        $fault->{hits}++;
        @$items = grep { $_ != $fault } @$items
            if $fault->{times} && $fault->{hits} >= $fault->{times};
        return $fault;
    }
    return undef;
}

sub _fits ($self, $fault, $operation, $fact) {
    return 0 unless $fault->{operation} eq $operation
        || $fault->{operation} eq 'any' && $operation ne 'callback';
    return 0
        if defined $fault->{match} && index($fact->{text}, $fault->{match}) < 0;
    return 0 if $fault->{reused} && !$fact->{reused};
    return !defined $fault->{event}
        || lc $fact->{event} eq lc "Verification$fault->{event}Event";
}

sub remove ($self, $id) {
    my $items  = $self->items;
    my $before = @$items;
    @$items = grep { $_->{id} != $id } @$items;
    return $before - @$items;
}

sub clear ($self) {
    @{$self->items} = ();
    return $self;
}

1;
