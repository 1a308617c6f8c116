# The gate and the ways that a request goes inside nginx.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(spew wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, server => <<'EOF');
root %%DIR%%/html;
add_header X-Number $phone_verify_number;

location / { }

location /fallback/ { try_files $uri @named; }
location @named { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }

location /open-fallback/ { phone_verify off; try_files $uri @gated; }
location @gated {
    phone_verify signup;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}

location /error/ {
    phone_verify off;
    error_page 404 /secret.txt;
}

location /accel/ {
    phone_verify off;
    proxy_pass http://127.0.0.1:%%PORT%%/make-accel;
}
location /make-accel {
    phone_verify off;
    add_header X-Accel-Redirect /secret.txt;
    return 200;
}

location /rewritten/ {
    phone_verify off;
    rewrite ^ /secret.txt last;
}

location /paged/ { error_page 401 =200 /page.txt; }
location /any/ {
    satisfy any;
    deny all;
    error_page 401 =200 /page.txt;
}
location /any-own/ {
    satisfy any;
    auth_basic zone;
    auth_basic_user_file %%DIR%%/html/users;
    phone_verify signup number=$http_x_number;
    error_page 401 =200 /page.txt;
}
location = /sinch/callback { phone_verify_callback signup; }
location = /page.txt { phone_verify off; }

location /returned/ { return 200 "returned\n"; }
EOF

mkdir $nginx->dir . '/html';
mkdir $nginx->dir . '/html/dir';
spew($nginx->dir . '/html/index.html', "index\n");
spew($nginx->dir . '/html/dir/index.html', "dir index\n");
spew($nginx->dir . '/html/secret.txt', "secret\n");
spew($nginx->dir . '/html/page.txt', "page\n");
spew($nginx->dir . '/html/users', "ann:{PLAIN}pass\n");

$nginx->start;

my $number = '+46700000002';
my $stranger = $nginx->visitor;
my $visitor = $nginx->verified($number);

for my $uri ('/', '/dir/', '/secret.txt', '/fallback/x', '/open-fallback/x',
             '/error/x', '/accel/x', '/rewritten/x', '/%73ecret.txt',
             '/./secret.txt', '//secret.txt', '/x/../secret.txt')
{
    my $r = $stranger->get($uri);

    is($r->status, 401, "$uri is closed");
    unlike($r->body, qr/secret\n|index|GET/, "case 35: $uri shows nothing");
}

is($visitor->get('/')->body, "index\n", 'index');
is($visitor->get('/')->header('X-Number'), $number,
   'the variables outlive the internal redirect of index');
is($visitor->get('/dir/')->body, "dir index\n", 'another one');
is($visitor->get('/fallback/x')->header('X-Number'), $number,
   'case 35: and the jump to a named location');
like($visitor->get('/open-fallback/x')->body, qr/^GET/,
     'a gate behind a jump');
is($visitor->get('/error/x')->body, "secret\n", 'case 35: behind error_page');
is($visitor->get('/accel/x')->body, "secret\n", 'case 35: behind X-Accel-Redirect');
is($visitor->get('/rewritten/x')->body, "secret\n", 'case 35: behind rewrite');

is($stranger->get('/returned/')->body, "returned\n",
   'case 34: return answers before the gate, as the documents say');

my $r = $visitor->get('/secret.txt', 'Range: bytes=0-2');
is($r->status, 206, 'Range');
is($r->body, 'sec', 'of what was asked for');

# an operator's page in the place of what is gated is not kept for it

$r = $stranger->get('/paged/x');
is($r->status . ' ' . $r->body, "200 page\n", 'a page by error_page');
is($r->header('Cache-Control'), 'no-store',
   'is not shown again to who has proved a number');
for my $uri ('/any/x', '/any-own/x') {
    $r = $stranger->get($uri);
    is($r->status . ' ' . $r->body, "200 page\n", "$uri: under satisfy any");
    is($r->header('Cache-Control'), 'no-store', "$uri: the same");
}

is($visitor->get('/page.txt')->header('Cache-Control'), undef,
   'asked for by its own name it is as any other');

# a success by callback is handed over whatever the request's conditions are

$sim->control(PATCH => '/_sim/settings', {
    callback => 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' });

my $told = $nginx->visitor;
$told->post('/verify/start', { number => '+46700000003' });
$sim->control(POST => '/_sim/settle', { number => '+46700000003',
    status => 'SUCCESSFUL' });
wait_until('the success', sub {
    $told->copy->get('/verify/status')->json->{status} eq 'SUCCESSFUL' });

is($told->get('/secret.txt', 'If-Match: "x"')->body, "secret\n", 'If-Match');
is($told->get('/secret.txt')->status, 200, 'and the grant was there');

is($visitor->head('/secret.txt')->status, 200, 'HEAD');
is($visitor->head('/secret.txt')->body, '', 'without a body');

# three requests in one packet: with the cookie, without, with it

my $cookie = join '; ', map { "$_=" . $visitor->cookies->{$_} }
                 keys %{$visitor->cookies};
my $c = $nginx->connection;

$c->write("GET /secret.txt HTTP/1.1\r\nHost: a\r\nCookie: $cookie\r\n\r\n"
          . "GET /secret.txt HTTP/1.1\r\nHost: a\r\n\r\n"
          . "GET /secret.txt HTTP/1.1\r\nHost: a\r\nCookie: $cookie\r\n\r\n");

is($c->response->status, 200, 'case 30: pipelined, first: with the cookie');
is($c->response->status, 401, 'case 30: second: without');
is($c->response->status, 200, 'third: with it again');

$nginx->finish;
done_testing;
