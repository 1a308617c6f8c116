use Mojo::Base -strict, -signatures;
use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use Sinch::Simulator::Log;

# What an index finds is what a search finds, whatever was forgotten.

sub both ($work) {
    my @logs = map { Sinch::Simulator::Log->new(keep => 4, @$_) }
        [], [index => 'number'];
    $work->($_) for @logs;

    for my $filter ({}, {number => 'a'}, {number => 'b'}, {number => 'c'},
        {number => 'a', code => 1}, {number => 'a', after => 2},
        {number => 'a', limit => 1}, {number => ''}, {code => 1})
    {
        my ($searched, $indexed) = map { $_->find(%$filter) } @logs;
        is_deeply($indexed, $searched,
            'the same: ' . join ' ', map {"$_=$filter->{$_}"} sort keys %$filter);
    }
    return @logs;
}

my $some = sub ($log) {
    $log->append({number => $_, code => 1}) for qw(a b a);
    $log->append({number => 'a', code => 2});
    $log->append({code   => 1});
};

my ($log) = both($some);
is_deeply([map { $_->{n} } @{$log->find->{items}}], [2 .. 5],
    'the newest are kept');
is($log->find(number => 'b')->{count}, 1, 'and found');

($log) = both(sub ($log) { $some->($log) for 1 .. 3 });
is_deeply([map { $_->{n} } @{$log->find(number => 'a')->{items}}], [13, 14],
    'those of a number, too');

both(sub ($log) { $some->($log); $log->clear; $log->append({number => 'a'}) });

done_testing;
