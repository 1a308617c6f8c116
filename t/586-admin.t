#!/usr/bin/perl

# phone_verify_admin: what operators see and do.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
    app => 'allow_origins https://app.example.com;', server => <<'EOF')->start;
phone_verify_skip $http_x_skip;
location = /admin { phone_verify_admin signup; allow 127.0.0.1; deny all; }
location = /closed { phone_verify_admin signup; deny all; }
location = /include { ssi on; default_type text/html; root %%DIR%%; }
location / {
    add_header X-Session $phone_verify_id always;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
EOF

my $admin = $nginx->visitor;

sub overview { return $admin->get('/admin')->json }

sub act {
    my ($what, @h) = @_;
    return $admin->post('/admin', $what, @h);
}


# the overview

my $r = $admin->get('/admin');
is($r->status, 200, 'open to whom the operator allows');
is($r->header('Content-Type'), 'application/json', 'as JSON');
is($r->header('Cache-Control'), 'no-store', 'that nobody keeps');
is($r->header('Access-Control-Allow-Origin'), undef, 'and no other site reads');
is($admin->get('/closed')->status, 403, 'closed to others');
is($admin->head('/admin')->status, 200, 'HEAD');

my $o = $r->json;
is($o->{app}, 'signup', 'the app');
cmp_ok($o->{zone}{size}, '>=', 1024 * 1024, 'its zone');
is($o->{zone}{$_}{used}, 0, "no $_") for qw(verifications sessions revocations);
cmp_ok($o->{zone}{$_}{max}, '>', 100, "room for $_")
    for qw(verifications sessions revocations);
is_deeply($o->{counts}{refused}, {}, 'no rule has refused anybody');

my $number = '+46700586001';
my $visitor = $nginx->verified($number);
my $pending = $nginx->visitor;
$pending->post('/verify/start', { number => '+46700586002' });
$nginx->visitor->get('/', 'X-Skip: 1');

$o = overview();
is($o->{zone}{verifications}{used}, 2, 'two verifications');
is($o->{zone}{sessions}{used}, 2, 'of two sessions');
is($o->{counts}{grants}, 1, 'one of them got in');
is($o->{counts}{skipped}, 1, 'and one by the side door');
unlike($admin->get('/admin')->body, qr/7005860/, 'numbers are not told');


# a session is ended, at all workers

my $id = $visitor->get('/')->header('X-Session');
like($id, qr/^[0-9a-f]{32}$/, 'the log knows a session by its id');

my $copy = $visitor->copy;
is(act({ action => 'revoke', session => $id })->status, 204, 'revoked');
is($visitor->get('/')->status, 401, "closed, time $_") for 1 .. 8;
is($copy->get('/')->status, 401, 'for copies of the cookie as well');
is(overview()->{zone}{revocations}{used}, 1, 'one is kept');
is(overview()->{counts}{revocations}, 1, 'and counted');
like($nginx->log, qr/\[notice\].*session "$id" is revoked by an operator/,
     'the log says so');

my $again = $nginx->verified($number);
is($again->get('/')->status, 200, 'the number can be verified again');
is(act("action=revoke&session=" . uc $again->get('/')->header('X-Session'))
   ->status, 204, 'as a form, in capitals');
is($again->get('/')->status, 401, 'closed');

is(act({ action => 'revoke', session => '0' x 32 })->status, 204,
   'one that nobody has');

my ($waits) = $pending->get('/')->header('X-Session');
is(act({ action => 'revoke', session => $waits })->status, 204,
   'a pending one');
is($pending->post('/verify/report', { code => $sim->code('+46700586002') })
           ->status, 409, 'has ended');


# what makes no sense changes nothing

my $kept = $nginx->verified('+46700586003');
my $its = $kept->get('/')->header('X-Session');

for my $bad ({ action => 'revoke' }, { action => 'revoke', session => 'x' x 32 },
             { action => 'revoke', session => substr $its, 1 },
             { action => 'revoke', session => $its . '00' },
             { action => 'Revoke', session => $its }, { session => $its },
             { action => 'no', session => $its }, { action => '' }, '',
             "action=revoke&session=$its&session=$its")
{
    is(act($bad)->code, 'invalid_request', 'invalid');
}

is($admin->post('/admin', '{"action":"revoke"}', 'Content-Type: text/plain')
         ->status, 415, 'another type');
is($admin->send(PUT => '/admin', [], { action => 'revoke', session => $its })
         ->status, 405, 'PUT');
is($admin->send(PUT => '/admin', [], 'a=b')->header('Allow'), 'GET, HEAD, POST',
   'what is allowed');
is($admin->send(DELETE => '/admin', [], '')->status, 405, 'DELETE');
is($admin->get("/admin?action=revoke&session=$its")->status, 200,
   'a GET only looks');


# other sites

for my $h ('Sec-Fetch-Site: cross-site', 'Sec-Fetch-Site: same-site',
           'Origin: https://evil.example', 'Origin: null',
           'Origin: https://app.example.com')
{
    $r = act({ action => 'revoke', session => $its }, $h);
    is($r->code, 'cross_site', "$h: refused");
    is($r->header('Access-Control-Allow-Origin'), undef, "$h: no CORS");

    $r = $admin->get('/admin', $h);
    is($r->code, 'cross_site', "$h: GET refused");

    $r = $admin->send(OPTIONS => '/admin',
                      [ $h, 'Access-Control-Request-Method: POST' ], '');
    isnt($r->status, 204, "$h: no preflight");
}

is($kept->get('/')->status, 200, 'nothing has changed');
is(act({ action => 'revoke', session => $its }, 'Sec-Fetch-Site: same-origin')
   ->status, 204, 'its own page may');
is($kept->get('/')->status, 401, 'closed');


# case 100: all sessions of a number, of which a keyed hash is left

my @same = map { $nginx->verified('+46700586010') } 1 .. 2;
my $else = $nginx->verified('+46700586011');
is($_->get('/')->status, 200, 'in') for @same, $else;

is(act({ action => 'revoke', number => '+46 70 058 60 10' })->status, 204,
   'case 100: a number is revoked');
is($_->get('/')->status, 401, 'case 100: closed') for @same, @same;
is($else->get('/')->status, 200, 'case 100: of no other number');
like($nginx->log, qr/all sessions of number \+46\*+010 are revoked/,
     'the log says so');

is(act('action=revoke&number=+46700586011')->status, 204, 'as a form');
is($else->get('/')->status, 401, 'closed');

for my $bad ({ action => 'revoke', number => '0700586011' },
             { action => 'revoke', number => '' },
             { action => 'revoke', number => '+46700586011',
               session => 'a' x 32 },
             { action => 'revoke_all', number => '+46700586011' },
             { action => 'revoke_all', session => 'a' x 32 })
{
    is(act($bad)->code, 'invalid_request', 'invalid');
}


# all of them

my @all = map { $nginx->verified("+4670058602$_") } 0 .. 3;
is(act({ action => 'revoke_all' })->status, 204, 'all are revoked');
is($_->get('/')->status, 401, 'closed') for @all;

select undef, undef, undef, 1.1;    # what is issued in this second is, too
is($nginx->verified('+46700586020')->get('/')->status, 200, 'and anew');


# a page cannot include it

PhoneVerify::Env::spew($nginx->dir . '/include',
                       "<!--#include virtual=\"/admin\" -->\n");
$r = $nginx->verified('+46700586004')->get('/include');
unlike($r->body, qr/"zone"/, 'no subrequest');


# nginx -t

my $open = PhoneVerify::Env::port();
my $guard = qr/guards the phone_verify_admin of location "\/x"/;

for (['', 1], ['allow 127.0.0.1; deny all;', 0],
     ['auth_basic a; auth_basic_user_file f;', 0], ['auth_request /y;', 0])
{
    my ($text, $warns) = @$_;
    my $conf = PhoneVerify::Nginx->new(simulator => $sim, http => <<"EOF");
server { listen $open; location = /x { phone_verify_admin signup; $text } }
server { listen 127.0.0.1:$open; location = /y { phone_verify_admin signup; } }
EOF
    my ($passed, $said) = $conf->check;
    ok($passed, "\"$text\" loads") or diag $said;
    is((() = $said =~ /$guard/g), $warns,
       $warns ? 'nothing guards it' : "\"$text\" guards it");
    unlike($said, qr/location "\/y"/, 'a listener of this machine is one');
}

for (['', 1], ['allow 127.0.0.1; deny all;', 0]) {
    my ($text, $warns) = @$_;
    my ($passed, $said) = PhoneVerify::Nginx->new(simulator => $sim,
        http => "server { listen $open; location = /q {"
                . " phone_verify_query signup; $text } }")->check;
    ok($passed, "a query, \"$text\", loads") or diag $said;
    is((() = $said =~ /guards the phone_verify_query of location "\/q"/g),
       $warns, 'it tells of any number: the same of it');
}

$nginx->finish;
done_testing;
