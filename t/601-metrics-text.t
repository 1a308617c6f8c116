#!/usr/bin/perl

# The text of phone_verify_metrics: promtool passes it, docs/metrics.md tells
# of all of it, and nothing in it is anybody's. Abuse case 98.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp top);
use PhoneVerify::Metrics;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $metrics = <<'EOF2';
location / {
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location = /metrics { phone_verify_metrics; }
location = /sinch/callback { phone_verify_callback signup; }
EOF2
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, server => $metrics,
    app => "methods sms callout; own_codes on; budget 100EUR/1d;\n"
           . 'conversion_breaker country dry_run;')->start;
my $m = PhoneVerify::Metrics->new($nginx);

sub check {
    my ($name) = @_;

    my $text = $m->text;

  SKIP: {
        my ($rc, $said) = $m->promtool($text, qw(check metrics));
        skip 'no promtool: util/setup metrics', 1 unless defined $rc;
        is("$rc $said", '0 ', "$name: promtool check metrics");
    }

    return $text;
}

check('nothing has happened');

$sim->control(PATCH => '/_sim/settings', { prices => 'EUR',
    callback => 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' });

my @number = ('+46700000101', '+4915112345678', '+12025550143');

for (@number) {
    my $v = $nginx->visitor;
    $v->get('/');
    $v->post('/verify/start', { number => $_ });
    $v->post('/verify/report', { code => 'xyzzy' });
    $v->post('/verify/report', { code => '000000' });
    $v->post('/verify/report', { code => $sim->code($_) });
    $v->post('/verify/logout', {});
}

$nginx->visitor->post('/sinch/callback', 'x');

my $text = check('a good deal has');
my $value = $m->values($text);

my ($cost) = grep { /cost_total.*currency="EUR"/ } keys %$value;
ok($cost && $value->{$cost} > 0, 'the price of the callbacks');


# a text of three apps, and of more countries than a small zone has room for

my $dir = $nginx->dir;
my ($inside) = slurp("$dir/nginx.conf") =~ /phone_verify_app signup \{(.*?)^\}/ms;

$nginx->conf(http => join '', map { my $in = $inside;
    $in =~ s/zone [^;]+;/zone 64k;/; $in =~ s/cookie [^;]+;//g;
    "phone_verify_app $_ { $in cookie $_ insecure; }\n" } qw(b-2 c.3))->reload;
$text = check('three apps');

my %app;
$app{$1}++ while $text =~ /app="([^"]+)"/g;
is(join(' ', sort keys %app), 'b-2 c.3 signup', 'lines of all apps');


# what is told of, and what is not

sub families {
    my ($text) = @_;
    my (%type, %label);

    for (split /\n/, $text) {
        if (/^# TYPE (\w+) (\w+)$/) {
            is($type{$1}, undef, "$1 is declared once");
            $type{$1} = $2;
            next;
        }

        next if /^# HELP \w+ \S/;

        my ($name, $labels) = /^(\w+)\{(.*)\} \d+(?:\.\d+)?$/
            or fail("a line: $_");
        $name =~ s/_(bucket|sum|count)$//
            if ($type{$name =~ s/_(?:bucket|sum|count)$//r} || '')
               eq 'histogram';
        ok(0, "$name is declared before") unless $type{$name};
        $label{$name}{$1} = 1 while $labels =~ /(\w+)="/g;
    }

    return map {
        my $n = $_;
        $n => "$type{$n} " . join ',', sort grep { $_ ne 'le' }
              keys %{$label{$n}}
    } keys %type;
}

my %real = families($text);
my $doc = slurp(top() . '/docs/metrics.md');
my %told = map {
    my ($name, $type, $labels) = /^\| `(\w+)` \| (\w+) \| (.*?) \| \S/;
    $name => "$type " . join ',', sort $labels =~ /`(\w+)`/g;
} grep { /^\| `phone_verify/ } split /\n/, $doc;

is_deeply(\%told, \%real, 'docs/metrics.md: names, types, labels');

for (split /\n/, $text) {
    next if /^#/;
    my ($label, $v) = (0, '');

    while (/(\w+)="((?:[^"\\]|\\.)*)"/g) {
        ($label, $v) = ($1, $2);
        next if $label eq 'le' || $label eq 'result';
        $v =~ ($label eq 'period' ? qr/^\d{2,7}$/ : qr/^[A-Za-z][\w.-]*$/)
            or fail("label $label=\"$v\"");
    }
}

unlike($text, qr/\Q$_\E/, 'case 98: no number') for map { substr $_, 1 } @number;
unlike($text, qr/127\.0\.0\.1/, 'case 98: no address');


# words of the documents that are of the code's own

for my $word ($text =~ /(?:rule|verdict|outcome|operation)="([^"]+)"/g) {
    $doc =~ /`\Q$word\E`/ or fail("docs/metrics.md: no `$word`");
}

$nginx->finish;
done_testing;
