#!/usr/bin/perl

# docs/sinch.md: each row says where a thing works and which tests show it;
# these files are there, and the words of the row are in one of them. No status,
# reason or error code is missing, and no example of Sinch's is without a test.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp top);

my $doc = slurp(top() . '/docs/sinch.md');
my %text;

sub text {
    my ($file) = @_;

    return $text{$file} //= -e top() . "/$file" ? slurp(top() . "/$file") : '';
}

# the examples are the text of the tests that read them

sub examples {
    my ($file) = @_;

    return join '', map { text("t/data/sinch-examples/$_.json") }
                    text($file) =~ /"((?:start|report|status|callback|legacy|
                                         asserted|error)-[a-z0-9-]+)"/xg;
}

my %first;
my $n = 0;

for my $line (split /\n/, $doc) {
    next unless $line =~ /^\| .* \|$/ && $line !~ /^\| ?---/;

    my @cell = map { s/^\s+|\s+$//gr } split /\|/, $line =~ s/^\||\|$//gr;
    my ($what, $where, $tests) = @cell;

    next if $tests =~ /^test/;
    $n++;

    is(scalar @cell, 3, "$what: three cells");

    my @files = $tests =~ /`([^`]+)`/g;

    ok(scalar @files, "$what: a test");
    isnt(text($_), '', "$what: $_") for @files, $where =~ /`(src\/[^`]+)`/g;

    # words in code style: each in one of the tests, or in an example there

    my $all = join '', map { text($_), examples($_) } @files;

    for my $word ($what =~ /`([^`]+)`/g) {
        $first{$word} = 1;

        # a path, a body, a whole member: its parts

        for my $part (grep { /\w{3}/ } $word =~ /[\w-]+(?: [\w-]+)*/g) {
            next if $part =~ /^(?:POST|PUT|api|https)$/;
            like($all, qr/\Q$part\E/i, "$what: \"$part\" is tested");
        }
    }
}

cmp_ok($n, '>', 100, "$n rows");

# the vocabulary of the code

my %word = map { $_ => 1 } map { /"([^"]+)"/g }
           text('src/sinch/words.c') =~ /ngx_string\("[^"]+"\)/g;

cmp_ok(scalar(keys %word), '>', 20, 'words of the code');
ok($first{$_}, "\"$_\" has a row")
    for grep { !/^(?:flashCall|Other|UNKNOWN|NONE|code|\w+Options)$/ }
        sort keys %word;

my %code = map { $_ => 1 } text('src/verification/refusal.c') =~ /\b(\d{5})\b/g;
my ($errors) = $doc =~ /^## Errors(.*?)^## /ms;

like($errors, qr/\b$_\b/, "errorCode $_ has a row") for sort keys %code;

# the examples

my $tests = join '', map { slurp($_) } glob(top() . '/t/[0-9]*.t'),
                                       glob(top() . '/t/unit/*.c');

for my $file (glob top() . '/t/data/sinch-examples/*.json') {
    my ($name) = $file =~ m{([^/]+)\.json$};
    like($tests, qr/['"]\Q$name\E['"]/, "$name is used");
}

done_testing;
