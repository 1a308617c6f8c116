#!/usr/bin/perl

# Abuse case 93: the gate beside nginx's other modules; what they do, they go
# on doing, and none of them opens or empties it.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(spew);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, http => <<'HTTP',
limit_req_zone $binary_remote_addr zone=slow:1m rate=1r/m;
limit_req_zone $binary_remote_addr zone=free:1m rate=1000r/s;
limit_conn_zone $server_name zone=conn:1m;
gzip on;
gzip_min_length 1;
gzip_types *;
proxy_cache_path %%DIR%%/cache keys_zone=cache:1m;
map $phone_verify_number $who { "" stranger; default visitor; }
HTTP
    server => <<'SERVER')->start;
error_page 401 403 429 = @said;
location @said { internal; return 200 "an error page\n"; }

location / {
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location /slow/ {
    error_page 599 /x;
    limit_req zone=slow;
    limit_req_status 429;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location /verify-slow/ {
    error_page 599 /x;
    location = /verify-slow/start {
        phone_verify off;
        limit_req zone=slow;
        limit_req_status 429;
        phone_verify_start signup;
    }
}
location /conn/ {
    error_page 599 /x;
    limit_conn conn 10;
    limit_req zone=free burst=100 nodelay;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location /mirrored/ {
    error_page 599 /x;
    mirror /copy;
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location = /copy {
    internal;
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%/mirror;
}
location /basic/ {
    error_page 599 /x;
    auth_basic "staff";
    auth_basic_user_file %%DIR%%/users;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location = /stub { error_page 599 /x; stub_status; }
location /filtered/ {
    error_page 599 /x;
    sub_filter_types *;
    sub_filter GET GOT;
    add_header X-Who $who;
    proxy_set_header Accept-Encoding "";
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location /cached/ {
    error_page 599 /x;
    proxy_cache cache;
    proxy_cache_key $uri;
    proxy_force_ranges on;
    proxy_cache_valid 200 1m;
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location /intercepted/ {
    error_page 599 /x;
    proxy_intercept_errors on;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location /ssi/ { error_page 599 /x; ssi on; ssi_types *; alias %%DIR%%/ssi/; }
location /sliced/ { error_page 599 /x; slice 8; proxy_set_header Range $slice_range;
                    proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
SERVER

spew($nginx->dir . '/users', "ann:{PLAIN}pass\n");
mkdir $nginx->dir . '/ssi';
spew($nginx->dir . '/ssi/a.html', 'before <!--# include virtual="/x" --> after');

my $stranger = $nginx->visitor;
my $visitor = $nginx->verified('+46700093001');

sub body { return $_[0]->get($_[1], @_[2 .. $#_])->body }

is(body($stranger, '/x'), "an error page\n", 'case 93: error_page for 401');
is(body($visitor, '/x'), "GET /x +46700093001\n", 'case 93: not for a visitor');

# limits of nginx come before the gate, and count whoever comes

is($stranger->get('/slow/x')->status, 401, 'case 93: limit_req: closed');
is($stranger->get('/slow/x')->status, 429, 'case 93: and limited');
is($visitor->get('/slow/x')->status, 429, 'case 93: for a visitor, too');
is($nginx->visitor->post('/verify-slow/start', { number => '+46700093002' })
   ->status, 429, 'case 93: an endpoint can be limited');
is(scalar($sim->outbox('+46700093002')), 0, 'case 93: and nothing is sent');

is($stranger->get('/conn/x')->status, 401, 'case 93: limit_conn: closed');
is($visitor->get('/conn/x')->status, 200, 'case 93: limit_conn: open');

# a subrequest of mirror is not asked for a grant, its parent is

is($stranger->get('/mirrored/x')->status, 401, 'case 93: mirror: closed');
is(body($visitor, '/mirrored/x'), "GET /mirrored/x +46700093001\n",
   'case 93: mirror: open');
is($stranger->get('/copy')->status, 404, 'case 93: what is internal stays so');

is($visitor->get('/basic/x')->status, 401, 'case 93: auth_basic: both');
is($visitor->get('/basic/x', 'Authorization: Basic YW5uOnBhc3M=')->status, 200,
   'case 93: auth_basic: by both');
is($stranger->get('/basic/x', 'Authorization: Basic YW5uOnBhc3M=')->status, 401,
   'case 93: auth_basic: not by one');

is($stranger->get('/stub')->status, 401, 'case 93: stub_status: closed');
like(body($visitor, '/stub'), qr/^Active connections/, 'case 93: stub_status');

my $r = $stranger->get('/filtered/x');
is($r->status, 401, 'case 93: sub_filter: closed');
$r = $visitor->get('/filtered/x');
is($r->body, "GOT /filtered/x +46700093001\n", 'case 93: sub_filter: open');
is($r->header('X-Who'), 'visitor', 'case 93: and a map of the number');

$r = $stranger->get('/filtered/x', 'Accept-Encoding: gzip');
is($r->status, 401, 'case 93: gzip: closed');
$r = $visitor->get('/x', 'Accept-Encoding: gzip');
is($r->header('Content-Encoding'), 'gzip', 'case 93: gzip: open');

# 33: what a visitor has put into a cache is not for strangers

is(body($visitor, '/cached/x'), "GET /cached/x +46700093001\n", 'filled');

for my $header ('Range: bytes=0-3', 'If-None-Match: *',
                'If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT')
{
    $r = $stranger->get('/cached/x', $header);
    is($r->status, 401, "case 33: cached, $header");
    unlike($r->body, qr/^GET/, 'case 33: nothing of it');
}

is($visitor->get('/cached/x', 'Range: bytes=0-2')->body, 'GET',
   'case 33: a visitor may have a part');

is($stranger->get('/intercepted/x')->status, 401,
   'case 93: proxy_intercept_errors: closed');
is($visitor->get('/intercepted/x')->status, 200,
   'case 93: proxy_intercept_errors: open');

# 35: an SSI include is a subrequest: its page is gated, it is not

is($stranger->get('/ssi/a.html')->status, 401, 'case 35: SSI: closed');
is(body($visitor, '/ssi/a.html'), "before GET /x +46700093001\n after",
   'case 35: SSI: open, and its include knows who asks');
is($stranger->get('/sliced/x')->status, 401, 'case 35: slice: closed');
is($visitor->get('/sliced/x')->status, 200, 'case 35: slice: open');

$nginx->finish;

done_testing;
