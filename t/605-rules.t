#!/usr/bin/perl

# Each rule of an app: who is refused by it is counted, once, and by no other;
# in its dry run it lets pass and counts that; and all of it over a reload.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Metrics;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim, workers => 2, app => '',
    server => <<'SERVER')->start;
location / {
    proxy_set_header X-Verified-Phone $phone_verify_number;
    proxy_pass http://127.0.0.1:%%UPSTREAM%%;
}
location = /sinch/callback { phone_verify_callback signup; }
location = /metrics { phone_verify_metrics; }
SERVER

$sim->control(PATCH => '/_sim/settings', {
    callback => 'http://127.0.0.1:' . $nginx->port . '/sinch/callback' });

my $m = PhoneVerify::Metrics->new($nginx);
my $n = 46701740000;

sub said { return $_[0]->status . ' ' . ($_[0]->code || '') }

sub start {
    my ($v, $number, @header) = @_;
    return $v->post('/verify/start', { number => $number }, @header);
}

sub report {
    my ($v, $code) = @_;
    return $v->post('/verify/report', { code => $code });
}

sub started {
    my ($number) = @_;

    my $v = $nginx->visitor;
    start($v, $number);

    return $v;
}

# All refusals, as "rule": [ refused, in a dry run ].

sub refusals {
    my $values = $m->values;
    my %count;

    for (keys %$values) {
        next unless /^phone_verify_refusals_total\{app="signup",rule="(\w+)",dry_run="(yes|no)"\}$/;
        $count{$1}[$2 eq 'yes'] = $values->{$_};
    }

    return \%count;
}

sub limit {
    my ($rate) = @_;

    my ($key) = $rate =~ /^(\S+)/;

    return join('', map { "limit $_ off;\n" } grep { $_ ne $key }
                    qw(number prefix address session))
           . "limit $rate%s;\n";
}

# What is said in the app block, where %s is for "dry_run"; what goes before;
# what the rule refuses, and how.

my $limited = '429 too_many_requests';
my ($v, $number);

sub another { return start($nginx->visitor, '+' . ++$n, @_) }

my @rules = (
    [ number => limit('number 1r/1h') . "resend 1s;\n",
      sub { $number = '+' . ++$n; start($v = $nginx->visitor, $number);
            sleep 2 },
      sub { start($v, $number) }, $limited ],

    [ prefix => limit('prefix 1r/1h'), sub { another() }, sub { another() },
      $limited ],

    [ country => limit('country 1r/1h'), sub { another() }, sub { another() },
      $limited ],

    [ address => limit('address 1r/1h private'), sub { another() },
      sub { another() }, $limited ],

    [ session => limit('session 1r/1h'),
      sub { start($v = $nginx->visitor, '+' . ++$n) },
      sub { start($v, '+' . ++$n) }, $limited ],

    [ all => limit('all 1r/1h'), sub { another() }, sub { another() },
      $limited ],

    [ variable => limit('$http_x_device 1r/1h'),
      sub { another('X-Device: a') }, sub { another('X-Device: a') },
      $limited ],

    [ attempts => "attempts 1 number=off all=off%s;\n",
      sub { $v = started($number = '+' . ++$n); report($v, 'wrong') },
      sub { report($v, $sim->code($number)) }, '422 verification_failed' ],

    [ attempts => "attempts off number=1r/1h all=off%s;\n",
      sub { $v = started($number = '+' . ++$n); report($v, 'wrong') },
      sub { report($v, $sim->code($number)) }, $limited ],

    [ attempts => "attempts off number=off all=1r/1h%s;\n",
      sub { $v = started($number = '+' . ++$n); report($v, 'wrong') },
      sub { report($v, $sim->code($number)) }, $limited ],

    [ destination => "deny_countries SE%s;\n", sub { }, sub { another() },
      '403 destination_denied' ],

    [ destination => "allow_countries NO%s;\n", sub { }, sub { another() },
      '403 destination_denied' ],

    [ class => "deny_classes mobile%s;\n", sub { }, sub { another() },
      '403 destination_denied' ],

    [ conversion => join('', map { "conversion_breaker $_ off;\n" }
                             qw(country address countries))
                    . "conversion_breaker prefix hour=1 day=1 ratio=1%%%s;\n",
      sub { another() for 1 .. 3 }, sub { another() }, $limited ],

    # Sinch is told no when it asks, and sends nothing

    [ budget => "budget 0.01EUR/1h%s;\n", sub { }, sub { another() },
      'nothing sent' ],

    [ price => "max_price 0.01EUR%s;\n", sub { }, sub { another() },
      'nothing sent' ],

    [ reuse => "number_reuse 1/1h%s;\n",
      sub { $number = '+' . ++$n; $nginx->verified($number);
            $v = started($number) },
      sub { report($v, $sim->code($number)) }, $limited ],

    # without its dry run a token is as good as none, which no rule says

    [ bind => "bind \$http_x_device%s;\n",
      sub { $number = '+' . ++$n; $v = $nginx->visitor;
            start($v, $number, 'X-Device: a');
            $v->post('/verify/report', { code => $sim->code($number) },
                     'X-Device: a') },
      sub { $v->get('/a', 'X-Device: b') }, undef ],

    [ resend => "resend 30s%s;\n",
      sub { $number = '+' . ++$n; start($v = $nginx->visitor, $number) },
      sub { start($v, $number) }, $limited ],

    [ origin => "allow_origins https://app.example%s;\n", sub { },
      sub { another('Origin: https://evil.example') }, '403 cross_site' ],

    # the last one, for Sinch is down meanwhile

    [ outage => "provider_failures 2/30s probe=1h%s;\n",
      sub { $sim->down; another() for 1 .. 2 }, sub { another() },
      '503 provider_unavailable' ],
);

sub policy {
    my ($app, @dry_run) = @_;

    $nginx->conf(app => sprintf $app, @dry_run)->reload;
    $nginx->wait_old;
}

my %tried;

for my $rule (@rules) {
    my ($name, $app, $before, $what, $refused) = @$rule;

    for my $dry (0, 1) {
        next if !$dry && !defined $refused;

        my $test = $dry ? "$name, dry run" : $name;

        policy($app, $dry ? ' dry_run' : '');
        $before->();

        my $was = refusals();
        my $r = $what->();
        my $is = refusals();

        if ($name eq 'outage') {
            is(said($r), $refused, "$test: what is told");

        } elsif (($refused || '') eq 'nothing sent') {
            is(scalar($sim->outbox("+$n")), $dry, "$test: what is sent");

        } elsif ($dry) {
            is($r->status, 200, "$test: let pass");

        } else {
            is(said($r), $refused, "$test: refused");
        }

        my %moved = map { my $k = $_;
                          map { "$k " . ($_ ? 'yes' : 'no')
                                => $is->{$k}[$_] - $was->{$k}[$_] }
                          grep { $is->{$k}[$_] != $was->{$k}[$_] } 0, 1 }
                    keys %$is;

        is_deeply(\%moved, { "$name " . ($dry ? 'yes' : 'no') => 1 },
                  "$test: counted, and nothing else") or diag explain \%moved;

        $tried{$name} = 1;
    }
}

$sim->up;


# a dry run tells of all that would be refused: it goes on with a new session

policy("provider_failures off;\n" . limit('session 2r/1h'), ' dry_run');

$v = $nginx->visitor;
my @told;

for (1 .. 6) {
    my $before = refusals()->{session}[1];
    is(start($v, '+' . ++$n)->status, 200, 'session, dry run: let pass');
    push @told, refusals()->{session}[1] - $before;
}

is("@told", '0 0 1 1 1 1', 'session, dry run: all but two');


my $was = refusals();

is(join(' ', sort keys %tried), join(' ', sort keys %$was),
   'there is no other rule');

$nginx->reload;
$nginx->wait_old;
is_deeply(refusals(), $was, 'after a reload all counters are what they were');

$nginx->finish;

done_testing;
