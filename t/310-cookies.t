# Cookies: how they go out, and what comes back that was never ours.
# Abuse cases 15, 16, 17, 22.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Log;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

expect_log(qr/\[emerg\] .* in \S+nginx\.conf:\d+/);

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim)->start;

my $grant = '__Host-phone_verify';
my $pending = '__Host-phone_verify_pending';

# attributes

my $visitor = $nginx->visitor;
my $r = $visitor->post('/verify/start', { number => '+46700000020' });
my @set = $r->header('Set-Cookie');

is(scalar @set, 1, 'a start sets one cookie');
like($set[0], qr{^\Q$pending\E=[\w-]{40,256};\ Path=/;\ Max-Age=900;
                 \ Expires=[^;]+;\ HttpOnly;\ SameSite=Lax;\ Secure$}x,
     'the pending one, with all that it needs');

$r = $visitor->post('/verify/report', { code => $sim->code('+46700000020') });
@set = sort $r->header('Set-Cookie');

is(scalar @set, 2, 'a report sets two');
@set = reverse @set if $set[0] =~ /_pending=/;

like($set[0], qr{^\Q$grant\E=[\w-]{40,160};\ Path=/;\ Max-Age=43\d{3};
                 \ Expires=[^;]+;\ HttpOnly;\ SameSite=Lax;\ Secure$}x,
     'the grant');
like($set[1],
     qr{^\Q$pending\E=; Path=/; Max-Age=0; Expires=Thu, 01-Jan-(?:19)?70 },
     'and takes the pending one back');

my $token = $visitor->cookies->{$grant};

sub status {
    my ($cookie) = @_;
    my $c = $nginx->connection;
    $c->request(GET => '/', [ map({ "Cookie: $_" }
                                  ref $cookie ? @$cookie : $cookie),
                              'Connection: close' ]);
    return $c->response->status;
}

is(status("$grant=$token"), 200, 'the cookie alone');
is(status("a=b; $grant=$token; c=d"), 200, 'among others');
is(status("a=b;$grant=$token;c=d"), 200, 'without blanks');
is(status([ 'a=b', "$grant=$token" ]), 200, 'in a line of its own');
is(status("a=\"$grant=x\"; $grant=$token"), 200, 'a value that looks like it');
is(status("x$grant=$token"), 401, 'a longer name');
is(status("\U$grant\E=$token"), 401, 'another case');
is(status("$grant"), 401, 'case 15: no value');
is(status("$grant="), 401, 'case 15: an empty value');
is(status("$pending=$token"), 401, 'case 17: a grant as a pending one');
is(status("$grant=$token="), 401, 'padded');
is(status("$grant=\"$token\""), 401, 'quoted');

# planted ones come first; of several the first valid one counts, up to four

is(status("$grant=planted; $grant=$token"), 200, 'case 15: behind a planted one');
is(status(join '; ', ("$grant=planted") x 3, "$grant=$token"), 200,
   'case 22: behind three');
is(status(join '; ', ("$grant=planted") x 4, "$grant=$token"), 401,
   'case 22: but not for ever');
is(status(join '; ', ("$grant=" . 'x' x 4000), "$grant=$token"), 200,
   'case 15: one that is too long to be ours is not even counted');
is(status(join '; ', map { "c$_=" . 'x' x 10 } 1 .. 200), 401,
   'case 15: 200 cookies of others');

# every byte of it counts

my $bad = 0;

for my $i (0 .. length($token) - 1) {
    my $changed = $token;
    substr($changed, $i, 1) = substr($token, $i, 1) eq 'A' ? 'B' : 'A';
    $bad++ if status("$grant=$changed") != 401;
}

is($bad, 0, 'case 16: a change of any character');

is(status("$grant=" . substr($token, 0, -1)), 401, 'case 16: cut');
is(status("$grant=${token}A"), 401, 'case 16: longer');
is(status("$grant=" . substr($token, 40) . substr($token, 0, 40)), 401,
   'case 16: halves swapped');
is(status("$grant=" . ('0' x length $token)), 401, 'case 16: zeroes');

# a pending token opens nothing

$visitor = $nginx->visitor;
$visitor->post('/verify/start', { number => '+46700000021' });
my $p = $visitor->cookies->{$pending};

is(status("$pending=$p"), 401, 'case 17: pending');
is(status("$grant=$p"), 401, 'case 17: pending, as a grant');

# fixation: whoever planted his pending cookie has nothing from it

my $attacker = $visitor->copy;

$visitor->post('/verify/report', { code => $sim->code('+46700000021') });
is($visitor->get('/')->status, 200, 'case 19: the victim is in');
isnt($visitor->cookies->{$grant}, $p, 'case 19: by a token of its own');

# names, domains, plain http

my %app = (
    'cookie pv;' => qr/^pv_pending=.*; Secure$/,
    'cookie pv insecure;' => qr/^pv_pending=.*SameSite=Lax$/,
    'cookie __Secure-pv domain=example.com;' =>
        qr/^__Secure-pv_pending=.*; Secure; Domain=example\.com$/,
);

for my $text (sort keys %app) {
    $nginx->conf(app => $text)->reload;

    $r = $nginx->visitor->post('/verify/start', { number => '+46700000022' });
    like($r->header('Set-Cookie'), $app{$text}, $text);
}

my %refused = (
    'cookie __Host-pv domain=example.com;' => qr/cannot have a "domain"/,
    'cookie __Host-pv insecure;' => qr/cannot be "insecure"/,
    'cookie __secure-pv insecure;' => qr/cannot be "insecure"/,
    'cookie "a b";' => qr/invalid cookie name/,
    'cookie "a;b";' => qr/invalid cookie name/,
    'cookie pv domain=;' => qr/invalid parameter "domain="/,
    'cookie pv domain=a;b;' => qr/./,
    'cookie pv unsafe;' => qr/invalid parameter "unsafe"/,
    'header "a b";' => qr/invalid header name/,
);

for my $text (sort keys %refused) {
    my ($ok, $said) = $nginx->conf(app => $text)->check;
    ok(!$ok, "$text is refused");
    like($said, $refused{$text}, 'and the reason said');
}

$nginx->finish;
done_testing;
