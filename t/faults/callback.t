# Whatever allocation fails while Sinch's callbacks are answered: a message has
# the code that opens, or there is none; no number is stuck; and an outcome that
# could not be taken in is no success.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";

BEGIN {
    plan(skip_all => 'for make test-faults') unless $ENV{TEST_NGINX_FAULTY};
}

use PhoneVerify::Faults;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $faults = PhoneVerify::Faults->new;
my $sim = PhoneVerify::Simulator->start;

my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 1,
    app => "own_codes on;\nprovider_failures off;\nresend 1s;",
    server => <<'EOC')->start;
location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
location = /sinch/callback { phone_verify_callback signup; }
EOC

$sim->control(PATCH => '/_sim/settings', {
    callback => 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' });

my $number = 46_700_300_000;

sub fresh { return '+' . ++$number }

# a start, in the middle of which Sinch asks for the code

$faults->each($nginx, 'a start with a callback', status => 200,
    or => [ 400, 403, 502, 503 ],
    before => sub { return (fresh(), $nginx->visitor) },
    request => sub { $_[1]->post('/verify/start', { number => $_[0] }) },
    after => sub {
        my ($status, $n, $v) = @_;

        if ($status != 200) {
            my $again = $v->post('/verify/start', { number => $n });
            like($again->status, qr/^(?:200|429)$/, 'the number is not stuck')
                if $again->status !~ /^(?:200|429)$/;
            return if $again->status != 200;
        }

        my $code = $sim->code($n) or return;
        my $r = $v->post('/verify/report', { code => $code });
        is($r->status, 200, 'the code that was sent is good')
            if $r->status != 200;
    });

# a guess that is judged here

$faults->each($nginx, 'a wrong code of ours', status => 422,
    or => [ 400, 409, 502, 503 ],
    before => sub {
        my ($v, $n) = ($nginx->visitor, fresh());
        $v->post('/verify/start', { number => $n });
        return $v;
    },
    request => sub { $_[0]->post('/verify/report', { code => '1' }) });

# an outcome

$faults->each($nginx, 'an outcome', status => 200, or => [ 401 ],
    before => sub {
        my ($v, $n) = ($nginx->visitor, fresh());
        $v->post('/verify/start', { number => $n });
        return ($v, $n);
    },
    request => sub {
        my ($v, $n) = @_;
        $sim->control(POST => '/_sim/settle', { number => $n,
                                                status => 'FAIL' });
        return $v->get('/verify/status');
    },
    after => sub {
        my ($status, $v) = @_;
        is($v->get('/')->status, 401, 'closed') if $v->get('/')->status != 401;
    });

my $last = $nginx->verified(fresh());
is($last->get('/')->status, 200, 'a verification goes through');

$nginx->finish;

done_testing;
