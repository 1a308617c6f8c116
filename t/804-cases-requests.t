#!/usr/bin/perl

# Abuse cases of how requests come, and go on, that no other file has: many on
# one connection, old and strange ones, slow ones, downloads that are open, an
# upstream that sets cookies, hosts of all names.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(port spew);
use PhoneVerify::HTTP2;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start(args => [ '--event-delay', 0 ]);
my ($http2, $setter) = (port(), port());

my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
    http => <<"HTTP", server => <<'SERVER');
server {
    listen 127.0.0.1:$http2 http2;
    location = /verify/report { phone_verify_report signup; }
}
server {
    listen 127.0.0.1:$setter;
    add_header Set-Cookie "__Host-phone_verify=\$arg_value; Path=/; Secure";
    return 200 "set\\n";
}
HTTP
location / {
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location /large {
    root %%DIR%%/html;
    limit_rate 100k;
}
location /sets { proxy_pass http://127.0.0.1:%%SETTER%%; }
location /open/ {
    phone_verify off;
    proxy_pass http://127.0.0.1:%%SETTER%%;
}
location = /slow/start {
    client_body_timeout 1s;
    phone_verify_start signup;
}
location = /sinch/callback { phone_verify_callback signup; }
SERVER

my $conf = $nginx->dir . '/nginx.conf';
spew($conf, PhoneVerify::Env::slurp($conf) =~ s/%%SETTER%%/$setter/gr);
mkdir $nginx->dir . '/html';
spew($nginx->dir . '/html/large', 'x' x 300_000);
$nginx->start;

$sim->control(PATCH => '/_sim/settings', {
    callback => 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' });

my $n = 46804000000;

sub reports { return scalar grep { $_->{method} eq 'PUT' } $sim->requests }

sub started {
    my $v = $nginx->visitor;
    my $number = '+' . ++$n;
    my $r = $v->post('/verify/start', { number => $number });
    die $r->body unless $r->status == 200;

    return ($v, $number);
}

sub wrong {
    my ($code, $by) = @_;
    return sprintf '%0*d', length $code, ($code + $by) % 10 ** length $code;
}


# 2: fifty guesses in one packet of HTTP/2, each a stream of its own

my ($v, $number) = started();
my $code = $sim->code($number);
my $cookie = join '; ', map { "$_=" . $v->cookies->{$_} } keys %{$v->cookies};
my $c = PhoneVerify::HTTP2->connect($http2);
my ($packet, $before) = ('', reports());

{
    no warnings 'redefine';
    local *PhoneVerify::HTTP::write = sub { $packet .= $_[1]; return 1 };

    $c->request(POST => '/verify/report', [ "Cookie: $cookie" ],
                { code => wrong($code, $_) }) for 1 .. 50;
}

PhoneVerify::HTTP::write($c, $packet);

my @said = map { $c->response->status } 1 .. 50;
$c->close;

is(reports() - $before, 5, 'case 2: fifty in one packet: five reach Sinch');
is(scalar(grep { $_ == 422 } @said), 50, 'case 2: and each is answered no');
isnt($v->post('/verify/report', { code => $code })->status, 200,
     'case 2: nor is the right one taken after them');

# the same one behind the other, HTTP/1.1

($v, $number) = started();
$code = $sim->code($number);
$before = reports();
$cookie = join '; ', map { "$_=" . $v->cookies->{$_} } keys %{$v->cookies};
$c = $nginx->connection;
$c->request(POST => '/verify/report', [ "Cookie: $cookie" ],
            { code => wrong($code, $_) }) for 1 .. 50;
@said = map { $c->response->status } 1 .. 50;
$c->close;

is(reports() - $before, 5, 'case 2: fifty in a pipeline: five reach Sinch');
is(scalar(grep { $_ == 422 } @said), 50, 'case 2: and each is answered no');


# 12: however long a wrong code is, Sinch judges it, and nobody before; who has
# no session has none to learn of

$sim->control(POST => '/_sim/faults', { operation => 'report', kind => 'delay',
                                        delay => 600, times => 0 });

for my $guess (sub { wrong($_[0], 1) }, sub { substr($_[0], 0, -1) . 'x' },
               sub { substr $_[0], 0, -1 }, sub { "$_[0]0" },
               sub { '1' })
{
    ($v, $number) = started();
    $code = $sim->code($number);
    $before = reports();

    my $since = time;
    my $r = $v->post('/verify/report', { code => $guess->($code) });
    my $name = 'a wrong code of ' . length($guess->($code)) . ' characters';

    is($r->code, 'invalid_code', "case 12: $name");
    is(reports() - $before, 1, "case 12: $name: Sinch is asked once");
    cmp_ok(time - $since, '>=', 0.5, "case 12: $name: and waited for");
}

$sim->control(DELETE => '/_sim/faults');


# 26: a download that is open when its session ends goes on, and is the last

my $in = $nginx->verified('+' . ++$n);
my $other = $in->copy;
$c = $in->begin(GET => '/large', []);
ok($c->readable(5), 'case 26: a download has begun');
is($other->copy->post('/verify/logout', {})->status, 204,
   'case 26: its session ends');
is($other->get('/large')->status, 401, 'case 26: a new one is refused');

my $r = $in->end($c);
is($r->status, 200, 'case 26: the one that is open goes on');
is(length $r->body, 300_000, 'case 26: to its end');


# 28: what an upstream sets under the name of our cookie opens nothing

$in = $nginx->verified('+' . ++$n);
$other = $in->copy;

is($in->get('/sets?value=' . 'A' x 80)->body, "set\n",
   'case 28: an upstream sets it');
is($in->cookies->{'__Host-phone_verify'}, 'A' x 80, 'case 28: it is taken');
is($in->get('/')->status, 401, 'case 28: but opens nothing');
is($other->get('/')->status, 200, 'case 28: what was there is as good as ever');

my $stranger = $nginx->visitor;
is($stranger->get('/open/?value=' . $v->cookies->{'__Host-phone_verify_pending'})
            ->body, "set\n", 'case 28: a pending token, set as a grant');
is($stranger->get('/')->status, 401, 'case 28: is none');


# 30: no version at all

for my $uri ('/', '/large', '/verify/status', '/verify/start') {
    $c = $nginx->connection;
    $c->write("GET $uri\r\n");

    my ($said, $bytes) = ('');
    $said .= $bytes while sysread $c->socket, $bytes, 65536;
    $c->close;

    unlike($said, qr/^GET|xxx|Set-Cookie/i, "case 30: HTTP/0.9 $uri");
}


# 32: methods that nobody has

for my $method (qw(TRACE CONNECT PROPFIND BREW get)) {
    $c = $nginx->connection;
    $c->request($method => '/large', [ 'Connection: close' ]);
    $r = $c->response;

    like($r ? $r->status : 400, qr/^40[015]$/, "case 32: $method");
    $c->close;
}


# 40: two lengths, two codings, and what is in a chunk beside its length

my $smuggled = "GET /verify/status?smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
my $starts = $sim->starts;

for my $lengths ("Content-Length: 4\r\nTransfer-Encoding: chunked",
                 "Transfer-Encoding: chunked\r\nContent-Length: 4",
                 "Content-Length: 4\r\nContent-Length: 4",
                 "Content-Length: 4\r\nContent-Length: 400",
                 'Content-Length: +4', 'Content-Length: 4, 4',
                 'Content-Length: -1', 'Transfer-Encoding: xchunked',
                 'Transfer-Encoding : chunked',
                 'Transfer-Encoding: identity, chunked',
                 "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                 "Transfer-Encoding:\r\n chunked")
{
    $c = $nginx->connection;
    $c->write("POST /verify/start HTTP/1.1\r\nHost: localhost\r\n"
              . "Content-Type: application/json\r\n$lengths\r\n\r\n"
              . "0\r\n\r\n$smuggled");

    $r = $c->response;
    my $name = $lengths =~ s/\s+/ /gr;
    like($r ? $r->status : 400, qr/^(?:400|501)$/, "case 40: $name");
    ok(!$c->response, "case 40: $name: and nothing behind it");
    $c->close;
}

unlike($nginx->access_log, qr/smuggled/, 'case 40: no body was a request');
is($sim->starts, $starts, 'case 40: nothing was sent');

$number = '+' . ++$n;
my $body = qq({"number":"$number"});
$c = $nginx->connection;
$c->write("POST /verify/start HTTP/1.1\r\nHost: localhost\r\n"
          . "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
          . sprintf("%x;a=\"b\";c\r\n%s\r\n", length $body, $body)
          . "0;d=e\r\n\r\nGET /verify/status HTTP/1.1\r\nHost: localhost\r\n\r\n");
is($c->response->status, 200, 'case 40: extensions of a chunk are passed over');
is($c->response->json->{status}, 'NONE', 'case 40: and the next one is the next');
$c->close;


# 54: a body that comes too slowly

$starts = $sim->starts;

for my $slow ("Content-Length: 100\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n5\r\n{")
{
    $c = $nginx->connection;
    $c->write("POST /slow/start HTTP/1.1\r\nHost: localhost\r\n"
              . "Content-Type: application/json\r\n$slow");

    for (1 .. 30) {
        last if $c->readable(0.5);
    }

    $r = $c->response;
    is($r ? $r->status : 408, 408, 'case 54: a slow body is given up');
    $c->close;
}

is($sim->starts, $starts, 'case 54: and nothing was sent');


# 68: that a message was not delivered, told twenty times, sends none

($v, $number) = started();
$starts = $sim->starts;

my ($record) = reverse grep { $_->{identity}{endpoint} eq $number }
               @{$sim->control(GET => '/_sim/verifications')->{items}};

for my $i (1 .. 20) {
    $sim->control(POST => '/_sim/events', { body => {
        event => 'VerificationSmsDeliveredEvent', id => $record->{id},
        method => 'sms', reference => $record->{reference},
        identity => { type => 'number', endpoint => $number },
        smsResult => 'Failed', nonce => $i } });
}

is($sim->starts, $starts, 'case 68: nothing is sent by itself');
is(scalar(my @sent = $sim->outbox($number)), 1, 'case 68: one message in all');
is($v->post('/verify/report', { code => $sim->code($number) })->status, 200,
   'case 68: and its code is good');

$nginx->finish;


# 37: a gate of all servers asks whatever the host is called, and whichever of
# them that leads to; 29: however slashes are treated

$sim->control(PATCH => '/_sim/settings', { callback => undef });

my ($many, $plain) = (port(), port());
my $location = 'location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }';

$nginx = PhoneVerify::Nginx->new(simulator => $sim, http => <<"HTTP")->start;
phone_verify signup;
server { listen 127.0.0.1:$many; server_name a.example; $location }
server { listen 127.0.0.1:$many; server_name ~^b; merge_slashes off; $location }
server { listen 127.0.0.1:$many default_server; server_name ""; $location }
server { listen 127.0.0.1:$plain; $location }
HTTP

my $token = $nginx->verified('+' . ++$n)->cookies->{'__Host-phone_verify'};

for my $host ('a.example', 'A.EXAMPLE.', 'b.example', 'c.example', '127.0.0.1',
              '[::1]', "[::1]:$many", 'localhost', 'a.example:443')
{
    for my $port ($many, $plain) {
        my %status;

        for my $with ('', "Cookie: __Host-phone_verify=$token") {
            $c = PhoneVerify::HTTP->connect($port);
            $c->request(GET => '/', [ "Host: $host", 'Connection: close',
                                      $with || () ]);
            $status{$with ? 'in' : 'out'} = $c->response->status;
            $c->close;
        }

        is("$status{out} $status{in}", '401 200', "case 37: $host");
    }
}

for my $uri ('//', '//x', '/./x', '/x/..//', '/%2f') {
    $c = PhoneVerify::HTTP->connect($many);
    $c->request(GET => $uri, [ 'Host: b.example', 'Connection: close' ]);
    is($c->response->status, 401, "case 29: merge_slashes off, $uri");
    $c->close;
}

# without a name at all

$c = PhoneVerify::HTTP->connect($many);
$c->write("GET / HTTP/1.0\r\n\r\n");
is($c->response->status, 401, 'case 37: no host');
$c->close;

$nginx->finish;

done_testing;
