# docs/abuse-cases.md has all hundred cases, and the tests that it names exist.

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
    my @files = $row{$case} =~ /`(t\/\d+[^`]*\.t)`/g;

    ok(@files || $row{$case} =~ /does not apply|open|unit test|make test/, "case $case: where");
    ok(-e top() . "/$_", "case $case: $_") for @files;
}

# a test that names a case is in the table

my %named;

for my $file (glob top() . '/t/[0-9]*.t') {
    (my $name = $file) =~ s{.*/}{t/};
    my $text = slurp($file);
    push @{$named{$1}}, $name while $text =~ /\bcase (\d+):/g;
}

for my $case (sort { $a <=> $b } grep { $_ <= 100 } keys %named) {
    my %there = map { $_ => 1 } @{$named{$case}};

    like($row{$case}, qr/\Q$_\E/, "case $case is named by $_") for sort keys %there;
}

done_testing;
