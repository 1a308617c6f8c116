#!/usr/bin/perl

# conf-examples/: each of them loads, and does what it says.

use strict;
use warnings;

use JSON::PP qw(decode_json);
use MIME::Base64 qw(encode_base64);
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(port slurp spew top wait_until);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $HTML = 'Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8';
my $examples = top() . '/conf-examples';
my $sim = PhoneVerify::Simulator->start;
my %driven;


# An example at ports of ours, with what its directory has on a real machine,
# and behind it an application that tells what it was given.

sub example {
    my ($name, %edit) = @_;

    my $text = slurp("$examples/$name.conf");
    my $user = $> == 0 ? 'user root;' : '';
    my ($api) = $sim->url =~ m{//(.+)};

    $driven{$name} = 1;

    $text =~ s/^load_module .*\n//m or die "$name: no load_module";
    $text =~ s/^pid .*/pid nginx.pid; $user/m or die "$name: no pid";
    $text =~ s/(error_log +[^\s;]+)[^;]*;/$1 info;/;

    unless ($text =~ /listen  127\.0\.0\.1:8082/) {
        $text =~ s/\}\s*\z/<<'EOF2'/e;
    server {
        listen      127.0.0.1:8082;
        access_log  off;
        set         $told $http_x_verified_phone|$http_x_phone_verify;
        set         $told $told|$http_authorization;
        return      200 "$request_method $request_uri $told\n";
    }
}
EOF2
    }

    for my $from (keys %edit) {
        $text =~ s/\Q$from\E/$edit{$from}/g or die "$name: no $from";
    }

    $text =~ s/127\.0\.0\.1:8080/127.0.0.1:%%PORT%%/g;
    $text =~ s/127\.0\.0\.1:8081/$api/g;
    $text =~ s/127\.0\.0\.1:8082/127.0.0.1:%%UPSTREAM%%/g;

    my $nginx = PhoneVerify::Nginx->new(simulator => $sim, whole => $text);
    my $dir = $nginx->dir;

    symlink "$examples/$_", "$dir/$_" for qw(brand demo-app);
    symlink top() . '/page', "$dir/page";
    mkdir "$dir/html";
    mkdir "$dir/html/open";
    spew("$dir/html/index.html", "the site\n");
    spew("$dir/html/robots.txt", "robots\n");
    spew("$dir/html/open/index.html", "open\n");
    spew("$dir/sinch.secret", "$PhoneVerify::Simulator::SECRET\n");
    chmod 0600, "$dir/sinch.secret";
    spew("$dir/staff.htpasswd", "anna:{PLAIN}a\nbertil:{PLAIN}b\n"
                                . "cecilia:{PLAIN}c\n");

    my ($passed, $said) = $nginx->check;

    ok($passed, "$name: nginx -t") or diag($said);
    unlike($said, qr{\[(?:warn|error|emerg|alert)\]}, "$name: without complaint");

    return $nginx->start;
}


# The fields and the address of a form, as a browser takes them off the page.

sub form {
    my ($r, $action, %field) = @_;

    my ($form) = $r->body =~ m{<form[^>]* action="\Q$action\E"[^>]*>
                               (.*?)</form>}xs
        or die "no form $action in " . $r->body;

    while ($form =~ /<input type="hidden" name="(\w+)" value="([^"]*)">/g) {
        my ($name, $value) = ($1, $2);
        $value =~ s/&(amp|lt|gt|quot);/{amp => '&', lt => '<', gt => '>',
                                        quot => '"'}->{$1}/ge;
        $field{$name} = $value unless exists $field{$name};
    }

    return join '&', map {
        "$_=" . ($field{$_} =~ s/([^\w])/sprintf '%%%02X', ord $1/ger)
    } sort keys %field;
}


{
    my $nginx = example('demo', 'max_age=1m' => 'max_age=1s');
    my $v = $nginx->visitor;
    my $number = '+46700700001';

    my $r = $v->get('/?a=1&b=2', $HTML);
    is($r->status, 303, 'demo: closed');
    my $page = $r->header('Location');

    $r = $v->get($page, $HTML, 'Accept-Language: sv');
    is($r->status, 200, 'demo: the page');
    like($r->body, qr/<html lang="sv"/, 'demo: in the visitor\'s language');
    unlike($r->body, qr/<!--/, 'demo: nothing left to include');

    $r = $v->post('/verify/start', form($r, 'start', number => $number), $HTML);
    is($r->status, 303, 'demo: back to the page');
    $r = $v->get($r->header('Location'), $HTML);
    like($r->body, qr/name="code"/, 'demo: which asks for the code');
    like($r->body, qr/\+46 ••• 001/, 'demo: and shows the number, masked');

    $r = $v->post('/verify/report',
                  form($r, 'report', code => $sim->code($number)), $HTML);
    is($r->status . ' ' . $r->header('Location'), '303 /?a=1&b=2',
       'demo: to where one was going');

    $r = $v->get('/?a=1&b=2', $HTML);
    like($r->body, qr{<dd id="phone">\Q$number\E</dd>},
         'demo: the application was told the number');

    $r = $v->get('/', $HTML, 'X-Verified-Phone: +46700799999');
    like($r->body, qr{<dd id="phone">\Q$number\E</dd>}, 'demo: by nginx alone');

    wait_until('the proof to be old', sub {
        $r = $v->get('/transfer', $HTML);
        return $r->status == 303;
    });

    is($r->header('Location'),
       '/verify/?error=phone_verification_expired&return=/transfer',
       'demo: a step-up');

    $r = $v->get($r->header('Location'), $HTML);
    like($r->body, qr/\+46 ••• 001/, 'demo: to the number that is known');

    $r = $v->post('/verify/logout', 'a=b', $HTML);
    is($r->status, 303, 'demo: out');
    is($v->get('/', $HTML)->status, 303, 'demo: closed again');

    like($nginx->access_log,
         qr/SUCCESSFUL sms "\+46\*\*\*\*\*001" [0-9a-f]{32}/,
         'demo: the log says who came in');
    $nginx->finish;
}

{
    my $nginx = example('static-site');

    is($nginx->visitor->get('/', $HTML)->status, 303, 'static-site: closed');
    is($nginx->visitor->get('/')->status, 401, 'static-site: to programs too');
    is($nginx->visitor->get('/robots.txt')->body, "robots\n",
       'static-site: a file that is open');
    is($nginx->visitor->get('/open/')->body, "open\n",
       'static-site: a folder that is open');
    is($nginx->verified('+46700700002')->get('/')->body, "the site\n",
       'static-site: open');
    $nginx->finish;
}

{
    my $nginx = example('reverse-proxy');
    my $number = '+46700700003';
    my $v = $nginx->visitor;

    is($v->get('/news/1', 'X-Verified-Phone: +46700799999')->body,
       "GET /news/1 ||\n", 'reverse-proxy: open, and nobody is vouched for');
    is($v->get('/a')->status, 401, 'reverse-proxy: closed');
    like($v->get('/verify/', $HTML)->body, qr/Quill &amp; Daughters/,
         'reverse-proxy: the brand');
    like($v->get('/verify/brand.css')->body, qr/--accent: #6a2c91/,
         'reverse-proxy: and its colours');

    $v = $nginx->verified($number);
    is($v->get('/a?b', 'X-Verified-Phone: +46700799999')->body,
       "GET /a?b $number||\n", 'reverse-proxy: open');
    is($v->get('/news/1')->body, "GET /news/1 $number||\n",
       'reverse-proxy: told there as well');

    my ($line) = grep { m{GET /a\?b} } split /\n/, $nginx->access_log;
    my $record = decode_json($line);
    is("$record->{state} $record->{method} $record->{country}"
       . " $record->{number}", 'SUCCESSFUL sms SE +46*****003',
       'reverse-proxy: an audit record');
    $nginx->finish;
}

{
    my $nginx = example('single-page-app');
    my $number = '+46700700004';
    my $v = $nginx->visitor;

    is($v->get('/orders/7', $HTML)->body, "the site\n",
       'single-page-app: the application is open');

    my $r = $v->get('/api/orders', $HTML);
    is($r->status . ' ' . $r->code, '401 phone_verification_required',
       'single-page-app: its API is not');

    $v->post('/api/verify/start', { number => $number });
    $r = $v->post('/api/verify/report', { code => $sim->code($number) });
    is($r->status, 200, 'single-page-app: verified');
    is($v->get('/api/orders')->body, "GET /api/orders $number||\n",
       'single-page-app: open');
    $nginx->finish;
}

{
    my $nginx = example('mobile-client');
    my $number = '+46700700005';
    my $v = $nginx->visitor;

    my $r = $v->post('/verify/start', { number => $number },
                     'X-Phone-Verify:');
    my $token = $r->header('X-Phone-Verify');
    like($token, qr/./, 'mobile-client: a token');
    is($v->get('/orders', "X-Phone-Verify: $token")->status, 401,
       'mobile-client: a token is no grant');

    $r = $v->post('/verify/report', { code => $sim->code($number) },
                  "X-Phone-Verify: $token");
    my $grant = $r->header('X-Phone-Verify');
    is($r->header('Set-Cookie'), undef, 'mobile-client: no cookie');

    is($v->get('/orders', "X-Phone-Verify: $grant")->body,
       "GET /orders $number||\n", 'mobile-client: open; the grant stays here');
    $nginx->finish;
}

{
    my $nginx = example('second-factor');
    my ($anna, $bertil, $cecilia)
        = map { 'Authorization: Basic ' . encode_base64($_, '') }
          qw(anna:a bertil:b cecilia:c);
    my $v = $nginx->visitor;

    is($v->get('/', $HTML)->status, 401, 'second-factor: the password first');
    is($v->post('/verify/start', {})->status, 401,
       'second-factor: before a code');

    my $r = $v->get('/', $HTML, $anna);
    is($r->status, 303, 'second-factor: then the phone');
    unlike($v->get($r->header('Location'), $HTML, $anna)->body,
           qr/name="number"/, 'second-factor: which nobody chooses');

    $r = $v->post('/verify/start', { number => '+46700700006' }, $anna);
    is($r->status, 200, 'second-factor: sent');
    is($sim->code('+46700700006'), undef,
       'second-factor: not where one likes');

    $r = $v->post('/verify/report',
                  { code => $sim->code('+46700000001') }, $anna);
    is($r->status, 200, 'second-factor: but to the user\'s own phone');
    is($v->get('/', $anna)->body, "GET / +46700000001||\n",
       'second-factor: open; the password stays here');
    is($v->get('/', $bertil)->status, 403,
       'second-factor: another user\'s phone does not do');
    is($v->post('/verify/start', {}, $cecilia)->status, 403,
       'second-factor: nor does none');
    is($nginx->visitor->get('/', $cecilia)->status, 403,
       'second-factor: at the gate either');
    $nginx->finish;
}

{
    my $nginx = example('step-up', 'max_age=5m' => 'max_age=1s');
    my $number = '+46700700007';
    my $v = $nginx->verified($number);

    is($v->get('/transfer')->body, "GET /transfer $number||\n",
       'step-up: fresh');

    wait_until('the proof to be old', sub {
        return $v->get('/transfer')->status == 401;
    });

    is($v->get('/transfer')->code, 'phone_verification_expired',
       'step-up: too old');
    is($v->get('/')->body, "GET / $number||\n",
       'step-up: but not for the rest');
    is($v->get('/address')->body, "GET /address $number||\n",
       'step-up: nor to look');
    is($v->post('/address', 'a=b')->code, 'phone_verification_expired',
       'step-up: but to change it');
    $nginx->finish;
}

{
    my $nginx = example('several-apps');
    my $number = '+46700700008';
    my $v = $nginx->visitor;

    is($v->get('/')->status, 200, 'several-apps: open to all');
    is($v->get('/members/', $HTML)->header('Location'),
       '/members/verify/?return=/members/', 'several-apps: a page for each');
    is($v->get('/staff/', $HTML)->header('Location'),
       '/staff/verify/?return=/staff/', 'several-apps: and for the other');
    like($v->get('/staff/verify/', $HTML)->body, qr/call you/,
         'several-apps: which speaks of its own methods');

    $v->post('/members/verify/start', { number => $number });
    $v->post('/members/verify/report', { code => $sim->code($number) });
    is($v->get('/members/')->body, "GET /members/ $number||\n",
       'several-apps: in');
    is($v->get('/staff/')->status, 401, 'several-apps: not in the other');
    is_deeply([ sort keys %{$v->cookies} ], [ 'members' ],
              'several-apps: a cookie for each');
    $nginx->finish;
}


{
    my $nginx = example('audit-log');
    my $log = $nginx->dir . '/logs/audit.log';
    my $number = '+46700700009';
    my $v = $nginx->visitor;

    $v->get('/a"b\\c?d');
    $v->post('/verify/start', { number => $number });
    $v->post('/verify/report', { code => 'x' });
    $v->post('/verify/report', { code => $sim->code($number) });
    is($v->get('/in')->status, 200, 'audit-log: in');
    wait_until('the lines', sub { slurp($log) =~ m{GET /in} });

    my @line = map { decode_json($_) } split /\n/, slurp($log);

    is_deeply([ map { "$_->{request} $_->{code} $_->{status} $_->{method}" }
                @line ],
              [ 'GET /a"b\\c 401 NONE ',
                'POST /verify/start 200 PENDING sms',
                'POST /verify/report 422 PENDING sms',
                'POST /verify/report 200 SUCCESSFUL sms',
                'GET /in 200 SUCCESSFUL sms' ],
              'audit-log: a line for each request, of JSON');
    is($line[-1]{number}, '+46*****009', 'audit-log: the number, masked');
    is($line[-1]{country}, 'SE', 'audit-log: its country');
    like($line[-1]{session}, qr/^[0-9a-f]{32}$/, 'audit-log: the session');
    unlike(slurp($log), qr/\Q$number\E/, 'audit-log: nowhere the number');

    my %known = map { $_ => 1 } slurp(top() . '/docs/directives.md')
                =~ /^\| `\$(phone_verify_\w+)`/mg;
    delete @known{qw(phone_verify_number phone_verify_target)};
    my ($format) = slurp("$examples/audit-log.conf")
                   =~ /log_format(.*?);/s;
    is_deeply([ sort $format =~ /\$(phone_verify_\w+)/g ],
              [ sort keys %known ], 'audit-log: all that is known');

    my $r = $nginx->visitor->get('/metrics');
    like($r->body, qr/^phone_verify_grants_total\{app="signup"\} 1$/m,
         'audit-log: metrics');
    $nginx->finish;
}


{
    my $nginx = example('single-page-app-cors');
    my $number = '+46700700010';
    my $origin = 'https://app.example.com';
    my @from = ("Origin: $origin", 'Sec-Fetch-Site: cross-site');
    my @stranger = ('Origin: https://evil.example',
                    'Sec-Fetch-Site: cross-site');
    my $v = $nginx->visitor;

    my $allowed = sub {
        my ($r) = @_;
        my @said = $r->head =~ /^Access-Control-Allow-Origin: (.*?)\r?$/mgi;
        return "@said";
    };

    my $r = $v->send(OPTIONS => '/verify/start', [ @from,
                     'Access-Control-Request-Method: POST' ]);
    is($r->status . ' ' . $allowed->($r), "204 $origin",
       'single-page-app-cors: a preflight of an endpoint');

    $r = $v->send(OPTIONS => '/orders/1', [ @from,
                  'Access-Control-Request-Method: GET' ]);
    is($r->status . ' ' . $allowed->($r), "204 $origin",
       'single-page-app-cors: a preflight of the API');
    like($r->header('Access-Control-Allow-Headers'), qr/X-Phone-Verify/,
         'single-page-app-cors: which may send the token');
    is($allowed->($v->send(OPTIONS => '/orders/1', \@stranger)), '',
       'single-page-app-cors: not for a stranger');

    $r = $v->get('/orders/1', @from);
    is($r->status . ' ' . $allowed->($r), "401 $origin",
       'single-page-app-cors: closed, and the page may read so');

    is($v->post('/verify/start', { number => $number }, @stranger)->code,
       'cross_site', 'single-page-app-cors: a stranger starts nothing');

    $r = $v->post('/verify/start', { number => $number }, @from,
                  'X-Phone-Verify:');
    $r = $v->post('/verify/report', { code => $sim->code($number) }, @from,
                  'X-Phone-Verify: ' . $r->header('X-Phone-Verify'));
    my $token = 'X-Phone-Verify: ' . $r->header('X-Phone-Verify');

    $r = $v->get('/orders/1', @from, $token);
    is($r->body, "GET /orders/1 $number||\n", 'single-page-app-cors: open');
    is($allowed->($r), $origin, 'single-page-app-cors: for the page to read');
    is($allowed->($v->get('/orders/1', @stranger, $token)), '',
       'single-page-app-cors: for no other page');
    $nginx->finish;
}

{
    my $nginx = example('own-codes');
    my $number = '+46700700011';
    my $v = $nginx->visitor;
    my $url = 'http://127.0.0.1:' . $nginx->port . '/sinch/callback';

    $sim->control(PATCH => '/_sim/settings', { callback => $url });
    $v->post('/verify/start', { number => $number });
    my $code = $sim->code($number);
    like($code, qr/^\d{6}$/, 'own-codes: ours, Sinch makes four digits');

    my $told = grep { $_->{method} eq 'PUT' } $sim->requests;
    is($v->post('/verify/report', {
           code => $code =~ tr{0-9}{1-90}r })->code,
       'invalid_code', 'own-codes: a wrong one');
    is((scalar grep { $_->{method} eq 'PUT' } $sim->requests), $told,
       'own-codes: of which Sinch hears nothing');
    is($v->post('/verify/report', { code => $code })->status, 200,
       'own-codes: the right one');
    is($v->get('/')->body, "GET / $number||\n", 'own-codes: open');
    is($v->post('/sinch/callback', { event => 'VerificationResultEvent' })
       ->status, 401, 'own-codes: callbacks are Sinch\'s alone');
    $sim->control(PATCH => '/_sim/settings', { callback => undef });
    $nginx->finish;
}

{
    my $nginx = example('load-balancer', '5r/1h 10r/1d' => '1r/1h');
    my $number = 46700700020;

    my $start = sub {
        my ($for) = @_;
        return $nginx->visitor->post('/verify/start', {
            number => '+' . $number++ }, "X-Forwarded-For: $for");
    };

    is($start->('203.0.113.7')->status, 200, 'load-balancer: a visitor');
    is($start->('203.0.113.7')->code, 'too_many_requests',
       'load-balancer: again, from the same address');
    is($start->('203.0.113.8')->status, 200, 'load-balancer: another one');
    is($start->('198.51.100.1, 203.0.113.8')->code, 'too_many_requests',
       'load-balancer: what a visitor says of himself counts nothing');
    is($start->('203.0.113.9, 10.1.2.3')->status, 200,
       'load-balancer: through two balancers');

    my $line;
    wait_until('the line', sub {
        ($line) = grep { /^203\.0\.113\.9 / } split /\n/, $nginx->access_log;
        return $line;
    });
    like($line, qr{^203\.0\.113\.9 by 127\.0\.0\.1 "POST /verify/start},
         'load-balancer: the log has the visitor\'s address');
    $nginx->finish;
}

{
    my $nginx = example('ingress-auth', '127.0.0.1:8083' => '127.0.0.1:'
                                                            . port());
    my $number = '+46700700030';
    my $v = $nginx->visitor;

    my $r = $v->get('/a?b=1', $HTML);
    is($r->status, 302, 'ingress-auth: closed');
    my ($page) = $r->header('Location') =~ m{^(?:http://[^/]+)?(/.*)};
    is($page, '/verify/?return=/a?b=1', 'ingress-auth: to the page');

    $r = $v->get($page, $HTML);
    $r = $v->post('/verify/start', form($r, 'start', number => $number), $HTML);
    is($r->status, 303, 'ingress-auth: started');
    $r = $v->get($r->header('Location'), $HTML);
    $r = $v->post('/verify/report',
                  form($r, 'report', code => $sim->code($number)), $HTML);
    is($r->status . ' ' . $r->header('Location'), '303 /a?b=1',
       'ingress-auth: back to where one was going');

    is($v->get('/a?b=1', 'X-Verified-Phone: +46700799999')->body,
       "GET /a?b=1 $number||\n", 'ingress-auth: open, with the number');
    is($v->post('/a', 'x=y')->body, "POST /a $number||\n",
       'ingress-auth: for a body as well');

    # as ingress-nginx escapes it

    like($nginx->visitor->get('/verify/?return=%2Fa%3Fb%3D1', $HTML)->body,
         qr{name="return" value="/a\?b=1"},
         'ingress-auth: an escaped address is the same');
    $nginx->finish;
}


is_deeply([ sort keys %driven ],
          [ sort map { m{([^/]+)\.conf\z} } glob "$examples/*.conf" ],
          'every example was driven');

done_testing;
