#!/usr/bin/perl

# The unit tests in C (t/unit/*_test.c), run inside an nginx at "nginx -t".

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(binary module new_dir slurp spew);
use PhoneVerify::Log qw(unexpected);

my $dir = new_dir();
mkdir "$dir/logs";

spew("$dir/nginx.conf", 'load_module ' . module('phone_verify_unit') . <<"EOF");
;
pid $dir/nginx.pid;
error_log $dir/logs/error.log info;
events {}
http { phone_verify_unit_tests $dir/tap; }
EOF

$ENV{TEST_NGINX_SANITIZER_LOG} = "$dir/logs/sanitizer";

my $said = join ' ', binary(), '-t -p', $dir, '-c', "$dir/nginx.conf",
                '-e', "$dir/logs/error.log", '2>&1';
$said = `$said`;
is($?, 0, 'nginx -t') or diag($said);

my ($plan, $last) = (undef, 0);

for (split /\n/, slurp("$dir/tap")) {
    if (/^(not )?ok (\d+) - (.*)/) {
        ok(!$1, $3);
        $last = $2;

    } elsif (/^1\.\.(\d+)$/) {
        $plan = $1;

    } else {
        s/^#\s*//;
        diag($_);
    }
}

ok(defined $plan && $plan == $last && $last > 0, 'all of them ran');

is(join("\n", unexpected(join '', $said, map { slurp($_) }
                         glob "$dir/logs/*")),
   '', 'nothing alarming in the log');

done_testing();
