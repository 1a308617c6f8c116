use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../lib";
use Mojo::JSON qw(true);
use Sinch::Simulator::JSON qw(encode);
use Sinch::Simulator::Test;
use Test::More;

my $test   = Sinch::Simulator::Test->new;
my $api    = '/verification/v1/verifications';
my $number = '+46700000001';

sub refused ($response, $code, $name) {
    is $response->json('/errorCode'), $code, "$name: code"
        or diag $response->to_string;
    is $response->code, int($code / 100), "$name: status";
}

for my $method (qw(sms callout whatsapp flashcall)) {
    my $proof = $method eq 'flashcall' ? 'cli'                  : 'code';
    my $wrong = $method eq 'flashcall' ? '+46000000000'         : 'wrong';
    my @call  = $method =~ /call/      ? (callComplete => true) : ();

    subtest "$method by id" => sub {
        my $id    = $test->start($method)->json('/id');
        my $right = $test->message->{$proof};

        my $response = $test->report("id/$id", $method, $wrong);
        is $response->code, 200, 'a wrong one is no error';
        is_deeply $response->json, {
            id     => $id,
            method => $method,
            status => 'FAIL',
            reason => $proof eq 'cli' ? 'Invalid CLI' : 'Invalid code',
            @call,
        }, 'but fails';
        is $test->status("id/$id")->json('/status'), 'PENDING', 'still open';

        $response = $test->report("id/$id", $method, $right);
        is_deeply $response->json,
            {id => $id, method => $method, status => 'SUCCESSFUL', @call},
            'the right one';
        refused($test->report("id/$id", $method, $right), 40400, 'again');
    };

    subtest "$method by number" => sub {
        my $id = $test->start($method, reference => "of $method")
            ->json('/id');
        my $response = $test->report("number/$number", $method,
            $test->message->{$proof});
        is $response->json('/id'),        $id,          'id';
        is $response->json('/status'),    'SUCCESSFUL', 'status';
        is $response->json('/reference'), "of $method", 'reference';
    };
}

subtest spellings => sub {
    my $id  = $test->start('flashcall')->json('/id');
    my $cli = $test->message->{cli};
    my $response = $test->call(PUT => "$api/id/$id",
        {method => 'flashCall', flashcall => {cli => $cli}});
    is $response->json('/status'), 'SUCCESSFUL', 'flash call in other cases';
};

subtest source => sub {
    for my $case (['intercept', 'intercepted'], ['manual', 'manual'],
        ['log', 'log'], [undef, 'manual']) {
        my ($sent, $shown) = @$case;
        my $id = $test->start('sms')->json('/id');
        $test->report("id/$id", 'sms', $test->message->{code},
            source => $sent);
        is $test->status("id/$id")->json('/source'), $shown,
            $sent // 'none';
    }
};

subtest 'wrong codes that end it' => sub {
    local $test->sim->settings->{attempts} = 2;
    my $id = $test->start('sms')->json('/id');
    my $right = $test->message->{code};
    $test->report("id/$id", 'sms', 'x') for 1 .. 2;
    is $test->status("id/$id")->json('/status'), 'FAIL', 'failed';
    is $test->status("id/$id")->json('/reason'), 'Invalid code', 'reason';
    refused($test->report("id/$id", 'sms', $right), 40400, 'the right one');
};

subtest expiry => sub {
    my $id = $test->start('sms')->json('/id');
    $test->sim->store->by_id($id)->expires(0);
    my $response = $test->report("id/$id", 'sms', $test->message->{code});
    is $response->code, 200, 'no error';
    is_deeply $response->json, {id => $id, method => 'sms', status => 'FAIL',
        reason => 'Expired'}, 'but expired';
};

subtest 'ended otherwise' => sub {
    for my $end (['ABORTED'], ['DENIED', 'Fraud'], ['ERROR', 'Internal error'])
    {
        my ($status, $reason) = @$end;
        my $id = $test->start('sms')->json('/id');
        $test->control(POST => '/_sim/settle',
            {id => $id, status => $status, reason => $reason});
        my $answer = $test->report("id/$id", 'sms', $test->message->{code})
            ->json;
        is $answer->{status}, $status, $status;
        is $answer->{reason}, $reason, "$status: reason";
    }
};

subtest refusals => sub {
    my $id     = $test->start('sms')->json('/id');
    my $report = sub ($body, $type = 'application/json') {
        return $test->call(PUT => "$api/id/$id", $body,
            headers => {'Content-Type' => $type});
    };
    refused($report->($_), 40003, "body $_") for '{', '[]', 'code=1234';
    refused($report->('{}', 'text/plain'), 40003, 'content type');
    refused($report->({sms => {code => '1'}}), 40002, 'no method');
    refused($report->({method => 'pigeon'}), 40001, 'unknown method');
    refused($report->({method => 'seamless'}), 40001, 'seamless');
    refused($report->({method => 'callout', callout => {code => '1'}}), 40001,
        'another method');
    refused($report->({method => 'sms'}), 40002, 'no member');
    refused($report->({method => 'sms', sms => 'x'}), 40001, 'no object');
    refused($report->({method => 'sms', sms => {}}), 40002, 'no code');
    refused($report->({method => 'sms', sms => {code => undef}}), 40002,
        'code null');
    refused($report->({method => 'sms', source => 1, sms => {code => '1'}}),
        40001, 'source a number');
    refused($report->({method => 'sms', sms => {code => $_}}), 40001,
        'code ' . encode($_))
        for '', 'x' x 11, 'foo code', "12\x{661}", "1234\n", 1234, ['1234'];
    like $report->({method => 'sms', sms => {code => 'foo code'}})
        ->json('/message'), qr/Maximum 10 characters/, 'words';
    refused($test->report('id/nothing', 'sms', '1'), 40400, 'unknown id');
    refused($test->report('number/+46700000009', 'sms', '1'), 40400,
        'unknown number');
    is $test->sim->store->by_id($id)->attempts, 0, 'no attempt was counted';
};

done_testing;
