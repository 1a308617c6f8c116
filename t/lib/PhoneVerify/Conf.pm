package PhoneVerify::Conf;

# The text of an app block with what every test needs, so that a test says
# only what it is about.

use strict;
use warnings;

use PhoneVerify::Env qw(spew);
use PhoneVerify::Simulator;


# app($dir, $simulator, name => 'signup', text => "attempts 2;\nmethods;")
#
# A directive in "text" replaces the one of that name below; one without a
# value takes it out. $dir gets the files that are named.

sub app {
    my ($dir, $simulator, %arg) = @_;

    my $name = defined $arg{name} ? $arg{name} : 'signup';
    my $text = defined $arg{text} ? $arg{text} : '';

    spew("$dir/sinch.secret", "$PhoneVerify::Simulator::SECRET\n");
    spew("$dir/session.keys", 'k' x 64 . "\n");
    chmod 0600, "$dir/sinch.secret", "$dir/session.keys";

    my @default = (
        [ key              => $PhoneVerify::Simulator::KEY ],
        [ secret_file      => "$dir/sinch.secret" ],
        [ session_key_file => "$dir/session.keys" ],
        [ zone             => '1m' ],
        [ methods          => 'sms whatsapp callout' ],

        # tests leave behind what looks like pumping

        [ conversion_breaker => 'off' ],
        (map { [ limit => "$_ off" ] } qw(number prefix address session)),
        [ attempts => '5 number=off all=off' ],
    );

    if ($simulator) {
        push @default,
            [ api                 => $simulator->https ],
            [ trusted_certificate => $simulator->ca ];
    }

    my %given = map { /^\s*(\w+)/ ? ($1 => 1) : () } split /[;\n]/, $text;
    $text =~ s/^\s*\w+\s*;\n?//mg;

    return "phone_verify_app $name {\n"
           . join('', map { "    $_->[0] $_->[1];\n" }
                      grep { !$given{$_->[0]} } @default)
           . "$text\n}\n";
}


# The endpoints, as in the README.

sub endpoints {
    my ($name) = @_;

    $name = 'signup' unless defined $name;

    return <<"EOF";
location = /verify/start  { phone_verify_start  $name; }
location = /verify/report { phone_verify_report $name; }
location = /verify/status { phone_verify_status $name; }
location = /verify/logout { phone_verify_revoke $name; }
EOF
}


1;
