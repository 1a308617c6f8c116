use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../lib";
use Mojo::JSON qw(false true);
use Mojo::Promise;
use Sinch::Simulator::Test;
use Test::More;

my $test   = Sinch::Simulator::Test->new;
my $number = '+46700000001';

sub get ($path) { return $test->control(GET => $path) }

sub reset_all () { $test->control(POST => '/_sim/reset') }

subtest outbox => sub {
    my $id = $test->start('sms', reference => 'r')->json('/id');
    $test->start('callout',
        identity => {type => 'number', endpoint => '+46700000002'});

    my $all = get('/outbox');
    is $all->{count}, 2, 'two messages';
    my $sms = $all->{items}[0];
    is_deeply [sort keys %$sms],
        [qw(code id language method n number reference text time)], 'members';
    is_deeply [@$sms{qw(n id method number reference)}],
        [1, $id, 'sms', $number, 'r'], 'values';
    is_deeply get('/_sim/outbox'), $all, 'under the other name';

    is get("/outbox?number=$number")->{count}, 1, 'by number';
    is get('/outbox?number=%2B46700000002')->{items}[0]{method}, 'callout',
        'by encoded number';
    is get('/outbox?method=callout')->{count}, 1, 'by method';
    is get("/outbox?id=$id")->{count}, 1, 'by id';
    is get('/outbox?number=+4799')->{count}, 0, 'none';
    is get('/outbox?after=1')->{count}, 1, 'after';
    my $newest = get('/outbox?limit=1');
    is_deeply [$newest->{count}, scalar @{$newest->{items}},
        $newest->{items}[0]{n}], [2, 1, 2], 'limit';
    ok get("/outbox?$_=x")->{error}, "$_=x" for qw(after limit wait count);

    $test->control(DELETE => '/outbox');
    is get('/outbox')->{count}, 0, 'cleared';
    $test->start('sms');
    is get('/outbox')->{items}[0]{n}, 3, 'the numbers go on';
};

subtest waiting => sub {
    reset_all();
    my $ua    = $test->t->ua;
    my $found = $ua->get_p("/outbox?number=$number&wait=10&count=2")
        ->then(sub ($tx) { $tx->res->json });
    $test->start('sms');
    $test->start('callout');
    my $result;
    $found->then(sub ($json) { $result = $json })->wait;
    is $result->{count}, 2, 'woken by the second';
    is get('/outbox?number=+4799&wait=0.05')->{count}, 0, 'time over';
    is keys %{$test->sim->outbox->{waiters}}, 0, 'nobody waits';

    $found = $ua->get_p('/_sim/requests?status=404&wait=10')
        ->then(sub ($tx) { $result = $tx->res->json });
    $test->status('id/nothing');
    $found->wait;
    is $result->{items}[0]{status}, 404, 'woken when the record is complete';
};

subtest requests => sub {
    reset_all();
    my $id = $test->start('sms')->json('/id');
    $test->report("id/$id", 'sms', 'x');
    $test->status("id/$id?x=1", sign => {
        path => "/verification/v1/verifications/id/$id"});
    $test->call(POST => '/verification/v1/verifications', '{}',
        headers => {Authorization => 'x'});

    my $items = get('/_sim/requests')->{items};
    is_deeply [map { $_->{operation} } @$items],
        [qw(start report status start)], 'operations';
    is_deeply [map { $_->{status} } @$items], [200, 200, 200, 401], 'statuses';
    is_deeply [map { $_->{auth} } @$items],
        ['signed', 'signed', 'signed', 40107], 'authentication';
    is_deeply [map { $_->{error} } @$items], [undef, undef, undef, 40107],
        'errors';
    my $report = $items->[1];
    is $report->{method}, 'PUT', 'method';
    is $report->{path}, "/verification/v1/verifications/id/$id", 'path';
    is $report->{body}, '{"method":"sms","sms":{"code":"x"}}', 'body';
    is $report->{headers}{'content-type'}, 'application/json', 'header';
    is $items->[2]{query}, 'x=1', 'query';
    is get('/_sim/requests?operation=start')->{count}, 2, 'by operation';
    is get('/_sim/requests?auth=40107')->{count}, 1, 'by refusal';
    is get('/_sim/requests?reused=false')->{count},
        (grep { !$_->{reused} } @$items), 'by reuse';

    $test->control(DELETE => '/_sim/requests');
    is get('/_sim/requests')->{count}, 0, 'cleared';
};

subtest verifications => sub {
    reset_all();
    my $id = $test->start('sms', custom => 'c')->json('/id');
    $test->report("id/$id", 'sms', 'x');
    my $shown = get("/_sim/verifications/$id");
    is_deeply [@$shown{qw(id status attempts custom language app code)}],
        [$id, 'PENDING', 1, 'c', 'en-US', $test->key, $test->message->{code}],
        'one';
    is_deeply get('/_sim/verifications'), {count => 1, items => [$shown]},
        'all';
    ok get('/_sim/verifications/x')->{error}, 'unknown';
};

subtest settle => sub {
    reset_all();
    my $id     = $test->start('sms')->json('/id');
    my $settle = sub (%how) {
        return $test->control(POST => '/_sim/settle', \%how);
    };
    is $settle->(id => $id, status => 'ERROR', reason => 'SMS delivery failure')
        ->{status}, 'ERROR', 'by id';
    is $test->status("id/$id")->json('/reason'), 'SMS delivery failure',
        'reason';
    $settle->(number => $number, status => 'SUCCESSFUL');
    is $test->status("id/$id")->json('/status'), 'SUCCESSFUL', 'by number';
    is $test->status("id/$id")->json('/reason'), undef, 'no reason';
    $settle->(id => $id, status => 'UNHEARD_OF');
    is $test->status("id/$id")->json('/status'), 'UNHEARD_OF', 'any word';
    $settle->(id => $id, status => 'PENDING');
    is $test->report("id/$id", 'sms', $test->message->{code})
        ->json('/status'), 'SUCCESSFUL', 'open again';

    ok $settle->(id => 'x', status => 'FAIL')->{error}, 'unknown';
    ok $settle->(status => 'FAIL')->{error}, 'which one?';
    ok $settle->(id => $id)->{error}, 'no status';
};

subtest 'faults in the processing' => sub {
    reset_all();
    my $id = $test->start('sms')->json('/id');
    $test->fault(operation => 'report', kind => 'final');
    is $test->report("id/$id", 'sms', 'x')->json('/reason'), 'Invalid code',
        'wrong code';
    is $test->report("id/$id", 'sms', $test->message->{code})->code, 404,
        'ended it';

    $id = $test->start('sms')->json('/id');
    $test->fault(operation => 'report', kind => 'outcome', status => 'FAIL',
        reason => 'Fraud');
    is $test->report("id/$id", 'sms', $test->message->{code})
        ->json('/reason'), 'Fraud', 'outcome of a report';

    $test->fault(operation => 'start', kind => 'outcome', status => 'DENIED',
        reason => 'Destination denied');
    $id = $test->start('sms')->json('/id');
    is $test->status("id/$id")->json('/reason'), 'Destination denied',
        'outcome of a start';
    is $test->message->{id} eq $id, '', 'no message then';
};

subtest 'one fault of several' => sub {
    reset_all();
    my $added = $test->control(POST => '/_sim/faults',
        [{kind => 'drop'}, {kind => 'reset'}]);
    is @{$added->{items}}, 2, 'a list of faults';
    my $first = $added->{items}[0]{id};
    $test->control(DELETE => "/_sim/faults/$first");
    is_deeply [map { $_->{kind} } @{get('/_sim/faults')->{items}}],
        ['reset'], 'one is removed';
    $test->control(DELETE => '/_sim/faults');
    is_deeply get('/_sim/faults')->{items}, [], 'none is left';
};

subtest settings => sub {
    reset_all();
    my $patch = sub ($changes) {
        return $test->control(PATCH => '/_sim/settings', $changes);
    };
    my $before = get('/_sim/settings');
    ok !exists $before->{apps}, 'no secrets';
    is $patch->({code_length => 6})->{code_length}, 6, 'changed';
    $test->start('sms');
    is length $test->message->{code}, 6, 'in use';
    is $patch->({callback => 'http://127.0.0.1:1/x'})->{callback},
        'http://127.0.0.1:1/x', 'callback';
    is $patch->({callback => undef})->{callback}, undef, 'none again';
    is $patch->({event_per_report => true})->{event_per_report}, true, 'true';
    is $patch->({event_per_report => false})->{event_per_report}, false,
        'false';
    ok $patch->($_)->{error}, Mojo::JSON::encode_json($_)
        for {nonsense => 1}, {apps => {}}, {keep => 1}, {code_length => 11},
        {code_length => 'x'}, {auth => 'none'}, {callback => 'ftp://x'},
        {prices => 'euro'}, {skew => -1}, [];
    $patch->({code_length => 4});
    is_deeply get('/_sim/settings'), $before, 'as before';
};

subtest reset => sub {
    $test->start('sms', reference => 'again');
    $test->fault(kind => 'drop');
    reset_all();
    is get($_)->{count}, 0, $_
        for qw(/outbox /_sim/requests /_sim/events /_sim/verifications);
    is $test->start('sms', reference => 'again')->code, 200, 'no fault left';
};

subtest 'bad requests' => sub {
    my $ua = $test->t->ua;
    for my $path (qw(faults settle events)) {
        for my $body ('', '{', '"x"', '7') {
            my $response = $ua->post("/_sim/$path", $body)->res;
            is $response->code, 400, "$path '$body'";
            ok $response->json('/error'), 'error';
        }
    }
    is $ua->get('/nowhere')->res->code, 404, 'elsewhere';
    ok $ua->get('/_sim/nowhere')->res->json('/error'), 'in JSON';
};

is get('/_sim')->{simulator}, 'sinch', 'index';

done_testing;
