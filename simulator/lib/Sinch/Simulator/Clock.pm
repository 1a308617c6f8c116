package Sinch::Simulator::Clock;
use Mojo::Base -strict, -signatures;

use Exporter    qw(import);
use POSIX       qw(strftime);
use Time::HiRes ();
use Time::Local qw(timegm);

our @EXPORT_OK = qw(now parse stamp);

sub now () { return Time::HiRes::time() }

# Sinch's own form, seven fractional digits and no zone: the status answers have
# it as it is, the callbacks with a Z.
sub stamp ($time) {
    my $ticks = int(($time - int $time) * 1e7);
    return strftime('%Y-%m-%dT%H:%M:%S', gmtime $time)
        . sprintf '.%07d', $ticks;
}

# ISO 8601 in UTC to seconds; undef if it is something else.
sub parse ($text) {
    my $date = qr/(\d{4})-(\d\d)-(\d\d)/a;
    my $time = qr/(\d\d):(\d\d):(\d\d)(\.\d{1,9})?/a;
    my ($year, $month, @rest) = $text =~ /\A${date}T$time(?:Z|\+00:?00)\z/
        or return undef;
    my ($day, $hour, $minute, $second, $fraction) = @rest;
    my $whole = eval {
        timegm($second, $minute, $hour, $day, $month - 1, $year);
    } // return undef;
    return $whole + ($fraction // 0);
}

1;
