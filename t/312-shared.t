# One verification for a number at a time: strangers can neither abort it, nor
# lock its owner out, nor get in with the owner. Abuse cases 14, 21, 64, 66.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
                                    app => 'resend 2s;')->start;

# 66, 64: a stranger starts the owner's number again and again

my $number = '+46700000040';
my $owner = $nginx->visitor;
is($owner->post('/verify/start', { number => $number })->status, 200,
   'the owner starts');

my $starts = $sim->starts;
my $stranger;

for (1 .. 20) {
    $stranger = $nginx->visitor;
    my $r = $stranger->post('/verify/start', { number => $number });
    is($r->status, 200, 'a stranger starts it, too');
    is($r->json->{status}, 'PENDING', 'and hears the same');
}

is($sim->starts, $starts, 'no message was sent for it');
is(scalar($sim->outbox($number)), 1, 'one message in all');

# the stranger guesses until nothing is left, and the owner still gets in

$stranger->post('/verify/report', { code => "x$_" }) for 1 .. 5;
my $r = $stranger->post('/verify/report', { code => $sim->code($number) });
is($r->status, 422, 'the stranger is locked, even with the right code');

is($owner->get('/verify/status')->json->{status}, 'PENDING',
   'which is not the owner');
is($owner->post('/verify/report', { code => $sim->code($number) })->status,
   200, 'who gets in');
is($owner->get('/')->status, 200, 'really');

is($stranger->get('/')->status, 401, 'case 21: the stranger does not get in with him');
like($stranger->get('/verify/status')->json->{status},
     qr/^(?:FAIL|ABORTED)$/, 'and hears that it is over');

# 14: after the wait a start sends anew, and all go along

$number = '+46700000041';
$owner = $nginx->visitor;
$owner->post('/verify/start', { number => $number });
my $first = $sim->code($number);

wait_until('another message may be sent', sub {
    return $owner->get('/verify/status')->json->{resend_in} == 0;
});

$stranger = $nginx->visitor;
is($stranger->post('/verify/start', { number => $number })->status, 200,
   'a stranger starts anew');
is(scalar($sim->outbox($number)), 2, 'that sends a message, to the owner');

$r = $owner->post('/verify/report', { code => $first });
is($r->status, 422, 'case 14: the old code is dead') unless $first eq
    $sim->code($number);
is($owner->post('/verify/report', { code => $sim->code($number) })->status,
   200, 'case 14: the owner gets in by the new one');
is($stranger->get('/')->status, 401, 'the stranger does not');

# many at once: one message

$number = '+46700000042';
my @many = map { my $v = $nginx->visitor;
                 [ $v, $v->begin(POST => '/verify/start', [],
                                 { number => $number }) ] } 1 .. 20;
my @status = map { $_->[0]->end($_->[1])->status } @many;
is_deeply(\@status, [ (200) x 20 ], 'twenty starts at once');
is(scalar($sim->outbox($number)), 1, 'one message');

is($many[7][0]->post('/verify/report', { code => $sim->code($number) })
              ->status, 200, 'whoever has the code gets in');
is($many[7][0]->get('/')->status, 200, 'in');
is(scalar(grep { $_->[0]->get('/')->status == 200 } @many), 1, 'alone');

# 21: another number while one is verified

is($many[7][0]->post('/verify/start', { number => '+46700000043' })->status,
   200, 'case 21: another number');
is($many[7][0]->get('/')->status, 200, 'case 21: the grant stands until then');

$nginx->finish;
done_testing;
