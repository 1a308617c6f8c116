#!/usr/bin/perl

# What the other tests rely on: that their look at the log sees what it should.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Log;

my %secret = (secrets => [ 'BeIukql3pTKJ8RGL5zo0DA==', '7425' ],
              numbers => [ '+46700000001' ]);

sub bad { return scalar(my @bad = unexpected("$_[0]\n", %secret)) }

my $worker = '2026/01/01 00:00:00';

is(bad("$worker [notice] 1#1: start worker process 2"), 0, 'a notice');
is(bad("$worker [error] 1#1: *1 phone verify: wrong code"), 0, 'an error');
is(bad("$worker [alert] 1#1: worker process 2 exited on signal 11"), 1,
   'a crash');
is(bad("$worker [notice] 1#1: worker process 2 exited with code 1"), 1,
   'a worker that gave up');
is(bad("$worker [notice] 1#1: worker process 2 exited with code 0"), 0,
   'a worker that ended');
is(bad("$worker [emerg] 1#1: bind() failed"), 1, 'an emergency');
is(bad("a.c:1:2: runtime error: signed integer overflow"), 1,
   'undefined behaviour');
is(bad("==12==ERROR: AddressSanitizer: heap-use-after-free on"), 1,
   'a use after free');

is(bad("$worker [info] 1#1: BeIukql3pTKJ8RGL5zo0DA=="), 1, 'the secret');
is(bad("$worker [debug] 1#1: BeIukql3pTKJ8RGL5zo0DA=="), 1,
   'the secret at debug level');
is(bad(qq($worker [info] 1#1: $_)), 1, "a code: $_")
    for 'code 7425', '{"code":"7425"}', 'code=7425&x', '/report/7425', '7425';
is(bad("$worker [info] 1#1: id \"13741777-a510-4b68-b087-3d4d7425222b\""), 0,
   'digits of an id are no code');
is(bad("$worker [info] 1#1: id \"13741777-7425-4b68-b087-3d4d222b\""), 0,
   'nor are they between its dashes');
is(bad("$worker [info] 1#1: number +46700000001"), 1, 'a number');
is(bad("$worker [info] 1#1: number 46700000001"), 1, 'a number without +');
is(bad("$worker [info] 1#1: number +46*****001"), 0, 'a masked number');

my $leak = <<'REPORT';

=================================================================
==1669==ERROR: LeakSanitizer: detected memory leaks

Direct leak of 1024 byte(s) in 1 object(s) allocated from:
    #0 0x7f36018b7ffd in __interceptor_posix_memalign a.cpp:145
    #1 0x564c2b1d1c5b in ngx_memalign src/os/unix/ngx_alloc.c:57
    #2 0x564c2b12260e in ngx_create_pool src/core/ngx_palloc.c:23
    #3 0x564c2b11a3a3 in main src/core/nginx.c:254

REPORT

my $summary = "SUMMARY: AddressSanitizer: 1024 byte(s) leaked in 1\n";

is(bad("$leak$summary"), 0, 'the pool of an nginx that did not start');

my $ours = $leak =~ s/main src/ngx_http_phone_verify_start src/r;

cmp_ok(bad("$ours$summary"), '>', 0, 'a pool of ours');
cmp_ok(bad("$leak" . $ours =~ s/.*leaks\n\n//sr . $summary), '>', 0,
       'a pool of ours beside it');

expect_log(qr/exited on signal 9$/);
is(bad("$worker [alert] 1#1: worker process 2 exited on signal 9"), 0,
   'an alert that is named beforehand');
is(bad("$worker [alert] 1#1: worker process 2 exited on signal 11"), 1,
   'and no other');

done_testing();
