# docs/abuse-cases.md has all hundred cases: each with the tests that name it, or
# with why it does not apply.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp top);

my %row = map { /^\| (\d+) \| [^|]+ \| (.+) \|$/ ? ($1 => $2) : () }
          split /\n/, slurp(top() . '/docs/abuse-cases.md');

is(join(' ', sort { $a <=> $b } keys %row), join(' ', 1 .. 100), 'all cases');

for my $case (sort { $a <=> $b } keys %row) {
    ok(-e top() . "/$_", "case $case: $_")
        for $row{$case} =~ /`(t\/[^`]*\.(?:t|c))`/g;
}

# a test that names a case is in the table

my %named;

for my $file (map { glob top() . "/t/$_" } '[0-9]*.t', 'unit/*.c') {
    (my $name = $file) =~ s{.*/t/}{t/};
    my $text = slurp($file);
    push @{$named{$1}}, $name while $text =~ /(?:['"]|TEST \d+: )case (\d+): /g;
}

for my $case (1 .. 100) {
    my $row = $row{$case} // '';
    my %there = map { $_ => 1 } @{$named{$case} || []};

    like($row, qr/\Q$_\E/, "case $case is named by $_") for sort keys %there;

    ok(%there || $row =~ /does not apply: \w/, "case $case: a test, or why not");
}

done_testing;
