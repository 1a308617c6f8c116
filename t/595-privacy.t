#!/usr/bin/perl

# What logs never have, at any level: numbers, codes, the secret. And what
# strangers are not told of a number. Abuse cases 96, 97, 99.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(binary slurp wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $test = '+46700595099';
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
    main => 'error_log %%DIR%%/logs/debug.log debug;',
    app => "methods sms callout flashcall whatsapp; own_codes on;\n"
           . "attempts 3; test_number $test 97531;",
    http => <<'EOF', server => <<'EOF2')->start;
log_format all '$remote_addr "$request" $status $phone_verify_status '
               '$phone_verify_number_masked $phone_verify_id '
               '$phone_verify_method $http_referer';
access_log %%DIR%%/logs/all.log all;
EOF
location = /sinch/callback { phone_verify_callback signup; }
location = /sinch/query { phone_verify_query signup; }
location = /admin { phone_verify_admin signup; }
location = /check { phone_verify_check signup; }
location = /metrics { phone_verify_metrics; }
location /verify/ { phone_verify signup optional; return 200 "page\n"; }
location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
EOF2

sub call_back {
    $sim->control(PATCH => '/_sim/settings', {
        callback => 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' });
}

call_back();

my (@number, %code);
my $html = 'Accept: text/html';

sub number {
    push @number, sprintf '+46700595%03d', scalar @number;
    return $number[-1];
}

sub code {
    my ($number) = @_;
    $code{$sim->code($number)} = 1;
    return $sim->code($number);
}


# every endpoint, every way to succeed and to fail

for my $method (qw(sms callout whatsapp)) {
    my $number = number();
    my $v = $nginx->visitor;

    $v->post('/verify/start', { number => $number, method => $method });
    $v->get('/verify/status');
    $v->post('/verify/report', { code => '086420' });
    is($v->post('/verify/report', { code => code($number) })->status, 200,
       "$method: verified");
    is($v->get('/a')->status, 200, "$method: in");
    $v->get($_) for qw(/verify/status /verify/ /check);
    $v->post('/verify/logout', {});
}

{
    my $number = number();
    my $v = $nginx->visitor;
    $v->post('/verify/start', "number=" . $number =~ s/\+/%2B/r
                              . '&return=/a', $html);
    my $c = $v->begin(GET => '/verify/status?wait=20');
    my $r = $v->post('/verify/report', 'code=' . code($number), $html);
    is($r->status, 303, 'as a form');
    $v->end($c);
    is($v->get('/a')->status, 200, 'in');
}

{
    my $v = $nginx->visitor;
    my $number = number();
    $v->post('/verify/start', { number => $number, method => 'flashcall' });
    my ($call) = grep { $_->{identity}{endpoint} eq $number }
                 @{$sim->control(GET => '/_sim/verifications')->{items}};
    $v->post('/verify/report', { cli => '+46700595777' });
    push @number, '+46700595777';
    $nginx->visitor->get("/sinch/query?id=$call->{id}");
}

{
    my $v = $nginx->visitor;
    my $number = number();
    $v->post('/verify/start', { number => $number });
    $v->post('/verify/report', { code => '13579' . $_ }) for 0 .. 4;
    $code{"13579$_"} = 1 for 0 .. 4;
    is($v->post('/verify/report', { code => code($number) })->status, 422,
       'locked');

    $sim->control(POST => '/_sim/settle', { number => $number,
                                            status => 'FAIL' });
}

{
    my $v = $nginx->visitor;
    $v->post('/verify/start', { number => $test });
    is($v->post('/verify/report', { code => '97531' })->status, 200,
       'a test number');
    $code{97531} = 1;
    push @number, $test;
}

# what makes no sense, and Sinch away

{
    my $v = $nginx->visitor;
    my $number = number();

    for my $bad ("{\"number\":\"$number", "{\"number\":\"$number\",\"number\":1}",
                 "[\"$number\"]", "{\"number\":\"${number}x\"}",
                 "{\"code\":\"864209753\"}")
    {
        isnt($v->post('/verify/start', $bad, 'Content-Type: application/json')
               ->status, 200, 'malformed');
        $v->post('/verify/report', $bad, 'Content-Type: application/json');
        $v->post('/sinch/callback', $bad, 'Content-Type: application/json',
                 'Authorization: application a:b',
                 'x-timestamp: 2026-11-23T14:36:16.0Z');
    }
    $code{864209753} = 1;

    $v->post('/verify/start', { number => $number });
    $sim->down;
    $v->post('/verify/report', { code => '753197' });
    $nginx->visitor->post('/verify/start', { number => number() });
    $sim->up;
    call_back();
    $code{753197} = 1;
}

$nginx->visitor->get($_) for qw(/admin /metrics /sinch/query?id=a);
$nginx->visitor->post('/admin', { action => 'revoke', session => 'a' x 32 });


# case 99

my @digits = map { s/^\+//r } @number;
my $numbers = join '|', @digits, map { s/^46/0/r } @digits;
my $codes = join '|', keys %code, '086420';
my $secret = join '|', map { quotemeta } $PhoneVerify::Simulator::SECRET,
             slurp($nginx->dir . '/session.keys') =~ /(\S+)/;

cmp_ok(scalar keys %code, '>', 8, 'codes were seen');

for my $name (qw(debug.log error.log access.log all.log)) {
    my @line = split /\n/, slurp($nginx->dir . "/logs/$name");

    SKIP: {
        skip "$name: nginx has no --with-debug", 1
            if $name eq 'debug.log' && !grep { /\[debug\]/ } @line;
        cmp_ok(scalar @line, '>', $name eq 'debug.log' ? 1000 : 5,
               "$name: has lines");
    }

    is(join("\n", grep { /$numbers/ } @line), '',
       "case 99: $name has no number");
    is(join("\n", grep { /(?<![\da-fA-F.])(?:$codes)(?![\da-fA-F])/
                         && !/ \d+#\d+: .*(?:timer|posted|malloc|free)/ }
                  @line), '', "case 99: $name has no code");
    is(join("\n", grep { /$secret/ } @line), '',
       "case 99: $name has no secret");
}


# case 96: an answer does not tell whether a number is known

sub round_up { return 10 * int(($_[0] + 9) / 10) }

sub start {
    my ($number, $v) = @_;
    my $r = ($v || $nginx->visitor)->post('/verify/start',
                                          { number => $number });
    (my $body = $r->body) =~ s/"number":"[^"]*"/"number":""/;

    # what is on its way may be some seconds old

    $body =~ s/("(?:expires_in|resend_in)":)(\d+)/$1 . round_up($2)/ge;

    return join "\n", $r->status, $body, sort grep { !/^(?:Date|Set-Cookie)/i }
           split /\r\n/, $r->head;
}

my ($known, $gone, $failed) = map { number() } 1 .. 3;
$nginx->conf(app => 'attempts 3;')->reload;

$nginx->verified($known);
$nginx->verified($gone)->post('/verify/logout', {});

{
    my $v = $nginx->visitor;
    $v->post('/verify/start', { number => $failed });
    $sim->control(POST => '/_sim/settle',
                  { number => $failed, status => 'FAIL' });
    wait_until('it has failed', sub {
        return $v->get('/verify/status')->json->{status} ne 'PENDING';
    });
}

my $unknown = start(number());
like($unknown, qr/^200\n\{"status":"PENDING"/, 'a number that nobody knows');
is(start($known), $unknown, 'case 96: one that is verified');
is(start($gone), $unknown, 'case 96: one that has logged out');
is(start($failed), $unknown, 'case 96: one that has failed');
is(start($known), $unknown, 'case 96: one for which a code is on its way');


# case 97: nobody sees another's session

my $stranger = $nginx->visitor;
is($stranger->get('/verify/status')->body, '{"status":"NONE"}',
   'case 97: a stranger sees nothing');
is($stranger->post('/verify/report', { number => $known, code => '123456' })
            ->code, 'no_verification',
   'case 97: a number is no way to a verification');

# as it is not to be found in the log

my $escaped = join '', map { sprintf '%%%02x', ord } split //, $known;
is($stranger->get("/verify/status?number=$escaped")->body, '{"status":"NONE"}',
   'case 97: nor in a query');

$nginx->finish;
done_testing;
