#!/usr/bin/perl

# Every option of an app, as a constant and by a variable: the body that is
# sent is the contract's; what is out of range is refused by nginx -t, and what
# a variable gives, at the request.

use strict;
use warnings;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp top);
use PhoneVerify::Log;
use PhoneVerify::Metrics;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my @all = qw(sms flashcall callout seamless whatsapp);
my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim,
                                    app => "methods @all;",
                                    server => 'location = /metrics'
                                              . ' { phone_verify_metrics; }')
    ->start;
my $metrics = PhoneVerify::Metrics->new($nginx);
my $n = 46840000000;

sub said { return $_[0]->status . ' ' . $_[0]->code }

sub start {
    my ($method, @more) = @_;

    my @headers = grep { !ref } @more;
    my %member = map { %$_ } grep { ref } @more;

    return $nginx->visitor->post('/verify/start',
        { number => '+' . ++$n, method => $method, %member }, @headers);
}

# what Sinch was sent last

sub sent {
    my ($asked) = reverse $sim->requests;
    my $body = $asked->{body};

    utf8::decode($body);
    $body = JSON::PP->new->decode($body);

    return ($body, $asked->{headers}{'accept-language'});
}

# an example's request, with the number and the reference of the one that was
# sent, and without the members by which it shows that any are taken

sub example {
    my ($method, $sent) = @_;

    my $json = decode_json(
        slurp(top() . "/t/data/sinch-examples/start-request-$method.json"));

    $json->{identity}{endpoint} = $sent->{identity}{endpoint};
    $json->{reference} = $sent->{reference};
    delete $_->{'my key'} for grep { ref } values %$json;

    return $json;
}


# the examples, by constants and by variables

my %option = (
    custom                         => [ 'a custom' ],
    sms_code_type                  => [ 'Alphanumeric' ],
    sms_expiry                     => [ '01:02:03' ],
    flashcall_dial_timeout         => [ '17s' ],
    flashcall_interception_timeout => [ '23s' ],
    callout_locale                 => [ 'fr-FR' ],
    whatsapp_code_type             => [ 'Alphanumeric' ],
);

my $constants = "methods @all;\n"
    . join '', map { qq($_ "$option{$_}[0]";\n) } sort keys %option;
my $variables = "methods @all;\n"
    . join '', map { "$_ \$http_x_$_;\n" } sort keys %option;
my @headers = map { 'X-' . tr/_/-/r . ": $option{$_}[0]" } sort keys %option;

for my $by ([ 'constants', $constants ], [ 'variables', $variables, @headers ])
{
    my ($name, $app, @h) = @$by;

    $nginx->conf(app => $app)->reload;
    $nginx->wait_old;

    for my $method (@all) {
        is(start($method, @h)->status, 200, "$name, $method: started");

        my ($body) = sent();
        is_deeply($body, example($method, $body),
                  "$name, $method: as in the example");
    }
}


# a variable that is empty leaves its option out

for my $method (@all) {
    start($method);
    is_deeply([ sort keys %{(sent())[0]} ], [ qw(identity method reference) ],
              "$method: no options");
}


# each option by itself: where it goes, and to which methods

sub at {
    my ($body, @path) = @_;

    $body = ref $body ? $body->{$_} : undef for @path;
    return $body;
}

my @each = (
    [ sms_code_type => 'Numeric', 'Numeric', qw(smsOptions codeType) ],
    [ sms_code_type => 'Alpha', 'Alpha', qw(smsOptions codeType) ],
    [ sms_expiry => '00:00:01', '00:00:01', qw(smsOptions expiry) ],
    [ sms_expiry => '23:59:59', '23:59:59', qw(smsOptions expiry) ],
    [ sms_application_hash => 'FA+9qCX9/=u', 'FA+9qCX9/=u',
      qw(smsOptions applicationHash) ],
    [ flashcall_dial_timeout => '5', 5, qw(flashCallOptions dialTimeout) ],
    [ flashcall_dial_timeout => '2m', 120,
      qw(flashCallOptions dialTimeout) ],
    [ flashcall_interception_timeout => '120s', 120,
      qw(flashCallOptions interceptionTimeout) ],
    [ callout_locale => 'en-US', 'en-US',
      qw(calloutOptions speech locale) ],
    [ whatsapp_code_type => 'Alpha', 'Alpha',
      qw(whatsappOptions codeType) ],
);

for my $each (@each) {
    my ($name, $value, $expected, @path) = @$each;
    my ($own) = $name =~ /^(\w+?)_/;

    $nginx->conf(app => "methods @all;\n$name $value;")->reload;
    $nginx->wait_old;

    for my $method ($own, $own eq 'sms' ? 'whatsapp' : 'sms') {
        start($method);
        my ($body) = sent();
        my $options = $path[0];

        if ($method eq $own) {
            is(JSON::PP->new->canonical->encode(at($body, $options)),
               JSON::PP->new->canonical->encode(
                   $path[2] ? { $path[1] => { $path[2] => $expected } }
                            : { $path[1] => $expected }),
               "$name $value: $options");
        } else {
            ok(!grep({ /Options/ } keys %$body), "$name: not for $method");
        }
    }
}


# custom: any text, of 4096 characters at most, however many bytes

my $long = ("\xc3\xa9" x 4095) . '"';

$nginx->conf(app => "methods @all;\ncustom \$http_x_custom;",
             http => 'large_client_header_buffers 4 32k;')->reload;
$nginx->wait_old;

for my $custom ('a', '0', '"\\/', "caf\xc3\xa9 \xe2\x82\xac", $long) {
    is(start('sms', "X-Custom: $custom")->status, 200, 'custom');
    my $text = $custom;
    utf8::decode($text);
    is((sent())[0]{custom}, $text, 'of ' . length($text) . ' characters');
}


# language: the client's, else the app's, as a header; not a member

$nginx->conf(app => "methods @all;\nlanguage \$http_accept_language;")
      ->reload;
$nginx->wait_old;

for my $l ([ 'es-ES' ], [ 'sv-SE, sv;q=0.9, *;q=0.1' ],
           [ 'es-ES', { language => 'de-DE' } ], [ undef ])
{
    my ($language, $own) = @$l;

    for my $method ('sms', 'callout') {
        is(start($method, $language ? "Accept-Language: $language" : (),
                 $own || ())->status, 200, "$method: started");
        my ($body, $header) = sent();
        is($header, $own ? $own->{language} : $language,
           "$method: Accept-Language");
        is_deeply([ sort keys %$body ], [ qw(identity method reference) ],
                  "$method: nothing in the body");
    }
}

$nginx->conf(app => "methods @all;\nlanguage sv-SE;")->reload;
$nginx->wait_old;
start('sms', 'Accept-Language: fr');
is((sent())[1], 'sv-SE', 'a constant is whatever the client speaks');


# what is none: by nginx -t, and at the request

my %bad = (
    language => [ 'a' x 65, 'sv_SE', 'sv/SE', "sv\xc3\xa9" ],
    custom => [ 'a' x 4097, "\xc3\xa9" x 4097, "\xff\xfe" ],
    sms_code_type => [ 'numeric', 'Digits', 'NumericX', 'Alphanumerics' ],
    sms_expiry => [ '5m', '00:60:00', '00:00:60', '00:00:00', '1:00:00',
                    '00:05:00 ', '-1:00:00', 'aa:bb:cc' ],
    sms_application_hash => [ 'a b', 'a"b', 'a' x 65, "\xc3\xa9" ],
    flashcall_dial_timeout => [ '4', '4s', '121', '3m', '-5', 'x', '10ms',
                                '5.5' ],
    flashcall_interception_timeout => [ '4s', '121s', '1h' ],
    callout_locale => [ 'e', 'en_US', 'en US', 'a' x 36 ],
    whatsapp_code_type => [ 'alphanumeric', 'Any' ],
);

expect_log(qr/\[emerg\] .*invalid value ".*" of "\w+": it must be /s);
expect_log(qr/\[emerg\] .*(?:directive is duplicate|number of arguments)/);

for my $name (sort keys %bad) {
    my ($own) = $name =~ /^(sms|flashcall|callout|whatsapp)_/;

    $nginx->conf(app => "methods @all;\n$name \$http_x_value;")->reload;
    $nginx->wait_old;

    for my $value (@{$bad{$name}}) {
        my $shown = substr $value =~ s/[^ -~]/?/gr, 0, 20;

        # a header's value has no space at its end

        if ($value !~ / $/) {
            my $starts = $sim->starts;
            my $before = length $nginx->log;
            my $r;

            $metrics->moved(
                sub { $r = start($own || 'sms', "X-Value: $value") },
                { 'phone_verify_start_answers_total'
                  . '{app="signup",result="internal_error"}' => 1 },
                'counted');

            is(said($r), '500 internal_error', "$name by variable: $shown");
            is($r->header('Set-Cookie'), undef, 'no session');
            is($sim->starts, $starts, 'nothing was sent');

            my @lines = grep { /\[error\]/ }
                        split /\n/, substr $nginx->log, $before;
            is(@lines, 1, 'one line');
            like($lines[0], qr/the value of "$name" is not /, 'which says why');
        }
    }

    is(start($own eq 'sms' ? 'whatsapp' : 'sms', "X-Value: $bad{$name}[0]")
       ->status, 200, "$name: nobody else minds") if $own;

    for my $value (@{$bad{$name}}) {

        # nginx itself takes no longer ones

        next if length $value > 4000;

        my $shown = substr $value =~ s/[^ -~]/?/gr, 0, 20;
        my $quoted = $value =~ s/(["\\])/\\$1/gr;

        my ($ok, $text) = $nginx->conf(
            app => qq(methods @all;\n$name "$quoted";))->check;
        ok(!$ok, "$name: nginx -t refuses $shown");
        like($text, qr/of "$name": it must be /, 'and says what it must be');
    }

    for my $twice ("$name \$host;\n$name \$host;", "$name a b;") {
        my ($ok) = $nginx->conf(app => "methods @all;\n$twice")->check;
        ok(!$ok, "$name: not so");
    }
}


$nginx->finish;

done_testing;
