use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../lib";
use Mojo::JSON qw(false true);
use Sinch::Simulator::Test;
use Test::More;

my $test   = Sinch::Simulator::Test->new;
my $number = '+46700000001';

# Each method, by each way, pending and ended.
my %ENDED = (
    sms       => [0.0453, []],
    whatsapp  => [0.0312, []],
    flashcall => [0.0205, ['call']],
    callout   => [0.1852, ['call']],
    seamless  => [0.0152, []],
);

for my $method (sort keys %ENDED) {
    subtest $method => sub {
        my ($amount, $call) = @{$ENDED{$method}};
        my $id = $test->start($method, reference => "r-$method",
            custom => 'x')->json('/id');

        my $pending = $test->status("id/$id")->json;
        my $time    = delete $pending->{verificationTimestamp};
        like $time, qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\z/, 'timestamp';
        is_deeply $pending, {
            id        => $id,
            method    => $method,
            status    => 'PENDING',
            reference => "r-$method",
            identity  => {type => 'number', endpoint => $number},
            countryId => 'SE',
            @$call ? (callComplete => false) : (),
        }, 'pending';

        $test->control(POST => '/_sim/settle',
            {id => $id, status => 'FAIL', reason => 'Fraud'});
        my $ended = {
            %$pending,
            verificationTimestamp => $time,
            status                => 'FAIL',
            reason                => 'Fraud',
            price                 => {
                verificationPrice => {currencyId => 'EUR', amount => $amount},
                @$call ? (
                    terminationPrice => {currencyId => 'EUR', amount => 0},
                    billableDuration => 0,
                ) : (),
            },
            @$call ? (callComplete => true, callResult => 'ANSWERED') : (),
        };
        my $shown = $test->status("id/$id")->json;
        is_deeply $shown, $ended, 'ended';
        is_deeply $test->status("reference/r-$method")->json, $ended,
            'by reference';
        is_deeply $test->status("$method/number/$number")->json, $ended,
            'by identity';
    };
}

subtest prices => sub {
    my $price = sub ($status) {
        my $id = $test->start('sms')->json('/id');
        $test->control(POST => '/_sim/settle',
            {id => $id, status => $status});
        return $test->status("id/$id")->json('/price');
    };
    ok $price->($_), "$_ is billed" for qw(SUCCESSFUL FAIL ABORTED);
    ok !$price->($_), "$_ is not" for qw(DENIED ERROR);

    local $test->sim->settings->{prices} = 'USD';
    is $price->('FAIL')->{verificationPrice}{currencyId}, 'USD', 'currency';
    local $test->sim->settings->{prices} = '';
    ok !$price->('FAIL'), 'no prices';
};

subtest 'by identity' => sub {
    my $old = $test->start('sms')->json('/id');
    my $new = $test->start('sms')->json('/id');
    is $test->status("sms/number/$number")->json('/id'), $new, 'the newest';
    $test->start('flashcall');
    is $test->status("sms/number/$number")->json('/id'), $new,
        'of its method';
    is $test->status("flashCall/number/$number")->code, 200,
        'method in the other spelling';
    is $test->status("sms/number/%2B46700000001")->code, 200, 'encoded plus';
};

subtest 'not found' => sub {
    for my $where ('id/nothing', 'reference/nothing', 'sms/number/+46700000009',
        "pigeon/number/$number") {
        my $response = $test->status($where);
        is $response->code, 404, $where;
        is $response->json('/errorCode'), 40400, "$where: code";
        is $response->json('/message'), 'Requested resource was not found.',
            "$where: message";
    }
};

subtest expiry => sub {
    my $id = $test->start('sms', smsOptions => {expiry => '00:00:01'})
        ->json('/id');
    is $test->status("id/$id")->json('/status'), 'PENDING', 'before';
    $test->sim->store->by_id($id)->expires(0);
    is $test->status("id/$id")->json('/status'), 'FAIL',    'after';
    is $test->status("id/$id")->json('/reason'), 'Expired', 'reason';
};

done_testing;
