use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../lib";
use MIME::Base64 qw(encode_base64);
use Sinch::Simulator::Clock qw(now stamp);
use Sinch::Simulator::Test;
use Test::More;

my $test = Sinch::Simulator::Test->new;
my ($key, $secret) = ($test->key, $test->secret);

sub refused ($response, $code, $name) {
    subtest $name => sub {
        is $response->code, int($code / 100), 'status';
        is $response->json('/errorCode'), $code, 'code';
        ok length $response->json('/message'),   'message';
        ok length $response->json('/reference'), 'reference';
    };
}

sub with (%headers) {
    return $test->start('sms', how => {headers => \%headers});
}

is $test->start('sms')->code, 200, 'signed';
is $test->start('sms', how => {scheme => $_})->code, 200, "scheme $_"
    for qw(application APPLICATION);
is with('Content-Type' => 'application/json; charset=utf-8')->code, 200,
    'with a charset';
is with('x-timestamp' => substr(stamp(now()), 0, 23) . 'Z')->code, 200,
    'timestamp with three digits';
is with('x-timestamp' => substr(stamp(now()), 0, 19) . 'Z')->code, 200,
    'timestamp with none';
is with('x-timestamp' => substr(stamp(now()), 0, 19) . '+00:00')->code, 200,
    'timestamp with an offset of nothing';

refused(with(Authorization => undef), 40100, 'no authorization');
refused(with(Authorization => 'nonsense'), 40107, 'nonsense');
refused(with(Authorization => "Bearer $key:x"), 40107, 'another scheme');
refused(with(Authorization => "Application $key:"), 40102, 'empty signature');
refused(with(Authorization => "Application $key:AAAA"), 40102,
    'wrong signature');
refused(with(Authorization => 'Application x:AAAA'), 40108, 'unknown key');
refused(with('x-timestamp' => undef), 40101, 'no timestamp');
refused(with('x-timestamp' => 'yesterday'), 40101, 'malformed timestamp');
refused(with('x-timestamp' => '2026-13-01T00:00:00Z'), 40101,
    'impossible timestamp');
refused(with('x-timestamp' => stamp(now() - 301) . 'Z'), 40105, 'stale');
refused(with('x-timestamp' => stamp(now() + 301) . 'Z'), 40105, 'too new');
is with('x-timestamp' => stamp(now() - 290) . 'Z')->code, 200, 'fresh enough';

for my $change (
    {method       => 'PUT'},
    {path         => '/verification/v1/verifications/'},
    {path         => 'verification/v1/verifications'},
    {content_type => 'application/json; charset=utf-8'},
    {content_type => ''},
    {timestamp    => '2026-01-15T09:30:00.123Z'},
    {body         => '{}'},
    {body         => ''},
) {
    my ($name) = keys %$change;
    refused($test->start('sms', how => {sign => $change}), 40102,
        "signed another $name");
}

# the reference is refused by its signature before anything reads the body
refused($test->call(POST => '/verification/v1/verifications', 'x',
    sign => {body => 'y'}), 40102, 'signature before body');

# GET with and without a content type, and no body
my $id = $test->start('sms')->json('/id');
is $test->status("id/$id")->code, 200, 'GET without a content type';
is $test->status("id/$id",
    headers => {'Content-Type' => 'application/json'})->code, 200,
    'GET with a content type';

# a path that needs encoding may be signed in either form
$test->start('sms', reference => 'ref one');
my $path = '/verification/v1/verifications/reference/ref%20one';
is $test->call(GET => $path)->code, 200, 'encoded path signed';
is $test->call(GET => $path,
    undef, sign => {path => $path =~ s/%20/ /r})->code, 200,
    'decoded path signed';

# levels
my $basic = 'Basic ' . encode_base64("$key:$secret", '');
my %public = (Authorization => "Application $key");
refused(with(Authorization => $basic), 40303, 'basic is not enough');
refused(with(%public), 40303, 'public is not enough');

$test->sim->settings->{auth} = 'basic';
is with(Authorization => $basic, 'x-timestamp' => undef)->code, 200, 'basic';
is $test->start('sms')->code, 200, 'signed is more than basic';
refused(with(%public), 40303, 'public is less than basic');
refused(with(Authorization => 'Basic ' . encode_base64("$key:wrong", '')),
    40108, 'wrong secret');
refused(with(Authorization => 'Basic ' . encode_base64('x:y', '')), 40108,
    'unknown key in basic');
refused(with(Authorization => 'Basic ' . encode_base64($key, '')), 40108,
    'no secret in basic');

$test->sim->settings->{auth} = 'any';
is $test->status("id/$id", headers => {%public})->code, 200, 'public status';
refused(with(%public), 40302, 'public start needs a callback');

# an application sees its own verifications only
$test->sim->settings->{auth} = 'signed';
$test->sim->settings->{apps}{other} = $secret;
$test->key('other');
refused($test->status("id/$id"), 40400, "another application's");

done_testing;
