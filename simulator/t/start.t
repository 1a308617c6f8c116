use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../lib";
use Sinch::Simulator::JSON qw(encode);
use Sinch::Simulator::Test;
use Test::More;

my $test = Sinch::Simulator::Test->new;
my $api  = '/verification/v1/verifications';

sub refused ($response, $code, $name) {
    is $response->json('/errorCode'), $code, "$name: code"
        or diag $response->to_string;
    is $response->code, int($code / 100), "$name: status";
}

subtest sms => sub {
    my $response = $test->start('sms', reference => 'order-42');
    is $response->code, 200, 'status';
    is $response->headers->content_type, 'application/json; charset=utf-8',
        'content type';
    is $response->headers->header('Content-Language'), 'en-US', 'language';

    my $body = $response->json;
    my $href = $test->t->ua->server->url->to_string =~ s{/\z}{}r
        . "$api/id/$body->{id}";
    like $body->{id}, qr/\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\z/, 'id';
    is_deeply $body, {
        id     => $body->{id},
        method => 'sms',
        sms    => {
            template => 'Your verification code is {{CODE}}. Verified by Sinch',
            interceptionTimeout => 300,
            codeType            => 'Numeric',
        },
        _links => [
            {rel => 'status', href => $href, method => 'GET'},
            {rel => 'report', href => $href, method => 'PUT'},
        ],
    }, 'body';

    my $message = $test->message;
    like $message->{code}, qr/\A\d{4}\z/, 'four digits';
    is $message->{text},
        "Your verification code is $message->{code}. Verified by Sinch", 'text';
    is_deeply [@$message{qw(id method number reference language)}],
        [$body->{id}, 'sms', '+46700000001', 'order-42', 'en-US'], 'message';
};

subtest 'sms options' => sub {
    my $response = $test->start('sms', smsOptions => {
        codeType        => 'Alphanumeric',
        expiry          => '01:02:03',
        applicationHash => 'K2Lr-F4WfHp',
        'my key'        => 'my value',
    });
    is $response->json('/sms/codeType'), 'Alphanumeric', 'code type';
    is $response->json('/sms/interceptionTimeout'), 3723, 'expiry';
    like $test->message->{code}, qr/\A[0-9A-Z]{4}\z/, 'code';
    like $test->message->{text}, qr/\nK2Lr-F4WfHp\z/, 'application hash';

    $test->start('sms', smsOptions => {codeType => 'Alpha'});
    like $test->message->{code}, qr/\A[A-Z]{4}\z/, 'letters';

    $test->start('sms', smsOptions => {template => 'Say {{CODE}} to us'});
    like $test->message->{text}, qr/\ASay \d{4} to us\z/, 'template';
};

subtest languages => sub {
    for my $case (
        ['sv-SE',                    'sv-SE'],
        ['sv',                       'sv-SE'],
        ['SV-fi',                    'sv-SE'],
        ['xx, es-ES;q=0.8, de;q=0.9', 'de-DE'],
        ['de;q=0, fr',               'fr-FR'],
        ['xx',                       'en-US'],
        ['',                         'en-US'],
        [';;,,',                     'en-US'],
    ) {
        my ($accept, $language) = @$case;
        my $response = $test->start('sms',
            how => {headers => {'Accept-Language' => $accept}});
        is $response->headers->header('Content-Language'), $language,
            "'$accept'";
        is $test->message->{language}, $language, "'$accept' in the message";
    }
    is $test->start('sms', how => {headers => {'Accept-Language' => 'sv'}})
        ->json('/sms/template'), "Din verifieringskod \x{e4}r {{CODE}}.",
        'template';
};

subtest flashcall => sub {
    my $body = $test->start('flashcall')->json;
    my $cli  = $test->message->{cli};
    like $cli, qr/\A\+44\d{10}\z/, 'number that calls';
    is_deeply $body->{flashCall}, {
        cliFilter           => '(.*)' . substr($cli, -4) . '(.*)',
        interceptionTimeout => 45,
        reportTimeout       => 75,
        denyCallAfter       => 0,
        callId              => $body->{id},
    }, 'body';
    is $body->{method}, 'flashcall', 'method';

    $body = $test->start('flashCall',
        flashCallOptions => {dialTimeout => 5, interceptionTimeout => 120})
        ->json;
    is $body->{method}, 'flashcall', 'method in the other spelling';
    is $body->{flashCall}{interceptionTimeout}, 120, 'interception timeout';
    is $body->{flashCall}{reportTimeout}, 150, 'report timeout';
};

subtest callout => sub {
    my $body = $test->start('callout',
        calloutOptions => {speech => {locale => 'fr-FR'}})->json;
    is_deeply [sort keys %$body], [qw(_links id method)], 'no own member';
    my $message = $test->message;
    my $spoken  = join ', ', split //, $message->{code};
    is $message->{text}, "Votre code de v\x{e9}rification est $spoken",
        'what the voice says';
};

subtest whatsapp => sub {
    my $body = $test->start('whatsapp',
        whatsappOptions => {codeType => 'Alpha'})->json;
    is_deeply $body->{whatsapp}, {codeType => 'Alpha'}, 'body';
    like $test->message->{code}, qr/\A[A-Z]{4}\z/, 'code';
};

subtest seamless => sub {
    my $body = $test->start('seamless')->json;
    is $body->{seamless}{targetUri},
        "https://127.0.0.1:8443/seamless/$body->{id}", 'target';
    is $test->message->{targetUri}, $body->{seamless}{targetUri}, 'message';

    local $test->sim->settings->{seamless} = undef;
    my $response = $test->start('seamless');
    refused($response, 40300, 'without https');
    is $response->json('/message'),
        'Seamless verification not available for given destination.', 'words';
};

subtest 'length of codes' => sub {
    local $test->sim->settings->{code_length} = 6;
    $test->start($_), like $test->message->{code}, qr/\A\d{6}\z/, $_
        for qw(sms callout whatsapp);
};

subtest 'custom and reference' => sub {
    is $test->start('sms', custom => "\x{e5}" x 4096)->code, 200,
        '4096 characters';
    refused($test->start('sms', custom => 'x' x 4097), 40001, '4097');
    refused($test->start('sms', custom => {}), 40001, 'custom object');
    refused($test->start('sms', custom => 7), 40001, 'custom number');
    is $test->start('sms', custom => undef)->code, 200, 'custom null';

    is $test->start('sms', reference => 'A.b_c~d-1')->code, 200, 'reference';
    refused($test->start('sms', reference => 'A.b_c~d-1'), 40900,
        'reference again');
    refused($test->start('sms', reference => $_), 40001, "reference $_")
        for '', 'a/b', 'a?b', 'a#b', "a\nb", '..', {}, 7;
};

subtest numbers => sub {
    my $with = sub ($endpoint) {
        return $test->start('sms',
            identity => {type => 'number', endpoint => $endpoint});
    };
    refused($with->('46700000001'), 40005, 'no plus');
    refused($with->($_), 40001, 'number ' . encode($_))
        for '+', '+4813', '+467000', '+4670000000012345', '+0700000001',
        '+46 700000001', '+46-700000001', '+46(0)700000001', "+4670000000\n",
        '+4670000000a', '+99970000000',
        "+46\x{661}\x{662}\x{663}\x{664}\x{665}";
    refused($with->($_), 40001, 'number of another type')
        for 46700000001, ['+46700000001'], {};
    refused($with->(undef), 40002, 'null');
    like $with->('+4813')->json('/message'),
        qr/\ANumber \+4813 is invalid\. Too short\.\z/, 'words';
    is $with->($_)->code, 200, "number $_"
        for '+4670000', '+467000000012345', '+12025550123', '+33612345678';
};

subtest identity => sub {
    my $with = sub ($identity) {
        return $test->start('sms', identity => $identity);
    };
    my $number = '+46700000001';
    refused($with->(undef), 40002, 'none');
    refused($with->('x'), 40001, 'a string');
    refused($with->({endpoint => $number}), 40002, 'no type');
    refused($with->({type => 'number'}), 40002, 'no endpoint');
    refused($with->({type => 'email', endpoint => $number}), 40001,
        'another type');
    refused($with->({type => 1, endpoint => $number}), 40001, 'type a number');
};

subtest methods => sub {
    refused($test->start(undef), 40002, 'none');
    refused($test->start($_), 40001, 'method ' . encode($_))
        for 'pigeon', '', 1, {}, ['sms'];
    is $test->start('SMS')->json('/method'), 'sms', 'upper case';
};

subtest options => sub {
    for my $case (
        ['sms', smsOptions => 'x'],
        ['sms', smsOptions => []],
        ['sms', smsOptions => {codeType => 'numeric'}],
        ['sms', smsOptions => {codeType => 1}],
        ['sms', smsOptions => {expiry => '5'}],
        ['sms', smsOptions => {expiry => '00:60:00'}],
        ['sms', smsOptions => {expiry => '00:00:00'}],
        ['sms', smsOptions => {expiry => 300}],
        ['sms', smsOptions => {applicationHash => 1}],
        ['flashcall', flashCallOptions => {dialTimeout => 4}],
        ['flashcall', flashCallOptions => {dialTimeout => 121}],
        ['flashcall', flashCallOptions => {dialTimeout => '10'}],
        ['flashcall', flashCallOptions => {dialTimeout => 10.5}],
        ['flashcall', flashCallOptions => {interceptionTimeout => 4}],
        ['flashcall', flashCallOptions => {interceptionTimeout => 121}],
        ['callout', calloutOptions => {speech => 'en-US'}],
        ['callout', calloutOptions => {speech => {locale => 'english'}}],
        ['callout', calloutOptions => {speech => {locale => 1}}],
        ['whatsapp', whatsappOptions => {codeType => 'Digits'}],
    ) {
        my ($method, %options) = @$case;
        refused($test->start($method, %options), 40001, encode(\%options));
    }
};

subtest bodies => sub {
    my $post = sub ($body, %how) {
        return $test->call(POST => $api, $body, %how);
    };
    refused($post->($_), 40003, "body $_")
        for '{', '[]', '"x"', '1', 'null', '{} x', "\xff{}", 'method=sms',
        '{"method":"sms",}';
    refused($test->call(POST => $api, '',
        headers => {'Content-Type' => 'application/json'}), 40003, 'empty');
    refused($post->('{}'), 40002, 'empty object');
    refused($test->start('sms', how => {headers => {'Content-Type' => $_}}),
        40003, "content type $_")
        for 'text/plain', 'application/x-www-form-urlencoded',
        'application/json; charset=latin1', 'application/jsonx';
    refused($test->start('sms', how => {headers => {'Content-Type' => undef}}),
        40003, 'no content type');
    refused($post->('"' . 'x' x 1_100_000 . '"'), 40003, 'too large');
};

subtest paths => sub {
    refused($test->call(GET => $api), 40500, 'GET of start');
    refused($test->call(DELETE => "$api/id/x"), 40500, 'DELETE');
    refused($test->call(GET => '/verification/v1/other'), 40400, 'elsewhere');
    refused($test->call(GET => "$api/x/y/z"), 40400, 'deeper');
};

subtest 'one at a time' => sub {
    my $first  = $test->start('sms')->json('/id');
    my $second = $test->start('callout')->json('/id');
    my $other  = $test->start('sms',
        identity => {type => 'number', endpoint => '+46700000002'})
        ->json('/id');
    is $test->status("id/$first")->json('/status'),  'ABORTED', 'first';
    is $test->status("id/$first")->json('/reason'),  undef,     'no reason';
    is $test->status("id/$second")->json('/status'), 'PENDING', 'second';
    is $test->status("id/$other")->json('/status'), 'PENDING',
        "another number's";
};

subtest 'what is remembered' => sub {
    my $small = Sinch::Simulator::Test->new(settings => {keep => 2});
    my @ids   = map { $small->start('sms', reference => "r$_")->json('/id') }
        1 .. 3;
    is $small->status("id/$ids[0]")->code, 404, 'the oldest is forgotten';
    is $small->status('reference/r1')->code, 404, 'with its reference';
    is $small->status("id/$ids[2]")->code, 200, 'the newest is there';
    is @{$small->sim->outbox->items}, 2, 'two messages';
};

done_testing;
