#!/usr/bin/perl

# Ways around a gate, which are none. Abuse cases 29, 31, 32, 33.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(spew);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, gate => '',
                                    server => <<'EOF');
root %%DIR%%/html;
location / { }
location /admin/ { phone_verify signup; }
EOF

mkdir $nginx->dir . "/html$_" for '', '/admin';
spew($nginx->dir . '/html/admin/a', "secret\n");
spew($nginx->dir . '/html/open', "open\n");
$nginx->start;

my $v = $nginx->visitor;
is($v->get('/open')->body, "open\n", 'open beside the gate');
is($nginx->verified('+46700596001')->get('/admin/a')->body, "secret\n",
   'and in behind it');

for my $uri ('/admin/a', '//admin/a', '/admin//a', '/./admin/a', '/x/../admin/a',
             '/%61dmin/a', '/%2e/admin/a', '/x/%2e%2e/admin/a', '/admin%2Fa',
             '/%2fadmin/a', '/open/../admin/a', '/admin/./a', '/admin/a?x',
             '/admin/a#x', '/admin/x/../a')
{
    my $r = $v->get($uri);
    is($r->status, 401, "case 29: $uri");
    unlike($r->body, qr/secret/, "case 29: $uri shows nothing");
}

for my $uri ('/admin\\a', '/ADMIN/a', '/admin/a.', '/admin;x/a', '/admin/a%00',
             '/%c0%ae%c0%ae/admin/a', '/admin./a', '/admin%20/a')
{
    my $r = $v->get($uri);
    isnt($r->status, 200, "case 29: $uri");
    unlike($r->body, qr/secret/, "case 29: $uri shows nothing");
}

for my $h ('X-Original-URI: /open', 'X-Forwarded-Uri: /open',
           'X-Rewrite-URL: /open', 'X-Original-URL: /open',
           'X-HTTP-Method-Override: OPTIONS', 'Forwarded: for=127.0.0.1',
           'X-Forwarded-For: 127.0.0.1', 'X-Verified-Phone: +46700596001')
{
    is($v->get('/admin/a', $h)->status, 401, "case 31: $h");
}

for my $method (qw(HEAD OPTIONS POST PUT DELETE PATCH)) {
    isnt($v->send($method => '/admin/a', [], '')->status, 200,
         "case 32: $method");
}

for my $h ('Range: bytes=0-3', 'If-None-Match: *',
           'If-Modified-Since: Thu, 31 Dec 2037 00:00:00 GMT',
           'If-Range: "a"')
{
    my $r = $v->get('/admin/a', $h);
    is($r->status, 401, "case 33: $h");
    is($r->header('ETag'), undef, "case 33: $h tells nothing");
}

$nginx->finish;
done_testing;
