use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../lib";
use Digest::MD5 qw(md5_base64);
use Mojo::JSON qw(decode_json);
use Mojo::Util qw(encode);
use Sinch::Simulator::Signature qw(equal sign string_to_sign);
use Sinch::Simulator::Test;
use Test::More;

# The vectors agree with Sinch's own SDKs.
my $data = Sinch::Simulator::Test::example('signature-vectors.json');
my (%part, %vector);

for my $vector (@{$data->{vectors}}) {
    my $name = $vector->{name};
    $vector{$name} = $vector;
    $part{$name}   = {
        method       => $vector->{method},
        content_type => $vector->{content_type},
        timestamp    => $vector->{x_timestamp},
        path         => $vector->{path},
        body         => encode('UTF-8', $vector->{body}),
    };
    is string_to_sign(%{$part{$name}}), $vector->{string_to_sign},
        "$name: what is signed";
    is sign($vector->{secret}, %{$part{$name}}), $vector->{signature},
        "$name: signature";
}
is keys %vector, 11, 'eleven vectors';

for my $altered (@{$data->{must_be_rejected}}) {
    my ($name, $change) = @$altered{qw(based_on change)};
    next if $change eq 'key';    # not signed, but compared: auth.t
    $change = 'timestamp' if $change eq 'x_timestamp';
    my %part = (%{$part{$name}}, $change => $altered->{value});
    isnt sign($vector{$name}{secret}, %part), $vector{$name}{signature},
        "$name with another $change";
}

ok equal('abc', 'abc'),  'equal';
ok !equal('abc', 'abd'), 'not equal';
ok !equal('abc', 'ab'),  'not of equal length';

done_testing;
