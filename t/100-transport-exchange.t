#!/usr/bin/perl

# One exchange: what goes out is what was asked for, byte for byte, and what
# comes back is handed over as it came.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/transport";
use TransportTest;

my @p = map { free_port() } 0 .. 9;

my $t = TransportTest->new();

my $peer = $t->peer($p[1], sub {
    my ($peer, $c) = @_;

    while (my $r = $peer->read_request($c)) {
        my $path = $r->{target};

        if ($path =~ m{/status/(\d+)}) {
            $peer->respond($c, $1, "this is $1");

        } elsif ($path =~ m{/redirect}) {
            $peer->respond($c, 302, '', 'Location: /elsewhere');

        } elsif ($path =~ m{/headers}) {
            $peer->respond($c, 429, 'x', 'cONTENT-tYPE:application/json ;a=b ',
                           'Content-Language:  sv-SE', 'Retry-After: 17');

        } elsif ($path =~ m{/retry/(.*)}) {
            my $when = unescape($1);
            $peer->respond($c, 503, 'x', "Retry-After: $when");

        } elsif ($path =~ m{/interim}) {
            $peer->send($c, "HTTP/1.1 103 Early Hints\r\n"
                            . "Content-Type: text/early\r\n\r\n");
            $peer->respond($c, 200, 'final', 'Content-Language: fi');

        } elsif ($path =~ m{/chunked}) {
            $peer->send($c, "HTTP/1.1 200 OK\r\n"
                            . "Transfer-Encoding: chunked\r\n\r\n");
            $peer->send($c, sprintf "%x\r\n%s\r\n", 5000, 'a' x 5000);
            $peer->send($c, sprintf "%x\r\n%s\r\n", 7, "b" x 7);
            $peer->send($c, "0\r\n\r\n");

        } elsif ($path =~ m{/gzip}) {
            $peer->respond($c, 200, "\x1f\x8bnot", 'Content-Encoding: gzip');

        } elsif ($path =~ m{/close}) {
            $peer->send($c, "HTTP/1.0 200 OK\r\n\r\nuntil the end");
            return;

        } else {
            $peer->respond($c, 200, "$r->{head}\n\n$r->{body}");
        }
    }
});

# nobody is there: whoever asks these to pass things on fails

my @proxies = qw(http_proxy https_proxy all_proxy HTTPS_PROXY ALL_PROXY);
@ENV{@proxies} = ("http://127.0.0.1:$p[9]") x @proxies;

$t->conf(main => join(' ', map { "env $_;" } @proxies),
         server => <<"EOF")->start();
        location = /x { transport_test http://127.0.0.1:$p[1] insecure; }
        location = /base {
            transport_test http://127.0.0.1:$p[1]/b%61se/v1/ insecure;
        }
EOF

my $r;

sub x {
    my ($uri, %arg) = @_;
    my $args = join '&', map { "$_=" . escape($arg{$_}) }
                         sort keys %arg;
    return $t->get("$uri?$args");
}

# the request

$r = x('/x');
is($r->{code}, 200, 'answered');
is($r->{outcome}, 'RECEIVED', 'outcome');
is($r->{status}, 200, 'status');
is($r->{error}, '', 'no error');
like($r->{body}, qr{^GET / HTTP/1\.1\r\n}, 'method and path by default');
like($r->{body}, qr{^Host: 127\.0\.0\.1:$p[1]\r?$}m, 'host');
unlike($r->{body}, qr{^(?:Accept-Encoding|Proxy-\S+|Authorization):}mi,
       'nothing else');

my $path = q{/a/../b/./c//d/%7e%7E%2f%2F/[x]{y}|\\^`"<>';a=1?q=%zz&r=+?s}
           . "\xc3\xa5";
$r = x('/x', m => 'POST', p => $path, b => 'body');
like($r->{body}, qr{^POST \Q$path\E HTTP/1\.1\r\n}, 'path as it is');

$r = x('/base', p => '/x/../y');
like($r->{body}, qr{^GET /b%61se/v1/x/\.\./y HTTP}, 'base path as it is');

for my $method (qw(POST PUT PATCH DELETE)) {
    $r = x('/x', m => $method, p => '/p', b => '{"a":1}');
    like($r->{body}, qr{^$method /p HTTP.*\n\n\{"a":1\}$}s, "$method, body");
    like($r->{body}, qr{^Content-Length: 7\r?$}m, "$method, length");
    unlike($r->{body}, qr{^(?:Expect|Content-Type|Transfer-Encoding):}mi,
           "$method, nothing added");
}

$r = x('/x', m => 'POST', b => '');
like($r->{body}, qr{^POST .*^Content-Length: 0\r?$}ms, 'empty body');

$r = x('/x', m => 'DELETE');
like($r->{body}, qr{^DELETE / }, 'no body');
unlike($r->{body}, qr{^Content-Length}mi, 'no body, no length');

$r = x('/x', m => 'HEAD', p => '/status/200');
is("$r->{outcome} $r->{status} $r->{body}", 'RECEIVED 200 ', 'HEAD');

$r = x('/x', m => 'POST', b => 'x' x 3000);
is(($r->{body} =~ /\n\n(x+)$/)[0], 'x' x 3000, 'larger body');
unlike($r->{body}, qr{^Expect:}mi, 'larger body, no expect');

$r = x('/x', h => 'X-Timestamp:2014-06-04T13:41:58Z');
like($r->{body}, qr{^X-Timestamp: 2014-06-04T13:41:58Z\r?$}m, 'header');

$r = x('/x', h => 'Content-Type:application/json; charset=UTF-8', m => 'POST',
       b => '{}');
like($r->{body}, qr{^Content-Type: application/json; charset=UTF-8\r?$}m,
     'content type');

$r = x('/x', h => 'X-Empty:');
like($r->{body}, qr{^X-Empty:\r?$}m, 'empty header');

# what cannot be sent in one piece is not sent

my $n = $peer->count('REQUEST');

is(x('/x', h => "X-A:b\r\nX-C:d")->{code}, 400, 'line end in a header');
is(x('/x', h => "X A:b")->{code}, 400, 'space in a name');
is(x('/x', p => "/a b")->{code}, 500, 'space in a path');
is(x('/x', p => "/a\r\nX: y")->{code}, 500, 'line end in a path');
is(x('/x', p => "a")->{code}, 500, 'path without a slash');
is(x('/x', m => "GET /x")->{code}, 500, 'space in a method');
is($peer->count('REQUEST'), $n, 'none of these sent');

# the answer

for my $status (200, 204, 400, 401, 404, 429, 500, 503) {
    my $body = $status == 204 ? '' : "this is $status";
    $r = x('/x', p => "/status/$status");
    is("$r->{outcome} $r->{status} $r->{body}",
       "RECEIVED $status $body", "status $status");
}

$r = x('/x', p => '/redirect');
is("$r->{outcome} $r->{status}", 'RECEIVED 302', 'redirect not followed');
is($peer->count('elsewhere'), 0, 'nobody went there');

$r = x('/x', p => '/headers');
is($r->{type}, 'application/json ;a=b', 'content type');
is($r->{language}, 'sv-SE', 'content language');
is($r->{retry}, 17, 'retry after');

$r = x('/x', p => '/status/200');
is("$r->{type}$r->{language}$r->{retry}", '-1', 'and none of them');

is(x('/x', p => '/retry/soon')->{retry}, -1, 'retry after, nonsense');
is(x('/x', p => '/retry/-5')->{retry}, -1, 'retry after, negative');
is(x('/x', p => '/retry/' . '9' x 30)->{retry}, -1, 'retry after, huge');
is(x('/x', p => '/retry/Sun%2C%2006%20Nov%201994%2008:49:37%20GMT')->{retry},
   0, 'retry after, in the past');
cmp_ok(x('/x', p => '/retry/Fri%2C%2006%20Nov%202099%2008:49:37%20GMT')
       ->{retry}, '>', 1000000, 'retry after, a date');

$r = x('/x', p => '/interim');
is("$r->{status} $r->{type} $r->{language} $r->{body}", '200  fi final',
   'interim answer forgotten');

$r = x('/x', p => '/chunked');
is($r->{body}, 'a' x 5000 . 'b' x 7, 'chunked');

$r = x('/x', p => '/gzip');
is($r->{body}, "\x1f\x8bnot", 'content not decoded');

$r = x('/x', p => '/close');
is("$r->{outcome} $r->{body}", 'RECEIVED until the end', 'until close');

# connections are kept, and are not kept for ever

my $before = $t->stats();
is(x('/x', times => 50)->{outcome}, 'RECEIVED', 'fifty in a row');
my $after = $t->stats();
cmp_ok($after->{connections} - $before->{connections}, '<=', 1,
       'one connection');
cmp_ok($after->{reused} - $before->{reused}, '>=', 49, 'others reuse it');
is($after->{in_flight}, 0, 'none in flight');

wait_until('idle connections are closed',
                        sub { $t->stats()->{sockets} == 0 });
is($t->stats()->{sockets}, 0, 'none left when idle');
is(x('/x')->{outcome}, 'RECEIVED', 'and goes on after that');

$t->finish();

done_testing();
