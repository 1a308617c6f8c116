#!/usr/bin/perl

# Callbacks whose signature is right and whose time, path or body is not; the
# same ones again; floods of them; and ones that are somebody else's. Abuse
# cases 42, 43, 44, 47, 48.

use strict;
use warnings;

use JSON::PP;
use POSIX qw(strftime);
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(spew);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $server = <<'EOC';
location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
location = /sinch/callback { phone_verify_callback signup; }
EOC

my $keys = PhoneVerify::Env::new_dir() . '/keys';
spew($keys, ('ab' x 32) . "\n");
chmod 0600, $keys;

my $app = "session_key_file $keys;";
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
                                    app => $app, server => $server)->start;
my $n = 46741000000;

sub started {
    my $number = '+' . ++$n;
    my $visitor = $nginx->visitor;
    $visitor->post('/verify/start', { number => $number });
    my ($v) = grep { $_->{identity}{endpoint} eq $number }
              @{$sim->control(GET => '/_sim/verifications')->{items}};
    return ($visitor, { %$v, number => $number });
}

sub event {
    my ($v, %more) = @_;
    return JSON::PP->new->canonical->encode({ id => $v->{id},
        event => 'VerificationResultEvent', method => 'sms',
        identity => { type => 'number', endpoint => $v->{number} },
        reference => $v->{reference}, status => 'SUCCESSFUL', %more });
}

# posted as Sinch does; what it is answered

sub post_to {
    my ($to, $body, %as) = @_;
    return $sim->control(POST => '/_sim/events', { body => $body,
        url => 'http://127.0.0.1:' . $to->port . '/sinch/callback', %as });
}

sub post { return post_to($nginx, @_)->{status} }

sub at {
    my ($seconds, $fraction) = @_;
    return strftime('%Y-%m-%dT%H:%M:%S', gmtime(time + $seconds))
           . (defined $fraction ? $fraction : '.1234567') . 'Z';
}

sub status { return $_[0]->get('/verify/status')->json->{status} }

sub repeated { return scalar(() = $_[0]->log =~ /a callback was repeated/g) }


# case 43: times, as many digits as there may be, and no others

my ($visitor, $v) = started();
my $pending = event($v, status => 'PENDING');

is(post($pending, timestamp => at(-290)), 200, 'case 43: -290 s');
is(post($pending, timestamp => at(290)), 200, 'case 43: +290 s');
is(post($pending, timestamp => at(-301)), 401, 'case 43: -301 s');
is(post($pending, timestamp => at(302)), 401, 'case 43: +302 s');
is(post($pending, timestamp => at(0, $_)), 200, "case 43: a fraction \"$_\"")
    for '', '.1', '.123', '.1234567';
is(post($pending, timestamp => $_), 401, "case 43: \"$_\"")
    for '1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '', '0',
        at(0) =~ s/Z$/+02:00/r, at(0) =~ s/Z$//r, at(0) =~ s/T/ /r,
'99999-01-01T00:00:00Z';


# callback_skew: as the operator says

$nginx->conf(app => "$app\ncallback_skew 10s;")->reload;
$nginx->wait_old;
is(post($pending, timestamp => at(-5)), 200, 'case 43: callback_skew 10s: -5');
is(post($pending, timestamp => at(5)), 200, 'case 43: callback_skew 10s: +5');
is(post($pending, timestamp => at(-12)), 401,
   'case 43: callback_skew 10s: -12');
is(post($pending, timestamp => at(12)), 401, 'case 43: callback_skew 10s: 12');

$nginx->conf(app => "$app\ncallback_skew 1h;")->reload;
$nginx->wait_old;
is(post($pending, timestamp => at(-3500)), 200,
   'case 43: callback_skew 1h: -3500');
is(post($pending, timestamp => at(-3610)), 401,
   'case 43: callback_skew 1h: -3610');

$nginx->conf(app => $app)->reload;
$nginx->wait_old;


# case 42: what was signed is what was sent

for my $as ([ 'another path', path => '/sinch/callback/' ],
            [ 'a path with its query', path => '/sinch/callback?a=b' ],
            [ 'a path in capitals', path => '/Sinch/Callback' ],
            [ 'an encoded path', path => '/sinch/%63allback' ],
            [ 'a whole URL', path => 'http://127.0.0.1/sinch/callback' ])
{
    my ($name, @as) = @$as;
    is(post(event($v), @as), 401, "case 42: $name");
}

is(post($pending, content_type => $_), 200, "case 42: signed as $_")
    for 'application/json', 'application/json;charset=UTF-8';
is(status($visitor), 'PENDING', 'case 42: nothing of it has counted');


# case 44: the same bytes again, a thousand times, in any spelling, are one

my @same = (timestamp => at(0));
my $success = event($v);
my $before = repeated($nginx);

is(post($success, @same), 200, 'case 44: once');
is($visitor->copy->get('/')->status, 200, 'case 44: it counts');

my %answer;
$answer{post($success, @same)}++ for 1 .. 1000;
is_deeply(\%answer, { 200 => 1000 }, 'case 44: a thousand times: 200');
is(repeated($nginx) - $before, 1000, 'case 44: and no more than that');

is(post($success, @same, scheme => $_), 200, "case 44: as $_")
    for 'Application', 'APPLICATION', 'aPPLICATION';
is(repeated($nginx) - $before, 1003, 'case 44: the same, however spelled');

$nginx->reload;
$nginx->wait_old;
is(post($success, @same), 200, 'case 44: after a reload');
is(repeated($nginx) - $before, 1004, 'case 44: still the same');

# what was replayed cannot undo what came after it

($visitor, $v) = started();
@same = (timestamp => at(0));
my $denied = event($v, status => 'DENIED', reason => 'Fraud');
is(post($denied, @same), 200, 'case 44: denied');
is(post(event($v)), 200, 'case 44: then successful');
is(post($denied, @same), 200, 'case 44: the first one again');
is($visitor->get('/')->status, 200, 'case 44: changes nothing');

# at another node, with the same keys, it opens nothing

my $other = PhoneVerify::Nginx->new(simulator => $sim, app => $app,
                                    server => $server)->start;
($visitor, $v) = started();
@same = (timestamp => at(0));
is(post(event($v), @same), 200, 'case 44: a success here');
is(post_to($other, event($v), @same)->{status}, 200, 'case 44: and there');

# but asked whether it may be sent, any node says so: the reference is proof

my %question = (event => 'VerificationRequestEvent', status => undef);
is(post_to($other, event($v, %question))->{body}, '{"action":"allow"}',
   'case 50: asked at a node that knows nothing of it');
is(post_to($other, event($v, %question,
                         reference => scalar reverse $v->{reference}))
   ->{body},
   '{"action":"deny"}', 'case 50: a reference that is not ours');

# what it costs counts once, whatever is repeated

$other->conf(app => "$app\nbudget 1EUR/1h;")->reload;
$other->wait_old;

@same = (timestamp => at(0));
my %costs = (%question, price => { amount => 0.4, currencyId => 'EUR' });

is(post_to($other, event($v, %costs), @same)->{body}, '{"action":"allow"}',
   'case 44: a price, once') for 1 .. 4;
is(post_to($other, event((started())[1], %costs))->{body},
   '{"action":"allow"}', 'case 44: there is room for another');
is(post_to($other, event((started())[1], %costs))->{body},
   '{"action":"deny"}', 'case 44: and not for a third');

my $there = $other->visitor(cookies => { %{$visitor->cookies} });
is($there->get('/')->status, 401, 'case 44: where nobody has asked');
is($visitor->get('/')->status, 200, 'case 44: but here');
$other->finish;


# case 47: somebody else's reference, custom, id: it is of neither

my ($one, $a) = started();
my ($two, $b) = started();

for my $forged ([ 'reference', $a, reference => $b->{reference} ],
                [ 'id', $a, id => $b->{id} ],
                [ 'reference and id', $a, reference => $b->{reference},
                  id => $b->{id} ],
                [ 'number', $a, identity => { type => 'number',
                                              endpoint => $b->{number} } ],
                [ 'a reference of nobody', $a, reference => 'order-42',
                  id => 'x' ],
                [ 'a reference that is nearly ours', $a, id => 'x',
                  reference => $a->{reference} =~ s/.$/-/r ])
{
    my ($name, $v, @more) = @$forged;

    is(post(event($v, @more)), 200, "case 47: $name: taken");
    is(status($one) . ' ' . status($two), 'PENDING PENDING',
       "case 47: $name: of neither");
    is($one->get('/')->status . ' ' . $two->get('/')->status, '401 401',
       "case 47: $name: closed");
}

is(post(event($a, custom => "session=$b->{id}")), 200,
   'case 47: custom: taken');
is($two->get('/')->status, 401, 'case 47: custom: it decides nothing');
is($one->get('/')->status, 200, 'case 47: custom: whose the rest is');


# case 48: a flood with bad signatures: refused one by one, and not parsed

my $c = $nginx->connection;
my %refused;

for my $i (1 .. 20) {
    $c->request(POST => '/sinch/callback', [
        'Content-Type: application/json', 'x-timestamp: ' . at(0),
        'Authorization: application ' . $PhoneVerify::Simulator::KEY . ':'
        . ('A' x 43) . '=' ], '{' x 1000) for 1 .. 50;

    for (1 .. 50) {
        my $r = $c->response or last;
        $refused{$r->status . ' ' . $r->body}++;
    }

    # nginx lets a connection have a thousand requests

    $c = $nginx->connection if $i % 15 == 0;
}

is_deeply(\%refused, { '401 {}' => 1000 },
          'case 48: a thousand: 401, though none of them is JSON');

is(post('{' x 100), 400, 'case 48: what is signed is read');
is(post('x' x 65536), 400, 'case 48: up to a limit');
is(post('x' x 65537), 413, 'case 48: and no further');
is(post(event($b)), 200, 'case 48: what is real still counts');
is($two->get('/')->status, 200, 'case 48: and opens');

$nginx->finish;
done_testing;
