use Mojo::Base -strict, -signatures;
use utf8;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../lib";
use Mojo::IOLoop;
use Mojo::Promise;
use Sinch::Simulator::Test;
use Test::More;

my $test   = Sinch::Simulator::Test->new;
my $t      = $test->t;
my $number = '+46700000001';

$t->get_ok('/')->status_is(302)->header_is(Location => '/phone');
$t->get_ok('/phone')->status_is(200)->content_type_like(qr{\Atext/html})
    ->text_like('.empty' => qr/Nothing yet/)
    ->header_like('Content-Security-Policy' => qr/default-src 'none'/);
$t->get_ok('/phone.css')->status_is(200);
$t->get_ok('/phone.js')->status_is(200);

subtest messages => sub {
    my $id = $test->start('sms', how => {headers => {
        'Accept-Language' => 'sv'}})->json('/id');
    my $code = $test->message->{code};
    $t->get_ok('/phone')->text_is('.sms .code' => $code)
        ->text_like('.sms p[lang="sv-SE"]' =>
            qr/Din verifieringskod är $code\./)
        ->text_is('.sms .status' => 'PENDING');
    $test->report("id/$id", 'sms', $code);
    $t->get_ok('/phone')->text_is('.sms .status' => 'SUCCESSFUL');

    $test->start('callout');
    $code = $test->message->{code};
    $t->get_ok('/phone')->text_is('.callout .code' => $code)
        ->text_like('.callout p:nth-of-type(2)' => qr/A voice says/);
    $test->start('flashcall');
    $t->get_ok('/phone')
        ->text_is('.flashcall .code' => $test->message->{cli});
    $test->start('whatsapp');
    $t->get_ok('/phone')
        ->text_is('.whatsapp .code' => $test->message->{code})
        ->text_is('.flashcall .status' => 'ABORTED');
    is_deeply $t->tx->res->dom->find('.message')
        ->map(sub ($dom) { (split ' ', $dom->attr('class'))[1] })->to_array,
        [qw(whatsapp flashcall callout sms)], 'newest first';
};

subtest 'several phones' => sub {
    $test->start('sms',
        identity => {type => 'number', endpoint => '+33612345678'});
    $t->get_ok('/phone')->element_count_is('.phone', 2)
        ->text_is('.phone:first-of-type h2 a' => '+33612345678')
        ->text_is('.phone:first-of-type h2 small' => 'FR');
    my $link = $t->tx->res->dom->at('.phone:last-of-type h2 a')->attr('href');
    $t->get_ok($link)->element_count_is('.phone', 1)
        ->text_is('.phone h2 a' => $number);
    $t->get_ok("/phone?number=$number")->text_is('.phone h2 a' => $number);
};

subtest 'what is written is escaped' => sub {
    $test->start('sms', smsOptions => {template => '<b>{{CODE}}</b>&'});
    $t->get_ok('/phone')->element_exists_not('b')
        ->content_like(qr/&lt;b&gt;\d{4}&lt;/);
};

subtest seamless => sub {
    my $body = $test->start('seamless')->json;
    my $path = Mojo::URL->new($body->{seamless}{targetUri})->path;
    $t->get_ok('/phone')->element_exists('.seamless form');

    is $test->status("id/$body->{id}")->json('/status'), 'PENDING', 'pending';
    $t->get_ok("$path")->status_is(302);
    is $test->status("id/$body->{id}")->json('/status'), 'PENDING',
        'pending on the way';
    my $next = Mojo::URL->new($t->tx->res->headers->location);
    $t->get_ok($next->path->to_string)->status_is(200)
        ->json_is('/status' => 'SUCCESSFUL');
    is $test->status("id/$body->{id}")->json('/status'), 'SUCCESSFUL', 'done';
    $t->get_ok('/phone')->element_exists_not('.seamless form');

    my $id = $test->start('seamless')->json('/id');
    $t->post_ok("/phone/seamless/$id")->status_is(302);
    is $test->status("id/$id")->json('/status'), 'SUCCESSFUL', 'by the button';

    $id = $test->start('sms')->json('/id');
    $t->get_ok("/seamless/$id")->status_is(404);
    $t->get_ok("/seamless/$id/done")->status_is(404);
    $t->post_ok("/phone/seamless/$id");
    is $test->status("id/$id")->json('/status'), 'PENDING', 'sms has none';
    $t->get_ok('/seamless/nothing')->status_is(404);
    is $test->control(GET => '/_sim/requests?operation=seamless')->{count}, 5,
        'recorded';
};

subtest changes => sub {
    my $promise = Mojo::Promise->new;
    my $bytes   = '';
    my $tx      = $t->ua->build_tx(GET => '/phone/changes');
    $tx->res->content->unsubscribe('read')->on(read => sub ($content, $chunk) {
        $bytes .= $chunk;
        $promise->resolve if $bytes =~ /^data: changed\n\n/m;
    });
    my $ended = $t->ua->start_p($tx)->catch(sub { });
    Mojo::Promise->timer(0.1)->wait;
    like $bytes, qr/\Aretry: \d+\n\n\z/, 'nothing yet';

    $test->start('sms');
    Mojo::Promise->race($promise, Mojo::Promise->timeout(5))->wait;
    like $bytes, qr/^data: changed\n\n/m, 'told of a change';
    is $tx->res->headers->content_type, 'text/event-stream', 'type';

    my $engine = $test->sim->engine;
    is @{$engine->subscribers('changed')}, 2, 'one listens';
    $t->ua->ioloop->remove($tx->connection);
    Mojo::Promise->timer(0.1)->wait;
    is @{$engine->subscribers('changed')}, 1, 'nobody listens any more';
};

done_testing;
