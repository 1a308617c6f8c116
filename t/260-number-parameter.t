#!/usr/bin/perl

# number= on a start: the operator says whose phone it is, and the client's
# word counts for nothing.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(
    simulator => $sim,
    endpoints => <<'EOF2',
location = /verify/start {
    phone_verify_start signup number=$http_x_account_phone;
}
location = /fixed/start {
    phone_verify_start signup number=+46830000009;
}
EOF2
)->start;

sub said { return $_[0]->status . ' ' . $_[0]->code }

sub asked {
    my ($last) = reverse $sim->requests;
    return JSON::PP->new->decode($last->{body})->{identity}{endpoint};
}


my $r = $nginx->visitor->post('/verify/start', { method => 'sms' },
                              'X-Account-Phone: +46 83-000 00 01');
is($r->status, 200, 'started');
is($r->json->{number}, '+46*****001', 'the number of the account');
is(asked(), '+46830000001', 'was sent');

$r = $nginx->visitor->post('/verify/start', { number => '+46830000666' },
                           'X-Account-Phone: +46830000002');
is($r->status, 200, 'started');
is(asked(), '+46830000002', "the client's number was not looked at");

$r = $nginx->visitor->post('/verify/start', { number => 'nonsense' },
                           'X-Account-Phone: +46830000003');
is($r->status, 200, 'not even when it is none');
is(asked(), '+46830000003', 'the number of the account');

$r = $nginx->visitor->post('/fixed/start', { method => 'sms' });
is(asked(), '+46830000009', 'a constant');


# no number, no message

my $starts = $sim->starts;

for my $value (undef, '', 'unknown', '46830000004', '+46') {
    $r = $nginx->visitor->post('/verify/start', { number => '+46830000666' },
                               defined $value ? "X-Account-Phone: $value"
                                              : ());
    is(said($r), '403 denied', defined $value ? "\"$value\"" : 'none');
    is($r->header('Set-Cookie'), undef, 'no session');
}

is($sim->starts, $starts, 'nothing was sent');

like($nginx->log, qr/\[warn\].*"number=" gave nothing/, 'the operator is told');
like($nginx->log, qr/\[warn\].*"number=" gave no phone number/, 'and how');
unlike($nginx->log, qr/46830000004/, 'but not what it was');


$nginx->finish;

done_testing();
