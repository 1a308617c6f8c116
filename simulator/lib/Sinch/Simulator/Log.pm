package Sinch::Simulator::Log;
use Mojo::Base -base, -signatures;

use Mojo::IOLoop;
use Mojo::Promise;

# A numbered list that keeps its newest entries, can be searched, and can be
# waited for: the outbox, the requests, the events.
has keep  => 10_000;
has items => sub { [] };

# The member that is looked for most: what is found by it is not searched for.
has 'index';

my $MAX_WAIT = 120;

sub append ($self, $entry) {
    $entry->{n} = ++$self->{last};
    my $items = $self->items;
    push @$items, $entry;
    push @{$self->_indexed($entry->{$self->index})}, $entry if $self->index;
    $self->_forget(shift @$items) while @$items > $self->keep;
    $self->changed;
    return $entry;
}

# It is the oldest one of its value, too.
sub _forget ($self, $entry) {
    my $index = $self->index // return;
    my $same  = $self->_indexed($entry->{$index});
    shift @$same;
    delete $self->{by}{_text($entry->{$index})} unless @$same;
}

sub _indexed ($self, $value) { return $self->{by}{_text($value)} //= [] }

# To be called too after an entry was completed.
sub changed ($self) {
    $_->() for values %{$self->{waiters}};
    return $self;
}

# The numbers go on after it, so that "after" keeps its meaning.
sub clear ($self) {
    @{$self->items} = ();
    delete $self->{by};
    return $self;
}

# Any member to be equal to; and after (a number n), limit (newest ones only).
sub find ($self, %filter) {
    my ($after, $limit) = delete @filter{qw(after limit)};
    my $index = $self->index;
    my $among = $self->items;
    $among = $self->{by}{delete $filter{$index}} // []
        if defined $index && defined $filter{$index};

    my @found = grep {
        my $entry = $_;
        (!defined $after || $entry->{n} > $after)
            && !grep { _text($entry->{$_}) ne $filter{$_} } keys %filter;
    } @$among;

    my $count = @found;
    splice @found, 0, @found - $limit if defined $limit && @found > $limit;
    return {count => $count, items => \@found};
}

sub _text ($value) {
    return $value // '' unless ref $value eq 'SCALAR';
    return $$value ? 'true' : 'false';
}

# A promise of what find() finds as soon as there are enough, or when the time
# is over.
sub wait_for ($self, $seconds, $enough, %filter) {
    my $found = $self->find(%filter);
    return Mojo::Promise->resolve($found)
        if $found->{count} >= $enough || $seconds <= 0;

    my $promise = Mojo::Promise->new;
    my $key     = "$promise";
    my $timer;
    my $done = sub ($result) {
        delete $self->{waiters}{$key};
        Mojo::IOLoop->remove($timer);
        $promise->resolve($result);
    };
    $timer = Mojo::IOLoop->timer(
        $seconds > $MAX_WAIT ? $MAX_WAIT : $seconds,
        sub { $done->($self->find(%filter)) },
    );
    $self->{waiters}{$key} = sub {
        my $result = $self->find(%filter);
        $done->($result) if $result->{count} >= $enough;
    };
    return $promise;
}

1;
