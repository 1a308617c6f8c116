package PhoneVerify::Nginx;

# An nginx with a master process, driven by the test itself: for flows of
# several requests, and for its life: reload, stop, a worker that is killed.
#
#     use Test::More;
#     use PhoneVerify::Nginx;
#     use PhoneVerify::Simulator;
#
#     my $sim = PhoneVerify::Simulator->start;
#     my $nginx = PhoneVerify::Nginx->new(simulator => $sim)->start;
#     my $v = $nginx->visitor;
#
#     is($v->get('/')->status, 401, 'closed');
#     $v->post('/verify/start', { number => '+46700000001' });
#     $v->post('/verify/report', { code => $sim->code('+46700000001') });
#     is($v->get('/a')->body, "GET /a +46700000001\n", 'open');
#
#     $nginx->finish;            # three tests: nothing is left, it ended well,
#                                # its log is clean
#     done_testing;
#
# Without more the configuration is the README's: an app "signup" at the
# simulator, its endpoints under /verify/, and the rest gated and passed on to
# an upstream that answers METHOD URI NUMBER. new() and conf() take:
#
#     simulator  a PhoneVerify::Simulator; without one there is no app block
#     app        text for the app block, see PhoneVerify::Conf
#     server     text in the server block, instead of "location / {...}"
#     gate       instead of "phone_verify signup; phone_verify_page /verify/;"
#     endpoints  instead of those of the README
#     http, events, main  more text there
#     listen     more parameters of listen, as "ssl http2"
#     workers    TEST_NGINX_WORKERS, 1 by default
#     modules    names of more modules to load
#     whole      the configuration after load_module, instead of all this; the
#                log has to be logs/error.log, the pid file nginx.pid
#
# In each, %%PORT%%, %%UPSTREAM%% (the upstream's port) and %%DIR%% are
# replaced.

use strict;
use warnings;

use POSIX qw(_exit WNOHANG);
use Test::More ();

use PhoneVerify::Conf;
use PhoneVerify::Env qw(binary module new_dir slurp spew version
                        wait_until);
use PhoneVerify::HTTP;
use PhoneVerify::HTTP3;
use PhoneVerify::Log qw(unexpected);
use PhoneVerify::Simulator;
use PhoneVerify::Visitor;

my $owner = $$;
my (%running, %unfinished);


sub new {
    my ($class, %arg) = @_;

    my $self = bless {
        dir      => new_dir(),
        port     => PhoneVerify::Env::port(),
        upstream => PhoneVerify::Env::port(),
        metrics  => PhoneVerify::Env::port(),
        arg      => { workers => $ENV{TEST_NGINX_WORKERS} || 1 },
    }, $class;

    $self->{http2} = PhoneVerify::Env::port() if $ENV{TEST_NGINX_USE_HTTP2};
    $self->{http3} = PhoneVerify::HTTP3->new if $ENV{TEST_NGINX_USE_HTTP3};

    mkdir "$self->{dir}/logs";

    return $self->conf(%arg);
}


sub dir  { return $_[0]{dir} }
sub port { return $_[0]{port} }
sub pid  { return $_[0]{pid} }


# Writes nginx.conf; what is given is kept for the next time.

sub conf {
    my ($self, %arg) = @_;

    $self->{arg} = { %{$self->{arg}}, %arg };

    my %a = %{$self->{arg}};

    my $text = join '', map { 'load_module ' . module($_) . ";\n" }
               'phone_verify', @{$a{modules} || []};

    $text .= defined $a{whole} ? $a{whole} : $self->_conf(%a);

    my %value = (PORT => $self->{port}, UPSTREAM => $self->{upstream},
                 DIR => $self->{dir});
    $text =~ s/%%(PORT|UPSTREAM|DIR)%%/$value{$1}/g;

    spew("$self->{dir}/nginx.conf", $text);

    return $self;
}


sub _conf {
    my ($self, %a) = @_;

    my $dir = $self->{dir};

    my $app = $a{simulator}
              ? PhoneVerify::Conf::app($dir, $a{simulator}, text => $a{app})
              : '';

    my %default = (
        metrics   => 'phone_verify_metrics;',
        gate      => 'phone_verify signup; phone_verify_page /verify/;',
        endpoints => PhoneVerify::Conf::endpoints(),
        server    => <<'EOF',
location / {
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
EOF
    );

    %default = () if $app eq '';
    %a = ((map { $_ => '' } qw(metrics gate endpoints server http events main
                               listen)),
          %default,
          map { $_ => $a{$_} } grep { defined $a{$_} } keys %a);

    my $user = $> == 0 ? 'user root;' : '';

    return <<"EOF";
$user
pid $dir/nginx.pid;
error_log $dir/logs/error.log info;
worker_processes $a{workers};
$a{main}
events {
    worker_connections 512;
    $a{events}
}
http {
    access_log $dir/logs/access.log;
    default_type text/plain;
    client_body_temp_path $dir/client_body;
    proxy_temp_path $dir/proxy;
    fastcgi_temp_path $dir/fastcgi;
    uwsgi_temp_path $dir/uwsgi;
    scgi_temp_path $dir/scgi;
    $a{http}
    $app
    server {
        listen 127.0.0.1:$self->{upstream};
        return 200 "\$request_method \$request_uri \$http_x_verified_phone\\n";
    }
    server {
        listen 127.0.0.1:$self->{metrics};
        access_log off;
        location / { $a{metrics} }
    }
    server {
        listen 127.0.0.1:$self->{port} $a{listen};
        @{[ $self->_http2, $self->{http3} ? $self->{http3}->listen : '' ]}
        $a{gate}
        $a{endpoints}
        $a{server}
    }
}
EOF
}


# The address that speaks HTTP/2, beside the other one.

sub _http2 {
    my ($self) = @_;

    my $port = $self->{http2} or return '';

    return version() >= 1025001
           ? "listen 127.0.0.1:$port; http2 on;"
           : "listen 127.0.0.1:$port http2;";
}


# nginx -t; in list context (whether it passed, what it said).

sub check {
    my ($self) = @_;

    my $cmd = $self->_command . ' -t 2>&1';
    my $said = `$cmd`;

    return wantarray ? ($? == 0, $said) : $? == 0;
}


sub _command {
    my ($self) = @_;

    local $ENV{TEST_NGINX_SANITIZER_LOG} = "$self->{dir}/logs/sanitizer";

    return join ' ', binary(), '-p', $self->{dir}, '-c',
           "$self->{dir}/nginx.conf", '-e', "$self->{dir}/logs/error.log";
}


sub start {
    my ($self) = @_;

    my $out = "$self->{dir}/logs/stdout.log";
    my $pid = fork;
    die "fork: $!" unless defined $pid;

    if ($pid == 0) {
        $ENV{TEST_NGINX_SANITIZER_LOG} = "$self->{dir}/logs/sanitizer";
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $out;
        open STDERR, '>&', \*STDOUT;
        exec((split ' ', $self->_command), '-g', 'daemon off;')
            or _exit(127);
    }

    $self->{pid} = $pid;
    $running{$pid} = $unfinished{$self->{dir}} = 1;

    $self->_wait('nginx starts', sub {
        if (waitpid($pid, WNOHANG) == $pid) {
            delete $running{$pid};
            delete $self->{pid};
            die "nginx did not start\n";
        }
        return -s "$self->{dir}/nginx.pid" && $self->workers;
    });

    return $self;
}


# As a daemon, which the test has to end itself; true if it runs.

sub daemon {
    my ($self) = @_;

    local $ENV{TEST_NGINX_SANITIZER_LOG} = "$self->{dir}/logs/sanitizer";

    system($self->_command . " >>$self->{dir}/logs/stdout.log 2>&1");
    return $? == 0 && $self->_wait('nginx starts', sub {
        return -s "$self->{dir}/nginx.pid" && $self->visitor->get('/');
    });
}


sub signal {
    my ($self, $signal) = @_;
    return kill $signal, $self->{pid};
}


# New workers are there, and the old ones know that they are old. They may
# live on: $nginx->wait_old waits for their end.

sub reload {
    my ($self) = @_;

    my %old = map { $_ => 1 } $self->workers;
    my $before = $self->log;

    $self->signal('HUP');

    $self->_wait('reload', sub {
        my $said = substr $self->log, length $before;
        die "the reload failed\n" if $said =~ /\[emerg\]/;

        my $leaving = () = $said =~ /gracefully shutting down/g;
        return $leaving >= keys %old && grep { !$old{$_} } $self->workers;
    });

    $self->{old} = [ keys %old ];

    return $self;
}


sub wait_old {
    my ($self) = @_;

    for my $pid (@{$self->{old} || []}) {
        $self->_wait("worker $pid ends", sub { !kill 0, $pid });
    }
}


# The process ids of workers that are not about to go. Valgrind hides their
# titles, there it is what the master has said.

sub workers {
    my ($self) = @_;

    my $log = $ENV{TEST_NGINX_VALGRIND_BINARY} ? $self->log : '';

    return grep {
        slurp("/proc/$_/cmdline") =~ /^nginx: worker process\0*$/
        || $log =~ /start worker process $_$/m
           && $log !~ / $_#$_: gracefully shutting down/
    } _children($self->{pid});
}


sub _children {
    my ($pid) = @_;
    return split ' ', slurp("/proc/$pid/task/$pid/children");
}


# kill -9 of one worker; returns when the master has put another in its place.

sub kill_worker {
    my ($self, $pid) = @_;

    my @workers = $self->workers;
    $pid = $workers[0] unless $pid;

    PhoneVerify::Log::expect_log(
        qr/\[alert\].* worker process $pid exited on signal 9/);

    kill 'KILL', $pid;

    $self->_wait('a new worker', sub {
        my @now = $self->workers;
        return @now == @workers && !grep { $_ == $pid } @now;
    });

    return $pid;
}


# kill -9 of the master. Its workers, which go on without one, are returned, and
# are the test's to end.

sub kill_master {
    my ($self) = @_;

    my @workers = $self->workers;
    my $pid = delete $self->{pid};

    kill 'KILL', $pid;
    waitpid $pid, 0;
    delete $running{$pid};
    unlink "$self->{dir}/nginx.pid";

    return @workers;
}


# true if the master ended by itself and with success

sub stop {
    my ($self, $signal) = @_;

    my $pid = $self->{pid} or return 1;

    $self->signal($signal || 'QUIT');
    my $status;
    $self->_wait('nginx ends', sub {
        return 0 unless waitpid($pid, WNOHANG) == $pid;
        $status = $?;
        return 1;
    });

    delete $running{$pid};
    delete $self->{pid};

    return $status == 0;
}


# Waits, and says what nginx said when it was in vain.

sub _wait {
    my ($self, $what, $code) = @_;

    my $rc = eval { wait_until($what, $code) };
    return $rc unless $@;

    my @said = split /\n/, $self->_said;
    splice @said, 0, -40;
    die join "\n", $@, @said, '';
}


sub _said {
    my ($self) = @_;

    my $logs = "$self->{dir}/logs";
    return join '', map { slurp($_) } "$logs/error.log", "$logs/stdout.log",
                glob "$logs/sanitizer*";
}


sub log {
    my ($self) = @_;
    return slurp("$self->{dir}/logs/error.log");
}


sub access_log {
    my ($self) = @_;
    return slurp("$self->{dir}/logs/access.log");
}


sub wait_log {
    my ($self, $re) = @_;
    return $self->_wait("log has $re", sub { $self->log =~ $re });
}


# Someone without cookies, over HTTP/2 or HTTP/3 with TEST_NGINX_USE_HTTP2 or
# TEST_NGINX_USE_HTTP3.

sub visitor {
    my ($self, %arg) = @_;
    my ($port, $http2) = ($self->{port}, $self->{http2});

    if ($arg{tls} || $arg{port} || defined $self->{arg}{whole}) {
        undef $http2;

    } elsif ($self->{http3}) {
        $port = $self->{http3}->port;
    }

    return PhoneVerify::Visitor->new(port => $port, http2 => $http2, %arg);
}


# Someone who has proved a number, the whole way.

sub verified {
    my ($self, $number, %arg) = @_;

    my $visitor = $self->visitor(%arg);

    my $r = $visitor->post('/verify/start', { number => $number });
    die 'start: ' . $r->head . $r->body unless $r->status == 200;

    my $code = $self->{arg}{simulator}->code($number);
    $r = $visitor->post('/verify/report', { code => $code });
    die 'report: ' . $r->head . $r->body unless $r->status == 200;

    return $visitor;
}


# A connection, see PhoneVerify::HTTP.

sub connection {
    my ($self, %arg) = @_;
    return PhoneVerify::HTTP->connect($self->{port}, %arg);
}


# Ends nginx and looks at what is left and what it has said: three tests.
# "again": how many verifications were started twice, which only a test that
# makes Sinch refuse a timestamp has; "others": clients were other processes,
# of which this one does not know what they asked for.

sub finish {
    my ($self, %arg) = @_;

    my $simulator = $self->{arg}{simulator};
    my @numbers = $simulator ? $simulator->numbers : ();
    my @codes = $simulator ? $simulator->codes : ();
    my $again = $simulator ? $simulator->started_again : 0;

    Test::More::is(join("\n", $self->_left,
                        $arg{others} ? () : $self->_unasked,
                        $again == ($arg{again} || 0) ? ()
                        : "verifications that were started twice: $again"),
                   '', 'nothing is left, and nothing was sent unasked');

    Test::More::ok($self->stop, 'nginx ended well');

    my @bad = unexpected($self->_said . $self->access_log,
        numbers => [ @numbers, PhoneVerify::Visitor::numbers() ],
        secrets => [ $PhoneVerify::Simulator::SECRET, @codes ]);

    Test::More::is(join("\n", @bad), '', 'nothing alarming in the log');

    delete $unfinished{$self->{dir}};
}


# Stops it in the middle of what it does, and nobody looks at its log: for
# benchmarks.

sub abandon {
    my ($self) = @_;

    $self->stop('TERM');
    delete $unfinished{$self->{dir}};

    return;
}


# Calls to Sinch that nobody ends, and clients that have gone and are waited
# for still.

sub _left {
    my ($self) = @_;

    return unless $self->{pid} && $self->{arg}{simulator}
                  && !defined $self->{arg}{whole};

    my @left;
    my $visitor = PhoneVerify::Visitor->new(port => $self->{metrics});

    eval {
        wait_until('the end of all calls', sub {
            my $r = $visitor->get('/metrics');
            @left = grep { /^phone_verify_(?:sinch_calls_in_flight|waiters)
                             \S*[ ][^0]/x } split /\n/, $r->body;
            return $r->status == 200 && !@left;
        });
        return 1;
    } or push @left, $@;

    return @left;
}


# Calls to Sinch that cost money or an attempt, and that no visitor has asked
# for: there is at most one of a kind for each request.

sub _unasked {
    my ($self) = @_;

    my $simulator = $self->{arg}{simulator};

    return unless $simulator && !defined $self->{arg}{whole};

    my %sent = $simulator->sent;
    my %asked = PhoneVerify::HTTP::asked();

    return map { $sent{$_} > $asked{$_}
                 ? "calls to $_: $sent{$_}, requests: $asked{$_}" : () }
           sort keys %asked;
}


END {
    if ($$ == $owner) {
        my $rc = $?;

        kill 'KILL', map { $_, _children($_) } keys %running;
        waitpid $_, 0 for keys %running;

        if (%unfinished && $rc == 0) {
            print STDERR "# a test did not look at the log of its nginx\n";
            $rc = 1;
        }

        $? = $rc;
    }
}


1;
