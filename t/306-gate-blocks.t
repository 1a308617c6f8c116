#!/usr/bin/perl

# Gates and endpoints in "if" and "limit_except": a block is still the endpoint
# that it stands in, and what is no endpoint there is behind the gate.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, server => <<'EOF')->start;
proxy_set_header X-Verified-Phone $phone_verify_number;

location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }

location /if/ {
    if ($arg_x) { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}

location = /s/if { phone_verify_status signup; if ($arg_x) { set $y 1; } }

location = /s/proxy {
    phone_verify_status signup;
    if ($arg_x) { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
}

location = /s/except { phone_verify_status signup; limit_except GET { deny all; } }

location = /s/except-allow {
    phone_verify_status signup;
    limit_except GET { allow all; }
}

location = /s/except-proxy {
    phone_verify_status signup;
    limit_except GET { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
}

location = /s/both {
    phone_verify_status signup;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}

location = /s/try {
    phone_verify_status signup;
    try_files /nothing @app;
}
location @app { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
EOF

my $stranger = $nginx->visitor;
my $visitor = $nginx->verified('+46700306001');

sub none {
    my ($uri) = @_;
    is($stranger->get($uri)->json->{status}, 'NONE', "$uri: the endpoint");
}

sub gated {
    my ($method, $uri) = @_;

    is($stranger->send($method => $uri, [], '')->status, 401,
       "$method $uri: closed");
    like($visitor->send($method => $uri, [], '')->body,
         qr/^$method \S+ \+46700306001$/, "$method $uri: open");
}

gated(GET => '/if/');
gated(GET => '/if/?x=1');

none('/s/if');
none('/s/if?x=1');

none('/s/proxy');
gated(GET => '/s/proxy?x=1');

none('/s/except');
is($stranger->post('/s/except', '')->status, 403, 'limit_except: denied');
none('/s/except-allow');
is($stranger->post('/s/except-allow', '')->status, 405,
   'limit_except: the endpoint still');
none('/s/except-proxy');
gated(POST => '/s/except-proxy');

gated(GET => '/s/both');
gated(GET => '/s/try');

$nginx->finish;
done_testing;
