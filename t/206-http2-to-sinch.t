# Over TLS Sinch is asked for HTTP/2, with many calls on one connection; "http1"
# keeps to HTTP/1.1.

use strict;
use warnings;

use Test::More;

plan(skip_all => 'about the other side') if $ENV{TEST_NGINX_USE_HTTP3};

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(port slurp wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;         # for its certificates
my $tls = port();
my ($cert, $key) = map { $sim->dir . "/$_" } qw(cert.pem cert.key);

my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 1,
    app => "api https://localhost:$tls;", http => <<"EOF")->start;
log_format calls '\$server_protocol \$connection';
server {
    listen 127.0.0.1:$tls ssl http2;
    ssl_certificate $cert;
    ssl_certificate_key $key;
    access_log %%DIR%%/logs/calls.log calls;
    location / {
        default_type application/json;
        return 200 '{"id":"1","method":"sms","sms":{"template":"x"}}';
    }
}
EOF

sub calls { return split /\n/, slurp($nginx->dir . '/logs/calls.log') }

sub starts {
    my ($from) = @_;

    my @v = map { $nginx->visitor } 0 .. 4;
    my @c = map { $v[$_]->begin(POST => '/verify/start', [],
                                { number => sprintf '+4670%07d', $from + $_ }) } 0 .. 4;
    return scalar grep { $v[$_]->end($c[$_])->status == 200 } 0 .. 4;
}

is(starts(0), 5, 'started');
wait_until('five calls', sub { calls() == 5 });

my %connections = map { $_ => 1 } calls();
is(scalar keys %connections, 1, 'on one connection');
like((calls())[0], qr{^HTTP/2\.0 }, 'by HTTP/2');

$nginx->conf(app => "api https://localhost:$tls http1;")->reload;

is(starts(10), 5, 'started with "http1"');
wait_until('ten calls', sub { calls() == 10 });
like($_, qr{^HTTP/1\.1 }, 'by HTTP/1.1') for (calls())[5 .. 9];

my ($ok, $said) = $nginx->conf(app => "api https://localhost:$tls http3;")->check;
ok(!$ok, 'nothing else');
like($said, qr/invalid parameter "http3"/, 'and it says so');

PhoneVerify::Log::expect_log(qr/invalid parameter "http3"/);
$nginx->finish;
done_testing;
