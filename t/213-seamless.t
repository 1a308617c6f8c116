#!/usr/bin/perl

# Seamless: the client gets an address to go to, and reports nothing.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(
    simulator => $sim,
    app       => "methods sms seamless;\npoll 1s;",
    server    => 'location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }'
        . 'location = /sinch/callback { phone_verify_callback signup; }',
)->start;

sub said { return $_[0]->status . ' ' . $_[0]->code }

sub fault {
    $sim->control(POST => '/_sim/faults', { operation => 'start', @_ });
}

sub start {
    my ($v, $number) = @_;
    return $v->post('/verify/start',
                    { number => $number, method => 'seamless' });
}


my $v = $nginx->visitor;
my $r = start($v, '+46890000001');
is($r->status, 200, 'started');
is($r->json->{method}, 'seamless', 'seamless');
like($r->json->{seamless}{targetUri}, qr{^https://}, 'where to go');

is(said($v->post('/verify/report', { code => '1234' })),
   '400 invalid_request', 'there is nothing to report');
is($v->get('/verify/status')->json->{status}, 'PENDING', 'pending');


# it is not lost with the answer: the status has it, and the page

my $target = $r->json->{seamless}{targetUri};
$nginx->conf(server => <<'EOC')->reload;
location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
location = /sinch/callback { phone_verify_callback signup; }
location = /page { phone_verify signup optional;
                   add_header X-Target "$phone_verify_target" always;
                   return 200 "[$phone_verify_target]"; }
EOC
$nginx->wait_old;

is($v->get('/verify/status')->json->{seamless}{targetUri}, $target,
   'the status has it');
is($v->get('/page')->body, "[$target]", 'the page has it');
is($nginx->visitor->get('/page')->body, '[]', 'nobody else');

# a form, for which a page is the answer

my $form = $nginx->visitor;
$r = $form->post('/verify/start', 'number=%2B46890000005&method=seamless'
                 . '&return=/a', 'Accept: text/html');
is($r->status . ' ' . $r->header('Location'), '303 /verify/?return=/a',
   'a form: the page');
my ($phone) = $sim->outbox('+46890000005');
is($form->get('/page')->body, "[$phone->{targetUri}]", 'which has the link');

# as long as there is something to go there for

$sim->control(POST => '/_sim/settle', { number => '+46890000005',
    status => 'FAIL', reason => 'Expired' });
$form->get('/verify/status?wait=20');
is($form->get('/page')->body, '[]', 'not after the end');
ok(!$form->get('/verify/status')->json->{seamless}, 'nor in the status');

# one that is too long to be kept is in the answer alone

my $long = 'https://verify.example/' . 'x' x 600;
fault(kind => 'merge', members => { seamless => { targetUri => $long } });
my $w = $nginx->visitor;
is(start($w, '+46890000006')->json->{seamless}{targetUri}, $long, 'long');
is($w->get('/page')->body, '[]', 'not kept');
is($w->get('/verify/status')->json->{status}, 'PENDING', 'and no harm done');

$long = 'https://verify.example/?a=%22&b=' . 'x' x 480;
is(length $long, 512, 'as long as may be');
fault(kind => 'merge', members => { seamless => { targetUri => $long } });
$w = $nginx->visitor;
is(start($w, '+46890000007')->json->{seamless}{targetUri}, $long, 'is told');
is($w->get('/verify/status')->json->{seamless}{targetUri}, $long, 'and kept');
is($w->get('/page')->body, "[$long]", 'whole');


# nobody joins it: it is the handset's own

is(said(start($nginx->visitor, '+46890000001')), '429 too_many_requests',
   'somebody else waits');


# a target that is no address to send a handset to

for my $target ('http://evil.example/', 'javascript:x', '//evil.example', '',
                undef)
{
    fault(kind => 'merge', members => { seamless => { targetUri => $target } });

    $r = start($nginx->visitor, '+46890000002');
    is(said($r), '502 provider_error', defined $target ? "\"$target\""
                                                       : 'none');
    unlike($r->body, qr/evil|javascript/, 'case 79: not handed on');
}


# cut off: the target is lost, so it is started anew

fault(kind => 'drop', process => JSON::PP::true);

is(said(start($nginx->visitor, '+46890000003')), '503 provider_unavailable',
   'cut off');
$r = start($nginx->visitor, '+46890000003');
like($r->json->{seamless}{targetUri}, qr{^https://}, 'the number is free');


# lost for good, and settled by whoever comes next: nobody has to wait for it

for my $callback (0, 1) {
    my $number = '+4689000001' . $callback;

    $sim->control(PATCH => '/_sim/settings', { callback => $callback
        ? 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' : undef });

    fault(kind => 'drop', process => JSON::PP::true);
    $sim->control(POST => '/_sim/faults', { operation => 'status',
        kind => 'status', status => 500, times => 1 });

    $r = start($nginx->visitor, $number);
    is(said($r), '503 provider_unavailable', 'nobody knows');
    ok($r->header('Retry-After'), 'try again');

    $w = $nginx->visitor;
    $r = start($w, $number);
    is($r->status, 200, 'the next one has it looked up') or diag($r->body);
    like($r->json->{seamless}{targetUri} || '', qr{^https://},
         'and gets a target of its own');
    is(scalar(grep { $_->{status} && $_->{status} == 200 }
              grep { $_->{operation} eq 'start'
                     && $_->{body} =~ /\Q$number\E/ } $sim->requests), 1,
       'one start that was answered');
    is($w->get('/verify/status')->json->{status}, 'PENDING', 'it goes on');
}

$sim->control(PATCH => '/_sim/settings', { callback => undef });


# a message that waited before it has ended at Sinch by it, and does not go on

$nginx->conf(app => "methods sms seamless;\npoll off;\nresend 1s;")->reload;
$nginx->wait_old;

$w = $nginx->visitor;
$w->post('/verify/start', { number => '+46890000020' });
fault(kind => 'drop', process => JSON::PP::true);

wait_until('seamless instead', sub {
    return said(start($w, '+46890000020')) ne '429 too_many_requests';
});
is($w->get('/verify/status')->json->{status}, 'ERROR', 'nobody goes on');
is(start($w, '+46890000020')->status, 200, 'and the number is free');


# not for every destination

fault(kind => 'error', errorCode => 40300);

is(said(start($nginx->visitor, '+46890000004')), '403 destination_denied',
   'not available for this destination');


$nginx->finish;

done_testing();
