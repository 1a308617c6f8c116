#!/usr/bin/perl

# "auth basic": key and secret as they are displayed, for trying things out;
# and a Sinch application that wants more.

use strict;
use warnings;

use MIME::Base64;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start(args => [ '--auth', 'basic' ]);
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, app => 'auth basic;',
    server => <<'EOC')->start;
location / {
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location = /query { phone_verify_query signup; }
EOC

my $basic = 'Basic ' . encode_base64(
    "$PhoneVerify::Simulator::KEY:$PhoneVerify::Simulator::SECRET", '');

my $number = '+46700000320';
my $v = $nginx->visitor;

is($v->post('/verify/start', { number => $number })->status, 200, 'a start');
is($v->post('/verify/report', { code => $sim->code($number) })->status, 200,
   'a report');
is($v->get('/a')->body, "GET /a $number\n", 'open');

my $id = ($sim->outbox($number))[0]{id};
is($nginx->visitor->get("/query?id=$id")->json->{status}, 'SUCCESSFUL',
   'a query');

my @requests = $sim->requests;
is(join(' ', map { $_->{operation} } @requests), 'start report status',
   'three requests');

for (@requests) {
    is($_->{auth}, 'basic', "$_->{operation}: Basic");
    is($_->{headers}{authorization}, $basic,
       "$_->{operation}: the secret as displayed, not decoded");
    is($_->{status}, 200, "$_->{operation}: is enough");
}

# where it is not enough

$sim->control(PATCH => '/_sim/settings', { auth => 'signed' });

my $r = $nginx->visitor->post('/verify/start', { number => '+46700000321' });
is($r->code, 'provider_error', 'an application that wants signatures');
like($nginx->log, qr/\[error\].*40303.*check "auth"/, 'what to do');

$nginx->conf(app => '')->reload;
$nginx->wait_old;
is($nginx->visitor->post('/verify/start',
                         { number => '+46700000322' })->status, 200,
   'signed, it goes');

my ($ok) = $nginx->conf(app => 'auth digest;')->check;
ok(!$ok, 'there is no other');

PhoneVerify::Log::expect_log(qr/\[emerg\] .*invalid value "digest"/);

$nginx->finish;
done_testing;
