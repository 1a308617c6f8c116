#!/usr/bin/perl

# In which language a message speaks: that of the request's member, else of the
# directive, else the one that the client likes best. Abuse cases 55, 59.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim)->start;
my $n = 46742000000;

# what Sinch was told, '-' for nothing

sub told {
    my ($accept, @body) = @_;

    my $number = '+' . ++$n;
    my $r = $nginx->visitor->post('/verify/start', { number => $number, @body },
        defined $accept ? "Accept-Language: $accept" : ());

    return $r->status . ' ' . $r->code unless $r->status == 200;

    my ($sent) = reverse $sim->requests;
    my $language = $sent->{headers}{'accept-language'};
    return defined $language ? $language : '-';
}

my @accept = (
    [ 'sv-SE', 'sv-SE' ],
    [ 'sv-SE,sv;q=0.9,en-US;q=0.8,en;q=0.7', 'sv-SE' ],
    [ 'en;q=0.5, sv;q=0.9, de;q=0.9', 'sv' ],
    [ 'en ; q=0.5 ,  sv-FI ; q=0.8', 'sv-FI' ],
    [ 'de;Q=1.000,en', 'de' ],
    [ 'en;q=0.001', 'en' ],
    [ 'zh-Hant-TW', 'zh-Hant-TW' ],
    [ '*', '-' ],
    [ '*;q=0.5, fr;q=0.1', 'fr' ],
    [ 'sv;q=0, en;q=0.0', '-' ],
    [ 'sv;q=0, en;q=0.1', 'en' ],

    # nonsense is passed over

    [ '', '-' ],
    [ ',,;,', '-' ],
    [ ';q=1', '-' ],
    [ 'sv;q', '-' ],
    [ 'sv;q=2, en', 'en' ],
    [ 'sv;q=1.001, en;q=0.1', 'en' ],
    [ 'sv;q=0.1234, en;q=0.1', 'en' ],
    [ 'sv;q=x, en', 'en' ],
    [ 'sv_SE, en', 'en' ],
    [ 's, en', 'en' ],
    [ '-sv, sv-, sv--SE, en', 'en' ],
    [ '1a, en', 'en' ],
    [ 'abcdefghi, en', 'en' ],
    [ ('a-' x 20) . 'b, en', 'en' ],
    [ 'case 55: ${jndi:ldap://x}, en', 'en' ],
    [ "case 55: \e[31m, %s%n, en", 'en' ],
    [ '"><script>, en', 'en' ],
    [ 'x' x 7000, '-' ],
    [ ('x!,' x 2000) . 'sv', '-' ],
    [ ('x!,' x 31) . 'sv', 'sv' ],
);

for (@accept) {
    my ($accept, $expected) = @$_;

    # the bridge to HTTP/3 refuses it

    next if $ENV{TEST_NGINX_USE_HTTP3} && $accept =~ /\e/;

    my $name = length $accept > 40 ? substr($accept, 0, 40) . '...' : $accept;
    is(told($accept), $expected, "case 59: \"$name\"");
}

is(told(undef), '-', 'no header, no language');

# the member has the first say

is(told('sv-SE', language => 'de-DE'), 'de-DE', 'the member');
is(told('sv-SE', language => ''), 'sv-SE', 'an empty one is none');
is(told('sv-SE', language => "de\r\nX: y"), '400 invalid_request',
   'case 55: one that is none is refused');

# then the operator

for my $text ('language en-GB;', 'language $arg_none;') {
    $nginx->conf(app => $text)->reload;
    $nginx->wait_old;

    my $set = $text =~ /GB/ ? 'en-GB' : 'sv-SE';
    is(told('sv-SE'), $set, "$text the header");
    is(told('sv-SE', language => 'de-DE'), 'de-DE', "$text the member");
    is(told(undef), $set eq 'en-GB' ? $set : '-', "$text neither");
}

$nginx->finish;
done_testing;
