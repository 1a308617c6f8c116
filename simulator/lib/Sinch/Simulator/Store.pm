package Sinch::Simulator::Store;
use Mojo::Base -base, -signatures;

# All verifications, the newest of them if there are more than keep.
has keep => 10_000;

sub add ($self, $verification) {
    my $id = $verification->id;
    $self->{by_id}{$id} = $verification;
    $self->{by_reference}{$self->_reference_key($verification)} = $id
        if defined $verification->reference;
    push @{$self->{by_number}{$verification->number}}, $verification;
    push @{$self->{order}}, $id;
    $self->_forget(shift @{$self->{order}})
        while @{$self->{order}} > $self->keep;
    return $verification;
}

sub by_id ($self, $id) { return $self->{by_id}{$id} }

sub by_reference ($self, $app, $reference) {
    my $id = $self->{by_reference}{"$app $reference"} // return undef;
    return $self->by_id($id);
}

# All of a number, oldest first.
sub by_number ($self, $number) {
    return @{$self->{by_number}{$number} // []};
}

# Oldest first.
sub all ($self) {
    return map { $self->{by_id}{$_} } @{$self->{order} // []};
}

sub clear ($self) {
    delete @$self{qw(by_id by_reference by_number order)};
    return $self;
}

sub _forget ($self, $id) {
    my $verification = delete $self->{by_id}{$id};
    delete $self->{by_reference}{$self->_reference_key($verification)}
        if defined $verification->reference;

    my $others = $self->{by_number}{$verification->number};
    @$others = grep { $_ != $verification } @$others;
    delete $self->{by_number}{$verification->number} unless @$others;
}

sub _reference_key ($self, $verification) {
    return $verification->app . ' ' . $verification->reference;
}

1;
