# The line of a request in the access log says how its answer came about.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, http => <<'HTTP',
    log_format audit '$uri|$phone_verify_status|$phone_verify_country';
HTTP
    server => <<'SERVER')->start;
access_log %%DIR%%/logs/audit.log audit;

location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
location = /sinch/callback {
    access_log off;
    phone_verify_callback signup;
}
SERVER

$sim->control(PATCH => '/_sim/settings', {
    callback => 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' });

sub audit {
    my $file = $nginx->dir . '/logs/audit.log';
    return -e $file ? slurp($file) : '';
}

# the line of a request says what its answer was by, though the grant came
# with that very answer and not with the request

my $number = '+46700000901';
my $visitor = $nginx->visitor;
$visitor->post('/verify/start', { number => $number });
$sim->control(POST => '/_sim/settle', { number => $number,
    status => 'SUCCESSFUL' });
wait_until('a success by callback opens',
           sub { $visitor->get('/claimed')->status == 200 });
wait_until('the line', sub { audit() =~ m{^/claimed\|SUCCESSFUL}m });
like(audit(), qr{^/claimed\|SUCCESSFUL\|SE$}m, 'and its line says so');

$number = '+46700000902';
$visitor = $nginx->visitor;
$visitor->post('/verify/start', { number => $number });
is($visitor->post('/verify/report', { code => $sim->code($number) })->status,
   200, 'reported');
wait_until('the line', sub { audit() =~ m{^/verify/report}m });
like(audit(), qr{^/verify/report\|SUCCESSFUL\|}m,
     'the line of a report says how it ended');

$nginx->finish;

done_testing;
