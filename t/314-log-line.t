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
    log_format audit '$uri|$phone_verify_status|$phone_verify_country|'
                     '$phone_verify_number_masked|$phone_verify_id';
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
like(audit(), qr{^/claimed\|SUCCESSFUL\|SE\|}m, 'and its line says so');

$number = '+46700000902';
$visitor = $nginx->visitor;
$visitor->post('/verify/start', { number => $number });
is($visitor->post('/verify/report', { code => $sim->code($number) })->status,
   200, 'reported');
wait_until('the line', sub { audit() =~ m{^/verify/report}m });
like(audit(), qr{^/verify/report\|SUCCESSFUL\|SE\|\+46\*{5}902\|}m,
     'the line of a report says how it ended');

# its id is that by which the session that it began is known, and ended

sub line {
    my ($who, $uri) = @_;
    $who->get("/$uri");
    wait_until('the line', sub { audit() =~ m{^/$uri\|}m });
    return audit() =~ m{^/$uri\|(.*)$}m ? $1 : '';
}

is((audit() =~ m{^/verify/report\|(.*)$}m)[0], line($visitor, 'reported'),
   'in the words of the lines after it');

# a step-up, too, where an old grant stands beside it

$number = '+4799999999';
$visitor->post('/verify/start', { number => $number });
is($visitor->post('/verify/report', { code => $sim->code($number) })->status,
   200, 'a step-up');
wait_until('the line', sub { (() = audit() =~ m{^/verify/report\|}mg) == 2 });
my $after = line($visitor, 'stepped');
like($after, qr{^SUCCESSFUL\|NO\|}, 'behind it: the new number');
is((audit() =~ m{^/verify/report\|(.*)$}mg)[1], $after,
   'the line of its report: the new number as well');

# and of a status that hands over a success

$number = '+46700000903';
$visitor = $nginx->visitor;
$visitor->post('/verify/start', { number => $number });
$sim->control(POST => '/_sim/settle', { number => $number,
    status => 'SUCCESSFUL' });
wait_until('a success by callback', sub {
    $visitor->get('/verify/status')->json->{status} eq 'SUCCESSFUL' });
$after = line($visitor, 'behind');
wait_until('the line', sub { audit() =~ m{^/verify/status\|\Q$after\E$}m });

# a request of which nothing could be read has a line, too, with all variables

{
    my @names = map { "phone_verify_$_" }
                qw(status number number_masked method reason id age country
                   attempts_left resend_in target methods error return);

    my $other = PhoneVerify::Nginx->new(simulator => $sim,
        app => 'bind $http_user_agent$ssl_client_serial;',
        http => 'log_format all "$status ' . join('|', map { "\$$_" } @names)
                . '";',
        server => 'access_log %%DIR%%/logs/all.log all;'
                  . ' location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }')
        ->start;

    my @broken = ("nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET\r\n\r\n",
                  "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
                  "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                  "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /\0 HTTP/1.1\r\n\r\n",
                  'GET /' . 'a' x 40000 . " HTTP/1.1\r\n\r\n",
                  "GET / HTTP/1.1\r\nHost: a\r\nX: " . 'a' x 40000 . "\r\n\r\n",
                  "GET / HTTP/1.1\r\nHost: a\r\nCookie: __Host-phone_verify=a\r\n"
                  . "Content-Length: -1\r\n\r\n");

    for my $bytes (@broken) {
        my $c = $other->connection;
        $c->write($bytes);
        $c->response;
        $c->close;
    }

    my $file = $other->dir . '/logs/all.log';
    wait_until('the lines', sub {
        return -e $file && (() = slurp($file) =~ /\n/g) == @broken;
    });

    is((() = slurp($file) =~ m{^[45]\d\d NONE(?:\|-){10}\|[a-z ]+\|-\|/$}mg),
       scalar @broken, 'a broken request has a line of its own');

    $other->finish;
}


$nginx->finish;

done_testing;
