#!/usr/bin/perl

# A browser without JavaScript: every answer to its forms is a way on, and no
# number ever stands in a URL.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(
    simulator => $sim,
    http      => 'map $http_x_page $page_of_one { default ""; yes /verify/; }',
    server    => <<'EOF2',
location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
location /called/ {
    phone_verify signup methods=callout;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location = /some/start {
    phone_verify_page  $page_of_one;
    phone_verify_start signup;
}
location = /query/start {
    phone_verify_page  /verify/?lang=sv;
    phone_verify_start signup;
}
EOF2
)->start;

my $HTML = 'Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8';
my $PENDING = '__Host-phone_verify_pending';
my $GRANT = '__Host-phone_verify';

sub to { return $_[0]->status . ' ' . ($_[0]->header('Location') || '') }


# the way in

my $v = $nginx->visitor;

my $r = $v->get('/a?b=c', $HTML);
is(to($r), '303 /verify/?return=/a%3Fb=c', 'led to the page');

$r = $v->post('/verify/start',
              'number=%2B46820000001&method=sms&return=%2Fa%3Fb%3Dc', $HTML);
is(to($r), '303 /verify/?return=/a%3Fb=c', 'start: to the page');
is($r->header('Cache-Control'), 'no-store', 'not kept');
is($r->body, '', 'no body');
like($v->cookies->{$PENDING}, qr/./, 'pending');

my $wrong = sprintf '%04d', ($sim->code('+46820000001') + 1) % 10000;
$r = $v->post('/verify/report', "code=$wrong&return=%2Fa%3Fb%3Dc", $HTML);
is(to($r), '303 /verify/?error=invalid_code&return=/a%3Fb=c', 'a wrong code');

$r = $v->post('/verify/report', 'code=&return=%2Fa%3Fb%3Dc', $HTML);
is(to($r), '303 /verify/?error=invalid_code&return=/a%3Fb=c', 'an empty field');

my $code = $sim->code('+46820000001');
$r = $v->post('/verify/report', "code=$code&return=%2Fa%3Fb%3Dc", $HTML);
is(to($r), '303 /a?b=c', 'the right one: to where the visitor came from');
like($v->cookies->{$GRANT}, qr/./, 'in');
is($v->cookies->{$PENDING}, undef, 'nothing is pending');

is($v->get('/a?b=c', $HTML)->status, 200, 'open');

is(to($v->get('/called/', $HTML)),
   '303 /verify/?error=phone_verification_required&return=/called/',
   'another method is wanted: the page is told that the grant is not enough');

$r = $v->post('/verify/logout', 'return=%2Fbye', $HTML);
is(to($r), '303 /bye', 'logged out: to where it says');
is($v->get('/', $HTML)->status, 303, 'closed');

$r = $nginx->verified('+46820000002')->send(POST => '/verify/logout',
    [ $HTML, 'Content-Type: application/x-www-form-urlencoded',
      'Content-Length: 0' ]);
is(to($r), '303 /', 'a form with nothing but a button');


# what goes wrong

my @wrong = (
    [ '/verify/start',  'number=1&return=/a',   'invalid_number' ],
    [ '/verify/start',  'return=/a',            'invalid_number' ],
    [ '/verify/start',  'number=%2B46820000003&method=x&return=/a',
                                                'invalid_method' ],
    [ '/verify/report', 'code=1234&return=/a',  'no_verification' ],
    [ '/verify/report', 'code=1234&return=/a&code=1', 'invalid_request', '' ],
    [ '/verify/start',  'number=%00',           'invalid_request', '' ],
    [ '/verify/start',  '',                     'invalid_request', '' ],
    [ '/verify/start',  'x=' . 'y' x 5000,      'too_large', '' ],
);

for my $wrong (@wrong) {
    my ($uri, $body, $error, $return) = @$wrong;

    $return = '&return=/a' unless defined $return;

    is(to($nginx->visitor->post($uri, $body, $HTML)),
       "303 /verify/?error=$error$return", "$error");
}

is(to($nginx->visitor->post('/verify/start', 'number=%2B46820000003', $HTML,
                            'Sec-Fetch-Site: cross-site')),
   '303 /verify/?error=cross_site', 'cross_site');

my $w = $nginx->visitor;
$w->post('/verify/start', 'number=%2B46820000004', $HTML);
is(to($w->post('/verify/start', 'number=%2B46820000004', $HTML)),
   '303 /verify/?error=too_many_requests', 'too soon');

$sim->control(POST => '/_sim/faults',
              { operation => 'start', kind => 'error', errorCode => 40200 });
is(to($nginx->visitor->post('/verify/start', 'number=%2B46820000005', $HTML)),
   '303 /verify/?error=provider_error', 'no credit');


# a page with a query of its own

is(to($nginx->visitor->post('/query/start', 'number=x&return=/a', $HTML)),
   '303 /verify/?lang=sv&error=invalid_number&return=/a', 'joined by "&"');


# a page that has no value here is none, as at a gate

is(to($nginx->visitor->post('/some/start', 'number=x', $HTML, 'X-Page: yes')),
   '303 /verify/?error=invalid_number', 'there is a page');
$r = $nginx->visitor->post('/some/start', 'number=x', $HTML);
is($r->status . ' ' . $r->code, '400 invalid_number', 'there is none');
$w = $nginx->visitor;
$r = $w->post('/some/start', 'number=%2B46820000006', $HTML);
is($r->status . ' ' . $r->json->{status}, '200 PENDING',
   'nor one for what was sent');


# only forms of browsers

$r = $nginx->visitor->post('/verify/start', 'number=x');
is($r->status . ' ' . $r->code, '400 invalid_number',
   'a form of a program gets JSON');
$r = $nginx->visitor->post('/verify/start', { number => 'x' }, $HTML);
is($r->status . ' ' . $r->code, '400 invalid_number', 'JSON gets JSON');
$r = $nginx->visitor->post('/verify/start', 'number=x',
                           'Accept: application/json');
is($r->status . ' ' . $r->code, '400 invalid_number',
   'who wants JSON gets JSON');

unlike($nginx->access_log, qr/4682|%2B46/, 'no number in a URL');


$nginx->finish;

done_testing();
