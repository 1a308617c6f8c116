package PhoneVerify::Test;

# For specs in Test::Nginx's form. The file says
#
#     use FindBin;
#     use lib "$FindBin::Bin/lib";
#     use PhoneVerify::Test;
#
#     expect_log(qr/.../);                # only where it provokes an alert
#
#     run_specs();
#
#     __DATA__
#
#     === TEST 1: closed
#     --- config
#     location / { phone_verify signup; return 204; }
#     --- request
#     GET /
#     --- error_code: 401
#
# and gets all of Test::Nginx::Socket, the module loaded, a simulator, and in
# http{} the app block "signup" at that simulator. More sections of a block:
#
#     --- app            text for the app block, see PhoneVerify::Conf
#     --- no_app         there is none
#     --- http_config    comes after it
#
# Each block has an nginx of its own; run_specs() also makes sure that none of
# them has said anything alarming, and ends the plan.
#
# In texts that are expanded: $TEST_NGINX_PORT_A to _D, free ports;
# $TEST_NGINX_DIR, a directory of this file's own; $TEST_NGINX_API,
# $TEST_NGINX_CA, the simulator's. In perl: $PhoneVerify::Test::simulator.
#
# Nginx runs without a master process; master_on() changes that.

use strict;
use warnings;

use Test::More ();

use PhoneVerify::Conf;
use PhoneVerify::Env qw(binary module port new_dir slurp version);
use PhoneVerify::Log;
use PhoneVerify::Simulator;

our ($simulator, $dir);

my ($log, $done);
my $owner = $$;


# Test::Nginx ends the last nginx in its END block; ours stands before, so it
# comes after that one.

END {
    if ($$ == $owner && $done) {
        my $rc = $?;

        my $said = join '', map { slurp($_) } $log, glob "$dir/sanitizer*";

        # what has gone to stderr is in the log of each block only, where
        # [emerg] is what "must_die" wants

        $said .= slurp("$dir/blocks.log") =~ s/^.*\[emerg\].*\n//mgr;

        my @bad = unexpected($said,
            numbers => [ $simulator->numbers ],
            secrets => [ $PhoneVerify::Simulator::SECRET, $simulator->codes ]);

        Test::More::is(join("\n", @bad), '', 'nothing alarming in the log');

        $? = $rc;
    }
}


# Test::Nginx reads its environment while it is loaded.

BEGIN {
    $dir = new_dir();
    $log = "$dir/all.log";
    $simulator = PhoneVerify::Simulator->start;

    my $port = port();

    $ENV{TEST_NGINX_BINARY} = binary();
    $ENV{TEST_NGINX_LOAD_MODULES} = module();
    $ENV{TEST_NGINX_SERVROOT} = "$dir/servroot";
    $ENV{TEST_NGINX_PORT} = "127.0.0.1:$port";
    $ENV{TEST_NGINX_CLIENT_PORT} = $port;
    $ENV{TEST_NGINX_STREAM_PORT} = port();
    $ENV{TEST_NGINX_TIMEOUT} ||= $PhoneVerify::Env::PATIENCE;
    $ENV{TEST_NGINX_SANITIZER_LOG} = "$dir/sanitizer";

    $ENV{TEST_NGINX_ERROR_LOG} = "$dir/blocks.log";

    delete $ENV{TEST_NGINX_SERVER_PORT};

    # it has curl, which Debian's has no HTTP/3 in, and it says "http2 on;"
    delete $ENV{TEST_NGINX_USE_HTTP3};
    delete $ENV{TEST_NGINX_USE_HTTP2} if version() < 1025001;

    require Test::Nginx::Socket;

    # where nginx does not start, this file has failed, and not all others
    no warnings 'redefine';
    *Test::More::BAIL_OUT = sub { Test::More::fail("@_"); exit 255 };

    $ENV{TEST_NGINX_SERVER_PORT} = $port;
    $ENV{TEST_NGINX_DIR} = $dir;
    $ENV{TEST_NGINX_API} = $simulator->https;
    $ENV{TEST_NGINX_CA} = $simulator->ca;
    $ENV{"TEST_NGINX_PORT_$_"} = port() for qw(A B C D);
}


sub import {
    my $class = caller;

    {
        no strict 'refs';
        *{"${class}::run_specs"} = \&run_specs;
        *{"${class}::expect_log"} = \&expect_log;
    }

    @_ = ('Test::Nginx::Socket');
    goto &{Test::Nginx::Socket->can('import')};
}


Test::Nginx::Socket::add_block_preprocessor(sub {
    my ($block) = @_;

    my $main = $block->main_config;
    $main = '' unless defined $main;
    $block->set_value('main_config', "$main\nerror_log $log info;\n");

    return if defined $block->no_app;

    my $http = $block->http_config;
    $http = '' unless defined $http;
    $block->set_value('http_config',
        PhoneVerify::Conf::app($dir, $simulator, text => scalar $block->app)
        . $http);
});


sub run_specs {
    Test::Nginx::Socket::plan('no_plan');
    Test::Nginx::Socket::run_tests();

    $done = 1;
}


1;
