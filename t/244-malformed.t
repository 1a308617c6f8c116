#!/usr/bin/perl

# Bodies that are no JSON or no form, or that have more in them than they
# should: refused before anything is asked of Sinch.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Nginx;
use PhoneVerify::Simulator;

my $sim = PhoneVerify::Simulator->start;
my $nginx = PhoneVerify::Nginx->new(simulator => $sim)->start;

sub refused {
    my ($type, $body) = @_;

    my $r = $nginx->visitor->post('/verify/start', $body,
                                  "Content-Type: application/$type");
    my $name = substr($body, 0, 60) =~ s/([^ -~])/sprintf '\x%02x', ord $1/ger;

    is($r->status . ' ' . $r->code, '400 invalid_request', "case 52: body $name");
}


my $number = '"number":"+46860000001"';

refused('json', $_) for (

    # no JSON, or no object
    ' ', 'x', '"+46860000001"', '[]', "[{$number}]", 'null', 'true', '1',
    "{$number", "{$number}}", "{$number} x", "{$number}{}", "{$number,}",
    '{number:"+46860000001"}', "{'number':'+46860000001'}", "{$number/**/}",
    "{$number}//", "{$number,}", '{"number":+46860000001}', "\0{$number}",
    "{$number}\0", "{$number;}", "number=%2B46860000001",

    # a value that is no string
    '{"number":46860000001}', '{"number":["+46860000001"]}',
    '{"number":{"number":"+46860000001"}}', '{"number":true}',
    "{$number,\"method\":1}", "{$number,\"language\":[]}",
    "{$number,\"return\":{}}", "{$number,\"country\":46}",
    "{$number,\"code\":1234}", "{$number,\"cli\":false}",

    # a name twice, also where nobody looks
    "{$number,$number}", "{$number,\"number\":\"\"}",
    "{$number,\"Number\":\"+46860000002\"}",
    "{$number,\"n\\u0075mber\":\"+46860000002\"}",
    "{$number,\"x\":{\"a\":1,\"a\":2}}", "{$number,\"x\":1,\"x\":2}",
    "{$number,\"__proto__\":1,\"__proto__\":2}",

    # bytes and escapes
    '{"number":"+46860000001\u0000"}', "{\"number\":\"+4686000000\0001\"}",
    "{\"number\":\"+46860000001\xff\"}", "{\"number\":\"+4686\xc0\x80\"}",
    "{\"number\":\"+4686\xed\xa0\x80\"}", '{"number":"+4686\ud800"}',
    "{\"number\":\"+46860000001\n\"}", '{"number":"+4686\x30"}',
    '{"number":"+4686\u12"}', "\xef\xbb\xbf{$number}",
    "\xff\xfe{\0", "{$number,\"\\u0000\":1}",

    # numbers
    map({ "{$number,\"x\":$_}" } 'NaN', 'Infinity', '1e400', '01', '1.', '.1',
                                 '+1', '0x1', '1e', '--1', '1 2'),

    # too much of it
    "{$number,\"x\":" . '[' x 40 . ']' x 40 . '}',
    "{$number,\"x\":" . '{"x":' x 40 . '1' . '}' x 40 . '}',
    "{$number,\"x\":" . '[' x 3000 . '}',
    "{$number,\"x\":[" . '1,' x 100 . '1]}',
);

$number = 'number=%2B46860000001';

refused('x-www-form-urlencoded', $_) for (

    # a name twice
    "$number&$number", "$number&number=", "$number&number",
    "$number&n%75mber=%2B46860000002",

    # bytes and escapes
    "$number%00", "$number&x=%00", "$number\0", "$number&\0=1", "$number%0a",
    "$number&x=%0d%0a", "$number&x=%1b%5b1m", "$number%7f", "$number&x=%ff",
    "$number&x=\xff", "$number&x=%c0%80", "$number&x=%ed%a0%80",
    "$number&x=%", "$number&x=%2", "$number&x=%zz", "$number&%2=",
    "$number&x=%u0041", "$number\r\n",
);

is($sim->starts, 0, 'case 52: Sinch was never asked');


# what nobody knows is passed over

for my $body ('{"number":"+46860000003","x":1,"y":[{}],"__proto__":null}',
              '{"number":"+46860000004","method":null,"code":""}',
              " \r\n\t{ \"number\" : \"\\u002b46860000005\" } \n")
{
    my $r = $nginx->visitor->post('/verify/start', $body,
                                  'Content-Type: application/json');
    is($r->status, 200, 'JSON with more, or with less') or diag($r->body);
}


$nginx->finish;

done_testing();
