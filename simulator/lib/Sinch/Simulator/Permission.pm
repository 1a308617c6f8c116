package Sinch::Simulator::Permission;
use Mojo::Base -strict, -signatures;

use Sinch::Simulator::Input qw(read_options);
use Sinch::Simulator::JSON  qw(decode is_object is_string);

# What a callback answered to a request event: {action, options}, action being
# allow, deny, or invalid if the answer is of no use.
sub read_answer ($method, $answer) {
    return {action => 'invalid'}
        unless ($answer->{status} // 0) == 200
        && ($answer->{content_type} // '') =~ m{\Aapplication/json\s*(?:;|\z)}i;

    my $body = eval { decode($answer->{body}) };
    return {action => 'invalid'}
        unless is_object($body)
        && is_string($body->{action})
        && $body->{action} =~ /\A(?:allow|deny)\z/;
    return {action => 'deny'} if $body->{action} eq 'deny';

    my $given = $body->{$method->member};
    return {action => 'allow'} unless defined $given && $method->from_callback;
    my $options = eval {
        is_object($given) && read_options($given, $method->from_callback);
    };
    return $options ? {action => 'allow', options => $options}
        : {action => 'invalid'};
}

1;
