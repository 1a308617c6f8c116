#!/usr/bin/perl

# Numbers: what is one, however it is written, and what is none.

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

my @JSON = ('Content-Type: application/json');
my @FORM = ('Content-Type: application/x-www-form-urlencoded');

sub json { return JSON::PP->new->utf8->encode({ number => $_[0] }) }

sub asked {
    my ($last) = reverse $sim->requests;
    return JSON::PP->new->decode($last->{body})->{identity}{endpoint};
}


# numbers

my %numbers = (
    '+46800000001'          => '+46800000001',
    '+46 80-000 00.02'      => '+46800000002',
    '+46 (80) 000 00 03'    => '+46800000003',
    ' +46800000004 '        => '+46800000004',
    '+4680005'              => '+4680005',
    '+468000000000006'      => '+468000000000006',
);

for my $text (sort keys %numbers) {
    my $r = $nginx->visitor->post('/verify/start', json($text), @JSON);
    is($r->status, 200, "case 56: \"$text\"") or diag($r->body);
    is(asked(), $numbers{$text}, 'as Sinch wants it');
}


# in a form: "+" as it should be, and as sloppy clients send it

my %forms = (
    'number=%2B46800000011'         => '+46800000011',
    'number=+46800000012'           => '+46800000012',
    'number=%2B46+80+000+00+13'     => '+46800000013',
    'number=%2B46%2080%20000%2000%2014' => '+46800000014',
    'n%75mber=%2b46800000015'       => '+46800000015',
    '&&number=%2B46800000016&'      => '+46800000016',
    'number=%2B46800000017&x&y=&=z&other=1&other=2' => '+46800000017',
);

for my $form (sort keys %forms) {
    my $r = $nginx->visitor->post('/verify/start', $form, @FORM);
    is($r->status, 200, $form) or diag($r->body);
    is(asked(), $forms{$form}, 'as Sinch wants it');
}


# as it is written at home, with the country

my @national = (
    [ '080-000 00 31', 'SE', '+46800000031' ],
    [ '080 000 00 32', 'se', '+46800000032' ],
    [ '+46800000033',  'US', '+46800000033' ],
    [ '0046800000034', 'SE', '+46800000034' ],
);

for my $national (@national) {
    my ($number, $country, $expected) = @$national;
    my $escaped = $number =~ s/\+/%2B/gr =~ s/ /+/gr;

    for my $form ("number=$escaped&country=$country",
                  "country=$country&number=+$escaped")
    {
        my $r = $nginx->visitor->post('/verify/start', $form, @FORM);
        is($r->status, 200, $form) or diag($r->body);
        is(asked(), $expected, 'as Sinch wants it');
    }
}


# no numbers

my $starts = $sim->starts;

my @none = (
    '46800000021', '0046800000021', '01146800000021', '0800000021',
    '+0680000002', '++46800000021', '+46800000021+', '+46+800000021',
    '+468000', '+', '+ ', '+4680000000000022', '+' . '4' x 4000,
    '+46(0)800000021', '+46 (0) 800000021', 'tel:+46800000021',
    '+46800000021;ext=1', '+46800000021,1', '+46800000021#', '+1800FLOWERS',
    "+46800000021\r\nX: y", "+46800000021\n", "+46\t800000021",
    '${jndi:ldap://x}', '%s%n%d', '<script>', "' OR 1=1", '+46/800000021',
    '＋46800000021', '+４６８００００００２１', '+٤٦٨٠٠٠٠٠٠٢١',
    "+46\x{a0}800000021", "\x{202e}+46800000021", '+46_800000021',
    'NaN', '1e11', '+4.68e10',
);

for my $text (@none) {
    my $r = $nginx->visitor->post('/verify/start', json($text), @JSON);
    my $name = encode_utf8(substr $text, 0, 30) =~ s/([\r\n\t])/./gr;

    is($r->status . ' ' . $r->code, '400 invalid_number', "case 56: \"$name\"");
}

for my $form ('number=0800000021&country=XX', 'number=0800000021&country=S',
              'number=46800000021', 'number=++46800000021',
              'number=%20+46800000021', 'number', 'other=1', 'number=+0468')
{
    my $r = $nginx->visitor->post('/verify/start', $form, @FORM);
    is($r->status . ' ' . $r->code, '400 invalid_number', $form);
}

is($sim->starts, $starts, 'case 56: none of them was sent');
unlike($nginx->log, qr/jndi|FLOWERS|script>/, 'none of them was logged');


$nginx->finish;

done_testing();
