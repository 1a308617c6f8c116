# Whatever allocation fails while the configuration is read: nginx -t says so
# and ends, and does not crash.
#
#   TEST_NGINX_FAULTS_STEP   only every so-manieth, 1 by default

use strict;
use warnings;

use POSIX qw(_exit);
use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";

BEGIN {
    plan(skip_all => 'for make test-faults') unless $ENV{TEST_NGINX_FAULTY};
    plan(skip_all => 'what libraries do when they are loaded is theirs')
        if $ENV{TEST_NGINX_FAULTY} eq 'libraries';
}

use PhoneVerify::Env qw(new_dir slurp spew);
use PhoneVerify::Faults;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $faults = PhoneVerify::Faults->new;
my $sim = PhoneVerify::Simulator->start;

my @conf = (simulator => $sim, app => <<'APP',
    methods sms flashcall callout seamless whatsapp;
    language $http_accept_language;
    custom "for $host";
    sms_code_type Numeric;
    own_codes on;
    resend 30s 60s dry_run;
    limit address 5r/10m 10r/1d private;
    limit country off;
    attempts off number=20r/1h all=off dry_run;
    budget 50EUR/1d 5EUR/1h;
    budget 1EUR/1h country=SE dry_run;
    max_price 0.25EUR;
    revocation_file revoked;
    test_number +46700000000 123456;
    bind $http_user_agent dry_run;
    number_reuse 3/30d;
    allow_origins https://app.example.com https://localhost:5173 dry_run;
    conversion_breaker country hour=30 day=200 ratio=50%;
    provider_failures 5/10s probe=10s;
    on_outage grace 2h dry_run;
    allow_countries SE NO DK;
    deny_classes premium;
    resolver 127.0.0.1:53 valid=60s;
APP
    server => <<'SERVER');
set $local 0;
phone_verify_skip $local;
location / { return 200; phone_verify signup max_age=5m number=$arg_n methods=sms; }
location = /check { phone_verify_check signup max_age=5m; }
location = /admin { phone_verify_admin signup; }
location = /query { phone_verify_query signup; }
location = /sinch/callback { phone_verify_callback signup; }
SERVER

$faults->arm(0);
my ($ok, $said) = PhoneVerify::Nginx->new(@conf)->check;
ok($ok, 'the configuration is right') or diag($said);

my $all = $faults->count;
my $step = $ENV{TEST_NGINX_FAULTS_STEP} || 1;
my $dir = new_dir();

note("$all allocations");

# As many at a time as there are cores: each has an nginx of its own, since
# what sanitizers find is in a file beside its log, and ends it as an error of
# the configuration does.

my $jobs = $ENV{JOBS} || qx(nproc) + 0 || 1;
my @pids;

for my $job (0 .. $jobs - 1) {
    my $faults = PhoneVerify::Faults->new;
    my $nginx = PhoneVerify::Nginx->new(@conf);

    my $pid = fork;
    die "fork: $!" unless defined $pid;

    if ($pid == 0) {
        my $done = eval { share($job, $faults, $nginx); 1 };
        diag($@) unless $done;
        _exit($done ? 0 : 1);
    }

    push @pids, $pid;
}

my ($failed, $passed, $tried, @bad) = (0, 0, 0);

for my $job (0 .. $jobs - 1) {
    waitpid $pids[$job], 0;
    is($?, 0, "share $job came to its end");

    for (split /\n/, slurp("$dir/share.$job")) {
        my ($n, $how) = split ' ';

        $tried++;
        $how eq 'failed' ? $failed++ : $how eq 'passed' ? $passed++
                         : push @bad, $n;
    }
}

is($tried, int(($all + $step - 1) / $step), 'each was tried');
is("@bad", '', 'no crash');
ok($failed > $passed, "$failed failures are told, $passed do not matter");

done_testing;


sub share {
    my ($job, $faults, $nginx) = @_;

    my ($out, $told) = ('', 0);

    for (my $n = 1 + $job * $step; $n <= $all; $n += $step * $jobs) {
        $faults->arm($n);
        my ($ok, $said) = $nginx->check;
        my @found = glob $nginx->dir . '/logs/sanitizer*';

        # not all of them matter, but none may end in anything but words

        my $how = @found ? 'bad' : $ok ? 'passed'
                  : $? >> 8 == 1 && $said =~ /\[emerg\]|failed/ ? 'failed'
                  : 'bad';

        diag("allocation $n: status $?\n$said", map { slurp($_) } @found)
            if $how eq 'bad' && $told++ < 3;

        unlink @found;
        $out .= "$n $how\n";
    }

    spew("$dir/share.$job", $out);
    return;
}
