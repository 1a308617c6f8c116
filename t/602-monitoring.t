#!/usr/bin/perl

# conf-examples/monitoring/: the alerts fire on what a real nginx tells, and
# are silent before; every metric of the dashboard exists.

use strict;
use warnings;

use JSON::PP qw(decode_json);
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp spew top);
use PhoneVerify::Metrics;
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $dir = top() . '/conf-examples/monitoring';
my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(
    simulator => $sim,
    app       => 'zone 64k; methods sms; deny_countries NO;
                  budget 1EUR/1d dry_run;'
                 . join('', map { "\nconversion_breaker $_;" }
                            'country dry_run', 'prefix off', 'address off',
                            'countries off'),
    server    => <<'EOF2')->start;
location / { proxy_pass http://127.0.0.1:%%UPSTREAM%%; }
location = /metrics { phone_verify_metrics; }
location = /callback { phone_verify_callback signup; }
EOF2
my $m = PhoneVerify::Metrics->new($nginx);

$sim->control(PATCH => '/_sim/settings', { prices => 'EUR',
    callback => 'http://127.0.0.1:' . $nginx->port . '/callback' });

sub start {
    return $nginx->visitor->post('/verify/start', { number => $_[0] });
}

sub fault {
    my ($code) = @_;
    $sim->control(POST => '/_sim/faults',
        { operation => 'start', kind => 'error', errorCode => $code });
    return start('+46700000099');
}

sub stale {
    return $sim->control(POST => '/_sim/events', {
        url       => 'http://127.0.0.1:' . $nginx->port . '/callback',
        timestamp => '2014-06-04T13:41:58Z',
        body      => { event => 'VerificationRequestEvent', id => '1',
                       method => 'sms', identity => { type => 'number',
                       endpoint => '+46700000009' } } });
}


# one of each, so that there is a line; then as many as alert

is(start('+37360000000')->status, 200, 'a start');
my $before = $m->values;

start(sprintf '+373600000%02d', $_) for 1 .. 30;
is(start('+4740612345')->status, 403, 'a refusal');
start('+4740612345') for 1 .. 150;
fault(40102);
fault(40200);
stale() for 1 .. 8;

for my $n (1 .. 1000) {
    my $v = $m->values;
    last if $v->{'phone_verify_zone_verifications{app="signup"}'}
            > 0.9 * $v->{'phone_verify_zone_verifications_max{app="signup"}'};
    start(sprintf '+4670001%04d', 5 * $n + $_) for 1 .. 5;
}

# and Sinch goes away

fault(50300) for 1 .. 6;

my $after = $m->values;


# what promtool is told: half an hour of before, ten minutes on the way

my @series;

for my $name (sort keys %$after) {
    my ($x, $y) = ($before->{$name}, $after->{$name});

    if (!defined $x) {
        push @series, { series => $name, values => "_x40 $y+0x60" };
        next;
    }

    push @series, { series => $name, values => sprintf
        '%s+0x29 %s%s%.6fx10 %s+0x60', $x, $x, $y < $x ? '-' : '+',
        abs($y - $x) / 10, $y };
}

push @series, { series => 'up{job="phone-verify",instance="a:80"}',
                values => '1+0x29 0+0x70' };

my $budget = '{app="signup",country="all",period="86400",currency="EUR"}';
my $spent = $after->{"phone_verify_budget_spent$budget"}
            / $after->{"phone_verify_budget$budget"};

my %alert = (
    PhoneVerifyDown             => [ 33, 'critical',
        { instance => 'a:80', job => 'phone-verify' },
        'nginx at a:80 does not answer' ],
    PhoneVerifyConversionLow    => [ 55, 'warning', { country => 'MD' },
        'signup: of the messages to MD few are answered (0%)' ],
    PhoneVerifySinchErrors      => [ 39, 'critical', {}, undef ],
    PhoneVerifyCredentials      => [ 39, 'critical', { result => '401' },
        'signup: Sinch refuses the key, the secret or the clock (401)' ],
    PhoneVerifyCredit           => [ 39, 'critical', {},
        'signup: the Sinch account has not enough credit' ],
    PhoneVerifyCallbacksRefused => [ 42, 'warning', { verdict => 'stale' },
        'signup: callbacks are refused (stale)' ],
    PhoneVerifyRefusals         => [ 40, 'info', { rule => 'destination' },
        'signup: the rule destination refuses many' ],
    PhoneVerifyZoneFull         => [ 50, 'warning', {},
        'signup: the zone is nearly full, make it larger' ],
    PhoneVerifyOutage           => [ 42, 'critical', {},
        'signup: Sinch is not called, its last calls have failed' ],
    PhoneVerifyBreakerOpen      => [ 50, 'warning', { breaker => 'country' },
        'signup: 2 breakers of the kind country are open' ],
    PhoneVerifyBudgetSpent      => [ 50, 'warning',
        { country => 'all', period => 86400, currency => 'EUR' },
        sprintf 'signup: %.4g%% of the budget for all is spent', 100 * $spent ],
    PhoneVerifyWorkerDied       => [ 0 ],
    PhoneVerifySinchSlow        => [ 0 ],
    PhoneVerifyStartsRise       => [ 0 ],
);

my $rules = slurp("$dir/rules.yml");

is(join(' ', sort keys %alert),
   join(' ', sort $rules =~ /- alert: (\w+)/g), 'the alerts');

# what is refused with 401 and 402, of all calls, differs with the zone's size

delete $alert{PhoneVerifySinchErrors};

my @tests;

for (sort keys %alert) {
    my ($minute, $severity, $label, $summary) = @{$alert{$_}};

    push @tests, { alertname => $_, eval_time => '29m', exp_alerts => [] };

    push @tests, { alertname => $_, eval_time => '55m', exp_alerts => [] }
        unless $minute;
    next unless $minute;

    push @tests, { alertname => $_, eval_time => "${minute}m", exp_alerts => [
        { exp_labels => { ($_ eq 'PhoneVerifyDown' ? () : (app => 'signup')),
                          severity => $severity, %$label },
          exp_annotations => { summary => $summary } } ] };
}

SKIP: {
    my ($rc, $said) = $m->promtool('', "check rules $dir/rules.yml");
    skip 'no promtool: util/setup metrics', 4 unless defined $rc;
    is($rc, 0, 'promtool check rules') or diag($said);

    ($rc, $said) = $m->promtool('', "check config $dir/prometheus.yml");
    is($rc, 0, 'promtool check config') or diag($said);

    my $file = $nginx->dir . '/rules_test.yml';
    my $json = JSON::PP->new->canonical->pretty;

    my $run = sub {
        spew($file, $json->encode({
            rule_files => [ "$dir/rules.yml" ], evaluation_interval => '1m',
            tests => [ { interval => '1m', input_series => \@series,
                         alert_rule_test => \@_ } ] }));
        return $m->promtool('', "test rules $file");
    };

    ($rc, $said) = $run->(@tests);
    is($rc, 0, 'promtool test rules') or diag($said);

    ($rc, $said) = $run->({ alertname => 'PhoneVerifyCredit',
                            eval_time => '39m', exp_alerts => [] });
    isnt($rc, 0, 'promtool test rules: it can fail');
}


# the dashboard, and the rules: metrics that are there, labels that they have

my %label;

for (keys %$after) {
    my ($name, $labels) = /^(\w+)\{(.*)\}/;
    $label{$name}{$1} = 1 while $labels =~ /(\w+)="/g;
}

my $dashboard = decode_json(slurp("$dir/dashboard.json"));
my @expr = map { [ $_->{title}, $_->{expr} ] } map {
    my $panel = $_;
    map { { title => $panel->{title}, expr => $_->{expr} } }
        @{$panel->{targets} || []};
} @{$dashboard->{panels}};
my %used;

cmp_ok(scalar @expr, '>', 20, 'the dashboard has expressions');

for ([ 'rules.yml', $rules ], @expr) {
    my ($where, $expr) = @$_;

    while ($expr =~ /(?<!:)\b(phone_verify_\w+)(?:\{([^}]*)\})?/g) {
        my ($name, $labels) = ($1, $2 || '');
        $used{$name} = 1;

        # lines of what has not happened are not there

        $label{$name} ||= { app => 1, currency => 1, result => 1 }
            if $name =~ /^phone_verify_(?:cost|report_answers)_total$/;
        $label{$name} ||= { app => 1, reason => 1 }
            if $name eq 'phone_verify_gate_closed_total';

        ok($label{$name}, "$where: $name") or next;
        $label{$name}{$_} or fail("$where: $name has no label $_")
            for $labels =~ /(\w+)[=!]~?"/g;
    }
}

{
    my %all = map { s/_(?:bucket|sum|count)$//r => 1 } keys %label;
    my %shown = map { s/_(?:bucket|sum|count)$//r => 1 } keys %used;
    is_deeply([ grep { !$shown{$_} } sort keys %all ], [],
              'nothing that is counted is left out');
}

my %id;
$id{$_->{id}}++ for @{$dashboard->{panels}};
is((grep { $_ > 1 } values %id), 0, 'panels have ids of their own');

$nginx->finish;
done_testing;
