# Whatever allocation fails while operators, another nginx or a page of another
# site are answered: what could not be written down was not revoked, and what
# was told to be revoked is.

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
    app => "revocation_file revoked;\nprovider_failures off;\n"
           . 'allow_origins https://app.example.com;',
    server => <<'EOC')->start;
location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
location = /admin { phone_verify_admin signup; }
location = /check { phone_verify_check signup; }
location = /metrics { phone_verify_metrics; }
EOC

my $number = 46_700_200_000;

sub fresh { return '+' . ++$number }

sub each_fails { $faults->each($nginx, @_) }

each_fails('the overview', status => 200,
    request => sub { $nginx->visitor->get('/admin') });

each_fails('metrics', status => 200,
    request => sub { $nginx->visitor->get('/metrics') });

each_fails('a check of a stranger', status => 401,
    request => sub { $nginx->visitor->get('/check') });

my $verified = $nginx->verified(fresh());

each_fails('a check', status => 204, or => [ 401 ],
    request => sub { $verified->copy->get('/check') });

each_fails('a preflight', status => 204,
    request => sub {
        $nginx->visitor->send(OPTIONS => '/verify/start', [
            'Origin: https://app.example.com',
            'Access-Control-Request-Method: POST' ]);
    });

each_fails('an operator revokes a number', status => 204,
    or => [ 400, 503 ],
    before => sub {
        my $n = fresh();
        return ($n, $nginx->verified($n));
    },
    request => sub {
        $nginx->visitor->post('/admin', { action => 'revoke',
                                          number => $_[0] });
    },
    after => sub {
        my ($status, $n, $v) = @_;
        is($v->copy->get('/')->status, 401, 'revoked is revoked')
            if $status == 204 && $v->copy->get('/')->status != 401;
    });

is($verified->get('/')->status, 200, 'everybody else is in');

$nginx->finish;

done_testing;
