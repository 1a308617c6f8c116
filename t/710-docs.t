#!/usr/bin/perl

# The documents say what the code says: each directive, its context and an
# example that loads; each error code with its status; each variable; links
# and files that are there.

use strict;
use warnings;

use File::Find;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp spew top);
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $top = top();
my $readme = slurp("$top/README.md");
my $directives = slurp("$top/docs/directives.md");
my $api = slurp("$top/docs/api.md");
my $app = 'phone_verify_app';

sub all { return join ' ', sort @_ }


# what the code has: the command tables, wherever they stand

my %flag = (HTTP_MAIN => ['http'], HTTP_SRV => ['server'],
            HTTP_LOC => ['location'], HTTP_LMT => ['limit_except'],
            ANYWHERE => [qw(http server location)]);
my %context;

find({ no_chdir => 1, wanted => sub {
    return unless /\.c$/;
    my $text = slurp($_);

    while ($text =~ /^(?:static )?ngx_command_t\s+\w+\[\] = \{(.*?)^\};/msg) {
        for (split /ngx_string\(|_(?=endpoint\()|_option_command\(/, $1) {
            my ($endpoint, $name, $rest) = /^(endpoint\()?"(\w+)"(.*)/s
                or next;
            my %where = map { map { $_ => 1 } @{$flag{$_}} } grep {
                $rest =~ /\bNGX_(?:HTTP_PHONE_VERIFY_)?$_(?:_CONF)?\b/
            } keys %flag;

            $context{$name} = $endpoint ? 'location'
                              : all(%where ? keys %where : $app);
        }
    }
} }, "$top/src");

cmp_ok(scalar keys %context, '>', 30, 'the command tables were found');
is($context{phone_verify}, 'http limit_except location server',
   'and contexts in them');
is($context{phone_verify_start}, 'location', 'those of endpoints, too');


# README.md: a row for some directives; the first word of an example is one

my (%row, @example);

for ($readme =~ /^## Directives\n(.*?)^## /ms ? split /\n/, $1 : ()) {
    next unless /^\| \*\*/;

    my (undef, $syntax, $default, $where, $example) = split /\s*(?<!\\)\|\s*/;
    my @name = $syntax =~ /\*\*(\w+)\*\*/g;

    $row{$_} = all(split /, /, $where) for @name;
    ok(length $default, "README: @name: a default");
    ok((grep { $example =~ /\b$_\b/ } @name), "README: @name: an example");
    push @example, [ "README: $name[0]", $where, $example =~ /`(.*)`/ ];
}

is(all(keys %row), all(keys %context), 'README: the directives');
is($row{$_}, $context{$_}, "README: $_: context") for sort keys %row;


# docs/directives.md: a section for some directives

my (%section, $contents);

($contents) = $directives =~ /\A(.*?)^## /ms;

while ($directives =~ /^(##+) ([a-z_, ]+)\n(.*?)(?=^##|\z)/msg) {
    my ($title, $text) = ($2, $3);
    my @name = split /, /, $title;

    my ($syntax, $default, $where, $since) = $text =~ /
        ^>\ Syntax:\ (.*?)[ ]{2}\n>\ Default:\ (.*?)[ ]{2}\n
        >\ Context:\ (.*?)[ ]{2}\n>\ Since:\ (\d+\.\d+\.\d+)\n/mx;

    is(all(($syntax || '') =~ /\*\*(\w+)\*\*/g), all(@name),
       "directives: $title: the block");
    is($row{$name[0]} && all(split /, /, $where), $row{$name[0]},
       "directives: $title: the README's context");
    $section{$_} = all(split /, /, $where) for @name;

    like($contents, qr/`$_`/, "directives: $_ in the contents") for @name;

    my ($example) = $text =~ /\n\n((?: {4}.*\n|\n(?= {4}))+)/
        or fail("directives: $title: an example");
    push @example, [ "directives: $title", $where, $example ];
}

is(all(keys %section), all(keys %context), 'directives: all of them');


# and whoever reads what has changed meets each of them

my $changes = slurp("$top/CHANGES");
like($changes, qr/"\Q$_\E"/, "CHANGES: $_") for sort keys %context;


# both say the same of syntax and default

for my $name (sort keys %context) {
    my ($one) = $readme =~ /^(\| .*\*\*\Q$name\E\*\*.*)/m;
    my ($two) = $directives =~ /^> Syntax: (.*\*\*\Q$name\E\*\*.*)  $/m;
    my ($default) = $directives
        =~ /^> Syntax: .*\*\*\Q$name\E\*\*.*\n> Default: (.*)  $/m;

    my @cell = split /\s*(?<!\\)\|\s*/, $one || '';
    s/\\\|/|/g for @cell;
    is($cell[1], $two, "$name: the same syntax");
    is($cell[2], $default, "$name: the same default");
}


# each example loads

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim);
my $dir = $nginx->dir;

sub here {
    my ($text) = @_;

    my $ca = $sim->ca;
    $text =~ s{/etc/nginx/sinch\.secret}{$dir/sinch.secret};
    $text =~ s{/etc/nginx/phone-verify\.keys}{$dir/session.keys};
    $text =~ s{/etc/ssl/certs/ca-certificates\.crt}{$ca};
    $text =~ s{http://app\b}{http://127.0.0.1:%%UPSTREAM%%}g;
    $text =~ s/\{ \.\.\. \}/{ include app.conf; }/;

    return $text;
}

sub loads {
    my ($name, %conf) = @_;

    my ($passed, $said) = $nginx->conf(%conf)->check;
    ok($passed, "$name: its example loads") or diag($said);
}

for (@example) {
    my ($name, $where, $text) = @$_;

    $text = here($text);

    if ($where eq $app) {
        loads($name, app => $text, http => '', server => '',
              endpoints => undef);

    } elsif ($where eq 'http') {
        $nginx->conf(app => '', server => '')->check;
        my ($inside) = slurp("$dir/nginx.conf")
                       =~ /^\s*phone_verify_app signup \{(.*?)^\}/ms;
        # its API is Sinch's own, whose name is looked up when it loads

        $text =~ s/^(\s*)(?=key )/$1api https:\/\/127.0.0.1;\n$1/m;

        my $whole = "pid nginx.pid; error_log logs/error.log;\n"
                    . "events { }\nhttp {\n$text\n}\n";
        spew("$dir/app.conf", $inside);
        loads($name, whole => $whole);
        $nginx->conf(whole => undef);

    } else {
        loads($name, app => '', gate => '', endpoints => '',
              server => $text);
    }
}


# the configuration of the README, as a whole: it loads, and it is closed

{
    my ($text) = $readme =~ /^```nginx\n(.*?)^```/ms;
    my $keyless = $text =~ s/^load_module .*\n//mr;
    $keyless =~ s/^ +(?:listen|ssl_certificate|ssl_certificate_key) .*\n//mg;
    $keyless =~ s/include mime\.types;/types { text\/html html; }/
        or fail('README: types, without which the page has no style');
    my $user = $> == 0 ? 'user root;' : '';
    my ($https, $ca, $up) = ($sim->https, $sim->ca);

    mkdir "$dir/page";
    $keyless = here($keyless);
    $keyless =~ s{/usr/share/phone-verify/}{$top/page/}g;
    $keyless =~ s{(\Q$app\E signup \{)}
                 {$1 api $https; trusted_certificate $ca;};
    $keyless =~ s/server \{/server { listen 127.0.0.1:%%PORT%%;/;
    $keyless =~ s/http \{/http { access_log off;/;
    $keyless =~ s/\}\s*\z/<<'CONF'/e;
    server {
        listen  127.0.0.1:%%UPSTREAM%%;
        return  200 "$request_uri $http_x_verified_phone";
    }
}
CONF

    my $whole = PhoneVerify::Nginx->new(simulator => $sim,
        whole => "$user\npid nginx.pid;\nerror_log logs/error.log info;\n"
                 . $keyless);
    spew($whole->dir . '/sinch.secret', "$PhoneVerify::Simulator::SECRET\n");
    my $secret = $whole->dir . '/sinch.secret';
    chmod 0600, $secret;
    my $conf = slurp($whole->dir . '/nginx.conf')
               =~ s{\Q$dir\E/sinch\.secret}{$secret}r;
    spew($whole->dir . '/nginx.conf', $conf);

    $whole->start;
    my $v = $whole->visitor;
    my $r = $v->get('/', 'Accept: text/html');
    is($r->status, 303, 'README: browsers are led to the page');
    is($r->header('Location'), '/verify/', 'README: which is there');
    is($v->get('/verify/', 'Accept: text/html')->status, 200,
       'README: and open');
    $v = $whole->verified('+46700710001');
    is($v->get('/a')->body, '/a +46700710001', 'README: and so is the gate');
    $whole->finish;
}


# the house: each of its rooms is named

{
    my $house = slurp("$top/docs/architecture.md");
    my @room;

    find({ no_chdir => 1, wanted => sub {
        push @room, $File::Find::name =~ s{^\Q$top\E/}{}r
            if -d && $_ ne "$top/src";
    } }, "$top/src");

    like($house, qr/^\| `\Q$_\E` \|/m, "architecture: $_") for sort @room;

    my $contributing = slurp("$top/CONTRIBUTING.md");

    for (map { s{/$}{}r } glob "$top/*/") {
        my $name = s{.*/}{}r;
        next if $name eq 'build';
        like($contributing, qr{^    (?:\S+/ )*\Q$name\E/}m,
             "CONTRIBUTING: $name/");
    }
}


# errors: code, status and title

my (%error, %said);
my $errors = slurp("$top/src/verification/error.c");

while ($errors =~ /\bE\("(\w+)", (\d+),\s+"([^"]+)"\)/g) {
    $error{$1} = "$2 $3";
}

cmp_ok(scalar keys %error, '>', 15, 'the table of errors was found');

$said{$1} = "$2 $3" while $readme =~ /^\| `(\w+)` \| (\d{3}) \| (.*?) \|$/mg;
is_deeply(\%said, \%error, 'README: the errors');

%said = ();
$said{$1} = $2 while $api =~ /^\| `(\w+)` \| (\d{3}) \| .+ \|$/mg;
is_deeply(\%said, { map { $_ => substr $error{$_}, 0, 3 } keys %error },
          'api: the errors');


# variables

my $variables = slurp("$top/src/gate/variables.c");
my %variable = map { $_ => 1 }
               $variables =~ /\{ ngx_string\("(phone_verify_\w+)"\)/g;

cmp_ok(scalar keys %variable, '>', 10, 'the table of variables was found');

for (['README', $readme], ['directives', $directives]) {
    my ($name, $text) = @$_;
    is(all($text =~ /^\| `\$(\w+)` \|/mg), all(keys %variable),
       "$name: the variables");

    my %unknown = map { $_ => 1 } grep { !$variable{$_} }
                  $text =~ /\$(phone_verify_\w+)/g;
    is(all(keys %unknown), '', "$name: none that is not");
}


# Sinch's words, in the table of where each is handled

my $sinch = slurp("$top/docs/sinch.md");
my $words = slurp("$top/src/sinch/words.c");

for ($words =~ /ngx_string\("([^"]+)"\)/g) {
    next if $_ eq 'NONE' || $_ eq 'UNKNOWN' || $_ eq 'Other';
    like($sinch, qr/\Q$_\E/, "sinch: $_");
}

for (slurp("$top/src/sinch/error.c") =~ /\{ (\d{5}),/g) {
    like($sinch, qr/\b$_\b/, "sinch: $_");
}


# links lead somewhere, and so do names of files

sub anchor {
    my ($title) = @_;

    $title = lc $title;
    $title =~ s/[^\w\- ]//g;
    return $title =~ tr/ /-/r;
}

my @document = (qw(README.md CONTRIBUTING.md SECURITY.md),
                map { s{^\Q$top\E/}{}r } glob("$top/docs/*.md"));

for my $document (@document) {
    my $text = slurp("$top/$document");
    my ($folder) = $document =~ m{^(.*/)};
    my @dead;

    while ($text =~ /\]\(([^)\s]+)\)/g) {
        my ($file, $anchor) = split /#/, $1, 2;

        next if $file =~ /^https?:/;
        $file = $file eq '' ? $document : ($folder || '') . $file;

        if (!-e "$top/$file") {
            push @dead, $file;
            next;
        }

        next unless $anchor;

        my $there = slurp("$top/$file") =~ s/^```.*?^```//msgr;
        my %anchor = map { anchor($_) => 1 } $there =~ /^#+ (.*)$/mg;
        push @dead, "$file#$anchor" unless $anchor{$anchor};
    }

    is("@dead", '', "$document: its links");

    @dead = grep { !-e "$top/$_" }
            $text =~ m{`((?:src|t|docs|util|page|simulator|conf-examples)/
                          [\w./-]+)`}xg;
    is("@dead", '', "$document: files it names");
}

done_testing;
