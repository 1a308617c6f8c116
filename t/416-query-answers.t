#!/usr/bin/perl

# What a query tells an operator: Sinch's answers of each kind, the examples of
# its SDKs among them, with price, country, time, source, reason and how the
# call went; and nothing of what cannot be right.

use strict;
use warnings;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp top);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start(args => [ '--prices', 'EUR' ]);
my $nginx = PhoneVerify::Nginx->new(simulator => $sim,
    app => 'methods sms callout flashcall whatsapp;', server => <<'EOC')
location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
location = /query { phone_verify_query signup; }
EOC
    ->start;

my $operator = $nginx->visitor;
my $n = 46740000000;

sub started {
    my ($method) = @_;

    my $number = '+' . ++$n;
    my $r = $nginx->visitor->post('/verify/start',
                                { number => $number, method => $method });
    die $r->body unless $r->status == 200;

    my ($v) = grep { $_->{identity}{endpoint} eq $number }
              @{$sim->control(GET => '/_sim/verifications')->{items}};
    return { %$v, number => $number };
}

# what the query says where Sinch's answer has these members, too

sub told {
    my ($v, $members, @remove) = @_;

    $sim->control(POST => '/_sim/faults', { operation => 'status',
        kind => 'merge', members => $members, remove => \@remove });

    my $r = $operator->get("/query?id=$v->{id}");
    is($r->status, 200, 'an answer');

    return $r->json;
}


# the examples: of this verification, the rest as they are

my @examples = (
    [ 'status-response-sms', 'sms' ],
    [ 'status-response-flashcall', 'flashcall' ],
    [ 'status-response-callout', 'callout' ],
    [ 'status-response-whatsapp', 'whatsapp' ],
    [ 'asserted-status-response-sms', 'sms' ],
    [ 'asserted-status-response-flashcall', 'flashcall' ],
    [ 'asserted-status-response-callout', 'callout' ],
    [ 'legacy-status-response-by-reference', undef ],
    [ 'legacy-status-response-callout-by-identity', 'callout' ],
    [ 'legacy-status-response-source-intercept', undef ],
);

my %seen;

for (@examples) {
    my ($file, $method) = @$_;
    my $example = decode_json(slurp(
                               top() . "/t/data/sinch-examples/$file.json"));

    $method = lc($example->{method} || 'sms') unless $method;
    my $v = started($method);

    delete @$example{qw(id reference identity)};

    my $json = told($v, $example);
    my $price = $example->{price} && $example->{price}{verificationPrice};

    my %expected = (
        id        => $v->{id},
        method    => $method,
        status    => $example->{status},
        reference => $v->{reference},
        number    => $v->{number} =~ s/^(\+\d\d)\d*(\d{3})$/$1*****$2/r,
        reason    => $example->{reason},
        source    => $example->{source},
        country   => $example->{countryId},
        timestamp => $example->{verificationTimestamp},
        call_result => $example->{callResult},
        price     => $price && {
            amount   => sprintf('%.4f', $price->{amount}),
            currency => $price->{currencyId},
        },
    );

    for my $name (sort keys %expected) {
        next unless defined $expected{$name};
        $seen{$name} = 1;
        is_deeply($json->{$name}, $expected{$name}, "$file: $name");
    }

    is(join(' ', grep { !exists $expected{$_} } sort keys %$json), '',
       "$file: and nothing else");
}

is(join(' ', sort keys %seen), 'call_result country id method number price '
   . 'reason reference source status timestamp', 'every member was there');


# one by one

my $v = started('sms');

for my $source ('intercepted', 'manual', 'intercept', 'log', 'new "word"') {
    is(told($v, { source => $source })->{source}, $source, "source $source");
}

for my $result (qw(ANSWERED COMPLETED NO_ANSWER CANCEL BUSY FAILED NEW)) {
    is(told($v, { callResult => $result })->{call_result}, $result,
       "callResult $result");
}

for my $time ('2024-05-22T09:38:59.5590437', '2024-05-22T09:38:59',
              '2024-05-22T09:38:59.559Z')
{
    is(told($v, { verificationTimestamp => $time })->{timestamp}, $time,
       "time $time, as Sinch writes it");
}

is(told($v, { countryId => 'SE' })->{country}, 'SE', 'country');
is(told($v, { status => 'FAIL', reason => 'Expired' })->{reason}, 'Expired',
   'reason');
is(told($v, { status => 'FAIL', reason => 'A new one' })->{reason}, 'Other',
   'a reason that nobody knows');

# money: as text, to four places; what is none is left out

for my $p ([ 0.0453, '0.0453' ], [ 0, '0.0000' ], [ 10.5, '10.5000' ],
           [ 7, '7.0000' ])
{
    my $json = told($v, { price => { verificationPrice => {
        currencyId => 'EUR', amount => $p->[0] } } });
    is_deeply($json->{price}, { amount => $p->[1], currency => 'EUR' },
              "price $p->[0]");
}

for my $price ({ verificationPrice => { currencyId => 'EUR' } }, {}, undef,
               7, 'x', [], { verificationPrice => 7 },
               { verificationPrice => { currencyId => 'EUR',
                                        amount => 'a lot' } },
               { verificationPrice => { currencyId => 'EUR',
                                        amount => -1 } },
               { verificationPrice => { currencyId => 'EUR',
                                        amount => 1e300 } })
{
    my $json = told($v, { price => $price });
    is($json->{price}, undef,
       'no price: ' . JSON::PP->new->canonical->allow_nonref->encode($price));
    is($json->{id}, $v->{id}, 'and the rest is there');
}

# nothing of it where Sinch tells nothing

my $json = told($v, {}, qw(source countryId verificationTimestamp price
                           identity reference callResult callComplete));
is(join(' ', sort keys %$json), 'id method status', 'the least');

# what Sinch calls an INVALID_ARGUMENT, in JSON, as a word or as nothing

my $refused = started('sms');

for my $body ('{"errorCode":40001,"message":"INVALID_ARGUMENT"}',
              '{"errorCode":"INVALID_ARGUMENT"}', 'INVALID_ARGUMENT', '')
{
    for my $args ("id=$refused->{id}", "reference=$refused->{reference}") {
        $sim->control(POST => '/_sim/faults', { operation => 'status',
            kind => 'status', status => 400, body => $body });

        my $r = $operator->get("/query?$args");
        is($r->status . ' ' . $r->code, '502 provider_error',
           "$args: 400 $body");
        unlike($r->body, qr/ARGUMENT|40001/, 'in words of our own');
    }
}

is($operator->get("/query?id=$refused->{id}")->status, 200, 'and then it is told');

$nginx->finish;
done_testing;
