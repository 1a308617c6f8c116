# Sinch's callbacks: what is refused, what is answered, what it changes.
# Abuse cases 41 to 46, 49, 50, 85.

use strict;
use warnings;

use Digest::MD5 qw(md5_base64);
use Digest::SHA qw(hmac_sha256_base64);
use JSON::PP;
use MIME::Base64;
use POSIX qw(strftime);
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $callback = 'location = /sinch/callback { phone_verify_callback signup; }';
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
    server => "location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }\n"
              . $callback)->start;

my $key = $PhoneVerify::Simulator::KEY;
my $secret = decode_base64($PhoneVerify::Simulator::SECRET);

sub pad {
    my ($text) = @_;
    return $text . '=' x (-length($text) % 4);
}

# a callback, signed as Sinch signs; what is given replaces its part

sub callback {
    my ($event, %a) = @_;

    # the same bytes for the same event, so that a replay is one

    my $body = ref $event ? JSON::PP->new->utf8->canonical->encode($event)
                          : $event;
    my $type = 'application/json; charset=utf-8';
    my $time = strftime('%Y-%m-%dT%H:%M:%S', gmtime(time + ($a{age} || 0)))
               . '.2506449Z';
    $time = $a{time} if defined $a{time};

    my $md5 = $body eq '' ? '' : pad(md5_base64($body));
    my $text = join "\n", 'POST', $md5, $type,
                    "x-timestamp:$time", $a{path} || '/sinch/callback';
    my $signature = pad(hmac_sha256_base64($text, $secret));

    my @h = ("Content-Type: " . ($a{type} || $type), "x-timestamp: $time",
             'Authorization: ' . ($a{scheme} || 'application') . ' '
             . (defined $a{rest} ? $a{rest}
                                 : ($a{key} || $key) . ":$signature"));
    @h = @{$a{headers}->(\@h)} if $a{headers};

    my $c = $nginx->connection;
    $c->request(POST => $a{uri} || '/sinch/callback',
                [ @h, 'Connection: close' ],
                defined $a{body} ? $a{body} : $body);
    return $c->response;
}

sub event {
    my ($v, %more) = @_;
    return { id => $v->{id}, event => 'VerificationResultEvent',
             method => $v->{method} || 'sms',
             identity => { type => 'number', endpoint => $v->{number},
                           verified => JSON::PP::false },
             reference => $v->{reference}, status => 'SUCCESSFUL', %more };
}

sub started {
    my ($number) = @_;
    my $visitor = $nginx->visitor;
    $visitor->post('/verify/start', { number => $number });
    my ($v) = grep { $_->{identity}{endpoint} eq $number }
              @{$sim->control(GET => '/_sim/verifications')->{items}};
    return ($visitor, { %$v, number => $number });
}

# refused, with no detail and no effect

my ($visitor, $v) = started('+46700000070');
my $ok = event($v);

my %refused = (
    'case 41: no Authorization' => { headers => sub { [ @{$_[0]}[0, 1] ] } },
    'case 43: no timestamp' => { headers => sub { [ @{$_[0]}[0, 2] ] } },
    'case 43: two timestamps' => { headers => sub { [ @{$_[0]}, $_[0][1] ] } },
    'case 41: another key' => { key => '11111111-2222-3333-4444-555555555555' },
    'case 41: another scheme' => { scheme => 'Bearer' },
    'case 41: Basic with the right secret' => { scheme => 'Basic',
        rest => encode_base64("$key:$PhoneVerify::Simulator::SECRET", '') },
    'case 41: no signature' => { rest => $key },
    'case 41: an empty signature' => { rest => "$key:" },
    'case 42: a changed body' => { body => encode_json(event($v, status => 'FAIL')) },
    'case 42: another content type' => { type => 'application/json' },
    'case 42: another path' => { path => '/sinch/callback/' },
    'case 43: too old' => { age => -301 },
    'case 43: too new' => { age => 301 },
    'case 43: 1970' => { time => '1970-01-01T00:00:00Z' },
    'case 43: year 9999' => { time => '9999-12-31T23:59:59Z' },
    'case 43: no UTC' => { time => '2026-01-01T00:00:00+02:00' },
    'case 43: no time' => { time => 'now' },
    'case 43: no ASCII' => { time => "2026-01-01T00:00:00\xa0Z" },
);

for my $name (sort keys %refused) {
    my $r = callback($ok, %{$refused{$name}});
    is($r->status, 401, "$name: refused");
    unlike($r->body, qr/[a-z]/i, 'without a word');
}

is(callback($ok, headers => sub { [ @{$_[0]}, $_[0][2] ] })->status, 400,
   'case 41: two Authorization headers are refused by nginx');
is($nginx->visitor->get('/sinch/callback')->status, 405, 'GET');
is($visitor->get('/')->status, 401, 'none of them has opened the gate');

# taken

for my $scheme ('Application', 'application', 'APPLICATION') {
    is(callback(event($v, status => 'PENDING'), scheme => $scheme)->status,
       200, "case 41: scheme $scheme");
}

is(callback(event($v, status => 'PENDING'), age => -298)->status, 200,
   'case 43: nearly too old');
is(callback(event($v, status => 'PENDING'),
            uri => '/sinch/callback?a=b')->status, 200,
   'case 42: a query is not signed');

# an event that is not the record's changes nothing

for my $other ({ identity => { type => 'number',
                               endpoint => '+46700000071' } },
               { method => 'callout' }, { id => 'another' },
               { reference => 'x' x 38, id => 'another' },
               { status => 'VERIFIED' })
{
    is(callback(event($v, %$other))->status, 200,
       'case 46: another record\'s event');
    is($visitor->get('/')->status, 401, 'case 46: and closed it is');
}

for my $nonsense ('', '{', '[]', '{"event":"VerificationResultEvent"}',
                  '{"event":1}', "{\"event\":\"x\\u0000\"}")
{
    is(callback($nonsense)->status, 400, 'case 49: signed nonsense');
}

is(callback({ event => 'SomethingNew', id => '1' })->status, 200,
   'case 49: an event that we do not know');

# SUCCESSFUL opens it, with that very request, once

is(callback($ok)->status, 200, 'the result');

my $copy = $visitor->copy;
my $r = $visitor->get('/');
is($r->status, 200, 'the gate opens');
like(join(' ', $r->header('Set-Cookie')), qr/__Host-phone_verify=/,
     'and gives the grant');
like(join(' ', $r->header('Cache-Control')), qr/no-store/,
     'which nobody may keep');
is($visitor->get('/')->status, 200, 'by which it is open');

# the state never goes back

callback(event($v, status => 'FAIL', reason => 'Expired'));
is($visitor->get('/')->status, 200, 'case 45: a FAIL that comes late');

# FAIL first

($visitor, $v) = started('+46700000072');
callback(event($v, status => 'DENIED', reason => 'Fraud'));
is($visitor->get('/verify/status')->json->{status}, 'DENIED', 'denied');
is($visitor->get('/')->status, 401, 'closed');

# replayed: a thousand times is once

($visitor, $v) = started('+46700000073');
my $time = strftime('%Y-%m-%dT%H:%M:%S', gmtime) . '.1234567Z';

is(callback(event($v), time => $time)->status, 200, 'case 44: once more')
    for 1 .. 20;
$nginx->reload;
is(callback(event($v), time => $time)->status, 200, 'case 44: and after a reload');
is($visitor->get('/')->status, 200, 'it has counted');
like($nginx->log, qr/was repeated/, 'once');

# with Sinch calling by itself: the request event comes before the start ends

my $url = 'http://127.0.0.1:' . $nginx->port . '/sinch/callback';
$sim->control(PATCH => '/_sim/settings', { callback => $url });

my $number = '+46700000074';
$visitor = $nginx->visitor;
is($visitor->post('/verify/start', { number => $number })->status, 200,
   'case 50: a start whose request event we answer');
is($visitor->post('/verify/report', { code => $sim->code($number) })->status,
   200, 'and its code');
is($visitor->get('/')->status, 200, 'in');

# somebody else's verification on the same application

my %unknown = ('' => 'deny', 'callback_unknown allow;' => 'allow');

for my $app (sort keys %unknown) {
    $nginx->conf(app => $app)->reload;
    $nginx->wait_old;

    $r = callback({ event => 'VerificationRequestEvent',
                    id => "x$unknown{$app}",
                    method => 'sms', reference => 'theirs',
                    identity => { type => 'number',
                                  endpoint => '+46700000075' } });
    is($r->json->{action}, $unknown{$app}, "not ours: $unknown{$app}");
}

# a proxy that rewrites: the path that Sinch has

$nginx->conf(app => 'callback_path /public/path;')->reload;
$nginx->wait_old;
is(callback(event($v), path => '/public/path')->status, 200,
   'case 42: the public path');
is(callback(event($v))->status, 401, 'case 42: and no other');

# two secrets while one is being changed

my $file = $nginx->dir . '/sinch.secret';
$nginx->conf(app => '');
PhoneVerify::Env::spew($file, encode_base64('new secret bytes', '') . "\n"
                              . "$PhoneVerify::Simulator::SECRET\n");
$nginx->reload;
$nginx->wait_old;
is(callback(event($v))->status, 200, 'case 85: signed by the old secret');
$secret = 'new secret bytes';
is(callback(event($v))->status, 200, 'case 85: by the new one');

$nginx->finish;
done_testing;
