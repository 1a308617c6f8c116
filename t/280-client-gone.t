#!/usr/bin/perl

# A client that goes away while Sinch is asked: what becomes of it is written
# down, and nothing is sent twice.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim)->start;

my $n = 46850000000;

sub fault {
    my ($operation, $kind, @more) = @_;

    $sim->control(POST => '/_sim/faults',
                  { operation => $operation, kind => $kind, @more });
}

sub asked {
    my ($method) = @_;

    my $before = grep { $_->{method} eq $method } $sim->requests;

    return sub {
        wait_until("a $method", sub {
            return $before < grep { $_->{method} eq $method } $sim->requests;
        });
    };
}


# during a start, in each way to go

for my $way (qw(close reset)) {
    my $number = '+' . ++$n;
    my $masked = '\+46\*{5}' . substr $number, -3;
    my $v = $nginx->visitor;

    fault('start', 'delay', delay => 400, when => 'after');

    my $wait = asked('POST');
    my $c = $v->begin(POST => '/verify/start', [], { number => $number });
    $wait->();
    $c->$way;

    $nginx->wait_log(qr/phone_verify: started, .*$masked/);
    is($sim->starts, scalar(() = $sim->outbox), "$way: sent");

    # who starts it again joins it

    my $starts = $sim->starts;
    my $r = $v->post('/verify/start', { number => $number });
    is($r->status, 200, "$way: started again");
    is($sim->starts, $starts, "$way: nothing was sent twice");
    is($v->post('/verify/report', { code => $sim->code($number) })->status,
       200, "$way: and its code is right");
}


# during a report

for my $way (qw(close reset)) {
    my $number = '+' . ++$n;
    my $masked = '\+46\*{5}' . substr $number, -3;
    my $v = $nginx->visitor;

    $v->post('/verify/start', { number => $number });

    fault('report', 'delay', delay => 400, when => 'after');

    my $wait = asked('PUT');
    my $c = $v->begin(POST => '/verify/report', [],
                      { code => $sim->code($number) });
    $wait->();
    $c->$way;

    $nginx->wait_log(qr/phone_verify: .*$masked, method sms, status SUCC/);

    # its own success waits for it, at the gate and at a second report

    my $reports = () = grep { $_->{method} eq 'PUT' } $sim->requests;

    if ($way eq 'close') {
        is($v->get('/a')->body, "GET /a $number\n", 'the gate opens');

    } else {
        is($v->post('/verify/report', { code => $sim->code($number) })
           ->status, 200, 'the report is answered');
        is(scalar(() = grep { $_->{method} eq 'PUT' } $sim->requests),
           $reports, 'without a question to Sinch');
        is($v->get('/a')->body, "GET /a $number\n", 'open');
    }

    is($nginx->visitor->get('/a')->status, 401, 'for nobody else');
}


# while an ambiguous start is being looked up

{
    my $number = '+' . ++$n;
    my $v = $nginx->visitor;

    fault('start', 'drop', process => JSON::PP::true);
    fault('status', 'delay', delay => 400, when => 'after');

    my $wait = asked('GET');
    my $c = $v->begin(POST => '/verify/start', [], { number => $number });
    $wait->();
    $c->reset;

    $nginx->wait_log(qr/phone_verify: started, found by reference/);

    my $starts = $sim->starts;
    is($v->post('/verify/start', { number => $number })->status, 200,
       'started again');
    is($sim->starts, $starts, 'nothing was sent twice');
}


# One whose end comes along with its request: nothing more is said of its
# connection, and it must not take a grant with it. The worker stands still,
# so that it finds both at once.

{
    my $one = PhoneVerify::Nginx->new(simulator => $sim, workers => 1,
        endpoints => 'location = /verify/start { phone_verify_start signup; }'
            . 'location = /verify/report { phone_verify_report signup; }'
            . 'location = /verify/status { phone_verify_status signup; }'
            . 'location = /sinch/callback { phone_verify_callback signup; }'
            . 'location = /query { phone_verify_query signup; }')->start;

    $sim->control(PATCH => '/_sim/settings', { callback =>
        'http://127.0.0.1:' . $one->port . '/sinch/callback' });

    my ($worker) = $one->workers;

    my $at_once = sub {
        my ($v, @request) = @_;

        kill STOP => $worker;
        $v->begin(@request)->close;
        kill CONT => $worker;

        wait_until('its end is noticed', sub {
            $one->access_log =~ m{"$request[0] \Q$request[1]\E HTTP/1\.1" 499 }
        });
        pass("$request[0] $request[1]: noticed");
    };

    # HTTP/1.1, where the end of a connection is that of its request

    my $number = '+' . ++$n;
    my $v = $one->visitor(port => $one->port);
    $v->post('/verify/start', { number => $number });

    $at_once->($v, GET => '/verify/status?wait=50');

    $sim->control(POST => '/_sim/settle',
                  { number => $number, status => 'SUCCESSFUL' });
    $one->wait_log(qr/phone_verify: .*Sinch says SUCCESSFUL/);
    is($v->get('/a')->body, "GET /a $number\n", 'the grant is still there');
    unlike($one->log, qr/claimed.*wait=50/, 'and nobody had it before');

    fault('start', 'delay', delay => 400, when => 'after');
    $number = '+' . ++$n;
    $at_once->($v, POST => '/verify/start', [], { number => $number });
    $one->wait_log(qr/phone_verify: started, .*@{[ substr $number, -3 ]}/);
    $v->post('/verify/start', { number => $number });

    fault('report', 'delay', delay => 400, when => 'after');
    $at_once->($v, POST => '/verify/report', [],
               { code => $sim->code($number) });

    fault('status', 'delay', delay => 400, when => 'after');
    $at_once->($v, GET => '/query?id=1');

    $one->finish;
}


# one that is gone before it has sent its request

my $c = $nginx->connection;
$c->write("POST /verify/start HTTP/1.1\r\nHost: localhost\r\n");
$c->reset;

is($nginx->visitor->get('/verify/status')->status, 200, 'nginx is well');


$nginx->finish;

done_testing();
