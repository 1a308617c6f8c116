#!/usr/bin/perl

# The five methods, each from its start to an open gate: what Sinch is sent,
# what the client gets for its part, what it proves with. Which methods there
# are, and in which order, is the app's to say; which will do, the gate's.

use strict;
use warnings;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Log;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my @all = qw(sms flashcall callout seamless whatsapp);
my %object = (sms => 'sms', flashcall => 'flashCall', callout => 'callout',
              whatsapp => 'whatsapp');

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
    app => "methods @all;\npoll 1s;",
    server => <<'EOF'
location / {
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location = /sinch/callback { phone_verify_callback signup; }
EOF
    . join('', map {
        "location = /by/$_ { phone_verify signup methods=$_;\n"
        . "proxy_pass http://127.0.0.1:%%UPSTREAM%%; }\n" } @all)
    . <<'EOF')->start;
location = /by/calls {
    phone_verify signup methods=flashcall,callout;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
EOF

my $n = 46830000000;

sub said { return $_[0]->status . ' ' . $_[0]->code }

sub start {
    my ($v, $method, $number) = @_;
    return $v->post('/verify/start', { number => $number,
                                       $method ? (method => $method) : () });
}

sub fault {
    $sim->control(POST => '/_sim/faults', { operation => 'start', @_ });
}

sub callbacks {
    my ($on) = @_;
    $sim->control(PATCH => '/_sim/settings', { callback => $on
        ? 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' : undef });
}

# whose only method is the one it was verified by

sub open_by {
    my ($v, $method) = @_;

    for my $other (@all) {
        is($v->get("/by/$other")->status, $other eq $method ? 200 : 401,
           "$method: the gate for $other");
    }

    is($v->get('/by/calls')->status,
       $method =~ /^(?:flashcall|callout)$/ ? 200 : 401,
       "$method: the gate for calls");
}


# by a code, by a caller

for my $method (qw(sms whatsapp callout flashcall)) {
    my $number = '+' . ++$n;
    my $v = $nginx->visitor;

    my $r = start($v, $method, $number);
    is($r->status, 200, "$method: started");
    is($r->json->{method}, $method, "$method: told so");
    is($v->get('/verify/status')->json->{method}, $method,
       "$method: and by the status");

    my ($asked) = reverse $sim->requests;
    my $sent = decode_json($asked->{body});
    is_deeply([ sort keys %$sent ], [ qw(identity method reference) ],
              "$method: no more than it needs");
    is($sent->{method}, $method, "$method: sent");
    is_deeply($sent->{identity}, { type => 'number', endpoint => $number },
              "$method: to the number");

    my ($got) = reverse $sim->outbox($number);
    my ($key, $value) = $method eq 'flashcall' ? (cli => $got->{cli})
                                               : (code => $got->{code});

    is($v->get('/')->status, 401, "$method: closed");
    $r = $v->post('/verify/report', { $key => $value });
    is($r->status, 200, "$method: reported");

    ($asked) = reverse $sim->requests;
    is_deeply(decode_json($asked->{body}),
              { method => $method, $object{$method} => { $key => $value } },
              "$method: as the contract spells it");

    is($v->get('/')->body, "GET / $number\n", "$method: open");
    open_by($v, $method);
}


# flashcall: what the client needs, as far as Sinch gives it

my $v = $nginx->visitor;
fault(kind => 'merge', members => { flashCall => {
    cliFilter => '(.*)5312(.*)', interceptionTimeout => 45,
    reportTimeout => 120, denyCallAfter => 0, callId => 'x',
    cli => '+46000000001' } });
is_deeply(start($v, 'flashcall', '+' . ++$n)->json->{flashCall},
          { cliFilter => '(.*)5312(.*)', interceptionTimeout => 45,
            reportTimeout => 120, denyCallAfter => 0 },
          'filter and timeouts handed on, the caller not');

# whoever joins the call has to recognise it, too, and one who lost the answer

is_deeply($v->get('/verify/status')->json->{flashCall},
          { cliFilter => '(.*)5312(.*)', interceptionTimeout => 45,
            reportTimeout => 120, denyCallAfter => 0 }, 'the status has it');

my $second = $nginx->visitor;
my $joined = start($second, 'sms', '+' . $n);
is($joined->json->{method}, 'flashcall', 'somebody else joins');
is_deeply($joined->json->{flashCall},
          { cliFilter => '(.*)5312(.*)', interceptionTimeout => 45,
            reportTimeout => 120, denyCallAfter => 0 }, 'and is told the same');
my ($rang) = reverse $sim->outbox('+' . $n);
is($second->post('/verify/report', { cli => $rang->{cli} })->status, 200,
   'so that it can be reported');
is($second->get('/')->status, 200, 'open');

# a filter that is too long to be kept: the times are

fault(kind => 'merge', members => { flashCall => {
    cliFilter => '(.*)' . '1' x 40, interceptionTimeout => 70000,
    reportTimeout => 75 } });
$v = $nginx->visitor;
is_deeply(start($v, 'flashcall', '+' . ++$n)->json->{flashCall},
          { cliFilter => '(.*)' . '1' x 40, interceptionTimeout => 70000,
            reportTimeout => 75 }, 'who starts it is told all');
is_deeply(start($nginx->visitor, 'flashcall', '+' . $n)->json->{flashCall},
          { reportTimeout => 75 }, 'who joins it, what was kept');

fault(kind => 'merge', members => { flashCall => {
    cliFilter => undef, interceptionTimeout => undef,
    reportTimeout => 'x' } });
my $r = start($nginx->visitor, 'flashcall', '+' . ++$n);
is($r->status, 200, 'nothing of use in it');
ok(!exists $r->json->{flashCall}, 'nothing handed on');

fault(kind => 'merge', members => {}, remove => [ 'flashCall', '_links' ]);
is(start($nginx->visitor, 'flashcall', '+' . ++$n)->status, 200,
   'not even the object');

is_deeply([ map { $_->{status} } grep { $_->{path} !~ /^.verification/ }
            $sim->requests ], [], '_links are not followed');


# seamless: by a callback

callbacks(1);

my $number = '+' . ++$n;
$v = $nginx->visitor;
$r = start($v, 'seamless', $number);
my $target = $r->json->{seamless}{targetUri};
like($target, qr{^https://\S+/seamless/\S+$}, 'seamless: where to go');
is($r->json->{seamless}{targetUri},
   ($sim->outbox($number))[-1]{targetUri}, 'seamless: as Sinch said');

sub fetched {
    return scalar grep { $_->{operation} eq 'seamless'
                         || $_->{path} =~ m{/seamless/} } $sim->requests;
}

$v->get('/verify/status');
is($v->get('/')->status, 401, 'seamless: closed');
is(fetched(), 0, 'seamless: the server does not go there');

# the phone does

sub phone {
    my ($target) = @_;

    my $c = PhoneVerify::HTTP->connect($target =~ /:(\d+)/, tls => 1);
    my ($path) = $target =~ m{^https://[^/]+(/.*)};
    $c->request(GET => $path, [ 'Connection: close' ]);
    return $c->response;
}

my $c = $v->begin(GET => '/verify/status?wait=50');
ok(!$c->readable(0.2), 'seamless: the page waits');
$r = phone($target);
is($r->status, 302, 'seamless: the phone is sent on');
like($r->header('Location'), qr{/done$}, 'seamless: and goes there');
phone($target =~ s{(//[^/]+).*}{$1}r
      . ($r->header('Location') =~ s{^https?://[^/]+}{}r));

is($v->end($c)->json->{status}, 'SUCCESSFUL', 'seamless: told by the callback');
is($v->get('/')->body, "GET / $number\n", 'seamless: open');
open_by($v, 'seamless');


# and without callbacks, by asking

callbacks(0);

$number = '+' . ++$n;
$v = $nginx->visitor;
start($v, 'seamless', $number);
my $fetched = fetched();
$c = $v->begin(GET => '/verify/status?wait=50');
ok(!$c->readable(0.2), 'seamless: the page waits');
$sim->control(POST => '/_sim/settle', { number => $number,
                                        status => 'SUCCESSFUL' });
is($v->end($c)->json->{status}, 'SUCCESSFUL', 'seamless: found by asking');
is($v->get('/')->body, "GET / $number\n", 'seamless: open');
is(fetched(), $fetched, 'seamless: the server never went there');


# targets that are none

for my $bad ('http://127.0.0.1/x', 'HTTP://127.0.0.1/x', 'https:', 'https://',
             "https://a/\r\nX: y", "https://a/\x{0}", 'https:/a', 'a', 7,
             [ 'https://a/' ], { }, 'https://a/' . 'x' x 5000)
{
    my $name = ref $bad || substr $bad =~ s/[^ -~]/?/gr, 0, 20;

    fault(kind => 'merge', members => { seamless => { targetUri => $bad } });
    $v = $nginx->visitor;
    $r = start($v, 'seamless', '+' . ++$n);
    is(said($r), '502 provider_error', "a target: $name");
    is($r->header('Set-Cookie'), undef, 'no session');
}


# methods: in the app's order, and no others

for my $methods ([ 'whatsapp', 'sms' ], [ 'callout' ], [ @all[1, 0] ]) {
    $nginx->conf(app => "methods @$methods;")->reload;
    $nginx->wait_old;

    is(start($nginx->visitor, undef, '+' . ++$n)->json->{method},
       $methods->[0], "methods @$methods: the first by default");

    for my $method (@all, 'auto', 'flashCall') {
        my $starts = $sim->starts;
        my $known = grep { $_ eq lc $method } @$methods;

        $r = start($nginx->visitor, $method, '+' . ++$n);

        if ($known) {
            is($r->json->{method}, lc $method, "$method is one of them");
            next;
        }

        is(said($r), '400 invalid_method', "$method is none");
        is($sim->starts, $starts, 'nothing was sent');
    }
}

expect_log(qr/\[emerg\] .*(?:"methods" directive|method "|arguments in "meth)/);

for my $bad ('methods fax;', 'methods sms sms;', 'methods sms flashcall SMS;',
             'methods sms,callout;', "methods sms;\nmethods callout;")
{
    my ($ok) = $nginx->conf(app => $bad)->check;
    ok(!$ok, "$bad is refused") or diag($nginx->log);
}


$nginx->finish;

done_testing;
