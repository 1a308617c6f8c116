#!/usr/bin/perl

# attempts: a session's and a code's, a number's of a day, the app's of an hour;
# what they are by default, off, in a dry run, and after a reload; and that who
# is refused, or would be, is told of and counted.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Metrics;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
                                    app => "attempts;\nresend 1s;",
                                    server => <<'SERVER')->start;
location / {
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location = /left {
    phone_verify signup optional;
    return 200 "left=$phone_verify_attempts_left.";
}
location = /metrics { phone_verify_metrics; }
SERVER

my $m = PhoneVerify::Metrics->new($nginx);

my $n = 46705110000;

sub policy {
    my ($app) = @_;

    $nginx->conf(app => $app)->reload;
    $nginx->wait_old;
}

sub joined {
    my ($number) = @_;

    my $v = $nginx->visitor;
    my $r = $v->post('/verify/start', { number => $number });
    die $r->body unless $r->status == 200;

    return $v;
}

sub report {
    my ($v, $code) = @_;
    return $v->post('/verify/report', { code => $code });
}

sub left {
    my ($r) = @_;
    my $left = $r->json->{attempts_left};
    return defined $left ? $left : 'none told';
}

sub refusals {
    my ($dry_run) = @_;
    return $m->values->{'phone_verify_refusals_total{app="signup",'
                        . "rule=\"attempts\",dry_run=\"$dry_run\"}"};
}

# reports that came to Sinch

sub reports { return scalar grep { $_->{method} eq 'PUT' } $sim->requests }

# what so many wrong codes of as many sessions are told, five of each session

sub guesses {
    my ($number, $count) = @_;

    my (@status, $v);

    for my $i (0 .. $count - 1) {
        $v = joined($number) if $i % 5 == 0;
        push @status, report($v, "wrong$i")->status;
    }

    my %count;
    $count{$_}++ for @status;

    return join ' ', map { "$_: $count{$_}" } sort keys %count;
}


# by default

my $number = '+' . ++$n;
my $owner = joined($number);

is($owner->get('/verify/status')->json->{attempts_left}, 5,
   'by default five codes');
is(guesses($number, 8), '422: 8', 'eight wrong ones');

# a code of its own has three times five; the number's are those of all codes

sleep 2;
is(guesses($number, 7), '422: 7', 'and seven of the next code');

$owner = joined($number);
my $r = report($owner, $sim->code($number));
is($r->status . ' ' . $r->code, '429 too_many_requests', 'then none');
cmp_ok($r->header('Retry-After'), '>', 86000, 'for the day');
cmp_ok($r->header('Retry-After'), '<=', 86400, 'and no longer');

my $other = '+' . ++$n;
my $v = joined($other);
is(report($v, $sim->code($other))->status, 200, 'of another number all is well');

# after a reload

$nginx->reload;
$nginx->wait_old;

is(report($owner, $sim->code($number))->status, 429, 'the same after a reload');

# a dry run tells, off does not

my $said = length $nginx->log;

policy("attempts 5 number=15r/1d dry_run;\nresend 1s;");
is(report($owner, $sim->code($number))->status, 200, 'in a dry run it is let in');
like(substr($nginx->log, $said), qr/dry run, would be refused by rule "attempts"/,
     'and told of');

policy("attempts 5 number=2r/1d all=off;\n");
$number = '+' . ++$n;
$owner = joined($number);
is(guesses($number, 4), '422: 2 429: 2', 'two, where it says two');

policy("attempts 5 number=off all=off;\n");
is(report($owner, $sim->code($number))->status, 200, 'off: as if none had been');

# a session's are its own, whatever the number's

$number = '+' . ++$n;
$v = joined($number);
is(join(' ', map { report($v, "wrong$_")->status } 1 .. 6),
   '422 422 422 422 422 422', 'five are judged');
is($v->get('/verify/status')->json->{attempts_left} || 0, 0, 'none is left');
isnt(report($v, $sim->code($number))->status, 200, 'the right one fails');
like($nginx->log, qr/refused by rule "attempts", app "signup", number \+46\*/,
     'which is told of');

my $refused = refusals('no');
cmp_ok($refused, '>', 0, 'and counted');

$nginx->reload;
$nginx->wait_old;
is(refusals('no'), $refused, 'after a reload it still is');
isnt(report($v, $sim->code($number))->status, 200, 'and refused, too');
is(refusals('no'), $refused + 1, 'and counted on');

# off: neither a session's nor a code's; the number's stay as they are

policy("attempts off;\nresend 1s;");
$number = '+' . ++$n;
$v = joined($number);
is(left($v->get('/verify/status')), 'none told', 'off: no count');
is($v->get('/left')->body, 'left=.', 'nor a variable');

is(join(' ', map { left(report($v, "wrong$_")) } 1 .. 15),
   join(' ', ('none told') x 15), 'fifteen are judged, and no count told');
is($v->get('/verify/status')->json->{status}, 'PENDING', 'it is pending');
is(report($v, $sim->code($number))->status, 429, 'and the day is over');

policy("attempts off number=off all=off;\n");
is(joined($number)->get('/verify/status')->json->{status}, 'PENDING',
   'others join');
is(join(' ', map { report($v, "wrong$_")->status } 1 .. 10),
   join(' ', (422) x 10), 'all off: as many as one likes');
is(report($v, $sim->code($number))->status, 200, 'and the right one');

# who was refused before is not any more, and the other way round

policy("attempts 1 number=off all=off;\n");
$number = '+' . ++$n;
$v = joined($number);
report($v, 'wrong');
is($v->get('/verify/status')->json->{status}, 'FAIL', 'one, which is used');
policy("attempts off number=off all=off;\n");
is($v->get('/verify/status')->json->{status}, 'PENDING',
   'off after a reload: it goes on');
is(report($v, 'wrong')->status, 422, 'and codes are judged');
policy("attempts 1 number=off all=off;\n");
is($v->get('/verify/status')->json->{status}, 'FAIL', 'and is over again');

# a dry run of a session's and a code's

policy("attempts 2 number=off all=off dry_run;\n");
$number = '+' . ++$n;
$v = joined($number);
my $asked = reports();
my $dry = refusals('yes');
$refused = refusals('no');
$said = length $nginx->log;

is(join(' ', map { left(report($v, "wrong$_")) } 1 .. 4), '1 0 0 0',
   'in a dry run the count ends at none');
is(reports() - $asked, 4, 'and each report goes to Sinch, once');
is(refusals('yes') - $dry, 2, 'those beyond are counted');

my @told = substr($nginx->log, $said)
           =~ /dry run, would be refused by rule "attempts"/g;
is(scalar @told, 2, 'and told of');

is($v->get('/verify/status')->json->{status}, 'PENDING', 'it is pending');
is($v->get('/verify/status')->json->{attempts_left}, 0, 'with none left');
is($v->get('/left')->body, 'left=0.', 'as the variable says');

# a code has three times two

my $w = joined($number);
is(join(' ', map { left(report($w, "wrong$_")) } 1 .. 3), '1 0 0',
   'another session');
is(refusals('yes') - $dry, 3, 'the third of which is one too many, once');

$w = $nginx->visitor;
is($w->post('/verify/start', { number => $number })->status, 200,
   'the code is not locked');
is(left(report($w, 'wrong')), 0, 'though nobody has any more');
is(refusals('yes') - $dry, 4, 'as is told of the first of a session');

$nginx->reload;
$nginx->wait_old;
is(refusals('yes') - $dry, 4, 'counted after a reload, too');
is(refusals('no'), $refused, 'nobody was refused');
is(report($v, $sim->code($number))->status, 200, 'the right one lets in');
is($v->get('/a')->body, "GET /a $number\n", 'open');

# all three at once are one refusal

policy("attempts 1 number=1r/1d all=1r/40m dry_run;\n");
$number = '+' . ++$n;
$v = joined($number);
report($v, 'wrong1');
$dry = refusals('yes');
report($v, 'wrong2');
is(refusals('yes') - $dry, 1, 'by all three rules: once');

# for the app, over all numbers and sessions, and no other app's business

policy("attempts 5 number=off all=3r/50m;\n");

my @status;

for (1 .. 5) {
    my $next = '+' . ++$n;
    push @status, report(joined($next), 'wrong')->status;
}

is("@status", '422 422 422 429 429', 'three for the app');

$nginx->finish;

done_testing;
