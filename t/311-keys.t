# Session keys: rotation, several nodes, a master process without a file.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(spew);
use PhoneVerify::Log;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

expect_log(qr/\[emerg\] .*(?:key|nonexistent).* in \S+nginx\.conf:\d+/);

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim)->start;
my $file = $nginx->dir . '/session.keys';

my $old = 'old-key-' . 'o' x 32;
my $new = 'new-key-' . 'n' x 32;

# conf() writes the file anew, so keys are laid behind it

sub keys_are {
    my (@keys) = @_;
    $nginx->conf;
    spew($file, join '', map { "$_\n" } @keys);
    $nginx->reload;
    $nginx->wait_old;
}

keys_are($old);
my $a = $nginx->verified('+46700000030');
is($a->get('/')->status, 200, 'sealed by the old key');

keys_are($old, $new);
is($a->get('/')->status, 200, 'the new key second: nothing changes');
my $b = $nginx->verified('+46700000031');

keys_are('# moved', $new, '', $old);
is($a->get('/')->status, 200, 'the new key first: the old one still opens');
is($b->get('/')->status, 200, 'both of its tokens');
my $c = $nginx->verified('+46700000032');

keys_are($new);
is($a->get('/')->status, 401, 'the old key is gone, and its tokens');
is($b->get('/')->status, 401, 'both of them');
is($c->get('/')->status, 200, 'the new one stays');

# what is pending goes along

my $d = $nginx->visitor;
$d->post('/verify/start', { number => '+46700000033' });
keys_are($old, $new);
is($d->post('/verify/report', { code => $sim->code('+46700000033') })->status,
   200, 'a pending session outlives a rotation');

# another node with the same file, another zone, the same Sinch

my $node = PhoneVerify::Nginx->new(simulator => $sim)->start;
spew($node->dir . '/session.keys', "$old\n$new\n");
$node->reload;
$node->wait_old;

my $e = $nginx->visitor;
$e->post('/verify/start', { number => '+46700000034' });

my $there = $node->visitor(cookies => $e->cookies);
my $r = $there->post('/verify/report', { code => '0000x' });
is($r->code, 'invalid_code', 'another node: a wrong code');
$r = $there->post('/verify/report', { code => $sim->code('+46700000034') });
is($r->status, 200, 'another node: the right one');
is($there->get('/')->status, 200, 'and in');
is($nginx->visitor(cookies => $there->cookies)->get('/')->status, 200,
   'the grant is good at the first one, too');

my $again = $node->visitor(cookies => $e->cookies);
is($again->post('/verify/status')->status, 405, 'a status is asked by GET');
is($nginx->visitor(cookies => $e->cookies)->get('/')->status, 401,
   'a pending token whose code was reported elsewhere opens nothing here');

# files that are no keys

my %bad = (
    '' => qr/no key/i,
    "short\n" => qr/session\.keys.*(?:1|short|32)/s,
    "$old\n$old\n" => qr/(?:twice|duplicate|same)/i,
);

for my $text (sort keys %bad) {
    $nginx->conf;
    spew($file, $text);
    my ($ok, $said) = $nginx->check;
    ok(!$ok, 'no keys: ' . substr($text, 0, 5));
    like($said, $bad{$text}, 'and why');
    unlike($said, qr/old-key|short\n/, 'without a byte of them');
}

$nginx->conf(app => 'session_key_file /nonexistent;');
my ($ok, $said) = $nginx->check;
ok(!$ok, 'an unreadable file');
like($said, qr/nonexistent.*nginx\.conf:\d+/s, 'named, with the line');

# without a file: over a reload, and no longer than the master

$nginx->conf(app => "session_key_file;\nmethods sms;")->reload;
$nginx->wait_old;
my $f = $nginx->verified('+46700000035');
$nginx->reload;
$nginx->wait_old;
is($f->get('/')->status, 200, 'without a file: over a reload');
like($nginx->log, qr/\[notice\].*sessions end with this master/,
     'and it is said');

$nginx->stop;
$nginx->start;
is($f->get('/')->status, 401, 'but not over a restart');

$node->finish;
$nginx->finish;
done_testing;
