#!/usr/bin/perl

# Codes as people type them are read; what can never be a code costs neither an
# attempt nor a call.

use strict;
use warnings;
use utf8;

use Encode qw(encode_utf8);
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim)->start;

my $n = 46740000000;

sub json { return JSON::PP->new->utf8->encode($_[0]) }

sub report {
    my ($v, $body) = @_;
    return $v->post('/verify/report', $body, 'Content-Type: application/json');
}

sub reports { return grep { $_->{method} eq 'PUT' } $sim->requests }


# what is the code, however it is written

my %scripts = (
    'as it is'             => sub { $_[0] },
    'blanks'               => sub { " $_[0] " },
    'in groups'            => sub { substr($_[0], 0, 2) . ' '
                                    . substr $_[0], 2 },
    'no-break space'       => sub { substr($_[0], 0, 2) . "\x{a0}"
                                    . substr $_[0], 2 },
    'narrow space'         => sub { "$_[0]\x{202f}" },
    'marks of direction'   => sub { "\x{200e}$_[0]\x{200f}" },
    'embedded'             => sub { "\x{202a}$_[0]\x{202c}" },
    'isolated'             => sub { "\x{2068}$_[0]\x{2069}" },
    'word joiner'          => sub { "\x{2060}$_[0]\x{feff}" },
    'wide blanks'          => sub { "\x{3000}$_[0]" },
    'tab'                  => sub { "\t$_[0]" },
    'Arabic'               => sub { $_[0] =~ tr/0-9/٠-٩/r },
    'Persian'              => sub { $_[0] =~ tr/0-9/۰-۹/r },
    'Devanagari'           => sub { $_[0] =~ tr/0-9/०-९/r },
    'Bengali'              => sub { $_[0] =~ tr/0-9/০-৯/r },
    'Thai'                 => sub { $_[0] =~ tr/0-9/๐-๙/r },
    'full width'           => sub { $_[0] =~ tr/0-9/０-９/r },
);

for my $name (sort keys %scripts) {
    my $number = '+' . ++$n;
    my $v = $nginx->visitor;

    $v->post('/verify/start', { number => $number });

    my $code = $sim->code($number);
    my $r = report($v, json({ code => $scripts{$name}->($code) }));

    is($r->status, 200, "case 9: $name is the code") or diag($r->body);

    my ($asked) = reverse reports();
    is($asked->{body}, qq({"method":"sms","sms":{"code":"$code"}}),
       'sent as Sinch wants it');
}


# leading zeros, letters and dashes go as they are: Sinch is the judge

my $v = $nginx->visitor;
$v->post('/verify/start', { number => '+46740000100' });

for my $code ('0012', 'aB-9', '1234567890') {
    next if $code eq $sim->code('+46740000100');

    my $r = report($v, json({ code => $code }));
    is($r->status . ' ' . $r->code, '422 invalid_code', "$code is wrong");

    my ($asked) = reverse reports();
    like($asked->{body}, qr/"\Q$code\E"/, 'and was asked for');
}


# what is no code

$v = $nginx->visitor;
$v->post('/verify/start', { number => '+46740000101' });

my $before = () = reports();

for my $code ('', ' ', '12345678901', '1' x 3000, '12.34', '12_34', '12/34',
              '€uro', "12\x{2013}34", '½', '<b>1', "1\n2", '%31', '一二三四')
{
    my $r = report($v, json({ code => $code }));

    is($r->status . ' ' . $r->code, '422 invalid_code',
       encode_utf8('no code: ' . substr($code, 0, 20) =~ s/\n/\\n/r));
    is($r->json->{attempts_left}, 5, 'case 9: no attempt was taken');
}


# what is no string

for my $value ('1234', '12.5', 'true', 'false', 'null', '[]', '["1234"]',
               '{}', '{"code":"1234"}')
{
    my $r = report($v, qq({"code":$value}));
    is($r->status . ' ' . $r->code, '400 invalid_request', "case 9: code: $value");
}

is(scalar(() = reports()), $before, 'case 9: Sinch was never asked');

is(report($v, json({ code => $sim->code('+46740000101') }))->status, 200,
   'the code is still right');


# a form

$v = $nginx->visitor;
$v->post('/verify/start', { number => '+46740000102' });

my $code = $sim->code('+46740000102');
my ($a, $b) = (substr($code, 0, 2), substr $code, 2);

is($v->post('/verify/report', "code=+$a%C2%A0$b+")->status, 200, 'case 9: a form');


$nginx->finish;

done_testing();
