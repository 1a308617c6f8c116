# What a gate may demand of a grant: its age, its method, its number.

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
    http => 'limit_req_zone $phone_verify_number zone=one:1m rate=1r/m;',
    server => <<'EOF')->start;
limit_req_status 429;

location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
location /fresh/ {
    phone_verify signup max_age=5s;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location /slow/ {
    phone_verify signup max_age=5s;
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location /called/ {
    phone_verify signup methods=callout,whatsapp;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location /own/ {
    phone_verify signup number=$http_x_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location /user/ {
    auth_request /auth;
    auth_request_set $user $upstream_http_x_user;
    phone_verify signup number=$user;
    limit_req zone=one;
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location = /auth {
    internal;
    proxy_pass http://127.0.0.1:%%PORT%%/who;
    proxy_pass_request_body off;
}
location = /who {
    phone_verify off;
    add_header X-User $http_x_number;
    return 204;
}
location /early/ {
    phone_verify signup number=$http_x_number;
    set $early $phone_verify_number;
    error_page 403 = @early;
    proxy_set_header X-Verified-Phone "$early $phone_verify_number";
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;

    location /early/if/ {
        error_page 403 =403 /own/none;
        error_page 418 = @around;
        if ($phone_verify_number) { return 418; }
    }
    location /early/skip/ {
        phone_verify_skip $http_x_skip;
        set $early $phone_verify_number;
        proxy_set_header X-Verified-Phone $early;
        proxy_pass http://127.0.0.1:%%UPSTREAM%%;
    }
    location /early/any/ {
        satisfy any;
        allow all;
        set $early $phone_verify_number;
        proxy_set_header X-Verified-Phone $early;
        proxy_pass http://127.0.0.1:%%UPSTREAM%%;
    }
}
location @around { return 200 around; }
location @early {
    phone_verify signup number=$http_x_number;
    return 403 "[$phone_verify_number]";
}
EOF

my $visitor = $nginx->verified('+46700000003');

is($visitor->get('/fresh/')->status, 200, 'case 24: fresh');

# a body that comes when the grant is too old by then: the gate has opened

my $slow = $nginx->connection;
my $cookies = $visitor->cookies;

$slow->request(POST => '/slow/', [ 'Expect: 100-continue', 'Content-Length: 4',
    'Cookie: ' . join '; ', map { "$_=$cookies->{$_}" } keys %$cookies ]);
ok($slow->readable($PhoneVerify::Env::PATIENCE), 'its body is asked for');

wait_until('the grant is too old', sub {
    return $visitor->get('/fresh/')->status == 401;
});

$slow->write('late');
my $r = $slow->response;
is($r->status, 200, 'who is in, is in');
is($r->body, "POST /slow/ +46700000003\n", 'with a number');
is($visitor->get('/slow/')->status, 401, 'and who comes now is not');

$r = $visitor->get('/fresh/');
is($r->code, 'phone_verification_expired', 'case 24: it says so');

$r = $visitor->get('/fresh/x', 'Accept: text/html');
is($r->header('Location'),
   '/verify/?error=phone_verification_expired&return=/fresh/x',
   'and the page can tell why');

is($visitor->get('/')->status, 200, 'elsewhere it is as good as before');

# step-up: a start logs nobody out

$visitor->post('/verify/start', { number => '+46700000004' });
is($visitor->get('/')->status, 200, 'still in while the code is on its way');

is($visitor->post('/verify/report', { code => $sim->code('+46700000004') })
           ->status, 200, 'case 24: verified anew');
is($visitor->get('/fresh/')->status, 200, 'case 24: and fresh again');

# methods

is($visitor->get('/called/')->status, 401, 'an SMS is not enough here');

$visitor->post('/verify/start', { number => '+46700000005',
                                  method => 'callout' });
$visitor->post('/verify/report', { code => $sim->code('+46700000005') });
is($visitor->get('/called/')->status, 200, 'a call is');

# number

is($visitor->get('/own/', 'X-Number: +46700000005')->status, 200,
   'the number that is demanded');
is($visitor->get('/own/', 'X-Number: +46 (700) 00-00 05')->status, 200,
   'in any spelling');
is($visitor->get('/own/', 'X-Number: +46700000006')->status, 403,
   'another one');
is($visitor->get('/own/', 'X-Number: +46700000006')->code, 'denied',
   'is denied');
is($visitor->get('/own/')->status, 403, 'none');
is($visitor->get('/own/', 'X-Number: x')->status, 403, 'nonsense');

# known in the access phase alone: it is counted before, all the same

my $mine = 'X-Number: +46700000005';
$r = $visitor->get('/user/', $mine);
is($r->status . ' ' . $r->body, "200 GET /user/ +46700000005\n",
   'a number by auth_request');
is($visitor->get('/user/', $mine)->status, 429, 'limit_req has counted it');

# before the gate has spoken variables tell of any grant, where none but those
# that it takes come by it; not any more when it has refused

is($visitor->get('/early/', $mine)->body,
   "GET /early/ +46700000005 +46700000005\n", 'before it is asked, and after');
is($visitor->get('/early/', 'X-Number: +46700000006')->body, '[]',
   'not when it has refused');

is($visitor->get('/early/if/', $mine)->body, 'around',
   'a "return" may lead around the gate');
isnt($visitor->get('/early/if/', 'X-Number: +46700000006')->body, 'around',
     'but not with a grant that it would refuse');

for my $by ('skip', 'any') {
    my @ask = ("/early/$by/", 'X-Skip: 1');

    is($visitor->get(@ask, $mine)->body, "GET $ask[0] +46700000005\n",
       "$by: before the gate is asked");
    is($visitor->get(@ask, 'X-Number: +46700000006')->body, "GET $ask[0] \n",
       "$by: not what it would refuse");
}

$nginx->finish;
done_testing;
