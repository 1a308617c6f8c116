#!/usr/bin/perl

# Who comes back too late is told so, and can have a new code for the same
# number; the old session opens nothing.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep);

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(
    simulator => $sim,
    app       => 'pending_ttl 30s; resend 1s;',
    server    => <<'END',
        location / {
            phone_verify      signup;
            proxy_set_header  X-Verified-Phone $phone_verify_number;
            proxy_pass        http://127.0.0.1:%%UPSTREAM%%;
        }

        location = /page {
            phone_verify  signup optional;
            set     $said "$phone_verify_status/$phone_verify_reason";
            set     $said "$said/$phone_verify_method";
            set     $said "$said/$phone_verify_number_masked";
            return  200 "$said/$phone_verify_number";
        }
END
)->start;

my $number = '+46700000025';
my $stepped = $nginx->verified('+46700000027');

sub page { return $_[0]->get('/page')->body }

my $v = $nginx->visitor;
$v->post('/verify/start', { number => $number });

is(page($v), 'PENDING//sms/+46*****025/', 'pending');

my $code = $sim->code($number);
my $late = $v->copy;
my $out = $v->copy;

my $grant = $nginx->verified('+46700000026');

sleep 1.1;
is($stepped->post('/verify/start', { number => '+46700000028' })->status, 200,
   'who is in begins anew');

# the record may end up to a second before the token, which counts in seconds

wait_until('it is over', sub {
    return !grep { $_->copy->get('/verify/status')->json->{status} eq 'PENDING' }
           $v, $stepped;
}, 90);

is(page($v), 'FAIL/Expired/sms/+46*****025/', 'expired, and it says so');

is($v->get('/verify/status')->json->{status}, 'NONE', 'nothing is pending');
is($v->get('/')->status, 401, 'the gate is closed');

my $r = $v->post('/verify/report', { code => $code });
is($r->status . ' ' . $r->code, '409 no_verification', 'the code is no good');
is($v->get('/')->status, 401, 'closed');

is(page($grant), 'SUCCESSFUL//sms/+46*****026/+46700000026',
   'who is in, is in');

%{$grant->cookies} = (%{$v->cookies}, %{$grant->cookies});
is(page($grant), 'SUCCESSFUL//sms/+46*****026/+46700000026',
   'also with an old attempt beside it');

is(page($stepped), 'FAIL/Expired/sms/+46*****028/+46700000027',
   'a step-up that came to nothing is told, whose number is as it was');
is($stepped->get('/')->status, 200, 'and the grant is as good as it was');

is(page($nginx->visitor), 'NONE////', 'who has no cookie is not told');

is($out->post('/verify/logout', '')->status, 204, 'out');
is(page($out), 'NONE////', 'nothing is left of it');

# a new code for the same number

$r = $v->post('/verify/start', { method => 'sms' });
is($r->status, 200, 'a new code') or diag($r->body);
is($r->json->{number}, '+46*****025', 'to the same number');
is(page($v), 'PENDING//sms/+46*****025/', 'pending again');

$r = $v->post('/verify/report', { code => $sim->code($number) });
is($r->status, 200, 'which is good');
is($v->get('/')->body, "GET / $number\n", 'open');

is($late->get('/')->status, 401, 'a copy of the old one opens nothing');

$nginx->finish;
done_testing;
