#!/usr/bin/perl

# debian/: one version everywhere, files that exist, licences as in NOTICE, links
# of documents that lead to what is installed beside them. That the packages
# build and work is make deb-test's to say.

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


# where the documents of the module's package will lie, below its own directory

my $package = 'libnginx-mod-http-phone-verify';
my $doc = "usr/share/doc/$package";
my (%lies, %link);

sub below {
    my ($from) = @_;
    return -d "$top/$from" ? map { below(s{^\Q$top\E/}{}r) } glob "$top/$from/*"
                           : $from;
}

sub lines {
    my ($kind) = @_;
    my $file = "$top/debian/$package.$kind";
    return -e $file ? map { [ split ' ' ] } split /\n/, slurp($file) : ();
}

for (['docs', ''], ['examples', 'examples/']) {
    my ($kind, $where) = @$_;

    for my $from (map { s{^\Q$top\E/}{}r } map { glob "$top/$_->[0]" }
                  lines($kind))
    {
        my ($parent) = $from =~ m{^(.*/)};

        $lies{$where . substr $_, length($parent // '')} = $_ for below($from);
    }
}

for (lines('install')) {
    my ($from, $to) = @$_;
    next unless $to && $to =~ m{^\Q$doc\E/(.*)};
    $lies{"$1/" . $from =~ s{.*/}{}r} = $from;
}

for (lines('links')) {
    my ($to, $at) = map { s{^\Q$doc\E/}{}r } @$_;
    $link{$at} = $to;
}

my $links = 0;

for my $at (sort grep { /\.md$/ } keys %lies) {
    for my $to (slurp("$top/$lies{$at}") =~ /\]\(([^)#\s]+)/g) {
        next if $to =~ /^\w+:/;

        my $path = ($at =~ m{^(.*/)} ? $1 : '') . $to;
        1 while $path =~ s{(^|/)[^/]+/\.\./}{$1};
        $path =~ s{^([^/]+)}{$link{$1} // $1}e;
        $path =~ s{/$}{};

        ok($path =~ m{^usr/share/common-licenses/}
           || grep({ $_ eq $path || m{^\Q$path\E/} } keys %lies),
           "$at: $to");
        $links++;
    }
}

cmp_ok($links, '>', 30, 'links');
like(slurp("$top/debian/rules"), qr/dh_compress\b.* -X\.md\b/,
     'and they are not compressed');


# other people's data

my ($apache) = slurp("$top/debian/copyright")
    =~ /^Files: ((?:(?!^\S+: ).)+)^Copyright: The Libphonenumber Authors/ms;
my ($notice) = slurp("$top/NOTICE") =~ /^These files are$|(?:files are)\s+(.+)/ms;

is_deeply([ sort split ' ', $apache ],
          [ sort grep { m{/} } split ' ', $notice ],
          'debian/copyright and NOTICE name the same files');

ok(-e "$top/$_", "$_ exists") for split ' ', $apache;

done_testing;
