#!/usr/bin/perl

# phone_verify_check: 204 or 401, for auth_request here and elsewhere.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(port wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $other = port();
my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, gate => '',
    server => <<'EOF', http => <<"EOF2");
phone_verify signup;
location = /check {
    phone_verify_check signup;
    add_header X-Verified-Phone $phone_verify_number;
    add_header X-Status $phone_verify_status always;
}
location = /sinch/callback { phone_verify_callback signup; }
location = /check/fresh { phone_verify_check signup max_age=2s; }
location = /check/called { phone_verify_check signup methods=callout; }
location = /check/own {
    phone_verify_check signup number=$http_x_number;
    add_header X-Verified-Phone $phone_verify_number always;
}

location /inside/ {
    phone_verify off;
    auth_request /check;
    auth_request_set $phone $phone_verify_number;
    proxy_set_header X-Verified-Phone $phone;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location /page/ {
    phone_verify off;
    auth_request /check;
    error_page 401 =303 https://$host/verify/?return=$request_uri;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location /own/ {
    phone_verify off;
    auth_request /check/own;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
EOF
server {
    listen 127.0.0.1:$other;
    location / {
        auth_request /auth;
        auth_request_set \$phone \$upstream_http_x_verified_phone;
        proxy_set_header X-Verified-Phone \$phone;
        proxy_pass http://127.0.0.1:%%UPSTREAM%%;
    }
    location = /auth {
        internal;
        proxy_pass http://127.0.0.1:%%PORT%%/check;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        proxy_set_header X-Original-URI \$request_uri;
    }
}
EOF2
$nginx->start;

my $number = '+46700582001';
my $stranger = $nginx->visitor;
my $visitor = $nginx->verified($number);

sub elsewhere {
    my ($v) = @_;

    my $there = $nginx->visitor;
    $there->{port} = $other;
    delete $there->{http2};
    %{$there->cookies} = %{$v->cookies};
    return $there;
}


# by itself

my $r = $stranger->get('/check');
is($r->status, 401, 'a stranger');
is($r->code, 'phone_verification_required', 'is told what is missing');
is($r->header('WWW-Authenticate'), 'PhoneVerify', 'with a challenge');
is($r->header('Content-Type'), 'application/problem+json', 'as a problem');
is($r->header('Cache-Control'), 'no-store', 'that nobody keeps');
is($r->header('X-Status'), 'NONE', 'nothing is verified');

is($stranger->get('/check', 'Accept: text/html', 'Sec-Fetch-Mode: navigate')
            ->status, 401, 'a browser as well: no page');

$r = $visitor->get('/check');
is($r->status, 204, 'verified');
is($r->body, '', 'says nothing more');
is($r->header('Cache-Control'), 'no-store', 'and for nobody else');
is($r->header('X-Verified-Phone'), $number, 'but what is asked for');
is($r->header('Set-Cookie'), undef, 'no cookie is set');

for my $method (qw(HEAD POST PUT DELETE OPTIONS)) {
    is($visitor->send($method => '/check', [], '')->status, 204,
       "$method: open");
    is($stranger->send($method => '/check', [], '')->status, 401,
       "$method: closed");
}

is($visitor->post('/check', 'x' x 100_000)->status, 204, 'with a body');


# what it may demand

is($visitor->get('/check/called')->status, 401, 'a method');
is($visitor->get('/check/own', "X-Number: $number")->status, 204,
   'a number');

$r = $visitor->get('/check/own', 'X-Number: +46700582002');
is($r->status, 403, 'another number');
is($r->code, 'denied', 'is denied');
is($r->header('X-Verified-Phone'), undef,
   'and the number that was refused is not told');
is($visitor->get('/check/own')->status, 403, 'no number');
like($nginx->log, qr/"number=" gave nothing/, 'the operator hears of it');

wait_until('too old', sub {
    return $visitor->get('/check/fresh')->status == 401;
});

is($visitor->get('/check/fresh')->code, 'phone_verification_expired',
   'an age');


# auth_request in the same nginx

is($stranger->get('/inside/')->status, 401, 'auth_request: closed');
is($stranger->get('/inside/')->header('WWW-Authenticate'), 'PhoneVerify',
   'the challenge comes along');
is($visitor->get('/inside/a')->body, "GET /inside/a $number\n",
   'auth_request: open, and a variable tells the number');
is($visitor->get('/inside/a', 'X-Verified-Phone: +46700582009')->body,
   "GET /inside/a $number\n", 'not what the client says');
is($visitor->post('/inside/a', { a => 1 })->body,
   "POST /inside/a $number\n", 'a POST with a body');
is($visitor->get('/own/')->status, 403, 'a 403 comes along');

$r = $stranger->get('/page/x');
is($r->status, 303, 'browsers can be led to the page');
like($r->header('Location'), qr{/verify/\?return=/page/x$}, 'and back');


# in another nginx

is(elsewhere($stranger)->get('/x')->status, 401, 'elsewhere: closed');
is(elsewhere($visitor)->get('/x')->body, "GET /x $number\n",
   'elsewhere: open, with the number');
is(elsewhere($visitor)->post('/x', { a => 1 })->body, "POST /x $number\n",
   'elsewhere: a POST');


# a success that came by callback is not lost

my $late = $nginx->visitor;
my $called = '+46700582003';
is($late->post('/verify/start', { number => $called })->status, 200,
   'started');
is($late->get('/check')->status, 401, 'pending');
is($late->get('/check')->header('X-Status'), 'PENDING', 'is told');

$sim->control(PATCH => '/_sim/settings', {
    callback => 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' });
$sim->control(POST => '/_sim/settle',
              { number => $called, status => 'SUCCESSFUL' });

wait_until('the callback has come', sub {
    return $late->get('/check')->header('X-Status') eq 'SUCCESSFUL';
});

is($late->get('/check')->status, 401, 'the check hands nothing over');
is(elsewhere($late)->get('/x')->status, 401, 'nor elsewhere');
is($late->get('/inside/')->status, 401, 'nor by auth_request here');

is($late->get('/verify/status')->json->{status}, 'SUCCESSFUL',
   'it is handed over by the status');
is($late->get('/check')->status, 204, 'and then the check is open');
is(elsewhere($late)->get('/x')->body, "GET /x $called\n", 'elsewhere, too');


# logged out

$visitor->copy->post('/verify/logout', {});
is($visitor->get('/check')->status, 401, 'a session that was ended');
is(elsewhere($visitor)->get('/x')->status, 401, 'everywhere');


# nginx -t

for (['phone_verify_check;', qr/invalid number of arguments/],
     ['phone_verify_check signup optional;', qr/invalid parameter "optional"/],
     ['phone_verify_check signup max_age=x;', qr/invalid parameter/],
     ['phone_verify_check signup; phone_verify_status signup;',
      qr/beside another endpoint/])
{
    my ($text, $said) = @$_;
    my $bad = PhoneVerify::Nginx->new(simulator => $sim,
                                      server => "location /c { $text }");
    my ($passed, $why) = $bad->check;
    ok(!$passed, "$text is refused");
    like($why, $said, "$text: why");
}

$nginx->finish;
done_testing;
