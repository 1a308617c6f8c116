#!/usr/bin/perl

# revocation_file: what was revoked stays so after a restart, and what could not
# be written down was not revoked. Abuse case 18.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp spew wait_until);
use PhoneVerify::Log;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

expect_log(qr/"revocation_file" directive is duplicate/,
           qr/is the revocation_file of .* already/,
           qr/is not a regular file/, qr/has no room for/);

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2,
    app => 'revocation_file revoked;', server => <<'EOF');
location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
location = /metrics { phone_verify_metrics; }
EOF
my $file = $nginx->dir . '/revoked';
$nginx->start;

my $n = 46811200000;

sub said { return $_[0]->status . ' ' . $_[0]->code }

sub restart { $nginx->stop; $nginx->start }

sub lines { return grep { length } split /\n/, slurp($file) }

sub append {
    open my $fh, '>>', $file or die "$file: $!";
    print $fh @_;
    close $fh;
}


sub counted {
    my ($n) = $nginx->visitor->get('/metrics')->body
              =~ /^phone_verify_revocations_total\S* (\d+)$/m;
    return $n;
}


ok(-f $file, 'the file is made');

# case 18: a logout outlives a restart

my $v = $nginx->verified('+' . ++$n);
my $other = $nginx->verified('+' . ++$n);
my $copy = $v->copy;

is($v->post('/verify/logout', {})->status, 204, 'a logout');
is(scalar(lines()), 1, 'is a line');
like((lines())[0], qr/^S [0-9a-f]{32} \d+$/, 'without a number');
is(counted(), 1, 'and is counted');

restart();

is(counted(), 0, 'what the file has is not counted again');

is($copy->get('/')->status, 401, 'case 18: closed after a restart') for 1 .. 4;
is($other->get('/')->status, 200, 'open to others');
is(scalar(lines()), 1, 'the line is kept');

my $w = $nginx->verified('+' . ++$n);
$copy = $w->copy;
$nginx->reload;
is($w->post('/verify/logout', {})->status, 204, 'a logout after a reload');
is(scalar(lines()), 2, 'goes to the same file');
restart();
is($copy->get('/')->status, 401, 'case 18: closed after a restart');
is($other->get('/')->status, 200, 'open to others');


# what has ended is dropped when nginx starts, and what is no line

my @live = lines();
my $past = time - 3600;

append("S " . 'ab' x 16 . " $past\n", "N " . 'cd' x 8 . " $past $past\n",
       "S " . 'ef' x 16, "\nnonsense\n", "S 12", "\n" . $live[0] . "\n", "\n",
       "S " . 'ef' x 16 . " 99999999999999999999\n", 'Z');

my @was = (stat $file)[4, 5];
chmod 0640, $file;

$nginx->reload;
is(scalar(grep { /^S (?:ab){16}/ } lines()), 1,
   'a reload leaves the file to the workers');
restart();

is_deeply([ sort(lines()) ], [ sort @live, $live[0] ],
          'a start leaves what still counts');
ok(!-e "$file.new", 'nothing else is left');
is(sprintf('%o', (stat $file)[2] & 07777), '640', 'its mode is what it was');
is("@{[ (stat $file)[4, 5] ]}", "@was", 'and whose it is');
like($nginx->log, qr/\[error\].* lines of "\Q$file\E" make no sense/,
     'what makes no sense is told of');
is($copy->get('/')->status, 401, 'and still closed');
is($other->get('/')->status, 200, 'open to others');

# the workers write to the new file

$v = $nginx->verified('+' . ++$n);
$copy = $v->copy;
is($v->post('/verify/logout', {})->status, 204, 'a logout');
is(scalar(lines()), scalar(@live) + 2, 'is in the new file');


# nor does the new one go to whatever nginx starts, such as a newer nginx

SKIP: {
    my $proc = '/proc/' . $nginx->pid;

    skip 'no /proc here', 1 unless -d "$proc/fdinfo";

    my @flags = map { slurp("$proc/fdinfo/$_") =~ /^flags:\s*(\d+)/m ? oct $1 : 0 }
                grep { (readlink("$proc/fd/$_") // '') eq $file }
                map { m{(\d+)$} } glob "$proc/fd/*";

    ok(@flags && !(grep { !($_ & 02000000) } @flags),
       'it is closed when another program is executed');
}


# a link stays, and what it leads to is made anew

my $volume = $nginx->dir . '/volume';
mkdir $volume or die "$volume: $!";
$nginx->stop;
rename $file, "$volume/kept" or die "$file: $!";
symlink 'kept', "$volume/link" or die "$volume: $!";
symlink 'volume/link', $file or die "$file: $!";
append("S " . 'ab' x 16 . " $past\n");
my $inode = (stat $file)[1];
$nginx->start;

ok(-l $file && -l "$volume/link", 'a link is still one');
is(scalar(lines()), scalar(@live) + 2, 'what has ended is dropped behind it');
isnt((stat "$volume/kept")[1], $inode, 'by a new file');
is(join(' ', map { m{([^/]+)$} } glob "$volume/*"), 'kept link',
   'and nothing else is left there');

$v = $nginx->verified('+' . ++$n);
$copy = $v->copy;
is($v->post('/verify/logout', {})->status, 204, 'a logout');
restart();
is($copy->get('/')->status, 401, 'closed after a restart');


# who may not give the new file away keeps it, if it is open to nobody then who
# could not read the old one

SKIP: {
    my $without = 'setpriv --bounding-set=-chown --inh-caps=-chown';

    skip 'no root here, or no setpriv', 17
        if $> || system("$without true >/dev/null 2>&1");

    my @nobody = (65534, 65534);
    my $ended = 'S ' . 'ab' x 16 . " $past";
    my $kept = join '', map { "$_\n" } lines();

    for (['others as the group', 0666, @nobody, 1],
         ['a group that it is in', 0660, $nobody[0], 0, 1],
         ['a group that others would be of', 0640, @nobody, 0],
         ['an owner who may do less', 0466, @nobody, 0])
    {
        my ($what, $mode, $uid, $gid, $anew) = @$_;

        $nginx->stop;
        spew("$volume/kept", "$kept$ended\n");
        chown $uid, $gid, "$volume/kept" or die "$volume: $!";
        chmod $mode, "$volume/kept" or die "$volume: $!";

        {
            local $ENV{TEST_NGINX_BINARY} =
                "$without " . PhoneVerify::Env::binary();
            $nginx->start;
        }

        is(scalar(grep { $_ eq $ended } lines()), $anew ? 0 : 1,
           "$what: " . ($anew ? 'made anew' : 'stays'));
        is((stat $file)[4], $anew ? 0 : $uid, "$what: whose it is");
        is((stat $file)[2] & 07777, $mode, "$what: its mode");
        ok(!-e "$volume/kept.new", "$what: nothing else is left");
    }

    is(scalar(() = $nginx->log =~ /\[warn\].*could not make "\Q$file\E" anew/g),
       2, 'what stays is told of');

    $nginx->stop;
    spew("$volume/kept", $kept);
    $nginx->start;
}


# all grants up to a time

append("A $past\n", 'N ' . 'ab' x 8 . " $past " . (time + 3600) . "\n");
restart();
is(counted(), 0, 'nor is a number that the file has');
is($other->get('/')->status, 200, 'open: it is newer');

append('A ' . time . "\n");
restart();
is(said($other->get('/')), '401 phone_verification_required',
   'all grants are revoked');

sleep 1;
$v = $nginx->verified('+' . ++$n);
is($v->get('/')->status, 200, 'a new one is good');
restart();
is($v->get('/')->status, 200, 'after a restart, too');
is($other->get('/')->status, 401, 'the old one is not');

$nginx->reload;
is($other->get('/')->status, 401, 'nor after a reload');


# what cannot be written was not revoked

rename $file, "$file.saved" or die "$file: $!";
symlink '/dev/full', $file or die "$file: $!";
my $log = () = $nginx->log =~ /#\d+: reopening logs/g;
$nginx->signal('USR1');
wait_until('the workers', sub {
    3 <= (() = $nginx->log =~ /#\d+: reopening logs/g) - $log });

for (1 .. 2) {
    my $r = $v->copy->post('/verify/logout', {});
    is(said($r), '503 busy', 'a logout that could not be written');
    ok($r->header('Retry-After'), 'should be tried again');
    is($r->header('Set-Cookie'), undef, 'the cookies stay');
    is($v->get('/')->status, 200, 'it is still open');
}

like($nginx->log, qr/\[error\].* could not write to "\Q$file\E"/,
     'the log says why');

unlink $file;
rename "$file.saved", $file or die "$file: $!";
$log = () = $nginx->log =~ /#\d+: reopening logs/g;
$nginx->signal('USR1');
wait_until('the workers', sub {
    3 <= (() = $nginx->log =~ /#\d+: reopening logs/g) - $log });

$copy = $v->copy;
is($v->post('/verify/logout', {})->status, 204, 'now it can');
restart();
is($copy->get('/')->status, 401, 'closed after a restart');


# off, which is the default: it ends with nginx

for my $app ('', 'revocation_file off;') {
    $nginx->stop;
    $nginx->conf(app => $app)->start;

    $v = $nginx->verified('+' . ++$n);
    $copy = $v->copy;
    $v->post('/verify/logout', {});
    is($copy->get('/')->status, 401, ($app || 'default') . ': closed');
    restart();
    is($copy->get('/')->status, 200, 'until a restart');
}


# configuration

my ($passed, $said) = $nginx->conf(
    app => 'revocation_file a; revocation_file b;')->check;
like($said, qr/"revocation_file" directive is duplicate/, 'twice');

my $dir = $nginx->dir;
($passed, $said) = $nginx->conf(app => 'revocation_file revoked;',
    http => PhoneVerify::Conf::app($dir, $sim, name => 'b', text =>
        'revocation_file revoked; cookie b;'))->check;
ok(!$passed, 'one file for two apps is refused');
like($said, qr/"revoked" is the revocation_file of phone_verify_app "\w+"/,
     'in so many words');

($passed, $said) = $nginx->conf(app => 'revocation_file /dev/null;',
                                http => '')->check;
ok(!$passed, 'no file is refused');
like($said, qr{"/dev/null" is not a regular file}, 'in so many words');

my $before = slurp($file) . "S " . 'ab' x 16 . " $past\n";
spew($file, $before);
($passed, $said) = $nginx->conf(app => 'revocation_file revoked;')->check;
ok($passed, 'nginx -t');
is(slurp($file), $before, 'leaves the file as it is');

my $until = time + 3600;
spew($file, join '', map { sprintf "S %032x %d\n", $_ * 1e12, $until }
                     1 .. 20000);
($passed, $said) = $nginx->conf(app => 'zone 256k; revocation_file revoked;')
    ->check;
ok(!$passed, 'more than there is room for: nginx does not start');
like($said, qr/has no room for \d+ of the revocations/, 'and says why');

$nginx->finish;


# who revokes a session by its id does not know when it was granted: it may last
# longer than the "session_ttl" of now

my %conf = (server => <<'EOF');
add_header X-Session $phone_verify_id always;
location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
location = /admin { phone_verify_admin signup; }
EOF

$nginx = PhoneVerify::Nginx->new(simulator => $sim, %conf,
    app => 'session_ttl 20d; revocation_file revoked;')->start;

$v = $nginx->verified('+' . ++$n);
my $id = $v->get('/')->header('X-Session');

$nginx->conf(%conf, app => 'session_ttl 1s; revocation_file revoked;')->reload;
$nginx->wait_old;

is($v->get('/')->status, 200, 'a grant of an older session_ttl');
is($nginx->visitor->post('/admin', { action => 'revoke', session => $id })
         ->status, 204, 'is revoked');
is($v->get('/')->status, 401, 'and closed');

($until) = slurp($nginx->dir . '/revoked') =~ /^S $id (\d+)$/m;
cmp_ok($until, '>', time + 20 * 86400, 'for as long as it would have lasted');

$nginx->finish;

done_testing();
