# phone_verify_query: what Sinch knows, for operators.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start(args => ['--prices', 'EUR']);
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, app => 'timeout 1s;',
    server => "location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }\n"
        . 'location = /query { phone_verify_query signup; allow 127.0.0.1;'
        . ' deny all; access_log off; }')->start;

my $number = '+46700000300';
my $visitor = $nginx->verified($number);
my ($v) = grep { $_->{identity}{endpoint} eq $number }
          @{$sim->control(GET => '/_sim/verifications')->{items}};

my $operator = $nginx->visitor;

for my $args ("id=$v->{id}", "reference=$v->{reference}",
              'method=sms&number=%2B46700000300',
              'method=SMS&number=+46700000300')
{
    my $r = $operator->get("/query?$args");
    is($r->status, 200, $args);
    is($r->header('Cache-Control'), 'no-store', 'nobody keeps it');

    my $json = $r->json;
    is($json->{id}, $v->{id}, 'id');
    is($json->{reference}, $v->{reference}, 'reference');
    is($json->{method}, 'sms', 'method');
    is($json->{status}, 'SUCCESSFUL', 'status');
    is($json->{number}, '+46*****300', 'the number is masked');
}

is($operator->get('/query?id=no-such-id')->status, 404, '404 is 404');
is($operator->get('/query?id=no-such-id')->code, 'not_found', 'not_found');

$sim->control(POST => '/_sim/faults', { operation => 'status',
    kind => 'status', status => 404, body => 'default backend - 404' });
is($operator->get('/query?id=no-such-id')->code, 'provider_error',
   "but a gateway's own 404 tells nothing");

# what could be read in two ways is not sent

my $sent = () = $sim->requests;

for my $args ('', 'id=', 'id=a/b', 'id=a%2Fb', 'id=..%2f..', 'id=a%0d%0ab',
              'id=a%00', 'reference=a%20b', 'reference=', 'id=' . 'x' x 200,
              'number=%2B46700000300', 'method=sms',
              'method=fax&number=%2B46700000300', 'method=sms&number=123',
              'method=sms&number=')
{
    is($operator->get("/query?$args")->status, 400,
       'refused: ' . substr($args, 0, 30));
}

my $now = () = $sim->requests;
is($now, $sent, 'and Sinch was not asked');

is($operator->post('/query', { id => $v->{id} })->status, 405, 'POST');

# errors of Sinch's, and none of its words

my %fault = (
    '{"kind":"error","errorCode":40102}' => [ 502, 'provider_error' ],
    '{"kind":"broken"}' => [ 502, 'provider_error' ],
    '{"kind":"hang"}' => [ 503, 'provider_unavailable' ],
    '{"kind":"redirect","url":"http://127.0.0.1/"}'
        => [ 502, 'provider_error' ],
);

for my $fault (sort keys %fault) {
    $sim->control(POST => '/_sim/faults', $fault);
    my $r = $operator->get("/query?id=$v->{id}");
    is($r->status . ' ' . $r->code, "@{$fault{$fault}}", $fault);
}

# each is in the log, with what Sinch's support asks for and what to do

my $support = qr/Sinch's reference "[-\w]{36}"/;

for my $row ([ { kind => 'error', errorCode => 40102 }, '502 provider_error',
               qr/\[error\].*errorCode 40102, $support.*check "key"/ ],
             [ { kind => 'error', errorCode => 40105, times => 2 },
               '502 provider_error', qr/\[error\].*check the clock/ ],
             [ { kind => 'error', errorCode => 42900,
                 headers => { 'Retry-After' => 7 } },
               '429 too_many_requests', qr/errorCode 42900, $support/, 7 ],
             [ { kind => 'error', errorCode => 42901 },
               '429 too_many_requests', qr/errorCode 42901, $support/, 30 ],
             [ { kind => 'error', errorCode => 50300,
                 headers => { 'Retry-After' => 9 } },
               '503 provider_unavailable', qr/errorCode 50300, $support/, 9 ],
             [ { kind => 'broken' }, '502 provider_error',
               qr/\[error\].*not JSON/ ],
             [ { kind => 'drop' }, '503 provider_unavailable',
               qr/\[error\].*phone_verify: a query/, 5 ])
{
    my ($fault, $expected, $line, $retry) = @$row;
    my $name = "a query, $fault->{kind} " . ($fault->{errorCode} || '');
    my $before = length $nginx->log;

    $sim->control(POST => '/_sim/faults', $fault);
    my $r = $operator->get("/query?id=$v->{id}");
    is($r->status . ' ' . $r->code, $expected, $name);
    is($r->header('Retry-After'), $retry, "$name: Retry-After");

    my @lines = grep { /phone_verify: a query/ }
                split /\n/, substr $nginx->log, $before;
    is(scalar @lines, 1, "$name: one line");
    like($lines[0] || '', $line, "$name: which helps");
}

# a client that goes

$sim->control(POST => '/_sim/faults', '{"kind":"delay","delay":500}');
my $c = $operator->begin(GET => "/query?id=$v->{id}");
$c->readable(0.1);
$c->close;
is($operator->get("/query?id=$v->{id}")->status, 200, 'the next one');

$nginx->finish;
done_testing;
