use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../lib";
use Sinch::Simulator::TestProgram;
use Test::More;

# What a client sees of each fault, over real connections.
my $program = Sinch::Simulator::TestProgram->new->start(
    '--http' => '127.0.0.1:0', '--https' => '127.0.0.1:0', '--quiet');

# The answer to one start on a connection of its own.
sub answer ($url, $until = undef, $seconds = 60) {
    my $socket = $program->connect($url);
    print $socket $program->request;
    return $program->read_all($socket, $until, $seconds);
}

# The newest request's record, and how many verifications there are.
sub record () {
    return $program->control(GET => '/_sim/requests?limit=1')->{items}[0];
}

sub verifications () {
    return $program->control(GET => '/_sim/verifications')->{count};
}

my $whole = qr/\r\n\r\n\{.*\}\z/s;

for my $url ($program->http, $program->https) {
    my ($scheme) = $url =~ /\A(\w+)/;

    my $reset = sub (%fault) {
        $program->control(POST => '/_sim/reset');
        $program->fault(operation => 'start', %fault) if %fault;
    };

    subtest "$scheme: none" => sub {
        $reset->();
        my ($bytes) = answer($url, $whole);
        like $bytes, qr{\AHTTP/1\.1 200 OK\r\n}, 'whole answer';
        is record()->{tls}, $scheme eq 'https' ? 1 : 0, 'tls';
    };

    subtest "$scheme: drop" => sub {
        for my $process (0, 1) {
            $reset->(kind => 'drop', process => $process ? \1 : \0);
            my ($bytes, $end) = answer($url);
            is $bytes, '', 'no byte';
            is $end, 'end', 'but an end';
            is verifications(), $process,
                $process ? 'processed' : 'not processed';
            is record()->{status}, undef, 'no status';
            is record()->{fault}, 'drop', 'recorded';
        }
    };

    subtest "$scheme: reset" => sub {
        $reset->(kind => 'reset');
        is_deeply [answer($url)], ['', 'reset'], 'reset without a byte';
    };

    subtest "$scheme: hang" => sub {
        $reset->(kind => 'hang');
        is_deeply [answer($url, undef, 0.5)], ['', 'silence'], 'nothing';
    };

    subtest "$scheme: half" => sub {
        $reset->(kind => 'half');
        my ($bytes, $end) = answer($url);
        my ($head, $body) = split /\r\n\r\n/, $bytes;
        my ($length) = $head =~ /Content-Length: (\d+)/;
        is length $body, int($length / 2), 'half of the body';
        is $end, 'end', 'then the end';
    };

    subtest "$scheme: drip" => sub {
        $reset->(kind => 'drip', every => 2);
        my ($bytes, $end) = answer($url);
        like $bytes, $whole, 'it all comes';
        is $end, 'end', 'then the end';

        $reset->(kind => 'drip');
        ($bytes) = answer($url, qr/\AHT/);
        is $bytes, 'HT', 'one by one';
    };

    subtest "$scheme: endless" => sub {
        $reset->(kind => 'endless');
        my ($bytes, $end) = answer($url, qr/\A(?:.{50000}){80}/s);
        is $end, 'match', 'four megabytes, and more to come';
        like $bytes, qr/Transfer-Encoding: chunked/, 'chunked';
        is verifications(), 1, 'the program goes on';
    };

    subtest "$scheme: raw" => sub {
        $reset->(kind => 'raw', body => "SSH-2.0-x\r\n");
        is_deeply [answer($url)], ["SSH-2.0-x\r\n", 'end'], 'as it is';
    };

    subtest "$scheme: broken" => sub {
        $reset->(kind => 'broken');
        my ($bytes) = answer($url, qr/\r\n\r\n\{/);
        my ($head, $body) = split /\r\n\r\n/, $bytes;
        my ($length) = $head =~ /Content-Length: (\d+)/;
        is length $body, $length, 'whole, as far as HTTP can tell';
        ok !eval { Mojo::JSON::decode_json($body) }, 'but not JSON';
    };

    subtest "$scheme: headers" => sub {
        $reset->(kind => 'headers', bytes => 100_000);
        my ($bytes) = answer($url, $whole);
        my ($head) = split /\r\n\r\n/, $bytes;
        cmp_ok length $head, '>', 100_000, 'huge';
    };

    subtest "$scheme: status" => sub {
        $reset->(kind => 'status', status => 503, body => '<p>down</p>',
            headers => {'Retry-After' => '7', 'Content-Type' => 'text/html'});
        my ($bytes) = answer($url, qr{</p>});
        like $bytes, qr{\AHTTP/1\.1 503 .*\r\n}, 'status';
        like $bytes, qr{\r\nRetry-After: 7\r\n}, 'header';
        like $bytes, qr{\r\nContent-Type: text/html\r\n}, 'content type';
        like $bytes, qr{\r\n\r\n<p>down</p>\z}, 'body';
    };

    subtest "$scheme: error" => sub {
        $reset->(kind => 'error', errorCode => 40200);
        my ($bytes) = answer($url, $whole);
        like $bytes, qr{\AHTTP/1\.1 402 }, 'status';
        like $bytes, qr/"errorCode":40200,"message":"Not enough credit\."/,
            'body';
        is verifications(), 0, 'not processed';
    };

    subtest "$scheme: redirect" => sub {
        $reset->(kind => 'redirect', url => 'https://elsewhere.example/x');
        my ($bytes) = answer($url, qr/\r\n\r\n/);
        like $bytes, qr{\AHTTP/1\.1 302 }, 'status';
        like $bytes, qr{\r\nLocation: https://elsewhere\.example/x\r\n}, 'to';
    };

    subtest "$scheme: json" => sub {
        $reset->(kind => 'json', body => {id => 'x/y', n => [1, '2', undef]});
        my ($bytes) = answer($url, $whole);
        like $bytes, qr{\r\n\r\n\{"n":\[1,"2",null\],"id":"x/y"\}\z}, 'body';
    };

    subtest "$scheme: merge" => sub {
        $reset->(kind => 'merge', members => {id => '7'}, remove => ['_links']);
        my ($bytes) = answer($url, $whole);
        like $bytes, qr/\{"id":"7","method":"sms","sms":/, 'changed';
        unlike $bytes, qr/_links/, 'removed';
        is verifications(), 1, 'processed';
    };

    subtest "$scheme: close" => sub {
        $reset->(kind => 'close');
        my ($bytes, $end) = answer($url);
        like $bytes, $whole, 'whole answer';
        unlike $bytes, qr/Connection: close/i, 'without a warning';
        is $end, 'end', 'then the end';
    };

    subtest "$scheme: reused connections" => sub {
        $reset->(kind => 'drop', reused => \1);
        my $socket = $program->connect($url);
        print $socket $program->request;
        my ($bytes) = $program->read_all($socket, $whole);
        like $bytes, $whole, 'first';
        my $first = record();
        ok !$first->{reused}, 'new connection';
        is $first->{request}, 1, 'its first request';

        print $socket $program->request;
        is_deeply [$program->read_all($socket)], ['', 'end'], 'second';
        my $second = record();
        is $second->{connection}, $first->{connection}, 'same connection';
        is $second->{request}, 2, 'its second request';
        ok $second->{reused}, 'reused';

        answer($url, $whole);
        isnt record()->{connection}, $first->{connection}, 'another one';
    };
}

subtest delay => sub {
    for my $when (qw(before after)) {
        $program->control(POST => '/_sim/reset');
        $program->fault(kind => 'delay', delay => 2000, when => $when);
        my $socket = $program->connect;
        print $socket $program->request;
        is_deeply [$program->read_all($socket, undef, 0.2)], ['', 'silence'],
            "$when: nothing yet";
        is verifications(), $when eq 'after' ? 1 : 0,
            "$when: processed or not";
        my ($bytes) = $program->read_all($socket, $whole);
        like $bytes, $whole, "$when: but then";
    }
};

subtest 'which request' => sub {
    $program->control(POST => '/_sim/reset');
    $program->fault(operation => 'start', kind => 'error', errorCode => 42900,
        skip => 1, times => 2);
    my @statuses = map {
        (answer($program->http, $whole))[0] =~ m{\AHTTP/1\.1 (\d+)};
    } 1 .. 4;
    is_deeply \@statuses, [200, 429, 429, 200], 'skip and times';

    $program->fault(operation => 'report', kind => 'drop');
    $program->fault(operation => 'start', match => '+4799', kind => 'drop');
    like +(answer($program->http, $whole))[0], $whole,
        'another operation, another number';
    is $program->control(GET => '/_sim/faults')->{items}[0]{hits}, 0, 'no hit';

    $program->control(DELETE => '/_sim/faults');
    $program->fault(kind => 'drop', times => 0);
    is_deeply [answer($program->http)], ['', 'end'], "any, $_" for 1 .. 3;
    is $program->control(GET => '/_sim/faults')->{items}[0]{hits}, 3, 'hits';
};

subtest refused => sub {
    $program->control(DELETE => '/_sim/faults');
    for my $fault (
        {},
        {kind => 'nonsense'},
        {kind => 'delay'},
        {kind => 'delay', delay => 'long'},
        {kind => 'delay', delay => -1},
        {kind => 'drop', operation => 'nonsense'},
        {kind => 'drop', times => 'twice'},
        {kind => 'drop', match => 7},
        {kind => 'hold', operation => 'start'},
        {kind => 'reset', operation => 'callback'},
        {kind => 'error'},
        {kind => 'error', errorCode => 'x'},
        {kind => 'error', errorCode => 7},
        {kind => 'status', status => 'down'},
        {kind => 'status', status => 42},
        {kind => 'outcome', status => 200},
        {kind => 'redirect', url => 7},
        {kind => 'status', headers => []},
        {kind => 'merge', members => []},
        {kind => 'merge', members => {}, remove => 'id'},
    ) {
        ok $program->fault(%$fault)->{error}, Mojo::JSON::encode_json($fault);
    }
    is @{$program->control(GET => '/_sim/faults')->{items}}, 0, 'none is there';
};

is $program->log, '', 'the program had nothing to complain about';

done_testing;
