#!/usr/bin/perl

# debian/: one version everywhere, files that exist, licences as in NOTICE.
# That the packages build and work is make deb-test's to say.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp top);

my $top = top();


# the version

my ($version) = slurp("$top/debian/changelog")
                =~ /^nginx-phone-verify \(([^)]+)\) /;
ok($version, 'debian/changelog has a version');

my %said = (
    'CHANGES'           => qr/^Changes with nginx-phone-verify (\S+) /m,
    'simulator/sinch-simulator.1'
                        => qr/"nginx-phone-verify (\S+)"/,
    'simulator/lib/Sinch/Simulator.pm'
                        => qr/^our \$VERSION = '([^']+)'/m,
);

for my $file (sort keys %said) {
    my ($other) = slurp("$top/$file") =~ $said{$file};
    is($other, $version, "$file has the same");
}


# what is to be installed

my $files = 0;

for my $list (glob "$top/debian/*.install $top/debian/*.docs"
                   . " $top/debian/*.examples $top/debian/*.manpages")
{
    for my $line (split /\n/, slurp($list)) {
        my ($from) = split ' ', $line;

        next if $from =~ m{^usr/};          # what the build has made

        my @found = grep { -e } glob "$top/$from";

        cmp_ok(scalar @found, '>', 0, ($list =~ m{([^/]+)$})[0] . ": $from");
        $files++;
    }
}

cmp_ok($files, '>', 10, 'files');


# other people's data

my ($apache) = slurp("$top/debian/copyright")
    =~ /^Files: ((?:(?!^\S+: ).)+)^Copyright: The Libphonenumber Authors/ms;
my ($notice) = slurp("$top/NOTICE") =~ /^These files are$|(?:files are)\s+(.+)/ms;

is_deeply([ sort split ' ', $apache ],
          [ sort grep { m{/} } split ' ', $notice ],
          'debian/copyright and NOTICE name the same files');

ok(-e "$top/$_", "$_ exists") for split ' ', $apache;

done_testing;
