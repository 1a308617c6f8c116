# A verification grants its session once; a lost answer is given again for ten
# seconds; parallel guesses are counted. Abuse cases 1, 2, 3, 4, 19.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;

# a call that is not sent for lack of time is no guess

my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
    app => 'timeout 60s; connect_timeout 60s;', server => <<'EOF')->start;
add_header X-Session $phone_verify_id always;
location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
EOF

my $grant = '__Host-phone_verify';

sub reports {
    my ($visitor, @codes) = @_;

    my @c = map { my $v = $visitor->copy;
                  [ $v, $v->begin(POST => '/verify/report', [],
                                  { code => $_ }) ] } @codes;
    return map { [ $_->[0], $_->[0]->end($_->[1]) ] } @c;
}

# 2: fifty guesses at once are five

my $number = '+46700000050';
my $visitor = $nginx->visitor;
$visitor->post('/verify/start', { number => $number });

my @r = reports($visitor, map { "x$_" } 1 .. 50);
my $asked = grep { $_->{method} eq 'PUT' } $sim->requests;
is($asked, 5, 'case 2: fifty wrong guesses at once: five reach Sinch');
is(scalar(grep { $_->[1]->status == 200 } @r), 0, 'case 2: none gets in');

my $right = $visitor->post('/verify/report', { code => $sim->code($number) });
isnt($right->status, 200, 'case 1: after that the right code fails, too');
is($visitor->get('/')->status, 401, 'closed');

# 3: the right code fifty times at once

$number = '+46700000051';
$visitor = $nginx->visitor;
$visitor->post('/verify/start', { number => $number });

@r = reports($visitor, ($sim->code($number)) x 50);
my @in = grep { $_->[1]->status == 200 } @r;
ok(@in >= 1, 'case 3: the right code at once, fifty times: somebody gets in');

my %sessions;

for my $v (map { $_->[0] } @in) {
    next unless defined $v->cookies->{$grant};
    is($v->get('/')->status, 200, 'case 3: with a grant that is good');
    $sessions{$v->cookies->{$grant}} = 1;
}

ok(%sessions, 'there was a grant');

my %id = map { $_->[0]->get('/')->header('X-Session') => 1 } @in;

is(scalar(keys %id), 1, 'case 3: all of them are one session');

is((grep { $_->[1]->status == 200 } reports($visitor, 'x')), 0,
   'case 3: a wrong code after that does nothing');

# 4: right and wrong in the same instant

$number = '+46700000052';
$visitor = $nginx->visitor;
$visitor->post('/verify/start', { number => $number });

@r = reports($visitor, 'x1', $sim->code($number), 'x2');
is($r[1][1]->status, 200, 'case 4: the right one among wrong ones');
is($r[1][0]->get('/')->status, 200, 'is in');

# the others are of the same session, whose lost answer theirs may be

for my $i (0, 2) {
    my ($v, $r) = @{$r[$i]};
    like($r->status, qr/^(?:200|409|422)$/, 'case 4: a yes, or a plain no');
    is($v->get('/')->status, 200, 'case 4: and the session is in, once');
}

# 19: a copy of the pending token that shows up too late has nothing from it.
# (Within ten seconds it is the lost answer of the same client.)

$number = '+46700000053';
$visitor = $nginx->visitor;
$visitor->post('/verify/start', { number => $number });
my $copy = $visitor->copy;
my $late = $visitor->copy;
$visitor->post('/verify/report', { code => $sim->code($number) });

is($copy->get('/')->status, 200, 'case 19: a lost answer is given again');

sleep 12;

is($late->get('/')->status, 401, 'case 19: but not later');
is($visitor->get('/')->status, 200, 'case 19: the client itself is in');

$nginx->finish;
done_testing;
