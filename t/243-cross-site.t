#!/usr/bin/perl

# Another site's page cannot send messages or end sessions in the name of its
# visitors.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim)->start;

my $n = 46810000000;

sub start {
    return $nginx->visitor->post('/verify/start', { number => '+' . ++$n },
                                 @_);
}

sub said { return $_[0]->status . ' ' . $_[0]->code }


# from another site

my @foreign = (
    [ 'Sec-Fetch-Site: cross-site' ],
    [ 'Sec-Fetch-Site: cross-site', 'Origin: http://localhost' ],
    [ 'Sec-Fetch-Site: same-site' ],
    [ 'Sec-Fetch-Site: same-site', 'Origin: http://localhost' ],
    [ 'Sec-Fetch-Site: ' ],
    [ 'Sec-Fetch-Site: same-originx' ],
    [ 'Sec-Fetch-Site: same-origin, cross-site' ],
    [ 'Origin: https://localhost:8443' ],
    [ 'Origin: ftp://localhost' ],
    [ 'Origin: http://localhost, https://evil.example' ],
    [ 'Host: localhost:8080', 'Origin: http://localhost' ],
    [ 'Host: localhost:8080', 'Origin: http://localhost:80808' ],
    [ 'Origin: https://evil.example' ],
    [ 'Origin: https://localhost.evil.example' ],
    [ 'Origin: https://evillocalhost' ],
    [ 'Origin: https://evil.example:80@localhost' ],
    [ 'Origin: null' ],
    [ 'Origin: localhost' ],
    [ 'Origin: ' ],
    [ 'Origin: https://' ],
    [ 'Origin: https://:80' ],
    [ 'Origin: https://[::1]' ],
    [ 'Host: [::1]:80', 'Origin: https://[::2]:80' ],
);

for my $headers (@foreign) {
    is(said(start(@$headers)), '403 cross_site', join ', ', @$headers);
}

is($sim->starts, 0, 'nothing was sent');


# from here, or from what is no browser's page

my @own = (
    [],
    [ 'Sec-Fetch-Site: same-origin' ],
    [ 'Sec-Fetch-Site: none' ],
    [ 'Sec-Fetch-Site: same-origin', 'Origin: null' ],
    [ 'Origin: http://localhost' ],
    [ 'Origin: https://LocalHost' ],
    [ 'Origin: https://localhost:443' ],
    [ 'Host: localhost:443', 'Origin: https://localhost' ],
    [ 'Host: LOCALHOST:8443', 'Origin: https://localhost:8443' ],
    [ 'Host: [::1]:8080', 'Origin: http://[::1]:8080' ],
    [ 'Host: [::1]', 'Origin: http://[::1]' ],
    [ 'Host: www.example.com:8080', 'Origin: http://www.example.com:8080' ],
);

for my $headers (@own) {
    is(start(@$headers)->status, 200, join(', ', @$headers) || 'neither');
}


# reports and logouts alike

my $v = $nginx->verified('+46810000900');
$v->post('/verify/start', { number => '+46810000901' });

is(said($v->post('/verify/report', { code => $sim->code('+46810000901') },
                 'Sec-Fetch-Site: cross-site')),
   '403 cross_site', 'a report');
is(said($v->post('/verify/logout', {}, 'Origin: https://evil.example')),
   '403 cross_site', 'a logout');
is($v->get('/a')->status, 200, 'still in');
is($v->post('/verify/report', { code => $sim->code('+46810000901') })->status,
   200, 'the session is as it was');

is($v->get('/verify/status', 'Sec-Fetch-Site: cross-site')->status, 200,
   'a status changes nothing');


$nginx->finish;

done_testing();
