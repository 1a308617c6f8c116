# Whatever allocation fails while the configuration is read: nginx -t says so
# and ends, and does not crash.
#
#   TEST_NGINX_FAULTS_STEP   only every so-manieth, 1 by default

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";

BEGIN {
    plan(skip_all => 'for make test-faults') unless $ENV{TEST_NGINX_FAULTY};
    plan(skip_all => 'what libraries do when they are loaded is theirs')
        if $ENV{TEST_NGINX_FAULTY} eq 'libraries';
}

use PhoneVerify::Faults;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $faults = PhoneVerify::Faults->new;
my $sim = PhoneVerify::Simulator->start;

my $nginx = PhoneVerify::Nginx->new(simulator => $sim, app => <<'APP',
    methods sms flashcall callout seamless whatsapp;
    language $http_accept_language;
    custom "for $host";
    own_codes on;
    resend 30s 60s;
APP
    server => <<'SERVER');
location / { return 200; phone_verify signup max_age=5m number=$arg_n methods=sms; }
location = /query { phone_verify_query signup; }
location = /sinch/callback { phone_verify_callback signup; }
SERVER

$faults->arm(0);
my ($ok, $said) = $nginx->check;
ok($ok, 'the configuration is right') or diag($said);

my $all = $faults->count;
my $step = $ENV{TEST_NGINX_FAULTS_STEP} || 1;
my ($failed, $passed, @bad) = (0, 0);

note("$all allocations");

for (my $n = 1; $n <= $all; $n += $step) {
    $faults->arm($n);
    ($ok, $said) = $nginx->check;

    # not all of them matter, but none may end in anything but words

    if ($ok) {
        $passed++;

    } elsif ($? >> 8 == 1 && $said !~ /Sanitizer|runtime error/) {
        $failed++;

    } else {
        push @bad, $n;
        diag("allocation $n: status $?\n$said") if @bad < 4;
    }
}

is("@bad", '', 'no crash');
ok($failed > $passed, "$failed failures are told, $passed do not matter");

done_testing;
