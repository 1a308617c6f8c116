#!/usr/bin/perl

# The module loads into the nginx that it was built for, in front of the
# modules that have to run first, and stays loaded.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(module slurp);
use PhoneVerify::Nginx;

my $nginx = PhoneVerify::Nginx->new(
    server => 'location / { return 200 "here\n"; }');

my ($passed, $said) = $nginx->check;
ok($passed, 'nginx -t') or diag($said);

# what a wrong place among the modules would do is in the gate's tests; here,
# that the build has named them

like(slurp(module()), qr/ngx_http_auth_request_module/, 'has an order');

like(scalar `readelf -d '${\ module()}'`, qr/NODELETE/, 'stays loaded');

my @foreign = grep { !/^(?:__odr_asan\.)?ngx_(?:http_phone_verify_|module)/ }
              map { /^\S* [A-TV-Z] (\S+)$/ ? $1 : () }
              `nm -D --defined-only '${\ module()}'`;
is("@foreign", '', 'every symbol has our name');

$nginx->start;
is($nginx->visitor->get('/')->body, "here\n", 'nginx serves');

$nginx->reload;
is($nginx->visitor->get('/')->body, "here\n", 'also after a reload');

$nginx->finish;

done_testing();
