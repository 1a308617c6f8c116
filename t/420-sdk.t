#!/usr/bin/perl

# Sinch's own SDK for Node judges the signatures of what we send, and signs
# callbacks that we have to accept, or to refuse where they were altered.
# npm installs it to build/sdk, the versions are those of t/sdk.

use strict;
use warnings;

use Fcntl qw(:flock);
use File::Path qw(make_path);
use IPC::Open2;
use JSON::PP;
use POSIX qw(strftime);
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp spew top);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $key = $PhoneVerify::Simulator::KEY;
my $secret = $PhoneVerify::Simulator::SECRET;
my $there = top() . '/build/sdk';

for my $tool ('node', 'npm') {
    plan(skip_all => "$tool is not installed")
        if system("$tool --version >/dev/null 2>&1") != 0;
}

my $why = installed();
plan(skip_all => $why) if $why;


# Nothing, or why it cannot be had. Tests that run at the same time wait.

sub installed {
    my $from = top() . '/t/sdk';

    make_path($there);
    open my $lock, '>>', "$there/lock" or die "$there/lock: $!";
    flock $lock, LOCK_EX;

    return if slurp("$there/installed") eq slurp("$from/package-lock.json");

    unlink "$there/installed";
    spew("$there/$_", slurp("$from/$_")) for qw(package.json package-lock.json);

    my $rc = system("cd '$there' && npm ci --ignore-scripts --no-audit"
                    . ' --no-fund --fetch-retries=0 --fetch-timeout=20000'
                    . ' >npm.log 2>&1');

    return "npm cannot install the SDK, see $there/npm.log" if $rc;

    spew("$there/installed", slurp("$from/package-lock.json"));
    return;
}


sub sdk {
    my @tasks = @_;

    my $pid = open2(my $out, my $in, 'node', top() . '/t/sdk/judge.cjs',
                    $there);
    binmode $_ for $out, $in;
    print $in encode_json([ map { { key => $key, secret => $secret, %$_ } }
                            @tasks ]);
    close $in;
    my $said = do { local $/; <$out> };
    waitpid $pid, 0;
    die "node: $?\n" if $?;

    return @{decode_json($said)};
}


sub lower {
    my ($headers) = @_;
    return map { lc($_) => $headers->{$_} } keys %$headers;
}


# A header that was not sent is signed as an empty line. The simulator's lists
# show bytes as characters; the SDK wants characters.

sub judge {
    my (@asked) = map { { %$_ } } @_;

    for (@asked) {
        utf8::decode($_->{body});
        $_->{headers} = { 'content-type' => '', lower($_->{headers}) };
    }

    return sdk(map { { do => 'judge', method => $_->{method},
                       path => $_->{path}, body => $_->{body},
                       headers => $_->{headers} } } @asked);
}


my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim,
    app => "methods sms flashcall callout seamless whatsapp;\n"
           . "language sv-SE;\ncustom \"caf\xc3\xa9 \\\"\xe2\x82\xac\\\" /\";",
    endpoints => PhoneVerify::Conf::endpoints() . <<'EOF')->start;
location = /sinch/callback { phone_verify_callback signup; }
location ^~ /sinch/caf { phone_verify_callback signup; }
location = /query { phone_verify off; phone_verify_query signup; access_log off; }
EOF


sub record {
    my ($number) = @_;

    my ($record) = grep { $_->{identity}{endpoint} eq $number }
                   @{$sim->control(GET => '/_sim/verifications')->{items}};
    return $record;
}


# what we send

my $n = 46820000000;
my %by;

for my $method (qw(sms flashcall callout seamless whatsapp)) {
    my $number = '+' . ++$n;
    my $v = $nginx->visitor;
    my $r = $v->post('/verify/start', { number => $number,
                                        method => $method });
    is($r->status, 200, "$method: started");

    my ($got) = reverse $sim->outbox($number);
    my $cli = $method eq 'flashcall';

    is($v->post('/verify/report', { $cli ? (cli => $got->{cli})
                                         : (code => $got->{code}) })->status,
       200, "$method: reported") unless $method eq 'seamless';

    $by{$method} = $number;
}

$sim->control(POST => '/_sim/faults', { operation => 'start', kind => 'drop',
                                        process => JSON::PP::true });
is($nginx->visitor->post('/verify/start', { number => '+' . ++$n })->status,
   200, 'asked for by reference after a cut');

for my $query ('method=sms&number=' . $by{sms}, 'id=' . record($by{sms})->{id})
{
    is($nginx->visitor->get("/query?$query")->status, 200, "/query?$query");
}

my @asked = $sim->requests;
my @said = judge(@asked);
my %seen;

for my $i (0 .. $#asked) {
    my ($kind) = $asked[$i]{path}
                 =~ m{/verifications(?:(?:/\w+)?/(id|number|reference)/
                      [^/]+)?$}x;
    my $name = "$asked[$i]{method} " . ($kind || '');

    $seen{$name}++;
    ok($said[$i], "the SDK takes our $name") or diag($asked[$i]{path});
}

is_deeply([ sort keys %seen ],
          [ 'GET id', 'GET number', 'GET reference', 'POST ', 'PUT id' ],
          'of each kind there was one');
like($asked[0]{body}, qr/\xe9|\xc3\xa9/, 'a body that is not ASCII');

my ($post) = grep { $_->{method} eq 'POST' } @asked;
my $time = $post->{headers}{'x-timestamp'};
my %altered = (
    body => { %$post, body => "$post->{body} " },
    path => { %$post, path => "$post->{path}/" },
    method => { %$post, method => 'PUT' },
    time => { %$post, headers => { %{$post->{headers}},
                                   'x-timestamp' => $time =~ s/\d/x/r } },
);

for my $name (sort keys %altered) {
    is_deeply([ judge($altered{$name}) ], [ JSON::PP::false ],
              "but not with another $name");
}


# callbacks that it signs

sub deliver {
    my ($event, $authorization, $stamp, %a) = @_;

    my $c = $nginx->connection;
    $c->request(POST => $a{uri} || '/sinch/callback',
                [ "Content-Type: " . ($a{type} || 'application/json'),
                  "x-timestamp: $stamp", "Authorization: $authorization",
                  'Connection: close' ], $event);
    return $c->response;
}

my $stamp = strftime('%Y-%m-%dT%H:%M:%S', gmtime) . '.1234567Z';
my $v = $nginx->visitor;
my $number = '+' . ++$n;
$v->post('/verify/start', { number => $number });
my $record = record($number);

# bytes here, characters there: the SDK encodes what it is given

my $event = JSON::PP->new->canonical->encode({
    event => 'VerificationResultEvent', id => $record->{id}, method => 'sms',
    identity => { type => 'number', endpoint => $number },
    reference => $record->{reference}, status => 'SUCCESSFUL',
    custom => "caf\x{e9} \x{20ac}",
});
my $bytes = $event;
utf8::encode($bytes);

my %task = (do => 'sign', method => 'POST', path => '/sinch/callback',
            type => 'application/json', timestamp => $stamp, body => $event);
my ($good, $elsewhere, $before, $typed, $escaped, $foreign) = sdk(
    \%task, { %task, path => '/sinch/callback/' },
    { %task, timestamp => '2020-02-02T02:02:02Z' },
    { %task, type => 'application/json; charset=utf-8' },
    { %task, path => '/sinch/caf%C3%A9' },
    { %task, secret => 'AAAAAAAAAAAAAAAAAAAAAA==' });

like($good, qr/^Application \Q$key\E:[\w+\/]+=*$/, 'signed');

is(deliver("$bytes ", $good, $stamp)->status, 401, 'a byte more');
is(deliver($bytes =~ s/SUCCESSFUL/SUCCESSFUI/r, $good, $stamp)->status, 401,
   'a byte changed');
is(deliver($bytes, $good, $stamp =~ s/7Z/8Z/r)->status, 401, 'another time');
is(deliver($bytes, $good, $stamp, type => 'text/json')->status, 401,
   'another type');
is(deliver($bytes, $elsewhere, $stamp)->status, 401, 'for another path');
is(deliver($bytes, $foreign, $stamp)->status, 401, 'by another secret');
is(deliver($bytes, $before, '2020-02-02T02:02:02Z')->status, 401, 'long ago');
is($v->get('/')->status, 401, 'the gate is closed');

is(deliver($bytes, $typed, $stamp,
           type => 'application/json; charset=utf-8')->status, 200,
   'with a charset');
is($v->get('/')->status, 200, 'the gate is open');
is(deliver($bytes, $good, $stamp)->status, 200, 'without');
is(deliver($bytes, $escaped, $stamp, uri => '/sinch/caf%C3%A9')->status, 200,
   'a path as it stands in the request');


# nor does the SDK tell the simulator's callbacks from Sinch's

$sim->control(PATCH => '/_sim/settings', {
    callback => 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' });
is($nginx->verified('+' . ++$n)->get('/')->status, 200, 'with callbacks');

my @events = @{$sim->control(GET => '/_sim/events?wait=10&count=2')->{items}};
cmp_ok(scalar @events, '>=', 2, 'events');
@said = judge(map { { %$_, method => 'POST', path => '/sinch/callback' } }
              @events);

for my $i (0 .. $#events) {
    ok($said[$i], "the SDK takes the simulator's $events[$i]{event}");
}


$nginx->finish;

done_testing;
