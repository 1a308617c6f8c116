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
                                    server => <<'EOF')->start;
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

$nginx->finish;
done_testing;
