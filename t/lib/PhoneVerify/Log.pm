package PhoneVerify::Log;

# What an error log may not have: [alert], [emerg], a process that ended badly,
# anything of a sanitizer, the application secret, a phone number. A test names
# beforehand what it provokes:
#
#     expect_log(qr/zone "signup" is full/);

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(expect_log unexpected);

our @EXPORT = @EXPORT_OK;

my @expected;


sub expect_log {
    push @expected, @_;
}


# The lines of a text that should not be there.  What must be kept secret is
# looked for at every level, but numbers not in nginx's own [debug] lines,
# which show each header that is sent to an upstream.

my $sanitizer = qr/Sanitizer|runtime error:|^==\d+==/;

# Where nginx does not start, it leaves the pool that it started with.

my $leak = qr/^(?:Direct|Indirect) leak of .*\n(?:    #\d+ .*\n)+/m;
my $start = qr/ in ngx_create_pool .*\n    #\d+ \S+ in main /;


sub _leaks {
    my ($report) = @_;

    return $report if grep { !/$start/ } $report =~ /$leak/g;
    return '';
}


sub unexpected {
    my ($text, %arg) = @_;

    # a code stands alone; its digits are in some id of Sinch's now and then

    my @secrets = @{$arg{secrets} || []};
    my $codes = join '|', grep { /^\d{1,10}$/ } @secrets;
    my @others = map { quotemeta } grep { !/^\d{1,10}$/ } @secrets;

    push @others, "(?<![\\w-])(?:$codes)(?![\\w-])" if $codes ne '';

    my $secrets = join '|', @others;

    my $numbers = join '|', map { quotemeta s/^\+//r } @{$arg{numbers} || []};

    my (@bad, $report);

    $text =~ s/(^==\d+==ERROR: LeakSanitizer.*?^SUMMARY: .*\n)/_leaks($1)/gmse;

    LINE: for my $line (split /\n/, $text) {
        if ($secrets ne '' && $line =~ /$secrets/) {
            push @bad, "a secret: $line";
            next;
        }

        if ($numbers ne '' && $line !~ /\[debug\]/ && $line =~ /$numbers/) {
            push @bad, "a number: $line";
            next;
        }

        if ($line =~ $sanitizer) {
            $report = 1;

        } elsif ($report && $line =~ /^    #\d+ .* in /) {
            push @bad, $line;
            next;

        } elsif ($line !~ /\[(?:alert|emerg)\]|exited with code [1-9]/) {
            next;
        }

        for my $re (@expected) {
            next LINE if $line =~ $re;
        }

        push @bad, $line;
    }

    return @bad;
}


1;
