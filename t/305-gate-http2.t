# The gate over HTTP/2: cookies in crumbs, several streams at once, HEAD.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim)->start;

my $number = '+46700000090';
my $token = $nginx->verified($number)->cookies->{'__Host-phone_verify'};

$nginx->conf(listen => 'http2')->reload;
$nginx->wait_old;


# frames by hand: headers are literals, without compression

sub frame {
    my ($type, $flags, $stream, $payload) = @_;

    return substr(pack('N', length $payload), 1)
           . pack('CCN', $type, $flags, $stream) . $payload;
}


sub request {
    my ($stream, $method, $path, @more) = @_;

    my @pairs = (':method' => $method, ':scheme' => 'http',
                 ':path' => $path, ':authority' => 'localhost', @more);
    my $block = '';

    while (my ($name, $value) = splice @pairs, 0, 2) {

        # a length of 127 and more has a prefix of seven bits, and the rest

        my $length = length $value;
        $block .= pack('C C/a', 0, $name)
                  . ($length < 127 ? chr $length
                     : chr(127) . ($length - 127 < 128
                                   ? chr($length - 127)
                                   : chr(128 | ($length - 127) % 128)
                                     . chr(($length - 127) >> 7)))
                  . $value;
    }

    return frame(1, 5, $stream, $block);
}


# the bodies of streams, by number, when all of them have ended

sub answers {
    my ($c, @streams) = @_;

    my ($buf, %body, %ended) = ('');

    while (grep { !$ended{$_} } @streams) {
        $c->readable($PhoneVerify::Env::PATIENCE) or die "no answer\n";
        sysread $c->socket, $buf, 65536, length $buf or die "closed\n";

        while (length $buf >= 9) {
            my $length = unpack 'N', "\0" . substr $buf, 0, 3;
            last if length $buf < 9 + $length;

            my ($type, $flags, $stream) = unpack 'x3 C C N', $buf;
            my $payload = substr $buf, 9, $length;
            substr $buf, 0, 9 + $length, '';

            $body{$stream} = '' unless defined $body{$stream};
            $body{$stream} .= $payload if $type == 0;
            $ended{$stream} = 1 if $type < 2 && $flags & 1 || $type == 3;
        }
    }

    return map { $body{$_} } @streams;
}


my $c = $nginx->connection;

$c->write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . frame(4, 0, 0, '')
          . request(1, 'GET', '/a')
          . request(3, 'GET', '/b', cookie => "__Host-phone_verify=$token")
          . request(5, 'GET', '/c', cookie => 'a=b',
                    cookie => "__Host-phone_verify=$token", cookie => 'c=d')
          . request(7, 'GET', '/d', cookie => "__Host-phone_verify=x$token")
          . request(9, 'HEAD', '/e')
          . request(11, 'OPTIONS', '/f'));

my @body = answers($c, 1, 3, 5, 7, 9, 11);

like($body[0], qr/phone_verification_required/, 'closed');
is($body[1], "GET /b $number\n", 'open with the cookie');
is($body[2], "GET /c $number\n", 'in crumbs');
like($body[3], qr/phone_verification_required/, 'not with another one');
is($body[4], '', 'HEAD has no body');
like($body[5], qr/phone_verification_required/, 'OPTIONS is gated');

$nginx->finish;
done_testing;
