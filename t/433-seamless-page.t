#!/usr/bin/perl

# Seamless without JavaScript, on the page as it is: a form, a link, and the
# gate that opens once the handset has been there.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(top);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $top = top();
my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim,
    app => "methods seamless sms;\npoll 1s;",
    http => "include $top/page/http.conf;\n",
    server => <<"EOC")->start;
location / {
    proxy_set_header X-Verified-Phone \$phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location /verify/ {
    phone_verify  signup optional;
    alias         $top/page/site/;
    include       $top/page/location.conf;
}
EOC

my @html = ('Accept: text/html');
my $v = $nginx->visitor;

sub page { return $_[0]->get('/verify/?return=/a', @html)->body }

sub target {
    my ($html) = @_;
    my ($a) = $html =~ /(<a [^>]*id="target"[^>]*>)/ or return 'no link';
    return $a =~ /href="([^"]*)"/ ? $1 : $a =~ /\bhidden\b/ ? 'hidden' : $a;
}

unlike(page($v), qr/id="target"/, 'at first a number is asked for');

my $r = $v->post('/verify/start',
                 'number=%2B46700000340&method=seamless&return=/a', @html);
is($r->status . ' ' . $r->header('Location'), '303 /verify/?return=/a',
   'the form leads to the page');

my ($phone) = $sim->outbox('+46700000340');
(my $uri = $phone->{targetUri}) =~ s/&/&amp;/g;
is(target(page($v)), $uri, 'which has a link to where the handset goes');

# what Sinch says is text, whatever it is

$sim->control(POST => '/_sim/faults', { operation => 'start', kind => 'merge',
    members => { seamless => {
        targetUri => "https://verify.example/?a=1&b=%22%3Cx" } } });
my $w = $nginx->visitor;
$r = $w->post('/verify/start', 'number=%2B46700000341&method=seamless', @html);
my $target = target(page($w));
like($target, qr{^https://verify\.example/\?a=1&amp;b=}, 'escaped');
unlike($target, qr/["<>]/, 'so that it stays in its place');

# the handset has been there

$sim->control(POST => '/_sim/settle', { number => '+46700000340',
                                        status => 'SUCCESSFUL' });
is($v->get('/verify/status?wait=20')->json->{status}, 'SUCCESSFUL', 'done');
is($v->get('/a')->body, "GET /a +46700000340\n", 'open');

$nginx->finish;
done_testing;
