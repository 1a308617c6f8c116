package PhoneVerify::Metrics;

# What phone_verify_metrics says, as data, and what promtool says of it.
#
#     my $m = PhoneVerify::Metrics->new($nginx);
#     $m->moved(sub { ... }, { 'phone_verify_grants_total{app="signup"}' => 1 },
#               'a grant is counted');
#
# moved() is one test: whatever the code does, exactly these counters move, by
# this much. Times and sizes, which differ from run to run, are not compared;
# what is given as undef may move.

use strict;
use warnings;

use Test::More ();

use PhoneVerify::Env qw(spew);


sub new {
    my ($class, $nginx, %arg) = @_;

    return bless { nginx => $nginx, uri => '/metrics', %arg }, $class;
}


sub text {
    my ($self) = @_;

    my $r = $self->{nginx}->visitor->get($self->{uri});
    die "metrics: HTTP status " . $r->status . "\n" if $r->status != 200;

    return $r->body;
}


# { 'name{label="value"}' => value }

sub values {
    my ($self, $text) = @_;

    my %value;

    for (split /\n/, $text // $self->text) {
        next if /^#/;
        /^(\w+(?:\{.*\})?) (\S+)$/ or die "metrics: not a line: $_\n";
        die "metrics: twice: $1\n" if exists $value{$1};
        $value{$1} = $2;
    }

    return \%value;
}


sub moved {
    my ($self, $code, $expected, $name) = @_;

    my $before = $self->values;
    $code->();
    my $after = $self->values;

    my %moved;

    for (keys %$after) {
        next if !/_total\{/ || exists $expected->{$_}
                               && !defined $expected->{$_};
        my $by = $after->{$_} - ($before->{$_} || 0);
        $moved{$_} = $by if $by;
    }

    my %want = map { $_ => $expected->{$_} }
               grep { defined $expected->{$_} } keys %$expected;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::is_deeply(\%moved, \%want, $name)
        || Test::More::diag(Test::More::explain(\%moved));
}


# promtool's exit status and what it says; undef without promtool

sub promtool {
    my ($self, $text, @args) = @_;

    return unless grep { -x "$_/promtool" } split /:/, $ENV{PATH};

    my $file = $self->{nginx}->dir . '/promtool.txt';
    spew($file, $text // '');

    my $said = `promtool @args <$file 2>&1`;

    return ($? >> 8, $said);
}


1;
