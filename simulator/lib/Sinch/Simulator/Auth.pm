package Sinch::Simulator::Auth;
use Mojo::Base -base, -signatures;

use MIME::Base64 qw(decode_base64);
use Mojo::Util   qw(url_unescape);
use Sinch::Simulator::Clock     qw(now parse);
use Sinch::Simulator::Refusal   ();
use Sinch::Simulator::Signature qw(equal sign);

has 'settings';

my %RANK = (any => 0, public => 0, basic => 1, signed => 2);

# Who calls? Takes method, path (as received), headers (Mojo::Headers) and body
# (bytes). Returns {key, level}, level being signed, basic or public; throws a
# refusal.
sub check ($self, %request) {
    my $header = $request{headers}->authorization
        // _refuse(40100);
    my ($scheme, $rest) = $header =~ /\A(\w+) (\S+)\z/
        or _refuse(40107);

    my $caller
        = lc $scheme eq 'basic'       ? $self->_basic($rest)
        : lc $scheme ne 'application' ? _refuse(40107)
        : $rest =~ /:/                ? $self->_signed($rest, %request)
        :                               $self->_public($rest);

    _refuse(40303) if $RANK{$caller->{level}} < $RANK{$self->settings->{auth}};
    return $caller;
}

sub _basic ($self, $rest) {
    my ($key, $secret) = split /:/, decode_base64($rest), 2;
    my $known = $self->_secret($key // '');
    _refuse(40108) unless equal($known, $secret // '');
    return {key => $key, level => 'basic'};
}

sub _public ($self, $key) {
    $self->_secret($key);
    return {key => $key, level => 'public'};
}

sub _signed ($self, $rest, %request) {
    my ($key, $signature) = split /:/, $rest, 2;
    my $secret = $self->_secret($key);

    my $headers   = $request{headers};
    my $timestamp = $headers->header('x-timestamp') // _refuse(40101);
    my $time      = parse($timestamp)               // _refuse(40101);

    my %part = (
        method       => $request{method},
        content_type => $headers->content_type // '',
        timestamp    => $timestamp,
        body         => $request{body},
    );

    # SDKs disagree whether an encoded path is signed as sent or decoded
    my @paths = ($request{path});
    push @paths, url_unescape $request{path} if $request{path} =~ /%/;
    _refuse(40102)
        unless grep { equal($signature, sign($secret, %part, path => $_)) }
        @paths;

    _refuse(40105) if abs(now() - $time) > $self->settings->{skew};
    return {key => $key, level => 'signed'};
}

sub _secret ($self, $key) {
    return $self->settings->{apps}{$key} // _refuse(40108);
}

sub _refuse ($code) { Sinch::Simulator::Refusal->throw($code) }

1;
