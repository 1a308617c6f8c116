# Whatever allocation fails while a request is served: its client gets an
# answer or a closed connection, nothing opens that should not, and the worker
# goes on.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";

BEGIN {
    plan(skip_all => 'for make test-faults') unless $ENV{TEST_NGINX_FAULTY};
}

use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Faults;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $faults = PhoneVerify::Faults->new;
my $sim = PhoneVerify::Simulator->start;

# many calls that fail in a row, without an outage of Sinch

my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 1,
    app => 'provider_failures off;',
    server => <<'EOC')->start;
location / {
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location /verify/ {
    phone_verify signup optional;
    return 200 "$phone_verify_status $phone_verify_number_masked $phone_verify_reason\n";
}
location = /query { phone_verify_query signup; }
location = /sinch/callback { phone_verify_callback signup; }
EOC

my $number = 46_700_100_000;

sub fresh { return '+' . ++$number }


sub each_fails { $faults->each($nginx, @_) }


# the gate

each_fails('a closed gate', status => 401,
    request => sub { $nginx->visitor->get('/') });

each_fails('a visitor who is led to the page', status => 303,
    request => sub { $nginx->visitor->get('/', 'Accept: text/html') });

my $verified = $nginx->verified(fresh());

each_fails('an open gate', status => 200, or => [ 401, 502 ],
    request => sub { $verified->copy->get('/') });

each_fails('variables', status => 200, or => [ 401 ],
    request => sub { $verified->copy->get('/verify/') });


# a start: no failure leaves the number stuck

each_fails('a start', status => 200, or => [ 400, 502, 503 ],
    before => sub { return fresh() },
    request => sub {
        return $nginx->visitor->post('/verify/start', { number => $_[0] });
    },
    after => sub {
        my ($status, $n) = @_;
        my $again = $nginx->visitor->post('/verify/start', { number => $n });

        # joined, sent, or to be waited for: but an answer that makes sense

        like($again->status, qr/^(?:200|429)$/, 'the number is not stuck')
            if $again->status !~ /^(?:200|429)$/;

        return if $again->status != 200;

        my @sent = $sim->outbox($n);
        is(scalar @sent, 1, 'one message') if @sent != 1;
    });

each_fails('a form', status => 303, or => [ 502, 503 ],
    before => sub { return fresh() },
    request => sub {
        (my $n = $_[0]) =~ s/\+/%2B/;
        return $nginx->visitor->post('/verify/start', "number=$n",
                                     'Accept: text/html');
    });


# a report: what was not answered with a grant can be reported again

each_fails('a report', status => 200, or => [ 400, 409, 502, 503 ],
    before => sub {
        my $v = $nginx->visitor;
        my $n = fresh();
        $v->post('/verify/start', { number => $n });
        return ($v, $n, $sim->code($n));
    },
    request => sub {
        my ($v, $n, $code) = @_;
        return $v->copy->post('/verify/report', { code => $code });
    },
    after => sub {
        my ($status, $v, $n, $code) = @_;
        return if $status == 200;
        my $again = $v->post('/verify/report', { code => $code });
        is($again->status, 200, "reported again after $status")
            if $again->status != 200;
    });

each_fails('a wrong code', status => 422, or => [ 400, 409, 502, 503 ],
    before => sub {
        my $v = $nginx->visitor;
        $v->post('/verify/start', { number => fresh() });
        return $v;
    },
    request => sub { $_[0]->post('/verify/report', { code => '0000' }) });


# the other endpoints

my $pending = $nginx->visitor;
$pending->post('/verify/start', { number => fresh() });

each_fails('a status', status => 200,
    request => sub { $pending->copy->get('/verify/status') });

each_fails('a logout', status => 204, or => [ 503 ],
    before => sub { return $nginx->verified(fresh()) },
    request => sub { $_[0]->copy->post('/verify/logout', '') },
    after => sub {
        my ($status, $v) = @_;
        is($v->copy->get('/')->status, 401, 'gone is gone')
            if $status == 204 && $v->copy->get('/')->status != 401;
    });

my $asked = fresh();
$nginx->visitor->post('/verify/start', { number => $asked });
my ($record) = grep { $_->{identity}{endpoint} eq $asked }
               @{$sim->control(GET => '/_sim/verifications')->{items}};

each_fails('a query', status => 200, or => [ 400, 502, 503 ],
    request => sub { $nginx->visitor->get("/query?id=$record->{id}") });

each_fails('a callback that is not signed', status => 401,
    request => sub { $nginx->visitor->post('/sinch/callback', {}) });


# and after all of that

my $last = $nginx->verified(fresh());
is($last->get('/')->status, 200, 'a verification goes through');

$nginx->finish;

done_testing;
