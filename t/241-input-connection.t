#!/usr/bin/perl

# Requests that are refused, or that wait, leave the connection in order: what
# comes behind them is answered as if nothing had been.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, server => <<'EOF')
location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
location = /query { phone_verify_query signup; }
EOF
    ->start;

my @JSON = ('Content-Type: application/json');


# the body of a request that is refused without being read

my $c = $nginx->connection;
my $body = "GET /verify/status?smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";

$c->request(POST => '/verify/start', [ 'Content-Type: text/plain' ], $body);
$c->request(GET => '/verify/start', [], $body);
$c->request(POST => '/verify/start', [ @JSON, 'Sec-Fetch-Site: cross-site' ],
            $body);
$c->request(GET => '/verify/status');

is($c->response->code, 'unsupported_type', 'case 40: refused for its type');
is($c->response->code, 'method_not_allowed', 'refused for its method');
is($c->response->code, 'cross_site', 'refused for where it came from');
is($c->response->json->{status}, 'NONE', 'case 40: and the next one is answered');
unlike($nginx->access_log, qr/smuggled/, 'case 40: a body is no request');
$c->close;


# requests behind one that waits for Sinch

$c = $nginx->connection;

$c->request(POST => '/verify/start', [], { number => '+46790000001' });
$c->request(GET => '/verify/status');
$c->request(POST => '/verify/start', [], { number => '+46790000002' });
$c->request(POST => '/verify/start', [], { number => '0' });

is($c->response->json->{number}, '+46*****001', 'the first');
is($c->response->json->{status}, 'NONE', 'the second, without its cookie');
is($c->response->json->{number}, '+46*****002', 'the third');
is($c->response->code, 'invalid_number', 'the fourth');
$c->close;


# byte by byte

$c = $nginx->connection;
$body = '{"number":"+46790000003"}';

$c->write("POST /verify/start HTTP/1.1\r\nHost: localhost\r\n"
          . "Content-Type: application/json\r\n"
          . 'Content-Length: ' . length($body) . "\r\n\r\n");
$c->write($_) for split //, $body;

is($c->response->json->{number}, '+46*****003', 'case 54: a body in pieces');
$c->close;


# a client that asks before it sends

$c = $nginx->connection;
$body = '{"number":"' . '1' x 5000 . '"}';

$c->write("POST /verify/start HTTP/1.1\r\nHost: localhost\r\n"
          . "Content-Type: application/json\r\nExpect: 100-continue\r\n"
          . 'Content-Length: ' . length($body) . "\r\n\r\n");

my $r = $c->response;
is($r->status . ' ' . $r->code, '413 too_large', 'case 54: told before it sends');
$c->close;


# a body that is never finished: nginx gives up, and nothing was asked

my $starts = $sim->starts;

$c = $nginx->connection;
$c->write("POST /verify/start HTTP/1.1\r\nHost: localhost\r\n"
          . "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
$c->reset;

is($nginx->visitor->get('/verify/status')->status, 200, 'nginx is well');
is($sim->starts, $starts, 'nothing was sent');


# a body where none is wanted: one that makes no sense is the client's fault,
# and one that comes late leaves a wait, and what is behind it, alone

sub raw {
    my ($uri, $visitor, @headers) = @_;

    my $cookies = $visitor->cookies;
    my $with = $nginx->connection;
    $with->write(join("\r\n", "GET $uri HTTP/1.1", 'Host: localhost',
                      'Cookie: ' . join('; ', map { "$_=$cookies->{$_}" }
                                              sort keys %$cookies),
                      @headers) . "\r\n\r\n");
    return $with;
}

my $v = $nginx->visitor;
$v->post('/verify/start', { number => '+46790000009' });

for (['/verify/status?wait=5', 400], ['/query?id=1', 400],
     ['/verify/status?wait=5', 400, 'Accept: text/event-stream'],
     ['/verify/status', 200], ['/', 401])
{
    my ($uri, $status, @accept) = @$_;

    $c = raw($uri, $v, @accept, 'Transfer-Encoding: chunked', '', 'no chunk');
    is($c->response->status, $status, "$uri @accept: a body that is none");
    ok($c->closed, 'and nothing behind it');
    $c->close;
}

for (['application/json', '+46790000010'], ['text/event-stream', '+46790000011'])
{
    my ($accept, $number) = @$_;

    $v = $nginx->visitor;
    $v->post('/verify/start', { number => $number });

    $c = raw('/verify/status?wait=30', $v, "Accept: $accept",
             'Content-Length: 20');
    $c->write('0123456789') for 1, 2;

    is($v->post('/verify/report', { code => $sim->code($number) })->status,
       200, 'the code is reported');
    is($c->response->status, 200, "$accept: a body that comes late");

    $c->request(GET => '/verify/status');
    is($c->response->json->{status}, 'NONE', 'and the next one is answered');
    $c->close;
}


$nginx->finish;

done_testing();
