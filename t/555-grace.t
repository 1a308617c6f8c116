# on_outage grace: who was verified before, and whose time ran out while Sinch
# is out of reach, passes; nobody else does. In a dry run nobody does, and who
# would is told of and counted.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Log qw(expect_log);
use PhoneVerify::Metrics;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;

my $rules = 'provider_failures 2/30s probe=1s; session_ttl 5s;';

sub site {
    my ($app) = @_;
    return PhoneVerify::Nginx->new(simulator => $sim, workers => 2, app => $app,
        server => <<'SERVER')->start;
location / {
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location /transfer {
    phone_verify signup max_age=2s;
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location /whatsapp {
    phone_verify signup methods=whatsapp;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location /mine {
    phone_verify signup number=$http_x_mine;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location = /skip {
    phone_verify signup max_age=2s;
    phone_verify_skip $arg_skip;
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location = /check { phone_verify_check signup; }
location = /metrics { phone_verify_metrics; }
location = /admin { phone_verify_admin signup; allow 127.0.0.1; deny all; }
SERVER
}

# Until the breaker is open: two starts that get no answer.

sub outage {
    my ($nginx) = @_;

    $sim->down;

    for my $n (1 .. 2) {
        is($nginx->visitor->post('/verify/start', { number => "+4670900000$n" })->status,
           503, "Sinch is gone, $n");
    }

    $nginx->wait_log(qr{calls to Sinch have failed in a row});
    return;
}

# How many passed by grace, and would have in a dry run.

sub graced {
    my ($nginx) = @_;

    my $m = PhoneVerify::Metrics->new($nginx)->values;
    return join ' ', map { $m->{'phone_verify_gate_grace_total{app="signup",'
                                . "dry_run=\"$_\"}"} } 'no', 'yes';
}

my $nginx = site("$rules on_outage grace 60s;");
my $early = $nginx->verified('+46701000001');
is($early->get('/a')->status, 200, 'verified');
sleep 6;
is($early->get('/a')->status, 401, 'its time runs out before there is an outage');

my $v = $nginx->verified('+46701000002');
my $gone = $nginx->verified('+46701000003');
my $out = $gone->copy;
is($v->get('/transfer')->status, 200, 'fresh enough');

outage($nginx);

is($v->get('/a')->status, 200, 'still its time');
is(graced($nginx), '0 0', 'no grace is needed');
sleep 6;

is($v->get('/a')->body, "GET /a +46701000002\n", 'by grace, and it says who');
is($v->get('/transfer')->body, "GET /transfer +46701000002\n", 'max_age, too');
is($v->get('/whatsapp')->status, 401, 'but not by another method');
is($v->get('/mine', 'X-Mine: +46701000002')->status, 200, 'the number that is demanded');
is($v->get('/mine', 'X-Mine: +46701000009')->status, 403, 'and no other');
like($nginx->log, qr/\[notice\].*phone_verify: let in by grace, app "signup"/, 'in the log');
is(graced($nginx), '3 0', 'each is counted, once');
is($v->get('/skip?skip=1')->body, "GET /skip?skip=1 +46701000002\n", 'nothing is skipped');
is($v->get('/check')->status, 204, 'for a check, too');
is(graced($nginx), '5 0', 'once, whatever is asked for');

$nginx->reload;
$nginx->wait_old;
is(graced($nginx), '5 0', 'counted after a reload, too');
is($v->get('/a')->status, 200, 'by grace after a reload, too');
is($early->get('/a')->status, 401, 'and nobody else');

is($early->get('/a')->status, 401, 'not whose time ran out before');
is($nginx->visitor->get('/a')->status, 401, 'nobody without a grant');

my $forged = $v->copy;
$forged->cookies->{'__Host-phone_verify'} =~ s/.{8}$/AAAAAAAA/;
is($forged->get('/a')->status, 401, 'no forged one');

my $pending = $v->copy;
delete $pending->cookies->{'__Host-phone_verify'};
is($pending->get('/a')->status, 401, 'no pending one');

is($gone->get('/a')->status, 200, 'another one');
is($gone->post('/verify/logout', '')->status, 204, 'logs out');
is($out->get('/a')->status, 401, 'and its copy is nothing');

is($nginx->visitor->post('/admin', 'action=revoke&number=%2B46701000002')->status, 204,
   'an operator revokes a number');
is($v->get('/a')->status, 401, 'grace does not help');

# Sinch is back: it is over at once

$sim->up;

wait_until('a probe ends the outage', sub {
    $nginx->visitor->post('/verify/start', { number => '+46709000009' })->status == 200 });

$nginx->finish;

# a dry run: nobody passes, and who would is told

$nginx = site("$rules on_outage grace 60s dry_run;");
$v = $nginx->verified('+46701000005');
$gone = $nginx->verified('+46701000006');
$out = $gone->copy;
outage($nginx);
sleep 6;

my $r = $v->get('/a');
is($r->status . ' ' . $r->code, '401 phone_verification_required', 'dry run: closed');
is(graced($nginx), '0 1', 'and counted');
like($nginx->log,
     qr/\[notice\].*phone_verify: dry run, would be let in by grace, app "signup"/,
     'and told');
unlike($nginx->log, qr/phone_verify: let in by grace/, 'nobody is let in');

is($v->get('/transfer')->status, 401, 'with a max_age, too');
is($v->get('/check')->status, 401, 'and for a check');
is(graced($nginx), '0 3', 'counted');
is($v->get('/skip?skip=1')->body, "GET /skip?skip=1 \n", 'skipped, without a number');
is(graced($nginx), '0 4', 'once');
is($v->get('/whatsapp')->status, 401, 'by another method');
is($v->get('/mine', 'X-Mine: +46701000009')->status, 401, 'or another number');
is($nginx->visitor->get('/a')->status, 401, 'or without a grant');
is(graced($nginx), '0 4', 'grace would not help');

$nginx->reload;
$nginx->wait_old;
is(graced($nginx), '0 4', 'counted after a reload, too');
is($v->get('/a')->status, 401, 'closed');
is(graced($nginx), '0 5', 'and counted on');

# what is revoked meanwhile stays so when the dry run is over

is($gone->post('/verify/logout', '')->status, 204, 'one logs out');
$nginx->conf(app => "$rules on_outage grace 60s;")->reload;
$nginx->wait_old;
is($v->get('/a')->status, 200, 'no dry run: open');
is($out->get('/a')->status, 401, 'not for who has logged out');
is(graced($nginx), '1 5', 'counted');

$sim->up;
$nginx->finish;

# by default nobody passes, nor with its name

for my $closed ('', 'on_outage closed;') {
    my $what = $closed || 'by default';

    $nginx = site("$rules $closed");
    $v = $nginx->verified('+46701000004');
    is($v->get('/a')->status, 200, "$what: verified");
    outage($nginx);
    sleep 6;
    is($v->get('/a')->status, 401, "$what: closed");
    is(graced($nginx), '0 0', "$what: nothing is counted");
    $sim->up;
    $nginx->finish;
}

# what nginx -t says

expect_log(qr/\[emerg\] .* in \S+nginx\.conf:\d+/);

my %bad = (
    'on_outage open;'                 => qr/must be "closed" or "grace"/,
    'on_outage closed 5m;'            => qr/must be "closed" or "grace"/,
    'on_outage closed dry_run;'       => qr/must be "closed" or "grace"/,
    'on_outage dry_run;'              => qr/must be "closed" or "grace"/,
    'on_outage grace dry_run dry_run;' => qr/invalid time "dry_run"/,
    'on_outage grace dry_run 5m;'     => qr/invalid parameter "5m"/,
    'on_outage grace 5m dry;'         => qr/invalid parameter "dry"/,
    'on_outage grace 5m dry_run x;'   => qr/invalid number of arguments/,
    'on_outage grace dry_run; provider_failures off;' => qr/needs "provider_failures"/,
    'on_outage grace 0s;'             => qr/invalid time "0s"/,
    'on_outage grace 2d;'             => qr/invalid time "2d"/,
    'on_outage grace; on_outage closed;' => qr/is duplicate/,
    'on_outage grace; provider_failures off;' => qr/needs "provider_failures"/,
);

$nginx = site('');

for my $app (sort keys %bad) {
    $nginx->conf(app => $app);
    my ($ok, $text) = $nginx->check;
    ok(!$ok, "nginx -t: $app");
    like($text, $bad{$app}, 'and why');
}

$nginx->finish;

done_testing;
