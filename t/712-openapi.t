#!/usr/bin/perl

# docs/openapi.yaml is an OpenAPI document: a checker says so, and finds a
# mistake in a copy that has one. npm installs it to build/openapi, the versions
# are those of t/openapi.

use strict;
use warnings;

use Fcntl qw(:flock);
use File::Path qw(make_path);
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp spew top);

my $there = top() . '/build/openapi';

for my $tool ('node', 'npm') {
    plan(skip_all => "$tool is not installed")
        if system("$tool --version >/dev/null 2>&1") != 0;
}

my $why = installed();
plan(skip_all => $why) if $why;


# Nothing, or why it cannot be had. Tests that run at the same time wait.

sub installed {
    my $from = top() . '/t/openapi';

    make_path($there);
    open my $lock, '>>', "$there/lock" or die "$there/lock: $!";
    flock $lock, LOCK_EX;

    return if -e "$there/installed"
              && slurp("$there/installed") eq slurp("$from/package-lock.json");

    unlink "$there/installed";
    spew("$there/$_", slurp("$from/$_")) for qw(package.json package-lock.json);

    my $rc = system("cd '$there' && npm ci --ignore-scripts --no-audit"
                    . ' --no-fund --fetch-retries=0 --fetch-timeout=20000'
                    . ' >npm.log 2>&1');

    return "npm cannot install the checker, see $there/npm.log" if $rc;

    spew("$there/installed", slurp("$from/package-lock.json"));
    return;
}


# Whether it is accepted, and what was said.

sub judge {
    my ($file) = @_;

    open my $out, '-|', 'node', top() . '/t/openapi/check.cjs', $there, $file
        or die "node: $!";
    my $said = do { local $/; <$out> };

    return (close($out), $said);
}


my $text = slurp(top() . '/docs/openapi.yaml');
my ($passed, $said) = judge(top() . '/docs/openapi.yaml');

ok($passed, 'accepted') or diag($said);
is($said, "3.0.3 9\n", 'as OpenAPI 3.0, with all paths');


# a checker that accepts anything would be none

my %mistake = (
    'a reference to nothing' =>
        [ "'#/components/schemas/Start'" => "'#/components/schemas/Nothing'" ],
    'an answer without a description' =>
        [ "description: It is ended\n" => "summary: It is ended\n" ],
    'a parameter that is nowhere' => [ 'in: query' => 'in: somewhere' ],
);

for my $name (sort keys %mistake) {
    my ($from, $to) = @{$mistake{$name}};

    my $wrong = $text =~ s/\Q$from\E/$to/r;
    isnt($wrong, $text, "$name: made");
    spew("$there/wrong.yaml", $wrong);

    ($passed, $said) = judge("$there/wrong.yaml");
    ok(!$passed, "$name: refused");
}


done_testing;
