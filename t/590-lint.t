#!/usr/bin/perl

# nginx -t warns of what is allowed and probably not meant, with the line where
# the gate stands, and of nothing else.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(port slurp spew);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $callback = 'location = /sinch/callback { phone_verify_callback signup; }';

# The warnings of a configuration, without what nginx puts around them; in it,
# HERE stands for the line of the gate that has "# here" behind it.

sub warnings {
    my (%arg) = @_;

    my $nginx = PhoneVerify::Nginx->new(simulator => $sim, gate => '',
                                        server => '', app => '', %arg);
    my ($passed, $said) = $nginx->check;
    ok($passed, 'it loads') or diag($said);

    my $file = $nginx->dir . '/nginx.conf';
    my @line = split /\n/, slurp($file);
    my ($here) = grep { $line[$_ - 1] =~ /# here/ } 1 .. @line;

    $said =~ s/\Q$file\E:$here\b/HERE/g if $here;
    $said =~ s/\Q$file\E:\d+\b/ELSEWHERE/g;

    return $said =~ /^nginx: \[warn\] (.*)$/mg;
}

sub warns {
    my ($name, $expected, %arg) = @_;

    my @got = warnings(%arg);
    is(scalar @got, scalar @$expected, "$name: how many")
        or diag(join "\n", @got);
    like($got[$_], $expected->[$_], "$name: warning $_") for 0 .. $#$expected;
}

sub quiet {
    my ($name, %arg) = @_;
    is(join("\n", warnings(%arg)), '', "$name: no warning");
}


# nothing to say

quiet('an ordinary gate', gate => 'phone_verify signup; # here',
      server => 'location / { } location /off/ { phone_verify off; }');


# return

my $asked = qr/the gate in HERE is asked/;
my $before = qr/^phone_verify: a "return" in location "\/a" answers before $asked/;

warns('case 34: a text beside a gate', [ $before ], server => <<'EOF');
location /a {
    phone_verify signup; # here
    return 200 "secret";
}
EOF

warns('case 34: a redirect beside a gate', [ $before ], server => <<'EOF');
location /a {
    phone_verify signup; # here
    return 302 /b;
}
EOF

warns('case 34: under a condition', [ $before ], server => <<'EOF');
location /a {
    phone_verify signup; # here
    if ($arg_a) { return 200 $arg_a; }
}
EOF

warns('a text behind a gate of the server',
      [ qr/$before; with "phone_verify off" beside it this is meant/ ],
      server => <<'EOF');
phone_verify signup; # here
location /a { return 200 "secret"; }
location /b { return 302 /a; }
location /c { return 200; }
location /d { return 403; }
location /e { return 404 "nothing"; }
location /f { phone_verify off; return 200 "open"; }
location /g { phone_verify signup optional; return 200 $phone_verify_status; }
EOF

warns('a text in a server', [
      qr/^phone_verify: a "return" in a server answers before the gate in HERE/
      ], server => <<'EOF');
phone_verify signup; # here
if ($arg_a) { return 200 "secret"; }
EOF

quiet('redirects in a server', server => <<'EOF');
phone_verify signup;
if ($host = example.com) { return 301 http://www.example.com$request_uri; }
if ($request_method = OPTIONS) { return 204; }
rewrite ^/old/(.*) /new/$1 last;
location / { }
EOF

quiet('errors and sets', server => <<'EOF');
location /a {
    phone_verify signup;
    set $a 1;
    if ($a = 2) { return 403; }
    if ($a ~ x) { set $a 3; }
    return 404 "nothing";
}
EOF


# rewrite

my $away = qr/^phone_verify: a "rewrite" in location "\/a" leads away before $asked/;

for my $flag ('last', '', 'redirect', 'permanent') {
    warns("rewrite $flag", [ $away ], server => <<"EOF");
location /a {
    phone_verify signup; # here
    rewrite ^ /b $flag;
}
EOF
}

warns('rewrite to another host', [ $away ], server => <<'EOF');
location /a {
    phone_verify signup; # here
    rewrite ^ https://example.com/;
}
EOF

quiet('rewrite break', server => <<'EOF');
location /a {
    phone_verify signup;
    rewrite ^ /b break;
}
EOF

quiet('rewrite behind a gate of the server', server => <<'EOF');
phone_verify signup;
location /a { rewrite ^ /b last; }
location /b { rewrite ^ /c redirect; }
EOF


# satisfy

warns('satisfy any', [ qr/under "satisfy any" the gate in HERE is open to/ ], server => <<'EOF');
satisfy any;
phone_verify signup; # here
location /a { allow 127.0.0.1; }
location /b { allow 127.0.0.1; }
EOF

quiet('satisfy any elsewhere', server => <<'EOF');
phone_verify signup;
location /a { satisfy any; phone_verify off; }
location /b { satisfy any; phone_verify signup optional; }
EOF


# the cookie and the listeners

my $insecure = qr/no "listen" of the gate in HERE has "ssl".* cookie of app "signup"/;

my ($one, $two) = (port(), port());
my $dir = PhoneVerify::Nginx->new(simulator => $sim)->dir;
my ($cert, $key) = map { "$sim->{dir}/cert.$_" } qw(pem key);
my $tls = "ssl_certificate $cert; ssl_certificate_key $key;";

warns('plain http', [ $insecure ],
      http => "server { listen $one;\nphone_verify signup; # here\n }");
warns('a gate of all servers', [ qr/a "return" in a server/, $insecure ],
      http => "phone_verify signup; # here\nserver { listen $one; }\n"
              . "server { listen $two; }");
quiet('with TLS as well',
      http => "server { listen $one; listen $two ssl; $tls"
              . ' phone_verify signup; }');
quiet('with TLS alone',
      http => "server { listen $two ssl; $tls phone_verify signup; }");
quiet('of this machine alone',
      http => "server { listen 127.0.0.1:$one; phone_verify signup; }");
quiet('a socket',
      http => "server { listen unix:$dir/s; phone_verify signup; }");
quiet('behind a balancer',
      http => "server { listen $one proxy_protocol; phone_verify signup; }");
quiet('a server without a gate',
      http => "server { listen $one; phone_verify off; }");
quiet('a cookie that is for it', app => 'cookie phone_verify insecure;',
      http => "server { listen $one; phone_verify signup; }");


# what is for operators, and who keeps others out

my $ca = "$tls ssl_client_certificate $cert;";

for my $what ('phone_verify_admin signup', 'phone_verify_query signup',
              'phone_verify_metrics')
{
    my ($name) = split ' ', $what;
    my $open = qr/^phone_verify: neither .* guards the $name of location "\/x"/;
    my $x = "location = /x { $what; ";

    warns("$name, open", [ $open ], http => "server { listen $one; $x} }");
    warns("$name, open with TLS", [ $open ],
          http => "server { listen $two ssl; $tls $x} }");
    quiet("$name of this machine alone",
          http => "server { listen 127.0.0.1:$one; $x} }");

    for my $guard ('allow 127.0.0.1; deny all;',
                   'auth_basic a; auth_basic_user_file f;', 'auth_request /y;')
    {
        quiet("$name, $guard", http => "server { listen $one; $x$guard } }");
    }

    for my $none ('allow 127.0.0.1;', 'auth_basic off;', 'auth_request off;',
                  'auth_basic a;')
    {
        warns("$name, $none", [ $open ],
              http => "server { listen $one; $x$none } }");
    }

    warns("$name, a password that is off here", [ $open ],
          http => "server { listen $one; auth_basic a;"
                  . " auth_basic_user_file f; $x auth_basic off; } }");

    quiet("$name, with a client's certificate",
          http => "server { listen $two ssl; listen 127.0.0.1:$one; $ca"
                  . " ssl_verify_client on; $x} }");
    quiet("$name, with one that is asked for everywhere",
          http => "$ca ssl_verify_client on; server { listen $two ssl; $x} }");
    warns("$name, and by plain http without one", [ $open ],
          http => "server { listen $two ssl; listen $one; $ca"
                  . " ssl_verify_client on; $x} }");

    for my $lax ('off', 'optional', 'optional_no_ca') {
        warns("$name, ssl_verify_client $lax", [ $open ],
              http => "server { listen $two ssl; $ca ssl_verify_client $lax;"
                      . " $x} }");
    }

    warns("$name, with one that another server asks for", [ $open ],
          http => "server { listen $two ssl; $tls $x} } server { server_name b;"
                  . " listen $two ssl; $ca ssl_verify_client on; }");
}


# the app

my ($port) = $sim->url =~ /:(\d+)$/;

quiet('a simulator here', app => "api http://127.0.0.1:$port insecure;\n"
                                 . 'trusted_certificate;');
warns('plain text to Sinch',
      [ qr{"signup": numbers and codes go to "http://192\.0\.2\.1" in plain text.*ELSEWHERE$} ],
      app => "api http://192.0.2.1 insecure;\ntrusted_certificate;");

warns('own codes', [ qr/"signup": "own_codes" needs a "phone_verify_callback".* in ELSEWHERE$/ ],
      app => 'own_codes on;');
quiet('own codes and a callback', app => 'own_codes on;',
      server => $callback);

# guesses at codes of our own never come to Sinch, which would count them

for my $app ('attempts off number=off;', 'attempts off number=off all=9r/1h;',
             'attempts 5 number=9r/1d dry_run;', 'attempts 5 dry_run;')
{
    warns("own codes, $app",
          [ qr/"signup": "own_codes" can be guessed where "attempts" refuses/ ],
          app => "own_codes on; $app", server => $callback);
    quiet("codes of Sinch's, $app", app => $app, server => $callback);
}

for my $app ('attempts off;', 'attempts off number=9r/1d;',
             'attempts 5 number=off all=off;')
{
    quiet("own codes, $app", app => "own_codes on; $app", server => $callback);
}

for my $money ('max_price 0.25EUR;', 'budget 5EUR/1d;') {
    my ($name) = $money =~ /^(\w+)/;

    warns($name, [ qr/"signup": "$name" needs a "phone_verify_callback".* in ELSEWHERE$/ ],
          app => $money);
    quiet("$name and a callback", app => $money, server => $callback);
}

warns('seamless, and nobody hears of it',
      [ qr/^phone_verify_app "signup": nobody hears how a "seamless"/ ],
      app => 'methods sms seamless; poll off;');
quiet('seamless by asking', app => 'methods sms seamless;');
quiet('seamless by callback', app => 'methods seamless;',
      server => $callback);
quiet('sms needs neither', app => 'poll off;');

warns('two apps with one cookie', [ qr/have the same cookie/ ],
      http => PhoneVerify::Conf::app($dir, $sim, name => 'other'));
for my $names ([ 'pv', 'pv_pending' ], [ 'pv_pending', 'pv' ]) {
    warns("cookies @$names", [ qr/have the same cookie/ ],
          app => "cookie $names->[0];",
          http => PhoneVerify::Conf::app($dir, $sim, name => 'other',
                                         text => "cookie $names->[1];"));
}

for my $app ('allow_origins dry_run;',
             'allow_origins https://app.example dry_run;')
{
    warns($app, [ qr/"signup": while "allow_origins" is in a dry run, pages of/ ],
          app => $app);
}

quiet('origins', app => 'allow_origins https://app.example;');

warns('a test number', [ qr/"signup" has a "test_number"/ ],
      app => 'test_number +46700000000 1234;');


# files

for my $file (qw(sinch.secret session.keys)) {
    my $nginx = PhoneVerify::Nginx->new(simulator => $sim);
    chmod 0644, $nginx->dir . "/$file";
    my ($passed, $said) = $nginx->check;
    ok($passed, "$file: it loads");
    like($said, qr/\[warn\].*\Q$file\E.*in \S+nginx.conf:\d+$/m,
         "$file that everybody may read");

    chmod 0640, $nginx->dir . "/$file";
    ($passed, $said) = $nginx->check;
    unlike($said, qr/\[warn\]/, "$file that a group may read");
}


# phone_verify_skip

for my $value ('$http_x', '${http_x}', '$arg_x', '$cookie_x', '$args',
               '$is_args', '$request_uri', '$host', '$remote_addr$arg_x',
               '$remote_user', '$request_method', '$server_protocol',
               '$request_body', '$request_filename', '$ssl_server_name')
{
    warns("phone_verify_skip $value",
          [ qr/^any client can write "\Q$value\E", and so skip the gate in/ ],
          server => "phone_verify_skip \$remote_addr $value;");
}

quiet('phone_verify_skip $remote_addr',
      server => 'set $args_of_mine 0; set $hosted 0;'
                . 'phone_verify_skip $remote_addr $https $http2 $args_of_mine'
                . ' $hosted;');


# a reload says it in the error log, too

my $nginx = PhoneVerify::Nginx->new(simulator => $sim)->start;
$nginx->conf(server => 'location /a { return 200 "open"; }')->reload;
like($nginx->log, qr/\[warn\].*a "return" in location "\/a"/,
     'a reload warns in the log');
is($nginx->visitor->get('/a')->body, 'open', 'and it is as it says');
$nginx->finish;

done_testing;
