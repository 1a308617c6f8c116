#!/usr/bin/perl

# Sinch's errors, every one that it documents, others, and none that can be
# read: our error for each, at a report as at a start; one line in the log by
# which it can be looked up, and what to do about it. And words that nobody
# knows: none of them opens the gate. Abuse cases 76, 78, 79, 84.

use strict;
use warnings;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, app => 'poll 1s;')
    ->start;
my $n = 46860000000;

sub said { return $_[0]->status . ' ' . $_[0]->code }

sub start {
    my ($v, $number) = @_;
    return $v->post('/verify/start', { number => $number });
}

sub started {
    my ($number) = @_;

    my $v = $nginx->visitor;
    my $r = start($v, $number);
    die $r->body unless $r->status == 200;

    return $v;
}

sub report {
    my ($v, $number) = @_;
    return $v->post('/verify/report', { code => $sim->code($number) });
}

sub fault {
    my ($operation, $kind, @more) = @_;
    $sim->control(POST => '/_sim/faults', { operation => $operation,
                                            kind => $kind, @more });
}

# What a start or a report is answered that meets this fault, and what the log
# says of it. Afterwards the number, or the verification, is as good as before.

sub meets {
    my ($operation, $name, @fault) = @_;

    my $number = '+' . ++$n;
    my $v = $operation eq 'report' ? started($number) : $nginx->visitor;
    my $before = length $nginx->log;

    fault($operation, @fault);
    my $r = $operation eq 'report' ? report($v, $number)
                                   : start($v, $number);
    my $log = substr $nginx->log, $before;

    unlike(join(' ', keys %{$v->cookies}), qr/phone_verify$/,
           "$name: no grant");
    is($v->get('/')->status, 401, "$name: closed");
    unlike($r->body, qr/errorCode|<|Sinch|support/, "case 76: $name: nothing of theirs");

    start($v, $number) if $operation eq 'start';
    is(report($v, $number)->status, 200, "$name: then it goes on");

    return ($r, $log);
}


# section 7 of the contract, row by row: at a start, at a report; the level and
# the advice in the log

my $key = qr/check "key"/;
my $both = qr/check "key" and "secret_file"/;
my $clock = qr/check the clock of this machine/;
my $auth = qr/check "auth"/;

my ($bad, $gone, $many) = ('502 provider_error', '503 provider_unavailable',
                           '429 too_many_requests');

my @rows = (
    [ 40001, '400 invalid_number', '422 invalid_code', 'info' ],
    [ 40002, $bad, $bad, 'error' ],
    [ 40003, $bad, $bad, 'error' ],
    [ 40004, $bad, $bad, 'error', $key ],
    [ 40005, '400 invalid_number', $bad, 'info' ],
    (map { [ $_, $bad, $bad, 'error', $both ] } 40100, 40102, 40103, 40104,
                                                40106, 40107, 40108),
    (map { [ $_, $bad, $bad, 'error', $clock ] } 40101, 40105),
    [ 40200, $bad, $bad, 'error', qr/has not enough credit/ ],
    [ 40300, ('403 destination_denied') x 2, 'info' ],
    [ 40301, $bad, $bad, 'error', $auth ],
    [ 40302, $bad, $bad, 'error', qr/allowed to do/ ],
    [ 40303, $bad, $bad, 'error', $auth ],
    [ 40400, $bad, $gone, undef ],
    [ 40900, $bad, $gone, undef ],
    [ 42200, $bad, $bad, 'error', qr/app's configuration/ ],
    [ 42201, $bad, $bad, 'error', qr/app's configuration/ ],
    [ 42202, $bad, $bad, 'error', qr/callback URL/ ],
    [ 42900, $many, $many, 'warn' ],
    [ 42901, $many, $many, 'warn' ],
    [ 50000, $bad, $gone, 'error' ],
    [ 50100, $bad, $bad, 'error' ],
    [ 50101, $bad, $bad, 'error' ],
    [ 50300, $gone, $gone, 'error' ],
    [ 50301, $gone, $gone, 'error' ],

    # none of them

    [ 40099, $bad, $bad, 'error' ],
    [ 40199, $bad, $bad, 'error', $both ],
    [ 41800, $bad, $bad, 'error' ],
    [ 42999, $many, $many, 'warn' ],
    [ 50099, $bad, $gone, 'error' ],
    [ 59900, $gone, $gone, 'error' ],
);

for my $row (@rows) {
    my ($error, $start, $report, $level, $advice) = @$row;

    for my $operation ('start', 'report') {
        my $name = "errorCode $error, $operation";
        my ($r, $log) = meets($operation, $name, 'error',
                              errorCode => $error, message => 'their words',
                              times => $error == 40105 ? 2 : 1);

        is(said($r), $operation eq 'start' ? $start : $report, $name);
        like($r->header('Retry-After') || '-',
             $r->status =~ /^(?:429|503)$/ ? qr/^[1-9]\d*$/ : qr/^-$/,
             "$name: Retry-After where there is sense in it");

        my @lines = grep { /errorCode $error\b/ } split /\n/, $log;
        my ($line) = grep { /$operation refused|without an answer/ } @lines;
        is(scalar(grep { /$operation / } @lines), 1, "case 76: $name: one line")
            or diag($log);
        like($line || '', qr/Sinch's reference "[-\w]{36}"/,
             "$name: the support reference");
        like($line || '', qr/\[$level\]/, "$name: at this level") if $level;
        like($line || '', $advice, "$name: with advice") if $advice;
        unlike($log, qr/their words/, "$name: not its message, which may have "
                                      . 'a number in it');
    }
}


# Retry-After, where it makes sense

for my $operation ('start', 'report') {
    for my $error (42900, 42901, 50300, 50301) {
        my ($r) = meets($operation, "Retry-After of $error, $operation",
            'error', errorCode => $error, headers => { 'Retry-After' => 77 });
        is($r->header('Retry-After'), 77, 'is handed on');
    }

    for my $value ('', 'x', '-5', '1.5', '99999999999999999999', "7, 8") {
        my ($r) = meets($operation, "Retry-After \"$value\", $operation",
            'error', errorCode => 42901,
            headers => { 'Retry-After' => $value });
        is(said($r), $many, 'is not what decides');
        like($r->header('Retry-After'), qr/^[1-9]\d{0,9}$/, 'ours instead');
    }
}


# not JSON, nothing, and JSON that is not as it should be

my @bodies = (
    [ HTML => '<html><body><h1>no +46860000000</h1></body></html>' ],
    [ 'nothing' => '' ],
    [ 'half' => '{"errorCode":40' ],
    [ 'a list' => '[40200]' ],
    [ 'null' => 'null' ],
    [ 'a text' => '"error"' ],
    [ 'no errorCode' => '{"message":"x","reference":"y"}' ],
    [ 'a wild errorCode' => '{"errorCode":{"a":1},"message":7,'
                            . '"reference":["x"]}' ],
    [ 'a huge one' => '{"errorCode":1e300}' ],
    [ 'a negative one' => '{"errorCode":-40200}' ],
    [ 'success' => '{"id":"1","status":"SUCCESSFUL"}' ],
);

my %plain = (400 => [ $bad, $bad ], 401 => [ $bad, $bad ],
             402 => [ $bad, $bad ], 403 => [ $bad, $bad ],
             429 => [ $many, $many ], 502 => [ $gone, $gone ]);

for my $status (sort keys %plain) {

    # what was perhaps processed takes a second of looking for

    for my $body ($status == 502 ? @bodies[0 .. 2] : @bodies) {
        my ($what, $text) = @$body;

        for my $operation ('start', 'report') {
            my $name = "$status with $what, $operation";
            my ($r, $log) = meets($operation, $name, 'status',
                status => 0 + $status, body => $text,
                headers => { 'Content-Type' => 'application/json' });

            is(said($r), $plain{$status}[$operation eq 'report'], $name);
            is(scalar(grep { /$operation (?:refused|without)/ }
                      split /\n/, $log), 1, "case 76: $name: one line")
                or diag($log);
            unlike($log, qr/<h1>/, "$name: not the body");
        }
    }
}

# a string instead of a number is as good

my ($r, $log) = meets('start', 'a string', 'json', status => 402,
    body => { errorCode => '40200', reference => 'abc-1',
              status => '402 Payment Required' });
is(said($r), $bad, 'an errorCode that is a string');
like($log, qr/errorCode 40200, Sinch's reference "abc-1"/, 'is read');

# nobody writes lines into our log

($r, $log) = meets('start', 'a reference', 'json', status => 402,
    body => { errorCode => 40200,
              reference => "x\"\n2026/01/01 [alert] forged \x{1b}[31m" });
unlike($log, qr/^2026\/01\/01 \[alert\]/m, 'a reference of two lines');
unlike($log, qr/\x1b/, 'nor does it colour it');


# redirects: not followed, wherever they lead; links: not taken

my $trap = $sim->https . '/verification/v1/verifications/id/trap';

for my $status (301, 302, 303, 307, 308) {
    for my $operation ($status == 307 ? 'start' : (), 'report') {
        ($r) = meets($operation, "$status, $operation", 'redirect',
                     status => $status, url => $trap);
        cmp_ok($r->status, '>=', 500, "$status: $operation goes nowhere");
    }
}

my $number = '+' . ++$n;
fault('start', 'merge', members => { _links => [
    map { { rel => $_, href => $trap, method => 'GET' } } 'status', 'report'
] });
my $v = started($number);
$v->get('/verify/status?wait=1');
is(report($v, $number)->status, 200, 'links');
is(scalar(grep { $_->{path} =~ /trap/ } $sim->requests), 0,
   'case 79: nobody went where they point');


# who is asked in vain how a verification stands: told as any other error; and
# asked no more for as long as Sinch wants

for my $error ([ 40102, qr/\[error\].*check "key" and "secret_file"/ ],
               [ 42900, qr/\[warn\]/, 'Retry-After' => 60 ])
{
    my ($code, $line, @headers) = @$error;

    $number = '+' . ++$n;
    $v = started($number);
    my ($record) = grep { $_->{identity}{endpoint} eq $number }
                   @{$sim->control(GET => '/_sim/verifications')->{items}};
    my $before = length $nginx->log;

    fault('status', 'error', errorCode => $code, match => $record->{id},
          times => 0, headers => { @headers });
    is($v->get('/verify/status?wait=4')->json->{status}, 'PENDING',
       "asked, $code: pending");

    my $asked = () = grep { $_->{method} eq 'GET'
                            && $_->{path} =~ /\Q$record->{id}\E$/ }
                     $sim->requests;
    my ($said) = grep { /asked how a verification stands/ }
                 split /\n/, substr $nginx->log, $before;

    like($said || '', qr/errorCode $code, Sinch's reference "[-\w]{36}"/,
         "asked, $code: by which it can be looked up");
    like($said || '', $line, "asked, $code: and what to do");

    is($asked, 1, "asked, $code: once until Retry-After is over") if @headers;
    cmp_ok($asked, '>', 1, "asked, $code: and again") unless @headers;
    is(report($v, $number)->status, 200, "asked, $code: nothing is lost");
}


# what is not documented, in an answer that is: tolerated, and no success

my %more = (verified => \1, success => \1, result => 'SUCCESSFUL',
            state => 'SUCCESSFUL', verification => { status => 'SUCCESSFUL' },
            'status ' => 'SUCCESSFUL', nothing => undef, list => [ 1, 'x' ]);

for my $members (\%more, { status => 'SUCCESSFUL' },
                 { status => 'SUCCESSFUL', %more })
{
    $number = '+' . ++$n;
    fault('start', 'merge', members => $members);
    $v = $nginx->visitor;
    $r = start($v, $number);
    is($r->status, 200, 'a start with more members');
    is($r->json->{status}, 'PENDING', 'is pending');
    is_deeply([ sort keys %{$r->json} ],
              [ qw(attempts_left expires_in method number resend_in status) ],
              'case 13: hands none of them on');
    is($v->get('/')->status, 401, 'and closed');
    is(report($v, $number)->status, 200, 'until the code is there');
}

my @statuses = ('VERIFIED', 'successful', 'SUCCESSFUL ', ' SUCCESSFUL',
                'SUCCESSFULLY', "SUCCESSFUL\x{0}", 'OK', '', 'NONE',
                'SUCCESS', "SUCCESSF\xc3\x9cL", \1, 1, [ 'SUCCESSFUL' ],
                { status => 'SUCCESSFUL' }, undef);

for my $status (@statuses) {
    my $name = 'a status ' . encode_json([ $status ]);

    $number = '+' . ++$n;
    $v = started($number);
    fault('report', 'merge', process => \0,
          members => { %more, status => $status });
    $r = report($v, $number);
    is(said($r), $bad, "case 78: $name: no success");
    is($v->get('/')->status, 401, "$name: closed");

    is(report($v, $number)->status, 200, "$name: the code is still right");
}

# nor when it is asked for: all of them wait at once

my @waiting;

for my $status (@statuses) {
    $number = '+' . ++$n;
    $v = started($number);

    my ($record) = grep { $_->{identity}{endpoint} eq $number }
                   @{$sim->control(GET => '/_sim/verifications')->{items}};
    fault('status', 'merge', times => 0, match => $record->{id},
          members => { %more, status => $status });

    push @waiting, { v => $v, id => $record->{id}, number => $number,
                     name => 'asked, a status ' . encode_json([ $status ]),
                     c => $v->begin(GET => '/verify/status?wait=1') };
}

for my $w (@waiting) {
    is($w->{v}->end($w->{c})->json->{status}, 'PENDING',
       "$w->{name}: no success");
    is($w->{v}->get('/')->status, 401, "$w->{name}: closed");
    is(report($w->{v}, $w->{number})->status, 200,
       "$w->{name}: the code is still right");
    ok(scalar(grep { $_->{method} eq 'GET' && $_->{path} =~ /\Q$w->{id}\E$/ }
              $sim->requests), "$w->{name}: it was asked");
}

# the same member in another spelling: which of them counts, nobody knows

$number = '+' . ++$n;
$v = started($number);
fault('report', 'merge', process => \0, members => { Status => 'SUCCESSFUL',
                                                     status => 'FAIL' });
is(said(report($v, $number)), $bad, 'case 78: status and Status');
is($v->get('/')->status, 401, 'closed');

for my $reason ('Something new', '', "\xe2\x80\x9cFraud\xe2\x80\x9d", 7,
                [ 'Fraud' ], 'fraud', 'x' x 300)
{
    my $name = 'a reason ' . substr encode_json([ $reason ]), 0, 30;

    $number = '+' . ++$n;
    $v = started($number);
    fault('report', 'merge', process => \0,
          members => { %more, status => 'DENIED', reason => $reason });
    $r = report($v, $number);
    is(said($r), '403 denied', "$name: denied is denied");
    like($r->json->{reason} || '-', qr/^(?:-|Fraud|Other)$/,
         "$name: not handed on");
    is($v->get('/')->status, 401, "$name: closed");

    # success is success, whatever the reason

    $number = '+' . ++$n;
    $v = started($number);
    fault('report', 'merge', members => { %more, reason => $reason });
    is(report($v, $number)->status, 200, "$name: a success for no reason");
    is($v->get('/')->status, 200, "$name: open");
}


$nginx->finish(again => 1);

done_testing;
