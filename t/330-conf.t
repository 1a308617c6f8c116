# Configurations that must not run: nginx -t says what, where, and what to do.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(spew);
use PhoneVerify::Log;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim)->start;
my $dir = $nginx->dir;

expect_log(qr/\[emerg\] .* in \S+nginx\.conf:\d+/);

spew("$dir/bad.secret", "this is no base64!\n");
spew("$dir/empty.secret", "\n");
spew("$dir/open.secret", "$PhoneVerify::Simulator::SECRET\n");
chmod 0644, "$dir/open.secret";

# what the app block says: a directive without a value is taken out

my %app = (
    'key;' => qr/phone_verify_app "signup" has no "key"/,
    'secret_file;' => qr/phone_verify_app "signup" has no "secret_file"/,
    'zone;' => qr/phone_verify_app "signup" has no "zone"/,
    'key "a b";' => qr/invalid "key"/,
    'key a:b;' => qr/invalid "key"/,
    'secret_file /nonexistent/secret;' => qr/"\/nonexistent\/secret" failed/,
    "secret_file $dir;" => qr/is not a regular file/,
    "secret_file $dir/bad.secret;" => qr/bad\.secret" does not hold a Sinch/,
    "secret_file $dir/empty.secret;" => qr/does not hold a Sinch/,
    'api http://127.0.0.1:1;' => qr/http.*insecure/s,
    'api ftp://127.0.0.1;' => qr/api|https|url/i,
    'api http://127.0.0.1:1 secure;' => qr/invalid parameter "secure"/,
    'auth digest;' => qr/invalid value "digest"/,
    'zone 1k;' => qr/too small/,
    'zone x;' => qr/"zone" directive invalid value/,
    'methods sms fax;' => qr/invalid method "fax".*"sms"/,
    'methods sms sms;' => qr/duplicate method "sms"/,
    'attempts 0;' => qr/must be/,
    'attempts on;' => qr/"attempts" must be between 1 and 100, or "off"/,
    'attempts off off;' => qr/invalid parameter "off" in "attempts"/,
    'attempts 5 off;' => qr/invalid parameter "off" in "attempts"/,
    'attempts off dry_run dry_run;'
        => qr/duplicate parameter "dry_run" in "attempts"/,
    'attempts dry_run;' => qr/"attempts" must be between 1 and 100, or "off"/,
    'attempts off; attempts 5;' => qr/"attempts" directive is duplicate/,
    'attempts 5; attempts 5;' => qr/"attempts" directive is duplicate/,
    'attempts 5 number=9r/1d number=off;'
        => qr/duplicate parameter "number=off"/,
    'attempts 5 all=9r/1h dry_run all=999r/1h;'
        => qr/duplicate parameter "all=999r\/1h"/,
    'pending_ttl 1s;' => qr/"pending_ttl" must be between/,
    'pending_ttl 1h;' => qr/"pending_ttl" must be between/,
    'pending_ttl 30s; timeout 14s;' => qr/longer than twice.*: 30000ms/,
    'timeout 9223372036854775807ms;' => qr/longer than twice/,
    'header X_Phone_Verify;' => qr/invalid header name "X_Phone_Verify"/,
    'header X!;' => qr/invalid header name "X!"/,
    'cookie pv domain=a.example domain=b.example;'
        => qr/duplicate parameter "domain=b.example"/,
    'timeout 149s;' => qr/"pending_ttl" of .*"signup" must be longer than/,
    'resend 1s 2s 3s 4s 5s;' => qr/at most four/,
    'resend 1s 2s 3s 4s 5s dry_run;' => qr/at most four/,
    'resend off dry_run;' => qr/invalid time "off"/,
    'resend off 30s;' => qr/invalid time "off"/,
    'resend 30s off;' => qr/invalid time "off"/,
    'resend dry_run;' => qr/"resend" directive has no time/,
    'resend dry_run 30s;' => qr/invalid time "dry_run"/,
    'resend 30s dry_run dry_run;' => qr/invalid time "dry_run"/,
    'resend off; resend off;' => qr/"resend" directive is duplicate/,
    'resend off; resend 30s;' => qr/"resend" directive is duplicate/,
    'allow_origins off https://a.example;' => qr/invalid origin "off"/,
    'allow_origins https://a.example off;' => qr/invalid origin "off"/,
    'allow_origins off dry_run;' => qr/invalid origin "off"/,
    'allow_origins dry_run https://a.example;' => qr/invalid origin "dry_run"/,
    'allow_origins dry_run dry_run;' => qr/invalid origin "dry_run"/,
    'allow_origins dry_run; allow_origins off;'
        => qr/"allow_origins" directive is duplicate/,
    'allow_origins off; allow_origins off;'
        => qr/"allow_origins" directive is duplicate/,
    'resend 0s;' => qr/invalid time "0s"/,
    'timeout 0;' => qr/is zero/,
    'resend 25h;' => qr/invalid time "25h"/,
    'resend 50d;' => qr/invalid time "50d"/,
    'poll 2h;' => qr/"poll" directive must be "off" or between 1s and 1h/,
    'session_ttl 0;' => qr/at least 1 second/,
    'session_ttl 11y;' => qr/at most 10 years/,
    'session_ttl 9223372036854775807;' => qr/at most 10 years/,
    'trusted_certificate /nonexistent.pem;' => qr/nonexistent\.pem/,
    'nonsense on;' => qr/unknown directive "nonsense" in phone_verify_app/,
    'key a b;' => qr/invalid number of arguments in "key"/,
    'sms_code_type numeric;' => qr/"Numeric", "Alpha" or "Alphanumeric"/,
    'flashcall_dial_timeout 4s;' => qr/5s to 120s/,
    'flashcall_dial_timeout 121s;' => qr/5s to 120s/,
    'sms_expiry 5m;' => qr/HH:MM:SS/,
    'callback_skew 2h;' => qr/between 1s and 1h/,
    'callback_path sinch;' => qr/invalid "callback_path"/,
    'callback_unknown maybe;' => qr/invalid value "maybe"/,
);

for my $text (sort keys %app) {
    my ($ok, $said) = $nginx->conf(app => $text)->check;
    ok(!$ok, "$text is refused");
    like($said, $app{$text}, 'and why');
    like($said, qr/in \S+nginx\.conf:\d+/, 'and where');
    unlike($said, qr/\Q$PhoneVerify::Simulator::SECRET\E|no base64!/,
           'without the secret');
}

{
    my ($ok, $said) = $nginx->conf(app => 'pending_ttl 30s; timeout 13s;')
                            ->check;
    ok($ok, 'longer than the calls') or diag($said);
}

# gates and endpoints

my %server = (
    'location /x { phone_verify nobody; }' =>
        qr/unknown phone_verify_app "nobody" in \S+nginx\.conf:\d+/,
    'location /x { phone_verify_start nobody; }' =>
        qr/unknown phone_verify_app "nobody"/,
    'location /x { phone_verify signup; phone_verify signup; }' =>
        qr/"phone_verify" directive is duplicate/,
    'location /x { phone_verify signup sometimes; }' =>
        qr/invalid parameter "sometimes"/,
    'location /x { phone_verify signup max_age=5m max_age=5d; }' =>
        qr/duplicate parameter "max_age=5d"/,
    'location /x { phone_verify signup methods=sms methods=sms,callout; }' =>
        qr/duplicate parameter "methods=sms,callout"/,
    'location /x { phone_verify signup max_age=11y; }' =>
        qr/invalid parameter "max_age=11y"/,
    'location /x { phone_verify signup max_age=0; }' =>
        qr/invalid parameter "max_age=0"/,
    'location /x { phone_verify signup max_age=5x; }' =>
        qr/invalid parameter "max_age=5x"/,
    'location /x { phone_verify signup number=; }' =>
        qr/empty parameter "number="/,
    'location /x { phone_verify signup methods=fax; }' =>
        qr/invalid parameter "methods=fax"/,
    'location /x { phone_verify signup optional max_age=5m; }' =>
        qr/cannot demand anything with "optional"/,
    'location /x { phone_verify off max_age=5m; }' =>
        qr/takes no parameters with "off"/,
    'location /x { phone_verify_page /a; phone_verify_page /b; }' =>
        qr/"phone_verify_page" directive is duplicate/,
    'location /x { phone_verify_page off; phone_verify_page /b; }' =>
        qr/"phone_verify_page" directive is duplicate/,
    'location /x { phone_verify_page ""; }' =>
        qr/"phone_verify_page" directive is empty/,
    'location /x { phone_verify_start signup; phone_verify_report signup; }'
        => qr/cannot stand beside another endpoint/,
    'phone_verify_start signup;' => qr/is not allowed here/,
);

for my $text (sort keys %server) {
    my ($ok, $said) = $nginx->conf(app => '', server => $text)->check;
    ok(!$ok, "$text is refused");
    like($said, $server{$text}, 'and why');
}

# apps

my $second = <<"EOF";
phone_verify_app signup {
    key a; secret_file $dir/sinch.secret; zone 1m;
    api http://127.0.0.1:1 insecure;
}
EOF

my ($ok, $said) = $nginx->conf(app => '', server => '', http => $second)
                        ->check;
ok(!$ok, 'an app that is declared twice');
like($said, qr/duplicate phone_verify_app "signup", declared in \S+:\d+/,
     'says where the first one is');

($ok, $said) = $nginx->conf(http => 'phone_verify_app off { }')->check;
ok(!$ok, 'an app called off');

# what is allowed, with a word

$second =~ s/signup/other/;
($ok, $said) = $nginx->conf(http => $second)->check;
ok($ok, 'two apps') or diag $said;
like($said, qr/\[warn\] .*"other" and "signup" have the same cookie/,
     'with one cookie');

($ok, $said) = $nginx->conf(http => '', app => "secret_file $dir/open.secret;")
                     ->check;
ok($ok, 'a secret that all can read');
like($said, qr/\[warn\] .*can be read by all users/, 'is warned of');

# an app may be named before it is declared, and come from another file

$nginx->conf(app => '', http => '', gate => 'phone_verify late;',
             endpoints => '', server => <<'EOF');
location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
}
phone_verify_app late {
    include %%DIR%%/late.conf;
EOF

spew("$dir/late.conf", "key a; secret_file $dir/sinch.secret; zone 1m;\n"
                       . "api http://127.0.0.1:1 insecure;\n");
($ok, $said) = $nginx->check;
ok($ok, 'declared behind its gate, by an included file') or diag $said;

$nginx->finish;
done_testing;
