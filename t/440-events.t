#!/usr/bin/perl

# Sinch's callbacks in every order: before the answer that they belong to, late,
# twice, never, one overtaken by the other, at whichever worker. The gate opens
# once Sinch has said SUCCESSFUL, and for nothing else. Abuse cases 45, 49, 50,
# 51.

use strict;
use warnings;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start(args => ['--event-delay', 0]);
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
    listen => 'reuseport',
    app => 'methods sms callout;',
    http => 'log_format who "$pid $uri $status";',
    server => <<'EOF')->start;
access_log %%DIR%%/logs/who.log who;
location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
location = /sinch/callback { phone_verify_callback signup; }
EOF

$sim->control(PATCH => '/_sim/settings', {
    callback => 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' });

my $n = 46850000000;

sub said { return $_[0]->status . ' ' . $_[0]->code }

sub started {
    my ($number) = @_;

    my $v = $nginx->visitor;
    my $r = $v->post('/verify/start', { number => $number });
    die $r->body unless $r->status == 200;

    return $v;
}

sub report {
    my ($v, $number) = @_;
    return $v->post('/verify/report', { code => $sim->code($number) });
}

sub wrong {
    my ($number) = @_;
    return sprintf '%04d', ($sim->code($number) + 1) % 10000;
}

sub status { return $_[0]->get('/verify/status')->json->{status} }

# what is to go wrong with an event of this number

sub fault {
    my ($number, $event, $kind, @more) = @_;
    $sim->control(POST => '/_sim/faults', { operation => 'callback',
        match => $number, event => $event, kind => $kind, @more });
}

sub record {
    my ($number) = @_;
    my ($record) = grep { $_->{identity}{endpoint} eq $number }
                   @{$sim->control(GET => '/_sim/verifications')->{items}};
    return $record;
}

# an end, when its event was answered

sub settle {
    my ($number, $status, $reason) = @_;

    my $before = answered($number);
    $sim->control(POST => '/_sim/settle', { number => $number,
        status => $status, $reason ? (reason => $reason) : () });
    wait_until('the event to be answered',
               sub { answered($number) > $before });
}

sub answered {
    my ($number) = @_;
    return scalar grep { $_->{answer} } events($number);
}

sub events {
    my ($number) = @_;
    return grep { $_->{body} =~ /\Q$number\E/ }
           @{$sim->control(GET => '/_sim/events')->{items}};
}

sub order {
    my ($number) = @_;
    return join ' ', map { $_->{event} =~ /^Verification(\w+?)Event/ }
                     events($number);
}


# the request event is answered while the start that waits for it is in flight,
# by the same worker and by the other one

my %by;
my $who = $nginx->dir . '/logs/who.log';

for (1 .. 200) {
    last if $by{same} && $by{other};

    my $seen = length slurp($who);
    my $rest;

    started('+' . ++$n);

    # the question, the answer, the delivery

    wait_until('three lines', sub {
        $rest = substr slurp($who), $seen;
        return 3 == ($rest =~ tr/\n//);
    });

    my ($asked) = $rest =~ m{^(\d+) /sinch/callback 200$}m;
    my ($started) = $rest =~ m{^(\d+) /verify/start 200$}m;
    $by{$asked == $started ? 'same' : 'other'} = 1;
}

ok($by{same}, 'case 50: answered by the worker whose start waits');
ok($by{other}, 'case 50: answered by the other worker');


# the result is there before the report is answered

my $number = '+' . ++$n;
my $v = started($number);
fault($number, 'Result', 'first');
my $before = $v->copy;
is(report($v, $number)->status, 200, 'case 45: result first: the report is right');
is($v->get('/')->status, 200, 'open');
like(order($number), qr/Result/, 'it had come');
is(report($before, $number)->status, 200, 'the report again: as before');

# and so is a wrong one's, which ends nothing

$sim->control(PATCH => '/_sim/settings', { event_per_report => \1 });

for my $kind ('first', 'delay', 'duplicate') {
    $number = '+' . ++$n;
    $v = started($number);
    fault($number, 'Result', $kind, $kind eq 'delay' ? (delay => 300) : ());

    my $r = $v->post('/verify/report', { code => wrong($number) });
    is(said($r), '422 invalid_code', "wrong code, event $kind");
    is(status($v), 'PENDING', 'pending');
    wait_until('its event', sub {
        grep { $_->{event} =~ /Result/ && $_->{answer} } events($number) });
    is(status($v), 'PENDING', 'and still when its event has come');
    is($v->get('/')->status, 401, 'closed');
    is(report($v, $number)->status, 200, 'then the right one');
    is($v->get('/')->status, 200, 'open');
}

$sim->control(PATCH => '/_sim/settings', { event_per_report => \0 });


# the SMS is delivered after the result, the one held back with the other

$number = '+' . ++$n;
fault($number, $_, 'hold') for 'SmsDelivered', 'Result';
$v = started($number);
$sim->control(POST => '/_sim/settle', { number => $number,
                                        status => 'SUCCESSFUL' });
is(status($v), 'PENDING', 'held back: pending');
is($v->get('/')->status, 401, 'closed');
$sim->control(POST => '/_sim/release', { order => 'reverse' });
is(order($number), 'Request Result SmsDelivered', 'case 45: the wrong way around');
is($v->get('/')->status, 200, 'open');
is(status($v), 'SUCCESSFUL', 'successful');


# the request event after the result, which overtook it by far: the start was
# given up, and found by its reference

$nginx->conf(app => "methods sms callout;\ntimeout 2s;")->reload;
$nginx->wait_old;

$number = '+' . ++$n;
fault($number, 'Request', 'hold');
$v = started($number);
is($sim->outbox($number), 0, 'nobody was asked yet, nothing was sent');
is(status($v), 'PENDING', 'but it is known');
$sim->control(POST => '/_sim/settle', { number => $number,
                                        status => 'SUCCESSFUL' });
wait_until('the result', sub { status($v) eq 'SUCCESSFUL' });
is($v->get('/')->status, 200, 'case 45: the result comes first');
$sim->control(POST => '/_sim/release');
is(order($number), 'Result Request', 'case 45: then the question');
is((events($number))[-1]{answer}{body}, '{"action":"allow"}',
   'which has its answer');
is($v->get('/')->status, 200, 'still open');

# late, but in time for the code

$number = '+' . ++$n;
fault($number, 'Request', 'hold');
$v = started($number);
$sim->control(POST => '/_sim/release');
wait_until('the code', sub { $sim->code($number) });
is(report($v, $number)->status, 200, 'case 50: a question that came late');
is($v->get('/')->status, 200, 'open');

# it is slow, and the start waits

$number = '+' . ++$n;
fault($number, 'Request', 'delay', delay => 700);
$v = started($number);
is($sim->starts, scalar(grep { $_->{operation} eq 'start' } $sim->requests),
   'a start for each');
is(scalar(grep { $_->{body} =~ /\Q$number\E/ && $_->{method} eq 'POST' }
          $sim->requests), 1, 'one start');
is(report($v, $number)->status, 200, 'case 50: a question that took its time');

# never: Sinch denies

$number = '+' . ++$n;
fault($number, 'Request', 'drop');
$v = $nginx->visitor;
my $r = $v->post('/verify/start', { number => $number });
is(said($r), '502 provider_error', 'case 50: a question that was never asked');
is($v->get('/')->status, 401, 'closed');
is(started($number)->get('/')->status, 401, 'the number is free');


# an end that comes before the start is answered

for my $end ([ DENIED => 'Fraud', 'DENIED' ],
             [ ERROR => 'Internal error', 'ERROR' ])
{
    my ($status, $reason) = @$end;

    $number = '+' . ++$n;
    fault($number, 'Result', 'duplicate', copies => 2);
    $sim->control(POST => '/_sim/faults', { operation => 'start',
        kind => 'outcome', status => $status, reason => $reason,
        delay => 500, when => 'after' });
    $v = $nginx->visitor;
    $r = $v->post('/verify/start', { number => $number });
    isnt($r->status == 200 ? status($v) : 'NONE', 'PENDING',
         "$status while it starts: " . $r->status);
    is($v->get('/')->status, 401, 'closed');
}


# a call at which a digit is pressed, so that there is nothing to report

$number = '+' . ++$n;
$v = $nginx->visitor;
$v->post('/verify/start', { number => $number, method => 'callout' });
is($v->get('/')->status, 401, 'callout: closed');
settle($number, 'SUCCESSFUL');
is($v->get('/verify/status')->json->{method}, 'callout', 'callout: by a call');
is($v->get('/')->status, 200, 'callout: the event opens it');


# twice, at once, at both workers

$number = '+' . ++$n;
$v = started($number);
fault($number, 'Result', 'duplicate', copies => 20);
fault($number, 'Request', 'duplicate', copies => 20);
settle($number, 'SUCCESSFUL');
wait_until('all of them', sub {
    20 == grep { $_->{event} =~ /Result/ && $_->{answer} } events($number);
});
is(scalar(grep { $_->{answer}{status} != 200 } events($number)), 0,
   'each has its 200');
is($v->get('/')->status, 200, 'open');
is(join(' ', sort keys %{$v->cookies}), '__Host-phone_verify', 'one grant');

$number = '+' . ++$n;
fault($number, 'Request', 'duplicate', copies => 20);
$v = started($number);
is(report($v, $number)->status, 200, 'a question twenty times');


# never: the report's answer is enough, and without one there is nothing

$number = '+' . ++$n;
$v = started($number);
fault($number, 'Result', 'drop');
is(report($v, $number)->status, 200, 'case 50: no result: the report');
is($v->get('/')->status, 200, 'open');

$number = '+' . ++$n;
$v = started($number);
fault($number, 'Result', 'drop');
$sim->control(POST => '/_sim/settle', { number => $number,
                                        status => 'SUCCESSFUL' });
is($v->get('/')->status, 401, 'case 50: no result: closed');
is($v->post('/verify/report', { code => $sim->code($number) })->status, 200,
   'until a report finds it');
is($v->get('/')->status, 200, 'open');


# one result after the other: SUCCESSFUL wins, whichever comes first, whoever
# hears of it

for my $round (1 .. 4) {
    $number = '+' . ++$n;
    $v = started($number);
    settle($number, 'FAIL', 'Expired');
    is(status($v), 'FAIL', 'failed');
    is($v->get('/')->status, 401, 'closed');
    settle($number, 'SUCCESSFUL');
    is($v->get('/')->status, 200, 'case 45: SUCCESSFUL after FAIL');

    $number = '+' . ++$n;
    $v = started($number);
    settle($number, 'SUCCESSFUL');
    settle($number, 'FAIL', 'Expired');
    settle($number, 'DENIED', 'Fraud');
    is($v->get('/')->status, 200, 'case 45: SUCCESSFUL before FAIL and DENIED');

    $number = '+' . ++$n;
    $v = started($number);
    settle($number, $_->[0], $_->[1])
        for [ 'DENIED', 'Fraud' ], [ 'ERROR', 'Internal error' ],
            [ 'ABORTED' ], [ 'FAIL', 'Expired' ];
    is(status($v), 'DENIED', 'case 45: the first end counts');
    is($v->get('/')->status, 401, 'closed');
}

# it is no success of a replaced one

$number = '+' . ++$n;
$v = started($number);
my $old = record($number);
settle($number, 'ABORTED');
is(status($v), 'ABORTED', 'aborted');
is($v->get('/')->status, 401, 'closed');


# events of a kind, a status, with members that nobody knows

sub send_event {
    my ($body) = @_;
    return $sim->control(POST => '/_sim/events', { body => $body });
}

$number = '+' . ++$n;
$v = started($number);
my $record = record($number);
my %event = (event => 'VerificationResultEvent', id => $record->{id},
             method => 'sms', reference => $record->{reference},
             identity => { type => 'number', endpoint => $number },
             status => 'SUCCESSFUL');

for my $other ({ event => 'VerificationSuccessEvent' },
               { event => 'verificationresultevent' },
               { event => 'VerificationSmsDeliveredEvent',
                 smsResult => 'Successful' },
               { event => 'VerificationSmsDeliveredEvent',
                 smsResult => 'Unheard-of' },
               { event => 'VerificationRequestEvent' },
               { status => 'VERIFIED' }, { status => 'Successful' },
               { status => 'FAIL', reason => 'Invalid code' },
               { status => 'PENDING', success => \1, verified => \1 })
{
    my $name = join ' ', map { "$_ $other->{$_}" } grep { !ref $other->{$_} }
               sort keys %$other;

    is(send_event({ %event, %$other })->{status}, 200, "case 49: $name: taken");
    is(status($v), 'PENDING', 'case 49: changes nothing');
    is($v->get('/')->status, 401, 'closed');
}

is(send_event({ %event, more => [ 1, { a => undef } ], price => 'x',
                source => 'log' })->{status}, 200,
   'case 49: members that are not known');
is($v->get('/')->status, 200, 'case 49: harm nothing');


# an SMS that has arrived: who has asked for it is told, as long as it pends

sub delivered { return $_[0]->get('/verify/status')->json->{delivered} }

sub arrived {
    my ($record, %more) = @_;
    return send_event({ event => 'VerificationSmsDeliveredEvent',
                        id => $record->{id}, method => 'sms',
                        reference => $record->{reference},
                        identity => $record->{identity},
                        smsResult => 'Successful', %more })->{status};
}

$nginx->conf(app => 'methods sms callout;')->reload;
$nginx->wait_old;

$number = '+' . ++$n;
fault($number, 'SmsDelivered', 'hold');
$v = started($number);
$record = record($number);
ok(!exists $v->get('/verify/status')->json->{delivered}, 'sent, and no more');

for my $other ({ smsResult => 'Failed' }, { smsResult => 'successful' },
               { method => 'callout' }, { method => undef }, { id => 'x' },
               { identity => { type => 'number', endpoint => '+46850999999' } },
               { identity => undef }, { reference => undef, id => 'x' },
               { reference => "x$record->{reference}", id => undef })
{
    my %told = (%$record, %$other);
    my $name = JSON::PP->new->canonical->encode($other);

    like(arrived(\%told, %$other), qr/^(?:200|400)$/, "$name: heard");
    is(delivered($v), undef, "$name: changes nothing");
}

$sim->control(POST => '/_sim/release');
is(order($number) =~ s/.* //r, 'SmsDelivered', 'the operator says so');
my $shown = $v->get('/verify/status');
like($shown->body, qr/^\{"status":"PENDING",.*"delivered":true,/, 'delivered');
is(arrived($record), 200, 'told again');
is(delivered($v), JSON::PP::true, 'delivered');
is(arrived($record, smsResult => 'Failed'), 200, 'and then something else');
is(delivered($v), JSON::PP::true, 'delivered all the same');

my $joiner = started($number);
is(delivered($joiner), undef, 'who has joined it is not told');

# the next message is another

$nginx->conf(app => "methods sms callout;\nresend 1s;")->reload;
$nginx->wait_old;
fault($number, 'SmsDelivered', 'drop');
wait_until('a message may be sent anew', sub {
    return $v->post('/verify/start', { number => $number })->status == 200;
});
my ($next) = grep { $_->{identity}{endpoint} eq $number
                    && $_->{id} ne $record->{id} }
             @{$sim->control(GET => '/_sim/verifications')->{items}};
is(delivered($v), undef, 'sent anew: nothing is known of it');
is(arrived($record, nonce => 1), 200, 'of the one before');
is(delivered($v), undef, 'is not of this one');
is(arrived($record, reference => $next->{reference}), 200, 'mixed up');
is(delivered($v), undef, 'is of none');
is(arrived($next, reference => undef), 200, 'by its id alone');
is(delivered($v), JSON::PP::true, 'delivered');

# what has ended is not told of

settle($number, 'DENIED', 'Fraud');
is(arrived($next, nonce => 2), 200, 'after the end');
is(status($v), 'DENIED', 'nothing changes');
is(delivered($v), undef, 'nor is it shown');

# before the start is answered

$number = '+' . ++$n;
fault($number, 'SmsDelivered', 'first');
$v = started($number);
is(delivered($v), JSON::PP::true, 'faster than the answer to the start');
is(report($v, $number)->status, 200, 'its code is right');
is($v->get('/')->status, 200, 'open');
is(delivered($v), undef, 'of a success there is nothing to add');


# prices in a question, of every kind

$number = '+' . ++$n;
$v = started($number);
$record = record($number);
my $question = JSON::PP->new->canonical->encode({
    event => 'VerificationRequestEvent', id => $record->{id}, method => 'sms',
    reference => $record->{reference},
    identity => { type => 'number', endpoint => $number } });

for my $price ('{"amount":10.5,"currencyId":"USD"}', '{"amount":0}',
               '{"amount":-1,"currencyId":"EUR"}',
               '{"amount":"NaN","currencyId":"EUR"}',
               '{"amount":"-Infinity","currencyId":"EUR"}',
               '{"amount":1e308,"currencyId":"EUR"}',
               '{"amount":1e999,"currencyId":"EUR"}',
               '{"amount":10.5}', '{"currencyId":"EUR"}', '{}', 'null', '7',
               '[]', '"x"', '{"amount":1,"currencyId":7}',
               '{"amount":1,"currencyId":"' . 'E' x 500 . '"}')
{
    my $answer = send_event($question =~ s/\}\z/,"price":$price}/r);
    is($answer->{status}, 200, 'case 51: price ' . substr $price, 0, 40);
    is($answer->{body}, '{"action":"allow"}', 'case 51: allowed');
}

is(send_event($question =~ s/\}\z/,"rate":{"amount":9.5,"currencyId":"USD"},/r
              . '"acceptLanguage":["es-ES","en"],"custom":"{}"}')->{body},
   '{"action":"allow"}', 'rate, acceptLanguage and custom are passed over');

is(send_event($question =~ s/\}\z/,"price":{"amount":NaN}}/r)->{status}, 400,
   'case 51: NaN is no JSON');
is(report($v, $number)->status, 200, 'and the code is right');

$sim->control(PATCH => '/_sim/settings', { prices => undef });
$number = '+' . ++$n;
is(report(started($number), $number)->status, 200, 'case 51: no price at all');


$nginx->finish;

done_testing;
