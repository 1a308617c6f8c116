#!/usr/bin/perl

# docs/troubleshooting.md: each message that it quotes is one of the code's,
# "..." for what differs; each rule is there; and each advice that the log
# gives is explained.

use strict;
use warnings;

use File::Find;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp top);

my $top = top();
my $text = slurp("$top/docs/troubleshooting.md");


# the code's strings: those in a row are one, and so is NAME between them

my @string;

find({ no_chdir => 1, wanted => sub {
    return unless /\.[ch]$/;
    my $code = slurp($_) =~ s{/\*.*?\*/}{}gsr;

    for my $run ($code =~ /("(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*)/g) {
        my $string = join '', $run =~ /"((?:[^"\\\n]|\\.)*)"/g;
        push @string, $string =~ s/\\(.)/$1/gr;
    }
} }, "$top/src");

cmp_ok(scalar @string, '>', 1000, 'the strings were found');

# a message is a string that has the parts in this order, and where the
# document leaves something out, a conversion

sub found {
    my ($message) = @_;

    my $same = join '.*%.*', map { quotemeta }
               split /\Q...\E/, $message, -1;
    $same = "\\A.*$same" if $message =~ /^\Q...\E/;

    return scalar grep { /$same/s } @string;
}

ok(found('phone_verify: app "...": ... a verification'), 'one that is there');
ok(!found('phone_verify: app "...": a verification'), 'one that is not');
ok(!found('app "..." has no "kee"'), 'another one that is not');


# the tables of messages

my $messages = 0;

while ($text =~ /^\| message \| .*\n\| --- .*\n((?:\|.*\n)+)/mg) {
    for my $row (split /\n/, $1) {
        my ($message) = $row =~ /^\| `(.*?)`(?: with `.*?`)? \| \S.* \|$/
            or fail("a row of its own: $row"), next;

        $messages++;
        ok(found($message), $message);
    }
}

cmp_ok($messages, '>', 50, 'the messages were found');


# rules

my $code = slurp("$top/src/verification/policy/rule.c");
my %rule = map { $_ => 1 } $code =~ /ngx_string\("(\w+)"\)/g;
delete $rule{none};

my ($rules) = $text =~ /^\| rule \| .*\n\| --- .*\n((?:\|.*\n)+)/m;
my %said = map { $_ => 1 } map { /`(\w+)`/g } $rules =~ /^\| (.*?) \|/mg;

is_deeply([ sort keys %said ], [ sort keys %rule ], 'the rules');


# what the log advises

my $refusals = slurp("$top/src/verification/refusal.c") =~ s/\\"/"/gr;
my @advice = $refusals =~ /NGX_LOG_\w+, \d,\s+"(.*)" \}/g;

cmp_ok(scalar @advice, '>', 5, 'advice was found');

for my $advice (@advice) {
    like($text, qr/^\| `\Q$advice\E` \|/m, "advice: $advice");
}


done_testing;
