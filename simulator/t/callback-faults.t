use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../lib";
use Mojo::Promise;
use Sinch::Simulator::Signature qw(sign);
use Sinch::Simulator::Test;
use Test::More;

my $receiver = Sinch::Simulator::Test::Receiver->new->listen;
my $test     = Sinch::Simulator::Test->new(settings => {
    callback    => $receiver->url . '/events',
    event_delay => 0,
});

sub fresh (@faults) {
    $test->fresh;
    @{$receiver->received} = ();
    $test->fault(operation => 'callback', %$_) for @faults;
}

# A verification from start to end; returns its id.
sub whole ($method = 'callout') {
    my $id = $test->start($method)->json('/id');
    $test->report("id/$id", $method, $test->message->{code});
    return $id;
}

# What the signature should be.
sub right ($received, $path = '/events') {
    my $headers = $received->{headers};
    return 'application ' . $test->key . ':' . sign($test->secret,
        method       => 'POST',
        content_type => $headers->{'Content-Type'},
        timestamp    => $headers->{'x-timestamp'},
        path         => $path,
        body         => $received->{body},
    );
}

subtest duplicate => sub {
    fresh({kind => 'duplicate', event => 'Result', copies => 3});
    whole();
    $receiver->wait_for(4);
    is_deeply $receiver->events, [qw(Request Result Result Result)], 'three';
    is $receiver->received->[1]{body}, $receiver->received->[3]{body}, 'alike';
};

subtest drop => sub {
    fresh({kind => 'drop', event => 'SmsDelivered'});
    whole('sms');
    $receiver->wait_for(2);
    $test->idle;
    is_deeply $receiver->events, [qw(Request Result)], 'not sent';
    is $test->control(GET => '/_sim/events?suppressed=true')->{count}, 1,
        'but recorded';
};

subtest hold => sub {
    fresh({kind => 'hold', event => 'SmsDelivered'},
        {kind => 'hold', event => 'Result'});
    whole('sms');
    $test->idle;
    is_deeply $receiver->events, ['Request'], 'held back';
    is $test->control(POST => '/_sim/release', {order => 'reverse'})
        ->{released}, 2, 'two released';
    $receiver->wait_for(3);
    is_deeply $receiver->events, [qw(Request Result SmsDelivered)], 'reversed';

    fresh({kind => 'hold', times => 0});
    my $answered;
    my $start = $test->start('callout', how => {promise => 1})
        ->then(sub { $answered = 1 });
    $test->idle;
    ok !$answered, 'a start waits for its request event';
    $test->control(POST => '/_sim/release');
    $start->wait;
    ok $answered, 'and goes on';
};

subtest 'ended while it is held back' => sub {
    fresh({kind => 'hold', event => 'Request'});
    my $start = $test->start('callout', reference => 'r',
        how => {promise => 1});
    $test->idle;
    $test->control(POST => '/_sim/settle',
        {number => '+46700000001', status => 'ERROR'});
    $test->control(POST => '/_sim/release');
    $start->wait;
    is $test->status('reference/r')->json('/status'), 'ERROR', 'it stays so';
    is $test->message, undef, 'no message';
};

subtest first => sub {
    fresh({kind => 'first', event => 'Result'});
    $receiver->answer(sub ($request) {
        return {body => '{"action":"allow"}', delay => 0.1};
    });
    whole();
    is_deeply $receiver->events, [qw(Request Result)],
        'there before the report was answered';
};

subtest delay => sub {
    fresh({kind => 'delay', event => 'Result', delay => 2000});
    my $id = whole();
    $test->start('callout');
    $test->idle;
    is_deeply $receiver->events, [qw(Request Request)], 'late';
    $receiver->wait_for(3);
    is $receiver->received->[2]{event}{id}, $id, 'but it comes';

    fresh({kind => 'delay', event => 'Result', delay => 100});
    whole();
    fresh();
    $test->idle(0.2);
    is @{$receiver->received}, 0, 'a reset takes it back';
};

subtest signature => sub {
    my $event = sub (%fault) {
        fresh({kind => 'signature', event => 'Result', %fault});
        whole();
        return $receiver->wait_for(2)->[1];
    };

    my $bad = $event->(signature => 'bad');
    isnt $bad->{headers}{Authorization}, right($bad), 'bad: wrong';
    is length $bad->{headers}{Authorization}, length right($bad),
        'bad: but of the same form';
    ok !exists $event->(signature => 'none')->{headers}{Authorization}, 'none';
    like $event->(signature => 'key')->{headers}{Authorization},
        qr/\Aapplication 0\Q${\$test->key}\E:/, 'another key';
    like $event->(signature => 'good', scheme => 'Application')
        ->{headers}{Authorization}, qr/\AApplication /, 'other scheme';

    my $stale = $event->(signature => 'good',
        timestamp => '2020-01-01T00:00:00.0000000Z');
    is $stale->{headers}{'x-timestamp'}, '2020-01-01T00:00:00.0000000Z',
        'stale';
    is $stale->{headers}{Authorization}, right($stale), 'well signed';

    my $path = $event->(signature => 'good', path => '/public');
    is $path->{headers}{Authorization}, right($path, '/public'),
        'signed for another path';
};

subtest 'arbitrary events' => sub {
    fresh();
    my $send = sub (%event) {
        return $test->control(POST => '/_sim/events', \%event);
    };
    my $answer = $send->(body => {event => 'Unheard', id => 'x'});
    is_deeply $answer, {status => 200, body => '{"action":"allow"}',
        content_type => 'application/json'}, 'answer';
    my $received = $receiver->received->[0];
    is $received->{body}, '{"id":"x","event":"Unheard"}', 'body';
    is $received->{headers}{Authorization}, right($received), 'signed';

    $send->(body => '{ "as": "is" }', content_type => 'application/json',
        signature => 'bad');
    $received = $receiver->received->[1];
    is $received->{body}, '{ "as": "is" }', 'bytes as they are';
    is $received->{headers}{'Content-Type'}, 'application/json',
        'content type';
    isnt $received->{headers}{Authorization}, right($received), 'bad signature';

    is $send->()->{error}, 'body is missing', 'no body';
    is $send->(body => {}, key => 'x')->{error}, 'unknown key', 'unknown key';
    like $send->(body => {}, url => 'http://127.0.0.1:1/')->{error},
        qr/refused/, 'another URL';
};

done_testing;
