#!/usr/bin/perl

# bind: a token is worth something only to who comes with the value with which
# it was given out. Abuse case 21.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp spew wait_until);
use PhoneVerify::Log;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

expect_log(qr/"bind" directive/, qr/invalid parameter "dry"/,
           qr/unknown "nothing_such" variable/);

my $server = <<'EOF';
location / {
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location = /optional {
    phone_verify signup optional;
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location = /sinch/callback { phone_verify_callback signup; }
EOF

my $sim = PhoneVerify::Simulator->start(args => ['--event-delay', 0]);
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
    app => 'bind $http_x_device;', server => $server)->start;

$sim->control(PATCH => '/_sim/settings', {
    callback => 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' });

my ($a, $b) = ('X-Device: a', 'X-Device: b');
my $n = 46811000000;

sub said { return $_[0]->status . ' ' . $_[0]->code }

sub verified {
    my (@h) = @_;

    my $v = $nginx->visitor;
    my $number = '+' . ++$n;
    $v->post('/verify/start', { number => $number }, @h);
    my $r = $v->post('/verify/report', { code => $sim->code($number) }, @h);
    die said($r) unless $r->status == 200;

    return $v;
}


# a grant

my $v = verified($a);

is($v->get('/', $a)->status, 200, 'the same value') for 1 .. 4;

is(said($v->get('/', $_)), '401 phone_verification_required',
   "case 21: another value: $_")
    for $b, 'X-Device: ', 'X-Device: aa', 'X-Device: A', 'X-Devic: a';

is($v->get('/optional', $b)->body, "GET /optional \n",
   'another value: no number');
is($v->get('/verify/status', $b)->json->{status}, 'NONE', 'no status');
is($v->get('/', $b, 'Accept: text/html')->header('Location'), '/verify/',
   'people are asked to verify');
is($v->get('/', $a)->status, 200, 'the right value is still good');


# a pending session: the code is worth nothing elsewhere

my $number = '+' . ++$n;
$v = $nginx->visitor;
$v->post('/verify/start', { number => $number }, $a);

my $asked = () = $sim->requests;
is(said($v->post('/verify/report', { code => $sim->code($number) }, $b)),
   '409 no_verification', 'case 21: a report with another value');
is(scalar(() = $sim->requests), $asked, 'Sinch was not asked');
is($v->get('/verify/status', $b)->json->{status}, 'NONE', 'no status');
is($v->get('/verify/status', $a)->json->{status}, 'PENDING', 'the owner has');

# a success by callback, too

$sim->control(POST => '/_sim/settle', { number => $number,
                                        status => 'SUCCESSFUL' });
wait_until('the success', sub {
    $v->copy->get('/verify/status', $a)->json->{status} eq 'SUCCESSFUL' });

my $copy = $v->copy;
is($copy->get('/', $b)->status, 401, 'case 21: not taken by another value');
is($v->get('/', $a)->status, 200, 'but by its own');
is($v->get('/', $b)->status, 401, 'that grant is bound, too');


# an empty value is one of its own

$v = verified();
is($v->get('/')->status, 200, 'without the header');
is($v->get('/', 'X-Device: ')->status, 200, 'or an empty one');
is($v->get('/', $a)->status, 401, 'not with one');


# a logout ends it wherever it comes from

$v = verified($a);
$copy = $v->copy;
is($v->post('/verify/logout', {}, $b)->status, 204, 'a logout elsewhere');
is($copy->get('/', $a)->status, 401, 'ends it');


# a value that is known in the access phase, after a variable was asked for

$nginx->conf(app => 'bind $who;',
    http => 'limit_req_zone $phone_verify_id zone=v:1m rate=1000r/s;',
    server => <<'EOF')->reload;
set $who '';
limit_req zone=v burst=1000 nodelay;
auth_request /who;
auth_request_set $who $upstream_http_x_who;
location = /who {
    internal;
    auth_request off;
    proxy_pass http://127.0.0.1:%%PORT%%/device;
    proxy_pass_request_body off;
    proxy_set_header Content-Length '';
}
location = /device {
    phone_verify off;
    auth_request off;
    limit_req zone=v burst=1000 nodelay;
    add_header X-Who $http_x_device;
    return 204;
}
location = /sinch/callback { auth_request off; phone_verify_callback signup; }
location / {
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
EOF
$nginx->wait_old;

$v = verified($a);
is($v->get('/', $a)->body, "GET / +$n\n", 'a value of auth_request');
is($v->get('/', $b)->status, 401, 'another one');
is($v->get('/verify/status', $a)->json->{status}, 'SUCCESSFUL', 'at an endpoint');
is($v->get('/verify/status', $b)->json->{status}, 'NONE', 'another one there');

$nginx->conf(app => 'bind $http_x_device;', http => '',
    server => $server)->reload;
$nginx->wait_old;


# over a reload, and a change of keys

$v = verified($a);
$nginx->reload;
is($v->get('/', $a)->status, 200, 'after a reload');

my $keys = $nginx->dir . '/session.keys';
my $old = slurp($keys);

sub change {
    my ($text) = @_;

    $nginx->conf(app => 'bind $http_x_device; session_key_file '
                        . $nginx->dir . '/other.keys;');
    spew($nginx->dir . '/other.keys', $text);
    chmod 0600, $nginx->dir . '/other.keys';
    $nginx->reload;
}

change('n' x 64 . "\n$old");
is($v->get('/', $a)->status, 200, 'after a change of keys');
is($v->get('/', $b)->status, 401, 'and only there');
my $w = verified($a);
is($w->get('/', $a)->status, 200, 'a new one');

change('n' x 64 . "\n");
is($v->get('/', $a)->status, 401, 'the old key has gone');
is($w->get('/', $a)->status, 200, 'the new one is good');


# off, which is the default, and back

for my $app ('', 'bind off;') {
    $nginx->conf(app => $app)->reload;

    my $u = verified($a);
    is($u->get('/', $b)->status, 200, ($app || 'default') . ': anywhere');
    $w = $u;
}

$nginx->conf(app => 'bind $http_x_device;')->reload;
is($w->get('/', $a)->status, 401, 'from before the directive: again');
$v = verified($a);
$nginx->conf(app => '')->reload;
is($v->get('/', $b)->status, 200, 'bound before, and no more');


# a dry run tells, and lets in; what is given out is bound

$nginx->conf(app => 'bind off;')->reload;
$w = verified($a);
$nginx->conf(app => 'bind $http_x_device dry_run;')->reload;

my $said = length $nginx->log;

is($w->get('/', $a)->status, 200, 'dry run: from before the directive');
like(substr($nginx->log, $said), qr/dry run, would be refused by rule "bind"/,
     'dry run: told');

$v = verified($a);
$said = length $nginx->log;
is($v->get('/', $a)->status, 200, 'dry run: bound');
unlike(substr($nginx->log, $said), qr/rule "bind"/, 'dry run: nothing to tell');
is($v->get('/', $b)->status, 200, 'dry run: elsewhere');
like(substr($nginx->log, $said), qr/rule "bind"/, 'dry run: told, too');

$nginx->conf(app => 'bind $http_x_device;')->reload;
is($v->get('/', $a)->status, 200, 'and then in earnest');
is($v->get('/', $b)->status, 401, 'not elsewhere');


# configuration

for my $bad ([ 'bind $http_a dry;', qr/invalid parameter "dry"/ ],
             [ 'bind a;', qr/must have a variable/ ],
             [ 'bind $http_a; bind $http_b;', qr/is duplicate/ ],
             [ 'bind $nothing_such;', qr/unknown "nothing_such" variable/ ])
{
    my ($passed, $said) = $nginx->conf(app => $bad->[0])->check;
    ok(!$passed, "$bad->[0] is refused");
    like($said, $bad->[1], 'in so many words');
}


$nginx->finish;

done_testing();
