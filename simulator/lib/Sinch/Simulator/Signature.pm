package Sinch::Simulator::Signature;
use Mojo::Base -strict, -signatures;

use Digest::MD5  qw(md5_base64);
use Digest::SHA  qw(hmac_sha256);
use Exporter     qw(import);
use MIME::Base64 qw(decode_base64 encode_base64);

our @EXPORT_OK = qw(equal sign string_to_sign);

# What both sides sign. Takes method, content_type (as the header has it, '' if
# there is none), timestamp, path, and the body's bytes.
sub string_to_sign (%part) {
    my $body = $part{body} // '';
    return join "\n", uc $part{method},
        length $body ? md5_base64($body) . '==' : '',
        $part{content_type} // '', "x-timestamp:$part{timestamp}",
        $part{path};
}

# The signature in base64. The secret is base64 too, padded or not.
sub sign ($secret, %part) {
    my $padded = $secret . '=' x (-length($secret) % 4);
    return encode_base64(
        hmac_sha256(string_to_sign(%part), decode_base64($padded)), '');
}

# Compares in a time that does not tell where two strings differ.
sub equal ($one, $two) {
    return 0 unless length $one == length $two;
    my $difference = 0;
    $difference |= ord(substr $one, $_, 1) ^ ord(substr $two, $_, 1)
        for 0 .. length($one) - 1;
    return $difference == 0;
}

1;
