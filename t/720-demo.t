#!/usr/bin/perl

# make demo, as its users run it: addresses, a verification told in plain text,
# an end that leaves nothing; and words where something is in the way.

use strict;
use warnings;

use IO::Socket::INET;
use JSON::PP ();
use POSIX qw(WNOHANG);
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(binary module new_dir port slurp spew top wait_until);
use PhoneVerify::HTTP;
use PhoneVerify::Visitor;

my $dir = new_dir();
my (%running, $runs);


# The demo, with nginx and module that are there; its output goes to a file.

sub demo {
    my (%env) = @_;

    my $out = "$dir/out-" . ++$runs;
    my $tmp = new_dir();
    my $pid = fork;

    die "fork: $!" unless defined $pid;

    if ($pid == 0) {
        %ENV = (%ENV, DEMO_NGINX => binary(), DEMO_MODULE => module(),
                TMPDIR => $tmp, %env);
        open STDIN, '<', '/dev/null' or die $!;
        open STDOUT, '>', $out or die $!;
        open STDERR, '>&', \*STDOUT or die $!;
        exec top() . '/util/demo';
    }

    $running{$pid} = 1;

    return { pid => $pid, out => $out, tmp => $tmp };
}


sub ended {
    my ($demo) = @_;

    wait_until('the demo has ended',
               sub { waitpid($demo->{pid}, WNOHANG) != 0 });
    delete $running{$demo->{pid}};

    return $? & 127 ? 'signal ' . ($? & 127) : $? >> 8;
}


sub told {
    my ($demo, $what) = @_;

    return wait_until("told: $what", sub { slurp($demo->{out}) =~ $what });
}


sub listening {
    return IO::Socket::INET->new(PeerAddr => "127.0.0.1:$_[0]") ? 1 : 0;
}


END { kill 'TERM', keys %running if %running }


# the whole way, told line by line; twice, for the two ways to end it

for my $signal (qw(TERM INT)) {
    my @ports = map { port() } 1 .. 3;
    my $demo = demo(DEMO_PORTS => "@ports");

    told($demo, qr/Ctrl-C ends the demo/);

    my $out = slurp($demo->{out});
    like($out, qr{site: +http://127\.0\.0\.1:$ports[0]/\n}, 'the site');
    like($out, qr{phone: +http://127\.0\.0\.1:$ports[1]/phone\n}, 'the phone');

    my $v = PhoneVerify::Visitor->new(port => $ports[0]);
    my $phone = PhoneVerify::Visitor->new(port => $ports[1]);

    is($v->get('/', 'Accept: text/html')->status, 303, 'the gate is closed');
    told($demo, qr{a visitor +GET /: closed, sent to the page});
    is($v->get('/verify/')->status, 200, 'the page');
    is($phone->get('/phone')->status, 200, 'a phone');

    $v->post('/verify/start', { number => '+46700000072' });
    told($demo, qr{\+46700000072 +text message with the code \d{4}\n});

    told($demo, qr{\+46700000072 +the text message has arrived\n});
    is($v->get('/verify/status')->json->{delivered}, JSON::PP::true,
       'the page hears of it');

    my ($code) = slurp($demo->{out}) =~ /with the code (\d+)/;

    my $wrong = $code eq '1111' ? '2222' : '1111';

    is($v->post('/verify/report', { code => $wrong })->status, 422,
       'a wrong code');
    told($demo, qr{\+46700000072 +wrong code, the 1st\n});

    is($v->post('/verify/report', { code => $code })->status, 200, 'the code');
    told($demo, qr{\+46700000072 +right code, verified after \d+ s\n});

    like($v->get('/')->body, qr/\+46700000072/, 'inside');
    told($demo, qr{\+46\*+072 +GET /: open, the application is told});

    is($v->post('/verify/logout', '')->status, 204, 'out');
    told($demo, qr{a visitor +logged out\n});

    kill $signal, $demo->{pid};
    is(ended($demo), 0, "$signal ends it well");
    like(slurp($demo->{out}), qr/The demo has ended, nothing is left of it/,
         'it says so');
    is(join(' ', map { listening($_) } @ports), '0 0 0', 'nobody listens');
    is_deeply([ glob "$demo->{tmp}/*" ], [], 'its directory is gone');
    unlike(slurp($demo->{out}), qr/line \d+|error|warn/i, 'no complaints');
}


# ports

{
    my @ports = map { port() } 1 .. 3;
    my $other = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$ports[1]",
                                      Listen => 1, ReuseAddr => 1) or die $!;
    my $demo = demo(DEMO_PORTS => "@ports");

    is(ended($demo), 1, 'a port is taken');
    like(slurp($demo->{out}), qr/port $ports[1] of 127\.0\.0\.1 is taken/,
         'it says which');

    $demo = demo(DEMO_PORTS => '80 x');
    is(ended($demo), 1, 'no ports');
    like(slurp($demo->{out}), qr/DEMO_PORTS are three numbers/, 'it says so');
}

{
    # whoever has 8080, it may be this

    my $other = IO::Socket::INET->new(LocalAddr => '127.0.0.1:8080',
                                      Listen => 5, ReuseAddr => 1);
    my $demo = demo(DEMO_PORTS => '');

    told($demo, qr/Ctrl-C ends the demo/);

    my $out = slurp($demo->{out});
    my ($site) = $out =~ m{site: +http://127\.0\.0\.1:(\d+)/};

    like($out, qr/Port 8080 of 127\.0\.0\.1 is taken, the demo uses $site\./,
         'another port, and it says so');
    is(PhoneVerify::Visitor->new(port => $site)
       ->get('/', 'Accept: text/html')->status, 303, 'the site is there');

    kill 'TERM', $demo->{pid};
    is(ended($demo), 0, 'and ends');
}


# an nginx that is too old, and one that the module is not for

my $bin = new_dir();

sub program {
    my ($name, $text) = @_;

    spew("$bin/$name", "#!/bin/sh\n$text\n");
    chmod 0755, "$bin/$name";

    return "$bin/$name";
}

my @ports = map { port() } 1 .. 3;
my $demo = demo(DEMO_PORTS => "@ports", DEMO_NGINX =>
                program('nginx', 'echo nginx version: nginx/1.18.0 >&2'));

is(ended($demo), 1, 'an old nginx');
like(slurp($demo->{out}), qr/nginx 1\.18\.0 is too old, 1\.22 or later/,
     'it says so');

$demo = demo(DEMO_PORTS => "@ports", DEMO_NGINX => program('nginx2', <<'END'));
if [ "$1" = -v ]; then echo nginx version: nginx/1.26.3 >&2; exit 0; fi
echo "nginx: [emerg] module is not binary compatible" >&2; exit 1
END

is(ended($demo), 1, 'another nginx');
like(slurp($demo->{out}), qr/not binary compatible.*nginx-dev.*NGINX_SRC=/s,
     'it says what may be wrong');


# not root, and something is missing: a machine without sudo is made of links

for my $path (map { glob "$_/*" } qw(/usr/sbin /usr/bin /sbin /bin)) {
    my ($name) = $path =~ m{([^/]+)$};

    symlink $path, "$bin/$name"
        unless $name =~ /^(?:sudo|id|dpkg-query|nginx)$/ || -e "$bin/$name";
}

program('id', 'echo 1000');
program('dpkg-query', 'echo not-installed');
program('nginx', 'echo nginx version: nginx/1.22.1 >&2');

$demo = demo(DEMO_PORTS => "@ports", DEMO_NGINX => '', DEMO_MODULE => '',
             BUILD => "$dir/build", PATH => $bin);

is(ended($demo), 1, 'not root');
like(slurp($demo->{out}), qr/only root may install.*"apt-get install .*nginx/s,
     'it says what root may do');

done_testing;
