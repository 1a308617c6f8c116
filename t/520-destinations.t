#!/usr/bin/perl

# Where messages may go: countries and classes of numbers.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Log;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;

my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 1,
                                    app => limits(''))->start;

sub limits {
    my ($app) = @_;

    return "methods sms callout; $app";
}

sub policy {
    my ($app) = @_;

    $nginx->conf(app => limits($app));
    $nginx->reload->wait_old;
}

# whether a start is let through, and whether Sinch has heard of it

sub start {
    my ($number, @more) = @_;

    my $before = $sim->starts;
    my $answer = $nginx->visitor->post('/verify/start',
                                       { number => $number, @more });
    my $asked = $sim->starts - $before;

    # the simulator knows that some of these are nobody's

    return $asked == 1 ? 'sent'
         : $answer->code eq 'destination_denied' && $answer->status == 403
           && $asked == 0 ? 'denied'
         : $answer->status . " $asked " . $answer->body;
}

sub table {
    my ($name, %table) = @_;

    is(start($_), $table{$_}, "$name: $_") for sort keys %table;
}


# the default: classes, no countries

table('case 57: default',
    '+46701740605' => 'sent',
    '+12025550143' => 'sent',
    '+18763231234' => 'sent',
    '+447912345678' => 'sent',
    '+447012345678' => 'denied',        # 070, personal
    '+449098790123' => 'denied',        # 09, premium
    '+448001234567' => 'denied',        # toll-free
    '+979123456789' => 'denied',        # premium of no country
    '+80812345678' => 'denied',         # shared cost
    '+80012345678' => 'denied',         # toll-free
    '+870773111632' => 'denied',        # Inmarsat
    '+881612345678' => 'denied',        # Iridium
    '+88216123456' => 'denied',         # international networks
    '+883510012345' => 'denied',
    '+878101234567' => 'denied',        # personal
    '+19002345678' => 'denied',         # premium
    '+21012345678' => 'sent',           # nobody known: Sinch says
);

# an empty answer tells no more than the others

my $answer = $nginx->visitor->post('/verify/start',
                                   { number => '+979123456789' });
is($answer->header('Content-Type'), 'application/problem+json',
   'a problem like others');
is(scalar @{[ $answer->header('Set-Cookie') ]}, 0, 'and no session');
unlike($answer->body, qr/979|premium|class/, 'that does not say why');
like($nginx->log, qr/refused by rule "class", app "signup", number \+9\S*\*/,
     'the log says it');

# a method does not matter

is(start('+449098790124', method => 'callout'), 'denied',
   'case 67: no call to an expensive range');
is(start('+881612345679', method => 'callout'), 'denied',
   'case 67: nor by satellite');

# what is allowed

policy('allow_countries us SE;');

table('case 57: allow US SE',
    '+46701740615' => 'sent',
    '+12025550153' => 'sent',
    '+14165550143' => 'denied',         # CA
    '+18763231244' => 'denied',         # JM
    '+18092345678' => 'denied',         # DO
    '+14734031234' => 'denied',         # GD
    '+17872345678' => 'denied',         # PR
    '+13406421234' => 'denied',         # VI
    '+16713001234' => 'denied',         # GU
    '+447912345688' => 'denied',
    '+21012345688' => 'denied',         # ZZ
    '+19992345678' => 'denied',         # no area code
    '+88216123466' => 'denied',
    '+19002345688' => 'denied',         # a class, though of an allowed country
);

policy('allow_countries RU;');
table('case 57: +7', '+79123456789' => 'sent', '+77710009998' => 'denied');
policy('deny_countries RU;');
table('case 57: +7', '+79123456799' => 'denied', '+77710009988' => 'sent');

policy('allow_countries GB;');
table('case 57: +44',
    '+447400123456' => 'sent',
    '+447797712345' => 'denied',        # JE
    '+447781123456' => 'denied',        # GG
    '+447924123456' => 'denied',        # IM
    '+447012345688' => 'denied',
    '+449098790133' => 'denied',
);

policy('allow_countries VA;');
table('case 57: +39', '+390669812345' => 'sent', '+393123456789' => 'denied');
policy('deny_countries VA;');
table('case 57: +39', '+390669812355' => 'denied', '+393123456799' => 'sent');

policy('deny_countries YT CX CC;');
table('case 57: shared codes',
    '+262639012345' => 'denied',        # YT
    '+262692123456' => 'sent',          # RE
    '+61891641234' => 'denied',         # CX
    '+61891621234' => 'denied',         # CC
    '+61412345678' => 'sent',
);

# of no country, of nobody

policy('deny_countries XX ZZ; deny_classes off;');
table('XX and ZZ denied',
    '+979123456799' => 'denied',
    '+88216123476' => 'denied',
    '+21012345698' => 'denied',
    '+46701740625' => 'sent',
    '+449098790143' => 'sent',
);

policy('allow_countries XX zz; deny_classes off;');
table('XX and ZZ allowed',
    '+88216123486' => 'sent',
    '+21012345608' => 'sent',
    '+46701740635' => 'denied',
);

# classes by name

policy('deny_classes voip pager fixed;');
table('classes',
    '+46701740645' => 'sent',
    '+4682345678' => 'denied',
    '+445612345678' => 'denied',
    '+447640123456' => 'denied',
    '+979123456709' => 'sent',
);

policy('deny_classes unknown;');
table('unknown', '+4611' . '1' x 9 => 'denied', '+46701740655' => 'sent');

# off, which is the default

policy('allow_countries off; deny_countries off;');
table('off', '+46701740656' => 'sent', '+21012345658' => 'sent',
      '+979123456719' => 'denied');
policy('allow_countries off; deny_countries SE;');
table('one of them off', '+46701740657' => 'denied', '+4791234567' => 'sent');

# case 58: what a national number and a field of its own say does not count

policy('allow_countries SE;');
is(start('+12025550163', country => 'SE'), 'denied',
   'case 58: a country beside the number changes nothing');

# dry runs

policy('allow_countries US dry_run; deny_classes premium dry_run;');

my $from = length $nginx->log;

table('dry run', '+46701740665' => 'sent', '+449098790153' => 'sent',
      '+12025550173' => 'sent');

my $said = substr $nginx->log, $from;

is(() = $said =~ /dry run, would be refused by rule "destination"/g, 2,
   'dry run: countries in the log');
is(() = $said =~ /dry run, would be refused by rule "class"/g, 1,
   'dry run: classes in the log');
unlike($said, qr/: refused by rule/, 'and nothing was refused');

policy('allow_countries US; deny_classes premium dry_run;');
is(start('+449098790163'), 'denied', 'a dry run of the one only');

# a start that goes on, a report and the gate do not ask

policy('');

my $v = $nginx->visitor;
my $number = '+46701740675';

is($v->post('/verify/start', { number => $number })->status, 200, 'started');

my $w = $nginx->verified('+46701740685');

policy('deny_countries SE;');

is($v->post('/verify/report', { code => $sim->code($number) })->status, 200,
   'what runs may be reported when its country is closed');
is($v->get('/')->status, 200, 'and opens the gate');
is($w->get('/')->status, 200, 'who is in stays in');
is($v->post('/verify/start', { number => '+46701740695' })->code,
   'destination_denied', 'but no new start');

# the operator's number, too

$nginx->conf(app => limits('deny_countries SE;'), endpoints => <<'EOF');
location = /verify/start { phone_verify_start signup number=$http_x_number; }
EOF
$nginx->reload->wait_old;

is($nginx->visitor->post('/verify/start', {}, 'X-Number: +46701740705')->code,
   'destination_denied', 'number=: the rule holds as well');

# what nginx -t says

my %bad = (
    'allow_countries QQ;' => qr/unknown country "QQ" in "allow_countries"/,
    'allow_countries SE SWE;' => qr/unknown country "SWE"/,
    'deny_countries UK;' => qr/unknown country "UK" in "deny_countries"/,
    'deny_countries AQ;' => qr/unknown country "AQ"/,
    'allow_countries SE se;' => qr/duplicate country "se"/,
    'allow_countries SE; allow_countries NO;' => qr/is duplicate/,
    'allow_countries SE; deny_countries NO;' => qr/beside the other list/,
    'allow_countries dry_run;' => qr/names no country/,
    'deny_countries SE off;' => qr/unknown country "off"/,
    'deny_countries off dry_run;' => qr/unknown country "off"/,
    'deny_countries off; deny_countries SE;' => qr/is duplicate/,
    'allow_countries SE; allow_countries off;' => qr/is duplicate/,
    'deny_classes premum;' => qr/unknown class "premum"/,
    'deny_classes premium off;' => qr/unknown class "off"/,
    'deny_classes premium premium;' => qr/duplicate class "premium"/,
    'deny_classes dry_run;' => qr/names no class/,
    'deny_classes off; deny_classes off;' => qr/is duplicate/,
);

expect_log(qr/\[emerg\] .* in \S+nginx\.conf:\d+/);

for my $app (sort keys %bad) {
    $nginx->conf(app => limits($app));

    my ($ok, $text) = $nginx->check;

    ok(!$ok, "nginx -t: $app");
    like($text, qr/$bad{$app}.*nginx\.conf:\d+/s, 'and why, and where');
}

$nginx->finish;

done_testing;
