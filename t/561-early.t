#!/usr/bin/perl

# What came before anybody meant it sends nothing, ends nothing and takes no
# grant: TLS early data, which can be replayed, and what browsers fetch ahead.
# Abuse cases 20, 39, 69.

use strict;
use warnings;

use IO::Socket::INET;
use IPC::Open3;
use POSIX qw(_exit);
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp spew wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start(args => ['--event-delay', 0]);
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, server => <<'EOF')
location / {
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location = /sinch/callback { phone_verify_callback signup; }
EOF
    ->start;

$sim->control(PATCH => '/_sim/settings', {
    callback => 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' });

my $HTML = 'Accept: text/html';
my $n = 46810200000;

sub said { return $_[0]->status . ' ' . $_[0]->code }


# case 69: prefetch and prerender

my @ahead = ('Sec-Purpose: prefetch', 'Sec-Purpose: prefetch;prerender',
             'Sec-Purpose: prefetch;anonymous-client-ip', 'Purpose: prefetch',
             'X-Purpose: Prefetch', 'X-moz: prefetch');

for my $ahead (@ahead) {
    is(said($nginx->visitor->post('/verify/start', { number => '+' . ++$n },
                                  $ahead)),
       '425 too_early', "case 69: $ahead: no start");
}

is($sim->starts, 0, 'case 69: nothing was sent');

my $v = $nginx->visitor;
my $number = '+' . ++$n;
$v->post('/verify/start', { number => $number });
my $asked = () = $sim->requests;

is(said($v->post('/verify/report', { code => $sim->code($number) },
                 $ahead[1])), '425 too_early', 'case 69: no report');
is(scalar(() = $sim->requests), $asked, 'case 69: Sinch was not asked');
is(said($v->post('/verify/logout', {}, $ahead[1])), '425 too_early',
   'case 69: no logout');

# Sinch tells of the success: it waits for whoever means it

$sim->control(POST => '/_sim/settle', { number => $number,
                                        status => 'SUCCESSFUL' });
wait_until('the callback', sub {
    $nginx->log =~ /SUCCESSFUL/ || grep { $_->{answer} }
        @{$sim->control(GET => '/_sim/events')->{items}} });

for my $ahead (@ahead) {
    my $r = $v->get('/a', $ahead, $HTML, 'Sec-Fetch-Mode: navigate');
    is(said($r), '401 phone_verification_required',
       "case 69: $ahead: the gate is closed, and leads nowhere");
    is($r->header('Cache-Control'), 'no-store', 'not kept');
    is($r->header('Set-Cookie'), undef, 'no grant is taken');

    $r = $v->get('/verify/status', $ahead);
    isnt($r->json->{status}, 'SUCCESSFUL', 'nor by a status');
    is($r->header('Set-Cookie'), undef, 'no cookie');
}

is($v->get('/a', 'Sec-Fetch-Mode: navigate')->body, "GET /a $number\n",
   'case 69: who comes in earnest has it');
is($v->get('/b', $ahead[0])->body, "GET /b $number\n",
   'case 69: who is in may fetch ahead');

# a double click, a reload of the form, the back button

$number = '+' . ++$n;
$v = $nginx->visitor;
my $starts = $sim->starts;
my $form = 'number=%2B' . substr $number, 1;

my @c = map { $v->begin(POST => '/verify/start', [ $HTML ], $form) } 1 .. 5;
my @to = map { $v->end($_)->header('Location') } @c;
is($sim->starts, $starts + 1, 'case 69: five clicks at once, one message');
is(scalar(grep { $_ eq '/verify/' } @to), 5, 'case 69: all lead to the page');

is($v->post('/verify/start', $form, $HTML)->header('Location'),
   '/verify/?error=too_many_requests', 'case 69: the form again');
is($v->post('/verify/start', { number => $number })->status, 429,
   'case 69: and by a program');
is($v->get('/verify/start', $HTML)->status, 405, 'case 69: a reload by GET');
is($sim->starts, $starts + 1, 'case 69: still one message');
is($v->post('/verify/report', { code => $sim->code($number) })->status, 200,
   'case 69: and its code is good');


# case 20: somebody else's number in a visitor's browser, by a foreign page

$number = '+' . ++$n;
my $evil = $nginx->visitor;
$evil->post('/verify/start', { number => $number });

my $victim = $nginx->visitor;
for my $from ([ 'Sec-Fetch-Site: cross-site' ], [ 'Sec-Fetch-Site: same-site' ],
              [ 'Origin: https://evil.example' ], [ 'Origin: null' ])
{
    my $r = $victim->post('/verify/report',
                          'code=' . $sim->code($number), @$from,
                          'Sec-Fetch-Mode: navigate', $HTML);
    is($r->header('Location'), '/verify/?error=cross_site',
       "case 20: @$from: no login by a form");
    is($r->header('Set-Cookie'), undef, 'case 20: no cookie');

    $r = $victim->post('/verify/start', { number => $number }, @$from,
                       'X-Phone-Verify: '
                       . $evil->cookies->{'__Host-phone_verify_pending'});
    is(said($r), '403 cross_site', "case 20: @$from: no start");
}

is($victim->get('/')->status, 401, 'case 20: the victim is nobody');


# case 39: early data that a proxy before us had, by RFC 8470

my @early = ('Early-Data: 1');
$number = '+' . ++$n;
$v = $nginx->visitor;
$starts = $sim->starts;

is(said($v->post('/verify/start', { number => $number }, @early)),
   '425 too_early', 'case 39: no start');
is(said($v->post('/verify/start', 'number=%2B' . substr($number, 1), @early,
                 $HTML)),
   '425 too_early', 'case 39: nor by a form, which a browser sends again');
is($sim->starts, $starts, 'case 39: nothing was sent');
is($v->post('/verify/start', { number => $number }, 'Early-Data: 0')->status,
   200, 'case 39: and without');
is(said($v->post('/verify/report', { code => $sim->code($number) }, @early)),
   '425 too_early', 'case 39: no report');
is(said($v->post('/verify/logout', {}, @early)),
   '425 too_early', 'case 39: no logout');
is($v->post('/verify/report', { code => $sim->code($number) })->status, 200,
   'case 39: the session is as it was');


# and in nginx itself

my $dir = $nginx->dir;

system("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost "
       . "-days 2 -keyout $dir/tls.key -out $dir/tls.pem 2>$dir/openssl.txt")
    == 0 or die slurp("$dir/openssl.txt");

my $tls = PhoneVerify::Env::port();

$nginx->conf(http => <<EOF)->reload;
server {
    listen 127.0.0.1:$tls ssl;
    ssl_certificate tls.pem;
    ssl_certificate_key tls.key;
    ssl_protocols TLSv1.3;
    ssl_early_data on;
    location = /verify/start { phone_verify_start signup; }
}
EOF

sub client {
    my ($port, $post, @arg) = @_;

    my $pid = open3(my $in, my $out, undef, 'openssl', 's_client', '-connect',
                    "127.0.0.1:$port", '-tls1_3', '-ign_eof', @arg);
    print $in $post;
    $in->flush;
    my $text = join '', <$out>;
    waitpid $pid, 0;

    return $text;
}

# Once the handshake is over, nothing is early any more: this passes on what a
# client sends up to its first record of data, and keeps the rest back.

sub halved {
    my $listen = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')
        or die "no socket: $!\n";

    my $pid = fork;
    return ($listen->sockport, $pid) if $pid;

    my $client = $listen->accept;
    my $server = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$tls")
        or _exit(1);
    my ($bytes, $at) = ('', 0);

    while (sysread $client, $bytes, 65536, length $bytes) {
        while (length $bytes >= $at + 5) {
            my ($type, undef, $len) = unpack 'Cnn', substr $bytes, $at;
            last if length $bytes < $at + 5 + $len;
            $at += 5 + $len;

            if ($type == 23) {
                syswrite $server, substr $bytes, 0, $at;
                syswrite $client, $bytes while sysread $server, $bytes, 65536;
                _exit(0);
            }
        }
    }

    _exit(1);
}

sub post {
    my ($to) = @_;
    my $body = "{\"number\":\"$to\"}";

    return "POST /verify/start HTTP/1.1\r\nHost: localhost\r\n"
           . "Connection: close\r\nContent-Type: application/json\r\n"
           . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}

$starts = $sim->starts;
$number = '+' . ++$n;

like(client($tls, post($number), '-sess_out', "$dir/session"), qr{^HTTP/1\.1 200}m,
     'case 39: a start after the handshake');
is($sim->starts, $starts + 1, 'case 39: was sent');

SKIP: {
    skip 'no session to resume', 3 unless -s "$dir/session";

    $number = '+' . ++$n;
    spew("$dir/early", post($number));

    my ($port, $pid) = halved();
    my $said = client($port, '', '-sess_in', "$dir/session", '-early_data',
                      "$dir/early");
    waitpid $pid, 0;

    like($said, qr/Early data was accepted/, 'case 39: early data');
    like($said, qr{^HTTP/1\.1 425.*"code":"too_early"}ms,
         'case 39: is answered 425');
    is($sim->starts, $starts + 1, 'case 39: nothing was sent');
}


$nginx->finish;

done_testing();
