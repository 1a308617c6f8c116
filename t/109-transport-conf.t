#!/usr/bin/perl

# What can be known to be wrong when nginx starts is said then, with the file,
# the line and the reason.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/transport";
use TransportTest;

my @p = map { free_port() } 0 .. 1;

my $t = TransportTest->new();
my $dir = $t->dir();

$t->certificates('localhost');
$t->write_file('empty.pem', '');
$t->write_file('text.pem', "this is no certificate\n");

my $half = slurp("$dir/ca.pem");
$t->write_file('half.pem', substr $half, 0, 200);
$t->write_file('broken.pem', $half . substr $half, 0, 200);
$t->write_file('two.pem', $half . slurp("$dir/self.pem"));

my $long = 'a.' x 130 . 'test';

# what is given, what is said

my @bad = (
    [ 'http://127.0.0.1:1', qr/is not https, .* "insecure"/ ],
    [ '127.0.0.1:1', qr/must start with "https:/ ],
    [ 'ftp://127.0.0.1', qr/must start with "https:/ ],
    [ 'https://', qr/invalid URL|must start/ ],
    [ 'https:///x', qr/no host/ ],
    [ 'https://:443', qr/no host/ ],
    [ 'https://127.0.0.1:0', qr/invalid port/ ],
    [ 'https://127.0.0.1:65536', qr/invalid port/ ],
    [ 'https://127.0.0.1:x', qr/invalid port/ ],
    [ 'https://unix:/tmp/socket', qr/unix socket is not supported/ ],
    [ 'https://[::1', qr/invalid host/ ],
    [ 'https://[::g]', qr/invalid IPv6/ ],
    [ 'https://user@localhost', qr/invalid host/ ],
    [ 'https://user:1@localhost', qr/invalid (?:host|port)/ ],
    [ 'https://local..host', qr/invalid host/ ],
    [ 'https://localhost.', qr/invalid host/ ],
    [ 'https://.localhost', qr/invalid host/ ],
    [ 'https://local,host', qr/invalid host/ ],
    [ 'https://127.1', qr/invalid host/ ],
    [ 'https://2130706433', qr/invalid host/ ],
    [ 'https://0x7f000001', qr/invalid host/ ],
    [ "https://$long", qr/invalid host/ ],
    [ 'https://localhost/a?b', qr/invalid path/ ],
    [ 'https://localhost?b', qr/invalid path/ ],
    [ 'https://localhost/a#b', qr/invalid path/ ],
    [ '"https://localhost/a b"', qr/invalid path/ ],
    [ 'https://nowhere.invalid', qr/host not found in "https:/ ],
    [ "https://localhost certificate=$dir/none.pem",
      qr/cannot read trusted certificate file .*No such file/ ],
    [ "https://localhost certificate=$dir/empty.pem", qr/no valid PEM/ ],
    [ "https://localhost certificate=$dir/text.pem", qr/no valid PEM/ ],
    [ "https://localhost certificate=$dir/half.pem", qr/no valid PEM/ ],
    [ "https://localhost certificate=$dir/broken.pem", qr/no valid PEM/ ],
);

for my $case (@bad) {
    my ($args, $re) = @$case;

    $t->conf(server => "location = /x {\ntransport_test $args;\n}");
    my ($passed, $said) = $t->check();

    ok(!$passed, "refused: $args");
    like($said, qr/\[emerg\] .*$re.* in .*nginx\.conf:\d+/, 'and why');
}

# what is given, what is said nevertheless

my @good = (
    [ 'https://127.0.0.1' ],
    [ 'HTTPS://127.0.0.1:443/' ],
    [ 'https://[::1]:443/a/b/' ],
    [ 'http://127.0.0.1 insecure' ],
    [ 'https://localhost' ],
    [ "https://localhost resolver=127.0.0.1:$p[1]" ],
    [ "https://localhost certificate=$dir/two.pem" ],
    [ 'https://localhost certificate=two.pem' ],
    [ "https://nowhere.invalid resolver=127.0.0.1:$p[1]",
      qr/\[warn\] .*host not found in .*, left to the resolver/ ],
);

for my $case (@good) {
    my ($args, $re) = @$case;

    $t->conf(server => "location = /x {\ntransport_test $args;\n}");
    my ($passed, $said) = $t->check();

    ok($passed, "accepted: $args");

    if ($re) {
        like($said, $re, 'and what is said of it');

    } else {
        unlike($said, qr/\[(?:warn|error)\]/, 'and nothing is said of it');
    }
}

# what OpenSSL has no memory for is said, too: these two fail

my %fails = (
    X509_STORE_new       => 'void *X509_STORE_new(void) { return 0; }',
    X509_STORE_set_flags => 'int X509_STORE_set_flags(void *s,'
                            . ' unsigned long f)'
                            . ' { (void) s; (void) f; return 0; }',
);

SKIP: {
    skip 'a sanitizer wants to be loaded first', 2 * keys %fails
        if $ENV{TEST_NGINX_ASAN_BINARY} || $ENV{TEST_NGINX_VALGRIND_BINARY};

    $t->conf(server => "location = /x {\n"
             . "transport_test https://localhost certificate=$dir/two.pem;\n}");

    for my $name (sort keys %fails) {
        my $source = $t->write_file("$name.c", "$fails{$name}\n");
        my $library = "$dir/$name.so";

        system($ENV{CC} || 'cc', '-shared', '-fPIC', '-o', $library, $source)
            == 0 or die "$name: no library";

        local $ENV{LD_PRELOAD} = $library;
        my ($passed, $said) = $t->check();

        ok(!$passed, "$name() fails");
        like($said, qr/\[emerg\] .*\Q$name\E\(\) failed in .*nginx\.conf:\d+/,
             'and nginx -t says so');
    }
}

done_testing();
