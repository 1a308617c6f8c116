use Mojo::Base -strict, -signatures;

use File::Temp qw(tempdir);
use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../lib";
use IO::Socket::SSL ();
use IO::Socket::SSL::Utils qw(CERT_create PEM_cert2file PEM_key2file);
use Mojo::File qw(path);
use Sinch::Simulator::TestProgram;
use Test::More;

my $dir     = tempdir(CLEANUP => 1);
my $PROGRAM = 'Sinch::Simulator::TestProgram';

# A certificate for localhost.
my ($certificate, $key) = CERT_create(
    subject         => {commonName => 'localhost'},
    subjectAltNames => [['DNS', 'localhost'], ['IP', '127.0.0.1']],
    purpose         => 'server',
);
my ($cert_file, $key_file) = ("$dir/cert.pem", "$dir/key.pem");
PEM_cert2file($certificate, $cert_file);
PEM_key2file($key, $key_file);

subtest help => sub {
    my ($code, $out, $err) = $PROGRAM->run('--help');
    is $code, 0, 'exit code';
    like $out, qr/\AUsage: sinch-simulator/, 'help';
    is $err, '', 'no complaint';

    my $source = path("$Bin/../lib/Sinch/Simulator/Program.pm")->slurp;
    my $readme = path("$Bin/../README.md")->slurp;
    my ($options) = $source =~ /GetOptionsFromArray\((.+?)\)\s*or/s;
    for my $option ($options =~ /'([a-z-]{2,})[=']/g) {
        like $out, qr/^ .*--\Q$option\E\b/m, "--$option in the help";
        like $readme, qr/`--\Q$option\E\b/, "--$option in the README";
    }

    ($code, $out) = $PROGRAM->run('--version');
    is $code, 0, 'exit code';
    like $out, qr/\Asinch-simulator \d+\.\d+\.\d+\n\z/, 'version';
};

subtest 'bad options' => sub {
    for my $case (
        [['--nonsense'],                    qr/nonsense/],
        [['extra'],                         qr/extra/],
        [['--http'],                        qr/http/],
        [['--http' => 'localhost'],         qr/ADDR:PORT/],
        [['--http' => '192.0.2.1:0'],       qr/listen|assign/i],
        [['--app' => 'key'],                qr/KEY:SECRET/],
        [['--app' => 'key:???'],            qr/base64/],
        [['--app' => "key:\@$dir/none"],    qr/none/],
        [['--auth' => 'strong'],            qr/auth/],
        [['--skew' => 'x'],                 qr/skew/],
        [['--code-length' => 0],            qr/code_length/],
        [['--code-length' => 11],           qr/code_length/],
        [['--expiry' => 0],                 qr/expiry/],
        [['--prices' => 'euro'],            qr/prices/],
        [['--callback' => 'localhost'],     qr/callback/],
        [['--log' => "$dir/no/log"],        qr{no/log}],
        [['--pid' => "$dir/no/pid"],        qr{no/pid}],
        [['--https' => '127.0.0.1:0', '--cert' => $cert_file], qr/together/],
        [['--https' => '127.0.0.1:0', '--cert' => "$dir/none",
            '--cert-key' => $key_file],     qr/none/],
        [['--https' => '127.0.0.1:0', '--cert' => $key_file,
            '--cert-key' => $key_file],     qr/cannot use/],
    ) {
        my ($arguments, $complaint) = @$case;
        my @where = grep({ /\A--https?\z/ } @$arguments) ? ()
            : ('--http' => '127.0.0.1:0');
        my ($code, $out, $err) = $PROGRAM->run(@where, @$arguments);
        my $name = "@$arguments" =~ s/\Q$dir\E/DIR/gr;
        is $code, 2, "$name: exit code";
        is $out, '', 'not ready';
        like $err, qr/\Asinch-simulator: .*$complaint/, 'complaint';
        is $err =~ tr/\n//, 1, 'one line' or diag $err;
    }
};

subtest 'from start to end' => sub {
    my $program = $PROGRAM->new->start('--http' => '127.0.0.1:0',
        '--https' => '127.0.0.1:0', '--cert' => $cert_file,
        '--cert-key' => $key_file, '--pid' => "$dir/pid");
    my $where = qr{127\.0\.0\.1:[1-9]\d+};
    like $program->ready,
        qr{\Asinch-simulator: listening on http://$where https://$where\z},
        'ready line';
    is path("$dir/pid")->slurp, $program->pid . "\n", 'process id';

    my $ua = Mojo::UserAgent->new(ca => $cert_file);
    is $ua->get($program->https . '/_sim')->res->json('/simulator'), 'sinch',
        'https with its own certificate';

    # the target of a seamless verification is at the https port
    my $port = $program->https =~ s/.*://r;
    is $program->control(GET => '/_sim/settings')->{seamless},
        "https://{host}:$port", 'seamless';

    my $socket = $program->connect;
    print $socket $program->request;
    my ($bytes) = $program->read_all($socket, qr/\]\}\z/);
    like $bytes, qr{\AHTTP/1\.1 200 }, 'start';
    like $program->log, qr/sms \+46700000001 code \d{4}\n/, 'the log says it';
    like $program->log, qr{POST /verification/v1/verifications 200\n},
        'and the request';

    is $program->stop('TERM'), 0, 'ends well on SIGTERM';
    ok !-e "$dir/pid", 'process id removed';
};

subtest SIGINT => sub {
    my $program = $PROGRAM->new->start('--http' => '127.0.0.1:0');
    is $program->stop('INT'), 0, 'ends well on SIGINT';
};

subtest 'the same port twice' => sub {
    my $program = $PROGRAM->new->start('--http' => '127.0.0.1:0');
    my ($code, $out, $err) = $PROGRAM->run('--http',
        $program->http =~ s{http://}{}r);
    is $code, 2, 'exit code';
    like $err, qr/\Asinch-simulator: .*in use/, 'complaint';
};

subtest 'quiet, and a log' => sub {
    my $program = $PROGRAM->new->start('--http' => '127.0.0.1:0', '--quiet');
    print {$program->connect} $program->request;
    $program->control(GET => '/outbox?wait=5');
    is $program->log, '', 'quiet';

    $program = $PROGRAM->new->start('--http' => '127.0.0.1:0',
        '--log' => "$dir/log");
    print {$program->connect} $program->request;
    $program->control(GET => '/_sim/requests?wait=5&status=200');
    is $program->log, '', 'nothing on stderr';
    like path("$dir/log")->slurp, qr/sms \+46700000001 code \d{4}\n/, 'log';
};

subtest 'a secret in a file' => sub {
    open my $handle, '>', "$dir/secret" or die $!;
    print $handle "AAECAwQFBgcICQoLDA0ODw==\n";
    close $handle;
    my $program = $PROGRAM->new->start('--http' => '127.0.0.1:0',
        '--app' => "another:\@$dir/secret");
    $program->key('another');
    my $socket = $program->connect;
    print $socket $program->request;
    like +($program->read_all($socket, qr/\]\}\z/))[0], qr{\AHTTP/1\.1 200 },
        'in use';
};

subtest 'the manual page and README.md have every option' => sub {
    my @options = `$^X $Bin/../sinch-simulator --help` =~ /^  (--[a-z-]+)/mg;
    my $readme = Mojo::File->new("$Bin/../README.md")->slurp;
    my $manual = Mojo::File->new("$Bin/../sinch-simulator.1")->slurp;
    $manual =~ s/\\-/-/g;
    cmp_ok scalar @options, '>', 20, 'options';
    for my $option (@options) {
        like $readme, qr/`\Q$option\E\b/, "README.md: $option";
        like $manual, qr/\Q$option\E(?![-a-z])/, "manual: $option";
    }
};

subtest 'events over https' => sub {
    my $receiver = $PROGRAM->new->start('--https' => '127.0.0.1:0',
        '--cert' => $cert_file, '--cert-key' => $key_file, '--quiet',
        '--http' => '127.0.0.1:0');
    my $answer = sub (@options) {
        my $program = $PROGRAM->new->start('--http' => '127.0.0.1:0',
            '--quiet', '--callback' => $receiver->https . '/x', @options);
        my $socket = $program->connect;
        print $socket $program->request;
        like +($program->read_all($socket, qr/\}\z/))[0],
            qr/"errorCode":42202/, 'not a callback that allows';
        return $program->control(GET => '/_sim/events')->{items}[0]{answer};
    };
    like $answer->()->{error}, qr/certificate verify failed/, 'not trusted';
    is $answer->('--callback-ca' => $cert_file)->{status}, 404,
        'trusted by its CA';
    is $answer->('--callback-insecure')->{status}, 404, 'not checked';
};

subtest 'idle connections' => sub {
    my $program = $PROGRAM->new->start('--http' => '127.0.0.1:0',
        '--idle-timeout' => '0.3');
    my $socket = $program->connect;
    print $socket $program->request;
    my ($bytes, $end) = $program->read_all($socket);
    like $bytes, qr/\]\}\z/, 'answer';
    is $end, 'end', 'closed after a while';

    $program->control(PATCH => '/_sim/settings', {idle_timeout => 60});
    $socket = $program->connect;
    print $socket $program->request;
    is +($program->read_all($socket, undef, 1))[1], 'silence',
        'kept with another setting';
};

subtest 'exit with parent' => sub {
    my $pid = fork // die $!;
    if (!$pid) {
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', '/dev/null';
        system "$^X $Bin/../sinch-simulator --http 127.0.0.1:0 --quiet "
            . "--exit-with-parent --pid $dir/child >/dev/null 2>&1 & "
            . "while [ ! -s $dir/child ]; do sleep 0.05; done";
        POSIX::_exit(0);
    }
    waitpid $pid, 0;
    my $tries = 0;
    select undef, undef, undef, 0.05 while -e "$dir/child" && $tries++ < 200;
    ok !-e "$dir/child", 'it has ended';
};

done_testing;
