# The gate beside nginx's other ways to say no, and to say yes.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim,
    http => 'auth_basic_user_file %%DIR%%/users;',
    server => <<'EOF')->start;
location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }

location /deny/ { deny all; proxy_pass http://127.0.0.1:%%UPSTREAM%%; }

location /basic/ {
    auth_basic zone;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}

location /any-allow/ {
    satisfy any;
    allow all;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}

location /any-deny/ {
    satisfy any;
    deny all;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}

location /any-basic/ {
    satisfy any;
    auth_basic zone;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}

location /any-optional/ {
    satisfy any;
    deny all;
    phone_verify signup optional;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}

location /any-off/ {
    satisfy any;
    deny all;
    phone_verify off;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}

location /any-fresh/ {
    satisfy any;
    allow all;
    phone_verify signup max_age=1s;
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}

location /any-own/ {
    satisfy any;
    allow all;
    phone_verify signup number=$http_x_number;
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}

location /request/ {
    auth_request /allow;
    auth_request_set $seen $upstream_http_x_seen;
    phone_verify signup number=$seen;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}

location /request-no/ {
    auth_request /refuse;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}

location = /allow  {
    internal;
    proxy_pass http://127.0.0.1:%%PORT%%/seen;
    proxy_pass_request_body off;
}
location = /seen { phone_verify off; add_header X-Seen $arg_n; return 204; }
location = /refuse { internal; return 403; }

location /get-only/ {
    phone_verify off;
    limit_except GET { phone_verify signup; }
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}

location /outer/ {
    phone_verify off;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
    location /outer/inner/ {
        phone_verify signup;
        proxy_pass http://127.0.0.1:%%UPSTREAM%%;
    }
}
EOF

PhoneVerify::Env::spew($nginx->dir . '/users', "ann:{PLAIN}pass\n");

my $basic = 'Authorization: Basic YW5uOnBhc3M=';
my $stranger = $nginx->visitor;
my $visitor = $nginx->verified('+46700000001');

sub is_status {
    my ($who, $uri, $status, $name, @headers) = @_;
    is($who->get($uri, @headers)->status, $status, $name);
}

is_status($stranger, '/', 401, 'a stranger');
is_status($visitor, '/', 200, 'a visitor');

is_status($visitor, '/deny/', 403, 'deny comes before');
is_status($visitor, '/basic/', 401, 'verified, without a password');
is_status($stranger, '/basic/', 401, 'a password alone', $basic);
is_status($visitor, '/basic/', 200, 'both', $basic);

is_status($stranger, '/any-allow/', 200, 'case 36: any: allow is enough');
is_status($stranger, '/any-deny/', 401, 'case 36: any: neither');
is_status($visitor, '/any-deny/', 200, 'case 36: any: verified is enough');
is_status($stranger, '/any-basic/', 200, 'any: a password is enough', $basic);
is_status($visitor, '/any-basic/', 200, 'case 36: any: verified is enough, too');

my $r = $stranger->get('/any-basic/', 'Accept: text/html');
is($r->status, 401, 'any: no 303 takes the others their say');
like($r->header('WWW-Authenticate'), qr/Basic/, 'and their challenge stands');

is_status($visitor, '/any-optional/', 403, 'case 36: optional has no opinion');
is_status($visitor, '/any-off/', 403, 'nor has off');

# who is in by another module's word has no proof but one that the gate takes

is($visitor->get('/any-own/', 'X-Number: +46700000001')->body,
   "GET /any-own/ +46700000001\n", 'any: the number that is demanded');
is($visitor->get('/any-own/', 'X-Number: +46700000002')->body,
   "GET /any-own/ \n", 'any: none where another one is');
is($stranger->get('/any-fresh/')->body, "GET /any-fresh/ \n",
   'any: nor of a stranger');
wait_until('any: nor one that is too old', sub {
    return $visitor->get('/any-fresh/')->body eq "GET /any-fresh/ \n";
});
is($visitor->get('/any-deny/')->status, 200, 'though it is good elsewhere');

is_status($stranger, '/request-no/', 403, 'case 36: auth_request refuses first');
is_status($visitor, '/request/', 403, 'a value of auth_request that is empty');

is_status($stranger, '/get-only/', 200, 'case 38: limit_except: a GET is free');
is($stranger->post('/get-only/', 'a=b')->status, 401, 'case 38: a POST is not');
is($visitor->post('/get-only/', 'a=b')->status, 200, 'but for a visitor');

is_status($stranger, '/outer/', 200, 'case 38: off');
is_status($stranger, '/outer/inner/', 401, 'case 38: and on again inside');
is_status($visitor, '/outer/inner/', 200, 'for a visitor');

$nginx->finish;
done_testing;
