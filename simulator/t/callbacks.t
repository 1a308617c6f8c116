use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../lib";
use Mojo::JSON qw(decode_json encode_json false true);
use Sinch::Simulator::Signature qw(sign);
use Sinch::Simulator::Test;
use Test::More;

my $receiver = Sinch::Simulator::Test::Receiver->new->listen;
my $test     = Sinch::Simulator::Test->new(settings => {
    callback    => $receiver->url . '/sinch/callback?tenant=7',
    event_delay => 0,
});
my $number = '+46700000001';

sub fresh () {
    $test->fresh;
    @{$receiver->received} = ();
    $receiver->answer(sub ($request) { {body => '{"action":"allow"}'} });
}

sub answer_with ($answer) {
    $receiver->answer(sub ($request) {
        return ref $answer->{body}
            ? {%$answer, body => encode_json($answer->{body})} : $answer;
    });
}

subtest 'the request event' => sub {
    fresh();
    my $id = $test->start('sms', reference => 'order-42', custom => 'cart=7')
        ->json('/id');
    my $event = $receiver->received->[0];
    ok $event, 'was there before the start call returned';
    is_deeply $event->{event}, {
        id        => $id,
        event     => 'VerificationRequestEvent',
        method    => 'sms',
        identity  => {verified => false, type => 'number', endpoint => $number},
        price     => {currencyId => 'EUR', amount => 0.0453},
        rate      => {currencyId => 'EUR', amount => 0},
        reference => 'order-42',
        custom    => 'cart=7',
    }, 'body';
    like $event->{body},
        qr/\A\{"id":.+?"event":.+?"method":.+?"identity":\{"verified":/,
        'members in the order of the captured one';

    my $headers = $event->{headers};
    is $headers->{'Content-Type'}, 'application/json; charset=utf-8',
        'content type';
    like $headers->{'x-timestamp'},
        qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z\z/, 'timestamp';
    is $headers->{Authorization}, 'application ' . $test->key . ':' . sign(
        $test->secret,
        method       => 'POST',
        content_type => $headers->{'Content-Type'},
        timestamp    => $headers->{'x-timestamp'},
        path         => '/sinch/callback',
        body         => $event->{body},
    ), 'signature over the path without its query';
    is $event->{query}, 'tenant=7', 'the query is sent';
};

subtest 'in order' => sub {
    fresh();
    my $id = $test->start('sms', reference => 'r', custom => 'c')->json('/id');
    $receiver->wait_for(2);
    $test->report("id/$id", 'sms', $test->message->{code});
    $receiver->wait_for(3);
    is_deeply $receiver->events, [qw(Request SmsDelivered Result)], 'events';

    my %common = (id => $id, method => 'sms', reference => 'r', custom => 'c');
    is_deeply $receiver->received->[1]{event}, {
        %common,
        event     => 'VerificationSmsDeliveredEvent',
        identity  => {type => 'number', endpoint => $number},
        smsResult => 'Successful',
    }, 'delivered';
    is_deeply $receiver->received->[2]{event}, {
        %common,
        event    => 'VerificationResultEvent',
        identity => {verified => true, type => 'number', endpoint => $number},
        status   => 'SUCCESSFUL',
        source   => 'manual',
    }, 'result';
};

subtest 'a result for each end' => sub {
    fresh();
    my $first = $test->start('flashcall')->json('/id');
    my $id    = $test->start('flashcall')->json('/id');
    $receiver->wait_for(3);
    my ($result) = grep { $_->{event} =~ /Result/ }
        map { $_->{event} } @{$receiver->received};
    is_deeply [@$result{qw(id status reason)}], [$first, 'ABORTED', undef],
        'aborted';

    fresh();
    $id = $test->start('callout')->json('/id');
    $test->sim->store->by_id($id)->expires(0);
    $test->sim->engine->{due} = 0;
    $receiver->wait_for(2);
    is_deeply [@{$receiver->received->[1]{event}}{qw(status reason)}],
        ['FAIL', 'Expired'], 'expired without anybody asking';
};

subtest 'wrong codes' => sub {
    fresh();
    my $id = $test->start('callout')->json('/id');
    $test->report("id/$id", 'callout', 'x');
    $test->idle;
    is_deeply $receiver->events, ['Request'], 'no result event';

    local $test->sim->settings->{event_per_report} = 1;
    $test->report("id/$id", 'callout', 'x');
    $receiver->wait_for(2);
    is_deeply [@{$receiver->received->[1]{event}}{qw(status reason)}],
        ['FAIL', 'Invalid code'], 'one for each report, if wanted';
};

subtest deny => sub {
    fresh();
    answer_with({body => {action => 'deny'}});
    my $response = $test->start('sms');
    is $response->code, 200, 'the start is answered';
    is_deeply [@{$test->status('id/' . $response->json('/id'))->json}{
        qw(status reason)}], ['DENIED', 'Denied by callback'], 'but denied';
    is $test->message, undef, 'no message';
    $receiver->wait_for(2);
    is_deeply $receiver->events, [qw(Request Result)], 'events';

    # a denied start aborts nothing
    fresh();
    my $running = $test->start('sms')->json('/id');
    answer_with({body => {action => 'deny'}});
    $test->start('sms');
    is $test->status("id/$running")->json('/status'), 'PENDING',
        'the running one goes on';
};

subtest 'answers of no use' => sub {
    for my $answer (
        {body => ''},
        {body => 'allow'},
        {body => []},
        {body => {}},
        {body => {action => 'maybe'}},
        {body => {action => 1}},
        {body => {action => 'allow'}, status => 500},
        {body => {action => 'allow'}, status => 302},
        {body => {action => 'allow'}, status => 204},
        {body => {action => 'allow'}, content_type => 'text/html'},
        {body => {action => 'allow', sms => 'x'}},
        {body => {action => 'allow', sms => {code => '12345678901'}}},
        {body => {action => 'allow', sms => {code => '12 4'}}},
        {body => {action => 'allow', sms => {code => 1234}}},
        {body => {action => 'allow', sms => {expiry => '1h'}}},
        {body => {action => 'allow', sms => {codeType => 'x'}}},
        {body => {action => 'allow', sms => {acceptLanguage => 'sv'}}},
        {body => '{"action":"allow"}', delay => 5},
    ) {
        fresh();
        local $test->sim->settings->{callback_timeout} = 1;
        answer_with($answer);
        my $name     = encode_json($answer);
        my $response = $test->start('sms', reference => 'r');
        is $response->code, 422, $name;
        is $response->json('/errorCode'), 42202, 'error code';
        my $status = $test->status('reference/r')->json;
        is_deeply [@$status{qw(status reason)}],
            ['DENIED', 'Invalid callback'], 'denied';
        is $test->message, undef, 'no message';
    }

    fresh();
    local $test->sim->settings->{callback} = 'http://127.0.0.1:1/';
    is $test->start('sms')->json('/errorCode'), 42202, 'nobody there';
};

subtest 'wishes of the callback' => sub {
    my $with = sub ($method, $wishes, %more) {
        fresh();
        answer_with({body => {action => 'allow', %$wishes}});
        my $response = $test->start($method, %more);
        is $response->code, 200, "$method " . encode_json($wishes);
        return $response;
    };

    my $response = $with->('sms', {sms => {code => 'A-1b', expiry => '00:10:00',
        acceptLanguage => ['xx', 'es-ES'], 'my key' => 'my value'}});
    is $test->message->{code}, 'A-1b', 'own code';
    is $response->json('/sms/interceptionTimeout'), 600, 'expiry';
    is $response->headers->header('Content-Language'), 'es-ES', 'language';
    is $test->report('id/' . $response->json('/id'), 'sms', 'A-1b')
        ->json('/status'), 'SUCCESSFUL', 'own code reported';

    $with->('sms', {sms => {codeType => 'Alpha'}},
        smsOptions => {codeType => 'Alphanumeric'});
    like $test->message->{code}, qr/\A[A-Z]{4}\z/, 'code type';

    $response = $with->('flashcall', {flashCall => {cli => '+4445874587',
        dialTimeout => 10, interceptionTimeout => 30}});
    is $test->message->{cli}, '+4445874587', 'own number';
    is $response->json('/flashCall/cliFilter'), '(.*)4587(.*)', 'filter';
    is $response->json('/flashCall/interceptionTimeout'), 30, 'timeout';

    $with->('callout', {callout => {code => '4567',
        speech => {locale => 'sv-SE'}}});
    is $test->message->{code}, '4567', 'own code of a call';
    like $test->message->{text}, qr/\ADin .*4, 5, 6, 7\z/, 'language';

    $with->('callout', {callout => {locale => 'en-US', pin => '1',
        ttsMenu => 'Please press 1', timeout => 60}});
    like $test->message->{code}, qr/\A\d{4}\z/, 'the older members are ignored';

    $with->('whatsapp', {whatsapp => {codeType => 'Alpha',
        acceptLanguage => ['fr'], code => '1111'}});
    like $test->message->{code}, qr/\A[A-Z]{4}\z/, 'WhatsApp: no own code';
    is $test->message->{language}, 'fr-FR', 'WhatsApp: language';

    $with->('whatsapp', {sms => {code => '12345678901'}});
    like $test->message->{code}, qr/\A\d{4}\z/,
        "another method's member is ignored";
    $with->('seamless', {seamless => {}});
};

subtest 'public authentication' => sub {
    fresh();
    local $test->sim->settings->{auth} = 'any';
    my %public = (headers => {Authorization => 'Application ' . $test->key});
    is $test->start('sms', how => {%public})->code, 200, 'allowed';
    answer_with({status => 500, body => ''});
    is $test->start('sms', how => {%public})->code, 422, 'no answer';
};

subtest 'the record of events' => sub {
    fresh();
    my $id = $test->start('callout')->json('/id');
    my $events = $test->control(GET => '/_sim/events?event='
        . 'VerificationRequestEvent');
    is $events->{count}, 1, 'one';
    my $event = $events->{items}[0];
    is $event->{id}, $id, 'id';
    is_deeply $event->{answer}, {status => 200, body => '{"action":"allow"}',
        content_type => 'application/json'}, 'answer';
    is $event->{body}, $receiver->received->[0]{body}, 'bytes sent';
};

done_testing;
