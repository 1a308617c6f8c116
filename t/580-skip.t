#!/usr/bin/perl

# phone_verify_skip: who passes a closed gate without a proof, and what is said
# of them.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $pass = 'proxy_set_header X-Verified-Phone $phone_verify_number;'
           . ' proxy_pass http://127.0.0.1:%%UPSTREAM%%;';

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, server => <<"EOF")
phone_verify_skip \$http_x_one \$http_x_two;
add_header X-Status \$phone_verify_status always;
add_header X-Age \$phone_verify_age always;

location / { $pass }
location /off/ { phone_verify_skip off; $pass }
location /other/ { phone_verify_skip \$http_x_three; $pass }
location /fresh/ { phone_verify signup max_age=2s; $pass }
location /own/ { phone_verify signup number=\$http_x_number; $pass }
location /any/ { satisfy any; deny all; $pass }
location /all/ { deny all; $pass }
EOF
    ->start;

my $stranger = $nginx->visitor;

sub status { return $stranger->get(@_)->status }


# the values: exactly "" and "0" do not pass

is(status('/'), 401, 'closed');

for (['', 401], ['0', 401], ['00', 200], ['0.0', 200], ['1', 200],
     ['off', 200], ['no', 200], ['false', 200])
{
    my ($value, $status) = @$_;
    is(status('/', "X-One: $value"), $status, "value \"$value\": $status");
}

is(status('/', 'X-One: 0', 'X-Two: 1'), 200, 'any of several');
is(status('/', 'X-Three: 1'), 401, 'one that is not asked');


# inherited as a whole; off

is(status('/off/', 'X-One: 1'), 401, 'off');
is(status('/other/', 'X-One: 1'), 401, 'another one replaces it');
is(status('/other/', 'X-Three: 1'), 200, 'and counts');


# what is said of them

my $r = $stranger->get('/a', 'X-One: 1');
is($r->body, "GET /a \n", 'no number goes to the application');
is($r->header('X-Status'), 'NONE', 'nothing is said to be verified');
is($r->header('X-Age'), undef, 'no age');
like($nginx->log, qr/\[info\].*the gate is skipped/, 'the log says so');

my $number = '+46700580001';
my $visitor = $nginx->verified($number);

$r = $visitor->get('/a', 'X-One: 1');
is($r->body, "GET /a $number\n", 'who is verified anyway, is');
is($r->header('X-Status'), 'SUCCESSFUL', 'with a status');

$r = $visitor->get('/own/', 'X-One: 1', "X-Number: $number");
is($r->body, "GET /own/ $number\n", 'the demanded number');

$r = $visitor->get('/own/', 'X-One: 1', 'X-Number: +46700580002');
is($r->body, "GET /own/ \n", 'not that of a proof that the gate refuses');
is($r->header('X-Status'), 'NONE', 'which counts for nothing');

is($visitor->get('/own/', 'X-One: 1')->body, "GET /own/ \n",
   'nor where no number could be demanded');
unlike($nginx->log, qr/"number=" gave/, 'and nobody is warned');

wait_until('the proof is too old', sub {
    return $visitor->get('/fresh/')->status == 401;
});

$r = $visitor->get('/fresh/', 'X-One: 1');
is($r->status, 200, 'skipped');
is($r->body, "GET /fresh/ \n", 'nor of one that is too old');
is($r->header('X-Age'), undef, 'nor its age');


# a skipped gate is no proof

is(status('/any/', 'X-One: 1'), 403, 'satisfy any: the others decide');
is($visitor->get('/any/')->status, 200, 'a proof is enough there');
is(status('/all/', 'X-One: 1'), 403, 'satisfy all: the others decide, too');


# a pending verification is not disturbed, and the success is handed over

my $pending = $nginx->visitor;
$pending->post('/verify/start', { number => '+46700580003' });
$r = $pending->get('/', 'X-One: 1');
is($r->status, 200, 'skipped while a code is on its way');
is($pending->post('/verify/report', { code => $sim->code('+46700580003') })
           ->status, 200, 'which then is right');
is($pending->get('/')->body, "GET / +46700580003\n", 'verified');


# nginx -t

sub refuses {
    my ($server, $said, $name) = @_;

    my $other = PhoneVerify::Nginx->new(simulator => $sim,
                                        server => $server);
    my ($passed, $text) = $other->check;
    ok(!$passed, "$name: refused");
    like($text, $said, "$name: why");
}

refuses('phone_verify_skip $a; phone_verify_skip $b;',
        qr/"phone_verify_skip" directive is duplicate/, 'twice');
refuses('phone_verify_skip off; phone_verify_skip off;',
        qr/is duplicate/, 'off twice');
for ('off $http_x_one', '$http_x_one off', '1', 'http_x_one') {
    refuses("phone_verify_skip $_;",
            qr/value ".*" in "phone_verify_skip" has no variable/, $_);
}
for ('"$remote_addr:$http_x_one"', 'x$remote_addr', '${remote_addr}-') {
    refuses("phone_verify_skip $_;", qr/has text beside its variables/, $_);
}
refuses('phone_verify_skip $no_such_variable;',
        qr/unknown "no_such_variable" variable/, 'no such variable');

$nginx->finish;
done_testing;
