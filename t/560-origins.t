#!/usr/bin/perl

# allow_origins: a page of another origin may use the endpoints, and read what
# they and the gate answer; a page of any other origin may not. In a dry run
# that one may use them, too, not read them, and is told of and counted.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Log;
use PhoneVerify::Metrics;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

expect_log(qr/invalid origin/, qr/"allow_origins" directive is duplicate/);

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim,
    app => "attempts 1; header X-Token;\n"
           . 'allow_origins https://app.example https://B.example:443 '
           . 'http://localhost:3000;',
    server => <<'SERVER')->start;
location / {
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location = /admin { phone_verify_admin signup; allow 127.0.0.1; deny all; }
location = /metrics { phone_verify_metrics; }
SERVER

my $m = PhoneVerify::Metrics->new($nginx);

# How many were refused by the rule, and would have been in a dry run.

sub refusals {
    my $all = $m->values;
    return join ' ', map { $all->{'phone_verify_refusals_total{app="signup",'
                                  . "rule=\"origin\",dry_run=\"$_\"}"} }
                     'no', 'yes';
}

my $origin = 'https://app.example';
my @from = ("Origin: $origin", 'Sec-Fetch-Site: cross-site');

my $n = 46810100000;

sub said { return $_[0]->status . ' ' . $_[0]->code }

sub cors {
    my ($r) = @_;
    return join '|', map { defined $_ ? $_ : '-' } map { scalar $r->header($_) }
           'Access-Control-Allow-Origin', 'Access-Control-Allow-Credentials',
           'Access-Control-Expose-Headers', 'Vary';
}

my $let = "$origin|true|X-Token, Retry-After|Origin";
my $kept = '-|-|-|Origin';


# a program on a page of another site: no cookies, the token in the header

my $v = $nginx->visitor;
my $number = '+' . ++$n;

my $r = $v->post('/verify/start', { number => $number }, @from, 'X-Token: ');
is($r->status, 200, 'a start');
is(cors($r), $let, 'which the page may read');
is($r->header('Set-Cookie'), undef, 'without a cookie');
my $token = $r->header('X-Token');

$r = $v->get('/verify/status', @from, "X-Token: $token");
is($r->json->{status}, 'PENDING', 'a status');
is(cors($r), $let, 'which the page may read');

$r = $v->post('/verify/report', { code => $sim->code($number) }, @from,
              "X-Token: $token");
is($r->status, 200, 'a report');
is(cors($r), $let, 'which the page may read');
$token = $r->header('X-Token');

is($v->get('/a', @from, "X-Token: $token")->body, "GET /a $number\n",
   'the gate is open');

$r = $v->post('/verify/logout', {}, @from, "X-Token: $token");
is($r->status, 204, 'a logout');
is(cors($r), $let, 'which the page may read');

$r = $v->get('/a', @from, "X-Token: $token");
is(said($r), '401 phone_verification_required', 'the gate is closed');
is(cors($r), $let, 'as the page may read');


# a page on a host of the same site has cookies

my @same = ("Origin: $origin", 'Sec-Fetch-Site: same-site');
$v = $nginx->visitor;
$number = '+' . ++$n;
is($v->post('/verify/start', { number => $number }, @same)->status, 200,
   'same site: a start');
is($v->post('/verify/report', { code => $sim->code($number) }, @same)->status,
   200, 'a report');
is($v->get('/a', @same)->status, 200, 'the gate is open');


# errors as well

$r = $nginx->visitor->post('/verify/start', { number => '1' }, @from);
is(said($r), '400 invalid_number', 'an error');
is(cors($r), $let, 'which the page may read');

$r = $nginx->visitor->put('/verify/start', { number => '1' }, @from);
is(said($r), '405 method_not_allowed', 'another method');
is(cors($r), $let, 'which the page may read');

$v = $nginx->visitor;
$v->post('/verify/start', { number => '+' . ++$n }, @same);
$r = $v->post('/verify/start', { number => "+$n" }, @same);
is(said($r), '429 too_many_requests', 'too soon');
ok($r->header('Retry-After'), 'for so long');
is(cors($r), $let, 'which the page may read');

# a stream

my $c = $nginx->connection;
$c->request(GET => '/verify/status',
            [ @from, 'Accept: text/event-stream', 'Connection: close' ]);
is(cors($c->response), $let, 'events');


# how an origin is written in the configuration does not matter

for my $o ('https://b.example', 'http://localhost:3000') {
    $r = $nginx->visitor->post('/verify/start', { number => '+' . ++$n },
                               "Origin: $o", 'Sec-Fetch-Site: cross-site');
    is($r->status, 200, $o);
    is($r->header('Access-Control-Allow-Origin'), $o, 'it is named');
}


# a preflight

my %methods = (start => 'POST', report => 'POST, PUT', status => 'GET, HEAD',
               logout => 'POST');

for my $to (sort keys %methods) {
    $r = $nginx->visitor->send(OPTIONS => "/verify/$to", [ @from,
        'Access-Control-Request-Method: POST',
        'Access-Control-Request-Headers: content-type,x-token' ]);
    is($r->status, 204, "$to: a preflight");
    is($r->body, '', 'without a body');
    is(cors($r), $let, 'which the page may read');
    is($r->header('Access-Control-Allow-Methods'), $methods{$to}, 'methods');
    is($r->header('Access-Control-Allow-Headers'), 'Content-Type, X-Token',
       'headers');
    is($r->header('Access-Control-Max-Age'), '600', 'for ten minutes');
}

# it carries no token, so the gate refuses it as anything

$r = $nginx->visitor->send(OPTIONS => '/a', [ @from,
    'Access-Control-Request-Method: GET' ]);
is(said($r), '401 phone_verification_required', 'a preflight at the gate');


is(refusals(), '0 0', 'nobody was refused');


# other origins

my $starts = $sim->starts;

for my $o ('https://evil.example', 'null', 'https://app.example.evil.example',
           'http://app.example', 'https://app.example:8443',
           'https://APP.example', 'https://app.example/', '*', '')
{
    $r = $nginx->visitor->post('/verify/start', { number => '+' . ++$n },
                               "Origin: $o", 'Sec-Fetch-Site: cross-site');
    is(said($r), '403 cross_site', "not $o");
    is(cors($r), $kept, 'which that page may not read');

    $r = $nginx->visitor->send(OPTIONS => '/verify/start', [ "Origin: $o",
        'Access-Control-Request-Method: POST' ]);
    is(said($r), '405 method_not_allowed', 'no preflight');
    is(cors($r), $kept, 'which that page may not read');
}

$r = $nginx->visitor->get('/a', 'Origin: https://evil.example');
is(cors($r), $kept, 'the gate does not let them read, either');

$r = $nginx->visitor->post('/verify/start', { number => '+' . ++$n },
                           'Origin: https://evil.example', "Origin: $origin",
                           'Sec-Fetch-Site: cross-site');
is(said($r), '403 cross_site', 'two origins');
is($sim->starts, $starts, 'nothing was sent for any of them');
is(refusals(), '10 0', 'all of them were counted');
like($nginx->log, qr/refused by rule "origin", app "signup", number -/,
     'and told of');

is(said($nginx->visitor->get('/admin', "Origin: $origin",
                             'Sec-Fetch-Site: cross-site')),
   '403 cross_site', 'an operator comes from none of them');
like($nginx->log, qr/refused by rule "origin": an operator's request, app/,
     'told of');
is(refusals(), '11 0', 'and counted');

is(cors($nginx->visitor->get('/verify/status')), $kept, 'no origin');


# off, which is the default

for my $app ('', 'allow_origins off;') {
    $nginx->conf(app => $app)->reload;
    my $what = $app || 'by default';

    $r = $nginx->visitor->post('/verify/start', { number => '+' . ++$n },
                               @from);
    is(said($r), '403 cross_site', "$what: no other origin");
    is(cors($r), '-|-|-|-', 'nothing to read');
    is($nginx->visitor->send(OPTIONS => '/verify/start', \@from)->status, 405,
       'no preflight');
    is(cors($nginx->visitor->get('/a', @from)), '-|-|-|-', 'the gate');
}


# a dry run: behind a proxy that rewrites Host, say

sub dry {
    my ($app) = @_;

    $nginx->conf(app => $app)->reload;
    $nginx->wait_old;
}

is(refusals(), '13 0', 'counted over reloads');

dry('allow_origins dry_run;');

my @proxied = ('Host: inside:8080', 'Origin: https://www.example.com');
my @foreign = ('Origin: https://evil.example', 'Sec-Fetch-Site: cross-site');
my $before = length $nginx->log;

$v = $nginx->visitor;
$number = '+' . ++$n;
$r = $v->post('/verify/start', { number => $number }, @proxied);
is($r->status, 200, 'dry run: a start goes on');
is(cors($r), '-|-|-|-', 'without anything for another origin');
like(substr($nginx->log, $before),
     qr/dry run, would be refused by rule "origin", app "signup"/, 'told of');
is(refusals(), '13 1', 'counted');

is($v->post('/verify/report', { code => $sim->code($number) }, @proxied)
   ->status, 200, 'a report');
is($v->get('/a')->body, "GET /a $number\n", 'open');
is($v->post('/verify/logout', {}, @foreign)->status, 204, 'a logout');
is($v->get('/a')->status, 401, 'closed');
is(refusals(), '13 3', 'each is counted');

is($nginx->visitor->send(OPTIONS => '/verify/start', \@foreign)->status, 405,
   'no preflight');
is(said($nginx->visitor->post('/verify/start', { number => '1' }, @foreign)),
   '400 invalid_number', 'the other checks are as ever');
is($nginx->visitor->post('/verify/start', { number => '+' . ++$n })->status,
   200, 'our own');
is(refusals(), '13 4', 'is no matter of the rule');

for my $r ($nginx->visitor->get('/admin', @foreign),
           $nginx->visitor->post('/admin', 'action=revoke_all', @foreign))
{
    is(said($r), '403 cross_site', 'operators are not in it');
}

is(refusals(), '15 4', 'which is counted as ever');

dry("header X-Token;\nallow_origins $origin dry_run;");
is(refusals(), '15 4', 'counted over a reload');

$r = $nginx->visitor->post('/verify/start', { number => '+' . ++$n }, @from);
is($r->status, 200, 'a listed one');
is(cors($r), $let, 'may read');
is(refusals(), '15 4', 'is not refused');

$r = $nginx->visitor->post('/verify/start', { number => '+' . ++$n }, @foreign);
is($r->status, 200, 'another one goes on');
is(cors($r), $kept, 'and may not read');
is(refusals(), '15 5', 'counted');

dry('');
is(said($nginx->visitor->post('/verify/start', { number => '+' . ++$n },
                              @foreign)), '403 cross_site', 'it is over');
is(refusals(), '16 5', 'counted as refused');


# what is no origin

for my $no ('*', 'null', 'app.example', 'https://', 'https://a/', 'ftp://a',
            'https://a:0', 'https://a:99999', 'https://a:', 'https://a:x',
            'https://u@a', 'https://*.a', 'https://[::1', 'https://a,https://b')
{
    my ($passed, $said) = $nginx->conf(app => "allow_origins $no;")->check;
    ok(!$passed, "$no is refused");
    like($said, qr/invalid origin "\Q$no\E".* in /, 'and named');
}

my ($passed, $said) = $nginx->conf(
    app => 'allow_origins https://a; allow_origins https://b;')->check;
like($said, qr/"allow_origins" directive is duplicate/, 'twice');

($passed, $said) = $nginx->conf(
    app => 'allow_origins http://[::1]:80 http://127.0.0.1:81;')->check;
ok($passed, 'this machine');
unlike($said, qr/has no TLS/, 'without a warning');

($passed, $said) = $nginx->conf(app => 'allow_origins http://a.example;')
    ->check;
ok($passed, 'plain http');
like($said, qr{\[warn\].*"http://a\.example" has no TLS}, 'with a warning');

$nginx->finish;

done_testing();
