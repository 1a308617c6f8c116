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
my $nginx = PhoneVerify::Nginx->new(simulator => $sim)->start;

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


$nginx->finish;

done_testing();
