# $phone_verify_*: in any phase, and reading one consumes nothing.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start(args => ['--event-delay', 0]);
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, http => <<'HTTP',
    log_format audit '$phone_verify_status|$phone_verify_number_masked|'
                     '$phone_verify_method|$phone_verify_id';
    map $phone_verify_country $lang { default -; SE sv; NO no; }
HTTP
    server => <<'SERVER')->start;
access_log %%DIR%%/logs/audit.log audit;

location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }

location /vars {
    phone_verify signup optional;
    return 200 "status=$phone_verify_status
number=$phone_verify_number
masked=$phone_verify_number_masked
method=$phone_verify_method
reason=$phone_verify_reason
id=$phone_verify_id
age=$phone_verify_age
country=$phone_verify_country
lang=$lang
error=$phone_verify_error
return=$phone_verify_return
left=$phone_verify_attempts_left
resend=$phone_verify_resend_in
delivered=$phone_verify_delivered
";
}

location = /sinch/callback { phone_verify_callback signup; }
location /none { phone_verify off; return 200 "[$phone_verify_status]\n"; }
SERVER

sub vars {
    my ($who, $args) = @_;
    my $body = $who->get('/vars' . (defined $args ? "?$args" : ''))->body;
    return { map { /^(\w+)=(.*)$/ ? ($1 => $2) : () } split /\n/, $body };
}

my $visitor = $nginx->visitor;
my $v = vars($visitor);

is($v->{status}, 'NONE', 'nobody yet');
is($v->{$_}, '', "no $_") for qw(number masked method reason id age country
                                 error left resend delivered);
is($v->{lang}, '-', 'nothing for a map');
is($v->{return}, '/', 'return to /');

is($visitor->get('/none')->body, "[]\n", 'without an app they are empty');

my $number = '+46700000010';

$visitor->post('/verify/start', { number => $number });
$v = vars($visitor);

is($v->{status}, 'PENDING', 'pending');
is($v->{number}, '', 'a number that is not verified is not told');
is($v->{country}, '', 'nor its country');
is($v->{masked}, '+46*****010', 'but masked');
is($v->{method}, 'sms', 'method');
is($v->{left}, 5, 'attempts');
like($v->{resend}, qr/^(29|30)$/, 'seconds');
like($v->{id}, qr/^[0-9a-f]{32}$/, 'id');

my $id = $v->{id};
is(vars($visitor)->{id}, $id, 'the same when read again');

$visitor->post('/verify/report', { code => '0' });
is(vars($visitor)->{left}, 4, 'one attempt less');

$visitor->post('/verify/report', { code => $sim->code($number) });
$v = vars($visitor);

is($v->{status}, 'SUCCESSFUL', 'verified');
is($v->{number}, $number, 'number');
is($v->{masked}, '+46*****010', 'masked');
is($v->{country}, 'SE', 'country');
is($v->{lang}, 'sv', 'and a map of it');
like($v->{age}, qr/^\d+$/, 'age');
isnt($v->{id}, $id, 'a new id');

# on the page of a step-up, the pending one is what people ask for

$visitor->post('/verify/start', { number => '+46700000011' });
$v = vars($visitor);
is($v->{status}, 'PENDING', 'step-up');
is($v->{masked}, '+46*****011', 'of the new number');
is($v->{number}, $number, 'the verified number is still the old one');

# an SMS that has arrived

$sim->control(PATCH => '/_sim/settings', {
    callback => 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' });
$sim->control(POST => '/_sim/faults', { operation => 'callback',
    event => 'SmsDelivered', kind => 'hold' });

my $waiting = $nginx->visitor;
$waiting->post('/verify/start', { number => '+46700000012' });
is(vars($waiting)->{delivered}, '', 'sent');
$sim->control(POST => '/_sim/release');
is(vars($waiting)->{delivered}, 1, 'delivered');
is(vars($visitor)->{delivered}, '', 'not another one');
$waiting->post('/verify/report', { code => $sim->code('+46700000012') });
$v = vars($waiting);
is("$v->{status} $v->{delivered}", 'SUCCESSFUL ', 'nothing is left of it');

# arguments

is(vars($visitor, 'error=invalid_code')->{error}, 'invalid_code', 'ours');
is(vars($visitor, 'error=<script>')->{error}, '', 'another one');
is(vars($visitor, 'error=')->{error}, '', 'none');

my %return = (
    '/a%3Fb=c%26d' => '/a?b=c&d',
    '/a' => '/a',
    '//evil' => '/',
    '/%5Cevil' => '/',
    '%2F%2Fevil' => '/',
    'https:evil' => '/',
    'javascript:alert(1)' => '/',
    '/a%0d%0ab' => '/',
    '/a%00b' => '/',
    '/a%09b' => '/',
    '' => '/',
    '/' . 'a' x 2000 => '/',
);

for my $arg (sort keys %return) {
    is(vars($visitor, "return=$arg")->{return}, $return{$arg},
       'return ' . substr($arg, 0, 20));
}

# an access log is an audit record

$visitor->get('/logged');
$nginx->stop;

my ($line) = reverse split /\n/, slurp($nginx->dir . '/logs/audit.log');
like($line, qr/^SUCCESSFUL\|\+46\*{5}010\|sms\|[0-9a-f]{32}$/, 'audit');

$nginx->finish;
done_testing;
