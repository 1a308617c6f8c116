#!/usr/bin/perl

# Where a visitor is sent back to is always a path of this host.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim)->start;

my $HTML = 'Accept: text/html';

sub escape { return $_[0] =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ger }

sub logout {
    my ($path) = @_;

    my $r = $nginx->visitor->post('/verify/logout',
                                  'return=' . escape($path), $HTML);
    return $r->status == 303 ? $r->header('Location') : $r->code;
}


# a path

for my $path ('/', '/a', '/a/b?c=d&e=f#g', '/a//b', '/?x=//y', '/a\\b',
              '/a:b', '/@evil.example', '/%2F/evil', '/%5Cevil', '/..//',
              '/' . 'a' x 1023)
{
    is(logout($path), $path, substr $path, 0, 20);
}


# a path that needs escapes in a header

is(logout('/a b'), '/a%20b', 'a blank');
is(logout('/"<>'), '/%22%3C%3E', 'quotes');
is(logout("/\xc3\xa5"), '/%C3%A5', 'UTF-8');


# no path of this host

for my $path ('', 'a', '//evil.example', '/\\evil.example', '\\\\evil.example',
              'https://evil.example', 'https:evil.example', 'javascript:x',
              'data:text/html,x', ' /a', './a', '../a', '?a', '#a',
              'http:///a', 'user@evil.example', '/' . 'a' x 1024,
              '/' . 'a' x 3000)
{
    is(logout($path), '/', 'not ' . substr $path, 0, 20);
}

# no control byte, not even in a form

for my $path ("/a\r\nX: y", "/\ta", "/\n/evil", "/a\0", "/\x7f") {
    like(logout($path), qr{^/verify/\?error=invalid_request$},
         'a control byte');
}

my $r = $nginx->visitor->send(POST => '/verify/logout',
    [ 'Content-Type: application/json', $HTML ],
    '{"return":"/a\r\nX: y"}');
is($r->status, 204, 'JSON is not led anywhere');


# on the way over the page it stays what it was

$r = $nginx->visitor->post('/verify/report',
                           'code=1&return=' . escape('/a b?c=d&e=%20+'),
                           $HTML);
is($r->header('Location'),
   '/verify/?error=no_verification&return=/a%20b%3Fc=d%26e=%2520%2B',
   'escaped once');

for my $path ('//evil.example', '/\\evil', 'https://evil.example') {
    $r = $nginx->visitor->post('/verify/report',
                               'code=1&return=' . escape($path), $HTML);
    is($r->header('Location'), '/verify/?error=no_verification',
       "$path is left out");
}


# the gate, too

for my $uri ('//evil.example', '//evil.example/..', '/\\evil.example') {
    my $c = $nginx->connection;
    $c->request(GET => $uri, [ $HTML ]);
    $r = $c->response;

    if ($r->status == 303) {
        is($r->header('Location'), '/verify/', "$uri is left out");

    } else {
        is($r->status, 400, "$uri is refused by nginx");
    }

    $c->close;
}


$nginx->finish;

done_testing();
