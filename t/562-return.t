#!/usr/bin/perl

# Abuse case 60: no return path, however it is written and wherever it comes in,
# leads to another host, into another header, or round in a circle.

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
location /odd/ {
    phone_verify_page /page$uri;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location /verify/ {
    phone_verify signup optional;
    add_header X-Return "[$phone_verify_return]";
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
EOF
    ->start;

my $HTML = 'Accept: text/html';
my $n = 46810300000;

sub escape { return $_[0] =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ger }

sub shown { return substr($_[0] =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger,
                          0, 40) }


# where a browser at https://host/verify/ goes: the URL standard's first steps

sub host {
    my ($location) = @_;

    $location =~ s/[\t\r\n]//g;
    $location =~ s/^[\x00-\x20]+//;
    return $1 if $location =~ m{^[A-Za-z][A-Za-z0-9+.-]*:[/\\]*([^/\\]*)};
    return $1 if $location =~ m{^[/\\]{2,}([^/\\?#]*)};
    return 'host';
}

is(host('/a'), 'host', 'a path stays');
is(host($_), 'evil', shown($_) . ' does not') for '//evil', '/\\evil',
    '\\/evil/a', "/\t/evil", ' //evil', 'https:evil', 'https:/evil',
    'https://evil/a';


my @attacks = (
    '//evil', '///evil', '////evil', '/\\evil', '/\\/evil', '\\/evil',
    '\\\\evil', '/\\\\evil', 'https:evil', 'https:/evil', 'https://evil',
    'HTTPS://evil', 'http://evil@host/', 'https://host@evil/',
    'https://host.evil', 'host.evil', '@evil', ':@evil', ':80@evil', '.evil',
    'javascript:alert(1)', 'JaVaScRiPt:alert(1)', "java\tscript:alert(1)",
    "\tjavascript:alert(1)", 'data:text/html,<script>', 'vbscript:x',
    'file:///etc/passwd', 'blob:https://evil/a', "/\t/evil", "/\n/evil",
    "/\r\n/evil", "/\r/evil", "/\0/evil", "\t//evil", "\n//evil", ' //evil',
    "\x0b//evil", "\x01//evil", "/\x7f/evil", "\xc2\xa0//evil",
    "\xe3\x80\x82evil", 'xn--evil-', '..//evil', '../evil', './evil', '.',
    '..', '?//evil', '#//evil', '%2F%2Fevil', '%2f/evil', '%5C%5Cevil',
    '%09//evil', '%68ttps://evil', '/' x 2000, '/' . 'a' x 8191,
    '/' . "\xff" x 1024, "/a\r\nSet-Cookie: __Host-phone_verify=x",
    "/a\nLocation: //evil", "/a\xe5\x98\x8a\xe5\x98\x8d\x00Location: //evil",
);

# these are paths of ours, and stay what they are

my %path = map { $_ => 1 } '/%2F/evil', '/%2f%2fevil', '/%5Cevil', '/%09/evil',
    '/%0d%0aLocation:%20//evil', '/..//evil', '/../evil', '/.//evil',
    '/;//evil', '/a//evil', '/a/..//evil', '/?//evil', '/#//evil', '/@evil',
    '/:80@evil', '/a\\\\evil', '/verify/', '/verify/?return=//evil',
    '/verify/logout';

for my $path (@attacks, sort keys %path) {
    my $name = 'case 60: ' . shown($path);
    my @location;

    # by a form: after a logout, and after an error

    for my $to ('logout', 'report') {
        my $r = $nginx->visitor->post("/verify/$to", 'code=1&return='
                                      . escape($path), $HTML);
        push @location, $r->header('Location') // "/ $to: " . $r->status;
    }

    # by the page's own argument

    if (length $path < 2000) {
        my $r = $nginx->visitor->get('/verify/?return=' . escape($path));
        push @location, ($r->header('X-Return') // '[/]') =~ /^\[(.*)\]$/s;
    }

    # and by asking the gate for it

    if ($path =~ m{^/[!-~]+\z}) {
        my $c = $nginx->connection;
        $c->request(GET => $path, [ $HTML, 'Connection: close' ]);
        my $r = $c->response;
        push @location, $r->header('Location') if $r->status == 303;
    }

    is(join(' ', grep { host($_) ne 'host' } @location), '', $name);
    is(scalar(grep { /[^!-~]/ } @location[0, 1]), 0,
       "$name: no byte that has no place in a header");

    next if length $path > 4000;

    if ($path{$path}) {
        is($location[0], $path, "$name: is a path");

    } else {
        like($location[0], qr{^/(?:verify/\?error=(?:invalid_request|too_large))?$},
             "$name: is none");
    }
}


# all the way: what was asked for at first, through start and report

for my $path ('//evil', 'https://evil', '/\\evil', '/a?b=c&d=/e') {
    my $number = '+' . ++$n;
    my $v = $nginx->visitor;
    my $more = '&return=' . escape($path);

    $v->post('/verify/start', 'number=' . escape($number) . $more, $HTML);
    my $r = $v->post('/verify/report', 'code=' . $sim->code($number) . $more,
                     $HTML);

    is($r->header('Location'), $path =~ m{^/a} ? $path : '/',
       "case 60: $path, verified");
}


# a page with a variable that a client may write, decoded: no other header

{
    my $r = $nginx->visitor->get('/odd/a%0d%0aX-Evil:%201%0d%0a%0d%0a%22%3c%7f%c3%a5',
                                 $HTML);
    is($r->status, 303, 'case 60: a page with a variable');
    is($r->header('X-Evil'), undef, 'case 60: no header by its value');
    is($r->header('Location') =~ s/\?return=.*//sr,
       '/page/odd/a%0D%0AX-Evil:%201%0D%0A%0D%0A%22%3C%7F%C3%A5',
       'case 60: what has no place in a header is escaped');
}


# no circle: the page is shown, whatever it should return to

is($nginx->visitor->get('/verify/?return=/verify/', $HTML)->status, 200,
   'case 60: back to the page');

is($nginx->visitor->get('/' . 'a' x 4000, $HTML)->header('Location'),
   '/verify/', 'case 60: too long to come back to');

my $uri = '/' . 'a' x 1023;
is($nginx->visitor->get($uri, $HTML)->header('Location'),
   "/verify/?return=$uri", 'case 60: as long as may be');


$nginx->finish;

done_testing();
