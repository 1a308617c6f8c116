# Whatever allocation fails while a client waits.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";

BEGIN {
    plan(skip_all => 'for make test-faults') unless $ENV{TEST_NGINX_FAULTY};
}

use PhoneVerify::Faults;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $faults = PhoneVerify::Faults->new;
my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 1)->start;

my $pending = $nginx->visitor;
$pending->post('/verify/start', { number => '+46700100001' });

$faults->each($nginx, 'a wait', status => 200,
    request => sub { $pending->copy->get('/verify/status?wait=1') });

# a stream of a verification that has ended: of one that runs it goes on

my $over = $nginx->visitor;
$over->post('/verify/start', { number => '+46700100002' });
$over->post('/verify/report', { code => '0000' }) for 1 .. 5;

$faults->each($nginx, 'an event stream', status => 200,
    request => sub {
        $over->copy->get('/verify/status', 'Accept: text/event-stream');
    });

$nginx->finish;

done_testing;
